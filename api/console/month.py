"""*Month*: day by day, outlet by outlet, category by category; each bar leads to what explains it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.console.charts import Bar, Column, Columns, bars, columns
from api.console.explained import explained
from api.console.formats import Formats
from api.console.language import Words
from api.console.pages import formats_of, show, words_of
from api.console.tenders import tender_bars
from api.own_rows import own_rows
from api.sales import FIRST_YEAR, LAST_YEAR
from api.wire import Query
from ledger.amounts import EXACT, ZERO
from ledger.errors import BadInput
from projections import catalogue, tenders_reads
from projections.sales_reads import ByGroup, by_group

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class Amounts(NamedTuple):
    """A month in kronor; `average` is that of the days on which something was sold."""

    gross: Decimal
    net: Decimal
    average: Decimal


class Span(NamedTuple):
    """The month that is shown, of which outlet (None: all), and what leads to others (None: there is none yet)."""

    first: date
    outlet: UUID | None
    this_month: date

    @property
    def last(self) -> date:
        """Its last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def before(self) -> str | None:
        """The path of the month before."""
        return self._path(self.first - timedelta(days=1)) if self.first.year > FIRST_YEAR else None

    @property
    def after(self) -> str | None:
        """The path of the month after."""
        return self._path(self.last + timedelta(days=1)) if self.first < self.this_month else None

    def _path(self, day: date) -> str:
        chosen = {} if self.outlet is None else {"outlet": self.outlet}
        return f"/month?{urlencode({'month': f'{day:%Y-%m}'} | chosen)}"

    def explained(self, **narrowed: object) -> str:
        """What explains its amounts, or a part of them."""
        return explained(self.first, self.last, **{"outletId": self.outlet} | narrowed)


async def get_month(request: Request) -> Response:
    """The page of `month` (`2026-11`; the one that runs) and `outlet` (all)."""
    words, formats = words_of(request), formats_of(request)
    now: datetime = request.app.state.clock()
    this_month = now.astimezone(formats.zone).date().replace(day=1)
    span = Span(_month(Query(request)) or this_month, Query(request).guid("outlet"), this_month)
    async with own_rows(request) as (connection, tenant_id):
        totals = await by_group(connection, tenant_id, now, span.outlet, "month", span.first)
        tenders = await tenders_reads.of_days(connection, tenant_id, span.first, span.last, span.outlet)
        outlets = await catalogue.outlets(connection, tenant_id)
    return show(
        request,
        "month.html",
        span=span,
        choices=outlets.outlets,
        amounts=_amounts(totals),
        days=_days(totals, span, words, formats),
        hours=_hours(totals, span, words, formats),
        outlets=_outlets(totals, span, words),
        categories=_categories(totals, span),
        tenders=tender_bars(request, tenders, span.first, span.last, span.outlet),
    )


def _month(query: Query) -> date | None:
    text = query.text("month")
    found = _MONTH.fullmatch(text)
    if text and not (found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR and 1 <= int(found[2]) <= 12):
        raise BadInput.at("month", "must be a month like 2026-11")
    return date(int(found[1]), int(found[2]), 1) if found else None


def _amounts(totals: ByGroup) -> Amounts:
    gross = net = ZERO
    for total in totals.outlets:
        gross, net = EXACT.add(gross, total.gross), EXACT.add(net, total.net)
    return Amounts(gross, net, gross / len(totals.days) if totals.days else ZERO)


def _days(totals: ByGroup, span: Span, words: Words, formats: Formats) -> Columns:
    """A column for each day of the month."""
    by_day = {total.key: total.gross for total in totals.days}
    found = []
    for number in range(span.last.day):
        day = span.first + timedelta(days=number)
        amount = by_day.get(day, ZERO)
        told = words("month.day_told", day=formats.day(day), amount=formats.kronor(amount))
        found.append(Column(str(day.day), amount, None, told, explained(day, day, outletId=span.outlet)))
    return columns(found)


def _hours(totals: ByGroup, span: Span, words: Words, formats: Formats) -> Columns:
    """A column for each hour of the day from the first with a sale to the last, over the month."""
    by_place = {(total.key - totals.day_starts) % 24: total.gross for total in totals.hours}
    found = []
    for place in range(min(by_place, default=0), max(by_place, default=-1) + 1):
        hour, amount = (place + totals.day_starts) % 24, by_place.get(place, ZERO)
        told = words("month.hour_told", hour=hour, amount=formats.kronor(amount))
        found.append(Column(f"{hour:02}", amount, None, told, span.explained(hour=hour)))
    return columns(found)


def _outlets(totals: ByGroup, span: Span, words: Words) -> list[Bar]:
    nameless = words("frame.no_name")
    return bars((o.name or nameless, o.gross, None, span.explained(outletId=o.outlet_id)) for o in totals.outlets)


def _categories(totals: ByGroup, span: Span) -> list[Bar]:
    return bars((c.key, c.gross, None, span.explained(category=c.key)) for c in totals.categories)
