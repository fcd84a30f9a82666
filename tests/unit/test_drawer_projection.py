"""Drawer events: the newest content of each, at its drawer's terminal, else at that of its order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from ledger.events import DrawerEntryCorrected, DrawerEntryLogged, Event, OrderAmended, OrderDrafted, Recorded
from ledger.records import NO_ID, Order
from ledger.store import from_microseconds
from ledger.till_records import CashDrawer, CashDrawerLog
from projections.drawer import Changes, EntryRow, Moved, fold, orders_asked, orders_told

ENTRY, OTHER, BILL, ORDER, LATER, TILL, BAR = (UUID(int=number) for number in range(1, 8))


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


def then(events: list[Recorded], before: Mapping[UUID, UUID] | None = None) -> EntryRow:
    """The one entry that the events change, where orders had the terminals of `before`, else none."""
    asked = dict.fromkeys(orders_asked(events), NO_ID)
    (row,) = fold({**asked, **(before or {})}, events).entries
    return row


def test_the_drawers_terminal_comes_first() -> None:
    row = then(given(drafted(ORDER, BAR), logged(order=ORDER, terminal=TILL)))
    assert (row.terminal_id, row.waits_for) == (TILL, None)


def test_without_one_it_is_the_orders() -> None:
    row = then(given(drafted(ORDER, BAR), logged(order=ORDER)))
    assert (row.terminal_id, row.waits_for, row.recorded_at) == (BAR, ORDER, from_microseconds(2))


def test_an_order_from_an_earlier_batch_counts() -> None:
    row = then(given(logged(order=ORDER), after=9), {ORDER: BAR})
    assert (row.terminal_id, row.recorded_at) == (BAR, from_microseconds(10))


def test_an_order_that_comes_later_gives_its_terminal_and_is_a_change() -> None:
    row = then(given(logged(order=ORDER), drafted(ORDER, BAR)))
    assert (row.terminal_id, row.waits_for, row.recorded_at) == (BAR, ORDER, from_microseconds(2))


def test_an_entry_without_order_and_drawer_has_no_terminal() -> None:
    event = DrawerEntryLogged(entry=CashDrawerLog(Id=ENTRY, ActivityType=1))
    row = then(given(event))
    assert (row.terminal_id, row.waits_for) == (None, None)


def test_a_correction_replaces_the_content() -> None:
    correction = DrawerEntryCorrected(entry=CashDrawerLog(Id=ENTRY, ActivityType=3, UserId="7", OrderId=LATER))
    row = then(given(logged(terminal=TILL), correction))
    document = json.loads(row.document)
    assert (document["UserId"], document["CashDrawer"], row.waits_for) == ("7", None, LATER)


def test_of_an_order_that_no_entry_waits_for_nothing_is_kept() -> None:
    assert fold({}, given(drafted(ORDER, TILL), drafted(LATER, BAR))) == Changes({}, [])


def test_entries_from_earlier_follow_their_order_when_it_moves() -> None:
    amended = OrderAmended(order=Order(Id=ORDER, TerminalId=BAR))
    assert fold({ORDER: TILL}, given(drafted(ORDER, TILL))).moved == {}
    assert fold({ORDER: TILL}, given(drafted(ORDER, TILL), amended)).moved == {ORDER: Moved(BAR, 2)}
    assert fold({ORDER: TILL}, given(amended, drafted(ORDER, TILL))).moved == {ORDER: Moved(TILL, 2)}


def test_however_the_batches_fall_the_rows_are_the_same() -> None:
    events = given(logged(order=ORDER), drafted(ORDER, BAR), drafted(ORDER, TILL), logged(OTHER, order=ORDER))
    whole = fold({ORDER: NO_ID}, events)
    second = fold({ORDER: BAR}, events[2:])
    assert whole.moved == second.moved == {ORDER: Moved(TILL, 3)}
    assert whole.entries[1:] == second.entries
    assert whole.entries[0].recorded_at == from_microseconds(3)


def test_only_the_orders_concerned_are_asked_for() -> None:
    events = given(logged(order=LATER), logged(OTHER), logged(BILL, order=ORDER, terminal=TILL), drafted(ORDER, TILL))
    assert (orders_asked(events), orders_told(events)) == ({LATER}, {ORDER})
