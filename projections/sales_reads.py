"""Reads of the sales: totals by outlet and by group, each one statement over the totals (contract, section 4).

The business day that is running is each outlet's own, by its zone and the hour its day starts at. Amounts are exact;
only an answer rounds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.business_time import day_start
from ledger.database import queries
from ledger.records import NO_ID
from ledger.store import Connection

_SQL = queries("projections/sales_reads.sql")

Unit = Literal["day", "month"]
K = TypeVar("K", str, date, int)


class OutletTotal(NamedTuple):
    """The sales of one outlet in a day or month, kronor; `start` is when that began there, an aware moment."""

    outlet_id: UUID
    name: str
    start: datetime
    gross: Decimal
    net: Decimal


class GroupTotal(NamedTuple, Generic[K]):
    """The sales of one category, day, or hour (0 to 23) of the wall clock, kronor."""

    key: K
    gross: Decimal
    net: Decimal


class ByOutlet(NamedTuple):
    """Totals of a day and of a month, by outlet name. `today` is the day that runs, at the outlet that is furthest."""

    position: int
    today: date
    days: list[OutletTotal]
    months: list[OutletTotal]


class ByGroup(NamedTuple):
    """Totals of one day or month. `first` is its first day, `zone` and `day_starts` the clock it is told by."""

    position: int
    first: date
    zone: ZoneInfo
    day_starts: int
    categories: list[GroupTotal[str]]
    days: list[GroupTotal[date]]
    hours: list[GroupTotal[int]]
    outlets: list[OutletTotal]


async def by_outlet(connection: Connection, tenant_id: int, now: datetime, month: int | None = None) -> ByOutlet:
    """The day that runs at the aware instant `now` and its month, or another month of its year, of every outlet."""
    rows = await connection.fetch(_SQL["by_outlet"], tenant_id, now, month, NO_ID)
    found = [row for row in rows if row["outlet_id"] is not None]
    return ByOutlet(
        rows[0]["position"],
        rows[0]["today"],
        [_outlet(row) for row in found if row["is_day"]],
        [_outlet(row) for row in found if not row["is_day"]],
    )


async def by_group(
    connection: Connection, tenant_id: int, now: datetime, outlet: UUID | None, unit: Unit, day: date | None = None
) -> ByGroup:
    """The day or month that holds `day`, or runs at the aware instant `now`; of one outlet or (None) of all."""
    rows = await connection.fetch(_SQL["by_group"], tenant_id, now, outlet, unit, day, NO_ID)
    head = rows[0]
    return ByGroup(
        head["position"],
        head["period"],
        ZoneInfo(head["asked_zone"] or head["tenant_zone"]),
        head["asked_day_starts"] or 0,
        _of_kind(rows, "category", _group("category")),
        _of_kind(rows, "day", _group("day")),
        _of_kind(rows, "hour", _group("hour")),
        _of_kind(rows, "outlet", _outlet),
    )


async def outlet_zone(connection: Connection, tenant_id: int, outlet: UUID | None) -> ZoneInfo:
    """The zone an outlet's clock runs in; the tenant's where it has none, and for all outlets."""
    return ZoneInfo(await connection.fetchval(_SQL["outlet_zone"], tenant_id, outlet))


def _of_kind(rows: Iterable[Any], kind: str, read: Callable[[Any], Any]) -> list[Any]:
    return [read(row) for row in rows if row["kind"] == kind]


def _group(key: str) -> Callable[[Any], GroupTotal[Any]]:
    return lambda row: GroupTotal(row[key], row["gross"], row["net"])


def _outlet(row: Any) -> OutletTotal:
    start = day_start(row["first"], ZoneInfo(row["zone"]), row["day_starts"])
    return OutletTotal(row["outlet_id"], row["name"], start, row["gross"], row["net"])
