"""A log of many events and sealers for it, for tests of what is signed: real files, real roles, real connections."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from ledger.audit.leaf import leaf, leaf_hash
from ledger.audit.memory import Memory
from ledger.audit.note import Checkpoint, Verifier, open_checkpoint
from ledger.audit.sealer import Sealer
from ledger.audit.tree import root_of
from ledger.database import SEALER, open_pool
from ledger.store import Connection, Pool, Vault, to_microseconds
from ledger.tenants import add_tenant
from tests.integration.shop import APPEND, MASTER_KEY
from tests.integration.test_startup import SCRIPT, environment

# Superusers change what they like once they have switched the triggers off.
AS_SUPERUSER = "SET session_replication_role = replica"
_EVENTS = "SELECT * FROM ledger.events WHERE tenant_id = $1 ORDER BY position"
_NOTES = "SELECT size, note FROM ledger.signed_checkpoints WHERE tenant_id = $1 AND generation = $2 ORDER BY size"


class Book(NamedTuple):
    """The log of one tenant; `owner` is a connection of the database's superuser."""

    dsn: str
    tenant_id: int
    name: str
    owner: Any

    async def append(self, count: int, chance: random.Random | None = None) -> None:
        """So many random events."""
        chance = chance or random.Random(count)
        pool = await open_pool(self.dsn, max_size=1, tenant_id=self.tenant_id)
        for _ in range(0, count, 1000):
            number = min(count, 1000)
            count -= number
            await pool.execute(f"SELECT * FROM ({APPEND}) AS appended", self.tenant_id, *columns(chance, number))
        await pool.close()

    async def leaves(self) -> list[bytes]:
        """The hashes of all events, by the definition in Python."""
        return [hash_of(row) for row in await self.owner.fetch(_EVENTS, self.tenant_id)]

    async def notes(self, generation: int = 1) -> dict[int, str]:
        """Every signed note by its size."""
        return {row["size"]: row["note"] for row in await self.owner.fetch(_NOTES, self.tenant_id, generation)}

    async def vkey(self, generation: int = 1) -> str:
        """The registered key."""
        found = await self.owner.fetchval(
            "SELECT vkey FROM ledger.seal_keys WHERE tenant_id = $1 AND generation = $2", self.tenant_id, generation
        )
        assert isinstance(found, str)
        return found

    async def is_sealed(self, size: int, generation: int = 1) -> bool:
        """Whether a checkpoint of this size is there."""
        return size in await self.notes(generation)

    async def stopped(self) -> str | None:
        """Why the newest generation is not signed any more."""
        found: str | None = await self.owner.fetchval(
            "SELECT stopped FROM ledger.seals() WHERE tenant_id = $1", self.tenant_id
        )
        return found

    async def tamper(self, *statements: str) -> None:
        """What only the database's owner can do."""
        async with self.owner.transaction():
            await self.owner.execute(AS_SUPERUSER.replace("SET ", "SET LOCAL "))
            for statement in statements:
                await self.owner.execute(statement)

    async def check(self, generation: int = 1) -> dict[int, Checkpoint]:
        """Every note there is: signed by the registered key, and of the log as it stands, none left out."""
        leaves, verifier = await self.leaves(), Verifier.parse(await self.vkey(generation))
        found = {size: open_checkpoint(note, verifier) for size, note in (await self.notes(generation)).items()}
        assert all(one.size == size and one.root == root_of(leaves[:size]) for size, one in found.items())
        assert set(range(0, len(leaves), 256)) | {len(leaves)} <= set(found)
        return found


def columns(chance: random.Random, count: int) -> list[list[Any]]:
    """Random events as the append takes them, each in a stream of its own; all the widths and corners a leaf has."""
    begin = datetime(1900, 1, 1, tzinfo=UTC)
    moments = [begin + timedelta(microseconds=chance.randrange(300 * 365 * 86_400 * 10**6)) for _ in range(count)]
    ids = [UUID(int=chance.getrandbits(128)) for _ in range(count)]
    return [
        ids, [f"order-{id_}{'é€𝄞' * chance.randrange(2)}" for id_ in ids], [1] * count,
        [chance.choice(("order.drafted", "påslagen", "x")) for _ in ids], [chance.randrange(1, 2**31) for _ in ids],
        moments, [chance.randbytes(chance.choice((0, 2, 300))) for _ in ids],
        [chance.randbytes(chance.choice((0, 2, 2000, 9000)) if index % 50 == 0 else 40) for index, _ in enumerate(ids)],
    ]  # fmt: skip


def hash_of(row: Any) -> bytes:
    """The leaf hash of a row of the log, by the definition in Python."""
    return leaf_hash(
        leaf(
            row["event_id"].bytes, row["stream"].encode(), row["version"], row["type"].encode(), row["schema_version"],
            to_microseconds(row["occurred_at"]), to_microseconds(row["recorded_at"]), row["metadata"], row["data"],
        )
    )  # fmt: skip


@contextlib.asynccontextmanager
async def open_book(dsn: str, name: str = "shop", tenant_id: int = 1) -> AsyncIterator[Book]:
    """The log of a tenant of this name, made if it is not there."""
    pool = await open_pool(dsn, max_size=1)
    await add_tenant(pool, Vault(MASTER_KEY), name)
    await pool.close()
    owner = await asyncpg.connect(dsn)
    try:
        yield Book(dsn, tenant_id, name, owner)
    finally:
        await owner.close()


@contextlib.asynccontextmanager
async def sealer_pool(dsn: str) -> AsyncIterator[Pool]:
    """A pool as the sealer has it."""
    pool = await open_pool(dsn, max_size=1, role=SEALER)
    try:
        yield pool
    finally:
        pool.terminate()


async def seal(dsn: str, directory: Path) -> Sealer:
    """One start of a sealer, until it has nothing to do."""
    async with sealer_pool(dsn) as pool, pool.acquire() as connection:
        return await settle(Sealer(pool, Memory(directory)), connection)


async def settle(sealer: Sealer, connection: Connection) -> Sealer:
    """A sealer that has nothing more to do."""
    for _ in range(60):
        if not await sealer.round(connection):
            return sealer
    raise AssertionError("it does not come to rest")


@contextlib.asynccontextmanager
async def sealing(dsn: str, directory: Path) -> AsyncIterator[Sealer]:
    """A sealer at work."""
    stop = asyncio.Event()
    async with sealer_pool(dsn) as pool:
        sealer = Sealer(pool, Memory(directory))
        task = asyncio.create_task(sealer.run(stop))
        try:
            yield sealer
        finally:
            stop.set()
            await task


def start(dsn: str, directory: Path) -> subprocess.Popen[str]:
    """`order-ledger seal`, that has begun."""
    settings = environment({"DATABASE_URL": dsn, "SEAL_DIR": str(directory), "DATA_DIR": str(directory / "data")})
    process = subprocess.Popen([SCRIPT, "seal"], env=settings, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Sealing")
    process.stdout.close()
    return process


async def until(what: Callable[[], Awaitable[object]]) -> None:
    """Returns when `what` gives something; there is no hurry."""
    for _ in range(3000):
        if await what():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it does not happen")


def files(directory: Path) -> set[str]:
    """What lies in it, without the locks."""
    return {path.name for path in directory.iterdir() if path.suffix != ".lock"}
