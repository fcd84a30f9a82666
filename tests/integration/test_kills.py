"""SIGKILL, which nobody can prepare for: of projectors in the middle of batches. Of servers: `tests/torture`."""

from __future__ import annotations

import asyncio
import base64
import subprocess
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from ledger.store import Connection
from tests.integration.shop import MASTER_KEY, Shop, open_shop, priced
from tests.integration.test_startup import SCRIPT, environment, run

# Tables that every batch of new orders writes to, the first and the last of their projections among them.
WRITTEN = ["read_orders.orders", "read_stock.stock", "read_sales.sales_orders", "read_sales.sales_totals"]


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(dsn)
    yield opened
    await opened.close()


class Projector:
    """An `order-ledger project` that runs until it is killed."""

    def __init__(self, settings: dict[str, str]) -> None:
        command = [SCRIPT, "project"]
        self._process = subprocess.Popen(command, env=environment(settings), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("Projecting")

    def kill(self) -> None:
        """No word of farewell."""
        with self._process:
            assert self._process.poll() is None
            self._process.kill()


class Selling(NamedTuple):
    """A writer at work beside the projectors."""

    shop: Shop
    sold: list[Decimal]
    stop: asyncio.Event

    async def run(self) -> None:
        """Twenty orders at once, again and again, each at a price of its own."""
        while not self.stop.is_set():
            prices = [Decimal(4900 + len(self.sold) + n) / 100 for n in range(20)]
            await asyncio.gather(*(self.shop.post(priced(str(price), price)) for price in prices))
            self.sold.extend(prices)
            await asyncio.sleep(0.1)


async def kill_in_a_batch(connection: Connection, table: str, projector: Projector) -> None:
    """Kills it when it has half its batch written, and stands before `table`, which is held."""
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass)"
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        for _ in range(6000):
            if await connection.fetchval(waits, table):
                break
            await asyncio.sleep(0.005)
        else:
            raise AssertionError(f"nobody writes to {table}")
        await asyncio.to_thread(projector.kill)


async def read_models(connection: Connection) -> dict[str, list[str]]:
    """Every row of every read model, as text."""
    tables = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'read\\_%' ORDER BY 1"
    )
    return {
        table: [row[0] for row in await connection.fetch(f"SELECT t::text FROM {table} AS t ORDER BY 1")]
        for (table,) in tables
    }


async def test_projectors_killed_in_the_middle_of_batches(dsn: str, connection: Connection, tmp_path: Path) -> None:
    key = base64.b64encode(MASTER_KEY).decode()
    settings = {"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path), "MASTER_KEY": key}
    async with open_shop(dsn) as shop:
        selling = Selling(shop, [], asyncio.Event())
        task = asyncio.create_task(selling.run())
        for table in WRITTEN:
            await kill_in_a_batch(connection, table, await asyncio.to_thread(Projector, settings))
        for pause in (0.0, 0.05):
            projector = await asyncio.to_thread(Projector, settings)
            await asyncio.sleep(pause)
            await asyncio.to_thread(projector.kill)
        selling.stop.set()
        await task
    await check_read_models(connection, settings, selling.sold)


async def check_read_models(connection: Connection, settings: dict[str, str], sold: list[Decimal]) -> None:
    """What the killed ones have left, once caught up, is what was sold, and what a rebuild from 0 makes."""
    caught_up = await asyncio.to_thread(run, "project", "--once", **settings)
    assert (caught_up.returncode, caught_up.stderr) == (0, "")
    assert await connection.fetchval("SELECT count(*) FROM ledger.checkpoints WHERE error IS NOT NULL") == 0
    after_kills = await read_models(connection)
    assert len(after_kills["read_orders.orders"]) == len(sold)
    assert await connection.fetchval("SELECT sum(gross) FROM read_sales.sales_totals") == 3 * sum(sold)
    assert await connection.fetchval("SELECT sum(quantity) FROM read_stock.stock") == -3 * len(sold)
    rebuilt = await asyncio.to_thread(run, "project", "--rebuild", "all", **settings)
    assert (rebuilt.returncode, rebuilt.stderr) == (0, "")
    anew = await read_models(connection)
    assert {name: rows for name, rows in anew.items() if rows != after_kills[name]} == {}
    assert anew.keys() == after_kills.keys()
