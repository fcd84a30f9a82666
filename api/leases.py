"""What was looked up and is believed for a moment. Nothing tells a server that a key was revoked: it asks again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from ledger.credentials import LEASE
from ledger.errors import Unavailable

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_KEPT_AT_MOST = 10_000
_TRIES = 5


class Lease(NamedTuple, Generic[Value]):
    """A value, and until when it is believed, by the clock of `Leases`."""

    value: Value
    until: float


class Leases(Generic[Key, Value]):
    """Values by key, each believed for LEASE seconds from before it was looked up, and then looked up again.

    However many ask, one look-up at a time is under way for a key. `clock` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[Key, Lease[Value]] = {}
        self._under_way: dict[Key, asyncio.Task[None]] = {}

    def held(self, key: Key) -> Lease[Value] | None:
        """What is known, without asking anybody."""
        lease = self._kept.get(key)
        return lease if lease is not None and lease.until > self._clock() else None

    def last(self, key: Key) -> Value | None:
        """What was looked up last, however long ago; None: nothing."""
        lease = self._kept.get(key)
        return lease.value if lease is not None else None

    def was_held(self, key: Key) -> bool:
        """Whether it was looked up before, however long ago."""
        return key in self._kept

    async def get(self, key: Key, look_up: Callable[[float], Awaitable[Lease[Value]]]) -> Lease[Value]:
        """What is known; else what `look_up` says, which is told the time and may set an earlier end.

        Unavailable: look-ups take longer than what they say is good for.
        """
        for _ in range(_TRIES):
            lease = self.held(key)
            if lease is not None:
                return lease
            task = self._under_way.get(key)
            # One that is done has found something that is over again, and its end is not known here yet.
            if task is None or task.done():
                task = self._under_way[key] = asyncio.create_task(self._renew(key, look_up))
                task.add_done_callback(lambda done: self._ended(key, done))
            # Whoever began it may go away; the others still wait for it.
            await asyncio.shield(task)
        raise Unavailable("the database answers too slowly to say who is asking")

    async def _renew(self, key: Key, look_up: Callable[[float], Awaitable[Lease[Value]]]) -> None:
        before = self._clock()
        lease = await look_up(before)
        self._kept.pop(key, None)
        while len(self._kept) >= _KEPT_AT_MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = Lease(lease.value, min(lease.until, before + LEASE))

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
        if not task.cancelled():
            task.exception()  # seen, even when everybody who waited for it has gone
