"""*Today*: the day as it goes, beside the same weekday a week ago by the same time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.console.charts import Column, Columns, columns, part
from api.console.formats import Formats
from api.console.language import Words
from api.console.pages import formats_of, show, words_of
from ledger.amounts import ZERO
from ledger.database import reading
from projections.today import Compared, Today, today


class Figure(NamedTuple):
    """An amount of the day and that of a week ago, and what explains it."""

    key: str
    now: Decimal
    before: Decimal
    link: str


class Row(NamedTuple):
    """A line of a table of bars."""

    name: str
    now: Decimal
    before: Decimal
    percent: float
    percent_before: float
    link: str


class Group(NamedTuple):
    """A table of bars; `key` names it in the words."""

    key: str
    rows: list[Row]


async def get_today(request: Request) -> Response:
    """The page. Its sections are asked for again as orders arrive."""
    now: datetime = request.app.state.clock()
    words, formats = words_of(request), formats_of(request)
    async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
        found = await today(connection, request.state.tenant.tenant_id, now)
    explained = _Explained(found.day)
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
        figures=_figures(found.total, explained),
        hours=_hours(found, explained, words, formats),
        groups=_groups(found, explained, words),
    )


class _Explained:
    """The explanations of a day's amounts."""

    def __init__(self, day: date) -> None:
        self._day = day.isoformat()

    def by(self, **narrowed: object) -> str:
        """The path that explains what the day has of an outlet, an hour or a category."""
        return f"/explain?{urlencode({'from': self._day, 'to': self._day} | narrowed)}"


def _figures(total: Compared, explained: _Explained) -> list[Figure]:
    return [
        Figure("gross", total.gross, total.gross_before, explained.by()),
        Figure("net", total.net, total.net_before, explained.by()),
    ]


def _groups(found: Today, explained: _Explained, words: Words) -> list[Group]:
    outlets = [
        (name or words("frame.no_name"), compared, explained.by(outletId=outlet_id))
        for outlet_id, name, _, compared in found.outlets
    ]
    categories = [(name, compared, explained.by(category=name)) for name, compared in found.categories]
    return [Group("outlets", _rows(outlets)), Group("categories", _rows(categories))]


def _rows(found: Iterable[tuple[str, Compared, str]]) -> list[Row]:
    rows = list(found)
    largest = max((max(c.gross, c.gross_before) for _, c, _ in rows), default=ZERO)
    return [
        Row(name, c.gross, c.gross_before, part(c.gross, largest), part(c.gross_before, largest), link)
        for name, c, link in rows
    ]


def _hours(found: Today, explained: _Explained, words: Words, formats: Formats) -> Columns:
    """A column for each hour from the first with a sale to the last, on either of the days."""
    by_hour = {hour.hour: hour for hour in found.hours}
    places = [(hour - found.day_starts) % 24 for hour in by_hour] or [9, 17]
    drawn = []
    for place in range(min(places), max(places) + 1):
        hour = (place + found.day_starts) % 24
        amount, before = by_hour[hour][1:] if hour in by_hour else (ZERO, ZERO)
        told = words("today.hour_told", hour=hour, now=formats.kronor(amount), before=formats.kronor(before))
        drawn.append(Column(f"{hour:02}", amount, before, told, explained.by(hour=hour)))
    return columns(drawn)
