"""What `order-ledger status` makes of what it sees: well is what the server calls ready, and the worst is shown."""

from __future__ import annotations

from typing import Any

import pytest

from api.cli.status_screen import Seen, lines_of, wrong
from api.health import LAGS_AFTER, readiness
from ledger.audit import seals
from projections import NAMES
from projections.standing import Standing


def standing(projection: str = "orders", tenant_id: int = 1, **changes: Any) -> Standing:
    """A projection of a tenant that has come to the end of its log."""
    given: dict[str, Any] = {"head": 7, "checkpoint": 7, "error": None, "waiting": None} | changes
    return Standing(tenant_id=tenant_id, tenant=f"kafe-{tenant_id}", projection=projection, **given)


def sealed(tenant_id: int = 1, **changes: Any) -> seals.Standing:
    """A tenant's log that is sealed to its end."""
    given: dict[str, Any] = {"head": 7, "generation": 1, "vkey": "", "size": 7, "stopped": None} | changes
    return seals.Standing(tenant_id=tenant_id, name=f"kafe-{tenant_id}", **given)


def shown(standing: list[Standing], logs: list[seals.Standing], **age: float) -> list[str]:
    """The lines of the screen."""
    facts = {"version": "1.0", "postgresql": 18, "database": "/srv", "connected": 0}
    ages = {one.tenant_id: seals.Age(one.tenant_id, 3.0, age.get("waiting")) for one in logs}
    return [line.plain for line in lines_of(Seen(facts, standing, logs, ages, wrong(standing, logs)))]


@pytest.mark.parametrize(("found", "logs"), [
    ([], []),
    ([standing()], [sealed()]),
    ([standing(checkpoint=3, waiting=LAGS_AFTER)], [sealed()]),
    ([standing(checkpoint=3, waiting=LAGS_AFTER + 1)], [sealed()]),
    ([standing(), standing(tenant_id=2, checkpoint=3, error="event 4: KeyError")], [sealed(), sealed(2)]),
    ([standing()], [sealed(), sealed(2, stopped="events are missing after position 3")]),
    ([standing()], [sealed(generation=None, size=None)]),
    ([standing(waiting=-3.0)], [sealed()]),
])  # fmt: skip
def test_well_is_what_the_server_calls_ready(found: list[Standing], logs: list[seals.Standing]) -> None:
    assert (wrong(found, logs) == []) == (readiness(found, logs)["status"] == "ready")


def test_what_is_wrong_is_said_in_words() -> None:
    found = [standing(checkpoint=3, waiting=600.0), standing("stock", checkpoint=4, error="event 5: KeyError")]
    lines = shown(found, [sealed(stopped="events are missing after position 3")])
    assert lines[3:6] == [
        "             the log of kafe-1 is not what was signed: events are missing after position 3",
        "             the read model stock of kafe-1 has stopped after position 4: event 5: KeyError",
        "             the read model orders of kafe-1 is 4 events behind, for 10 min",
    ]
    assert "STOPPED" in lines[8] and lines[1].startswith("processes    none connected")


def test_of_many_tenants_the_worst_is_shown() -> None:
    found = [standing(name, number) for number in range(1, 6) for name in NAMES]
    found += [standing("sales", 6, checkpoint=2, waiting=2.0), standing("stock", 7, error="event 8: KeyError")]
    lines = shown(found, [sealed(number) for number in range(1, 8)])
    rows = [line for line in lines if "worst of 7" in line]
    assert len(rows) == len(NAMES)
    assert [row.split()[1] for row in rows if row.startswith(("sales", "stock"))] == ["kafe-7", "kafe-6"]


@pytest.mark.parametrize(("log", "waiting", "said"), [
    (sealed(), None, "all sealed"), (sealed(size=None, generation=None), None, "never sealed"),
    (sealed(size=5), 2.04, "2 wait for 2.0 s"), (sealed(size=5), 7200.0, "2 wait for 2 h"),
])  # fmt: skip
def test_how_far_a_log_is_sealed(log: seals.Standing, waiting: float | None, said: str) -> None:
    (row,) = [
        line for line in shown([], [log], **({} if waiting is None else {"waiting": waiting})) if "kafe-1" in line
    ]
    assert row.endswith(said)
