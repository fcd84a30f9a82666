"""Swish payments, refunds and payouts for people: newest first, those with a flag, those of an order."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from ledger.database import queries
from ledger.store import Connection

_SQL = queries("projections/swish_reads.sql")
# Of flagged ones a look that finds little gives up after so many, and can be taken up again from there.
LOOKS_AT = 5000
NEWEST = 2**62
ANY = ""


class Listed(NamedTuple):
    """JSON as `swish.payments` gives it, and the position before which it goes on; None: that was all."""

    documents: list[bytes]
    next: int | None


async def newest(connection: Connection, tenant_id: int, before: int = NEWEST, limit: int = 50) -> Listed:
    """All of them that were first heard of before a position, the newest first."""
    return _listed(await connection.fetch(_SQL["newest"], tenant_id, before, limit), limit)


async def of_order(
    connection: Connection, tenant_id: int, order_id: UUID, before: int = NEWEST, limit: int = 50
) -> Listed:
    """The same of an order."""
    return _listed(await connection.fetch(_SQL["of_order"], tenant_id, order_id, before, limit), limit)


async def flagged(connection: Connection, tenant_id: int, flag: str, before: int = NEWEST, limit: int = 50) -> Listed:
    """The same of those with a flag of `ledger.swish`, or with ANY; a page may hold fewer, or none, and go on."""
    rows = await connection.fetch(_SQL["flagged"], tenant_id, flag or None, before, LOOKS_AT, limit)
    found = _listed([row for row in rows if row["first_position"] is not None], limit)
    if found.next is None and rows[0]["looked_at"] == LOOKS_AT:
        return Listed(found.documents, rows[0]["last"])
    return found


def _listed(rows: list[Any], limit: int) -> Listed:
    following = rows[-1]["first_position"] if len(rows) == limit else None
    return Listed([row["document"] for row in rows], following)
