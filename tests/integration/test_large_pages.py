"""However large documents are, an answer is not: a page is refused with what to ask for instead, or is the newest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import asyncpg
import msgspec
import pytest

from ledger.database import READING, open_pool, queries
from ledger.errors import BadInput
from ledger.store import Connection
from projections import drawer, invoices, orders_reads, stock_reads, swish, terminals
from projections.window import Page, Window

SQL = queries("tests/integration/large.sql")
DOCUMENT = b'{"Comments":"%b"}' % (b"x" * 22_000_000)
SOMEBODY = UUID(int=7)

Read = Callable[[Connection, int, Window], Awaitable[Page]]
PAGED: list[Read] = [
    orders_reads.open_orders, orders_reads.without_external_id, orders_reads.returns_without_external_id,
    orders_reads.invoice_generated, invoices.invoices, drawer.entries,
]  # fmt: skip


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    """One that a reader has, on a tenant with four large documents of each kind."""
    owner = await asyncpg.connect(dsn)
    for statement in SQL.values():
        await owner.execute(statement, DOCUMENT, SOMEBODY)
    await owner.close()
    async with await open_pool(dsn, max_size=1, tenant_id=1, settings=READING) as pool, pool.acquire() as found:
        yield found


async def test_a_page_is_refused_that_is_too_large_and_its_parts_are_given(connection: Connection) -> None:
    for read in PAGED:
        assert (await read(connection, 1, Window(limit=3))).documents == [DOCUMENT] * 3
        assert (await read(connection, 1, Window(offset=3, limit=3))).documents == [DOCUMENT]
        with pytest.raises(BadInput, match=r"^PageSize: .* 64 MB; ask for fewer$"):
            await read(connection, 1, Window(limit=4))


async def test_a_list_without_pages_says_where_else_to_look(connection: Connection) -> None:
    with pytest.raises(BadInput, match=r"^customerId: .* 64 MB; .*/v1/orders/{id}$"):
        await orders_reads.history(connection, 1, SOMEBODY, everything=True)
    with pytest.raises(BadInput, match=r"64 MB; .*/v1/reports\?terminalId=$"):
        await terminals.terminals(connection, 1)
    with pytest.raises(BadInput, match=r"^productId: .* 64 MB; narrow it by productId or outletId$"):
        await stock_reads.levels(connection, 1, None, None)


async def test_the_stock_of_an_outlet_or_a_product_is_given_where_all_of_it_is_too_large(
    connection: Connection,
) -> None:
    levels = (await stock_reads.levels(connection, 1, None, SOMEBODY)).documents
    assert [msgspec.json.decode(level)["Description"] for level in levels] == [DOCUMENT.decode()] * 3
    product = msgspec.json.decode(levels[0])["ProductId"]
    assert (await stock_reads.levels(connection, 1, product, None)).documents == levels[:1]


async def test_of_the_newest_as_many_are_given_as_an_answer_holds(connection: Connection) -> None:
    assert (await swish.payments(connection, 1, None)).documents == [DOCUMENT] * 3
    assert (await swish.payments(connection, 1, None, limit=2)).documents == [DOCUMENT] * 2
    assert (await terminals.reports(connection, 1, SOMEBODY)).documents == [DOCUMENT] * 3
