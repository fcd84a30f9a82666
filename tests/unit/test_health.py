"""When a server is ready, and what it says of that to everybody."""

from __future__ import annotations

from typing import Any

import pytest

from api.health import LAGS_AFTER, readiness
from projections import NAMES
from projections.standing import Standing


def standing(projection: str = "orders", tenant_id: int = 1, **changes: Any) -> Standing:
    """A projection of a tenant that has come to the end of its log."""
    given: dict[str, Any] = {"head": 7, "checkpoint": 7, "error": None, "waiting": None} | changes
    return Standing(tenant_id=tenant_id, tenant=f"kafe-{tenant_id}", projection=projection, **given)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (None, "not ready"),
        ([], "ready"),
        ([standing()], "ready"),
        ([standing(checkpoint=3, waiting=LAGS_AFTER)], "ready"),
        ([standing(), standing(tenant_id=2, checkpoint=3, waiting=LAGS_AFTER + 1)], "not ready"),
        ([standing(), standing(tenant_id=2, error="event 8 (order.drafted): KeyError")], "not ready"),
        ([standing(waiting=-3.0)], "ready"),  # the clocks of two machines
    ],
)
def test_when_it_is_ready(found: list[Standing] | None, status: str) -> None:
    assert readiness(found)["status"] == status
    assert readiness(found, stopping=True)["status"] == "not ready"
    assert readiness(found)["database"] == {"answers": found is not None}


def test_the_worst_of_all_tenants_is_shown_and_no_name() -> None:
    found = [
        standing(checkpoint=5, waiting=0.5),
        standing(tenant_id=2, head=90, checkpoint=4, error="event 5 (order.drafted): KeyError", waiting=2.25),
    ]
    report = readiness(found)
    assert [one["name"] for one in report["projections"]] == list(NAMES)
    assert report["projections"][0] == {
        "name": "orders", "lag_events": 86, "lag_seconds": 2.25,
        "stopped": [{"tenant": 2, "position": 4, "error": "event 5 (order.drafted): KeyError"}],
    }  # fmt: skip
    assert report["projections"][1] == {"name": "invoices", "lag_events": 0, "lag_seconds": 0.0, "stopped": []}
    assert "kafe" not in str(report)
