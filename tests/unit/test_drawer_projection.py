"""Drawer events: the newest content of each, at its drawer's terminal, else at that of its order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from ledger.events import DrawerEntryCorrected, DrawerEntryLogged, Event, OrderAmended, OrderDrafted, Recorded
from ledger.records import NO_ID, CashDrawer, CashDrawerLog, Order
from ledger.store import from_microseconds
from projections.drawer import EntryRow, Learnt, fold, orders_of

ENTRY, OTHER, ORDER, LATER, TILL, BAR = (UUID(int=number) for number in range(1, 7))


def given(*events: Event, after: int = 0) -> list[Recorded]:
    """The events at positions after + 1, after + 2 …, recorded at a microsecond of the same number."""
    return [Recorded(position, "x", position, 0, position, event) for position, event in enumerate(events, after + 1)]


def logged(entry: UUID = ENTRY, *, order: UUID = NO_ID, terminal: UUID = NO_ID) -> DrawerEntryLogged:
    """A bill paid in cash."""
    return DrawerEntryLogged(
        entry=CashDrawerLog(Id=entry, ActivityType=3, OrderId=order, CashDrawer=CashDrawer(TerminalId=terminal))
    )


def drafted(order: UUID, terminal: UUID) -> OrderDrafted:
    """An order of a terminal."""
    return OrderDrafted(order=Order(Id=order, TerminalId=terminal))


def then(events: list[Recorded], known: Mapping[UUID, Learnt] | None = None) -> EntryRow:
    """The one entry that the events change."""
    (row,) = fold(known or {}, events).entries
    return row


def test_the_drawers_terminal_comes_first() -> None:
    row = then(given(drafted(ORDER, BAR), logged(order=ORDER, terminal=TILL)))
    assert (row.terminal_id, row.waits_for) == (TILL, None)


def test_without_one_it_is_the_orders() -> None:
    row = then(given(drafted(ORDER, BAR), logged(order=ORDER)))
    assert (row.terminal_id, row.waits_for, row.recorded_at) == (BAR, ORDER, from_microseconds(2))


def test_an_order_known_from_an_earlier_batch_counts() -> None:
    row = then(given(logged(order=ORDER), after=9), {ORDER: Learnt(BAR, 3)})
    assert (row.terminal_id, row.recorded_at) == (BAR, from_microseconds(10))


def test_an_order_that_comes_later_gives_its_terminal_and_is_a_change() -> None:
    row = then(given(logged(order=ORDER), drafted(ORDER, BAR)))
    assert (row.terminal_id, row.waits_for, row.recorded_at) == (BAR, ORDER, from_microseconds(2))


def test_an_entry_without_order_and_drawer_has_no_terminal() -> None:
    event = DrawerEntryLogged(entry=CashDrawerLog(Id=ENTRY, ActivityType=1))
    assert then(given(event))[1:3] == (None, None)


def test_a_correction_replaces_the_content() -> None:
    correction = DrawerEntryCorrected(entry=CashDrawerLog(Id=ENTRY, ActivityType=3, UserId="7", OrderId=LATER))
    row = then(given(logged(terminal=TILL), correction))
    document = json.loads(row.document)
    assert (document["UserId"], document["CashDrawer"], row.waits_for) == ("7", None, LATER)


def test_an_order_is_written_only_when_its_terminal_is_news() -> None:
    events = given(drafted(ORDER, TILL), drafted(ORDER, TILL), drafted(LATER, NO_ID), after=10)
    assert fold({ORDER: Learnt(TILL, 1)}, events).orders == {}
    assert fold({}, events).orders == {ORDER: Learnt(TILL, 11)}


def test_an_order_that_moves_is_news_each_time() -> None:
    moved = given(drafted(ORDER, TILL), OrderAmended(order=Order(Id=ORDER, TerminalId=BAR)), drafted(ORDER, TILL))
    assert fold({}, moved).orders == {ORDER: Learnt(TILL, 3)}


def test_however_the_batches_fall_the_rows_are_the_same() -> None:
    events = given(logged(order=ORDER), drafted(ORDER, BAR), drafted(ORDER, TILL), logged(OTHER, order=ORDER))
    whole = fold({}, events)
    first, second = fold({}, events[:2]), fold({ORDER: Learnt(BAR, 2)}, events[2:])
    assert second.orders == whole.orders
    assert [row.entry_id for row in first.entries + second.entries] == [row.entry_id for row in whole.entries]
    assert second.entries == whole.entries[1:]


def test_only_the_orders_concerned_are_asked_for() -> None:
    events = given(logged(order=LATER), logged(OTHER), drafted(ORDER, TILL))
    assert orders_of(events) == {LATER, ORDER}
