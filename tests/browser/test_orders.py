"""*Orders*: every way to find one; an order's page, what it was before, and its proof in the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.bodies import NO_ID, Json, a_draft, a_line, a_receipt, an_order, new_id
from tests.acceptance.shops import Shops
from tests.browser.browsing import LOOKS, Look, Tab, tab
from tests.browser.conftest import House
from tests.browser.day import OUTLETS, VASASTAN, ZONE

CUSTOMER = new_id()
RECEIPT = 77_001_234


def days_ago(days: int) -> str:
    """Noon of a day, as a till writes it."""
    return (datetime.now(ZONE) - timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0).isoformat()


@pytest.fixture(scope="module")
def found(house: House) -> Json:
    """An order that every search here is for; beside it, one that was cancelled and one in the kitchen."""
    at = days_ago(40)
    outlet = {"OutletId": VASASTAN, "Outlet": {"Id": VASASTAN, "Name": OUTLETS[VASASTAN]}}
    dated = outlet | {"CreationDate": at, "InvoiceDate": at}
    order = an_order(
        CustomerId=CUSTOMER, Customer={"Id": CUSTOMER, "Name": "Eva Ek", "Email": "eva@ek.example"},
        OrderTotal=4711.5, InvoiceNumber="F-2026-77", Receipts=[a_receipt(ReceiptNumber=RECEIPT, TerminalId=new_id())],
        OrderLines=[a_line(Quantity=1, UnitPrice=4711.5)], **dated,
    )  # fmt: skip
    house.server.post("Order/PostOrder", order)
    house.server.post("Order/PostOrder", an_order(Status=14, OrderTotal=4711.5, **dated))
    house.server.post("Order/PostOpenOrder", a_draft(OrderTotal=4711.5, **dated | {"InvoiceDate": None}))
    house.server.order(order)
    return order


async def listed(desk: Tab) -> list[str]:
    """The ids of the orders in the list."""
    links = desk.page.locator("#found tbody th a")
    return [str(await one.get_attribute("href")).removeprefix("/orders/") for one in await links.all()]


async def test_the_newest_come_first_and_the_older_follow(desk: Tab, house: House) -> None:
    sales = house.day.today + house.day.week_ago
    house.server.order(sales[-1].body)
    await desk.open("/orders")
    pages = await listed(desk)
    assert len(pages) == 50
    await desk.page.get_by_role("link", name="Äldre").click()
    await desk.page.wait_for_url("**older=*")
    pages += await listed(desk)
    known = {sale.body["Id"]: sale.moment for sale in sales}
    mine = [known[order] for order in pages if order in known]
    assert len(set(pages)) == len(pages) and len(mine) > 60
    assert mine == sorted(known.values(), reverse=True)[: len(mine)]


@pytest.mark.parametrize("what", ["number", "receipt", "id", "ID", "customer"])
async def test_an_order_is_found_by(desk: Tab, found: Json, what: str) -> None:
    text = {"number": "F-2026-77", "receipt": str(RECEIPT), "id": found["Id"], "customer": CUSTOMER,
            "ID": f" {found['Id'].replace('-', '').upper()} "}[what]  # fmt: skip
    await desk.open("/orders")
    await desk.page.get_by_label("Hitta en order").fill(text)
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url("**q=*")
    assert await listed(desk) == [found["Id"]]
    assert "F-2026-77" in await desk.text("#found tbody tr")
    assert "4 711,50 kr" in await desk.text("#found tbody tr")


@pytest.mark.parametrize("text", ["F-2026-78", NO_ID, "eva@ek.example", "'%_\\"])
async def test_what_is_not_there_is_not_found(desk: Tab, found: Json, text: str) -> None:
    await desk.open("/orders")
    await desk.page.get_by_label("Hitta en order").fill(text)
    await desk.page.get_by_role("button", name="Sök").click()
    await desk.page.wait_for_url("**q=*")
    assert await desk.text("#found .nothing") == "Ingen order hittades."


async def test_orders_are_narrowed_by_state_outlet_days_and_amount(desk: Tab, found: Json) -> None:
    await desk.open("/orders")
    await desk.page.get_by_text("Avgränsa").click()
    day = days_ago(40)[:10]
    for label, text in {"Från och med": day, "Till och med": day, "Lägsta": "4711.50", "Högsta": "4711.50"}.items():
        await desk.page.get_by_label(label).fill(text)
    await desk.page.get_by_label("Butik").select_option(OUTLETS[VASASTAN])
    await desk.page.get_by_role("button", name="Visa").click()
    await desk.page.wait_for_url("**least=*")
    every = await listed(desk)
    assert len(every) == 3 and found["Id"] in every
    seen = set()
    for state in ("Slutförd", "Makulerad", "Alla öppna"):
        await desk.page.get_by_label("Status").select_option(state)
        await desk.page.get_by_role("button", name="Visa").click()
        await desk.until("document.querySelectorAll('#found tbody tr').length === 1")
        seen |= set(await listed(desk))
        assert (await listed(desk) == [found["Id"]]) == (state == "Slutförd")
    assert seen == set(every)


def a_meal(house: House) -> Json:
    """An order that grew at the table before it was paid."""
    first = a_line(Quantity=1)
    draft = a_draft(OrderLines=[first], OrderTotal=49)
    house.server.post("Order/PostOpenOrder", draft)
    second = a_line(Quantity=1, UnitPrice=32, ItemDescription="Kanelbulle")
    house.server.post("Order/PostOpenOrder", draft | {"OrderLines": [first, second], "OrderTotal": 81})
    paid = an_order(Id=draft["Id"], OrderLines=[first, second], OrderTotal=81, TerminalId=draft["TerminalId"])
    paid["Payments"][0]["PaidAmount"] = 81
    house.server.post("Order/PostOrder", paid)
    return paid


async def test_an_order_is_seen_as_it_was_after_each_event(desk: Tab, house: House) -> None:
    order = a_meal(house)
    history: list[Json] = house.server.get(f"/v1/orders/{order['Id']}/history")
    await desk.open(f"/orders/{order['Id']}")
    events = desk.page.locator(".timeline > li")
    assert await events.count() == len(history) == 5
    assert await desk.page.locator(".past").count() == 0
    told = (await events.nth(1).inner_text()).replace("\u00a0", " ")
    assert "1 × Kanelbulle tillagd" in told and "summa från 49,00 kr till 81,00 kr" in told
    assert "demo" in told and "Kassans klocka" in told and "Liggarens klocka" in told
    # By keyboard to the first, and from there along the timeline.
    await events.first.locator("a").focus()
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url("**version=1")
    assert await desk.page.locator("#lines tbody tr").count() == 1
    assert "49,00 kr" in await desk.text(".sums .total")
    assert await desk.page.locator("[aria-current=step]").inner_text() == "Order sparad"
    assert await desk.page.locator(".past").count() == 1
    await desk.page.get_by_role("link", name="Efter").focus()
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url("**version=2*")
    assert await desk.page.locator("#lines tbody tr").count() == 2
    assert "Inga betalningar" in await desk.text("#payments")
    # The same by the position of the log, which an explanation links to.
    await desk.open(f"/orders/{order['Id']}?as_of={history[0]['Position']}")
    assert "49,00 kr" in await desk.text(".sums .total")
    await desk.page.get_by_role("link", name="Visa som den är nu").click()
    await desk.page.wait_for_url(f"**/orders/{order['Id']}")
    assert "81,00 kr" in await desk.text("#payments")
    assert str(order["Receipts"][0]["ReceiptNumber"]) in await desk.text("#receipts")


async def proved(desk: Tab) -> str:
    """The verdict on the order that is shown, once it is sealed."""
    while await desk.page.locator(".proven.waits, .proven.nothing").count():
        await desk.page.wait_for_timeout(200)
        await desk.page.reload()
    return await desk.text(".proven")


async def test_from_a_bar_of_today_to_an_order_to_its_proof(desk: Tab, house: House) -> None:
    house.server.get("Sale/GetTodaySale")
    await desk.open("/today")
    hour = max(sale.moment for sale in house.day.today).hour
    await desk.page.locator(f"#hours a[href$='hour={hour}'] rect.now").click()
    await desk.page.wait_for_url("**/explain?*")
    await desk.page.locator(".entries tbody th a").first.click()
    await desk.page.wait_for_url("**/orders/*")
    assert "finns oförändrad i den signerade liggaren" in await proved(desk)
    await desk.page.get_by_text("Beviset", exact=True).click()
    order = desk.page.url.rpartition("/")[2]
    last = house.server.get(f"/v1/orders/{order}/history")[-1]["Position"]
    proof = house.server.get("/v1/log/proof/inclusion", position=last)
    checkpoint = await desk.page.locator("#proof pre").inner_text()
    assert checkpoint.splitlines()[0] == proof["checkpoint"].splitlines()[0]
    assert await desk.page.locator("#proof .proven.holds").count() == 1


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
async def test_the_page_of_an_order(browser: Any, house: House, found: Json, look: Look) -> None:
    async with tab(browser, house.url, look) as seen:
        await seen.open(f"/orders/{found['Id']}")
        assert await seen.text("h1") == "Order F-2026-77"
        facts = await seen.text("#facts")
        assert "Eva Ek" in facts and "eva@ek.example" in facts
        await seen.page.locator("#proof summary").click() if await seen.page.locator("#proof summary").count() else None
        assert await seen.overflow() == 0
        assert await seen.barriers() == []
        assert seen.complaints == []


@pytest.mark.parametrize(
    ("role", "parts"), [("integrator", (False, False)), ("terminal", (False, True)), ("auditor", (True, True))]
)
async def test_a_role_sees_of_an_order_what_it_may(
    browser: Any, two_shops: Shops, role: str, parts: tuple[bool, bool]
) -> None:
    order = an_order()
    two_shops.client(two_shops.first.keys["admin"]).post("Order/PostOrder", order)
    async with tab(browser, str(two_shops.http.base_url)) as seen:
        await seen.open(f"/sign-in?next=/orders/{order['Id']}")
        await seen.page.locator("#key").fill(two_shops.first.keys[role])
        await seen.page.locator("#key").press("Enter")
        await seen.page.wait_for_url("**/orders/*")
        assert "98,00 kr" in await seen.text(".sums .total")
        timeline, proof = seen.page.locator("#timeline"), seen.page.locator("#proof")
        assert (await timeline.count() == 1, await proof.count() == 1) == parts
        await seen.open("/orders")
        heading = "Det här får du inte se" if role == "terminal" else "Ordrar"
        assert await seen.text("h1") == heading
        await seen.open(f"/orders/{new_id()}")
        assert await seen.text("h1") == "Här finns ingenting"
