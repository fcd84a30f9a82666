"""What can be asked about sales and stock (contract, sections 4 and 6). Thin: parameters, wait, read, answer."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api import sale_reports
from api.described import GUID, MOMENT, Parameter, described, one, rows, whole
from api.etags import by_the_clock
from api.freshness import reached
from api.openapi import shown
from api.own_rows import own_rows
from api.wire import Query, json_answer, list_answer
from ledger.codec import encoder
from ledger.errors import BadInput
from projections import catalogue, sales_reads, stock_reads
from projections.sales_reads import ByGroup, Unit
from projections.stock_reads import Level

FIRST_YEAR, LAST_YEAR = 1900, 2200

OUTLET = Parameter("outletId", GUID, "One outlet; all where it is missing or zero.")
_YEAR = Parameter("year", whole(FIRST_YEAR, LAST_YEAR), "The year.", 2026, required=True)
_MONTH = Parameter("month", whole(1, 12), "The month.", 11, required=True)
_DAY = Parameter("day", whole(1, 31), "The day of the month.", 23, required=True)


@described("Sales", answers=[rows(sale_reports.OutletInfo, "`All`, then the outlets.", outlets=shown.OUTLETS)])
async def get_outlets(request: Request) -> Response:
    """All outlets together, then each by name."""
    await reached(request, "catalogue")
    async with own_rows(request) as (connection, tenant_id):
        found = await catalogue.outlets(connection, tenant_id)
    return _answer(sale_reports.outlet_infos(found.outlets), found.position)


@described("Sales", answers=[one(sale_reports.ReportViewModel, "Both.", today=shown.TODAY)])
async def get_today_sale(request: Request) -> Response:
    """The business day that is running and its month, by outlet."""
    return await _report(request, None)


@described("Sales", parameters=[_MONTH], answers=[one(sale_reports.ReportViewModel, "Both.", november=shown.TODAY)])
async def get_sale_by_month(request: Request) -> Response:
    """The business day that is running, and month `month` of its year, by outlet."""
    return await _report(request, _needed(request, "month", 1, 12))


@described("Sales", answers=[one(sale_reports.MonthlyCategorySale, "The month.", november=shown.A_MONTH)])
async def get_current_month_sale(request: Request) -> Response:
    """The month that is running, of all outlets."""
    totals = await _totals(request, None, "month")
    return _answer(sale_reports.monthly(totals, None), totals.position)


@described(
    "Sales",
    "By category, by day, by hour of the day, and by outlet.",
    parameters=[OUTLET, _YEAR, _MONTH],
    answers=[one(sale_reports.MonthlyCategorySale, "The month.", november=shown.A_MONTH)],
)
async def get_monthaly_sale(request: Request) -> Response:
    """One month of an outlet or of all."""
    outlet = Query(request).guid("outletId")
    first = date(_needed(request, "year", FIRST_YEAR, LAST_YEAR), _needed(request, "month", 1, 12), 1)
    totals = await _totals(request, outlet, "month", first)
    return _answer(sale_reports.monthly(totals, outlet), totals.position)


@described(
    "Sales",
    "By category and by hour.",
    parameters=[OUTLET, Parameter("dt", MOMENT, "The day, by the outlet's clock; the one that is running without it.")],
    answers=[one(sale_reports.DailyCategorySale, "The day.", monday=shown.A_DAY)],
)
async def get_daily_sale(request: Request) -> Response:
    """One day of an outlet or of all; the one that is running where `dt` names none."""
    outlet = Query(request).guid("outletId")
    totals = await _totals(request, outlet, "day", await local_date(request, "dt", outlet))
    return _answer(sale_reports.daily(totals, outlet), totals.position)


@described(
    "Sales",
    "Only hours in which something was sold.",
    parameters=[OUTLET, _YEAR, _MONTH, _DAY],
    answers=[rows(sale_reports.SaleDetail, "Hours.", hours=shown.A_DETAIL)],
)
async def get_hourly_sale(request: Request) -> Response:
    """The hours of one day of an outlet or of all."""
    outlet, day = Query(request).guid("outletId"), _calendar_day(request)
    totals = await _totals(request, outlet, "day", day)
    return _answer(sale_reports.hourly(totals, outlet), totals.position)


@described(
    "Stock",
    "The sum of all movements; what was sold is negative. More than 64 MB are a 400: narrow it by product or outlet.",
    parameters=[Parameter("productId", GUID, "One product."), OUTLET],
    answers=[rows(Level, "By product and outlet.", latte=shown.A_LEVEL)],
)
async def get_stock(request: Request) -> Response:
    """The stock of a product or of all, at an outlet or at all."""
    query = Query(request)
    product, outlet = query.guid("productId"), query.guid("outletId")
    await reached(request, "stock")
    async with own_rows(request) as (connection, tenant_id):
        return list_answer(await stock_reads.levels(connection, tenant_id, product, outlet))


async def _report(request: Request, month: int | None) -> Response:
    by_the_clock(request)
    await reached(request, "sales")
    async with own_rows(request) as (connection, tenant_id):
        totals = await sales_reads.by_outlet(connection, tenant_id, _now(request), month)
    return _answer(sale_reports.report(totals, month), totals.position)


async def _totals(request: Request, outlet: UUID | None, unit: Unit, day: date | None = None) -> ByGroup:
    if day is None:
        by_the_clock(request)
    await reached(request, "sales")
    async with own_rows(request) as (connection, tenant_id):
        return await sales_reads.by_group(connection, tenant_id, _now(request), outlet, unit, day)


async def local_date(request: Request, name: str, outlet: UUID | None) -> date | None:
    """The calendar date that a parameter names by the outlet's wall clock, None where it names none."""
    query = Query(request)
    if not query.text(name):
        return None
    async with own_rows(request) as (connection, tenant_id):
        zone = await sales_reads.outlet_zone(connection, tenant_id, outlet)
    moment = query.moment(name, zone)
    return moment.astimezone(zone).date() if moment else None


def _calendar_day(request: Request) -> date:
    year, month = _needed(request, "year", FIRST_YEAR, LAST_YEAR), _needed(request, "month", 1, 12)
    day = _needed(request, "day", 1, 31)
    try:
        return date(year, month, day)
    except ValueError:
        raise BadInput.at("day", f"there is no such day in {sale_reports.month_name(date(year, month, 1))}") from None


def _needed(request: Request, name: str, low: int, high: int) -> int:
    found = Query(request).integer(name, low, high)
    if found is None:
        raise BadInput.at(name, "is missing")
    return found


def _now(request: Request) -> datetime:
    moment: datetime = request.app.state.clock()
    return moment


def _answer(content: object, position: int) -> Response:
    return json_answer(encoder.encode(content), position)
