"""A pool of connections in which no wait is for ever: for one that is free, for a new one, or for an answer.

PostgreSQL ends a statement that takes too long, or waits too long for a lock (`server_settings`). The same is measured
here, a little longer, for a server that is frozen or cannot be reached any more says nothing at all.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

# Seconds that somebody waits for a connection, a new one included.
CONNECT_WITHIN = 5.0
# Seconds that a statement may take: with a till or a person waiting for it, and where nobody does.
ANSWER_WITHIN = 8.0
WORK_WITHIN = 30.0


class Pool(asyncpg.Pool):
    """asyncpg's pool whose `acquire` gives up by itself, with TimeoutError; so does giving back a connection."""

    def acquire(self, *, timeout: float | None = None) -> Any:
        """As asyncpg's, but at most CONNECT_WITHIN seconds where no `timeout` is named."""
        return super().acquire(timeout=CONNECT_WITHIN if timeout is None else timeout)

    async def _acquire(self, timeout: float) -> Any:
        """As asyncpg's, which waits in a task of its own: a turn of the event loop for each of its two ends."""
        async with asyncio.timeout(timeout):
            return await super()._acquire(None)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:
        """As asyncpg's, in the time that `acquire` has."""
        await super().release(connection, timeout=CONNECT_WITHIN if timeout is None else timeout)

    @property
    def waiting(self) -> int:
        """How many wait for a connection that is free; asyncpg does not say so itself."""
        return len(getattr(self._queue, "_getters", ()))


async def create(dsn: str, answer_within: float | None, **options: Any) -> Pool:
    """A connected pool; `options` are asyncpg's. A statement takes `answer_within` seconds at most; None: no limit."""
    defaults: dict[str, Any] = {
        "max_queries": 50_000,
        "max_inactive_connection_lifetime": 300.0,
        "loop": None,
        "connection_class": asyncpg.Connection,
        "record_class": asyncpg.Record,
        "timeout": CONNECT_WITHIN,
        "command_timeout": answer_within,
    }
    given = defaults | options
    given["server_settings"] = given.get("server_settings", {}) | _limits(answer_within)
    opened: Pool = await Pool(dsn, **given)
    return opened


def _limits(answer_within: float | None) -> dict[str, str]:
    """PostgreSQL's own limits; they come first, for a statement that it has ended itself leaves the connection good."""
    if answer_within is None:
        return {}
    return {"statement_timeout": f"{answer_within * 900:.0f}ms", "lock_timeout": f"{answer_within * 600:.0f}ms"}
