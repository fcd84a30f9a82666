"""A real server for the fuzzing, with little patience, and what must be true of it when all has been tried."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from ledger.embedded import attach
from tests.acceptance.server import Server, serving

# How many requests each of the fuzzing tests sends; `make fuzz` asks for many.
REQUESTS = int(os.environ.get("REQUESTS") or 300)
SETTINGS = {"MIN_POSITION_WAIT": "0.05", "HEAD_SECONDS": "1", "BODY_SECONDS": "1", "ANSWER_SECONDS": "5"}


class Patient(Server):
    """A client that asks again when a read model is not there yet."""

    def ask(self, path: str, **query: object) -> httpx.Response:
        """As ever, but for 503."""
        for _ in range(600):
            answer = super().ask(path, **query)
            if answer.status_code != 503:
                break
        return answer


class Target(NamedTuple):
    """The server that is fuzzed: its address, a client that knows good answers, and its data directory."""

    url: str
    server: Server
    data: Path

    def ask(self, statement: str, *arguments: object) -> list[Any]:
        """Rows of its database."""

        async def fetch() -> list[Any]:
            dsn = attach(self.data)
            assert dsn is not None
            connection: Any = await asyncpg.connect(dsn)
            try:
                return list(await connection.fetch(statement, *arguments))
            finally:
                await connection.close()

        return asyncio.run(fetch())


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The server of this test run; its log may hold no error when it is over."""
    directory: Path = tmp_path_factory.mktemp("fuzz")
    log = directory / "server.log"
    with serving(directory / "data", log, **SETTINGS) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield Target(url, Patient(client), directory / "data")
    text = log.read_text(encoding="utf-8")
    assert "Traceback" not in text and '"level":"ERROR"' not in text, text
