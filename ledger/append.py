"""Decided events to rows of the log: ids, both clocks, sealed personal data. Runs while the tenant's lock is held."""

from __future__ import annotations

import base64
import hmac
import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger import codec
from ledger.batch import Appended, Batch
from ledger.business_time import to_datetime
from ledger.codec import Metadata
from ledger.customer import subject
from ledger.database import queries
from ledger.events import (
    NAMES,
    DrawerEntryCorrected,
    DrawerEntryLogged,
    Event,
    InvoiceSaved,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    PaymentCaptured,
    ReceiptIssued,
    ReportReceived,
    SwishStatusReceived,
    TerminalReported,
)
from ledger.records import Record
from ledger.store import Connection, Vault

_SQL = queries("ledger/queries.sql")
# The order of members that we do not know says nothing: a retry may have another.
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="deterministic")
# All but the version (4 bits) and the variant (2 bits) of a UUID's lower 80 bits.
_RANDOM_BITS = (1 << 76) - 1 & ~(0x3 << 62)


class _Row(NamedTuple):
    event_id: UUID
    stream: str
    version: int
    name: str
    schema_version: int
    occurred: datetime
    metadata: bytes
    data: bytes


async def append(
    connection: Connection, vault: Vault, batch: Batch, metadata: Sequence[Metadata], now: datetime
) -> UUID | None:
    """Writes what a batch gathered, `metadata` by command. Returns the first event's id (None: there was no event)."""
    tenant_id = batch.tenant_id
    first_id = None
    if batch.appended:
        rows = await _rows(connection, vault, batch, [codec.encoder.encode(one) for one in metadata], now)
        first_id = rows[0].event_id
        for row in rows:
            batch.weigh(row.stream, len(row.data))
        claims = map(list, zip(*batch.new_claims, strict=True)) if batch.new_claims else ([], [], [])
        found = await connection.fetchrow(_SQL["append"], tenant_id, *map(list, zip(*rows, strict=True)), *claims)
        assert found["first_position"] == batch.head + 1, "nobody else appends while the lock is held"
    if batch.released:
        await connection.execute(_SQL["drop_claims"], tenant_id, *map(list, zip(*batch.released, strict=True)))
    if batch.moved:
        await connection.execute(_SQL["move_counters"], tenant_id, list(batch.moved), list(batch.moved.values()))
    if batch.new_idempotency:
        columns = map(list, zip(*batch.new_idempotency, strict=True))
        await connection.execute(_SQL["add_idempotency_keys"], tenant_id, *columns)
    return first_id


async def _rows(
    connection: Connection, vault: Vault, batch: Batch, metadata: Sequence[bytes], now: datetime
) -> list[_Row]:
    # Whose key seals each event; None where it holds nothing personal.
    subjects = [
        subject(one.stream, one.event, one.owners) if codec.personal(one.event) else None for one in batch.appended
    ]
    keys = await _personal_keys(connection, vault, batch, {name for name in subjects if name is not None})
    batch.wiser.update(
        one.stream for one, name in zip(batch.appended, subjects, strict=True) if name is not None and name not in keys
    )
    return [
        _row(event_id, one, metadata[one.command], name, keys, now)
        for event_id, one, name in zip(new_event_ids(len(subjects)), batch.appended, subjects, strict=True)
    ]


def _row(
    event_id: UUID, one: Appended, metadata: bytes, sealed_by: str | None, keys: dict[str, bytes], now: datetime
) -> _Row:
    event = one.event
    if sealed_by is None:
        data = codec.encode(event)
    elif sealed_by in keys:
        data = codec.encode_sealed(event, sealed_by, keys[sealed_by], os.urandom(codec.NONCE_BYTES), event_id.bytes)
    else:
        data = codec.encode_without_personal(event)
    return _Row(event_id, one.stream, one.version, *NAMES[type(event)], occurred_at(event, now), metadata, data)


async def _personal_keys(connection: Connection, vault: Vault, batch: Batch, subjects: set[str]) -> dict[str, bytes]:
    """A key for every subject, made where there never was one; none for the erased, now or at any time."""
    standing: dict[str, bytes | None] = {}
    if subjects:
        standing = await vault.standing(connection, batch.tenant_id, subjects)
    made = {name: AESGCM.generate_key(256) for name in subjects - standing.keys() - batch.erased}
    if made:
        wrapped = [vault.wrap(key, f"{batch.tenant_id}/{name}") for name, key in made.items()]
        await connection.execute(_SQL["add_personal_keys"], batch.tenant_id, list(made), wrapped)
    if batch.erased:
        await connection.execute(_SQL["erase_personal_keys"], batch.tenant_id, list(batch.erased))
    kept = {name: key for name, key in standing.items() if key is not None and name not in batch.erased}
    return kept | made


def fingerprint(secret: bytes, kind: str, document: Record | Event | Sequence[Record]) -> str:
    """By what a normalised document is known again: keyed, so that it outlives the erasure of personal data."""
    digest = hmac.digest(secret, kind.encode() + b"\0" + _ENCODER.encode(document), "sha256")
    return base64.b64encode(digest[:18]).decode()


def new_event_ids(count: int) -> list[UUID]:
    """Version 7 UUIDs (RFC 9562): in order of time, so that the index grows at one end."""
    high = time.time_ns() // 1_000_000 << 80 | 0x7 << 76
    random = os.urandom(10 * count)
    halves = (int.from_bytes(random[at : at + 10], "big") for at in range(0, 10 * count, 10))
    return [UUID(int=high | bits & _RANDOM_BITS | 0x2 << 62) for bits in halves]


def occurred_at(event: Event, now: datetime) -> datetime:
    """The till's clock for an event: the date in its document, or now where it has none."""
    match event:
        case OrderDrafted() | OrderFinalised() | OrderAmended() | OrderClosed():
            text = event.order.InvoiceDate or event.order.CreationDate
        case PaymentCaptured():
            text = event.payment.PaymentDate
        case ReceiptIssued():
            text = event.receipt.PrintDate
        case DrawerEntryLogged() | DrawerEntryCorrected():
            text = event.entry.ActivityDate
        case InvoiceSaved():
            text = event.invoice.CreationDate
        case TerminalReported() | ReportReceived():
            text = event.log.ActivityDate
        case SwishStatusReceived():
            text = event.date_paid or ""
        case _:
            return now
    return to_datetime(text) or now
