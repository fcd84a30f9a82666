"""Why a total of the sales is what it is: the entries that add up to it, now or at any position of the log, and the
events that have changed it since (contract, section 4).

Read from the orders as the sales see them and from what counted before; nothing here reads the log but for the names
of events. Amounts are exact kronor with six decimals.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ledger.amounts import EXACT, ZERO
from ledger.codec import encoder
from ledger.database import queries
from ledger.records import NO_ID
from ledger.store import Connection
from projections.sales import read_entries

_SQL = queries("projections/explain.sql")


class Cell(NamedTuple):
    """Which sales: of an outlet (None: all) on the business days `first` to `last`, of one hour, of one category."""

    outlet: UUID | None
    first: date
    last: date
    hour: int | None = None
    category: str | None = None


class Amounts(NamedTuple):
    """Kronor, with and without VAT."""

    gross: Decimal
    net: Decimal


class Place(NamedTuple):
    """Where an entry stands among all entries of a cell; `ordinal` counts those of its order."""

    day: date
    hour: int = 0
    outlet_id: UUID = NO_ID
    order_id: UUID = NO_ID
    ordinal: int = 0


class Part(NamedTuple):
    """An entry of a cell. `positions` are of the document it comes from, and of the status that made it count."""

    place: Place
    line_id: UUID
    category: str
    amounts: Amounts
    positions: list[int]


class Change(NamedTuple):
    """What an event has added to a cell, or taken from it."""

    position: int
    order_id: UUID
    amounts: Amounts


class Changes(NamedTuple):
    """Those of a page, and what all of them are together."""

    amounts: Amounts
    page: list[Change]


class Number(msgspec.Struct):
    """That of a receipt."""

    ReceiptNumber: int = 0


class Paper(msgspec.Struct):
    """What an order's papers are found by."""

    InvoiceNumber: str | None = None
    Receipts: list[Number] = []


class Fact(NamedTuple):
    """What an event is, and when it was by the till's clock and by ours."""

    type: str
    occurred_at: datetime
    recorded_at: datetime


# An order may have thousands of lines. More than one: the first may be the order that a page ended in.
ORDERS_AT_ONCE = 100
# No order has so many entries: what follows is the next order's.
_NO_ORDINAL = 2**31
_paper = msgspec.json.Decoder(Paper).decode


async def total(connection: Connection, tenant_id: int, cell: Cell) -> tuple[int, Amounts]:
    """What a cell comes to, and the position it reflects; its source is that of every report."""
    row = await connection.fetchrow(_SQL["total"], tenant_id, *cell)
    return row["position"], Amounts(row["gross"], row["net"])


async def parts(
    connection: Connection, tenant_id: int, cell: Cell, at: int, start: Place | None, limit: int
) -> list[Part]:
    """The next `limit` entries of a cell as it was at position `at`, from `start` on."""
    found: list[Part] = []
    start = start or Place(cell.first)
    spelled = None if cell.category is None else encoder.encode(cell.category)
    more = True
    while more and len(found) < limit:
        rows = await connection.fetch(_SQL["sheets"], tenant_id, *cell[:4], spelled, at, *start[:4], ORDERS_AT_ONCE)
        found += [part for row in rows for part in _parts(row, cell.category) if part.place >= start]
        if more := len(rows) == ORDERS_AT_ONCE:
            start = _place(rows[-1], _NO_ORDINAL)
    return found[:limit]


def _parts(row: Any, category: str | None) -> Iterable[Part]:
    positions = sorted({row["written"], row["position"]})
    for ordinal, entry in enumerate(read_entries(row["entries"])):
        if category is None or entry.category == category:
            amounts = Amounts(entry.gross, entry.net)
            yield Part(_place(row, ordinal), entry.line_id, entry.category, amounts, positions)


def _place(row: Any, ordinal: int) -> Place:
    return Place(row["day"], row["hour"], row["outlet_id"], row["order_id"], ordinal)


async def changes(
    connection: Connection, tenant_id: int, cell: Cell, since: int, until: int, after: int, limit: int
) -> Changes:
    """What the events after position `since` and up to `until` changed; of them the next `limit` after `after`."""
    if since >= until:
        return Changes(Amounts(ZERO, ZERO), [])
    rows = await connection.fetch(_SQL["changes"], tenant_id, *cell, since, until, after, limit)
    page = [
        Change(row["at"], row["order_id"], Amounts(row["gross"], row["net"])) for row in rows if row["at"] is not None
    ]
    return Changes(Amounts(rows[0]["all_gross"], rows[0]["all_net"]), page)


def before(now: Amounts, since: Amounts) -> Amounts:
    """What there was before changes that came to `since`."""
    return Amounts(EXACT.subtract(now.gross, since.gross), EXACT.subtract(now.net, since.net))


async def papers(connection: Connection, tenant_id: int, orders: Iterable[UUID]) -> dict[UUID, Paper]:
    """The numbers on the papers of orders, as they are now."""
    rows = await connection.fetch(_SQL["papers"], tenant_id, list(set(orders)))
    return {row["order_id"]: _paper(row["document"]) for row in rows}


async def facts(connection: Connection, tenant_id: int, positions: Iterable[int]) -> dict[int, Fact]:
    """What events are, by position."""
    rows = await connection.fetch(_SQL["events"], tenant_id, list(positions))
    return {row["position"]: Fact(row["type"], row["occurred_at"], row["recorded_at"]) for row in rows}
