"""How sales were paid: as bars, and *Paid*, the page with the orders behind one of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from api.console.charts import Bar, bars
from api.console.pages import show, words_of
from api.own_rows import own_rows
from api.wire import Query
from ledger.amounts import ZERO
from ledger.errors import BadInput
from ledger.records import NO_ID
from projections import catalogue, orders_reads, tenders_reads
from projections.tenders_reads import Place, Tender

PATH = "/paid"
_LARGEST = 2**31


class Asked(NamedTuple):
    """The business days, the outlet (None: all), and the TypeId of the payments that are explained."""

    first: date
    last: date
    outlet: UUID | None
    type: int

    def link(self, after: Place | None = None) -> str:
        """The page's path, from its first order on or from the one after a place."""
        given = {"from": self.first, "to": self.last, "type": self.type}
        chosen = {} if self.outlet is None else {"outletId": self.outlet}
        place = {} if after is None else {"day": after.day, "after": after.order_id}
        return f"{PATH}?{urlencode(given | chosen | place)}"


def tender_bars(request: Request, found: Iterable[Tender], first: date, last: date, outlet: UUID | None) -> list[Bar]:
    """A bar for each type of payments, under its name, on these business days."""
    words, swish = words_of(request), request.app.state.settings.swish_payment_type
    return bars(
        (words.tender(tender.type, swish), tender.amount, None, Asked(first, last, outlet, tender.type).link())
        for tender in found
    )


async def get_paid(request: Request) -> Response:
    """The page of `type`, `from`, `to` and `outletId`; `day` and `after` are where the page before has ended."""
    query = Query(request)
    asked = Asked(_day(query, "from"), _day(query, "to"), query.guid("outletId"), _type(query))
    order = query.guid("after")
    place = Place(_day(query, "day"), order) if order is not None else None
    async with own_rows(request) as (connection, tenant_id):
        sums = await tenders_reads.of_days(connection, tenant_id, asked.first, asked.last, asked.outlet)
        paid = await tenders_reads.paid_by(connection, tenant_id, *asked, place)
        orders = await orders_reads.lights(connection, tenant_id, paid.orders)
        outlets = (await catalogue.outlets(connection, tenant_id)).outlets
    words = words_of(request)
    names = {NO_ID: words("frame.no_name")} | dict(outlets)
    return show(
        request,
        "paid.html",
        asked=asked,
        tender=words.tender(asked.type, request.app.state.settings.swish_payment_type),
        amount=next((one.amount for one in sums if one.type == asked.type), ZERO),
        outlet=names.get(asked.outlet, names[NO_ID]) if asked.outlet else None,
        orders=orders,
        names=names,
        following=asked.link(paid.next) if paid.next else None,
    )


def _day(query: Query, name: str) -> date:
    try:
        return date.fromisoformat(query.text(name))
    except ValueError:
        raise BadInput.at(name, "must be a day like 2026-11-23") from None


def _type(query: Query) -> int:
    found = query.integer("type", -_LARGEST, _LARGEST - 1)
    if found is None:
        raise BadInput.at("type", "is missing: the TypeId of payments")
    return found
