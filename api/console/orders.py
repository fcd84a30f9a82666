"""*Orders*: found by number, receipt, id or customer, or narrowed by state, outlet, day and amount; newest first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from api.console.pages import show, words_of
from api.own_rows import own_rows
from api.wire import Query
from ledger.business_time import day_start
from ledger.errors import BadInput
from ledger.finding import orders_numbered, receipts_numbered
from ledger.order import CLOSED
from ledger.records import NO_ID
from ledger.store import Connection
from ledger.tolerant import guid
from ledger.wording import STATUS
from projections import catalogue, orders_reads
from projections.orders_reads import LOOKS_AT, Filters, Found, Key

PATH = "/orders"
PAGE = 50
# What is chosen by a word of its own: every state in which an order goes on.
OPEN = "open"
STATES = (13, 15, 14, 16, 20, 21, 17, 18, 19)

_OPEN_STATES = sorted(STATUS.keys() - CLOSED)
_LARGEST = Decimal(10) ** 12
_LONGEST = 200
_AN_INSTANT = timedelta(microseconds=1)


class Chosen(NamedTuple):
    """What the forms hold, as it was sent; `""` for nothing."""

    q: str = ""
    state: str = ""
    outlet: str = ""
    first: str = ""
    last: str = ""
    least: str = ""
    most: str = ""

    def link(self, **more: object) -> str:
        """The path of this search, with more."""
        given = {name: value for name, value in (self._asdict() | more).items() if value}
        return f"{PATH}?{urlencode(given)}" if given else PATH

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the text is asked for."""
        return any(self[1:])


async def get_orders(request: Request) -> Response:
    """The page. `q` is looked up; else `state`, `outlet`, `first`, `last`, `least` and `most` narrow all orders, and
    `older` is where the page before has ended.
    """
    query, tenant = Query(request), request.state.tenant
    chosen = Chosen(*(query.text(name)[:_LONGEST] for name in Chosen._fields))
    filters, after = _filters(query, tenant.zone), _key(query.text("older"))
    async with own_rows(request) as (connection, tenant_id):
        outlets = (await catalogue.outlets(connection, tenant_id)).outlets
        if chosen.q:
            found = await _looked_up(connection, tenant_id, chosen.q, after)
        else:
            found = await orders_reads.search(connection, tenant_id, filters, after, PAGE)
    return show(
        request,
        "orders.html",
        chosen=chosen,
        states=STATES,
        outlets=outlets,
        names={NO_ID: words_of(request)("frame.no_name")} | dict(outlets),
        orders=found.orders,
        older=chosen.link(older=_older(found.next)) if found.next else None,
        gave_up=LOOKS_AT if found.next and len(found.orders) < PAGE else None,
        is_first=after is None,
    )


async def _looked_up(connection: Connection, tenant_id: int, text: str, after: Key | None) -> Found:
    """The orders with this number or receipt, that of this id, or those of the customer of this id."""
    try:
        id_ = guid(text)
    except ValueError:
        ids = await _numbered(connection, tenant_id, text)
        return Found(await orders_reads.lights(connection, tenant_id, ids), None)
    orders = await orders_reads.lights(connection, tenant_id, [id_]) if after is None else []
    return Found(orders, None) if orders else await orders_reads.of_customer(connection, tenant_id, id_, after, PAGE)


async def _numbered(connection: Connection, tenant_id: int, number: str) -> set[UUID]:
    streams = {found.stream for found in await orders_numbered(connection, tenant_id, number)}
    if number.isascii() and number.isdigit() and len(number) < 19:
        streams |= {found.stream for found in await receipts_numbered(connection, tenant_id, int(number), None)}
    return {UUID(stream.removeprefix("order-")) for stream in streams}


def _filters(query: Query, zone: ZoneInfo) -> Filters:
    """BadInput: what is chosen is nothing that the form offers."""
    first, last = day_of(query, "first"), day_of(query, "last")
    return Filters(
        statuses=_statuses(query),
        outlet=query.guid("outlet"),
        least=_amount(query, "least"),
        most=_amount(query, "most"),
        after=None if first is None else day_start(first, zone) - _AN_INSTANT,
        until=None if last is None else day_start(last + timedelta(days=1), zone) - _AN_INSTANT,
    )


def _statuses(query: Query) -> list[int] | None:
    if query.text("state") == OPEN:
        return _OPEN_STATES
    state = query.integer("state", min(STATUS), max(STATUS))
    return None if state is None else [state]


def day_of(query: Query, name: str) -> date | None:
    """The date that a form has sent; None for none. BadInput: it is no date."""
    text = query.text(name)
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput.at(name, "must be a date: 2026-11-23") from None
    if found is not None and not 1900 <= found.year <= 2200:
        raise BadInput.at(name, "must lie in 1900 to 2200")
    return found


def _amount(query: Query, name: str) -> Decimal | None:
    text = query.text(name).replace(",", ".")
    try:
        found = Decimal(text) if text else None
    except InvalidOperation:
        raise BadInput.at(name, "must be an amount: 49.90") from None
    if found is not None and not (found.is_finite() and abs(found) < _LARGEST):
        raise BadInput.at(name, "must be an amount of less than a billion kronor")
    return found


def _older(key: Key) -> str:
    return f"{key.business_time.isoformat()}/{key.order_id}"


def _key(text: str) -> Key | None:
    """What `_older` has made. BadInput: it has not."""
    if not text:
        return None
    moment, _, order_id = text.partition("/")
    try:
        # A blank is what a browser makes of a `+`.
        key = Key(datetime.fromisoformat(moment.replace(" ", "+")), UUID(order_id))
    except ValueError:
        raise BadInput.at("older", "must be a time and an order's id") from None
    if key.business_time.tzinfo is None:
        raise BadInput.at("older", "must have an offset")
    return key
