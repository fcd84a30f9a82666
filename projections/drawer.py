"""Cash drawer events in their newest content, by terminal (contract, section 4, GetCashDrawerLog).

An entry's terminal is its drawer's, else that of its order, whichever comes first: so the terminal of every order is
kept too, and written only when it is news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.business_time import to_datetime
from ledger.database import queries
from ledger.events import (
    DrawerEntryCorrected,
    DrawerEntryLogged,
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    Recorded,
)
from ledger.records import NO_ID, CashDrawerLog
from ledger.store import Connection, from_microseconds
from projections.documents import document
from projections.window import Page, Window

_SQL = queries("projections/drawer.sql")


class Learnt(NamedTuple):
    """The terminal of an order and when the ledger learnt it (microseconds UTC)."""

    terminal_id: UUID
    at: int


class EntryRow(NamedTuple):
    """A drawer entry as it is kept. `waits_for`: the order whose terminal it takes, None where its drawer names one."""

    entry_id: UUID
    terminal_id: UUID | None
    waits_for: UUID | None
    active_at: datetime | None
    recorded_at: datetime
    document: bytes


class Changes(NamedTuple):
    """What a batch changes: terminals of orders that are news, and entries."""

    orders: dict[UUID, Learnt]
    entries: list[EntryRow]


def orders_of(events: Sequence[Recorded]) -> set[UUID]:
    """The orders whose terminal a batch tells or asks for."""
    found = set()
    for recorded in events:
        event = recorded.event
        if isinstance(event, (OrderDrafted, OrderFinalised, OrderAmended, OrderClosed)):
            found.add(event.order.Id)
        elif isinstance(event, (DrawerEntryLogged, DrawerEntryCorrected)) and event.entry.OrderId.int:
            found.add(event.entry.OrderId)
    return found


def fold(known: Mapping[UUID, Learnt], events: Sequence[Recorded]) -> Changes:
    """The changes of a batch; `known` holds the orders of `orders_of` whose terminal is known."""
    orders: dict[UUID, Learnt] = {}
    entries: dict[UUID, tuple[CashDrawerLog, int]] = {}
    nothing = Learnt(NO_ID, 0)
    for recorded in events:
        event = recorded.event
        if isinstance(event, (DrawerEntryLogged, DrawerEntryCorrected)):
            entries[event.entry.Id] = event.entry, recorded.recorded_at
        elif isinstance(event, (OrderDrafted, OrderFinalised, OrderAmended, OrderClosed)):
            order = event.order
            before = orders.get(order.Id) or known.get(order.Id, nothing)
            if before.terminal_id != order.TerminalId:
                orders[order.Id] = Learnt(order.TerminalId, recorded.recorded_at)
    terminals = {**known, **orders}
    return Changes(orders, [_row(entry, at, terminals) for entry, at in entries.values()])


def _row(entry: CashDrawerLog, recorded_at: int, terminals: Mapping[UUID, Learnt]) -> EntryRow:
    terminal = entry.CashDrawer.TerminalId if entry.CashDrawer else NO_ID
    waits_for = entry.OrderId if entry.OrderId.int and not terminal.int else None
    learnt = terminals.get(waits_for) if waits_for else None
    if learnt is not None:
        # A poller of that terminal can see the entry only since the ledger knows both.
        terminal, recorded_at = learnt.terminal_id, max(recorded_at, learnt.at)
    return EntryRow(
        entry.Id,
        terminal if terminal.int else None,
        waits_for,
        to_datetime(entry.ActivityDate),
        from_microseconds(recorded_at),
        document(entry),
    )


class _Drawer:
    name = "drawer"
    handles: frozenset[type[Event]] = frozenset(
        {DrawerEntryLogged, DrawerEntryCorrected, OrderDrafted, OrderFinalised, OrderAmended, OrderClosed}
    )

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        rows = await connection.fetch(_SQL["terminals_of_orders"], tenant_id, orders_of(events))
        changes = fold({row["order_id"]: Learnt(row["terminal_id"], row["learnt_at"]) for row in rows}, events)
        if changes.orders:
            orders = [(id_, learnt.terminal_id, from_microseconds(learnt.at)) for id_, learnt in changes.orders.items()]
            await connection.execute(_SQL["save_terminals_of_orders"], tenant_id, *zip(*orders, strict=True))
        if changes.entries:
            await connection.execute(_SQL["save_entries"], tenant_id, *zip(*changes.entries, strict=True))


PROJECTION = _Drawer()


async def entries(connection: Connection, tenant_id: int, window: Window) -> Page:
    """The drawer events that happened or changed in the window, newest first."""
    return Page(*await connection.fetchrow(_SQL["entries_in_window"], tenant_id, *window))
