"""How readers of this process hear that a read model has moved."""

from __future__ import annotations

import asyncio
import contextlib


class Progress:
    """Lets readers in this process wait until some read model has moved.

    Take `count` before looking at a checkpoint and hand it to `wait`: a move in between is not missed.
    """

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def moved(self) -> None:
        """Checkpoints of some tenant were moved."""
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, timeout: float, since: int | None = None) -> None:
        """Returns at the next move, at once if there was one after `since`, and after `timeout` seconds anyway."""
        if since is not None and since != self.count:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._next.wait(), timeout)
