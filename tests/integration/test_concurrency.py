"""Writers in several processes at once, and readers beside them: positions without a hole, in the order of commits."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger import database
from ledger.store import Pool, settled_head
from tests.integration.shop import APPEND, open_shop, order_id, sale, uuids
from tests.integration.writer_process import SHARED, WriterProcess

SQL = database.queries("ledger/queries.sql")
TILLS, ORDERS, SAME_INSTANT = 4, 40, 200
TENANT = 1


@pytest.fixture
async def processes(dsn: str) -> AsyncIterator[list[WriterProcess]]:
    async with open_shop(dsn):
        pass
    started = await asyncio.gather(*(WriterProcess.start(dsn) for _ in range(2)))
    yield started
    await asyncio.gather(*(process.stop() for process in started))


class Reader:
    """Somebody who asks for what is after his checkpoint, again and again."""

    def __init__(self, pool: Pool, limit: int) -> None:
        self._pool, self._limit = pool, limit
        self._last = asyncio.Event()
        self.seen: list[tuple[Any, ...]] = []
        self._task = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            last = self._last.is_set()
            checkpoint = len(self.seen)
            rows = await self._pool.fetch(SQL["read_log"], TENANT, checkpoint, self._limit)
            positions = [row["position"] for row in rows]
            assert positions == list(range(checkpoint + 1, checkpoint + 1 + len(rows))), "a hole, or a surprise"
            self.seen += map(tuple, rows)
            if last and not rows:
                return

    async def finish(self) -> list[tuple[Any, ...]]:
        """Everything it has seen, once there is no more."""
        self._last.set()
        await self._task
        return self.seen


async def _roll_back(pool: Pool, stop: asyncio.Event) -> int:
    """Appends that fail after their positions were drawn, as with a sequence they would be lost."""
    count = 0
    while not stop.is_set():
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(SQL["lock_tenant"], database.TENANT_LOCK, TENANT)
            columns = [["gone-1"], [1], ["order.drafted"], [1], [datetime.now(UTC)], [b"{}"], [b"{}"]]
            await connection.fetchrow(APPEND, TENANT, uuids(1), *columns)
            await transaction.rollback()
        count += 1
        await asyncio.sleep(0.005)
    return count


async def _claim_settled(pool: Pool, stop: asyncio.Event) -> None:
    """The settled head is never behind what was visible before it was asked for."""
    while not stop.is_set():
        visible = await pool.fetchval(SQL["head"], TENANT)
        assert await settled_head(pool, TENANT) >= visible
        await asyncio.sleep(0.002)


async def test_no_writer_waits_for_a_reader_between_its_statements(dsn: str) -> None:
    said: list[str] = []
    async with await database.open_pool(dsn, max_size=1) as narrow:
        async with database.reading(narrow, TENANT) as connection:
            connection.add_query_logger(lambda record: said.append(record.query))
        assert await settled_head(narrow, TENANT) == 0
    assert said == [SQL["wait_for_writers"], SQL["head"]], "a transaction would hold the tenant's lock in between"


async def test_writers_in_two_processes_leave_no_hole(pool: Pool, processes: list[WriterProcess]) -> None:
    stop = asyncio.Event()
    readers = [Reader(pool, limit) for limit in (7, 100_000)]
    beside = [asyncio.create_task(_roll_back(pool, stop)), asyncio.create_task(_claim_settled(pool, stop))]
    selling = (process.ask(sell=str(n), tills=TILLS, orders=ORDERS) for n, process in enumerate(processes))
    told: list[dict[str, list[Any]]] = await asyncio.gather(*selling)
    stop.set()
    rolled_back, _ = await asyncio.gather(*beside)
    assert rolled_back
    log = [tuple(row) for row in await pool.fetch(SQL["read_log"], TENANT, 0, 2**31)]
    for reader in readers:
        assert await reader.finish() == log
    _check_streams(log)
    _check_answers(log, told)


def _check_streams(log: list[tuple[Any, ...]]) -> None:
    assert [row[0] for row in log] == list(range(1, len(log) + 1))
    for _, rows in itertools.groupby(sorted(log, key=lambda row: row[2:4]), key=lambda row: row[2]):
        versions = [row[3] for row in rows]
        assert versions == list(range(1, len(versions) + 1))
    moments = [row[7] for row in log]
    assert moments == sorted(moments)


def _check_answers(log: list[tuple[Any, ...]], told: list[dict[str, list[Any]]]) -> None:
    """Every order and amendment is there once, where its answer says; of each receipt number there is one."""
    last = {row[2]: row[0] for row in log}
    orders = {name: answer for part in told for name, answer in part.items() if "amendment" not in name}
    amendments = [answer for part in told for name, answer in part.items() if "amendment" in name]
    for name, answer in orders.items():
        assert answer == [last[f"order-{order_id(name)}"], False]
    assert len({position for position, _ in amendments}) == len(amendments) == len(told) * TILLS * ORDERS
    assert not any(duplicate for _, duplicate in amendments)
    streams = {f"order-{order_id(f'shared/{number}')}" for number in range(SHARED)}
    assert sum(row[2] in streams for row in log) == len(amendments) + 2 * SHARED
    assert sum("receipt" in name for name in orders) == SHARED
    assert len(last) == len(orders) + SHARED


async def test_the_same_new_order_at_the_same_instant(pool: Pool, processes: list[WriterProcess]) -> None:
    for number in range(SAME_INSTANT):
        body = sale(f"same/{number}", receipt=1000 + number)
        answers = await asyncio.gather(*(process.ask(post=body) for process in processes))
        assert sorted(answers, key=lambda answer: answer[1]) == [[3 * number + 3, False], [3 * number + 3, True]]
    assert await pool.fetchval("SELECT count(*) FROM ledger.events") == 3 * SAME_INSTANT
