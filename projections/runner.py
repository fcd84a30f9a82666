"""From the log to the read models: one transaction takes checkpoints, reads, applies, and moves them.

Exactly once, whoever runs it and whenever it is killed: the rows and the checkpoint that says so are one commit, and
holding a checkpoint's row is owning its projection. Any number of runners may start.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import asyncpg

from ledger.database import queries
from ledger.errors import CannotDecode
from ledger.events import NAMES, CustomerErased, Recorded
from ledger.store import Connection, Pool, Vault, read_log, read_streams
from ledger.telling import told
from projections.progress import Progress
from projections.projection import Personal, Projection
from projections.schemas import schema_of

log = logging.getLogger(__name__)

_SQL = queries("projections/runner.sql")
# More save round trips when there is much to catch up with, and are longer in coming.
EVENTS_AT_ONCE = 1000
# Streams made anew at once after an erasure; a long draft has some 500 versions of 5 kB.
STREAMS_AT_ONCE = 50
# SQLSTATE classes that say nothing about the event: connection, rollback by the server, resources, operator, system.
_PASSING = ("08", "25", "40", "53", "55", "57", "58")


# Events of a tenant from position `after` + 1 on, at most `limit`, their records in full or lean shape.
Reader = Callable[[Connection, int, int, int, Vault], Awaitable[list[Recorded]]]


async def read_lean(connection: Connection, tenant_id: int, after: int, limit: int, vault: Vault) -> list[Recorded]:
    """From the log itself."""
    return await read_log(connection, tenant_id, after, limit, vault, lean=True)


class Outcome(NamedTuple):
    """What became of a batch: the position a projection has come to, and why it stopped there, if it did."""

    projection: str
    position: int
    error: str | None = None


class Behind(NamedTuple):
    """A tenant whose log ends at `head`, and the position of the projection that is farthest from there."""

    tenant_id: int
    head: int
    position: int


class Runner:
    """Applies the log to projections.

    A projection that raises is stopped before the event it cannot apply: its checkpoint keeps position and error, the
    others go on, and it is tried again when a process starts (`start`) or after a rebuild. `suffix` names another
    generation of the same projections (`rebuild`).
    """

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        projections: Iterable[Projection],
        *,
        progress: Progress | None = None,
        suffix: str = "",
        read: Reader = read_lean,
    ) -> None:
        self._pool, self._vault, self._progress, self._read_log = pool, vault, progress, read
        self._projections = {projection.name + suffix: projection for projection in projections}
        self._schemas = ", ".join(map(schema_of, self._projections))

    async def start(self) -> None:
        """Lets stopped projections try again: this process may know better."""
        await self._pool.execute(_SQL["start_again"], list(self._projections))

    async def behind(self, connection: Connection, tenants: Iterable[int] | None = None) -> list[Behind]:
        """Those of some tenants, or of all, with events that are not applied yet."""
        some = sorted(tenants) if tenants is not None else None
        return [Behind(*row) for row in await connection.fetch(_SQL["tenants_behind"], list(self._projections), some)]

    async def step(self, tenant_id: int) -> int:
        """Applies the next events of a tenant, and returns how many; 0: there are none, or another runner has them."""
        async with self._pool.acquire() as connection:
            return await self.step_on(connection, tenant_id)

    async def step_on(self, connection: Connection, tenant_id: int) -> int:
        """`step` over a connection of the caller's, which is in no transaction."""
        async with connection.transaction():
            applied = await self.apply_next(connection, tenant_id)
        if applied and self._progress is not None:
            self._progress.moved()
        return applied

    async def apply_next(self, connection: Connection, tenant_id: int, limit: int | None = None) -> int:
        """`step` inside the caller's transaction; at most `limit` events."""
        await connection.execute(_SQL["begin_step"], self._schemas, tenant_id)
        names = list(self._projections)
        taken = await connection.fetch(_SQL["take_checkpoints"], tenant_id, names)
        if len(taken) < len(names):
            # A new tenant, a new projection; or another runner is at work, or one has stopped.
            await self.add_checkpoints(connection, tenant_id)
            taken = await connection.fetch(_SQL["take_checkpoints"], tenant_id, names)
        outcomes, applied = [], 0
        for position, group in itertools.groupby(sorted(taken, key=_position), key=_position):
            names = [row["projection"] for row in group]
            found, count = await self._apply_from(connection, tenant_id, position, names, limit or EVENTS_AT_ONCE)
            outcomes += found
            applied += count
        if outcomes:
            columns = zip(*outcomes, strict=True)
            await connection.execute(_SQL["move_checkpoints"], tenant_id, *map(list, columns))
        return applied

    async def add_checkpoints(self, connection: Connection, tenant_id: int) -> None:
        """Those of its projections that have none yet, before the first event."""
        await connection.execute(_SQL["add_checkpoints"], tenant_id, list(self._projections))

    async def _apply_from(
        self, connection: Connection, tenant_id: int, position: int, names: Sequence[str], limit: int
    ) -> tuple[list[Outcome], int]:
        """Applies the events after `position` to the projections that stand there; read and decoded once for all."""
        try:
            events = await self._read(connection, tenant_id, position, min(limit, EVENTS_AT_ONCE))
            if events and events[0].position != position + 1:
                raise CannotDecode(f"event {position + 1} is missing: the log goes on at {events[0].position}")
        except CannotDecode as error:
            log.exception("tenant %d: no projection can go on after position %d", tenant_id, position)
            return [Outcome(name, position, str(error)) for name in names], 0
        if not events:
            return [], 0
        if not await self._apply_together(connection, tenant_id, names, events):
            return [await self._apply(connection, tenant_id, name, events, position) for name in names], len(events)
        return [Outcome(name, events[-1].position) for name in names], len(events)

    async def _read(self, connection: Connection, tenant_id: int, after: int, limit: int) -> list[Recorded]:
        """The next events; those before one that cannot be decoded, which is raised once it is the next."""
        try:
            return await self._read_log(connection, tenant_id, after, limit, self._vault)
        except CannotDecode:
            if limit == 1:
                raise
            return await self._read(connection, tenant_id, after, limit // 2)

    async def _apply_together(
        self, connection: Connection, tenant_id: int, names: Sequence[str], events: Sequence[Recorded]
    ) -> bool:
        """Applies events to all projections at one stroke; False: one of them raised, and nothing was applied."""
        try:
            async with connection.transaction():
                for name in names:
                    await self.hand_over(connection, tenant_id, name, events)
        except Exception as error:
            if is_passing(error):
                raise
            return False
        return True

    async def hand_over(self, connection: Connection, tenant_id: int, name: str, events: Sequence[Recorded]) -> None:
        """Applies events to a projection, by its name in this generation, in the caller's transaction."""
        projection = self._projections[name]
        wanted = [recorded for recorded in events if type(recorded.event) in projection.handles]
        if isinstance(projection, Personal):
            await self._renew(connection, tenant_id, projection, wanted, events[0].position)
        if wanted:
            await projection.apply(connection, tenant_id, wanted)

    async def _renew(
        self, connection: Connection, tenant_id: int, projection: Personal, events: Sequence[Recorded], before: int
    ) -> None:
        """What an erasure among the events concerns, as the log tells it now: without what only erased keys open.

        The events themselves were opened after the erasure (`read_log`), as they will be in any rebuild.
        """
        erased = [recorded.event.streams for recorded in events if type(recorded.event) is CustomerErased]
        streams = sorted({name for names in erased for name in names if name.startswith(projection.streams)})
        for at in range(0, len(streams), STREAMS_AT_ONCE):
            some = streams[at : at + STREAMS_AT_ONCE]
            if told := await read_streams(connection, tenant_id, some, before, self._vault):
                await projection.renew(connection, tenant_id, told)

    async def _apply(
        self, connection: Connection, tenant_id: int, name: str, events: Sequence[Recorded], position: int
    ) -> Outcome:
        """Applies events after `position`; where that fails, as many as can be applied one half after the other."""
        try:
            async with connection.transaction():
                await self.hand_over(connection, tenant_id, name, events)
            return Outcome(name, events[-1].position)
        except Exception as error:
            if is_passing(error):
                raise
            if len(events) == 1:
                found = f"event {events[0].position} ({NAMES[type(events[0].event)][0]}): {told(error)}"
                log.exception("projection %s of tenant %d stopped: %s", name, tenant_id, found)
                return Outcome(name, position, found)
        half = len(events) // 2
        outcome = await self._apply(connection, tenant_id, name, events[:half], position)
        if outcome.error is not None:
            return outcome
        return await self._apply(connection, tenant_id, name, events[half:], outcome.position)


def _position(row: Any) -> int:
    found: int = row["position"]
    return found


def is_passing(error: BaseException) -> bool:
    """Whether the same events may well be applied a moment later: the database's trouble, not the projection's."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "08").startswith(_PASSING)
    return isinstance(error, (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError))
