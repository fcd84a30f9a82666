"""One browser and one demo server with a day of sales for all browser tests, and one that asks for credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.acceptance.server import Server, serving
from tests.acceptance.shops import Shops, shops
from tests.browser.browsing import Tab, chromium, tab
from tests.browser.day import Day, sell_a_day


class House(NamedTuple):
    """The demo server, and what was sold there today and a week ago."""

    url: str
    server: Server
    day: Day


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Any]:
    """Chromium, for the whole run."""
    async with chromium() as found:
        yield found


@contextmanager
def a_house(directory: Path) -> Iterator[House]:
    """A server. Whatever the tests have looked at, nothing in it may have been unexpected."""
    with serving(directory / "data", directory / "server.log") as url, httpx.Client(base_url=url, timeout=30) as client:
        server = Server(client)
        yield House(url, server, sell_a_day(server))
    log = (directory / "server.log").read_text("utf-8")
    assert '"level":"ERROR"' not in log, log


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The server of most tests, which sell there what they like."""
    with a_house(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="session")
def counted_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for tests that count: everything that is sold there is in its day."""
    with a_house(tmp_path_factory.mktemp("counted")) as found:
        yield found


@pytest.fixture
async def desk(browser: Any, house: House) -> AsyncIterator[Tab]:
    """A window of 1440 pixels at the demo; nothing in it may have gone wrong."""
    async with tab(browser, house.url) as found:
        yield found
        assert found.complaints == []


@pytest.fixture(scope="session")
async def two_shops(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shops]:
    """Two tenants at a server that lets nobody in without a credential."""
    async with shops(tmp_path_factory.mktemp("shops")) as found:
        yield found
