"""How much the server has in hand, and giving memory back after much of it."""

from __future__ import annotations

import asyncio
import ctypes
import gc

from starlette.types import Scope

from ledger.errors import Unavailable

# A body of so many bytes waits for its turn: as records it is up to thirty times its size.
LARGE = 128 * 1024
LARGE_AT_ONCE = 4
TURN_WITHIN = 10.0
# Bytes of large bodies and answers after which memory is given back, and how often at most, seconds.
STRAIN = 4 * 1024 * 1024
TIDY_EVERY = 5.0


class Load:
    """The bytes of bodies in hand, from when they are read until their answers are sent: `limit` at most.

    A body that waits for the database lives on as records, several times its size; so many at once must be bounded, and
    of the large ones only a few are anything but bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = 0
        self._strain = 0
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._tidied = 0.0

    def take(self, scope: Scope, size: int) -> bool:
        """Counts `size` more bytes to a request, or says that there is no room for them."""
        if self.taken + size > self._limit:
            return False
        self.taken += size
        scope["load"] = scope.get("load", 0) + size
        return True

    async def turn(self, scope: Scope) -> None:
        """Returns when one more large body may be made records of. Unavailable: not for a while."""
        try:
            async with asyncio.timeout(TURN_WITHIN):
                await self._large.acquire()
        except TimeoutError:
            raise Unavailable("too many large documents are being worked on; send this again") from None
        scope["turn"] = True

    def give_back(self, scope: Scope) -> None:
        """The request is over."""
        size = scope.pop("load", 0)
        self.taken -= size
        if scope.pop("turn", False):
            self._large.release()
        if size > LARGE:
            self.strained(size)

    def strained(self, size: int) -> None:
        """So many bytes at once have been taken in or given out."""
        self._strain += size

    def tidy(self, now: float) -> None:
        """Gives memory back to the system, now and then, as long as there was something large not long ago.

        Large documents leave holes all over the heap, which the allocator keeps for the next ones, and a failed one
        leaves cycles (an error, its traceback, the frames with the document in them) that the collector, tuned for
        small requests, would look for in an hour. Work goes on behind an answer (its batch), hence more than once.
        """
        if self._strain < STRAIN or now - self._tidied < TIDY_EVERY:
            return
        self._tidied = now
        self._strain = min(self._strain // 2, 16 * STRAIN)
        gc.collect()
        if _trim is not None:
            _trim(0)


# glibc has it; other C libraries give back by themselves, or not at all.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
