"""The master key changes: every key it wraps is wrapped anew. No event is touched, and it may stop anywhere."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from ledger import key_file
from ledger.database import others, queries, reading
from ledger.errors import LedgerError
from ledger.store import Pool, Vault

_SQL = queries("ledger/rotation.sql")
KEYS_AT_ONCE = 500

# Called with how many keys of how many have been looked at.
Report = Callable[[int, int], None]


class OthersAtWork(LedgerError):
    """Processes are connected that may have only the old key in memory."""

    def __init__(self) -> None:
        super().__init__(
            "other processes of this ledger are connected to its database, and what they hold in memory is the old "
            "master key: stop them, then run this again"
        )


async def rewrap(pool: Pool, vault: Vault, report: Report) -> int:
    """Wraps with the vault's first key whatever another of its keys wraps; gives how many that were.

    LedgerError: something is wrapped by a key that the vault has not. What an erasure takes away meanwhile stays away.
    """
    tenants = await pool.fetch(_SQL["tenants"])
    changed = 0
    for tenant_id, name, secret in tenants:
        if (anew := vault.rewrapped(secret, f"tenant/{name}")) is not None:
            await pool.execute(_SQL["rewrap_secret"], tenant_id, secret, anew)
            changed += 1
    counts = [await _count(pool, tenant_id) for tenant_id, _, _ in tenants]
    done, total = 0, sum(counts)
    for tenant_id, _, _ in tenants:
        last = ""
        while rows := await _next(pool, tenant_id, last):
            anew_by_subject = [
                (subject, wrapped, anew)
                for subject, wrapped in rows
                if (anew := vault.rewrapped(wrapped, f"{tenant_id}/{subject}")) is not None
            ]
            if anew_by_subject:
                await _write(pool, tenant_id, anew_by_subject)
            changed, done, last = changed + len(anew_by_subject), done + len(rows), rows[-1][0]
            report(done, max(done, total))
    return changed


async def _count(pool: Pool, tenant_id: int) -> int:
    async with reading(pool, tenant_id) as connection:
        found: int = await connection.fetchval(_SQL["count_keys"], tenant_id)
        return found


async def _next(pool: Pool, tenant_id: int, after: str) -> list[tuple[str, bytes]]:
    async with reading(pool, tenant_id) as connection:
        return [tuple(row) for row in await connection.fetch(_SQL["next_keys"], tenant_id, after, KEYS_AT_ONCE)]


async def _write(pool: Pool, tenant_id: int, rows: list[tuple[str, bytes, bytes]]) -> None:
    async with reading(pool, tenant_id) as connection:
        await connection.execute(_SQL["rewrap_keys"], tenant_id, *map(list, zip(*rows, strict=True)))


async def check_alone(pool: Pool) -> None:
    """OthersAtWork: another process of this ledger is connected."""
    if await others(pool):
        raise OthersAtWork


def begin_in_file(path: Path) -> tuple[bytes, ...]:
    """The keys to rotate with, the new one first: it is in the file, before the old one, before anything is wrapped.

    A file that holds more than one belongs to a rotation that was interrupted, which goes on with those.
    """
    keys = key_file.read_keys(path)
    if len(keys) == 1:
        keys = (secrets.token_bytes(key_file.KEY_LENGTH), *keys)
        key_file.write_keys(path, keys, replace=True)
    return keys


def end_in_file(path: Path, keys: tuple[bytes, ...]) -> None:
    """Nothing needs the old keys any more."""
    key_file.write_keys(path, keys[:1], replace=True)
