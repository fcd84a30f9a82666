"""Reading your own writes: a read waits until its read model has come far enough, or says that it has not."""

from __future__ import annotations

import asyncio
import logging
import re

from starlette.requests import Request

from api import etags
from api.own_rows import own_rows
from api.wire import header
from ledger import store
from ledger.database import queries
from ledger.errors import BadInput, Unavailable

log = logging.getLogger("order_ledger.api")

HEADER = "Ledger-Min-Position"

_SQL = queries("api/freshness.sql")
_POSITION = re.compile(r"\d{1,18}", re.ASCII)
# Projectors may run in other processes, where only the checkpoint in the database can be seen: seconds between looks.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.05


async def reached(request: Request, projection: str, *, windowed: bool = False) -> None:
    """Waits until `projection` reflects the position the client names and, `windowed`, every write begun before now.

    A windowed read lets writes in flight finish first, so that a poller whose next window starts where this one ends
    misses nothing (contract, section 1, Window). The wait ends after `settings.min_position_wait` seconds.
    BadInput: no position. Unavailable: not there in time, or the projection has stopped. NotModified: what the client
    has is what it would get.
    """
    wanted = named_position(request)
    state, asked = request.app.state, etags.is_asked(request)
    tenant_id: int = request.state.tenant.tenant_id
    try:
        async with asyncio.timeout(max(state.settings.min_position_wait, _FIRST_PAUSE * 10)):
            if windowed:
                wanted = max(wanted, await store.settled_head(state.pool, tenant_id))
            position = 0
            if wanted or asked or projection not in state.generations:
                position = await _wait(request, tenant_id, projection, wanted)
    except TimeoutError:
        raise Unavailable(f"the read model {projection!r} has not reached position {wanted} yet") from None
    etags.tag_of(request).add(projection, state.generations[projection])
    if asked:
        etags.refuse_same(request, position)


async def beside(request: Request, projection: str) -> None:
    """For an answer that shows something of another projection too, wherever that stands."""
    position = await _wait(request, request.state.tenant.tenant_id, projection, 0)
    etags.tag_of(request).add(projection, request.app.state.generations[projection], position)


async def log_unchanged(request: Request) -> None:
    """For a read of the log itself, before it. NotModified: the log has not grown since the client's answer."""
    tag = etags.tag_of(request)
    tag.add("log")
    if etags.is_asked(request):
        async with own_rows(request) as (connection, tenant_id):
            head = await store.head(connection, tenant_id)
        log_reached(request, head)
        etags.refuse_same(request, head)


def log_reached(request: Request, head: int) -> None:
    """For a read of the log itself, which stood at `head`. BadInput and Unavailable as in `reached`."""
    wanted = named_position(request)
    if wanted > head:
        raise Unavailable(f"the log has not reached position {wanted} yet")
    etags.tag_of(request).position = head


def named_position(request: Request) -> int:
    """The position in `Ledger-Min-Position`, 0 for none. BadInput: it is no position."""
    text = header(request, b"ledger-min-position")
    if not text:
        return 0
    if not _POSITION.fullmatch(text):
        raise BadInput.at(HEADER, "must be a position: a whole number from 0")
    return int(text)


async def _wait(request: Request, tenant_id: int, projection: str, wanted: int) -> int:
    """Looks at the checkpoint; between looks this server's projectors wake it at once. Gives the position."""
    state = request.app.state
    pause = _FIRST_PAUSE
    while True:
        seen = state.progress.count
        row = await state.pool.fetchrow(_SQL["checkpoint"], tenant_id, projection)
        position, error, state.generations[projection] = row
        if position >= wanted:
            return int(position)
        if error is not None:
            log.error("the projection %s has stopped after position %d: %s", projection, position, error)
            raise Unavailable(f"the read model {projection!r} has stopped at position {position}", retry_after=60)
        await state.progress.wait(pause, since=seen)
        pause = min(pause * 2, _LONGEST_PAUSE)
