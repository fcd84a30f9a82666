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
from ledger.batch import Batch
from ledger.business_time import to_datetime
from ledger.codec import Metadata
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
        # Whose key seals each event; None where it holds nothing personal.
        subjects = [
            _subject(batch, stream, event) if codec.personal(event) else None for stream, _, event, _ in batch.appended
        ]
        keys = await _personal_keys(connection, vault, tenant_id, {name for name in subjects if name is not None})
        encoded = [codec.encoder.encode(one) for one in metadata]
        rows = [
            _row(event_id, stream, version, event, encoded[command], subject, keys, now)
            for event_id, (stream, version, event, command), subject in zip(
                new_event_ids(len(subjects)), batch.appended, subjects, strict=True
            )
        ]
        first_id = rows[0].event_id
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


def _row(
    event_id: UUID,
    stream: str,
    version: int,
    event: Event,
    metadata: bytes,
    subject: str | None,
    keys: dict[str, bytes],
    now: datetime,
) -> _Row:
    if subject is None:
        data = codec.encode(event)
    else:
        data = codec.encode_sealed(event, subject, keys[subject], os.urandom(codec.NONCE_BYTES), event_id.bytes)
    return _Row(event_id, stream, version, *NAMES[type(event)], occurred_at(event, now), metadata, data)


async def _personal_keys(connection: Connection, vault: Vault, tenant_id: int, subjects: set[str]) -> dict[str, bytes]:
    """A key for every subject, made where there is none."""
    if not subjects:
        return {}
    keys = await vault.keys(connection, tenant_id, subjects)
    made = {subject: AESGCM.generate_key(256) for subject in subjects - keys.keys()}
    if made:
        wrapped = [vault.wrap(key, f"{tenant_id}/{subject}") for subject, key in made.items()]
        await connection.execute(_SQL["add_personal_keys"], tenant_id, list(made), wrapped)
    return keys | made


def _subject(batch: Batch, stream: str, event: Event) -> str:
    """Whose key seals an event: the customer's where one is known, else its stream's."""
    customer = None
    if stream.startswith("order-"):
        order = batch.order(stream).order
        customer = order.CustomerId if order else None
        if order and not order.CustomerId.int and order.Customer is not None:
            customer = order.Customer.Id
    elif isinstance(event, InvoiceSaved):
        customer = event.invoice.CustomerId
    return f"customer-{customer}" if customer is not None and customer.int else stream


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
