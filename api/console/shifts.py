"""A drawer's shifts, from its opening to its close: what should be in it, and what was counted. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.amounts import EXACT, ZERO
from ledger.business_time import to_datetime
from ledger.records import NO_ID

OPENING, CLOSE = 1, 11
# Money that leaves the drawer: paid to an employee, paid bill, cash drop, tip paid out, banked (contract, section 3).
# Some tills send it less than zero, others do not.
_OUT = frozenset({2, 3, 4, 8, 9})


class Drawer(msgspec.Struct):
    """What an entry says of its drawer."""

    Id: UUID
    Name: str | None


class Entry(msgspec.Struct):
    """An entry of a drawer's log."""

    Id: UUID
    ActivityType: int
    ActivityDate: str
    Amount: Decimal
    CashDrawerId: UUID
    CashDrawer: Drawer | None
    OrderId: UUID
    UserId: str | None
    # Of its drawer or order, as the read model knows it.
    terminal: UUID | None = None

    @property
    def at(self) -> datetime | None:
        """When it happened."""
        return to_datetime(self.ActivityDate)

    @property
    def drawer(self) -> UUID:
        """Its drawer, all zero for none."""
        return self.CashDrawer.Id if self.CashDrawer and self.CashDrawer.Id.int else self.CashDrawerId

    @property
    def order(self) -> UUID | None:
        """The order that moved the money; None for none."""
        return None if self.OrderId == NO_ID else self.OrderId

    @property
    def moved(self) -> Decimal:
        """By how much the drawer holds more, kronor; a count moves nothing."""
        if self.ActivityType == CLOSE:
            return ZERO
        return -abs(self.Amount) if self.ActivityType in _OUT else self.Amount


class Sum(NamedTuple):
    """The entries of one ActivityType in a shift: how many, and kronor."""

    type: int
    entries: int
    amount: Decimal


class Shift(NamedTuple):
    """What happened to a drawer from its opening to its close, oldest first, or as much of it as is known."""

    entries: list[Entry]

    @property
    def is_whole(self) -> bool:
        """Whether it begins with an opening: else nobody knows what was in the drawer before."""
        return self.entries[0].ActivityType == OPENING

    @property
    def expected(self) -> Decimal | None:
        """What should be in the drawer, kronor; None where its beginning is not known."""
        return EXACT.plus(sum((entry.moved for entry in self.entries), ZERO)) if self.is_whole else None

    @property
    def counted(self) -> Decimal | None:
        """What was counted at the close; None while it is open."""
        last = self.entries[-1]
        return last.Amount if last.ActivityType == CLOSE else None

    @property
    def difference(self) -> Decimal | None:
        """Counted less expected, kronor: less than nothing is missing money. None where one of them is not known."""
        if self.counted is None or self.expected is None:
            return None
        return EXACT.subtract(self.counted, self.expected)

    @property
    def sums(self) -> list[Sum]:
        """The entries by type; the close is none of them."""
        found: dict[int, list[Decimal]] = defaultdict(list)
        for entry in self.entries:
            if entry.ActivityType != CLOSE:
                found[entry.ActivityType].append(entry.moved)
        return [Sum(type_, len(moved), sum(moved, ZERO)) for type_, moved in found.items()]


class Log(NamedTuple):
    """A drawer and its shifts, the newest first."""

    drawer: UUID
    name: str
    terminal: UUID | None
    shifts: list[Shift]


def logs(entries: Iterable[Entry], since: datetime) -> list[Log]:
    """Every drawer that these dated entries are of, by name, with the shifts that go on at `since` or later."""
    by_drawer: dict[UUID, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_drawer[entry.drawer].append(entry)
    found = [
        Log(drawer, _name(of_it), next((one.terminal for one in of_it if one.terminal), None), _since(of_it, since))
        for drawer, of_it in by_drawer.items()
    ]
    return sorted((log for log in found if log.shifts), key=lambda log: (log.name, str(log.terminal), str(log.drawer)))


def _since(entries: list[Entry], since: datetime) -> list[Shift]:
    dated = [(at, entry) for entry in entries if (at := entry.at) is not None]
    # Of one instant an opening comes first and a close last.
    dated.sort(key=lambda one: (one[0], one[1].ActivityType != OPENING, one[1].ActivityType == CLOSE))
    shifts = _shifts(entry for _, entry in dated)
    return [shift for shift in shifts if (last := shift.entries[-1].at) is not None and last >= since][::-1]


def _shifts(entries: Iterable[Entry]) -> list[Shift]:
    return [Shift(part) for part in _parts(entries)]


def _parts(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    for entry in entries:
        if part and (entry.ActivityType == OPENING or part[-1].ActivityType == CLOSE):
            yield part
            part = []
        part.append(entry)
    if part:
        yield part


def _name(entries: list[Entry]) -> str:
    return next((one.CashDrawer.Name for one in entries if one.CashDrawer and one.CashDrawer.Name), "")
