"""*Today*: the day as it goes, beside the same weekday a week ago by the same time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from api.console.charts import Bar, Column, Columns, bars, columns
from api.console.explained import explained
from api.console.formats import Formats
from api.console.language import Words
from api.console.pages import formats_of, show, words_of
from api.console.tenders import tender_bars
from api.own_rows import own_rows
from ledger.amounts import ZERO
from projections import tenders_reads
from projections.today import Compared, Today, today


class Figure(NamedTuple):
    """An amount of the day and that of a week ago, and what explains it."""

    key: str
    now: Decimal
    before: Decimal
    link: str


async def get_today(request: Request) -> Response:
    """The page. Its sections are asked for again as orders arrive."""
    now: datetime = request.app.state.clock()
    words, formats = words_of(request), formats_of(request)
    async with own_rows(request) as (connection, tenant_id):
        found = await today(connection, tenant_id, now)
        tenders = await tenders_reads.of_today(connection, tenant_id, now)
    week_ago = words("today.week_ago", day=formats.day(found.day, "EEEE"))

    def compared(amount: Decimal, before: Decimal) -> str:
        told = {"day": week_ago, "time": formats.clock(now)}
        if not before:
            return words("today.compared_with_nothing", **told)
        change = formats.change(amount, before)
        return words("today.compared", change=change, before=formats.kronor(before), **told)

    return show(
        request,
        "today.html",
        now=now,
        day=found.day,
        week_ago=week_ago,
        compared=compared,
        figures=_figures(found),
        hours=_hours(found, words, formats),
        outlets=_outlets(found, words),
        categories=_categories(found),
        tenders=tender_bars(request, tenders, found.day, found.day, None),
    )


def _figures(found: Today) -> list[Figure]:
    total, link = found.total, explained(found.day, found.day)
    return [
        Figure("gross", total.gross, total.gross_before, link),
        Figure("net", total.net, total.net_before, link),
    ]


def _outlets(found: Today, words: Words) -> list[Bar]:
    nameless = words("frame.no_name")
    return bars(
        (one.name or nameless, *_pair(one.compared), explained(one.day, one.day, outletId=one.outlet_id))
        for one in found.outlets
    )


def _categories(found: Today) -> list[Bar]:
    return bars(
        (name, *_pair(compared), explained(found.day, found.day, category=name)) for name, compared in found.categories
    )


def _pair(compared: Compared) -> tuple[Decimal, Decimal]:
    return compared.gross, compared.gross_before


def _hours(found: Today, words: Words, formats: Formats) -> Columns:
    """A column for each hour from the first with a sale to the last, on either of the days."""
    by_hour = {hour.hour: hour for hour in found.hours}
    places = [(hour - found.day_starts) % 24 for hour in by_hour] or [9, 17]
    drawn = []
    for place in range(min(places), max(places) + 1):
        hour = (place + found.day_starts) % 24
        amount, before = by_hour[hour][1:] if hour in by_hour else (ZERO, ZERO)
        told = words("today.hour_told", hour=hour, now=formats.kronor(amount), before=formats.kronor(before))
        drawn.append(Column(f"{hour:02}", amount, before, told, explained(found.day, found.day, hour=hour)))
    return columns(drawn)
