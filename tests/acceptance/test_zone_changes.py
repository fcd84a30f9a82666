"""A clock is set to another zone: what was posted before is known again (contract, section 1, Idempotence)."""

from __future__ import annotations

import subprocess
from typing import NamedTuple

import pytest

from ledger.credentials import make_key
from ledger.tenants import add_tenant, find_tenant_named
from tests.acceptance.bodies import (
    NO_ID,
    a_draft,
    a_drawer_event,
    a_web_order,
    a_z_report,
    an_invoice,
    an_order,
    new_id,
)
from tests.acceptance.server import SCRIPT, Json, Server
from tests.acceptance.shops import Shops
from tests.integration.test_startup import environment

OUTLET = new_id()
IN_UTC = {"CreationDate": "2026-07-23T12:00:00Z", "InvoiceDate": "2026-07-23T12:05:00.5Z"}
COMMENT = {"Comments": "changed"}
# What is posted in Stockholm, and what changes it. The last two come from no outlet.
CHANGES: list[tuple[str, Json, Json]] = [
    ("Order/PostOrder", an_order(OutletId=OUTLET), COMMENT),
    ("Order/PostOrder", an_order(OutletId=OUTLET, **IN_UTC), COMMENT),
    ("Order/PostOrder", an_order(OutletId=OUTLET) | {"OutletId": NO_ID}, COMMENT),
    ("Order/PostOnlineOrder", a_web_order(OutletId=OUTLET, Status=13), COMMENT),
    ("Order/PostCustomerInvoice", an_invoice(OutletId=OUTLET), {"Remarks": "changed"}),
    ("CashDrawerLog/PostCashDrawerLog", a_drawer_event(), {"Amount": 1900}),
    ("Order/PostReports", a_z_report(), {"BatteryLevel": 12}),
]
IN_HELSINKI = ("Order/PostOrder", an_order(OutletId=OUTLET), COMMENT)
TWO = a_draft(OutletId=OUTLET)
ONE = TWO | {"OrderLines": []}


class Moved(NamedTuple):
    """A house, and where it took each document, by Id."""

    server: Server
    taken: dict[str, int]

    def change(self, path: str, first: Json, change: Json) -> None:
        """A document with its Id for a key, and its change."""
        self.taken[first["Id"]] = self.server.post(path, first, Idempotency_Key=first["Id"])["Position"]
        self.server.post(path, first | change)


@pytest.fixture(scope="module", params=["outlets", "tenant"])
async def moved(request: pytest.FixtureRequest, two_shops: Shops) -> Moved:
    """A house whose clocks went from Stockholm to Helsinki, and then to London: those of outlets, or all of them."""
    name = f"house-of-{request.param}"
    await add_tenant(two_shops.pool, two_shops.vault, name)
    tenant = await find_tenant_named(two_shops.pool, two_shops.vault, name)
    assert tenant is not None
    _, key = await make_key(two_shops.pool, tenant.tenant_id, "admin")
    found = Moved(two_shops.client(key), {})
    for change in CHANGES:
        found.change(*change)
    found.server.post("Order/PostOpenOrder", TWO)
    found.taken[ONE["Id"]] = found.server.post("Order/PostOpenOrder", ONE)["Position"]
    if request.param == "tenant":
        order_ledger(two_shops, "tenant", "set", name, "--zone", "Europe/Helsinki")
        found.change(*IN_HELSINKI)
        order_ledger(two_shops, "tenant", "set", name, "--zone", "Europe/London")
        return found
    settings = "--tenant", name, "--name", "Kafé", "--zone"
    order_ledger(two_shops, "outlet", "set", OUTLET, *settings, "Europe/Helsinki")
    found.change(*IN_HELSINKI)
    for outlet in (OUTLET, NO_ID):
        order_ledger(two_shops, "outlet", "set", outlet, *settings, "Europe/London")
    return found


def order_ledger(shops: Shops, *arguments: str) -> None:
    """Returns once the server knows."""
    settings = environment({"DATA_DIR": str(shops.data_dir), "DEMO": "off"})
    subprocess.run([str(SCRIPT), *arguments], env=settings, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize(("path", "first", "change"), [*CHANGES, IN_HELSINKI])
def test_a_late_retry_undoes_no_change(moved: Moved, path: str, first: Json, change: Json) -> None:
    server, position = moved.server, moved.taken[first["Id"]]
    assert server.again(path, first)["Position"] == position
    server.again(path, first | change)
    if change is COMMENT:
        assert server.order(first)["Comments"] == "changed"


@pytest.mark.parametrize(("path", "first", "change"), [*CHANGES, IN_HELSINKI])
def test_a_key_still_stands_for_its_body(moved: Moved, path: str, first: Json, change: Json) -> None:
    said = moved.server.again(path, first, Idempotency_Key=first["Id"])
    assert said["Position"] == moved.taken[first["Id"]]
    moved.server.refused(path, first | change, Idempotency_Key=first["Id"])


def test_what_is_new_is_taken(moved: Moved) -> None:
    path, first, _ = IN_HELSINKI
    moved.server.post(path, first | {"Comments": "changed once more"})
    assert moved.server.order(first)["Comments"] == "changed once more"


def test_a_guest_may_put_back_what_he_took_off_before(moved: Moved) -> None:
    assert moved.server.again("Order/PostOpenOrder", ONE)["Position"] == moved.taken[ONE["Id"]]
    moved.server.post("Order/PostOpenOrder", TWO)
    assert len(moved.server.order(TWO)["OrderLines"]) == 1
