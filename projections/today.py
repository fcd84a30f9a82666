"""The business day that runs at each outlet beside the same weekday a week before, up to the same time of day.

One statement over the totals; of the hour that runs a week before it also reads the orders, for they tell the minute.
Amounts are exact; only an answer rounds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from ledger.amounts import ZERO
from ledger.database import queries
from ledger.records import NO_ID
from ledger.store import Connection

_SQL = queries("projections/today.sql")


class Compared(NamedTuple):
    """Kronor today, with and without VAT, and by the same time a week before."""

    gross: Decimal = ZERO
    net: Decimal = ZERO
    gross_before: Decimal = ZERO
    net_before: Decimal = ZERO


class OutletDay(NamedTuple):
    """An outlet, the business day that runs there, and its sales."""

    outlet_id: UUID
    name: str
    day: date
    compared: Compared


class HourDay(NamedTuple):
    """An hour of the wall clock (0 to 23): today, and the whole of it a week before."""

    hour: int
    gross: Decimal
    gross_before: Decimal


class Today(NamedTuple):
    """The day as it stands at `position`. `day` is that of the outlet that is furthest, `day_starts` the earliest hour.

    Outlets, categories: the largest first. Hours: as a day goes that starts at `day_starts`.
    """

    position: int
    day: date
    day_starts: int
    total: Compared
    outlets: list[OutletDay]
    categories: list[tuple[str, Compared]]
    hours: list[HourDay]


async def today(connection: Connection, tenant_id: int, now: datetime, outlet: UUID | None = None) -> Today:
    """The day that runs at the aware instant `now`, of one outlet or of all."""
    rows = await connection.fetch(_SQL["today"], tenant_id, now, outlet, NO_ID)
    head = rows[0]
    totals = _of_kind(rows, "total", _compared)
    hours = _of_kind(rows, "hour", lambda row: HourDay(row["hour"], row["gross"], row["week_gross"]))
    return Today(
        head["position"],
        head["today"],
        head["day_starts"],
        totals[0] if totals else Compared(),
        _of_kind(rows, "outlet", _outlet),
        _of_kind(rows, "category", lambda row: (row["category"], _compared(row))),
        sorted(hours, key=lambda found: (found.hour - head["day_starts"]) % 24),
    )


def _of_kind(rows: Iterable[Any], kind: str, read: Callable[[Any], Any]) -> list[Any]:
    return [read(row) for row in rows if row["kind"] == kind]


def _compared(row: Any) -> Compared:
    return Compared(row["gross"], row["net"], row["gross_before"], row["net_before"])


def _outlet(row: Any) -> OutletDay:
    return OutletDay(row["outlet_id"], row["name"], row["day"], _compared(row))
