"""What endpoints read of orders, over a real database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from ledger.commands import SaveInvoice
from ledger.records import Customer, CustomerInvoice
from ledger.store import Connection
from ledger.writer import Context
from projections import orders_reads
from projections.following import run_until_caught_up
from projections.window import Page, Window
from tests.integration.conftest import Till, sale

EVA, BO = UUID(int=501), UUID(int=502)
LATER = datetime(2200, 1, 1, tzinfo=UTC)
EVERYTHING = Window()
Read = Callable[[Connection, int, Window], Awaitable[Page]]


async def numbers(till: Till, read: Read, window: Window = EVERYTHING) -> list[int]:
    """The numbers of the orders in a list, after everything posted so far."""
    await run_until_caught_up(till.pool, till.vault)
    async with till.pool.acquire() as connection:
        return ids(await read(connection, till.tenant.tenant_id, window))


def ids(page: Page) -> list[int]:
    """The numbers of the orders on a page."""
    return [UUID(msgspec.json.decode(document)["Id"]).int for document in page.documents]


async def test_open_orders_are_those_in_the_making(till: Till) -> None:
    cart = sale(3, Status=0, IsOnlineOrder=True, Payments=[], CustomerId=EVA)
    await till.post(sale(1, Status=1, TerminalId=EVA), sale(2), cart, sale(4, Status=14), sale(5, Status=10))
    assert await numbers(till, orders_reads.open_orders) == [1, 5]
    assert await numbers(till, orders_reads.open_orders, Window(terminal=EVA)) == [1]


async def test_queues_are_apart_and_oldest_first(till: Till) -> None:
    await till.post(sale(3), sale(2, CustomerId=EVA), sale(1, Status=15))
    await till.post(sale(4, TrainingMode=True), sale(5, ExternalID="V"))
    assert await numbers(till, orders_reads.without_external_id) == [2, 3]
    assert await numbers(till, orders_reads.without_customer_and_external_id) == [3]
    assert await numbers(till, orders_reads.returns_without_external_id) == [1]


async def test_a_window_is_open_at_its_start_and_closed_at_its_end(till: Till) -> None:
    times = {number: f"2021-03-0{number}T00:00:00+00:00" for number in (1, 2, 3, 4)}
    await till.post(*(sale(number, CreationDate=at) for number, at in times.items()))
    march = [datetime(2021, 3, number, tzinfo=UTC) for number in range(1, 5)]
    assert await numbers(till, orders_reads.without_external_id, Window(march[0], march[2])) == [2, 3]
    assert await numbers(till, orders_reads.without_external_id, Window(None, march[1])) == [1, 2]


async def test_what_was_recorded_in_the_window_is_in_it_however_old(till: Till) -> None:
    await till.post(sale(1, CreationDate="2021-03-01T00:00:00+00:00"))
    now = datetime.now(UTC)
    assert await numbers(till, orders_reads.without_external_id, Window(now - timedelta(minutes=5), None)) == [1]
    assert await numbers(till, orders_reads.without_external_id, Window(now + timedelta(minutes=5), LATER)) == []


async def test_pages_follow_one_another(till: Till) -> None:
    await till.post(*(sale(number, CreationDate="2026-11-01T12:00:00+01:00") for number in range(1, 8)))
    pages = [await numbers(till, orders_reads.without_external_id, Window(offset=at, limit=3)) for at in (0, 3, 6, 9)]
    assert pages == [[1, 2, 3], [4, 5, 6], [7], []]


async def test_invoiced_orders_come_with_their_customer_wherever_it_is_known_from(till: Till) -> None:
    eva, bo = Customer(Id=EVA, Name="Eva", Phone="070"), Customer(Id=BO, Name="Bo")
    await till.post(
        sale(1, InvoiceGenerated=1, CustomerId=EVA, Customer=eva), sale(2, InvoiceGenerated=1, CustomerId=EVA),
        sale(3, InvoiceGenerated=1, CustomerId=BO, Customr=bo), sale(4), sale(5, InvoiceGenerated=1),
    )  # fmt: skip
    firm = CustomerInvoice(Id=UUID(int=601), CustomerId=UUID(int=503), CustomerName="Firm", OrdersGuid=[UUID(int=4)])
    await till.writer.submit(till.tenant, SaveInvoice(invoice=firm), Context(actor="test"))
    await run_until_caught_up(till.pool, till.vault)
    async with till.pool.acquire() as connection:
        page = await orders_reads.invoice_generated(connection, till.tenant.tenant_id, Window())
    found = [msgspec.json.decode(document)["Customer"] for document in page.documents]
    assert ids(page) == [1, 2, 3, 4]
    assert [customer["Name"] for customer in found] == ["Eva", "Eva", "Bo", "Firm"]
    assert found[1] == found[0]
    assert found[3]["Id"] == str(UUID(int=503))


async def test_an_empty_list_says_how_far_it_has_come(till: Till) -> None:
    head = await till.post(sale(1, Status=14))
    await run_until_caught_up(till.pool, till.vault)
    async with till.pool.acquire() as connection:
        for read in (orders_reads.open_orders, orders_reads.without_external_id, orders_reads.invoice_generated):
            assert await read(connection, till.tenant.tenant_id, Window()) == Page([], head)


async def test_a_customer_finds_orders_and_cart(till: Till) -> None:
    online = {"IsOnlineOrder": True, "CustomerId": EVA}
    shopping = {**online, "Status": 0, "Payments": []}
    await till.post(sale(3, **online), sale(1, **online), sale(2, CustomerId=EVA), sale(6, IsOnlineOrder=True))
    await till.post(sale(4, **shopping), sale(5, **shopping))
    await run_until_caught_up(till.pool, till.vault)
    tenant = till.tenant.tenant_id
    async with till.pool.acquire() as connection:
        assert ids(await orders_reads.history(connection, tenant, EVA, False)) == [1, 3, 4, 5]
        assert ids(await orders_reads.history(connection, tenant, EVA, True)) == [1, 2, 3, 4, 5]
        assert ids(await orders_reads.history(connection, tenant, UUID(int=0), True)) == []
        assert ids(await orders_reads.cart(connection, tenant, EVA)) == [5]
        assert ids(await orders_reads.cart(connection, tenant, BO)) == []
        assert ids(await orders_reads.order(connection, tenant, UUID(int=2))) == [2]
        assert ids(await orders_reads.order(connection, tenant, UUID(int=9))) == []
