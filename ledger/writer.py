"""Commands in, batches out: group commit.

Whatever is queued for a tenant while one batch is being appended is the next batch (no timer): one read of what its
commands concern, decisions in memory one after the other, one append that is its own commit, then each caller gets its
own answer. A command that is refused does not touch its neighbours.

The next batch is read and decided while the one before it is on its way to the disk, upon what that one will have made
true, and without the tenant's lock: the append takes the lock, and appends only if the log still ends where the batch
believed. Where it does not (another process writes for the same tenant), or anything else goes wrong, the same commands
are decided again under the lock; and a batch that was built upon one that failed is thrown away and begun anew.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ledger.append import Rows, append, is_one_statement
from ledger.batch import Batch, MovedOn, NotLoaded
from ledger.codec import Metadata
from ledger.commands import Command
from ledger.database import TENANT_LOCK, queries
from ledger.erasure import follow
from ledger.errors import OutcomeUnknown, Refused, Unavailable
from ledger.outage import AWAY, ask_after, hang_up, is_answer, translated, undo
from ledger.recent import Recent
from ledger.store import Connection, Pool, Vault
from ledger.telling import told
from ledger.tenants import Tenant
from ledger.view import Pair

_SQL = queries("ledger/queries.sql")
_log = logging.getLogger(__name__)

BATCH_AT_MOST = 256
QUEUED_AT_MOST = 4096
NOTIFIED_WITHIN = 1.0  # seconds that the last notification gets; others poll anyway
# How long a command waits for its batch to begin, seconds. What has not begun can be refused without a doubt.
BEGUN_WITHIN = 5.0
# How often what has come meanwhile is added to the next batch, and for how long at most, seconds. Then it waits its turn.
TOPPED_UP_EVERY, BUILT_UPON_WITHIN = 0.001, 0.5
# So many batches after one that another process was quicker than take the lock before they read.
CROWDED_FOR = 32


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
        # So many batches take the lock first: another process writes here too.
        self.crowded = 0


class _Draft:
    """A batch that is decided and not appended yet: its requests, and the outcome of each."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.requests: list[_Request] = []
        self.outcomes: list[Answer | Refused] = []
        self.metadata: list[Metadata] = []
        self.rows = Rows()
        self.begun = time.perf_counter()

    def answer(self) -> None:
        """Tells each caller, after the commit."""
        for request, outcome in zip(self.requests, self.outcomes, strict=True):
            if request.answer.done():
                continue  # the client has gone away; what it asked for has happened all the same
            if isinstance(outcome, Refused):
                request.answer.set_exception(outcome)
            else:
                request.answer.set_result(outcome)


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
        flight: asyncio.Task[bool] | None = None
        before: _Draft | None = None
        try:
            while queue.waiting or flight is not None:
                draft = None
                if queue.waiting and not queue.crowded and (before is None or before.batch.may_be_built_upon):
                    draft = await self._draft(tenant_id, queue, before, flight)
                if flight is not None and not await flight and draft is not None:
                    self._put_back(queue, draft)
                    draft = None
                flight = before = None
                if draft is not None:
                    flight, before = asyncio.create_task(self._append(tenant_id, queue, draft)), draft
                elif queue.waiting and queue.crowded:
                    queue.crowded -= 1
                    await self._handle(tenant_id, queue, self._take(queue, BATCH_AT_MOST))
        finally:
            queue.worker = None
            queue.watch.cancel()

    def _take(self, queue: _Queue, room: int) -> list[_Request]:
        count = min(len(queue.waiting), room)
        self._queued -= count
        return [request for request in (queue.waiting.popleft() for _ in range(count)) if not request.answer.done()]

    def _put_back(self, queue: _Queue, draft: _Draft) -> None:
        """Nothing of it has happened: its commands are the next again, in their order."""
        queue.waiting.extendleft(reversed(draft.requests))
        self._queued += len(draft.requests)

    def _watch(self, queue: _Queue) -> None:
        """Now and then: what stands behind a batch that takes too long is refused; nothing of it was begun."""
        overdue = time.monotonic() - BEGUN_WITHIN
        while queue.waiting and queue.waiting[0].since < overdue:
            self._queued -= 1
            _refuse(queue.waiting.popleft(), Unavailable("the database takes too long; send this again"))
        queue.watch = asyncio.get_running_loop().call_later(BEGUN_WITHIN / 10, self._watch, queue)

    async def _draft(
        self, tenant_id: int, queue: _Queue, before: _Draft | None, flight: asyncio.Task[bool] | None
    ) -> _Draft | None:
        """Decides what waits, and what comes while the batch `before` is in `flight`. None: it has to be done anew."""
        draft = _Draft(Batch(tenant_id, queue.recent, before.batch if before is not None else None))
        patience = time.monotonic() + BUILT_UPON_WITHIN
        try:
            while True:
                if requests := self._take(queue, BATCH_AT_MOST - len(draft.requests)):
                    draft.requests += requests
                    async with self._pool.acquire() as connection:
                        await connection.act_for(tenant_id)
                        await self._decide(connection, draft, requests)
                if flight is None or flight.done():
                    return draft
                if time.monotonic() > patience:
                    break
                await asyncio.wait([flight], timeout=TOPPED_UP_EVERY)
        except Exception as error:
            if flight is None:
                await self._again(tenant_id, queue, draft.requests, error)
                return None
        self._put_back(queue, draft)
        return None

    async def _again(self, tenant_id: int, queue: _Queue, requests: Sequence[_Request], error: Exception) -> None:
        """What came to nothing without the lock, under it; or refused, where that would change nothing."""
        if isinstance(error, MovedOn):
            queue.crowded = CROWDED_FOR
            await self._handle(tenant_id, queue, requests)
        else:
            await self._one_by_one(tenant_id, queue, await self._failed(queue, requests, error))

    async def _append(self, tenant_id: int, queue: _Queue, draft: _Draft) -> bool:
        """Appends a draft and answers. False: it was not as decided, and what was built upon it is void."""
        try:
            await self._write(tenant_id, draft)
        except Exception as error:
            await self._again(tenant_id, queue, draft.requests, error)
            return False
        self._done(tenant_id, draft)
        return True

    async def _write(self, tenant_id: int, draft: _Draft) -> None:
        batch = draft.batch
        if not batch.appended and is_one_statement(batch):
            return  # refusals and duplicates: there is nothing to write
        async with self._pool.acquire() as connection:
            await connection.act_for(tenant_id)
            if not is_one_statement(batch):
                await self._in_transaction(connection, draft)
                return
            sent = time.monotonic()
            try:
                await append(connection, self._vault, batch, draft.rows, at_end=True)
            except AWAY as error:
                if is_answer(error):
                    raise
                await self._ask_after(connection, draft, error, sent)

    async def _in_transaction(self, connection: Connection, draft: _Draft) -> None:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await append(connection, self._vault, draft.batch, draft.rows, at_end=True)
        except BaseException as error:
            await undo(connection, transaction, error)
            raise
        await self._committed_by(connection, transaction, draft)

    async def _committed_by(self, connection: Connection, transaction: Any, draft: _Draft) -> None:
        sent = time.monotonic()
        try:
            await transaction.commit()
        except AWAY as error:
            await self._ask_after(connection, draft, error, sent)

    async def _ask_after(self, connection: Connection, draft: _Draft, error: Exception, sent: float) -> None:
        _log.warning("a commit was not answered, asking after it: %s", told(error))
        hang_up(connection)
        first_id = draft.rows.event_ids[0] if draft.rows.event_ids else None
        await ask_after(self._pool, draft.batch.tenant_id, first_id, sent)

    def _done(self, tenant_id: int, draft: _Draft) -> None:
        draft.batch.remember()
        draft.answer()
        if draft.batch.appended:
            self._announce(tenant_id)
        self._measured(len(draft.requests), len(draft.batch.appended), time.perf_counter() - draft.begun)

    async def _handle(self, tenant_id: int, queue: _Queue, requests: Sequence[_Request]) -> None:
        """One batch under the lock; when it fails as a whole, one by one, so that each gets its own honest answer."""
        requests = [request for request in requests if not request.answer.done()]
        try:
            await self._commit(tenant_id, queue, requests)
        except Exception as error:
            await self._one_by_one(tenant_id, queue, await self._failed(queue, requests, error))

    async def _failed(self, queue: _Queue, requests: Sequence[_Request], error: Exception) -> list[_Request]:
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
            _refuse(request, translated(error))
        return []

    async def _one_by_one(self, tenant_id: int, queue: _Queue, requests: Sequence[_Request]) -> None:
        deadline = time.monotonic() + BEGUN_WITHIN
        for request in requests:
            if time.monotonic() < deadline:
                await self._handle(tenant_id, queue, [request])
            else:
                _refuse(request, Unavailable("the database takes too long; send this again"))

    async def _commit(self, tenant_id: int, queue: _Queue, requests: Sequence[_Request]) -> None:
        """Decides under the lock, appends and answers."""
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            draft = _Draft(Batch(tenant_id, queue.recent))
            draft.requests += requests
            try:
                # A statement of its own: only the next one sees what the lock's holder before has committed.
                await connection.execute(_SQL["lock_tenant"], TENANT_LOCK, tenant_id)
                await self._decide(connection, draft, requests)
                await append(connection, self._vault, draft.batch, draft.rows, at_end=False)
            except BaseException as error:
                await undo(connection, transaction, error)
                raise
            await self._committed_by(connection, transaction, draft)
            # Answered before the connection is given back: that may fail, and what is committed is committed.
            self._done(tenant_id, draft)

    async def _decide(self, connection: Connection, draft: _Draft, requests: Sequence[_Request]) -> None:
        """Each command's outcome. Those that wait for something to be read are decided after the others."""
        batch, now, first = draft.batch, datetime.now(UTC), len(draft.outcomes)
        outcomes: dict[int, Answer | Refused] = {}
        keys = await self._idempotency(connection, batch, requests)
        todo = list(enumerate(requests, first))
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
        draft.outcomes += [outcomes[index] for index in range(first, first + len(requests))]
        draft.metadata += [_metadata(request) for request in requests]
        await draft.rows.add(connection, self._vault, batch, draft.metadata, now)

    async def _idempotency(
        self, connection: Connection, batch: Batch, requests: Sequence[_Request]
    ) -> dict[Pair, tuple[str, int]]:
        """What keys stand for that were sent, by path and key."""
        sent = [request.context.idempotency[:2] for request in requests if request.context.idempotency is not None]
        if not sent:
            return {}
        paths, keys = zip(*sent, strict=True)
        rows = await connection.fetch(_SQL["read_idempotency_keys"], batch.tenant_id, paths, keys)
        return {(path, key): (found, position) for path, key, found, position in rows} | batch.used_keys()

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
    batch: Batch, index: int, request: _Request, now: datetime, keys: dict[Pair, tuple[str, int]]
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
        keys[idempotency[:2]] = batch.new_idempotency[idempotency[:2]] = (idempotency[2], answer.position)
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
