"""Invoices, drawer, terminals and Swish from commands to answers, over a real database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from ledger import embedded
from ledger.commands import Command, LogDrawerEntry, ReportTerminal, SaveInvoice, TakeSwish
from ledger.database import migrate, open_pool
from ledger.events import SwishStatusReceived
from ledger.post_order import PostOrder
from ledger.records import NO_ID, CustomerInvoice, Order, SwishPayment
from ledger.store import Connection, Pool, Vault
from ledger.swish_door import OPEN
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.till_records import CashDrawer, CashDrawerLog, Report, ReportRow, TerminalStatusLog
from ledger.writer import Context, Writer
from projections import drawer, invoices, swish, terminals
from projections.runner import Runner
from projections.schemas import create_tables
from projections.window import Page, Window

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TILL, BAR = UUID(int=1), UUID(int=2)
# Long before these tests write, so that a window tells business time from the ledger's.
NOON = "2021-11-23T12:00:00+01:00"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PROJECTIONS = [module.PROJECTION for module in (invoices, drawer, terminals, swish)]


class Shop(NamedTuple):
    """A tenant of its own, with the four read models behind it."""

    pool: Pool
    connection: Connection
    writer: Writer
    tenant: Tenant
    runner: Runner

    async def given(self, *commands: Command) -> int:
        """Carries the commands out one after the other, applies each, and returns the last position."""
        position = 0
        for command in commands:
            position = (await self.writer.submit(self.tenant, command, Context(actor="test"))).position
            await self.runner.step(self.tenant.tenant_id)
        return position

    async def invoices(self, window: Window) -> Page:
        """What GetCustomerInvoice answers."""
        return await invoices.invoices(self.connection, self.tenant.tenant_id, window)

    async def entries(self, window: Window) -> Page:
        """What GetCashDrawerLog answers."""
        return await drawer.entries(self.connection, self.tenant.tenant_id, window)


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = embedded.start(tmp_path_factory.mktemp("small"))
    yield server.dsn
    server.stop()


@pytest.fixture
async def shop(dsn: str) -> AsyncIterator[Shop]:
    vault, name = Vault(bytes(32)), f"t-{uuid4()}"
    async with await open_pool(dsn, max_size=4) as bare:
        await migrate(bare)
        await create_tables(bare)
    async with await open_pool(dsn, max_size=4) as pool, pool.acquire() as connection:
        await add_tenant(pool, vault, name)
        tenant = next(tenant for tenant in await all_tenants(pool, vault) if tenant.name == name)
        await connection.act_for(tenant.tenant_id)
        writer = Writer(pool, vault)
        yield Shop(pool, connection, writer, tenant, Runner(pool, vault, PROJECTIONS))
        await writer.close()


def read(page: Page) -> list[dict[str, Any]]:
    """The documents of a page."""
    return [json.loads(document) for document in page.documents]


def ids(page: Page) -> list[int]:
    """The ids of a page's documents, as the small numbers these tests give them."""
    return [UUID(document["Id"]).int for document in read(page)]


def order(number: int, terminal: UUID) -> PostOrder:
    """A draft of a terminal."""
    draft = Order(Id=UUID(int=number), TerminalId=terminal, CreationDate=NOON, OrderTotal=Decimal("328.5"))
    return PostOrder(order=draft, zone=STOCKHOLM, swish_type=10)


def invoice(number: int, **members: Any) -> SaveInvoice:
    """An invoice without orders, unless it is given some."""
    return SaveInvoice(invoice=CustomerInvoice(Id=UUID(int=number), **members))


def entry(number: int, **members: Any) -> LogDrawerEntry:
    """A bill paid in cash, or its correction."""
    return LogDrawerEntry(entry=CashDrawerLog(Id=UUID(int=number), ActivityType=3, **members), first_wins=False)


def report(number: int, at: str, kind: int | None, terminal: UUID = TILL, value: int = 0) -> ReportTerminal:
    """A terminal's health at `at`, with a report of `kind` unless that is None."""
    head = None if kind is None else Report(Id=UUID(int=number + 100), CreationDate=at, ReportType=kind)
    rows = [] if kind is None else [ReportRow(DataType="TotalSale", Value=Decimal(value))]
    return ReportTerminal(
        log=TerminalStatusLog(
            Id=UUID(int=number),
            TerminalId=terminal,
            ActivityDate=at,
            AppVersion=str(number),
            Report=head,
            ReportData=rows,
        )
    )


async def test_an_invoice_is_found_by_its_date_and_by_its_change(shop: Shop) -> None:
    customer = UUID(int=9)
    position = await shop.given(
        order(7, TILL),
        invoice(2, CreationDate=NOON, TerminalId=TILL, OrdersGuid=[UUID(int=7)], CustomerName="Eva"),
        invoice(1, CreationDate=NOON, TerminalId=BAR),
        invoice(3, CreationDate="2021-11-22T12:00:00+01:00", CustomerId=customer),
        invoice(1, CreationDate=NOON, TerminalId=BAR, Remarks="again"),
    )
    page = await shop.invoices(Window())
    assert (ids(page), page.position) == ([3, 1, 2], position)
    assert read(page)[1]["Remarks"] == "again"
    assert read(page)[2]["OrdersGuid"] == [str(UUID(int=7))] and read(page)[2]["CustomerName"] == "Eva"
    noon = datetime.fromisoformat(NOON)
    assert ids(await shop.invoices(Window(noon - timedelta(seconds=1), noon))) == [1, 2]
    assert ids(await shop.invoices(Window(noon, noon + timedelta(days=1)))) == []
    now = datetime.now(UTC)
    assert ids(await shop.invoices(Window(now - timedelta(minutes=5), now + timedelta(minutes=5)))) == [3, 1, 2]
    assert ids(await shop.invoices(Window(None, LONG_AGO))) == []
    assert ids(await shop.invoices(Window(terminal=BAR))) == [1]
    assert ids(await shop.invoices(Window(offset=1, limit=1))) == [1]
    assert ids(await shop.invoices(Window(offset=3))) == []


async def test_drawer_entries_come_newest_first_by_the_terminal_they_belong_to(shop: Shop) -> None:
    await shop.given(
        order(7, BAR),
        entry(1, ActivityDate=NOON, CashDrawer=CashDrawer(TerminalId=TILL), OrderId=UUID(int=7)),
        entry(2, ActivityDate="2021-11-23T13:00:00+01:00", OrderId=UUID(int=7)),
        entry(3, OrderId=NO_ID),
        entry(1, ActivityDate=NOON, CashDrawer=CashDrawer(TerminalId=TILL), Amount=Decimal("2.5")),
    )
    everything = await shop.entries(Window())
    assert ids(everything) == [2, 1, 3]
    assert read(everything)[1]["Amount"] == 2.5
    assert ids(await shop.entries(Window(terminal=TILL))) == [1]
    assert ids(await shop.entries(Window(terminal=BAR))) == [2]
    noon = datetime.fromisoformat(NOON)
    assert ids(await shop.entries(Window(noon, noon + timedelta(hours=1)))) == [2]


async def test_an_entry_gets_the_terminal_of_an_order_that_comes_later(shop: Shop) -> None:
    await shop.given(entry(1, ActivityDate=NOON, OrderId=UUID(int=7)))
    assert ids(await shop.entries(Window())) == [1]
    assert ids(await shop.entries(Window(terminal=BAR))) == []
    before = await shop.pool.fetchval("SELECT clock_timestamp()")
    await shop.given(order(7, BAR))
    assert ids(await shop.entries(Window(terminal=BAR))) == [1]
    assert ids(await shop.entries(Window(after=before, terminal=BAR))) == [1], "a poller of that terminal sees it now"
    await shop.given(order(7, TILL))
    assert ids(await shop.entries(Window(terminal=BAR))) == []
    assert ids(await shop.entries(Window(terminal=TILL))) == [1]


async def test_a_terminal_shows_its_last_health_and_its_last_reports(shop: Shop) -> None:
    position = await shop.given(
        report(1, "2021-11-23T10:00:00+01:00", 0),
        report(2, "2021-11-23T22:00:00+01:00", 1, value=5),
        report(3, "2021-11-22T22:00:00+01:00", 1),
        report(4, "2021-11-23T23:00:00+01:00", None),
        report(5, NOON, None, terminal=BAR),
    )
    page = await terminals.terminals(shop.connection, shop.tenant.tenant_id)
    till, bar = read(page)
    assert page.position == position
    assert (till["TerminalId"], till["AppVersion"]) == (str(TILL), "4")
    assert datetime.fromisoformat(till["LastSeen"]) > datetime.now(UTC) - timedelta(minutes=5)
    assert till["LastXReport"]["Id"] == str(UUID(int=101))
    assert till["LastZReport"]["ReportData"][0]["Value"] == 5
    assert (bar["AppVersion"], bar["LastXReport"], bar["LastZReport"]) == ("5", None, None)
    assert "ReportData" not in bar and bar["BatteryLevel"] == 0


async def test_a_corrected_log_entry_is_no_longer_the_last(shop: Shop) -> None:
    await shop.given(
        report(1, "2021-11-23T10:00:00+01:00", None),
        report(2, "2021-11-23T11:00:00+01:00", None),
        report(2, "2021-11-23T09:00:00+01:00", None),
    )
    (till,) = read(await terminals.terminals(shop.connection, shop.tenant.tenant_id))
    assert till["AppVersion"] == "1"


async def test_reports_come_newest_first_and_a_changed_one_replaces(shop: Shop) -> None:
    await shop.given(
        report(1, "2021-11-23T10:00:00+01:00", 0, value=1),
        report(2, "2021-11-23T22:00:00+01:00", 1),
        report(3, "2021-11-23T21:00:00+01:00", 1, terminal=BAR),
        report(1, "2021-11-23T10:00:00+01:00", 0, value=2),
    )
    reports = await terminals.reports(shop.connection, shop.tenant.tenant_id, None)
    assert ids(reports) == [102, 103, 101]
    assert read(reports)[2]["ReportData"][0]["Value"] == 2
    assert ids(await terminals.reports(shop.connection, shop.tenant.tenant_id, BAR)) == [103]
    assert ids(await terminals.reports(shop.connection, shop.tenant.tenant_id, None, 1)) == [102]


async def test_a_swish_payment_is_an_orphan_until_its_order_comes(shop: Shop) -> None:
    paid = SwishStatusReceived(
        kind="payment", status="PAID", amount=Decimal("328.5"), payee_payment_reference=str(UUID(int=7))
    )
    await shop.given(TakeSwish(stream="swish-A1", said=paid, swish_type=10, door=OPEN))
    (orphan,) = read(await swish.payments(shop.connection, shop.tenant.tenant_id, None))
    assert (orphan["Flags"], orphan["OrderId"], orphan["Amount"]) == (["orphan"], str(NO_ID), 328.5)
    vendor = SwishPayment(Id=UUID(int=3), SwishId="B2", SwishToken="token")
    await shop.given(order(7, TILL), TakeSwish(stream="swish-B2", said=vendor, swish_type=10, door=OPEN))
    (tied,) = read(await swish.payments(shop.connection, shop.tenant.tenant_id, UUID(int=7)))
    assert (tied["Flags"], tied["OrderId"], tied["SwishId"]) == ([], str(UUID(int=7)), "A1")
    everything = read(await swish.payments(shop.connection, shop.tenant.tenant_id, None))
    assert [payment["SwishId"] for payment in everything] == ["B2", "A1"]


async def test_another_tenant_sees_nothing(shop: Shop) -> None:
    await shop.given(invoice(1), entry(1), report(1, NOON, 1))
    stranger = shop.tenant.tenant_id + 1_000_000
    assert await invoices.invoices(shop.connection, stranger, Window()) == Page([], 0)
    assert await drawer.entries(shop.connection, stranger, Window()) == Page([], 0)
    assert await terminals.terminals(shop.connection, stranger) == Page([], 0)
    assert await terminals.reports(shop.connection, stranger, None) == Page([], 0)
    assert await swish.payments(shop.connection, stranger, None) == Page([], 0)
