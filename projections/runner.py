"""From the log to the read models: one transaction takes checkpoints, reads, applies, and moves them.

Exactly once, whoever runs it and whenever it is killed: the rows and the checkpoint that says so are one commit, and
holding a checkpoint's row is owning its projection. Any number of runners may start.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import asyncpg

from ledger.database import queries
from ledger.errors import CannotDecode
from ledger.events import NAMES, CustomerErased, Recorded
from ledger.store import Connection, Pool, Vault, read_log, read_streams
from ledger.telling import told
from ledger.waits import first_of
from projections import ALL
from projections.progress import Progress
from projections.projection import Personal, Projection
from projections.schemas import schema_of
from projections.standing import standings, totals

log = logging.getLogger(__name__)

_SQL = queries("projections/runner.sql")
CHANNEL = "ledger"
# More save round trips when there is much to catch up with; so many hold up the event loop, which the API shares, for
# some 20 ms at a time.
EVENTS_AT_ONCE = 800
# Streams made anew at once after an erasure; a long draft has some 500 versions of 5 kB.
STREAMS_AT_ONCE = 50
POLL_SECONDS = 0.5
REST_SECONDS = 0.1
BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
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

    async def behind(self, connection: Connection) -> list[int]:
        """The tenants with events that are not applied yet."""
        rows = await connection.fetch(_SQL["tenants_behind"], list(self._projections))
        return [row["tenant_id"] for row in rows]

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
            await connection.execute(_SQL["add_checkpoints"], tenant_id, names)
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


async def run_forever(
    pool: Pool,
    vault: Vault,
    stop: asyncio.Event,
    wake: asyncio.Event | None = None,
    progress: Progress | None = None,
) -> None:
    """Keeps the read models up with the log until `stop` is set. Nothing else ends it: a database that is away returns.

    `vault` is for this alone: a projector forgets keys at its own pace. `wake` is set by a writer in this process after
    its commits, NOTIFY by those of others; a poll stands behind both.
    """
    runner = Runner(pool, vault, ALL, progress=progress)
    wake = wake or asyncio.Event()
    failures = 0
    while not stop.is_set():
        try:
            if failures == 0:
                await runner.start()
            async with listening(pool, wake) as connection:
                while not stop.is_set() and not connection.is_closed():
                    wake.clear()
                    begun = time.monotonic()
                    applied = await _round(runner, connection)
                    if not applied:
                        await first_of(POLL_SECONDS, wake, stop)
                    elif applied < EVENTS_AT_ONCE:
                        # Under load, leave writers the time and take more at once; alone, this is next to nothing.
                        await first_of(min(time.monotonic() - begun, REST_SECONDS), stop)
                    failures = 0
        except Exception as error:
            pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
            log.warning("projections pause for %.1f s: %s", pause, told(error), exc_info=failures == 0)
            failures += 1
            await first_of(pause, stop)


async def run_until_caught_up(pool: Pool, vault: Vault, report: Callable[[int, int], None] | None = None) -> None:
    """Applies everything there is, and waits for what other runners have in hand. `report` hears what `totals` says."""
    runner = Runner(pool, vault, ALL)
    await runner.start()
    async with pool.acquire() as connection:
        while await runner.behind(connection):
            if report is not None:
                report(*totals(await standings(connection)))
            if not await _round(runner, connection):
                await asyncio.sleep(0.01)


async def _round(runner: Runner, connection: Connection) -> int:
    """One step for every tenant that is behind; how many events were applied."""
    return sum([await runner.step_on(connection, tenant_id) for tenant_id in await runner.behind(connection)])


@contextlib.asynccontextmanager
async def listening(pool: Pool, wake: asyncio.Event) -> AsyncIterator[Connection]:
    """A connection that sets `wake` whenever a writer anywhere says it has committed."""

    def hear(*_: object) -> None:
        wake.set()

    async with pool.acquire() as connection:
        await connection.add_listener(CHANNEL, hear)
        try:
            yield connection
        except BaseException:
            # It may be frozen, or in the middle of a statement: a new one is safer than a last word to this one.
            connection.terminate()
            raise
        if not connection.is_closed():
            await connection.remove_listener(CHANNEL, hear)
