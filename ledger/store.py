"""Reading the log, and the keys of what is personal in it. I/O; what the bytes mean is `codec`'s affair."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger import codec
from ledger.database import TENANT_LOCK, queries
from ledger.errors import CannotDecode, LedgerError
from ledger.events import Recorded

_SQL = queries("ledger/queries.sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEYS_AT_MOST = 20_000

# What a pool lends is a proxy of a connection; asyncpg is untyped here, so the two names only tell the reader.
Connection: TypeAlias = Any
Pool: TypeAlias = Any


def to_microseconds(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(moment: int) -> datetime:
    """Microseconds since 1970 UTC as an aware datetime."""
    return _EPOCH + timedelta(microseconds=moment)


class Vault:
    """Wraps and unwraps keys with the master key (32 bytes), and keeps recently used personal keys in memory."""

    def __init__(self, master_key: bytes) -> None:
        self._master = AESGCM(master_key)
        self._keys: dict[tuple[int, str], bytes] = {}

    def wrap(self, key: bytes, purpose: str) -> bytes:
        """`key` as ciphertext; `purpose` binds it to what it is for."""
        nonce = os.urandom(codec.NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, purpose.encode())

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """The key again. LedgerError: another master key wrapped it."""
        try:
            return self._master.decrypt(wrapped[: codec.NONCE_BYTES], wrapped[codec.NONCE_BYTES :], purpose.encode())
        except InvalidTag:
            raise LedgerError("the master key is not the one this ledger was written with (MASTER_KEY)") from None

    async def keys(self, connection: Connection, tenant_id: int, subjects: Iterable[str]) -> dict[str, bytes]:
        """The personal keys of these subjects, without those that were erased or never made."""
        wanted = set(subjects)
        missing = [subject for subject in wanted if (tenant_id, subject) not in self._keys]
        if missing:
            for row in await connection.fetch(_SQL["read_personal_keys"], tenant_id, missing):
                self.remember(tenant_id, row["subject"], self.unwrap(row["wrapped"], f"{tenant_id}/{row['subject']}"))
        return {subject: key for subject in wanted if (key := self._keys.get((tenant_id, subject))) is not None}

    def remember(self, tenant_id: int, subject: str, key: bytes) -> None:
        """Keeps a key that is in the database for sure."""
        if len(self._keys) >= _KEYS_AT_MOST:
            self._keys.clear()
        self._keys[tenant_id, subject] = key


async def decode_rows(
    connection: Connection,
    tenant_id: int,
    rows: Sequence[asyncpg.Record],
    vault: Vault,
    *,
    fingerprints: bool = False,
    full: bool = False,
) -> list[Recorded]:
    """Rows of the log as events, personal data opened; `full` see `codec.decode`. CannotDecode names the position."""
    subjects = {subject for row in rows if (subject := codec.subject(row["data"])) is not None}
    keys = await vault.keys(connection, tenant_id, subjects) if subjects else {}
    return [_decode_row(row, keys, fingerprints, full) for row in rows]


def _decode_row(row: asyncpg.Record, keys: dict[str, bytes], fingerprints: bool, full: bool) -> Recorded:
    position, event_id, stream, version, name, schema_version, occurred_at, recorded_at, metadata, data = row[:10]
    try:
        event = codec.decode(name, schema_version, data, keys, event_id.bytes, full=full)
        fingerprint = codec.decode_metadata(metadata).fingerprint if fingerprints else None
    except CannotDecode as error:
        raise CannotDecode(f"event {position}: {error}") from error
    return Recorded(
        position, stream, version, to_microseconds(occurred_at), to_microseconds(recorded_at), event, fingerprint
    )


async def read_log(
    connection: Connection, tenant_id: int, after: int, limit: int, vault: Vault, *, full: bool = False
) -> list[Recorded]:
    """At most `limit` events from position `after` + 1 on, in order and without a hole; `full` see `codec.decode`."""
    rows = await connection.fetch(_SQL["read_log"], tenant_id, after, limit)
    return await decode_rows(connection, tenant_id, rows, vault, full=full)


async def head(connection: Connection, tenant_id: int) -> int:
    """The newest position, 0 for an empty log."""
    found: int = await connection.fetchval(_SQL["head"], tenant_id)
    return found


async def settled_head(pool: Pool, tenant_id: int) -> int:
    """The head after every write that was in flight at the call has committed or failed."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_SQL["lock_tenant_shared"], TENANT_LOCK, tenant_id)
        return await head(connection, tenant_id)
