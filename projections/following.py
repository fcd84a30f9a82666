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
# Looks at all tenants take no more than one part in so many of the time, where there are thousands.
LOOKED_AT_ALL_SHARE = 10


class Wake(asyncio.Event):
    """Set by whoever hears of commits, with whose they were."""

    def __init__(self) -> None:
        super().__init__()
        self._tenants: set[int] = set()

    def tell(self, tenant_id: int) -> None:
        """There is something new in a tenant's log."""
        self._tenants.add(tenant_id)
        self.set()

    def heard(self) -> set[int]:
        """The tenants it was told of since it was asked last."""
        self.clear()
        found, self._tenants = self._tenants, set()
        return found


async def run_forever(
    pool: Pool,
    vault: Vault,
    stop: asyncio.Event,
    wake: Wake | None = None,
    progress: Progress | None = None,
) -> None:
    """Keeps the read models up with the log until `stop` is set. Nothing else ends it: a database that is away returns.

    `vault` is for this alone: a projector forgets keys at its own pace. `wake` is set by whoever hears
    of commits sooner than NOTIFY tells of them; a poll of all tenants stands behind both.
    """
    runner = Runner(pool, vault, ALL, progress=progress)
    wake, pauses = wake or Wake(), _Pauses()
    failures, has_started = 0, False
    # Those that were not brought up by the last round.
    left = set[int]()
    while not stop.is_set():
        try:
            if not has_started:
                await runner.start()
                has_started = True
            async with listening(pool, wake) as connection:
                due = 0.0  # when all tenants are looked at again: nobody has heard of what was committed meanwhile
                while not stop.is_set() and not connection.is_closed():
                    begun, heard = time.monotonic(), wake.heard() | left
                    found = await runner.behind(connection, heard if begun < due else None)
                    if begun >= due:
                        due = begun + max(POLL_SECONDS, LOOKED_AT_ALL_SHARE * (time.monotonic() - begun))
                    behind = [one for one in found if pauses.are_over(one.tenant_id)]
                    applied, failed = await _round(runner, connection, behind)
                    for one in behind:
                        pauses.note(one.tenant_id, failed.get(one.tenant_id))
                    now = await runner.behind(connection, [one.tenant_id for one in behind]) if applied else []
                    left = {one.tenant_id for one in now}
                    if not applied:
                        await first_of(max(due - time.monotonic(), 0.0), wake, stop)
                    elif _have_come_up(behind, now):
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
            applied, failed = await _round(runner, connection, behind)
            for error in failed.values():
                raise error
            if not applied:
                await asyncio.sleep(0.01)


class _Pauses:
    """The tenants that are left alone for a while because something of theirs failed: longer each time."""

    def __init__(self) -> None:
        self._failures: dict[int, int] = {}
        self._until: dict[int, float] = {}

    def are_over(self, tenant_id: int) -> bool:
        """Whether it is a tenant's turn."""
        return time.monotonic() >= self._until.get(tenant_id, 0.0)

    def note(self, tenant_id: int, error: Exception | None) -> None:
        """What became of a tenant's turn."""
        if error is None:
            self._failures.pop(tenant_id, None)
            self._until.pop(tenant_id, None)
            return
        failures = self._failures.get(tenant_id, 0)
        pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
        log.warning("the read models of tenant %d pause for %.1f s: %s", tenant_id, pause, told(error))
        self._failures[tenant_id], self._until[tenant_id] = failures + 1, time.monotonic() + pause


async def _round(runner: Runner, connection: Connection, behind: Sequence[Behind]) -> tuple[int, dict[int, Exception]]:
    """One step for every tenant that is behind; how many events were applied, and what failed for which tenant."""
    applied, failed = 0, dict[int, Exception]()
    for one in behind:
        try:
            applied += await runner.step_on(connection, one.tenant_id)
        except Exception as error:
            if is_outage(error):
                raise
            failed[one.tenant_id] = error
    return applied, failed


def _have_come_up(before: Sequence[Behind], now: Sequence[Behind]) -> bool:
    """Whether all have come to where their logs ended before: no step was as large as one may be."""
    at = {one.tenant_id: one.position for one in now}
    return all(at.get(one.tenant_id, one.head) >= one.head for one in before)


@contextlib.asynccontextmanager
async def listening(pool: Pool, wake: Wake) -> AsyncIterator[Connection]:
    """A connection that sets `wake` whenever a writer anywhere says it has committed."""

    def hear(connection: object, backend: int, channel: str, payload: object) -> None:
        wake.set()
        if (said := str(payload)).isdecimal():  # anybody may notify
            wake.tell(int(said))

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
