"""Commands in, batches out: group commit.

Whatever is queued for a tenant while one batch is being appended is the next batch (no timer): one read of what its
commands concern, decisions in memory one after the other, one append that is its own commit, then each caller gets its
own answer. A command that is refused does not touch its neighbours.

The next batch is read and decided while the one before it is on its way to the disk, upon what that one will have made
true, and without the tenant's lock: the append takes the lock, and appends only if the log still ends where the batch
believed, or if all that it has read is still what it was (another process writes for the same tenant; for a while
batches stand alone then). Where it is not, or anything else goes wrong, the same commands are decided again under the
lock; and a batch that was built upon one that failed, or came elsewhere, is thrown away and begun anew.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from ledger.batch import Batch
from ledger.commands import Command
from ledger.commit import commit, commit_under_lock
from ledger.database import queries
from ledger.draft import Answer, Context, Draft, Request
from ledger.errors import OutcomeUnknown, Unavailable
from ledger.outage import AWAY, translated
from ledger.recent import Recent
from ledger.store import Connection, Pool, Vault
from ledger.telling import told
from ledger.tenants import Tenant
from ledger.view import MovedOn

__all__ = ["Answer", "Context", "Writer"]

_SQL = queries("ledger/queries.sql")
_log = logging.getLogger(__name__)

BATCH_AT_MOST = 256
QUEUED_AT_MOST = 4096
# So many tenants' recent streams are kept in memory, those of the tenants that wrote last.
TENANTS_AT_MOST = 32
NOTIFIED_WITHIN = 1.0  # seconds that the last notification gets; others poll anyway
# How long a command waits for its batch to begin, seconds. What has not begun can be refused without a doubt.
BEGUN_WITHIN = 5.0
# Where more commands are at hand than this, a batch holds half of them, those under way counted: clients that all wait
# for one batch would all come back at once, and nothing would be decided while it is on its way.
HALVED_FROM = 16
# How often what comes meanwhile is added to the next batch, and for how long at most, seconds. Then it waits its turn.
TOPPED_UP_EVERY, BUILT_UPON_WITHIN = 0.001, 0.5
# So many batches after one that another process was quicker than stand alone: the log ends elsewhere than they believe.
CROWDED_FOR = 32


class _Queue:
    """A tenant's commands in waiting, and the states of its recent streams."""

    def __init__(self) -> None:
        self.waiting: deque[Request] = deque()
        self.recent = Recent()
        self.worker: asyncio.Task[None] | None = None
        self.watch: asyncio.TimerHandle
        # So many batches stand alone: another process writes here too.
        self.crowded = 0


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
        self._vault = vault
        self._committed = committed
        self._measured = measured
        self._queues: dict[int, _Queue] = {}
        self._queued = 0  # of all tenants
        self._queued_at_most = queued_at_most
        self._closing = False
        self._to_notify: set[int] = set()
        self._notifier: asyncio.Task[None] | None = None
        # Connections on their way back to the pool.
        self._leaving: set[asyncio.Task[None]] = set()

    async def submit(self, tenant: Tenant, command: Command, context: Context) -> Answer:
        """Decides and appends. Refused: it may not happen; Unavailable: it may, later; OutcomeUnknown: nobody knows."""
        if self._closing or self._queued >= self._queued_at_most:
            raise Unavailable("too many commands are waiting; send this one again" if not self._closing else "stopping")
        request = Request(command, context, asyncio.get_running_loop().create_future(), time.monotonic())
        queue = self._queues.setdefault(tenant.tenant_id, _Queue())
        queue.waiting.append(request)
        self._queued += 1
        if queue.worker is None:
            # In no request's context: it works for all that come after, and its log lines are about none of them.
            work = self._work(tenant.tenant_id, queue)
            queue.worker = asyncio.create_task(work, context=contextvars.Context())
        return await request.answer

    @property
    def queued(self) -> int:
        """How many commands wait for their batch."""
        return self._queued

    async def close(self) -> None:
        """Finishes what was accepted and takes nothing more."""
        self._closing = True
        workers = [queue.worker for queue in self._queues.values() if queue.worker is not None]
        await asyncio.gather(*workers, return_exceptions=True)
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self._notifier is not None:
            await asyncio.wait([self._notifier], timeout=NOTIFIED_WITHIN)

    async def _work(self, tenant_id: int, queue: _Queue) -> None:
        self._watch(queue)
        flight: asyncio.Task[bool] | None = None
        before: Draft | None = None
        try:
            while queue.waiting or flight is not None:
                draft, crowded = None, queue.crowded > 0
                if queue.waiting and (before is None or (not crowded and before.batch.may_be_built_upon)):
                    draft = await self._draft(tenant_id, queue, before, flight)
                if flight is not None and not await flight and draft is not None:
                    self._put_back(queue, draft.requests)
                    self._let_go(draft)
                    draft = None
                flight = before = None
                if draft is not None:
                    queue.crowded -= crowded
                    flight, before = asyncio.create_task(self._append(tenant_id, queue, draft, crowded=crowded)), draft
        finally:
            queue.worker = None
            queue.watch.cancel()
            self._rest(tenant_id)

    def _rest(self, tenant_id: int) -> None:
        """A tenant has written for now. The one that did so longest ago is forgotten, where there are many."""
        self._queues[tenant_id] = self._queues.pop(tenant_id)
        oldest = next(iter(self._queues))
        if len(self._queues) > TENANTS_AT_MOST and self._queues[oldest].worker is None:
            del self._queues[oldest]

    def _take(self, queue: _Queue, room: int) -> list[Request]:
        count = min(len(queue.waiting), room)
        self._queued -= count
        return [request for request in (queue.waiting.popleft() for _ in range(count)) if not request.answer.done()]

    def _put_back(self, queue: _Queue, requests: Sequence[Request]) -> None:
        """Nothing of them has happened: they are the next again, in their order."""
        queue.waiting.extendleft(reversed(requests))
        self._queued += len(requests)

    def _watch(self, queue: _Queue) -> None:
        """Now and then: what stands behind a batch that takes too long is refused; nothing of it was begun."""
        overdue = time.monotonic() - BEGUN_WITHIN
        while queue.waiting and queue.waiting[0].since < overdue:
            self._queued -= 1
            queue.waiting.popleft().refuse(Unavailable("the database takes too long; send this again"))
        queue.watch = asyncio.get_running_loop().call_later(BEGUN_WITHIN / 10, self._watch, queue)

    async def _draft(
        self, tenant_id: int, queue: _Queue, before: Draft | None, flight: asyncio.Task[bool] | None
    ) -> Draft | None:
        """Decides what waits, and what comes while the batch `before` is in `flight`. None: it has to be done anew."""
        draft = Draft(Batch(tenant_id, queue.recent, before.batch if before is not None else None))
        taken: list[Request] = []
        patience = time.monotonic() + BUILT_UPON_WITHIN
        try:
            while time.monotonic() < patience:
                under_way = len(before.requests) if before is not None and not before.is_committed else 0
                share = max(HALVED_FROM, (under_way + len(taken) + len(queue.waiting)) // 2)
                room = max(0, min(share, BATCH_AT_MOST) - len(taken))
                if requests := self._take(queue, room):
                    taken += requests
                    await draft.add(await draft.connect(self._pool), self._vault, requests)
                if flight is None or flight.done():
                    return draft
                await asyncio.wait([flight], timeout=TOPPED_UP_EVERY)
                if flight.done():
                    return draft
        except Exception as error:
            if flight is None:
                self._let_go(draft)
                await self._again(tenant_id, queue, taken, error)
                return None
        self._put_back(queue, taken)
        self._let_go(draft)
        return None

    def _let_go(self, draft: Draft) -> None:
        """Gives a draft's connection back. Nobody waits for that: it takes several turns of the event loop, which may
        be busy with other requests, and the next batch has a connection of its own.
        """
        if (connection := draft.let_go()) is not None:
            leaving = asyncio.create_task(self._give_back(connection))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _give_back(self, connection: Connection) -> None:
        try:
            await self._pool.release(connection)
        except Exception as error:
            _log.debug("a connection is lost: %s", told(error))

    async def _again(self, tenant_id: int, queue: _Queue, requests: Sequence[Request], error: Exception) -> None:
        """What came to nothing without the lock, under it; or refused, where that would change nothing."""
        if isinstance(error, MovedOn):
            await self._handle(tenant_id, queue, requests)
        else:
            await self._one_by_one(tenant_id, queue, await self._failed(queue, requests, error))

    async def _append(self, tenant_id: int, queue: _Queue, draft: Draft, *, crowded: bool) -> bool:
        """Appends a draft and answers. False: it was not as decided, and what was built upon it is void."""
        failure: Exception | None = None
        try:
            await commit(self._pool, self._vault, draft, self._done, crowded=crowded)
        except Exception as error:
            failure = error
        finally:
            self._let_go(draft)
        if draft.moved or isinstance(failure, MovedOn):
            queue.crowded = CROWDED_FOR
        if failure is not None and not draft.is_committed:
            await self._again(tenant_id, queue, draft.requests, failure)
        return draft.is_committed and not draft.moved

    async def _handle(self, tenant_id: int, queue: _Queue, requests: Sequence[Request]) -> None:
        """One batch under the lock; when it fails as a whole, one by one, so that each gets its own honest answer."""
        requests = [request for request in requests if not request.answer.done()]
        draft = Draft(Batch(tenant_id, queue.recent))
        try:
            await commit_under_lock(self._pool, self._vault, draft, requests, self._done)
        except Exception as error:
            if not draft.is_committed:
                await self._one_by_one(tenant_id, queue, await self._failed(queue, requests, error))

    def _done(self, draft: Draft, first: int | None) -> None:
        draft.committed(first)
        if draft.batch.appended:
            self._announce(draft.batch.tenant_id)
        self._measured(len(draft.requests), len(draft.batch.appended), time.perf_counter() - draft.begun)

    async def _failed(self, queue: _Queue, requests: Sequence[Request], error: Exception) -> list[Request]:
        """Refuses what came to nothing; gives back what may be tried one by one."""
        queue.recent.clear()
        if isinstance(error, TimeoutError):
            # A server that says nothing on one connection is not worth waiting for on the next.
            await self._pool.expire_connections()
        waiting = [request for request in requests if not request.answer.done()]
        if len(waiting) > 1 and not isinstance(error, (OutcomeUnknown, *AWAY)):
            _log.warning("a batch of %d failed and is tried one by one: %s", len(waiting), told(error))
            return waiting
        for request in waiting:
            request.refuse(translated(error))
        return []

    async def _one_by_one(self, tenant_id: int, queue: _Queue, requests: Sequence[Request]) -> None:
        deadline = time.monotonic() + BEGUN_WITHIN
        for request in requests:
            if time.monotonic() < deadline:
                await self._handle(tenant_id, queue, [request])
            else:
                request.refuse(Unavailable("the database takes too long; send this again"))

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
