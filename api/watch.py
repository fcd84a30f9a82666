"""A look at the database that is never long: for health and metrics, which are asked for when all else hangs."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from typing import Any, NamedTuple

from ledger.audit import seals
from ledger.database import open_pool
from ledger.telling import told
from projections.standing import Standing, standings

log = logging.getLogger("order_ledger.api")

LOOK_WITHIN = 1.5  # seconds until a database counts as away
FRESH_FOR = 0.5  # seconds that a look is good for; anybody may ask, and as often as he likes


class Seen(NamedTuple):
    """Where projections stand, and how far the logs are sealed."""

    projections: list[Standing]
    seals: list[seals.Standing]


class Watch:
    """Looks over a connection of its own, however busy the others are; one look at a time, however many ask.

    With `amiss` it sees only what is behind or has stopped: of thousands of tenants hardly anything.
    """

    def __init__(self, dsn: str, *, amiss: bool = False) -> None:
        self._dsn, self._amiss = dsn, amiss
        self._pool: Any = None
        self._under_way: asyncio.Task[Seen | None] | None = None
        self._found: Seen | None = None
        self._found_at = float("-inf")
        self._answered = True

    async def look(self) -> Seen | None:
        """How things stand; None: the database does not answer."""
        if self._found is not None and time.monotonic() - self._found_at < FRESH_FOR:
            return self._found
        task = self._under_way
        if task is None:
            # In no request's context: what it logs is about none of them.
            task = self._under_way = asyncio.create_task(self._ask(), context=contextvars.Context())
        await asyncio.wait({task}, timeout=LOOK_WITHIN)
        if not task.done():
            self.close()
            task.cancel()
            self._note(answered=False, why=f"nothing within {LOOK_WITHIN} s")
        if self._under_way is task:
            self._under_way = None
        return task.result() if task.done() and not task.cancelled() else None

    def close(self) -> None:
        """Cuts the connection off; the next look makes another."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def _ask(self) -> Seen | None:
        try:
            if self._pool is None:
                self._pool = await open_pool(self._dsn, max_size=1)
            standing = await standings(self._pool, behind=self._amiss)
            found = Seen(standing, await seals.standing(self._pool, stopped=self._amiss))
        except Exception as error:
            self.close()
            self._note(answered=False, why=told(error))
            return None
        self._found, self._found_at = found, time.monotonic()
        self._note(answered=True)
        return found

    def _note(self, *, answered: bool, why: str = "") -> None:
        """One line when it goes away, one when it is back."""
        if answered != self._answered:
            log.warning("the database answers again" if answered else f"the database does not answer: {why}")
        self._answered = answered
