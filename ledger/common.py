"""What the queues of all tenants share."""

from __future__ import annotations

import asyncio
import logging
import math
import time

from ledger.commit import Done
from ledger.draft import Draft
from ledger.store import Connection, Pool, Vault
from ledger.telling import told

_log = logging.getLogger(__name__)

# How long after an answer a server is taken to be awake, seconds: as long as the next request of many takes to come, or
# of one till that empties its queue.
AWAKE_FOR = 0.02


class Common:
    """What the queues of all tenants have in common: the way to the database, and how many commands wait."""

    def __init__(self, pool: Pool, vault: Vault, done: Done) -> None:
        self.pool, self.vault, self._done = pool, vault, done
        self.queued = 0
        # When the database last said that something is committed; monotonic.
        self._heard = -math.inf
        # Connections on their way back to the pool.
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def is_awake(self) -> bool:
        """Whether the database has answered just now."""
        return time.monotonic() < self._heard + AWAKE_FOR

    def done(self, draft: Draft, first: int | None) -> None:
        """A draft is committed."""
        if draft.batch.appended:
            self._heard = time.monotonic()
        self._done(draft, first)

    def let_go(self, draft: Draft) -> None:
        """Gives a draft's connection back. Nobody waits for that: it takes several turns of the event loop, which may
        be busy with other requests, and the next batch has a connection of its own.
        """
        if (connection := draft.let_go()) is not None:
            leaving = asyncio.create_task(self._give_back(connection))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _give_back(self, connection: Connection) -> None:
        try:
            await self.pool.release(connection)
        except Exception as error:
            _log.debug("a connection is lost: %s", told(error))

    async def close(self) -> None:
        """Waits for the last connection to be given back."""
        await asyncio.gather(*self._leaving, return_exceptions=True)
