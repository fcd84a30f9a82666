"""Answers about sales: rounding, names of months, hours that lie in the next calendar day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from api import sale_reports
from projections.sales_reads import ByGroup, ByOutlet, GroupTotal, OutletTotal

D = Decimal
SHOP = UUID(int=1)


def test_a_report_sums_exactly_and_rounds_each_answer_once() -> None:
    start = datetime.fromisoformat("2026-11-23T00:00:00+01:00")
    shops = [OutletTotal(UUID(int=n), f"Kafé {n}", start, D("0.004"), D("0.003")) for n in (1, 2)]
    found = sale_reports.report(ByOutlet(7, date(2026, 11, 23), shops, []))
    assert [shop.GrossTotal for shop in found.DailySale.OutletSale] == [D("0.00"), D("0.00")]
    assert (found.DailySale.GrandTotal, found.DailySale.NetTotal) == (D("0.01"), D("0.01"))
    assert (found.DailySale.Description, found.MonthlySale.Description) == ("23 November 2026", "November 2026")
    assert (found.MonthlySale.SaleMonth, str(found.MonthlySale.GrandTotal)) == ("Nov", "0.00")


def test_hours_before_the_day_starts_are_in_the_next_calendar_day() -> None:
    hours = [GroupTotal(2, D(5), D(4)), GroupTotal(14, D(10), D(8))]
    totals = ByGroup(7, date(2026, 11, 23), ZoneInfo("Europe/Stockholm"), 5, [], [], hours, [])
    late, noon = sale_reports.hourly(totals, SHOP)
    assert (late.GroupName, late.SaleHour, late.CreationDate) == ("2.00", 2, "2026-11-24T02:00:00+01:00")
    assert (noon.GroupName, noon.SaleDay, noon.CreationDate) == ("14.00", 23, "2026-11-23T14:00:00+01:00")
    assert noon.OutletId == SHOP
