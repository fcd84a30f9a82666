"""A read model made anew beside the one in use, and switched to at once.

While the new generation fills, runners keep the old one up and readers read it. The switch is one transaction in which
no runner runs: the new generation catches up with the old one, takes over its checkpoints and its schema's name, and
the old one is dropped. A rebuild that is killed leaves the one in use as it is; the next one starts afresh.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

import asyncpg

from ledger.database import ACT_AS_OWNER, queries
from ledger.errors import LedgerError
from ledger.store import Connection, Pool, Vault
from projections import ALL, NAMES, schemas
from projections.filling import fill
from projections.projection import Projection
from projections.runner import Runner, is_passing
from projections.schemas import schema_of

log = logging.getLogger(__name__)

_SQL = queries("projections/rebuild.sql")
# Advisory lock class; see ledger.database for the others.
REBUILD_LOCK = 0x52454255
# Other generations than the one in use: of a rebuild, and of a replay.
NEXT, SCRATCH = "_next", "_replay"
SWITCH_TRIES = 10


class RebuildRuns(LedgerError):
    """One rebuild at a time: each drops what it finds of another."""


# Called with a projection's name, and how many events of how many it has seen, over all tenants.
Report = Callable[[str, int, int], None]


async def rebuild(pool: Pool, vault: Vault, names: Sequence[str] = NAMES, progress: Report | None = None) -> None:
    """Rebuilds projections from the log, which is read once for all of them.

    LedgerError: there is no such projection, another rebuild runs (RebuildRuns), or an event cannot be applied.
    """
    if unknown := sorted(set(names) - set(NAMES)):
        raise LedgerError(f"no such projection: {', '.join(unknown)} (there are {', '.join(NAMES)})")
    async with one_at_a_time(pool):
        await _rebuild(pool, vault, [one for one in ALL if one.name in names], progress or _quiet)


async def throw_away_leftovers(pool: Pool) -> None:
    """Drops what a killed rebuild or replay has left; the next would begin with that. RebuildRuns: it is not dead."""
    async with one_at_a_time(pool):
        for name in NAMES:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(ACT_AS_OWNER)
                for suffix in (NEXT, SCRATCH):
                    await schemas.drop(connection, schema_of(name + suffix))
                    await forget(connection, name + suffix)


async def forget(connection: Connection, checkpoint: str) -> None:
    """Takes the checkpoints of a generation away, of all tenants."""
    await connection.execute(_SQL["forget_checkpoints"], checkpoint)


@contextlib.asynccontextmanager
async def one_at_a_time(pool: Pool) -> AsyncIterator[None]:
    """While no other rebuild or replay runs. RebuildRuns: one does."""
    async with pool.acquire() as connection:
        if not await connection.fetchval(_SQL["try_lock"], REBUILD_LOCK):
            raise RebuildRuns("a rebuild is running already; let it finish or stop it first")
        try:
            yield
        finally:
            if not connection.is_closed():
                await connection.fetchval(_SQL["unlock"], REBUILD_LOCK)


async def _rebuild(pool: Pool, vault: Vault, projections: Sequence[Projection], progress: Report) -> None:
    for projection in projections:
        await _begin(pool, projection.name)
    await _fill(pool, vault, projections, progress)
    for projection in projections:
        await _take_over(pool, vault, projection, progress)


async def _take_over(pool: Pool, vault: Vault, projection: Projection, progress: Report) -> None:
    """Switches to the next generation as soon as readers of the old one let go."""
    name = projection.name
    for tries in range(SWITCH_TRIES):
        try:
            return await _switch(pool, Runner(pool, vault, [projection], suffix=NEXT), name)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            log.info("rebuild of %s: readers hold the old tables, trying again (%d)", name, tries + 1)
            await asyncio.sleep(1)
            await _fill(pool, vault, [projection], progress)
    raise LedgerError(f"{name} is rebuilt, but the old tables were never free to be dropped; try again")


async def _begin(pool: Pool, name: str) -> None:
    """An empty schema for the next generation, whatever a killed rebuild has left."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ACT_AS_OWNER)
        await schemas.drop(connection, schema_of(name + NEXT))
        await schemas.create(connection, name, schema_of(name + NEXT))
        await forget(connection, name + NEXT)


class _Standing(NamedTuple):
    """How far the next generation of a projection has come in a tenant's log, and the one in use."""

    tenant_id: int
    name: str
    next: int
    live: int
    error: str | None
    head: int


async def _standing(connection: Connection, names: Sequence[str]) -> list[_Standing]:
    """By tenant. LedgerError: a projection cannot be applied to the log."""
    found = [_Standing(*row) for row in await connection.fetch(_SQL["standing"], names, NEXT)]
    for one in found:
        if one.error is not None:
            raise LedgerError(f"{one.name} cannot be rebuilt, tenant {one.tenant_id}: {one.error}")
    return found


async def _fill(pool: Pool, vault: Vault, projections: Sequence[Projection], progress: Report) -> None:
    """Applies the log to next generations until they are where the log ends, or nearly."""
    names = [projection.name for projection in projections]
    while True:
        async with pool.acquire() as connection:
            standing = await _standing(connection, names)
        told = _Progress(standing, progress)
        behind = [one for one in standing if one.next < one.head]
        if not behind:
            return
        for (tenant_id, position), group in itertools.groupby(sorted(behind, key=_place), key=_place):
            at = {one.name for one in group}
            some = [projection for projection in projections if projection.name in at]
            await _fill_from(pool, vault, some, tenant_id, position, told)


def _place(one: _Standing) -> tuple[int, int]:
    return one.tenant_id, one.next


async def _fill_from(
    pool: Pool, vault: Vault, projections: Sequence[Projection], tenant_id: int, position: int, told: _Progress
) -> None:
    """Applies the log after `position` to projections that stand there."""
    try:
        await fill(pool, vault, projections, NEXT, tenant_id, position, functools.partial(told.moved, tenant_id))
    except ExceptionGroup as group:
        passing, _ = group.split(is_passing)
        if passing is not None:
            raise passing from None
        # One event after the other: the checkpoint will say which one it is, and why.
        if not await Runner(pool, vault, projections, suffix=NEXT).step(tenant_id):
            raise


class _Progress:
    """Tells how far each projection has come, over all tenants."""

    def __init__(self, standing: Sequence[_Standing], report: Report) -> None:
        self._report = report
        self._at = {(one.tenant_id, one.name): one.next for one in standing}
        self._done, self._total = Counter[str](), Counter[str]()
        for one in standing:
            self._done[one.name] += one.next
            self._total[one.name] += one.head
        for name in self._total:
            report(name, self._done[name], self._total[name])

    def moved(self, tenant_id: int, name: str, position: int) -> None:
        """A projection has come to a position of a tenant's log, which may have grown meanwhile."""
        self._done[name] += position - self._at[tenant_id, name]
        self._at[tenant_id, name] = position
        self._report(name, self._done[name], max(self._done[name], self._total[name]))


async def _switch(pool: Pool, runner: Runner, name: str) -> None:
    """The next generation comes into use; no reader goes back in time. LockNotAvailableError: one held the old."""
    old, new = schema_of(name), schema_of(name + NEXT)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ACT_AS_OWNER)
        await connection.execute(_SQL["wait_briefly"])
        await connection.execute(_SQL["hold_all_projections"])
        await _overtake(connection, runner, name)
        await schemas.drop(connection, old)
        await schemas.rename(connection, new, old)
        await forget(connection, name)
        await connection.execute(_SQL["rename_checkpoints"], name + NEXT, name)


async def _overtake(connection: Connection, runner: Runner, name: str) -> None:
    """What the generation in use has seen while the next one filled."""
    for tenant in await _standing(connection, [name]):
        position = tenant.next
        while position < tenant.live:
            applied = await runner.apply_next(connection, tenant.tenant_id)
            if not applied:
                raise LedgerError(f"{name} cannot be rebuilt: tenant {tenant.tenant_id} stays at {position}")
            position += applied
    await _standing(connection, [name])


def _quiet(name: str, done: int, total: int) -> None:
    pass
