"""*Explained*: the orders and events that a number of the sales is made of, each leading to the order's own page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.console.pages import formats_of, show, words_of
from api.explain import Explanation, SalesEntry, explanation_of
from api.own_rows import own_rows
from ledger.amounts import EXACT, ZERO
from ledger.records import NO_ID
from projections import catalogue

PATH = "/explain"


class Sold(NamedTuple):
    """An order's part of a number, kronor. `positions` are those of the events it comes from."""

    order_id: UUID
    day: date
    hour: int
    outlet: str
    receipt: int
    invoice: str | None
    categories: list[str]
    gross: Decimal
    net: Decimal
    positions: list[int]


def explained(first: date, last: date, **narrowed: object) -> str:
    """The path of what explains the sales from day to day, of an `outletId`, an `hour` or a `category` (None: all)."""
    given = {name: value for name, value in narrowed.items() if value is not None}
    return f"{PATH}?{urlencode({'from': first, 'to': last} | given)}"


async def get_explained(request: Request) -> Response:
    """The page; its parameters are those of `/v1/sales/explain`."""
    found = await explanation_of(request)
    async with own_rows(request) as (connection, tenant_id):
        outlets = (await catalogue.outlets(connection, tenant_id)).outlets
    nameless = words_of(request)("frame.no_name")
    names = {NO_ID: nameless} | dict(outlets)
    return show(
        request,
        "explained.html",
        found=found,
        outlet=names.get(found.OutletId, nameless) if found.OutletId.int else None,
        when=_when(request, found),
        orders=list(_orders(found.Entries, names)),
        several_days=found.From != found.To,
        following=_following(found) if found.Next else None,
    )


def _orders(entries: list[SalesEntry], names: dict[UUID, str]) -> Iterator[Sold]:
    """Entries come with those of an order beside each other."""
    for (order_id, day, hour), group in groupby(entries, lambda entry: (entry.OrderId, entry.Day, entry.Hour)):
        lines = list(group)
        first = lines[0]
        gross = net = ZERO
        for line in lines:
            gross, net = EXACT.add(gross, line.Gross), EXACT.add(net, line.Net)
        yield Sold(
            order_id, day, hour, names.get(first.OutletId, ""), first.ReceiptNumber, first.InvoiceNumber,
            sorted({line.Category for line in lines}), gross, net,
            sorted({position for line in lines for position in line.Positions}),
        )  # fmt: skip


def _when(request: Request, found: Explanation) -> str:
    """The days in words: a day, a month, or from one to the other."""
    words, formats = words_of(request), formats_of(request)
    if found.From == found.To:
        return formats.day(found.From, "EEEE d MMMM y")
    if found.From.day == 1 and (found.To.toordinal() + 1, 1) == (_next_month(found.From).toordinal(), 1):
        return formats.month(found.From)
    return words("explained.days", first=formats.day(found.From, "d MMMM y"), last=formats.day(found.To, "d MMMM y"))


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _following(found: Explanation) -> str:
    """The next page of the same: as it was at this one, whatever is sold meanwhile."""
    return explained(
        found.From, found.To, outletId=found.OutletId if found.OutletId.int else None, hour=found.Hour,
        category=found.Category, as_of=found.Position, after=found.Next,
    )  # fmt: skip
