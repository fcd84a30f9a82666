"""A drawer's shifts: where they begin and end, what should be in the drawer, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from api.console.shifts import Drawer, Entry, Log, Shift, logs
from ledger.records import NO_ID

OPENING, PAID_OUT, BILL, DROP, ADDED, SALE, TIP, TIP_OUT, BANKED, FLOAT, CLOSE = range(1, 12)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def entry(hour: int, activity: int, amount: str, drawer: int = 1, name: str | None = None) -> Entry:
    """An entry of the 23rd, at an hour (24 and on: of the next day)."""
    return Entry(
        Id=NO_ID, ActivityType=activity, ActivityDate=f"2026-11-{23 + hour // 24}T{hour % 24:02}:00:00+00:00",
        Amount=Decimal(amount), CashDrawerId=UUID(int=drawer), OrderId=NO_ID, UserId=None,
        CashDrawer=Drawer(UUID(int=drawer), name) if name else None,
    )  # fmt: skip


def figures(shift: Shift) -> tuple[str, str, str]:
    """Expected, counted and the difference, as text; `None` where one is not known."""
    return str(shift.expected), str(shift.counted), str(shift.difference)


def shifts(*entries: Entry, since: datetime = LONG_AGO) -> list[Shift]:
    """Those of the one drawer."""
    (log,) = logs(entries, since)
    return log.shifts


def test_a_shift_adds_up_to_what_was_counted() -> None:
    (shift,) = shifts(
        entry(8, OPENING, "2000"), entry(9, SALE, "238"), entry(10, SALE, "-49"), entry(11, ADDED, "100"),
        entry(12, TIP, "20"), entry(13, TIP_OUT, "20"), entry(14, PAID_OUT, "-50"), entry(15, BILL, "99.50"),
        entry(16, DROP, "-1000"), entry(17, BANKED, "500"), entry(18, FLOAT, "10"), entry(22, CLOSE, "649.50"),
    )  # fmt: skip
    assert figures(shift) == ("649.50", "649.50", "0.00")
    (sales,) = [found for found in shift.sums if found.type == SALE]
    assert (sales.entries, str(sales.amount)) == (2, "189")


@pytest.mark.parametrize("drop", ["500", "-500"])
def test_money_that_goes_to_the_safe_is_gone_whatever_its_sign(drop: str) -> None:
    (shift,) = shifts(entry(8, OPENING, "2000"), entry(9, DROP, drop), entry(22, CLOSE, "1465"))
    assert figures(shift) == ("1500", "1465", "-35")


def test_a_shift_ends_with_its_close_or_with_the_next_opening() -> None:
    found = shifts(
        entry(8, OPENING, "100"), entry(9, CLOSE, "100"), entry(10, SALE, "5"), entry(11, OPENING, "200"),
        entry(12, OPENING, "300"), entry(13, SALE, "1"),
    )  # fmt: skip
    assert [(one.is_whole, *figures(one)[:2]) for one in found] == [
        (True, "301", "None"), (True, "200", "None"), (False, "None", "None"), (True, "100", "100")
    ]  # fmt: skip


def test_nobody_knows_what_should_be_there_without_an_opening() -> None:
    (shift,) = shifts(entry(9, SALE, "238"), entry(22, CLOSE, "2238"))
    assert figures(shift) == ("None", "2238", "None")


def test_a_night_belongs_to_the_day_it_ends_on_and_what_was_over_before_does_not() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    entries = [
        entry(8, OPENING, "1"), entry(16, CLOSE, "1"),
        entry(18, OPENING, "2000"), entry(23, SALE, "100"), entry(25, SALE, "50"), entry(26, CLOSE, "2150"),
    ]  # fmt: skip
    (shift,) = shifts(*entries[::-1], since=midnight)
    assert figures(shift) == ("2150", "2150", "0")


def test_of_one_instant_the_opening_is_first_and_the_close_last() -> None:
    (shift,) = shifts(entry(8, CLOSE, "7"), entry(8, SALE, "2"), entry(8, OPENING, "5"))
    assert figures(shift) == ("7", "7", "0")


def test_drawers_are_told_apart_and_come_by_name() -> None:
    found: list[Log] = logs(
        [entry(8, OPENING, "1", 7, "Kassa 2"), entry(9, OPENING, "2", 8, "Kassa 1"), entry(9, SALE, "3", 7)], LONG_AGO
    )
    told = [(log.name, log.drawer.int, str(log.shifts[0].expected)) for log in found]
    assert told == [("Kassa 1", 8, "2"), ("Kassa 2", 7, "4")]


def test_what_has_no_time_is_in_no_shift() -> None:
    timeless = entry(8, SALE, "5")
    timeless.ActivityDate = "0001-01-01T00:00:00"
    assert logs([timeless], LONG_AGO) == []
