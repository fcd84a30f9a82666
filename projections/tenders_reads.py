"""Reads of the tenders: how a day or a month was paid, each one statement over the totals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from ledger.database import queries
from ledger.store import Connection

_SQL = queries("projections/tenders_reads.sql")


class Tender(NamedTuple):
    """Kronor that came in by payments of one TypeId, and how many those were."""

    type: int
    amount: Decimal
    payments: int


async def of_today(connection: Connection, tenant_id: int, now: datetime, outlet: UUID | None = None) -> list[Tender]:
    """The business day that runs at the aware instant `now` at one outlet or at all, the largest first."""
    return [Tender(*row) for row in await connection.fetch(_SQL["of_today"], tenant_id, now, outlet)]


async def of_days(
    connection: Connection, tenant_id: int, first: date, last: date, outlet: UUID | None = None
) -> list[Tender]:
    """The business days `first` to `last`, at one outlet or at all, the largest first."""
    return [Tender(*row) for row in await connection.fetch(_SQL["of_days"], tenant_id, outlet, first, last)]
