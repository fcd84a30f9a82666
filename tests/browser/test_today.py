"""*Today*: what was sold, as it is sold."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.console.formats import Formats
from tests.acceptance.server import SCRIPT, Server
from tests.browser.browsing import Tab, tab
from tests.browser.conftest import House
from tests.browser.day import CARD, CASH, OUTLETS, SWISH, ZONE, a_sale, sell

SWEDISH = Formats("sv", ZONE)


@pytest.fixture
def house(counted_house: House) -> House:
    """Where nobody else sells."""
    return counted_house


def kronor(amount: Decimal) -> str:
    """As the page writes it, with plain blanks."""
    return SWEDISH.kronor(amount).replace("\u00a0", " ")


async def test_the_day_is_what_was_sold_beside_a_week_ago(desk: Tab, house: House) -> None:
    house.server.get("Sale/GetTodaySale")
    day = house.day
    await desk.open("/today")
    assert await desk.text("#figures .amount") == kronor(day.total(day.today))
    for outlet, name in OUTLETS.items():
        amount = day.total([sale for sale in day.today if sale.body["OutletId"] == outlet])
        assert kronor(amount) in await desk.text(f"#outlets tr:has-text('{name}')")
    for category, amount in day.categories(day.today).items():
        assert kronor(amount) in await desk.text(f"#categories tr:has-text('{category}')")
    for type_, name in {CASH: "Kontant", CARD: "Kort", SWISH: "Swish"}.items():
        amount = day.paid(day.today, type_)
        assert kronor(amount) in await desk.text(f"#tenders tr:has-text('{name}')")
    said = await desk.page.locator("#figures .compared").first.inner_text()
    until = datetime.now(ZONE) - timedelta(days=7)
    expected = day.total([sale for sale in day.week_ago if sale.moment <= until])
    assert said.replace("\u00a0", " ").endswith(kronor(expected))


async def test_a_payment_bar_leads_to_the_orders_that_were_paid_so(desk: Tab, house: House) -> None:
    house.server.get("Sale/GetTodaySale")
    day = house.day
    await desk.open("/today")
    await desk.page.click("#tenders a:has-text('Kontant')")
    assert await desk.text("h1") == "Betalt: Kontant"
    assert kronor(day.paid(day.today, CASH)) in await desk.text(".figures")
    paid = {sale.body["Id"] for sale in day.today if day.paid([sale], CASH)}
    links = await desk.page.locator("table.orders a").evaluate_all("all => all.map(one => one.pathname)")
    assert {link.removeprefix("/orders/") for link in links} == paid


async def test_it_is_live_without_reloading(desk: Tab, house: House) -> None:
    house.server.get("Sale/GetTodaySale")
    await desk.open("/today")
    await desk.until("document.getElementById('live').textContent === 'Direkt'")
    await desk.page.locator("#hours summary").click()
    await desk.page.evaluate("() => { window.unloaded = false; window.onpagehide = () => { window.unloaded = true } }")
    before = await desk.text("#figures .amount")
    sale = a_sale(random.Random(2), datetime.now(ZONE))
    sell(house.server, sale)
    house.day.today.append(sale)
    await desk.until(
        "before => document.querySelector('#figures .amount').innerText.replaceAll('\\u00a0', ' ') !== before", before
    )
    assert await desk.text("#figures .amount") == kronor(house.day.total(house.day.today))
    assert await desk.page.evaluate("window.unloaded") is False
    # What was opened stays open.
    assert await desk.page.locator("#hours table").is_visible()


async def test_it_finds_a_server_that_was_killed_again(browser: Any, tmp_path: Path) -> None:
    """The same page, never reloaded, shows what was sold after the server came back."""
    with started(tmp_path) as (process, url):
        async with tab(browser, url) as seen:
            await seen.open("/today")
            await seen.until("document.getElementById('live').textContent === 'Direkt'")
            await seen.page.evaluate("() => { window.mark = 'the same page' }")
            process.kill()
            await seen.until("document.getElementById('live').textContent.startsWith('Ingen kontakt')")
            with started(tmp_path, url.rpartition(":")[2]) as (_, again), httpx.Client(base_url=again) as client:
                assert again == url
                await seen.until("document.getElementById('live').textContent === 'Direkt'")
                sale = a_sale(random.Random(3), datetime.now(ZONE))
                sell(Server(client), sale)
                await seen.until("document.querySelector('#categories a')")
                assert await seen.text("#figures .amount") == kronor(sale.total)
                assert await seen.page.evaluate("window.mark") == "the same page"


@contextmanager
def started(directory: Path, port: str = "0") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of this test's own, which may be killed, and its URL."""
    settings = {"PORT": port, "DATA_DIR": str(directory / "data"), "LOG_LEVEL": "WARNING"}
    with subprocess.Popen([SCRIPT, "serve"], env=os.environ | settings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip().rpartition(" ")[2]
        finally:
            process.terminate()
