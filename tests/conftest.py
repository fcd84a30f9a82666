"""One real PostgreSQL for all tests, and a fresh database for each that asks for one."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings

from ledger import database
from ledger.embedded import EmbeddedPostgres, start
from projections.schemas import create_tables

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

TEMPLATE = "ledger_template"
_numbers = itertools.count(1)


def in_database(dsn: str, name: str) -> str:
    """The dsn of another database of the same server."""
    return dsn.replace("/postgres?", f"/{name}?")


async def _command(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server of this test run; gone with its data afterwards."""
    with tempfile.TemporaryDirectory(prefix="order-ledger-test-") as directory:
        server = start(Path(directory))
        yield server
        server.stop()


@pytest.fixture(scope="session")
async def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database that nobody is connected to; copying it is quicker than migrating."""
    await _command(postgres.dsn, f"CREATE DATABASE {TEMPLATE}")
    pool = await database.open_pool(in_database(postgres.dsn, TEMPLATE))
    await database.migrate(pool)
    await create_tables(pool)
    await pool.close()
    return TEMPLATE


@pytest.fixture
async def dsn(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The dsn of a fresh, migrated, empty database of this test's own."""
    name = f"test_{next(_numbers)}"
    await _command(postgres.dsn, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield in_database(postgres.dsn, name)
    await _command(postgres.dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    """A pool on `dsn` whose connections meet the first tenant's rows, for tests that look for themselves."""
    opened = await database.open_pool(dsn, tenant_id=1)
    yield opened
    opened.terminate()
