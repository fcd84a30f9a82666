"""Reads of the tenders: how a day or a month was paid, each one statement over the totals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from ledger.database import queries
from ledger.records import NO_ID
from ledger.store import Connection

_SQL = queries("projections/tenders_reads.sql")


class Tender(NamedTuple):
    """Kronor that came in by payments of one TypeId, and how many those were."""

    type: int
    amount: Decimal
    payments: int


class Place(NamedTuple):
    """Where a list of paid orders goes on: after this order of this business day."""

    day: date
    order_id: UUID


class Paid(NamedTuple):
    """Orders by day, and where more may be found; None: there are no more."""

    orders: list[UUID]
    next: Place | None


async def of_today(connection: Connection, tenant_id: int, now: datetime, outlet: UUID | None = None) -> list[Tender]:
    """The business day that runs at the aware instant `now` at one outlet or at all, the largest first."""
    return [Tender(*row) for row in await connection.fetch(_SQL["of_today"], tenant_id, now, outlet)]


async def of_days(
    connection: Connection, tenant_id: int, first: date, last: date, outlet: UUID | None = None
) -> list[Tender]:
    """The business days `first` to `last`, at one outlet or at all, the largest first."""
    return [Tender(*row) for row in await connection.fetch(_SQL["of_days"], tenant_id, outlet, first, last)]


async def paid_by(
    connection: Connection,
    tenant_id: int,
    first: date,
    last: date,
    outlet: UUID | None,
    type_: int,
    after: Place | None = None,
    looks_at: int = 200,
) -> Paid:
    """The orders whose payments of a TypeId count on the business days `first` to `last`: those among the next
    `looks_at` orders after `after`, so that a page may be short and still have a `next`.
    """
    place = after or Place(first, NO_ID)
    rows = await connection.fetch(_SQL["paid_by"], tenant_id, outlet, first, last, type_, *place, looks_at)
    more = Place(rows[-1]["day"], rows[-1]["order_id"]) if len(rows) == looks_at else None
    return Paid([row["order_id"] for row in rows if row["is_paid"]], more)
