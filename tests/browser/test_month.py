"""*Month*, and what is behind its numbers: from a bar to the orders and events."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from api.console.formats import Formats
from tests.browser.browsing import Tab
from tests.browser.conftest import House
from tests.browser.day import OUTLETS, ZONE, Sale
from tests.browser.test_today import kronor

SWEDISH = Formats("sv", ZONE)


@pytest.fixture
def house(counted_house: House) -> House:
    """Where nobody else sells."""
    return counted_house


def sold_in(house: House, first: date) -> list[Sale]:
    """What was sold in the month that begins so."""
    return [sale for sale in house.day.today + house.day.week_ago if sale.moment.date().replace(day=1) == first]


def this_month() -> date:
    return datetime.now(ZONE).date().replace(day=1)


async def test_a_month_is_what_was_sold_in_it(desk: Tab, house: House) -> None:
    house.server.get("Sale/GetTodaySale")
    sales, day = sold_in(house, this_month()), house.day
    await desk.open("/month")
    assert (await desk.text("h1")).lower() == SWEDISH.month(this_month())
    assert await desk.text("#figures .amount") == kronor(day.total(sales))
    for category, amount in day.categories(sales).items():
        assert kronor(amount) in await desk.text(f"#categories tr:has-text('{category}')")
    outlet, name = next(iter(OUTLETS.items()))
    await desk.page.get_by_label("Butik").select_option(name)
    await desk.page.get_by_role("button", name="Visa").click()
    await desk.page.wait_for_url(f"**outlet={outlet}*")
    of_outlet = [sale for sale in sales if sale.body["OutletId"] == outlet]
    assert await desk.text("#figures .amount") == kronor(day.total(of_outlet))
    await desk.page.locator("#days summary").click()
    today = datetime.now(ZONE).date()
    amount = day.total([sale for sale in of_outlet if sale.moment.date() == today])
    assert kronor(amount) in await desk.text(f"#days tbody tr:nth-child({today.day})")


async def test_one_steps_from_month_to_month(desk: Tab, house: House) -> None:
    await desk.open("/month")
    before = this_month() - timedelta(days=1)
    await desk.page.get_by_role("link", name="Månaden före").click()
    await desk.page.wait_for_url(f"**month={before:%Y-%m}")
    assert (await desk.text("h1")).lower() == SWEDISH.month(before)
    assert await desk.text("#figures .amount") == kronor(house.day.total(sold_in(house, before.replace(day=1))))
    await desk.page.get_by_role("link", name="Månaden efter").click()
    await desk.page.wait_for_url(f"**month={this_month():%Y-%m}")
    assert await desk.page.get_by_role("link", name="Månaden efter").count() == 0


async def test_from_a_bar_to_an_order_and_its_events(desk: Tab, house: House) -> None:
    house.server.get("Sale/GetTodaySale")
    week_ago = (datetime.now(ZONE) - timedelta(days=7)).date()
    sales = [sale for sale in house.day.week_ago if sale.moment.date() == week_ago]
    await desk.open(f"/month?month={week_ago:%Y-%m}")
    bar = desk.page.locator(f"#days a[href*='from={week_ago}'] rect.now")
    await bar.click()
    await desk.page.wait_for_url("**/explain?*")
    assert await desk.text(".figures .amount") == kronor(house.day.total(sales))
    rows = desk.page.locator(".entries tbody tr")
    assert await rows.count() == len(sales)
    amounts = [_amount(await rows.nth(index).locator("td").last.inner_text()) for index in range(len(sales))]
    assert sum(amounts) == house.day.total(sales)
    link = rows.first.locator("th a")
    order = str(await link.get_attribute("href")).removeprefix("/orders/")
    (sale,) = [one for one in sales if one.body["Id"] == order]
    assert await link.inner_text() == f"Kvitto {sale.body['Receipts'][0]['ReceiptNumber']}"
    event = str(await rows.first.locator("td a").first.get_attribute("href"))
    position = int(event.removeprefix(f"/orders/{order}?as_of="))
    assert position in [one["Position"] for one in house.server.get(f"/v1/orders/{order}/history")]


async def test_a_number_can_be_followed_by_keyboard(desk: Tab, house: House) -> None:
    day = house.day
    await desk.open("/today")
    category, amount = max(day.categories(day.today).items(), key=lambda item: item[1])
    await desk.page.locator("#categories").get_by_role("link", name=category).focus()
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url("**/explain?*")
    assert category in await desk.text(".head")
    assert await desk.text(".figures .amount") == kronor(amount)


def _amount(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d,\u2212]", "", text).replace(",", ".").replace("\u2212", "-"))
