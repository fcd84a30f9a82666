"""Tenders: how the sales of each outlet and business day were paid, by the TypeId of the payments.

A payment counts on the day of its order, and while that counts: so a day's tenders are what its sales brought in, and
like theirs the totals move by the difference whatever happens to an order. Amounts are kronor, Direction x PaidAmount.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ledger.amounts import EXACT, ZERO
from ledger.arrays import columns
from ledger.business_time import business_day
from ledger.codec import encoder
from ledger.customer import Document, is_document
from ledger.database import queries
from ledger.events import Event, OrderDrafted, OrderStatusChanged, OutletSet, PaymentCaptured, PaymentVoided, Recorded
from ledger.order import stream_of
from ledger.store import Connection
from projections.counted import HANDLES, NEW, Standing, orders_before, standing_after, standing_with
from projections.rows import Table, write
from projections.sales_fold import DEFAULT_ZONE, moment_of

_SQL = queries("projections/tenders.sql")
_SHEETS = Table(_SQL["add_sheets"], _SQL["save_sheets"])
_OF_ORDERS: frozenset[type[Event]] = HANDLES | {PaymentCaptured, PaymentVoided}


class Paid(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A payment: what it is called by, its TypeId, and kronor. What Swish brought stays when a draft starts anew."""

    payment_id: UUID
    type: int
    amount: Decimal
    swish: bool


class Sheet(msgspec.Struct, frozen=True, gc=False):
    """An order and its payments; `day` is None while it does not count."""

    order_id: UUID
    standing: Standing
    outlet_id: UUID
    moment: datetime
    payments: list[Paid]
    day: date | None = None


class Clock(msgspec.Struct, frozen=True):
    """An outlet's zone, and the local hour its business day starts at."""

    zone: ZoneInfo
    day_starts: int = 0


class Total(msgspec.Struct, gc=False):
    """What an outlet's day has gained of one type: kronor, and the number of payments."""

    amount: Decimal = ZERO
    payments: int = 0


class Book(msgspec.Struct):
    """What a batch needs to know, and `fold` keeps up to date. `zone` holds for an outlet that was never set."""

    zone: ZoneInfo = DEFAULT_ZONE
    sheets: dict[str, Sheet] = {}
    clocks: dict[UUID, Clock] = {}


class Changes(msgspec.Struct):
    """What a batch changes: rows to write as they are, and totals to move, by outlet, day and type."""

    sheets: dict[str, Sheet] = {}
    clocks: dict[UUID, Clock] = {}
    totals: dict[tuple[UUID, date, int], Total] = {}


def fold(book: Book, events: Sequence[Recorded]) -> Changes:
    """The changes that events bring, in the order of the log; `book` goes along."""
    changes = Changes()
    for recorded in events:
        event = recorded.event
        if type(event) is OutletSet:
            clock = Clock(ZoneInfo(event.zone), event.day_starts)
            book.clocks[event.outlet_id] = changes.clocks[event.outlet_id] = clock
            continue
        before = book.sheets.get(recorded.stream)
        after = _after(book, before, recorded)
        if after is not before:
            book.sheets[recorded.stream] = changes.sheets[recorded.stream] = after
            _move(changes, before, -1)
            _move(changes, after, 1)
    return changes


def _after(book: Book, before: Sheet | None, recorded: Recorded) -> Sheet:
    """The order's sheet after one more event; the same one where nothing changes."""
    event = recorded.event
    if is_document(event):
        return _with_document(book, before, recorded, event)
    assert before is not None, "the first event of an order's stream is a document"
    if isinstance(event, PaymentCaptured):
        payment, others = event.payment, _without(before, event.payment.Id)
        swish = event.swish is not None or any(p.payment_id == payment.Id and p.swish for p in before.payments)
        amount = EXACT.multiply(Decimal(payment.Direction), payment.PaidAmount)
        paid = Paid(payment.Id, payment.TypeId, amount, swish)
        return msgspec.structs.replace(before, payments=[*others, paid])
    if isinstance(event, PaymentVoided):
        return msgspec.structs.replace(before, payments=_without(before, event.payment_id))
    assert isinstance(event, OrderStatusChanged)
    standing = standing_with(before.standing, event.status)
    if standing == before.standing:
        return before
    day = before.day if standing.counts == before.standing.counts else _day(book, standing, before)
    return msgspec.structs.replace(before, standing=standing, day=day)


def _with_document(book: Book, before: Sheet | None, recorded: Recorded, event: Document) -> Sheet:
    order = event.order
    standing = standing_after(before.standing if before else NEW, event)
    amended = before.moment if before is not None and before.standing.counts else None
    payments = before.payments if before is not None else []
    if type(event) is OrderDrafted:
        payments = [payment for payment in payments if payment.swish]
    sheet = Sheet(order.Id, standing, order.OutletId, moment_of(order, recorded, amended), payments)
    return msgspec.structs.replace(sheet, day=_day(book, standing, sheet))


def _without(sheet: Sheet, payment_id: UUID) -> list[Paid]:
    return [payment for payment in sheet.payments if payment.payment_id != payment_id]


def _day(book: Book, standing: Standing, sheet: Sheet) -> date | None:
    """The business day of an order by the clock its outlet has now, as the sales have it."""
    clock = book.clocks.get(sheet.outlet_id) or Clock(book.zone)
    return business_day(sheet.moment, clock.zone, clock.day_starts)[0] if standing.counts else None


def _move(changes: Changes, sheet: Sheet | None, sign: int) -> None:
    """Puts a sheet's payments into the totals, or takes them out."""
    if sheet is None or sheet.day is None:
        return
    for payment in sheet.payments:
        total = changes.totals.setdefault((sheet.outlet_id, sheet.day, payment.type), Total())
        total.amount = (EXACT.add if sign > 0 else EXACT.subtract)(total.amount, payment.amount)
        total.payments += sign


class _Tenders:
    name = "tenders"
    handles: frozenset[type[Event]] = _OF_ORDERS | {OutletSet}

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """Applies a batch; the caller holds the checkpoint and commits."""
        book = await _open(connection, tenant_id, events)
        known = set(book.sheets)
        changes = fold(book, events)
        if changes.clocks:
            clocks = [(id_, str(clock.zone), clock.day_starts) for id_, clock in changes.clocks.items()]
            await connection.execute(_SQL["save_clocks"], tenant_id, *zip(*clocks, strict=True))
        await _save_sheets(connection, tenant_id, changes, known)
        await _move_totals(connection, tenant_id, changes)


PROJECTION = _Tenders()

_payments = msgspec.json.Decoder(list[Paid]).decode


async def _open(connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> Book:
    """What the read model knows of the orders of a batch, and every outlet's clock: there are few."""
    ids = orders_before(events, _OF_ORDERS)
    rows = await connection.fetch(_SQL["sheets"], tenant_id, ids) if ids else []
    book = Book()
    for order_id, sale, type_, training, outlet_id, moment, payments, day in rows:
        standing = Standing(sale, type_, training)
        book.sheets[stream_of(order_id)] = Sheet(order_id, standing, outlet_id, moment, _payments(payments), day)
    for outlet_id, zone, day_starts in await connection.fetch(_SQL["clocks"], tenant_id):
        if outlet_id is None:
            book.zone = ZoneInfo(zone)
        else:
            book.clocks[outlet_id] = Clock(ZoneInfo(zone), day_starts)
    return book


async def _save_sheets(connection: Connection, tenant_id: int, changes: Changes, known: Set[str]) -> None:
    """Writes the orders as they are; `known` are the streams that have a sheet already."""
    new, changed = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for stream, s in changes.sheets.items():
        row = (s.order_id, *s.standing, s.outlet_id, s.moment, encoder.encode(s.payments), s.day)
        (changed if stream in known else new).append(row)
    await write(connection, _SHEETS, tenant_id, new, changed)


async def _move_totals(connection: Connection, tenant_id: int, changes: Changes) -> None:
    moved = [(*place, t.amount, t.payments) for place, t in changes.totals.items() if t.amount or t.payments]
    if not moved:
        return
    await connection.execute(_SQL["move_totals"], tenant_id, *columns(moved))
    fewer = [place for *place, _, payments in moved if payments < 0]
    if fewer:
        await connection.execute(_SQL["drop_empty_totals"], tenant_id, *columns(fewer))
