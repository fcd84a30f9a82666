"""What the database keeps of the sealed log, and the hashes of the events: every query of sealer and checks.

A connection acts for the tenant (`Connection.act_for`) before any of these but `standing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import asyncpg

from ledger.audit.tiles import Tile, split
from ledger.database import SEAL_LOCK, queries
from ledger.errors import LedgerError
from ledger.store import Connection

_SQL = queries("ledger/audit/queries.sql")
_ORIGIN = re.compile(r"order-ledger/([a-z0-9][a-z0-9-]{0,62})(?:/([1-9][0-9]{0,8}))?", re.ASCII)


class Changed(LedgerError):
    """The log, or what is kept of its seal, is not what was signed. The message says where, and holds no content."""


class Standing(NamedTuple):
    """How far a tenant's log has come, and how far it is sealed. Without `generation`: it was never sealed.

    `size` is that of the newest signed checkpoint; `stopped` says why the generation is not signed any more.
    """

    tenant_id: int
    name: str
    head: int
    generation: int | None
    vkey: str | None
    size: int | None
    stopped: str | None


class Age(NamedTuple):
    """Seconds since a tenant's newest checkpoint was signed, and since the oldest event came that none covers."""

    tenant_id: int
    signed: float | None
    waiting: float | None


class Signed(NamedTuple):
    """A signed note and the size it is for."""

    size: int
    note: str


def origin_of(tenant: str, generation: int) -> str:
    """What a tenant's log is called, and its key: from the second generation on with its number."""
    return f"order-ledger/{tenant}" if generation == 1 else f"order-ledger/{tenant}/{generation}"


def generation_of(note: str, tenant: str) -> int | None:
    """The generation of a tenant's log that a note says it is of; None: it is of none."""
    found = _ORIGIN.fullmatch(note.partition("\n")[0])
    if found is None or found[1] != tenant or found[2] == "1":
        return None
    return int(found[2] or 1)


async def standing(connection: Connection, *, stopped: bool = False) -> list[Standing]:
    """Of every tenant; or only of those whose newest generation is `stopped`."""
    return [Standing(*row) for row in await connection.fetch(_SQL["seals"], stopped)]


async def ages(connection: Connection) -> dict[int, Age]:
    """Of every tenant, by its number."""
    return {row["tenant_id"]: Age(*row) for row in await connection.fetch(_SQL["seal_ages"])}


async def try_lock(connection: Connection, tenant_id: int) -> bool:
    """Whether this connection is the one that seals for the tenant, until it ends."""
    return bool(await connection.fetchval(_SQL["try_lock"], SEAL_LOCK, tenant_id))


async def leaf_hashes(connection: Connection, tenant_id: int, after: int, limit: int) -> list[bytes]:
    """Hashes of the leaves after `after`, `limit` at most, fewer where events are large; none: the log ends there.

    Changed: a position is missing, or an event's columns are such that no leaf was ever made of them.
    """
    try:
        count, first, last, hashes = await connection.fetchrow(_SQL["leaf_hashes"], tenant_id, after, limit)
    except (asyncpg.DataError, asyncpg.FeatureNotSupportedError):  # a time that is infinite
        raise Changed(f"one of the {limit} events after position {after} was altered") from None
    if not count:
        return []
    if first != after + 1:
        raise Changed(f"events are missing after position {after}")
    if last != after + count:
        hole = await connection.fetchval(_SQL["hole_after"], tenant_id, after)
        raise Changed(f"events are missing after position {hole}")
    return split(hashes)


async def add_key(connection: Connection, tenant_id: int, generation: int, vkey: str, reason: str | None) -> None:
    """Registers the key of a generation."""
    await connection.execute(_SQL["add_key"], tenant_id, generation, vkey, reason)


async def add(
    connection: Connection, tenant_id: int, generation: int, tiles: Sequence[Tile], notes: Sequence[Signed]
) -> None:
    """Tiles and signed notes, all or none; what stands already stays. Changed: another note stands for one's size."""
    async with connection.transaction():
        await add_tiles(connection, tenant_id, generation, tiles)
        columns = [note.size for note in notes], [note.note for note in notes]
        await connection.execute(_SQL["add_checkpoints"], tenant_id, generation, *columns)
        size = await connection.fetchval(_SQL["other_checkpoint"], tenant_id, generation, *columns)
        if size is not None:
            raise Changed(f"the database holds another checkpoint of size {size} than the one that was signed")


async def add_tiles(connection: Connection, tenant_id: int, generation: int, tiles: Sequence[Tile]) -> None:
    """Full tiles; what stands already stays."""
    if tiles:
        columns = map(list, zip(*((t.level, t.number, t.hashes, t.root) for t in tiles), strict=True))
        await connection.execute(_SQL["add_tiles"], tenant_id, generation, *columns)


async def stored_tiles(
    connection: Connection, tenant_id: int, generation: int, wanted: Iterable[Tile]
) -> dict[tuple[int, int], Tile]:
    """What is stored in the places of these tiles, by level and number."""
    places = [(tile.level, tile.number) for tile in wanted]
    columns = [level for level, _ in places], [number for _, number in places]
    rows = await connection.fetch(_SQL["tiles"], tenant_id, generation, *columns) if places else []
    return {(row["level"], row["number"]): Tile(*row) for row in rows}


async def checkpoint_note(connection: Connection, tenant_id: int, generation: int, size: int) -> str | None:
    """The signed note of exactly this size; None: none was signed."""
    found: str | None = await connection.fetchval(_SQL["checkpoint"], tenant_id, generation, size)
    return found


async def stop(connection: Connection, tenant_id: int, generation: int, reason: str) -> None:
    """The generation is never signed again."""
    await connection.execute(_SQL["add_stop"], tenant_id, generation, reason)
