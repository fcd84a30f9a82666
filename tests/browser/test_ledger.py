"""*Ledger*: the log as it grows, and the verdict over it; on a log that somebody has changed too."""

from __future__ import annotations

import random
import tarfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from ledger import embedded
from ledger.audit.verify import verify
from tests.acceptance.server import Server, serving
from tests.browser.browsing import PHONE, Look, Tab, tab
from tests.browser.conftest import House
from tests.browser.day import ZONE, Day, a_sale, sell

NIGHT = Look(1440, "dark", "en")
# The event that is altered lies in a tile that is full, so it can be named.
ALTERED, TILE = 47, 256
# The number that an element of the page shows.
NUMBER = "(where => Number(document.querySelector(where).innerText.replace(/\\D/g, '')))"


@pytest.fixture(scope="module")
def changed_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    """A server of its own, to be tampered with, and where its data lies."""
    directory = tmp_path_factory.mktemp("changed")
    data_dir = directory / "data"
    with serving(data_dir, directory / "log") as url, httpx.Client(base_url=url, timeout=30) as client:
        server, chance = Server(client), random.Random(3)
        while server.position <= TILE:
            sell(server, a_sale(chance, datetime.now(ZONE)))
        sealed_up_to(server, server.position)
        yield House(url, server, Day([], [])), data_dir


def sealed_up_to(server: Server, position: int) -> None:
    """Waits until the server has signed that far."""
    deadline = time.monotonic() + 30
    while int(server.client.get("/v1/log/checkpoint").text.split("\n")[1]) < position:
        assert time.monotonic() < deadline
        time.sleep(0.1)


# What only a superuser can do to an event: put another document there, or take it away.
ALTER = "UPDATE ledger.events SET data = '{\"order\":{}}' WHERE position = $1"
REMOVE = "DELETE FROM ledger.events WHERE position = $1"


async def tamper(data_dir: Path, *done: tuple[str, int]) -> None:
    """Does such things to the events at these positions."""
    dsn = embedded.attach(data_dir)
    assert dsn is not None
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")
    for statement, position in done:
        await owner.execute(statement, position)
    await owner.close()


async def verdict(seen: Tab) -> str:
    """What the page says once it is done."""
    await seen.page.locator("#proof form button").first.click()
    return await seen.text("#verification .verdict")


async def test_the_tail_is_live_without_reloading(desk: Tab, house: House) -> None:
    await desk.open("/ledger")
    await desk.until("document.getElementById('live').textContent === 'Direkt'")
    await desk.page.evaluate("() => { window.unloaded = false; window.onpagehide = () => { window.unloaded = true } }")
    sale = a_sale(random.Random(4), datetime.now(ZONE))
    sell(house.server, sale)
    house.day.today.append(sale)
    head = house.server.client.get("/v1/events", params={"after": house.server.position}).json()["Head"]
    # Of a sale first the order is written, then its payment, then its receipt.
    await desk.until(f"{NUMBER}('#tail tbody tr th') === {head}")
    for row, what in enumerate(("Kvitto utfärdat", "Betalning mottagen", "Order avslutad"), 1):
        assert what in await desk.text(f"#tail tbody tr:nth-child({row})")
    # The seal and the read models follow, on the same page.
    await desk.until(f"{NUMBER}('#figures .figure:nth-child(2) .amount') === {head}")
    await desk.until(
        "[...document.querySelectorAll('#read-models td:nth-child(3)')].every(one => one.innerText === '0')"
    )
    assert await desk.page.evaluate("window.unloaded") is False


async def test_a_log_that_is_as_it_was_signed_holds(desk: Tab, house: House) -> None:
    await desk.open("/ledger")
    assert await verdict(desk) == "Loggen håller"
    said = await desk.text("#verification")
    assert "är de som undertecknades" in said and "loggens egen nyckel" in said
    note, key = await desk.page.locator("#checkpoints pre").all_text_contents()
    await desk.page.locator("#proof summary").click()
    await desk.page.get_by_label("Nyckel").fill(key)
    await desk.page.get_by_label("Sparad kontrollpunkt").fill(note)
    assert await verdict(desk) == "Loggen håller"
    said = await desk.text("#verification")
    assert "nyckeln som angavs" in said and "är av den här loggen" in said
    assert await desk.barriers() == []


async def test_an_export_is_made_and_taken_home(desk: Tab, tmp_path: Path) -> None:
    await desk.open("/ledger")
    await desk.page.locator("#export form button").first.click()
    async with desk.page.expect_download() as coming:
        await desk.page.locator("#exporting a").click()
    download = await coming.value
    await download.save_as(tmp_path / download.suggested_filename)
    with tarfile.open(tmp_path / download.suggested_filename) as archive:
        archive.extractall(tmp_path, filter="data")
    report = verify(tmp_path / "demo", vkey=(tmp_path / "demo" / "vkey").read_text("utf-8"), processes=0)
    assert report.holds and download.suggested_filename == f"demo-{report.size}.tar"


async def test_what_was_changed_is_named(browser: Any, changed_house: tuple[House, Path]) -> None:
    house, data_dir = changed_house
    await tamper(data_dir, (ALTER, ALTERED))
    for look in (PHONE, NIGHT):
        async with tab(browser, house.url, look) as seen:
            await seen.open("/ledger")
            assert await verdict(seen) == ("Loggen håller inte" if look.language == "sv" else "The log does not hold")
            assert f"event {ALTERED} was altered" in await seen.text("#verification ul")
            assert (await seen.overflow(), await seen.barriers(), seen.complaints) == (0, [], [])


async def test_a_log_that_is_not_signed_any_more_says_so_by_itself(
    browser: Any, changed_house: tuple[House, Path]
) -> None:
    house, data_dir = changed_house
    async with tab(browser, house.url) as seen:
        await seen.open("/ledger")
        head = house.server.position
        await tamper(data_dir, (REMOVE, head), (ALTER, head - 2))
        assert "undertecknas inte mer" in await seen.text("#stopped [role=alert]")
        # What cannot be read any more is listed all the same.
        assert "Går inte att läsa" in await seen.text("#tail")
        assert (await seen.overflow(), await seen.barriers(), seen.complaints) == (0, [], [])
