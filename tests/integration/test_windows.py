"""Lists of a window over a real database: whatever is asked, they show what going through everything by hand shows."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest

from ledger.database import READING, open_pool, queries
from ledger.store import Connection
from projections import drawer, invoices, orders_reads
from projections.window import Page, Window, last_of

SQL = queries("tests/integration/grown.sql")
START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = 8000
# One a second.
SPAN = timedelta(seconds=ORDERS)


class Listed(NamedTuple):
    """A read, and the same by hand."""

    read: Callable[[Connection, int, Window], Awaitable[Page]]
    by_hand: str
    arguments: tuple[object, ...] = ()


LISTS = [
    Listed(orders_reads.open_orders, "orders_by_hand", (["open"], False)),
    Listed(orders_reads.without_external_id, "orders_by_hand", (["sale", "sale of nobody"], False)),
    Listed(orders_reads.without_customer_and_external_id, "orders_by_hand", (["sale of nobody"], False)),
    Listed(orders_reads.returns_without_external_id, "orders_by_hand", (["return"], False)),
    Listed(invoices.invoices, "invoices_by_hand"),
    Listed(drawer.entries, "drawer_by_hand"),
]


@pytest.fixture(params=[False, True], ids=["as they came", "all late"])
async def connection(request: pytest.FixtureRequest, dsn: str) -> AsyncIterator[Connection]:
    """One that a reader has, on a tenant with many orders."""
    owner = await asyncpg.connect(dsn)
    await owner.execute(SQL["fill_orders"], 1, ORDERS)
    for table in ("customers", "invoices", "drawer"):
        await owner.execute(SQL[f"fill_{table}"], 1)
    if request.param:
        for table in ("orders", "invoices", "drawer"):
            await owner.execute(SQL[f"bring_{table}_late"])
    await owner.close()
    async with await open_pool(dsn, max_size=1, tenant_id=1, settings=READING) as pool, pool.acquire() as found:
        yield found


def windows(chance: random.Random, count: int) -> list[Window]:
    """Windows of every width, bounded or not; some of a till, pages of any size."""
    found = []
    for _ in range(count):
        after = START + SPAN * chance.uniform(-0.1, 2.5)
        until = after + SPAN * chance.choice((0.001, 0.01, 0.05, 0.3))
        terminal = UUID(md5(f"till{chance.choice((0, 3, 99))}".encode()).hexdigest())
        found.append(
            Window(
                after if chance.random() < 0.8 else None,
                until if chance.random() < 0.7 else None,
                terminal if chance.random() < 0.3 else None,
                chance.choice((0, 0, 0, 7)),
                chance.choice((3, 100, 5000)),
            )
        )
    return found


async def test_a_list_shows_what_going_through_everything_shows(connection: Connection) -> None:
    for window in [Window(), *windows(random.Random(7), 40)]:
        for listed in LISTS:
            page = await listed.read(connection, 1, window)
            rows = await connection.fetch(SQL[listed.by_hand], 1, *window[:5], *listed.arguments)
            assert page.documents == [row["document"] for row in rows], (window, listed.by_hand, listed.arguments)


async def invoiced(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Invoiced orders as they are stored, for no JSON is stored here."""
    rows = await connection.fetch(orders_reads._SQL["invoice_queue"], tenant_id, *window.asked())
    documents = [row["document"] for row in rows if row["document"] is not None]
    return Page(documents, rows[0]["position"], last_of(rows[-1]))


async def test_invoiced_orders_too(connection: Connection) -> None:
    for window in [Window(), *windows(random.Random(8), 40)]:
        by_hand = await connection.fetch(SQL["orders_by_hand"], 1, *window[:5], [], True)
        assert (await invoiced(connection, 1, window)).documents == [row["document"] for row in by_hand], window


async def test_page_behind_page_is_the_list(connection: Connection) -> None:
    for window in [Window(), *windows(random.Random(9), 12)]:
        for read in (*(listed.read for listed in LISTS), invoiced):
            whole = (await read(connection, 1, window._replace(offset=0, limit=1000))).documents
            page = await read(connection, 1, window._replace(offset=0, limit=97))
            found = page.documents
            while page.documents and len(found) < len(whole):
                page = await read(connection, 1, window._replace(offset=0, limit=97, behind=page.last))
                found = found + page.documents
            assert found[:1000] == whole, (window, read)
