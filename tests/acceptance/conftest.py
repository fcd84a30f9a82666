"""One real `order-ledger serve` for all acceptance tests: its own process, port, data directory and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of this test run. Whatever the tests have sent, nothing in it may have been unexpected."""
    directory: Path = tmp_path_factory.mktemp("acceptance")
    with serving(directory / "data", directory / "server.log") as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Server(client)
    log = (directory / "server.log").read_text(encoding="utf-8")
    assert '"level":"ERROR"' not in log, log
