"""Commands in, batches out: group commit.

Commands that come at the same time are one batch of their tenant: one read of what they concern, decisions in memory
one after the other, one append that is its own commit, then each caller gets its own answer. A command that is refused
does not touch its neighbours. How batches follow one another is told in `tenant_queue`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ledger.commands import Command
from ledger.common import Common
from ledger.database import queries
from ledger.draft import Answer, Context, Draft, Request
from ledger.errors import Unavailable
from ledger.outage import AWAY
from ledger.store import Pool, Vault
from ledger.telling import told
from ledger.tenant_queue import TenantQueue
from ledger.tenants import Tenant

__all__ = ["Answer", "Context", "Writer"]

_SQL = queries("ledger/queries.sql")
_log = logging.getLogger(__name__)

QUEUED_AT_MOST = 4096
# Of so many tenants, those that wrote last, memory knows where their logs end and what streams there are; of so many of
# them also the states of recent streams.
TENANTS_AT_MOST, WITH_STATES_AT_MOST = 256, 32
NOTIFIED_WITHIN = 1.0  # seconds that the last notification gets; others poll anyway


class Writer:
    """The one way into the log for this process.

    After each commit `committed` is called with the tenant's id, and `measured` with the batch's number of commands and
    of events, and the seconds it took.
    """

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        committed: Callable[[int], None] = lambda tenant_id: None,
        queued_at_most: int = QUEUED_AT_MOST,
        measured: Callable[[int, int, float], None] = lambda commands, events, seconds: None,
    ) -> None:
        self._pool = pool
        self._committed = committed
        self._measured = measured
        self._common = Common(pool, vault, self._done)
        self._queues: dict[int, TenantQueue] = {}
        self._with_states: dict[int, TenantQueue] = {}
        self._queued_at_most = queued_at_most
        self._closing = False
        self._to_notify: set[int] = set()
        self._notifier: asyncio.Task[None] | None = None

    async def submit(self, tenant: Tenant, command: Command, context: Context) -> Answer:
        """Decides and appends. Refused: it may not happen; Unavailable: it may, later; OutcomeUnknown: nobody knows."""
        if self._closing or self.queued >= self._queued_at_most:
            raise Unavailable("too many commands are waiting; send this one again" if not self._closing else "stopping")
        request = Request(command, context, asyncio.get_running_loop().create_future(), time.monotonic())
        queue = self._queues.get(tenant.tenant_id)
        if queue is None:
            queue = self._queues[tenant.tenant_id] = TenantQueue(tenant.tenant_id, self._common, self._rest)
        queue.add(request)
        return await request.answer

    @property
    def queued(self) -> int:
        """How many commands wait for their batch."""
        return self._common.queued

    async def close(self) -> None:
        """Finishes what was accepted and takes nothing more."""
        self._closing = True
        workers = [queue.worker for queue in self._queues.values() if queue.worker is not None]
        await asyncio.gather(*workers, return_exceptions=True)
        await self._common.close()
        if self._notifier is not None:
            await asyncio.wait([self._notifier], timeout=NOTIFIED_WITHIN)

    def _rest(self, tenant_id: int) -> None:
        """A tenant has written for now. The one that did so longest ago is forgotten, where there are many."""
        queue = self._queues[tenant_id] = self._queues.pop(tenant_id)
        if (many := len(self._queues) - TENANTS_AT_MOST) > 0:
            resting = [one for one, queue in self._queues.items() if queue.worker is None]
            for one in resting[:many]:
                del self._queues[one]
        self._with_states.pop(tenant_id, None)
        self._with_states[tenant_id] = queue
        if len(self._with_states) > WITH_STATES_AT_MOST:
            self._with_states.pop(next(iter(self._with_states))).forget()

    def _done(self, draft: Draft, first: int | None) -> None:
        draft.committed(first)
        if draft.batch.appended:
            self._announce(draft.batch.tenant_id)
        self._measured(len(draft.requests), len(draft.batch.appended), time.perf_counter() - draft.begun)

    def _announce(self, tenant_id: int) -> None:
        self._committed(tenant_id)
        self._to_notify.add(tenant_id)
        if self._notifier is None or self._notifier.done():
            self._notifier = asyncio.create_task(self._notify())

    async def _notify(self) -> None:
        """Tells other processes, a few times a second at most; they poll too, so a failure costs nothing."""
        await asyncio.sleep(0.05)
        tenants, self._to_notify = self._to_notify, set()
        try:
            await self._pool.execute(_SQL["notify"], tenants)
        except AWAY as error:
            _log.debug("nobody was notified: %s", told(error))
