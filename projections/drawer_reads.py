"""Drawer entries for people: those of a span of time, whichever of them came late."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.database import queries
from ledger.store import Connection

_SQL = queries("projections/drawer_reads.sql")


class Kept(NamedTuple):
    """An entry: the terminal it is of (None while none is known), and its JSON."""

    terminal_id: UUID | None
    document: bytes


async def entries(
    connection: Connection, tenant_id: int, first: datetime, until: datetime, terminal: UUID | None, limit: int
) -> list[Kept]:
    """The newest `limit` entries from `first` to before `until`, newest first, of a terminal or of all."""
    rows = await connection.fetch(_SQL["entries"], tenant_id, first, until, terminal, limit)
    return [Kept(*row) for row in rows]
