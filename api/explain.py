"""GET /v1/sales/explain: why a total of the sales is what it is. Thin: parameters, wait, read, answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.described import MOMENT, WORD, Parameter, described, one, whole
from api.etags import tag_of
from api.freshness import beside, reached
from api.history import AS_OF, CLOCK, as_of
from api.openapi import shown
from api.own_rows import own_rows
from api.sales import OUTLET, local_date
from api.wire import Query, json_answer
from ledger import store
from ledger.amounts import EXACT, MICRO, to_ore
from ledger.codec import encoder
from ledger.errors import BadInput
from ledger.records import NO_ID
from ledger.store import Connection
from projections import explain
from projections.explain import Amounts, Cell, Place
from projections.history import AsOf

PAGE, PAGE_AT_MOST = 100, 1000
# Every page adds up anew all that has changed in them. A fiscal year and a month fit.
DAYS_AT_MOST = 400
_FARTHEST = 2**62


class SalesTotal(msgspec.Struct):
    """A sum: exact, and in whole öre as the sales endpoints show it."""

    Gross: Decimal
    Net: Decimal
    GrossTotal: Decimal
    NetTotal: Decimal


class SalesEntry(msgspec.Struct):
    """One line's part. `Positions`: of the document that has it and of the status that made it count."""

    OrderId: UUID
    LineId: UUID
    OutletId: UUID
    Day: date
    Hour: int
    Category: str
    Gross: Decimal
    Net: Decimal
    Positions: list[int]
    InvoiceNumber: str | None
    ReceiptNumber: int


class SalesChange(msgspec.Struct):
    """What an event after `as_of` has added to the total, or taken from it."""

    Position: int
    Type: str
    OrderId: UUID
    OccurredAt: str
    RecordedAt: str
    Gross: Decimal
    Net: Decimal


class SalesStanding(msgspec.Struct):
    """A total, and the position it reflects."""

    Position: int
    Total: SalesTotal


class Explanation(msgspec.Struct):
    """What is asked for as it stood at `Position`; `Total` and `Changes` together are `Now`.

    `Next` and `NextChange` are what `after` and `changesAfter` take for the next page; null: there is none.
    """

    OutletId: UUID
    From: date
    To: date
    Category: str | None
    Hour: int | None
    Position: int
    Total: SalesTotal
    Entries: list[SalesEntry]
    Next: str | None
    Now: SalesStanding
    Changes: list[SalesChange]
    NextChange: int | None


@described(
    "Sales",
    "The lines that add up to a total of the sales, each with its order and the positions of its events. With `as_of` "
    "what it was then, and every event since with the difference it made: `Total` and `Changes` together are `Now`.",
    name="ExplainSales",
    summary="Why a total of the sales is what it is.",
    parameters=[
        Parameter("from", MOMENT, "The first day, by the outlet's clock.", "2026-11-23", required=True),
        Parameter("to", MOMENT, f"The last day; {DAYS_AT_MOST} days at most.", "2026-11-23", required=True),
        OUTLET,
        Parameter("category", WORD, "One category."),
        Parameter("hour", whole(0, 23), "One hour of the day."),
        AS_OF,
        CLOCK._replace(
            schema={"type": "string", "enum": ["recorded"]}, about="The ledger's: no other is possible here."
        ),
        Parameter("after", WORD, "`Next` of the page before."),
        Parameter("changesAfter", whole(0, _FARTHEST), "`NextChange` of the page before."),
        Parameter("limit", whole(1, _FARTHEST), f"So many of each, {PAGE_AT_MOST} at most; {PAGE} without it."),
    ],
    answers=[one(Explanation, "The explanation.", drinks=shown.AN_EXPLANATION)],
)
async def get_explanation(request: Request) -> Response:
    """The entries of a cell of the sales, now or `as_of` a position or instant, and what has changed it since."""
    await beside(request, "orders")  # the numbers on its papers
    found = await explanation_of(request)
    tag_of(request).position = found.Now.Position
    return json_answer(encoder.encode(found), found.Position)


async def explanation_of(request: Request) -> Explanation:
    """The explanation that the request's parameters ask for. BadInput: they make no sense. Unavailable: too early."""
    query = Query(request)
    cell, when, start = await _cell(request), as_of(request), _start(query)
    if when.clock != "recorded":
        raise BadInput.at("clock", "must be recorded: a total was what the ledger had heard")
    limit = min(query.integer("limit", 1, _FARTHEST) or PAGE, PAGE_AT_MOST)
    after = query.integer("changesAfter", 0, _FARTHEST) or 0
    await reached(request, "sales")
    async with own_rows(request) as (connection, tenant_id):
        now, total = await explain.total(connection, tenant_id, cell)
        at = await _position(connection, tenant_id, when, now)
        found = await explain.parts(connection, tenant_id, cell, at, start, limit + 1)
        since = await explain.changes(connection, tenant_id, cell, at, now, after, limit + 1)
        entries, later = found[:limit], found[limit:]
        return Explanation(
            cell.outlet or NO_ID, cell.first, cell.last, cell.category, cell.hour, at,
            _total(explain.before(total, since.amounts)),
            await _entries(connection, tenant_id, entries),
            _cursor(later[0].place) if later else None,
            SalesStanding(now, _total(total)),
            await _changes(connection, tenant_id, since.page[:limit]),
            since.page[limit - 1].position if since.page[limit:] else None,
        )  # fmt: skip


async def _cell(request: Request) -> Cell:
    query = Query(request)
    outlet = query.guid("outletId")
    first, last = await local_date(request, "from", outlet), await local_date(request, "to", outlet)
    if first is None or last is None:
        raise BadInput.at("from" if first is None else "to", "is missing")
    if last < first:
        raise BadInput.at("to", "lies before from")
    if (last - first).days >= DAYS_AT_MOST:
        raise BadInput.at("to", f"must be one of the {DAYS_AT_MOST} days from `from` on; ask for a part at a time")
    category = query.exact("category")
    if "\0" in category:
        raise BadInput.at("category", "must not contain U+0000")
    return Cell(outlet, first, last, query.integer("hour", 0, 23), category or None)


async def _position(connection: Connection, tenant_id: int, when: AsOf, now: int) -> int:
    if when.instant is not None:
        return min(await store.position_at(connection, tenant_id, when.instant), now)
    return now if when.position is None else min(when.position, now)


def _start(query: Query) -> Place | None:
    """Where a page begins, as the one before has told."""
    text = query.text("after")
    if not text:
        return None
    try:
        day, hour, outlet, order, ordinal = text.split("_")
        found = Place(date.fromisoformat(day), int(hour), UUID(outlet), UUID(order), int(ordinal))
    except ValueError:
        found = None
    if found is None or not 0 <= found.hour <= 23:
        raise BadInput.at("after", "must be the Next of the page before")
    return found


def _cursor(place: Place) -> str:
    return "_".join(map(str, place))


def _total(amounts: Amounts) -> SalesTotal:
    gross, net = (EXACT.quantize(amount, MICRO) for amount in amounts)
    return SalesTotal(gross, net, to_ore(gross), to_ore(net))


async def _entries(connection: Connection, tenant_id: int, parts: list[explain.Part]) -> list[SalesEntry]:
    papers = await explain.papers(connection, tenant_id, (part.place.order_id for part in parts)) if parts else {}
    nothing = explain.Paper()
    found = []
    for place, line_id, category, amounts, positions in parts:
        paper = papers.get(place.order_id, nothing)
        receipt = paper.Receipts[-1].ReceiptNumber if paper.Receipts else 0
        where = (place.outlet_id, place.day, place.hour)
        found.append(
            SalesEntry(place.order_id, line_id, *where, category, *amounts, positions, paper.InvoiceNumber, receipt)
        )
    return found


async def _changes(connection: Connection, tenant_id: int, changes: list[explain.Change]) -> list[SalesChange]:
    facts = await explain.facts(connection, tenant_id, (change.position for change in changes)) if changes else {}
    found = []
    for position, order_id, amounts in changes:
        fact = facts[position]
        times = (fact.occurred_at.isoformat(), fact.recorded_at.isoformat())
        found.append(SalesChange(position, fact.type, order_id, *times, *amounts))
    return found
