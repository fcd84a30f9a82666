"""One tenant's commands on their way into the log: batch after batch.

Whatever is queued while one batch is being appended is the next batch (no timer). It is read and decided while the one
before it is in the air, upon what that one will have made true, and without the tenant's lock: the append takes the
lock, and appends only if the log still ends where the batch believed, or if all that it has read is still what it was
(another process writes for the same tenant; for a while batches stand alone then). What most likely is not there, such
as a new order's own id, is not even read, where another batch is in the air or the database has answered just now: the
append looks, and is all that is sent. Where it is not so, or anything else goes wrong, the same commands are decided
again under the lock; and a batch that was built upon one that failed, or came elsewhere, is thrown away and begun anew.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from ledger.batch import Batch
from ledger.commit import commit, commit_under_lock
from ledger.common import Common
from ledger.draft import Draft, Request
from ledger.errors import OutcomeUnknown, Unavailable
from ledger.outage import AWAY, translated
from ledger.recent import Recent
from ledger.telling import told
from ledger.view import Mistaken, MovedOn

_log = logging.getLogger(__name__)

BATCH_AT_MOST = 256
# How long a command waits for its batch to begin, seconds. What has not begun can be refused without a doubt.
BEGUN_WITHIN = 5.0
# Where more commands are at hand than this, a batch holds half of them, those under way counted: clients that all wait
# for one batch would all come back at once, and nothing would be decided while it is on its way.
HALVED_FROM = 16
# How often what comes meanwhile is added to the next batch, and for how long at most, seconds. Then it waits its turn.
TOPPED_UP_EVERY, BUILT_UPON_WITHIN = 0.001, 0.5
# So many batches after one that another process was quicker than stand alone: the log ends elsewhere than they believe.
CROWDED_FOR = 32
# So many batches presume nothing, after one that presumed what was not so, or what nothing would have looked at.
CAUTIOUS_FOR = 256


class TenantQueue:
    """Commands in waiting, at most one batch that is decided, and at most one that is being appended; and what memory
    knows of the tenant's recent streams. `rested` is called whenever there is nothing left to do.
    """

    def __init__(self, tenant_id: int, common: Common, rested: Callable[[int], None]) -> None:
        self._tenant_id = tenant_id
        self._common = common
        self._rested = rested
        self._recent = Recent()
        self._waiting: deque[Request] = deque()
        self._bell: asyncio.Future[None] | None = None
        # Decided, and to be appended next; and what is being appended, by whom.
        self._ready: Draft | None = None
        self._flying: Draft | None = None
        self._pilot: asyncio.Task[None] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle
        # Where the log ends as far as this process knows; -1 where it does not.
        self._head = -1
        # So many batches stand alone: another process writes here too.
        self._crowded = 0
        # So many batches presume nothing: memory is not what the log is.
        self._cautious = 0

    @property
    def worker(self) -> asyncio.Task[None] | None:
        """What ends when all that was accepted is answered; None: it is."""
        return self._worker

    def forget(self) -> None:
        """Makes room: the states of recent streams are not kept any longer."""
        self._recent.clear()

    def add(self, request: Request) -> None:
        """Takes a command; its `answer` comes when it is decided and appended, with whatever else is waiting."""
        self._waiting.append(request)
        self._common.queued += 1
        if self._worker is None:
            # In no request's context: it works for all that come after, and its log lines are about none of them.
            self._worker = asyncio.create_task(self._work(), context=contextvars.Context())
        self._ring()

    async def _work(self) -> None:
        self._look_after()
        try:
            while self._waiting or self._flying is not None:
                before = self._flying
                if before is not None and (self._crowded or not before.batch.may_be_built_upon):
                    await asyncio.wait([before.landed])
                elif self._waiting:
                    await self._prepare(before)
                else:
                    self._bell = asyncio.get_running_loop().create_future()
                    await self._bell
        finally:
            self._worker = None
            self._watch.cancel()
            self._rested(self._tenant_id)

    def _ring(self) -> None:
        """Wakes the worker, which sleeps while a batch is in the air and nothing waits."""
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    def _take(self, room: int) -> list[Request]:
        count = min(len(self._waiting), room)
        self._common.queued -= count
        return [request for request in (self._waiting.popleft() for _ in range(count)) if not request.answer.done()]

    def _put_back(self, requests: Sequence[Request]) -> None:
        """Nothing of them has happened: they are the next again, in their order."""
        self._waiting.extendleft(reversed(requests))
        self._common.queued += len(requests)

    def _look_after(self) -> None:
        """Now and then: what stands behind a batch that takes too long is refused; nothing of it was begun."""
        overdue = time.monotonic() - BEGUN_WITHIN
        while self._waiting and self._waiting[0].since < overdue:
            self._common.queued -= 1
            self._waiting.popleft().refuse(Unavailable("the database takes too long; send this again"))
        self._watch = asyncio.get_running_loop().call_later(BEGUN_WITHIN / 10, self._look_after)

    async def _prepare(self, before: Draft | None) -> None:
        """Decides what waits, and what comes while the batch `before` is in the air, until it takes off itself."""
        common = self._common
        built_upon = before.batch if before is not None else None
        head = self._head if common.is_awake and not self._crowded else -1
        draft = Draft(Batch(self._tenant_id, self._recent, built_upon, head=head))
        taken: list[Request] = []
        patience = time.monotonic() + BUILT_UPON_WITHIN
        try:
            while time.monotonic() < patience:
                if requests := self._take(self._room(before, len(taken))):
                    taken += requests
                    connection = await draft.connect(common.pool)
                    draft.batch.may_presume = not self._cautious and self._is_awake(before)
                    await draft.add(connection, common.vault, requests)
                if before is None or before.has_come_through:
                    if taken:
                        self._take_off(draft)
                    return
                self._ready = draft if taken else None
                await asyncio.wait([before.landed], timeout=TOPPED_UP_EVERY)
                if self._ready is not draft:
                    return  # it has taken off; or nobody asks any more
                self._ready = None
                if before.landed.done():
                    break  # it has failed
        except Exception as error:
            if before is None:
                common.let_go(draft)
                await self._again(taken, error)
                return
        self._put_back(taken)
        common.let_go(draft)
        if before is not None:
            await asyncio.wait([before.landed])

    def _is_awake(self, before: Draft | None) -> bool:
        """Whether an append may be the first that is sent: another batch has to land first, or the server has answered
        just now. To one that may be frozen it has to be a read, or nobody would know what became of it.
        """
        return (before is not None and not before.landed.done()) or self._common.is_awake

    def _room(self, before: Draft | None, taken: int) -> int:
        under_way = len(before.requests) if before is not None and not before.landed.done() else 0
        share = max(HALVED_FROM, (under_way + taken + len(self._waiting)) // 2)
        return max(0, min(share, BATCH_AT_MOST) - taken)

    def _take_off(self, draft: Draft) -> None:
        self._flying = draft
        self._pilot = asyncio.create_task(self._fly(draft))

    async def _fly(self, draft: Draft | None) -> None:
        """Appends a draft, and then whatever is ready: it is on its way before those who asked for the last hear of it,
        for that takes several turns of the event loop.
        """
        while draft is not None:
            following = None
            came_through = False
            try:
                came_through = await self._append(draft)
            finally:
                if came_through:
                    following, self._ready = self._ready, None
                self._flying = following
                draft.landed.set_result(came_through)
                self._ring()
            draft = following

    async def _append(self, draft: Draft) -> bool:
        """Appends a draft and answers. False: it was not as decided, and what was built upon it is void."""
        failure: Exception | None = None
        self._head = -1
        crowded = self._crowded > 0
        self._crowded -= crowded
        self._cautious = max(0, self._cautious - 1)
        try:
            await commit(self._common.pool, self._common.vault, draft, self._common.done, crowded=crowded)
        except Exception as error:
            failure = error
        finally:
            self._common.let_go(draft)
        if isinstance(failure, Mistaken):
            self._cautious = CAUTIOUS_FOR
        elif draft.moved or isinstance(failure, MovedOn):
            self._crowded = CROWDED_FOR
        if draft.is_committed:
            self._stand_at(draft)
        elif failure is not None:
            await self._again(draft.requests, failure)
        return draft.is_committed and not draft.moved

    def _stand_at(self, draft: Draft) -> None:
        # What follows an erasure has to ask how often there was one.
        self._head = draft.end if draft.batch.may_be_built_upon else -1

    async def _again(self, requests: Sequence[Request], error: Exception) -> None:
        """What came to nothing without the lock, under it; or refused, where that would change nothing."""
        if isinstance(error, MovedOn):
            await self._handle(requests)
        else:
            await self._one_by_one(await self._failed(requests, error))

    async def _handle(self, requests: Sequence[Request]) -> None:
        """One batch under the lock; when it fails as a whole, one by one, so that each gets its own honest answer."""
        requests = [request for request in requests if not request.answer.done()]
        draft = Draft(Batch(self._tenant_id, self._recent))
        try:
            await commit_under_lock(self._common.pool, self._common.vault, draft, requests, self._common.done)
        except Exception as error:
            if not draft.is_committed:
                await self._one_by_one(await self._failed(requests, error))
                return
        self._stand_at(draft)

    async def _failed(self, requests: Sequence[Request], error: Exception) -> list[Request]:
        """Refuses what came to nothing; gives back what may be tried one by one."""
        self._recent.clear()
        if isinstance(error, TimeoutError):
            # A server that says nothing on one connection is not worth waiting for on the next.
            await self._common.pool.expire_connections()
        waiting = [request for request in requests if not request.answer.done()]
        if len(waiting) > 1 and not isinstance(error, (OutcomeUnknown, *AWAY)):
            _log.warning("a batch of %d failed and is tried one by one: %s", len(waiting), told(error))
            return waiting
        for request in waiting:
            request.refuse(translated(error))
        return []

    async def _one_by_one(self, requests: Sequence[Request]) -> None:
        deadline = time.monotonic() + BEGUN_WITHIN
        for request in requests:
            if time.monotonic() < deadline:
                await self._handle([request])
            else:
                request.refuse(Unavailable("the database takes too long; send this again"))
