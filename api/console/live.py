"""Server-sent events that say how far a read model has come: a page that shows it asks for itself again then.

Whoever watches a tenant shares one look at its checkpoints. Where the projectors are this server's they say when
there is something to look for; elsewhere it is looked for once in a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from starlette.requests import Request
from starlette.responses import Response

from api.console import door
from api.feed import ADMIT_SECONDS, EVENT_STREAM, HEARTBEAT_SECONDS, streaming
from api.leases import Lease, Leases
from api.wire import Query
from ledger.database import queries, reading
from ledger.errors import BadInput
from projections import NAMES

# Between two looks: what a page waits at least, and at most where nobody says that there is something new.
AT_LEAST, AT_MOST = 0.4, 1.0

_SQL = queries("api/console/live.sql")

Checkpoints = Mapping[str, int]
# What the page of the log itself is of: everything in it.
LOG = "log"


class Pulse:
    """Where the read models of each tenant stand, looked up every AT_LEAST seconds at most, however many ask."""

    def __init__(self) -> None:
        self._seen: Leases[int, Checkpoints] = Leases()
        self._logs: Leases[int, str] = Leases()

    async def of(self, request: Request, name: str) -> str:
        """What moves when the read model `name`, or the log, does."""
        if name != LOG:
            return str((await self.checkpoints(request)).get(name, 0))
        return f"{await self.log(request)}-{request.app.state.works.moves}"

    async def checkpoints(self, request: Request) -> Checkpoints:
        """The position of each read model of the tenant that asks."""
        tenant_id: int = request.state.tenant.tenant_id

        async def look(now: float) -> Lease[Checkpoints]:
            async with reading(request.app.state.pool, tenant_id) as connection:
                rows = await connection.fetch(_SQL["checkpoints"], tenant_id)
            return Lease({row["projection"]: row["position"] for row in rows}, now + AT_LEAST)

        return (await self._seen.get(tenant_id, look)).value

    async def log(self, request: Request) -> str:
        """How far the log of the tenant that asks has come, and all that follows it."""
        tenant_id: int = request.state.tenant.tenant_id

        async def look(now: float) -> Lease[str]:
            async with reading(request.app.state.pool, tenant_id) as connection:
                row = await connection.fetchrow(_SQL["log"], tenant_id)
            return Lease("-".join(str(part or 0) for part in row), now + AT_LEAST)

        return (await self._logs.get(tenant_id, look)).value


async def get_live(request: Request) -> Response:
    """A stream of `moved` with where the read model `of`, or the `log`, is, at once and each time it has moved."""
    name = Query(request).text("of")
    if name not in (*NAMES, LOG):
        raise BadInput.at("of", f"must be one of {', '.join(sorted((*NAMES, LOG)))}")
    return streaming(_moves(request, name), EVENT_STREAM)


async def _moves(request: Request, name: str) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    state = request.app.state
    spoke = admitted = time.monotonic()
    told = ""
    while not state.stopping:
        now = time.monotonic()
        if now - admitted > ADMIT_SECONDS:
            await door.admit(request.scope, request.scope["header"])
            admitted = now
        seen = state.progress.count
        place = await state.pulse.of(request, name)
        if place != told:
            yield b"event: moved\ndata: %b\n\n" % place.encode()
            told, spoke = place, now
        elif now - spoke > HEARTBEAT_SECONDS:
            yield b": still here\n\n"
            spoke = now
        await state.progress.wait(AT_MOST, since=seen)
        await asyncio.sleep(AT_LEAST)
