"""Cash drawer events in their newest content, by terminal (contract, section 4, GetCashDrawerLog).

An entry's terminal is its drawer's, else that of its order, whichever of the two comes first. Orders are many and such
entries few: nothing is kept of an order that no entry waits for; what it said before is asked of the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.arrays import literal
from ledger.business_time import to_datetime
from ledger.codec import decode
from ledger.customer import DOCUMENTS as ORDER_DOCUMENTS
from ledger.customer import is_document
from ledger.database import queries
from ledger.events import NAMES, CustomerErased, DrawerEntryCorrected, DrawerEntryLogged, Event, Recorded
from ledger.records import NO_ID
from ledger.store import Connection, from_microseconds
from ledger.till_records import CashDrawerLog
from projections.documents import document
from projections.window import Page, Window, window_page

_SQL = queries("projections/drawer.sql")
_ENTRIES = (DrawerEntryLogged, DrawerEntryCorrected)


class Moved(NamedTuple):
    """The terminal that an order has now, and when the ledger learnt it (microseconds UTC)."""

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
    """What a batch changes: terminals of orders that entries wait for, and entries."""

    moved: dict[UUID, Moved]
    entries: list[EntryRow]


def fold(before: Mapping[UUID, UUID], events: Sequence[Recorded]) -> Changes:
    """The changes of a batch. `before` holds every order that an entry waits for, here or from earlier, with the
    terminal it had before the batch (`NO_ID`: none).
    """
    moved: dict[UUID, Moved] = {}
    entries: dict[UUID, tuple[CashDrawerLog, int]] = {}
    for recorded in events:
        event = recorded.event
        if is_document(event):
            order = event.order
            if order.Id in before:
                terminal = moved[order.Id].terminal_id if order.Id in moved else before[order.Id]
                if terminal != order.TerminalId:
                    moved[order.Id] = Moved(order.TerminalId, recorded.recorded_at)
        elif isinstance(event, _ENTRIES):
            entries[event.entry.Id] = event.entry, recorded.recorded_at
    return Changes(moved, [_row(entry, at, before, moved) for entry, at in entries.values()])


def orders_told(events: Sequence[Recorded]) -> set[UUID]:
    """The orders whose terminal a batch tells."""
    return {recorded.event.order.Id for recorded in events if is_document(recorded.event)}


def orders_asked(events: Sequence[Recorded]) -> set[UUID]:
    """The orders that entries of a batch wait for."""
    found = (waits_for(recorded.event.entry) for recorded in events if isinstance(recorded.event, _ENTRIES))
    return {order_id for order_id in found if order_id is not None}


def waits_for(entry: CashDrawerLog) -> UUID | None:
    """The order whose terminal an entry takes; None where its drawer names one, or there is no order."""
    return entry.OrderId if entry.OrderId.int and not _of_drawer(entry).int else None


def _of_drawer(entry: CashDrawerLog) -> UUID:
    return entry.CashDrawer.TerminalId if entry.CashDrawer else NO_ID


def _row(entry: CashDrawerLog, recorded_at: int, before: Mapping[UUID, UUID], moved: Mapping[UUID, Moved]) -> EntryRow:
    terminal, order_id = _of_drawer(entry), waits_for(entry)
    if order_id is not None:
        # A poller of the order's terminal can see the entry only since the ledger knows both.
        terminal, learnt_at = moved.get(order_id) or (before[order_id], 0)
        recorded_at = max(recorded_at, learnt_at)
    return EntryRow(
        entry_id=entry.Id,
        terminal_id=terminal if terminal.int else None,
        waits_for=order_id,
        active_at=to_datetime(entry.ActivityDate),
        recorded_at=from_microseconds(recorded_at),
        document=document(entry),
    )


class _Drawer:
    name = "drawer"
    handles: frozenset[type[Event]] = frozenset({*_ENTRIES, *ORDER_DOCUMENTS, CustomerErased})
    streams = "drawer-"

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        before = await _terminals_before(connection, tenant_id, events)
        changes = fold(before, events)
        if changes.moved:
            rows = [(id_, moved.terminal_id, from_microseconds(moved.at)) for id_, moved in changes.moved.items()]
            await connection.execute(_SQL["move_entries"], tenant_id, *zip(*rows, strict=True))
        if changes.entries:
            await connection.execute(_SQL["save_entries"], tenant_id, *zip(*changes.entries, strict=True))

    async def renew(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """The documents of some entries; where and when they are listed follows from nothing personal."""
        newest = {recorded.event.entry.Id: recorded.event.entry for recorded in events
                  if isinstance(recorded.event, _ENTRIES)}  # fmt: skip
        documents = [document(entry) for entry in newest.values()]
        await connection.execute(_SQL["renew_entries"], tenant_id, list(newest), documents)


async def _terminals_before(connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> dict[UUID, UUID]:
    """What `fold` asks for: from entries that wait already, else from the log before this batch."""
    asked = orders_asked(events)
    waiting = await connection.fetch(_SQL["waiting"], tenant_id, literal(list(orders_told(events) | asked)))
    before = {row["waits_for"]: row["terminal_id"] or NO_ID for row in waiting}
    unknown = {f"order-{order_id}": order_id for order_id in asked - before.keys()}
    if unknown:
        before |= dict.fromkeys(unknown.values(), NO_ID)
        names = {NAMES[kind][0] for kind in ORDER_DOCUMENTS}
        first = events[0].position
        for row in await connection.fetch(_SQL["order_documents"], tenant_id, unknown.keys(), first, names):
            # No keys: a terminal is nothing personal.
            event = decode(row["type"], row["schema_version"], row["data"], {}, b"")
            assert isinstance(event, ORDER_DOCUMENTS), "the query asks for nothing else"
            before[unknown[row["stream"]]] = event.order.TerminalId
    return before


PROJECTION = _Drawer()


async def entries(connection: Connection, tenant_id: int, window: Window) -> Page:
    """The drawer events that happened or changed in the window, newest first."""
    asked = window.asked(newest_first=True)
    return window_page(await connection.fetchrow(_SQL["entries_in_window"], tenant_id, *asked))
