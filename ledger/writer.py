"""Commands in, batches out: group commit.

Whatever is queued for a tenant when its last batch ends is the next batch (no timer): one lock, one read of what the
commands concern, decisions in memory one after the other, one append, one commit, then each caller gets its own answer.
A command that is refused does not touch its neighbours.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ledger.append import append
from ledger.batch import Batch, NotLoaded
from ledger.codec import Metadata
from ledger.commands import Command
from ledger.database import TENANT_LOCK, queries
from ledger.erasure import follow
from ledger.errors import OutcomeUnknown, Refused, Unavailable
from ledger.outage import AWAY, ask_after, hang_up, translated, undo
from ledger.recent import Recent
from ledger.store import Connection, Pool, Vault
from ledger.telling import told
from ledger.tenants import Tenant

_SQL = queries("ledger/queries.sql")
_log = logging.getLogger(__name__)

BATCH_AT_MOST = 256
QUEUED_AT_MOST = 4096
NOTIFIED_WITHIN = 1.0  # seconds that the last notification gets; others poll anyway
# How long a command waits for its batch to begin, seconds. What has not begun can be refused without a doubt.
BEGUN_WITHIN = 5.0


class Answer(NamedTuple):
    """Where a command's last event lies; or, of a duplicate, where the first one's does."""

    position: int
    duplicate: bool


class Context(NamedTuple):
    """Who asks, from where. `idempotency` is (path, key, fingerprint of the body)."""

    actor: str
    source: str | None = None
    correlation: str | None = None
    idempotency: tuple[str, str, str] | None = None


class _Request(NamedTuple):
    command: Command
    context: Context
    answer: asyncio.Future[Answer]
    since: float


class _Queue:
    """A tenant's commands in waiting, and the states of its recent streams."""

    def __init__(self) -> None:
        self.waiting: deque[_Request] = deque()
        self.recent = Recent()
        self.worker: asyncio.Task[None] | None = None
        self.watch: asyncio.TimerHandle


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

    async def submit(self, tenant: Tenant, command: Command, context: Context) -> Answer:
        """Decides and appends. Refused: it may not happen; Unavailable: it may, later; OutcomeUnknown: nobody knows."""
        if self._closing or self._queued >= self._queued_at_most:
            raise Unavailable("too many commands are waiting; send this one again" if not self._closing else "stopping")
        request = _Request(command, context, asyncio.get_running_loop().create_future(), time.monotonic())
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
        if self._notifier is not None:
            await asyncio.wait([self._notifier], timeout=NOTIFIED_WITHIN)

    async def _work(self, tenant_id: int, queue: _Queue) -> None:
        self._watch(queue)
        try:
            while queue.waiting:
                count = min(len(queue.waiting), BATCH_AT_MOST)
                requests = [queue.waiting.popleft() for _ in range(count)]
                self._queued -= count
                await self._handle(tenant_id, queue, requests)
        finally:
            queue.worker = None
            queue.watch.cancel()

    def _watch(self, queue: _Queue) -> None:
        """Now and then: what stands behind a batch that takes too long is refused; nothing of it was begun."""
        overdue = time.monotonic() - BEGUN_WITHIN
        while queue.waiting and queue.waiting[0].since < overdue:
            self._queued -= 1
            _refuse(queue.waiting.popleft(), Unavailable("the database takes too long; send this again"))
        queue.watch = asyncio.get_running_loop().call_later(BEGUN_WITHIN / 10, self._watch, queue)

    async def _handle(self, tenant_id: int, queue: _Queue, requests: Sequence[_Request]) -> None:
        """One batch; when it fails as a whole, one by one, so that each command gets its own honest answer."""
        requests = [request for request in requests if not request.answer.done()]
        begun = time.perf_counter()
        try:
            events = await self._commit(tenant_id, queue, requests)
            self._measured(len(requests), events, time.perf_counter() - begun)
        except Exception as error:
            queue.recent.clear()
            if isinstance(error, TimeoutError):
                # A server that says nothing on one connection is not worth waiting for on the next.
                await self._pool.expire_connections()
            waiting = [request for request in requests if not request.answer.done()]
            if len(waiting) > 1 and not isinstance(error, (OutcomeUnknown, *AWAY)):
                _log.warning("a batch of %d failed and is tried one by one: %s", len(waiting), told(error))
                await self._one_by_one(tenant_id, queue, waiting)
            for request in waiting:
                _refuse(request, translated(error))

    async def _one_by_one(self, tenant_id: int, queue: _Queue, requests: Sequence[_Request]) -> None:
        deadline = time.monotonic() + BEGUN_WITHIN
        for request in requests:
            if time.monotonic() < deadline:
                await self._handle(tenant_id, queue, [request])
            else:
                _refuse(request, Unavailable("the database takes too long; send this again"))

    async def _commit(self, tenant_id: int, queue: _Queue, requests: Sequence[_Request]) -> int:
        """Decides, appends and answers; how many events there were."""
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                # A statement of its own: only the next one sees what the lock's holder before has committed.
                await connection.execute(_SQL["lock_tenant"], TENANT_LOCK, tenant_id)
                batch = Batch(tenant_id, queue.recent)
                now = datetime.now(UTC)
                outcomes = await self._decide(connection, batch, requests, now)
                metadata = [_metadata(request) for request in requests]
                first_id = await append(connection, self._vault, batch, metadata, now)
            except BaseException as error:
                await undo(connection, transaction, error)
                raise
            sent = time.monotonic()
            try:
                await transaction.commit()
            except AWAY as error:
                _log.warning("a commit was not answered, asking after it: %s", told(error))
                hang_up(connection)
                await ask_after(self._pool, tenant_id, first_id, sent)
            # Answered before the connection is given back: that may fail, and what is committed is committed.
            batch.remember()
            for request, outcome in zip(requests, outcomes, strict=True):
                if request.answer.done():
                    continue  # the client has gone away; what it asked for has happened all the same
                if isinstance(outcome, Refused):
                    request.answer.set_exception(outcome)
                else:
                    request.answer.set_result(outcome)
            if batch.appended:
                self._announce(tenant_id)
            return len(batch.appended)

    async def _decide(
        self, connection: Connection, batch: Batch, requests: Sequence[_Request], now: datetime
    ) -> list[Answer | Refused]:
        """Each command's outcome. Those that wait for something to be read are decided after the others."""
        outcomes: dict[int, Answer | Refused] = {}
        keys = await self._idempotency(connection, batch.tenant_id, requests)
        todo = list(enumerate(requests))
        while todo:
            postponed = []
            for index, request in todo:
                try:
                    outcomes[index] = _decide_one(batch, index, request, now, keys)
                except NotLoaded:
                    postponed.append((index, request))
                except Refused as error:
                    outcomes[index] = error
            if postponed:
                await batch.load(connection, self._vault)
            todo = postponed
        return [outcomes[index] for index in range(len(requests))]

    async def _idempotency(
        self, connection: Connection, tenant_id: int, requests: Sequence[_Request]
    ) -> dict[tuple[str, str], tuple[str, int]]:
        sent = [request.context.idempotency for request in requests if request.context.idempotency is not None]
        if not sent:
            return {}
        rows = await connection.fetch(
            _SQL["read_idempotency_keys"], tenant_id, [path for path, _, _ in sent], [key for _, key, _ in sent]
        )
        return {(path, key): (found, position) for path, key, found, position in rows}

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
            for tenant_id in tenants:
                await self._pool.execute(_SQL["notify"], str(tenant_id))
        except AWAY as error:
            _log.debug("nobody was notified: %s", told(error))


def _refuse(request: _Request, error: Exception) -> None:
    if not request.answer.done():  # the client may have gone away
        request.answer.set_exception(error)


def _decide_one(
    batch: Batch, index: int, request: _Request, now: datetime, keys: dict[tuple[str, str], tuple[str, int]]
) -> Answer:
    idempotency = request.context.idempotency
    if idempotency is not None and idempotency[:2] in keys:
        found, position = keys[idempotency[:2]]
        if found != idempotency[2]:
            raise Refused("this Idempotency-Key was used with another body; use a new key for a new request")
        return Answer(position, duplicate=True)
    decision = request.command.decide(batch, now)
    if decision.duplicate is None:
        follow(batch, decision)
        answer = Answer(batch.accept(decision, index, request.command.fingerprint), duplicate=False)
    else:
        answer = Answer(decision.duplicate, duplicate=True)
    if idempotency is not None:
        keys[idempotency[:2]] = (idempotency[2], answer.position)
        batch.new_idempotency.append((*idempotency, answer.position))
    return answer


def _metadata(request: _Request) -> Metadata:
    context = request.context
    return Metadata(
        actor=context.actor,
        source=context.source,
        correlation=context.correlation,
        idempotency_key=context.idempotency[1] if context.idempotency else None,
        fingerprint=request.command.fingerprint,
    )
