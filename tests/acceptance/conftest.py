"""One real `order-ledger serve` for all acceptance tests: its own process, port, data directory and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import Server, serving
from tests.acceptance.shops import Shops, shops


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of this test run. Whatever the tests have sent, nothing in it may have been unexpected."""
    directory: Path = tmp_path_factory.mktemp("acceptance")
    with serving(directory / "data", directory / "server.log") as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Server(client)
    log = (directory / "server.log").read_text(encoding="utf-8")
    assert '"level":"ERROR"' not in log, log


@pytest.fixture(scope="session")
async def two_shops(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shops]:
    """Two tenants at a server that lets nobody in without a credential."""
    async with shops(tmp_path_factory.mktemp("shops")) as found:
        yield found
