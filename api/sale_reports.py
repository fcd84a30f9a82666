"""The answers about sales, and how they are made from exact totals. Pure; members as in the contract, section 2.

Amounts are rounded to öre here and nowhere before, each on its own: a grand total is the exact sum, rounded once.
Names of months are English whatever the server's locale.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.amounts import EXACT, ZERO, to_ore
from ledger.business_time import day_start
from ledger.records import NO_ID
from projections.sales_reads import ByGroup, ByOutlet, GroupTotal, OutletTotal

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
ALL_OUTLETS = "All"


class OutletInfo(msgspec.Struct):
    """An outlet to choose from."""

    Id: UUID
    Name: str


class OutletSale(msgspec.Struct):
    """An outlet's part; `SaleDate` is when its day or month began."""

    OutletId: UUID
    SaleDate: str
    OutletName: str
    GrossTotal: Decimal
    NetTotal: Decimal


class DailySale(msgspec.Struct):
    """A day by outlet."""

    Description: str
    GrandTotal: Decimal
    NetTotal: Decimal
    OutletSale: list[OutletSale]


class MonthlySale(msgspec.Struct):
    """A month by outlet; `SaleMonth` as in `Nov`."""

    Description: str
    SaleMonth: str
    GrandTotal: Decimal
    NetTotal: Decimal
    OutletSale: list[OutletSale]


class ReportViewModel(msgspec.Struct):
    """The first page of a dashboard."""

    DailySale: DailySale
    MonthlySale: MonthlySale


class SaleDetail(msgspec.Struct):
    """One group of sales. `CreationDate` is when it, or the day or month it is a part of, began."""

    GroupName: str
    GrossTotal: Decimal
    NetTotal: Decimal
    CreationDate: str
    SaleDay: int = 0
    SaleHour: int = 0
    DataType: int = 0
    OutletId: UUID = NO_ID


class DailyCategorySale(msgspec.Struct):
    """A day by category and by hour."""

    Description: str
    GrandTotal: Decimal
    NetTotal: Decimal
    Categories: list[SaleDetail]
    HourlySales: list[SaleDetail]


class MonthlyCategorySale(msgspec.Struct):
    """A month by category, by day, by hour of the day, and by outlet."""

    Description: str
    GrandTotal: Decimal
    NetTotal: Decimal
    Categories: list[SaleDetail]
    DailySales: list[SaleDetail]
    HourlySales: list[SaleDetail]
    OutletSales: list[OutletSale]


def outlet_infos(outlets: Iterable[tuple[UUID, str]]) -> list[OutletInfo]:
    """All outlets together first, then each."""
    return [OutletInfo(NO_ID, ALL_OUTLETS), *(OutletInfo(id_, name) for id_, name in outlets)]


def report(totals: ByOutlet, month: int | None = None) -> ReportViewModel:
    """The day that runs and its month, or another month (1 to 12) of its year."""
    days, months = _Sum.of(totals.days), _Sum.of(totals.months)
    first = totals.today.replace(day=1, month=month or totals.today.month)
    return ReportViewModel(
        DailySale(day_name(totals.today), days.gross, days.net, _outlet_sales(totals.days)),
        MonthlySale(
            month_name(first), MONTHS[first.month - 1][:3], months.gross, months.net, _outlet_sales(totals.months)
        ),
    )


def monthly(totals: ByGroup, outlet: UUID | None) -> MonthlyCategorySale:
    """One month of an outlet, or (None) of all."""
    total = _Sum.of(totals.hours)
    return MonthlyCategorySale(
        month_name(totals.first),
        total.gross,
        total.net,
        _categories(totals, outlet, 0),
        _days(totals, outlet),
        _hours(totals, outlet, 0),
        _outlet_sales(totals.outlets),
    )


def daily(totals: ByGroup, outlet: UUID | None) -> DailyCategorySale:
    """One day of an outlet, or (None) of all."""
    total = _Sum.of(totals.hours)
    return DailyCategorySale(
        day_name(totals.first),
        total.gross,
        total.net,
        _categories(totals, outlet, totals.first.day),
        hourly(totals, outlet),
    )


def hourly(totals: ByGroup, outlet: UUID | None) -> list[SaleDetail]:
    """The hours of one day, by the wall clock."""
    return _hours(totals, outlet, totals.first.day)


def day_name(day: date) -> str:
    """`23 November 2026`."""
    return f"{day.day} {month_name(day)}"


def month_name(day: date) -> str:
    """`November 2026`."""
    return f"{MONTHS[day.month - 1]} {day.year}"


class _Sum(NamedTuple):
    gross: Decimal
    net: Decimal

    @classmethod
    def of(cls, totals: Iterable[OutletTotal | GroupTotal[int]]) -> _Sum:
        gross = net = ZERO
        for total in totals:
            gross, net = EXACT.add(gross, total.gross), EXACT.add(net, total.net)
        return cls(to_ore(gross), to_ore(net))


def _outlet_sales(totals: Iterable[OutletTotal]) -> list[OutletSale]:
    return [
        OutletSale(total.outlet_id, total.start.isoformat(), total.name, to_ore(total.gross), to_ore(total.net))
        for total in totals
    ]


def _categories(totals: ByGroup, outlet: UUID | None, sale_day: int) -> list[SaleDetail]:
    start = day_start(totals.first, totals.zone, totals.day_starts).isoformat()
    return [_detail(total, total.key, start, outlet, sale_day) for total in totals.categories]


def _days(totals: ByGroup, outlet: UUID | None) -> list[SaleDetail]:
    found = []
    for total in totals.days:
        start = day_start(total.key, totals.zone, totals.day_starts).isoformat()
        found.append(_detail(total, str(total.key.day), start, outlet, total.key.day))
    return found


def _hours(totals: ByGroup, outlet: UUID | None, sale_day: int) -> list[SaleDetail]:
    """By hour of the wall clock; hours before the one the day starts at lie in the next calendar day."""
    found = []
    for total in totals.hours:
        day = totals.first if total.key >= totals.day_starts else totals.first + timedelta(days=1)
        start = day_start(day, totals.zone, total.key).isoformat()
        found.append(_detail(total, f"{total.key}.00", start, outlet, sale_day, total.key))
    return found


def _detail(
    total: GroupTotal[str] | GroupTotal[date] | GroupTotal[int],
    name: str,
    start: str,
    outlet: UUID | None,
    sale_day: int,
    sale_hour: int = 0,
) -> SaleDetail:
    return SaleDetail(
        name, to_ore(total.gross), to_ore(total.net), start, sale_day, sale_hour, OutletId=outlet or NO_ID
    )
