"""The read models kept up with the log, by a process that does nothing else or until there is nothing left to do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence

from ledger.outage import is_outage
from ledger.store import Connection, Pool, Vault
from ledger.telling import told
from ledger.waits import first_of
from projections import ALL
from projections.progress import Progress
from projections.runner import Behind, Runner
from projections.standing import standings, totals

log = logging.getLogger(__name__)

CHANNEL = "ledger"
POLL_SECONDS = 0.5
REST_SECONDS = 0.1
BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


async def run_forever(
    pool: Pool,
    vault: Vault,
    stop: asyncio.Event,
    wake: asyncio.Event | None = None,
    progress: Progress | None = None,
) -> None:
    """Keeps the read models up with the log until `stop` is set. Nothing else ends it: a database that is away returns.

    `vault` is for this alone: a projector forgets keys at its own pace. `wake` is set by whoever hears
    of commits sooner than NOTIFY tells of them; a poll stands behind both.
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
                    behind = await runner.behind(connection)
                    if not await _round(runner, connection, behind):
                        await first_of(POLL_SECONDS, wake, stop)
                    elif _have_come_up(behind, await runner.behind(connection)):
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
        while behind := await runner.behind(connection):
            if report is not None:
                report(*totals(await standings(connection)))
            if not await _round(runner, connection, behind):
                await asyncio.sleep(0.01)


async def _round(runner: Runner, connection: Connection, behind: Sequence[Behind]) -> int:
    """One step for every tenant that is behind; how many events were applied.

    What fails for one tenant keeps none of the others waiting: it is raised when all have had their turn.
    """
    applied, failed = 0, None
    for one in behind:
        try:
            applied += await runner.step_on(connection, one.tenant_id)
        except Exception as error:
            if is_outage(error):
                raise
            log.warning("the read models of tenant %d cannot go on yet: %s", one.tenant_id, told(error))
            failed = failed or error
    if failed is not None:
        raise failed
    return applied


def _have_come_up(before: Sequence[Behind], now: Sequence[Behind]) -> bool:
    """Whether all have come to where their logs ended before: no step was as large as one may be."""
    at = {one.tenant_id: one.position for one in now}
    return all(at.get(one.tenant_id, one.head) >= one.head for one in before)


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
