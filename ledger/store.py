"""Reading the log, and the keys of what is personal in it. I/O; what the bytes mean is `codec`'s affair."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger import codec
from ledger.codec import Metadata
from ledger.database import TENANT_LOCK, queries, reading
from ledger.errors import CannotDecode, LedgerError
from ledger.events import NAMES, CustomerErased, Recorded

_SQL = queries("ledger/queries.sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS_AT_MOST = 20_000
_ERASED, _ = NAMES[CustomerErased]

# What a pool lends is a proxy of a connection; asyncpg is untyped here, so the two names only tell the reader.
Connection: TypeAlias = Any
Pool: TypeAlias = Any


@functools.lru_cache(maxsize=256)
def to_microseconds(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@functools.lru_cache(maxsize=256)
def from_microseconds(moment: int) -> datetime:
    """Microseconds since 1970 UTC as an aware datetime; what was appended together asks for the same."""
    return _EPOCH + timedelta(microseconds=moment)


class Vault:
    """Wraps keys with the first master key (32 bytes), unwraps them with any, and keeps recently used personal keys.

    Without a master key it has no keys to give: for a reader who shall not see what is personal.
    """

    def __init__(self, *master_keys: bytes) -> None:
        self._masters = [AESGCM(key) for key in master_keys]
        self._keys: dict[tuple[int, str], bytes | None] = {}

    def wrap(self, key: bytes, purpose: str) -> bytes:
        """`key` as ciphertext; `purpose` binds it to what it is for."""
        nonce = os.urandom(codec.NONCE_BYTES)
        return nonce + self._masters[0].encrypt(nonce, key, purpose.encode())

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """The key again. LedgerError: a master key wrapped it that is not here."""
        nonce, box = wrapped[: codec.NONCE_BYTES], wrapped[codec.NONCE_BYTES :]
        for master in self._masters:
            with contextlib.suppress(InvalidTag):
                return master.decrypt(nonce, box, purpose.encode())
        raise LedgerError(
            "the master key is not the one this ledger was written with: give that one as MASTER_KEY, or as master.key "
            "in DATA_DIR"
        )

    def rewrapped(self, wrapped: bytes, purpose: str) -> bytes | None:
        """The same key wrapped with the first master key; None where it is. LedgerError as `unwrap`."""
        with contextlib.suppress(InvalidTag):
            self._masters[0].decrypt(wrapped[: codec.NONCE_BYTES], wrapped[codec.NONCE_BYTES :], purpose.encode())
            return None
        return self.wrap(self.unwrap(wrapped, purpose), purpose)

    async def keys(self, connection: Connection, tenant_id: int, subjects: Iterable[str]) -> dict[str, bytes]:
        """The personal keys of these subjects, without those that were erased or never made."""
        found = await self.standing(connection, tenant_id, subjects)
        return {subject: key for subject, key in found.items() if key is not None}

    async def standing(
        self, connection: Connection, tenant_id: int, subjects: Iterable[str]
    ) -> dict[str, bytes | None]:
        """The personal keys of those subjects that ever had one; None for those that were erased. CannotDecode: one was
        wrapped with a master key that is not here.
        """
        if not self.opens:
            return {}
        wanted = set(subjects)
        found = {subject: self._keys[tenant_id, subject] for subject in wanted if (tenant_id, subject) in self._keys}
        if len(found) < len(wanted):
            missing = list(wanted - found.keys())
            for subject, wrapped in await connection.fetch(_SQL["read_personal_keys"], tenant_id, missing):
                try:
                    found[subject] = None if wrapped is None else self.unwrap(wrapped, f"{tenant_id}/{subject}")
                except LedgerError as error:
                    raise CannotDecode(f"the key of {subject} cannot be opened: {error}") from None
                self._remember(tenant_id, subject, found[subject])
        return found

    def uncached(self) -> Vault:
        """One that remembers nothing yet: for a reader that no writer tells of erasures."""
        other = Vault()
        other._masters = self._masters
        return other

    @property
    def opens(self) -> bool:
        """Whether it may open anything: without a master key it leaves out what is personal."""
        return bool(self._masters)

    def forget(self, tenant_id: int) -> None:
        """Asks the database for every key of a tenant again: some are gone."""
        self._keys = {place: key for place, key in self._keys.items() if place[0] != tenant_id}

    def _remember(self, tenant_id: int, subject: str, key: bytes | None) -> None:
        if len(self._keys) >= _KEYS_AT_MOST:
            self._keys.clear()
        self._keys[tenant_id, subject] = key


class Stored(NamedTuple):
    """An event with what the log says about it. `erased`: what was personal in it is gone with its key."""

    recorded: Recorded
    event_id: UUID
    type: str
    metadata: Metadata
    erased: bool


async def decode_rows(
    connection: Connection,
    tenant_id: int,
    rows: Sequence[asyncpg.Record],
    vault: Vault,
    *,
    fingerprints: bool = False,
    full: bool = False,
    lean: bool = False,
) -> list[Recorded]:
    """Rows of the log as events, personal data opened; `full` and `lean` see `codec.decode`. CannotDecode names the
    position.
    """
    subjects = {subject for row in rows if (subject := codec.subject(row[9])) is not None}
    keys = await vault.keys(connection, tenant_id, subjects) if subjects else {}
    return [_decode_row(row, keys, fingerprints, full, lean) for row in rows]


def _decode_row(
    row: asyncpg.Record, keys: dict[str, bytes], fingerprints: bool, full: bool, lean: bool = False
) -> Recorded:
    position, event_id, stream, version, name, schema_version, occurred_at, recorded_at, metadata, data = row[:10]
    try:
        event = codec.decode(name, schema_version, data, keys, event_id.bytes, full=full, lean=lean)
        fingerprint = codec.decode_metadata(metadata).fingerprint if fingerprints else None
    except CannotDecode as error:
        raise CannotDecode(f"event {position}: {error}") from error
    return Recorded(
        position, stream, version, to_microseconds(occurred_at), to_microseconds(recorded_at), event, fingerprint
    )


async def read_log(
    connection: Connection, tenant_id: int, after: int, limit: int, vault: Vault, *, lean: bool = False
) -> list[Recorded]:
    """At most `limit` events from position `after` + 1 on, in order and without a hole; `lean` see `codec.decode`."""
    rows = await connection.fetch(_SQL["read_log"], tenant_id, after, limit)
    if any(row["type"] == _ERASED for row in rows):
        vault.forget(tenant_id)
    return await decode_rows(connection, tenant_id, rows, vault, lean=lean)


async def read_stream(
    connection: Connection, tenant_id: int, stream: str, after: int, until: int, limit: int, vault: Vault
) -> list[Stored]:
    """The next events of a stream: at most `limit` of those after version `after`, up to position `until`; none: there
    are no more. Their records have their full shape. CannotDecode names the position.
    """
    rows = await connection.fetch(_SQL["read_stream"], tenant_id, stream, after, until, limit)
    sealed_by = [codec.subject(row["data"]) for row in rows]
    keys = await vault.keys(connection, tenant_id, filter(None, sealed_by))
    return [
        Stored(
            _decode_row(row, keys, False, True),
            row["event_id"],
            row["type"],
            codec.decode_metadata(row["metadata"]),
            vault.opens and subject is not None and subject not in keys,
        )
        for row, subject in zip(rows, sealed_by, strict=True)
    ]


async def read_streams(
    connection: Connection, tenant_id: int, streams: Sequence[str], before: int, vault: Vault
) -> list[Recorded]:
    """Every event of these streams from before a position, in order, with its records in their lean shape."""
    rows = await connection.fetch(_SQL["read_streams"], tenant_id, streams, before)
    return await decode_rows(connection, tenant_id, rows, vault, lean=True)


async def head(connection: Connection, tenant_id: int) -> int:
    """The newest position, 0 for an empty log."""
    found: int = await connection.fetchval(_SQL["head"], tenant_id)
    return found


async def position_at(connection: Connection, tenant_id: int, instant: datetime) -> int:
    """The newest position recorded by an aware instant, 0 for none."""
    found: int = await connection.fetchval(_SQL["position_at"], tenant_id, instant)
    return found


async def settled_head(pool: Pool, tenant_id: int) -> int:
    """The head after every write that was in flight at the call has committed or failed."""
    async with reading(pool, tenant_id) as connection:
        # A statement of its own gives the lock back as it ends: no writer waits for this process to come to the next. A
        # commit is seen before its lock is given back, so that the head is that of all who had it.
        await connection.execute(_SQL["wait_for_writers"], TENANT_LOCK, tenant_id)
        return await head(connection, tenant_id)
