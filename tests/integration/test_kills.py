"""SIGKILL, which nobody can prepare for: of projectors in the middle of batches, and of a server under load."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from ledger import embedded
from ledger.embedded_cluster import at_work_in
from ledger.store import Connection
from tests.integration.shop import MASTER_KEY, OUTLET, Body, Shop, open_shop, order_id, priced
from tests.integration.test_startup import SCRIPT, Server, environment, run, serving, url_of, wait_until_gone

# Tables that every batch of new orders writes to, the first and the last of their projections among them.
WRITTEN = ["read_orders.orders", "read_stock.stock", "read_sales.sales_orders", "read_sales.sales_totals"]
TILLS, SOLD_BEFORE_A_KILL, KILLS = 6, 40, 4


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


class Tills:
    """Tills that post one new order after the other, each until somebody says that it is there."""

    def __init__(self) -> None:
        self.url = ""
        self.acknowledged: dict[str, Body] = {}
        self.sold: dict[str, Decimal] = {}
        self.retries = 0
        self._stop = False
        self._tasks = [asyncio.create_task(self._sell(till)) for till in range(TILLS)]

    async def _sell(self, till: int) -> None:
        async with httpx.AsyncClient(timeout=20) as client:
            for number in itertools.count():
                if self._stop:
                    return
                name, price = f"{till}/{number}", Decimal(1000 * (till + 1) + number) / 100
                self.acknowledged[name] = await self._until_told(client, priced(name, price))
                self.sold[name] = price

    async def _until_told(self, client: httpx.AsyncClient, body: Body) -> Body:
        for _ in range(6000):
            try:
                answer = await client.post(f"{self.url}/api/Order/PostOrder", json=body)
            except httpx.TransportError:
                self.retries += 1
                await asyncio.sleep(0.02)
                continue
            if answer.status_code == 200:
                told: Body = answer.json()
                return told
            assert answer.json()["retryable"], answer.text
            await asyncio.sleep(0.02)
        raise AssertionError("the server does not come back")

    async def sell(self, count: int) -> None:
        """Until so many more were acknowledged by the server that has just been started."""
        assert self.url.startswith("http"), "the server did not start"
        wanted = len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.005)

    async def finish(self) -> None:
        """Until every order that was begun is acknowledged."""
        self._stop = True
        await asyncio.gather(*self._tasks)


async def test_a_server_killed_under_load(tmp_path: Path) -> None:
    data_dir = str(tmp_path)
    tills = Tills()
    for number in range(KILLS):
        with serving(DATA_DIR=data_dir) as (process, lines):
            tills.url = url_of(lines)
            await tills.sell(SOLD_BEFORE_A_KILL)
            kill(process, tmp_path, and_postgres=number % 2 == 1)
    with serving(DATA_DIR=data_dir) as (_, lines):
        tills.url = url_of(lines)
        await tills.sell(TILLS)
        await tills.finish()
        assert tills.retries >= KILLS
        await check_log(tmp_path, tills)
        await check_answers(tills)
    await asyncio.to_thread(wait_until_gone, tmp_path)
    assert embedded.attach(tmp_path) is None


def kill(process: Server, data_dir: Path, *, and_postgres: bool) -> None:
    """The server; or all there is, so that nothing is written out any more: as when the power goes."""
    process.kill()
    (cluster,) = data_dir.resolve().glob("postgres-[0-9]*")
    for pid in at_work_in(cluster) if and_postgres else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def check_log(data_dir: Path, tills: Tills) -> None:
    """Every acknowledged order is there once, where its answer says, and nothing else but the outlets is."""
    dsn = embedded.attach(data_dir)
    assert dsn is not None
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT position, stream, version FROM ledger.events ORDER BY position")
    await connection.close()
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    streams: dict[str, list[Any]] = {}
    for row in rows:
        streams.setdefault(row["stream"], []).append(row["position"])
    for name, told in tills.acknowledged.items():
        there = streams.pop(f"order-{order_id(name)}")
        assert there == [told["Position"] - 2, told["Position"] - 1, told["Position"]]
    assert all(stream.startswith("outlet-") for stream in streams)


async def check_answers(tills: Tills) -> None:
    """What HTTP says of the same: each order as it was sent, and the month's sales to the öre."""
    newest = {"Ledger-Min-Position": str(max(told["Position"] for told in tills.acknowledged.values()))}
    async with httpx.AsyncClient(base_url=tills.url, headers=newest, timeout=20) as client:
        for name, price in tills.sold.items():
            order = (await client.get(f"/v1/orders/{order_id(name)}")).json()
            assert (order["Version"], order["OrderTotal"]) == (3, float(3 * price))
        asked = {"outletId": str(OUTLET), "year": "2026", "month": "11"}
        month = (await client.get("/api/Sale/GetMonthalySale", params=asked)).json()
        assert Decimal(str(month["GrandTotal"])) == 3 * sum(tills.sold.values())
        stock = (await client.get("/v1/stock")).json()
        assert [level["Quantity"] for level in stock] == [-3 * len(tills.sold)]
