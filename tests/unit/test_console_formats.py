"""Money, numbers and time as Swedes and the English write them, and bars in proportion."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from api.console.charts import TICKS_AT_MOST, Column, columns, part
from api.console.formats import Formats

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SV, EN = Formats("sv", STOCKHOLM), Formats("en", STOCKHOLM)
D = Decimal


@pytest.mark.parametrize(
    ("amount", "swedish", "english"),
    [
        ("1234.5", "1\u00a0234,50\u00a0kr", "1,234.50\u00a0kr"), ("-49", "\u221249,00\u00a0kr", "\u221249.00\u00a0kr"),
        ("0", "0,00\u00a0kr", "0.00\u00a0kr"), ("0.005", "0,01\u00a0kr", "0.01\u00a0kr"),
        ("-0.005", "\u22120,01\u00a0kr", "\u22120.01\u00a0kr"),
        ("9999999999999.99", "9\u00a0999\u00a0999\u00a0999\u00a0999,99\u00a0kr", "9,999,999,999,999.99\u00a0kr"),
    ],
)  # fmt: skip
def test_kronor(amount: str, swedish: str, english: str) -> None:
    assert (SV.kronor(D(amount)), EN.kronor(D(amount))) == (swedish, english)


def test_numbers_keep_the_decimals_they_have() -> None:
    assert (SV.number(D("0.125")), EN.number(D("1234.5")), SV.whole(12345)) == ("0,125", "1,234.5", "12\u00a0345")
    assert (SV.thousands(D(20000)), EN.thousands(D(20000)), EN.thousands(D(0))) == ("20\u00a0tkr", "20k", "0")


def test_a_change_is_told_in_percent_where_there_is_something_to_compare_with() -> None:
    assert SV.change(D(112), D(100)) == "+12\u00a0%"
    assert SV.change(D(88), D(100)) == "\u221212\u00a0%"
    assert SV.change(D(100), D(100)) == "0\u00a0%"
    assert SV.change(D(5), D(0)) == SV.change(D(5), D(-1)) == ""


def test_days_and_times_are_told_by_the_clock_of_the_zone() -> None:
    moment = datetime(2026, 11, 23, 23, 5, 9, tzinfo=UTC)
    assert (SV.day(date(2026, 11, 27)), EN.day(date(2026, 11, 27))) == ("fredag 27 november", "Friday 27 November")
    assert (SV.month(date(2026, 11, 1)), EN.month(date(2026, 11, 1))) == ("november 2026", "November 2026")
    assert (SV.clock(moment), EN.seconds(moment)) == ("00:05", "00:05:09")
    assert (SV.moment(moment), EN.moment(moment)) == ("24 nov. 2026 00:05:09", "24 Nov 2026 00:05:09")


def of(*amounts: int, before: int | None = None) -> list[Column]:
    """Columns of these amounts."""
    return [Column(str(n), D(n), None if before is None else D(before), "", "") for n in amounts]


def test_columns_stand_on_zero_and_reach_their_amount() -> None:
    chart = columns(of(0, 100, 400, before=200))
    assert [tick.amount for tick in chart.ticks] == [0, 100, 200, 300, 400]
    assert [(drawn.box.y, drawn.box.height) for drawn in chart.columns] == [(100, 0), (75, 25), (0, 100)]
    assert {drawn.behind and drawn.behind.height for drawn in chart.columns} == {50}
    assert [round(drawn.middle) for drawn in chart.columns] == [17, 50, 83]


def test_what_is_less_than_nothing_hangs_below_zero() -> None:
    (up, down) = columns(of(100, -100)).columns
    assert (up.box.y, up.box.height, down.box.y, down.box.height) == (0, 50, 50, 50)


@pytest.mark.parametrize("amount", [0, 1, 3, 7, 10, 11, 99, 100, 101, 4_999, 123_456_789, 9_999_999_999_999])
def test_a_scale_has_few_lines_and_room_for_all(amount: int) -> None:
    for chart in (columns(of(amount)), columns(of(-amount)), columns(of(amount, -amount))):
        assert 2 <= len(chart.ticks) <= TICKS_AT_MOST + 2
        assert all(drawn.box.y >= 0 and drawn.box.y + drawn.box.height <= 100.001 for drawn in chart.columns)


def test_no_columns_are_a_chart_too() -> None:
    assert columns([]).columns == []


def test_a_bar_is_a_part_of_the_largest() -> None:
    assert (part(D(50), D(200)), part(D(-5), D(200)), part(D(0), D(0))) == (25.0, 0.0, 0.0)


def test_lengths_of_time_and_parts_are_told_roughly() -> None:
    assert (SV.span(180), EN.span(0.2)) == ("3 minuter", "1 second")
    assert (SV.ago(180), EN.ago(7200)) == ("för 3 minuter sedan", "2 hours ago")
    assert (SV.part(0, 0), SV.part(1, 8), EN.part(3, 3)) == ("0\u00a0%", "12\u00a0%", "100\u00a0%")
