"""What something was at some time, and everything that happened to it. Thin: parameters, read the log, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from starlette.requests import Request
from starlette.responses import Response

from api import reads
from api.described import WORD, Answer, Example, Parameter, described, in_path, one, one_of, rows, whole
from api.freshness import log_reached, log_unchanged
from api.openapi import examples, shown
from api.openapi.answers import SwishShown
from api.own_rows import own_rows
from api.problems import NotFound
from api.routing import Handler
from api.wire import Query, json_answer, list_answer, path_guid
from ledger import swish
from ledger.document import DocumentState
from ledger.errors import BadInput
from ledger.full_records import FullCashDrawerLog, FullCustomerInvoice, FullOrder
from ledger.order import OrderState
from ledger.store import Vault
from ledger.swish import SwishState
from projections import history
from projections.history import DOCUMENT, NOW, ORDER, SWISH, AsOf, Clock, HistoryEntry, Kind
from projections.window import Page

S = TypeVar("S", OrderState, DocumentState, SwishState)
Name = Callable[[Request], str]

PAGE, PAGE_AT_MOST = 100, 1000
_FARTHEST = 2**62
_CLOCKS = ("recorded", "occurred")

AS_OF = Parameter(
    "as_of",
    WORD,
    "As it stood then: a position of the log (`4711`), or an instant (`2026-11-23T14:05`). Now without it.",
)
CLOCK = Parameter(
    "clock", one_of(*_CLOCKS), "Whose clock an instant is read by: the ledger's, or the tills' (`occurred`)."
)
_PAGE = (
    Parameter("after", whole(0, _FARTHEST), "Entries after this Version."),
    Parameter("limit", whole(1, _FARTHEST), f"So many, {PAGE_AT_MOST} at most; {PAGE} without it."),
)
_HISTORY = "Each event with who, from where and when by both clocks, what changed in words, and what it then was."


def _of(prefix: str) -> Name:
    """The stream that the path's Guid names."""
    return lambda request: f"{prefix}-{path_guid(request, 'id')}"


def _of_swish(request: Request) -> str:
    return swish.stream_of(request.path_params["swishId"])


def _document(kind: Kind[S], name: Name) -> Handler:
    """The handler that shows what a stream stands at, or stood at (`as_of`, `clock`)."""

    async def answer(request: Request) -> Response:
        stream, when = name(request), as_of(request)
        await log_unchanged(request)
        async with own_rows(request) as (connection, tenant_id):
            found = await history.as_of(connection, tenant_id, _vault(request), kind, stream, when)
        log_reached(request, found.head)
        if found.document is None:
            raise NotFound(f"there is no {stream}" if when == NOW else f"there was no {stream} then")
        return json_answer(found.document, found.position)

    return answer


def _history(kind: Kind[S], name: Name) -> Handler:
    """The handler that tells a stream's events, `limit` of them after version `after`."""

    async def answer(request: Request) -> Response:
        stream, query = name(request), Query(request)
        after = query.integer("after", 0, _FARTHEST) or 0
        limit = min(query.integer("limit", 1, _FARTHEST) or PAGE, PAGE_AT_MOST)
        await log_unchanged(request)
        async with own_rows(request) as (connection, tenant_id):
            told = await history.history(connection, tenant_id, _vault(request), kind, stream, after, limit)
        log_reached(request, told.position)
        if told.entries is None:
            raise NotFound(f"there is no {stream}")
        return list_answer(Page(told.entries, told.position))

    return answer


def as_of(request: Request) -> AsOf:
    """What `as_of` names: all digits are a position, anything else an instant by the `clock`. BadInput: neither."""
    query = Query(request)
    text, clock = query.text("as_of"), query.text("clock").lower() or "recorded"
    if clock not in _CLOCKS:
        raise BadInput.at("clock", "must be recorded or occurred")
    if text.isascii() and text.isdigit():
        return AsOf(position=min(int(text[:40]), _FARTHEST))
    instant = query.moment("as_of", request.state.tenant.zone)
    return NOW if instant is None else AsOf(instant=instant, clock=cast(Clock, clock))


def _vault(request: Request) -> Vault:
    """Keys as the database has them now: another process may have erased somebody."""
    vault: Vault = request.app.state.vault
    return vault.uncached()


def _told(tag: str, name: str, what: str, path: Parameter, answer: Answer) -> Callable[[Handler], Handler]:
    return described(
        tag, summary=f"{what} as it stands, or as it stood.", name=name, parameters=[path, AS_OF, CLOCK],
        answers=[answer], missing=True,
    )  # fmt: skip


def _told_history(tag: str, name: str, what: str, path: Parameter, example: Example) -> Callable[[Handler], Handler]:
    return described(
        tag, _HISTORY, summary=f"Everything that happened to {what}.", name=name, parameters=[path, *_PAGE],
        answers=[rows(HistoryEntry, "Entries, oldest first; none: that was all.", entry=example)], missing=True,
    )  # fmt: skip


_ORDER = in_path("id", "The order's Id.", examples.SALE_ID)
_INVOICE = in_path("id", "The invoice's Id.", examples.INVOICE_ID)
_ENTRY = in_path("id", "The Id of the entry, not of the drawer.", examples.DRAWER_ENTRY)
_SWISH = in_path("swishId", "The id Swish knows it by: 32 hex digits.", examples.SWISH_ID, WORD)

_past_order = _document(ORDER, _of("order"))


@_told("Orders", "GetOrder", "An order", _ORDER, one(FullOrder, "The order.", sale=shown.a_sale))
async def get_order(request: Request) -> Response:
    """An order as it stands, from the read model; with `as_of` as it stood, from the log."""
    return await (reads.get_order if as_of(request) == NOW else _past_order)(request)


get_order_history = _told_history("Orders", "GetOrderHistory", "an order", _ORDER, shown.an_order_event)(
    _history(ORDER, _of("order"))
)
get_invoice = _told(
    "Invoices", "GetInvoice", "An invoice", _INVOICE, one(FullCustomerInvoice, "It.", invoice=shown.an_invoice)
)(_document(DOCUMENT, _of("invoice")))
get_invoice_history = _told_history("Invoices", "GetInvoiceHistory", "an invoice", _INVOICE, shown.an_invoice_event)(
    _history(DOCUMENT, _of("invoice"))
)
get_drawer_entry = _told(
    "Drawer", "GetDrawerEntry", "A drawer event", _ENTRY, one(FullCashDrawerLog, "It.", opening=shown.a_drawer_entry)
)(_document(DOCUMENT, _of("drawer")))
get_drawer_entry_history = _told_history(
    "Drawer", "GetDrawerEntryHistory", "a drawer event", _ENTRY, shown.a_drawer_event
)(_history(DOCUMENT, _of("drawer")))
get_swish = _told(
    "Swish", "GetSwish", "A Swish payment, refund or payout", _SWISH, one(SwishShown, "It.", paid=shown.a_swish_payment)
)(_document(SWISH, _of_swish))
get_swish_history = _told_history("Swish", "GetSwishHistory", "a Swish payment", _SWISH, shown.a_swish_event)(
    _history(SWISH, _of_swish)
)
