"""Decided events to rows of the log: ids, both clocks, sealed personal data; and the statement that appends them."""

from __future__ import annotations

import base64
import functools
import operator
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from ledger import codec, written
from ledger.arrays import columns, literal
from ledger.batch import Batch
from ledger.batch_read import Seen
from ledger.business_time import NO_TIME
from ledger.codec import Metadata
from ledger.customer import DOCUMENTS
from ledger.database import queries
from ledger.events import (
    NAMES,
    Appended,
    DrawerEntryCorrected,
    DrawerEntryLogged,
    Event,
    InvoiceSaved,
    PaymentCaptured,
    ReceiptIssued,
    ReportReceived,
    SwishStatusReceived,
    TerminalReported,
)
from ledger.records import Record
from ledger.store import Connection, Vault
from ledger.view import Mistaken, MovedOn

_SQL = queries("ledger/queries.sql")
# What `ledger.append` says of a log that does not end where it was believed to, and what keys say that are there.
_MOVED_ON, _KEY_IS_THERE = "OL001", ("personal_keys_pkey", "idempotency_keys_pkey")


class Rows:
    """The rows of a batch's events, as the append takes them: event ids (32 hexadecimal digits), streams, versions,
    types and their versions, when they occurred (ISO 8601), metadata and data.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, int, str, int, str, bytes, bytes]] = []

    @property
    def first_id(self) -> UUID | None:
        """The first event's id; None: there is no event."""
        return UUID(self._rows[0][0]) if self._rows else None

    def columns(self) -> list[str | Sequence[bytes]]:
        """The rows column by column."""
        return columns(self._rows) if self._rows else [*["{}"] * 6, (), ()]

    async def add(
        self, connection: Connection, vault: Vault, batch: Batch, metadata: Sequence[Metadata], now: datetime
    ) -> None:
        """The rows of the events that a batch has gathered since; `metadata` by command."""
        new = batch.appended[len(self._rows) :]
        if not new:
            return
        subjects = {one.sealed_by for one in new if one.sealed_by is not None}
        keys = await _personal_keys(connection, vault, batch, subjects) if subjects else {}
        batch.wiser.update(one.stream for one in new if one.sealed_by is not None and one.sealed_by not in keys)
        if batch.erased:
            batch.wiser.update(one.stream for one in batch.appended if one.sealed_by in batch.erased)
        encoded: dict[int, bytes] = {}
        told = now.isoformat()
        for event_id, one in zip(new_event_ids(len(new)), new, strict=True):
            by = encoded.get(one.command)
            if by is None:
                by = encoded[one.command] = codec.encoder.encode(metadata[one.command])
            name, schema_version = NAMES[type(one.event)]
            data = _data(event_id, one, keys)
            batch.sizes.add(one.stream, name, len(data))
            occurred = occurred_at(one.event) or told
            self._rows.append((event_id.hex(), one.stream, one.version, name, schema_version, occurred, by, data))


def _data(event_id: bytes, one: Appended, keys: Mapping[str, bytes]) -> bytes:
    """Of somebody who was erased nothing is sealed any more."""
    if one.sealed_by is None or one.sealed_by not in keys:
        return one.encoded.data
    return codec.seal(one.encoded, one.sealed_by, keys[one.sealed_by], os.urandom(codec.NONCE_BYTES), event_id)


async def append(
    connection: Connection, vault: Vault, batch: Batch, rows: Rows, *, at_end: bool, seen: Seen | None = None
) -> int:
    """Writes all that a batch gathered, in one statement. Gives the position of its first event, or where it would lie.

    `at_end`: only if the log still ends where the batch began, for the batch was decided without the tenant's lock. Or,
    where it is given, if what the batch has `seen` is so; of one that draws numbers the end has to fit all the same.
    MovedOn: it is not, and nothing was written. A caller that holds the lock need not ask.
    """
    claims = zip(*batch.new_claims, strict=True) if batch.new_claims else [()] * 3
    tail = batch.head if at_end else None
    conditions = [tail, *(seen.columns() if seen is not None else [None] * 8)]
    try:
        first: int = await connection.fetchval(
            _SQL["append"], batch.tenant_id, *rows.columns(), *map(literal, claims), *conditions, *_rest(vault, batch)
        )
    except asyncpg.PostgresError as error:
        if error.sqlstate == _MOVED_ON:
            raise (Mistaken if batch.presumes else MovedOn) from None
        # Another process has made the same key, and what was sealed with ours has to be sealed anew; or used it.
        if at_end and error.constraint_name in _KEY_IS_THERE:
            raise Mistaken from None
        raise
    return first


def _rest(vault: Vault, batch: Batch) -> list[Any]:
    """What few batches have, as the append takes it: None for what there is none of."""
    wrapped = [(name, vault.wrap(key, f"{batch.tenant_id}/{name}")) for name, key in batch.new_keys.items()]
    used = [(*pair, *answer) for pair, answer in batch.new_idempotency.items()]
    return [
        *_columns(wrapped, 2),
        literal(list(batch.erased)) if batch.erased else None,
        *_columns(batch.released, 2),
        *_columns(list(batch.moved.items()), 2),
        *_columns(used, 4),
    ]


def _columns(rows: Sequence[Sequence[Any]], count: int) -> Sequence[Any]:
    return columns(rows) if rows else [None] * count


async def _personal_keys(connection: Connection, vault: Vault, batch: Batch, subjects: set[str]) -> dict[str, bytes]:
    """A key for every subject, made where there never was one; none for the erased, now or at any time."""
    made = batch.made_keys(subjects)
    # Where it is presumed that a stream is new, so is its key; the append sees both.
    begun = {one.stream for one in batch.appended if one.version == 1} if batch.presumes else set[str]()
    wanted = subjects - made.keys() - begun
    standing: dict[str, bytes | None] = {}
    if wanted:
        await connection.act_for(batch.tenant_id)
        standing = await vault.standing(connection, batch.tenant_id, wanted)
    new = {name: AESGCM.generate_key(256) for name in subjects - standing.keys() - made.keys() - batch.erased}
    batch.new_keys |= new
    kept = {name: key for name, key in standing.items() if key is not None}
    return {name: key for name, key in (kept | made | new).items() if name not in batch.erased}


def fingerprint(secret: bytes, kind: str, document: Record | Event | Sequence[Record] | bytes) -> str:
    """By what a normalised document, or its JSON, is known again: keyed, it outlives the erasure of personal data."""
    json = document if isinstance(document, bytes) else written.encoder.encode(document)
    keyed = _keyed(secret, kind).copy()
    keyed.update(json)
    return base64.b64encode(keyed.finalize()[:18]).decode()


@functools.lru_cache(maxsize=1024)
def _keyed(secret: bytes, kind: str) -> HMAC:
    """What is the same of all documents of a kind: setting up a key takes as long as hashing an order."""
    keyed = HMAC(secret, SHA256())
    keyed.update(b"%b\0" % kind.encode())
    return keyed


def new_event_ids(count: int) -> list[bytes]:
    """Version 7 UUIDs (RFC 9562) as bytes: in order of time, so that the index grows at one end."""
    now = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    random = os.urandom(10 * count)
    tens = (random[at : at + 10] for at in range(0, 10 * count, 10))
    return [b"%b%c%c%c%b" % (now, 0x70 | r[0] & 0x0F, r[1], 0x80 | r[2] & 0x3F, r[3:]) for r in tens]


def occurred_at(event: Event) -> str | None:
    """The till's clock for an event: the date in its document, in normal form; None where it has none."""
    text = _CLOCKS.get(type(event), _no_clock)(event)
    return text if text and text != NO_TIME else None


def _of_order(event: Any) -> str:
    found: str = event.order.InvoiceDate or event.order.CreationDate
    return found


def _no_clock(event: Event) -> None:
    return None


# By type: `isinstance` on msgspec's structs is a call in Python, and every event is asked.
_CLOCKS: dict[type[Event], Callable[[Any], str | None]] = {
    **dict.fromkeys(DOCUMENTS, _of_order),
    PaymentCaptured: operator.attrgetter("payment.PaymentDate"),
    ReceiptIssued: operator.attrgetter("receipt.PrintDate"),
    DrawerEntryLogged: operator.attrgetter("entry.ActivityDate"),
    DrawerEntryCorrected: operator.attrgetter("entry.ActivityDate"),
    InvoiceSaved: operator.attrgetter("invoice.CreationDate"),
    TerminalReported: operator.attrgetter("log.ActivityDate"),
    ReportReceived: operator.attrgetter("log.ActivityDate"),
    SwishStatusReceived: operator.attrgetter("date_paid"),
}
