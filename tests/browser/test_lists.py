"""*Queues*, *Drawer*, *Terminals* and *Swish*: what the tills have posted is there, and leads to its orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.bodies import (
    Json,
    a_callback,
    a_drawer_event,
    a_health_report,
    a_return,
    a_z_report,
    an_order,
    an_unpaid_order,
    new_id,
)
from tests.acceptance.shops import Shops
from tests.acceptance.swish import PATH, placed
from tests.browser.browsing import Tab, tab
from tests.browser.conftest import House
from tests.browser.day import ZONE

YESTERDAY = datetime.now(ZONE).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)


async def test_a_queue_counts_what_waits_and_names_the_oldest(desk: Tab, house: House) -> None:
    at = (YESTERDAY - timedelta(days=300)).isoformat()
    order, back = (make(CreationDate=at, InvoiceDate=at) for make in (an_order, a_return))
    for one in (order, back):
        house.server.post("Order/PostOrder", one)
    waiting = len(house.server.get("Order/GetOrdersWithoutExternalID", PageSize=5000))
    await desk.open("/queues")
    figures = desk.page.locator("#waiting .figure")
    assert await figures.nth(0).locator(".amount").inner_text() == str(waiting)
    assert "301 d" in await figures.nth(0).inner_text() and "301 d" in await figures.nth(2).inner_text()
    for section, first in {"sales": order, "returns": back}.items():
        link = desk.page.locator(f"#{section} tbody th a").first
        assert await link.get_attribute("href") == f"/orders/{first['Id']}"
    house.server.post("Order/PostOrderExternalInformation", {"Id": order["Id"], "ExternalID": "B-1"})
    # It is live: what was fetched is gone without reloading.
    await desk.until(
        "href => document.querySelector('#sales tbody th a').getAttribute('href') !== href", f"/orders/{order['Id']}"
    )
    assert await figures.nth(0).locator(".amount").inner_text() == str(waiting - 1)


async def test_a_drawer_says_what_should_be_in_it_and_what_was_counted(desk: Tab, house: House) -> None:
    opening = a_drawer_event(ActivityDate=(YESTERDAY - timedelta(hours=2)).isoformat(), Amount=2000)
    drawer = {"CashDrawer": opening["CashDrawer"], "CashDrawerId": opening["CashDrawerId"]}
    order = an_order()
    house.server.post("Order/PostOrder", order)
    sale = {"ActivityType": 6, "Amount": 238, "OrderId": order["Id"]}
    for hours, entry in ((1, {}), (0, {"ActivityType": 11, "Amount": 2203})):
        at = (YESTERDAY - timedelta(hours=hours)).isoformat()
        later = a_drawer_event(ActivityDate=at, **drawer, **(entry or sale))
        house.server.post("CashDrawerLog/PostCashDrawerLog", later)
    house.server.post("CashDrawerLog/PostCashDrawerLog", opening)
    terminal = opening["CashDrawer"]["TerminalId"]
    assert len(house.server.get("CashDrawerLog/GetCashDrawerLog", TerminalId=terminal)) == 3
    await desk.open(f"/drawer?terminal={terminal}")
    await desk.page.get_by_label("Dag", exact=True).fill(f"{YESTERDAY:%Y-%m-%d}")
    await desk.page.get_by_role("button", name="Visa").click()
    await desk.page.wait_for_url(f"**day={YESTERDAY:%Y-%m-%d}*")
    told = await desk.text(".shift")
    assert "2 238,00 kr" in told and "2 203,00 kr" in told
    assert await desk.text(".shift .differs dd") == "\u221235,00 kr"
    await desk.page.locator(".shift summary").click()
    assert await desk.page.locator(".shift tbody tr").count() == 3
    await desk.page.get_by_role("link", name="Kontantförsäljning").click()
    await desk.page.wait_for_url(f"**/orders/{order['Id']}")


async def test_a_terminal_says_how_it_is_and_what_it_reported(desk: Tab, house: House) -> None:
    terminal = new_id()
    house.server.post("Order/PostReports", a_z_report(TerminalId=terminal, BatteryLevel=87))
    low: Json = {"BatteryLevel": 9, "IsCharging": False, "ActivityDate": "2026-11-24T07:00:00"}
    house.server.post("Order/PostReports", a_health_report(TerminalId=terminal, **low))
    house.server.get("/v1/terminals")
    await desk.open("/terminals")
    card = f"#terminals .card:has-text('{terminal[:8]}')"
    told = await desk.text(card)
    assert "9 % · snart slut" in told and "21,5 GB av 64,4 GB" in told and "4.7.1" in told
    assert "mindre än en minut" in told and "23 nov. 2026 22:03" in told
    await desk.page.locator(card).get_by_role("link", name="Z-rapport 211").click()
    await desk.page.wait_for_url(f"**terminal={terminal}*")
    assert await desk.page.locator(".report").count() == 1
    await desk.page.locator(".report summary").click()
    rows = await desk.text(".report .facts")
    assert "TotalSale" in rows and "30 214,5" in rows and "2 431,22" in rows


@pytest.fixture(scope="module")
def flagged(house: House) -> dict[str, Json]:
    """A callback for each flag, by the flag."""
    right, wrong, twice = (placed(house.server) for _ in range(3))
    found = {
        "": a_callback(right),
        "orphan": a_callback(an_unpaid_order()),
        "amount_mismatch": a_callback(wrong, amount=1.5),
        "duplicate_payment": a_callback(twice),
    }
    for callback in (a_callback(twice), *found.values()):
        house.server.post(PATH, callback)
    house.server.get("/v1/swish")
    return found


@pytest.mark.parametrize(
    ("name", "flag"),
    [("Utan order", "orphan"), ("Fel belopp", "amount_mismatch"), ("Betald dubbelt", "duplicate_payment")],
)
async def test_swish_payments_are_chosen_by_what_is_wrong_with_them(
    desk: Tab, house: House, flagged: dict[str, Json], name: str, flag: str
) -> None:
    wanted = flagged[flag]["id"][:8]
    await desk.open("/swish")
    every = await desk.text("#payments tbody")
    assert all(one["id"][:8] in every for one in flagged.values())
    await desk.page.set_viewport_size({"width": 375, "height": 780})
    assert (await desk.overflow(), await desk.barriers()) == (0, [])
    await desk.page.locator(".choices").get_by_role("link", name=name).click()
    await desk.page.wait_for_url(f"**flag={flag}")
    rows = desk.page.locator("#payments tbody tr")
    ids = {row["SwishId"][:8] for row in house.server.get("/v1/swish") if flag in row["Flags"]}
    assert {(await row.locator("th").inner_text()).strip() for row in await rows.all()} == ids and wanted in ids
    row = rows.filter(has_text=wanted)
    assert name in await row.inner_text()
    if flag == "orphan":
        assert "Ingen order" in await row.inner_text()
    else:
        await row.locator(".where a").click()
        await desk.page.wait_for_url("**/orders/*")
        await desk.page.locator("#payments a").click()
        await desk.page.wait_for_url("**/swish?orderId=*")
        assert wanted in await desk.text("#payments tbody")


async def test_a_till_sees_drawers_and_swish_and_no_more(browser: Any, two_shops: Shops) -> None:
    async with tab(browser, str(two_shops.http.base_url)) as seen:
        await seen.open("/sign-in?next=/drawer")
        await seen.page.locator("#key").fill(two_shops.first.keys["terminal"])
        await seen.page.locator("#key").press("Enter")
        await seen.page.wait_for_url("**/drawer")
        await seen.until("document.getElementById('live').textContent === 'Direkt'")
        links = seen.page.locator(".menu a")
        assert [await one.inner_text() for one in await links.all()] == ["Kassalåda", "Swish"]
        for path in ("/queues", "/terminals", "/orders"):
            await seen.open(path)
            assert await seen.text("h1") == "Det här får du inte se"
