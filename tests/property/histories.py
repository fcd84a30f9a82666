"""Histories against read models: they end where those stand, byte for byte, and every step of them can be asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ledger.database import reading
from ledger.store import Connection, Pool, Vault
from projections import history
from projections.history import DOCUMENT, ORDER, SWISH, AsOf, Kind

SHOWN: dict[str, tuple[Kind[Any], str]] = {
    "order-": (ORDER, "SELECT order_id, document FROM read_orders.orders WHERE tenant_id = $1"),
    "invoice-": (DOCUMENT, "SELECT invoice_id, document FROM read_invoices.invoices WHERE tenant_id = $1"),
    "drawer-": (DOCUMENT, "SELECT entry_id, document FROM read_drawer.drawer_entries WHERE tenant_id = $1"),
    "swish-": (SWISH, "SELECT swish_id, document FROM read_swish.swish_payments WHERE tenant_id = $1"),
}


class Told(msgspec.Struct):
    """A history's entry."""

    Position: int
    Version: int
    Type: str
    EventId: UUID
    OccurredAt: datetime
    RecordedAt: datetime
    Actor: str
    Changes: list[str]
    Document: msgspec.Raw
    Erased: bool


async def end_where_read_models_stand(pool: Pool, vault: Vault, tenant_id: int) -> bytes:
    """Compares every stream of a tenant, and gives everything that was told."""
    dump = []
    async with reading(pool, tenant_id) as connection:
        for prefix, (kind, query) in SHOWN.items():
            for id_, document in await connection.fetch(query, tenant_id):
                dump += await _told(connection, tenant_id, vault, kind, f"{prefix}{id_}", document)
    return b"\n".join(dump)


async def _told(
    connection: Connection, tenant_id: int, vault: Vault, kind: Kind[Any], stream: str, document: bytes
) -> list[bytes]:
    vault = vault.uncached()
    raw = (await history.history(connection, tenant_id, vault, kind, stream, 0, 1000)).entries or []
    entries = [msgspec.json.decode(entry, type=Told) for entry in raw]
    assert bytes(entries[-1].Document) == document, stream
    assert (await history.as_of(connection, tenant_id, vault, kind, stream)).document == document
    assert [entry.Version for entry in entries] == [*range(1, len(entries) + 1)]
    assert all(entry.Changes and all(entry.Changes) for entry in entries)
    before = None
    for entry in entries:
        for position, expected in ((entry.Position - 1, before), (entry.Position, bytes(entry.Document))):
            found = await history.as_of(connection, tenant_id, vault, kind, stream, AsOf(position=position))
            assert found.document == expected
        before = bytes(entry.Document)
    middle = len(entries) // 2
    rest = await history.history(connection, tenant_id, vault, kind, stream, middle, 1000)
    assert rest.entries == raw[middle:]
    return raw
