"""A long log in minutes: its first orders are written through the library, and the others are copies of them.

Each copy has ids, positions and times of its own, in the log and in every read model, and lies earlier by the days that
the first orders cover. Nothing personal in it can be opened, for that is bound to its event: only reads are measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg

from ledger.database import queries
from tests.bench.fill import Calendar
from tests.bench.stand import Books, run

SQL = queries("tests/bench/copies.sql")


def prepare(books: Books) -> None:
    """Keeps what there is, for copies to be made of."""

    async def keep(connection: Any) -> None:
        await connection.execute(SQL["prepare"])
        for row in await connection.fetch(SQL["tables"]):
            await connection.execute(await connection.fetchval(SQL["keep"], row[0]))
            await connection.execute(await connection.fetchval(SQL["unlogged"], row[0]))
        await connection.execute(SQL["forget_outlets"])

    run(_connected(books, keep))


def multiply(books: Books, when: Calendar, base: int, first: int, end: int, progress: Callable[[int], None]) -> None:
    """Goes on from `first` orders to `end`, in copies of the `base` orders that were there in the beginning."""

    async def grow(connection: Any) -> None:
        tables = [row[0] for row in await connection.fetch(SQL["tables"])]
        events = await connection.fetchval(SQL["count"])
        for number in range(first // base, end // base):
            for table in tables:
                await connection.execute(SQL["copy"], table, number, -(-base // when.a_day), events)
            progress((number + 1) * base)
        await connection.execute(SQL["products"], end // first)
        await connection.execute(SQL["stand_there"])

    run(_connected(books, grow))


async def _connected(books: Books, work: Callable[[Any], Any]) -> None:
    connection = await asyncpg.connect(books.dsn)
    try:
        await work(connection)
    finally:
        await connection.close()
