"""The log as its readers get it: after a position, in order, without a hole. I/O.

Positions are handed out in the order of commits (schema.sql), so whoever goes on after the last one misses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ledger import codec
from ledger.database import queries
from ledger.errors import CannotDecode
from ledger.store import Connection, Vault, head

_SQL = queries("ledger/feed.sql")
# How many positions one look for certain types goes over.
_LOOKED_OVER = 20_000


class Wanted(NamedTuple):
    """Which events: of these stored names (empty: all), or of one stream, or both."""

    types: Sequence[str] = ()
    stream: str | None = None


class Line(NamedTuple):
    """One event, ready to be sent: a JSON object with PascalCase members."""

    position: int
    type: str
    json: bytes


class Chunk(NamedTuple):
    """Events in order. Go on after `next`; there is nothing yet after `head`."""

    lines: list[Line]
    next: int
    head: int


async def read_chunk(
    connection: Connection, tenant_id: int, after: int, limit: int, wanted: Wanted, vault: Vault | None
) -> Chunk:
    """At most `limit` events after a position; without a `vault` they come without personal data.

    CannotDecode: an event cannot be read, and is named.
    """
    newest = await head(connection, tenant_id)
    last = min(newest, after + _LOOKED_OVER) if wanted.types and wanted.stream is None else newest
    rows = await _rows(connection, tenant_id, after, limit, last, wanted)
    subjects = {name for row in rows if (name := codec.subject(row["data"])) is not None} if vault else set()
    keys = await vault.keys(connection, tenant_id, subjects) if vault and subjects else {}
    types = set(wanted.types)
    lines = [_line(row, keys) for row in rows if not types or row["type"] in types]
    # A chunk that ends for its size, and not for the log's end, is gone on from where it ends.
    is_cut = bool(rows) and (len(rows) == limit or sum(len(row["data"]) for row in rows) >= 8_000_000)
    return Chunk(lines, rows[-1]["position"] if is_cut else max(after, last), newest)


async def _rows(connection: Connection, tenant_id: int, after: int, limit: int, last: int, wanted: Wanted) -> list[Any]:
    if wanted.stream is not None:
        found: list[Any] = await connection.fetch(_SQL["of_stream"], tenant_id, after, limit, last, wanted.stream)
    elif wanted.types:
        found = await connection.fetch(_SQL["of_types"], tenant_id, after, limit, last, list(wanted.types))
    else:
        found = await connection.fetch(_SQL["all"], tenant_id, after, limit, last)
    return found


def _line(row: Any, keys: dict[str, bytes]) -> Line:
    try:
        data = codec.shown(row["type"], row["schema_version"], row["data"], keys, row["event_id"].bytes)
    except CannotDecode as error:
        raise CannotDecode(f"event {row['position']}: {error}") from error
    head = codec.encoder.encode(
        {
            "Position": row["position"],
            "EventId": row["event_id"],
            "Stream": row["stream"],
            "Version": row["version"],
            "Type": row["type"],
            "SchemaVersion": row["schema_version"],
            "OccurredAt": row["occurred_at"],
            "RecordedAt": row["recorded_at"],
        }
    )
    json = b'%b,"Metadata":%b,"Data":%b}' % (head[:-1], row["metadata"], data)
    return Line(row["position"], row["type"], json)
