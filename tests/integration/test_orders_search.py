"""Orders of every state, searched newest first, over a real database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from ledger.records import Receipt
from projections import orders_reads
from projections.following import run_until_caught_up
from projections.orders_reads import Filters, Found, Key
from tests.integration.conftest import Till, sale

NORTH, EVA = UUID(int=701), UUID(int=501)
ALL = Filters()


async def search(till: Till, filters: Filters = ALL, after: Key | None = None, limit: int = 50) -> Found:
    """What a search finds once everything posted is there."""
    await run_until_caught_up(till.pool, till.vault)
    async with till.pool.acquire() as connection:
        return await orders_reads.search(connection, till.tenant.tenant_id, filters, after, limit)


def ids(found: Found) -> list[int]:
    """The numbers of the orders."""
    return [order.order_id.int for order in found.orders]


def day(number: int) -> datetime:
    """Midnight of a day in November."""
    return datetime(2026, 11, number, tzinfo=UTC)


async def test_the_newest_come_first_whatever_their_state(till: Till) -> None:
    await till.post(sale(1, Status=14), sale(2, OutletId=NORTH, OrderTotal=Decimal("49.90"), CustomerId=EVA))
    await till.post(sale(3, Status=0, IsOnlineOrder=True, Payments=[]), sale(4, TrainingMode=True))
    found = await search(till)
    assert ids(found) == [4, 3, 2, 1] and found.next is None
    second = found.orders[2]
    assert (second.outlet_id, second.status, second.total, second.customer_id) == (NORTH, 13, Decimal("49.90"), EVA)
    assert second.business_time == datetime(2026, 11, 3, 11, tzinfo=UTC)


async def test_every_filter_narrows(till: Till) -> None:
    await till.post(*(sale(n, Status=13 if n % 2 else 14, OrderTotal=Decimal(10 * n)) for n in range(1, 7)))
    await till.post(sale(7, OutletId=NORTH))
    assert ids(await search(till, Filters(statuses=[14]))) == [6, 4, 2]
    assert ids(await search(till, Filters(statuses=[14, 13], least=Decimal(30), most=Decimal(50)))) == [5, 4, 3]
    assert ids(await search(till, Filters(outlet=NORTH))) == [7]


async def test_a_time_narrows_open_at_its_start(till: Till) -> None:
    await till.post(*(sale(number, CreationDate=day(number).isoformat()) for number in range(1, 6)))
    assert ids(await search(till, Filters(after=day(2), until=day(4)))) == [4, 3]


async def test_pages_follow_one_another_also_within_one_instant(till: Till) -> None:
    await till.post(*(sale(number, CreationDate=day(1).isoformat()) for number in range(1, 8)))
    pages, key = [], None
    for _ in range(4):
        found = await search(till, after=key, limit=3)
        pages.append(ids(found))
        key = found.next
        if key is None:
            break
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]


async def test_a_search_that_finds_little_gives_up_and_can_go_on(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_reads, "LOOKS_AT", 4)
    await till.post(*(sale(number, Status=14 if number == 1 else 13) for number in range(1, 8)))
    first = await search(till, Filters(statuses=[14]))
    assert ids(first) == [] and first.next is not None and first.next.order_id.int == 4
    rest = await search(till, Filters(statuses=[14]), first.next)
    assert (ids(rest), rest.next) == ([1], None)


async def test_orders_that_are_known_are_shown_newest_first(till: Till) -> None:
    receipt = Receipt(ReceiptId=UUID(int=40), TerminalId=UUID(int=31), ReceiptNumber=77)
    await till.post(
        sale(1, Receipts=[receipt]), sale(2, InvoiceNumber="A-2"), sale(3, OrderNoOfDay="20261104-1"), sale(4)
    )
    await run_until_caught_up(till.pool, till.vault)
    async with till.pool.acquire() as connection:
        wanted = [UUID(int=number) for number in (1, 2, 3, 9)]
        found = await orders_reads.lights(connection, till.tenant.tenant_id, wanted)
    assert [(order.order_id.int, order.number) for order in found] == [(3, "20261104-1"), (2, "A-2"), (1, "77")]


async def test_a_customers_orders_come_in_pages_newest_first_online_or_not(till: Till) -> None:
    for number in range(1, 8):
        owner = EVA if number != 4 else UUID(int=502)
        await till.post(
            sale(number, CustomerId=owner, IsOnlineOrder=number % 2 == 0, CreationDate=day(number).isoformat())
        )
    await run_until_caught_up(till.pool, till.vault)
    pages, key = [], None
    async with till.pool.acquire() as connection:
        for _ in range(3):
            found = await orders_reads.of_customer(connection, till.tenant.tenant_id, EVA, key, 3)
            pages.append(ids(found))
            key = found.next
        nobody = await orders_reads.of_customer(connection, till.tenant.tenant_id, UUID(int=0))
    assert pages == [[7, 6, 5], [3, 2, 1], []] and nobody.orders == []
