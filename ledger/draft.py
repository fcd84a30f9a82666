"""Commands and what they come to: a batch that is decided, and answers that nobody hears before it is committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

import msgspec

from ledger.append import Rows
from ledger.batch import Batch
from ledger.codec import Metadata
from ledger.commands import Command
from ledger.database import queries
from ledger.erasure import follow
from ledger.errors import Refused
from ledger.store import Connection, Pool, Vault
from ledger.view import MovedOn, NotLoaded, Pair

_SQL = queries("ledger/queries.sql")


class Answer(NamedTuple):
    """Where a command's last event lies; or, of a duplicate, where the first one's does."""

    position: int
    duplicate: bool


class Context(msgspec.Struct, frozen=True):
    """Who asks, from where. `idempotency` is (path, key, fingerprint of the body)."""

    actor: str
    source: str | None = None
    correlation: str | None = None
    idempotency: tuple[str, str, str] | None = None


class Request(msgspec.Struct, frozen=True):
    """A command of somebody who waits for its answer; `since` is monotonic."""

    command: Command
    context: Context
    answer: asyncio.Future[Answer]
    since: float

    def refuse(self, error: Exception) -> None:
        """Tells who asks, unless the client has gone away."""
        if not self.answer.done():
            self.answer.set_exception(error)


# What idempotency keys stand for, by path and key: the body's fingerprint and the position of the answer. None: nothing
# so far; that of others is only presumed.
_Keys: TypeAlias = dict[Pair, tuple[str, int] | None]


class Draft:
    """A batch that is decided and not committed yet: its requests, the outcome of each, and the rows to be written.

    It is read and appended over one connection, which it holds until it is told to `let_go`.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.requests: list[Request] = []
        self.rows = Rows()
        self.begun = time.perf_counter()
        self.is_committed = False
        # Whether it came to the log as it was decided; known when its append is over.
        self.landed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        # By how much further on its events lie than was believed when they were decided.
        self.moved = 0
        self._connection: Connection | None = None
        self._outcomes: list[Answer | Refused] = []
        self._metadata: list[Metadata] = []

    @property
    def end(self) -> int:
        """Where the log ended when this was committed, as far as it knows; -1: it does not."""
        return self.batch.end + self.moved if self.batch.head >= 0 else -1

    @property
    def has_come_through(self) -> bool:
        """Whether its append is over, and it came to the log as it was decided."""
        return self.landed.done() and self.landed.result()

    async def connect(self, pool: Pool) -> Connection:
        """The draft's connection. It acts for the tenant once it has read something."""
        if self._connection is None:
            self._connection = await pool.acquire()
        return self._connection

    def let_go(self) -> Connection | None:
        """Its connection, if it has one, for the pool to have back."""
        connection, self._connection = self._connection, None
        return connection

    async def add(self, connection: Connection, vault: Vault, requests: Sequence[Request]) -> None:
        """Decides more requests, after those that are there. What waits for a read is decided after the others."""
        batch, now, first = self.batch, datetime.now(UTC), len(self._outcomes)
        outcomes: dict[int, Answer | Refused] = {}
        keys: _Keys = {**batch.used_keys()}
        if unsure := [key for key in _sent(requests) if key not in keys and not batch.may_be_new(key)]:
            keys |= await self._read_keys(connection, unsure)
        todo = list(enumerate(requests, first))
        while todo:
            postponed, doubtful = [], []
            for index, request in todo:
                try:
                    outcomes[index] = _decide(batch, index, request, now, keys)
                except NotLoaded:
                    postponed.append((index, request))
                except Refused as error:
                    outcomes[index] = error
                    # A key that was presumed to be new: it is not used up, so no append would look whether it is.
                    if _sent([request]) - keys.keys():
                        doubtful.append((index, request))
            if postponed:
                await batch.load(connection, vault)
            if doubtful:
                keys |= await self._read_keys(connection, _sent(request for _, request in doubtful))
            todo = postponed + doubtful
        self.requests += requests
        self._outcomes += [outcomes[index] for index in range(first, first + len(requests))]
        self._metadata += map(_metadata, requests)
        await self.rows.add(connection, vault, batch, self._metadata, now)

    async def _read_keys(self, connection: Connection, wanted: Collection[Pair]) -> _Keys:
        await connection.act_for(self.batch.tenant_id)
        rows = await connection.fetch(_SQL["read_idempotency_keys"], self.batch.tenant_id, *zip(*wanted, strict=True))
        if 0 <= self.batch.head < max((row["position"] for row in rows), default=0):
            raise MovedOn  # a position that another process has given, behind where this batch begins
        return dict.fromkeys(wanted) | {(path, key): (found, position) for path, key, found, position in rows}

    def committed(self, first: int | None) -> None:
        """Tells each who asked, whoever has gone away; the next batch knows what this one has read and written. `first`
        is the position of its first event, if it has any.
        """
        self.is_committed = True
        head = self.batch.head
        self.moved = first - (head + 1) if first is not None else 0
        self.batch.remember(self.moved, _sent(self.requests))
        for request, outcome in zip(self.requests, self._outcomes, strict=True):
            if isinstance(outcome, Refused):
                request.refuse(outcome)
            elif not request.answer.done():
                believed = self.moved and outcome.position > head
                request.answer.set_result(
                    outcome._replace(position=outcome.position + self.moved) if believed else outcome
                )


def _sent(requests: Iterable[Request]) -> set[Pair]:
    """The idempotency keys of requests."""
    return {request.context.idempotency[:2] for request in requests if request.context.idempotency is not None}


def _decide(batch: Batch, index: int, request: Request, now: datetime, keys: _Keys) -> Answer:
    idempotency = request.context.idempotency
    if idempotency is not None and (known := keys.get(idempotency[:2])) is not None:
        found, position = known
        if found != idempotency[2] and found not in request.command.earlier():
            raise Refused("this Idempotency-Key was used with another body; use a new key for a new request")
        return Answer(position, duplicate=True)
    decision = request.command.decide(batch, now)
    if decision.duplicate is None:
        follow(batch, decision)
        answer = Answer(batch.accept(decision, index, request.command), duplicate=False)
    else:
        answer = Answer(decision.duplicate, duplicate=True)
    if idempotency is not None:
        keys[idempotency[:2]] = batch.new_idempotency[idempotency[:2]] = (idempotency[2], answer.position)
    return answer


def _metadata(request: Request) -> Metadata:
    context = request.context
    return Metadata(
        actor=context.actor,
        source=context.source,
        correlation=context.correlation,
        idempotency_key=context.idempotency[1] if context.idempotency else None,
        fingerprint=request.command.fingerprint,
    )
