"""GET /v1/events: the log for whoever follows it, as a page of JSON, as NDJSON, or as server-sent events.

Positions are permanent and have no hole: a reader that goes on after the last one it has seen misses nothing and gets
nothing twice, whichever of the three it asks for.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import guard
from api.described import WORD, Answer, Content, Parameter, described, in_header, json_body, one_of, whole
from api.etags import tag_of
from api.freshness import log_reached, log_unchanged
from api.openapi import shown
from api.openapi.answers import EventPage
from api.problems import OUTAGES
from api.wire import Query, header, json_answer
from ledger.database import reading
from ledger.errors import BadInput, LedgerError
from ledger.events import STORED
from ledger.feed import Chunk, Line, Wanted, read_chunk

log = logging.getLogger("order_ledger.api")

NDJSON, EVENT_STREAM = "application/x-ndjson", "text/event-stream"
_FORMATS = {"json": "application/json", "ndjson": NDJSON, "sse": EVENT_STREAM}
# Events in one piece of a stream: what a reader that is slow has at most before it, beside what its connection holds.
_AT_ONCE = 200
HEARTBEAT_SECONDS, POLL_SECONDS, ADMIT_SECONDS = 15.0, 0.5, 5.0
_POSITION = re.compile(r"\d{1,18}", re.ASCII)
_STREAM = re.compile(r"[a-z]+-[0-9A-Za-z-]{1,64}")
_FARTHEST, _MOST = 2**62, 2**31
_NAMES = {name for name, _ in STORED}
# An integrator reads without what is personal.
_SEE_PERSONAL = ("auditor", "admin")


@described(
    "Log",
    "Positions have no hole and never change: go on after the last one you have seen, and you miss nothing and get "
    "nothing twice. As a page of JSON, as NDJSON up to the head of this moment, or as server-sent events that go on "
    "for as long as you stay; `id` is the position. An integrator reads without what is personal.",
    name="GetEvents",
    summary="The log, from any position on.",
    parameters=[
        Parameter("after", whole(0, _FARTHEST), "Events after this position; from the first one without it."),
        Parameter("limit", whole(1, _MOST), "So many at most. A page has 1000 without it, and 5000 at most."),
        Parameter("type", WORD, "Only events of these types: `order.finalised,order.amended`."),
        Parameter("stream", WORD, "Only events of this stream: `order-<Guid>`."),
        Parameter("format", one_of(*_FORMATS), "The form, where `Accept` cannot be set."),
        in_header("Last-Event-ID", "Of a reader of server-sent events that comes again: instead of `after`."),
    ],
    answers=[
        Answer(
            "Events.",
            [
                json_body(EventPage, page=shown.EVENTS),
                Content(NDJSON, {"type": "string"}, {"lines": shown.NDJSON_TEXT}),
                Content(EVENT_STREAM, {"type": "string"}, {"stream": shown.SSE_TEXT}),
            ],
            position=False,
            headers={"Ledger-Position": "Of a page of JSON: the head of the log."},
        )
    ],
)
async def get_events(request: Request) -> Response:
    """Events after `after`, at most `limit`, perhaps of certain types or one stream, in the form that is accepted."""
    query = Query(request)
    wanted = Wanted(_types(query), _stream(query))
    after = query.integer("after", 0, _FARTHEST) or 0
    form = _form(request, query)
    if form == EVENT_STREAM:
        after = _last_event_id(request, after)
        return streaming(_server_sent(request, after, wanted), EVENT_STREAM)
    limit = query.integer("limit", 1, _MOST)
    if form == NDJSON:
        return streaming(_lines(request, after, limit, wanted), NDJSON)
    settings = request.app.state.settings
    tag_of(request).add(request.state.access.role)  # not everybody sees what is personal
    await log_unchanged(request)
    chunk = await _chunk(request, after, min(limit or settings.page_size, settings.page_limit), wanted)
    log_reached(request, chunk.head)
    body = b'{"Events":[%b],"Next":%d,"Head":%d}' % (
        b",".join(line.json for line in chunk.lines), chunk.next, chunk.head
    )  # fmt: skip
    return json_answer(body, chunk.head)


async def _chunk(request: Request, after: int, limit: int, wanted: Wanted) -> Chunk:
    access, state = request.state.access, request.app.state
    vault = state.vault.uncached() if access.role in _SEE_PERSONAL else None
    tenant_id = access.tenant.tenant_id
    async with reading(state.pool, tenant_id) as connection:
        return await read_chunk(connection, tenant_id, after, limit, wanted, vault)


async def _lines(request: Request, after: int, limit: int | None, wanted: Wanted) -> AsyncIterator[bytes]:
    """Events up to the head of the moment it began, or `limit` of them, one a line."""
    head, left = None, limit or 2**62
    while left and (head is None or after < head):
        chunk = await _chunk(request, after, min(_AT_ONCE, left), wanted)
        head = chunk.head if head is None else head
        lines = [line.json + b"\n" for line in chunk.lines if line.position <= head]
        after, left = chunk.next, left - len(lines)
        yield b"".join(lines)


async def _server_sent(request: Request, after: int, wanted: Wanted) -> AsyncIterator[bytes]:
    """Events for as long as the reader stays and may, with a sign of life where there are none.

    `id` is the position: a reader that comes again with `Last-Event-ID` goes on where it was. A reader that does not
    read is cut off by the connection's own limit (`protocol`), one whose credential ends, here.
    """
    yield b"retry: 1000\n\n"
    state = request.app.state
    spoke = admitted = time.monotonic()
    while not state.stopping:
        now = time.monotonic()
        if now - admitted > ADMIT_SECONDS:
            await guard.admit(request.scope, request.scope["header"])
            admitted = now
        seen = state.appended.count
        chunk = await _chunk(request, after, _AT_ONCE, wanted)
        if chunk.lines:
            yield b"".join(map(_server_sent_event, chunk.lines))
            spoke = now
        elif now - spoke > HEARTBEAT_SECONDS:
            yield b": still here\n\n"
            spoke = now
        after = chunk.next
        if after >= chunk.head:
            await state.appended.wait(POLL_SECONDS, since=seen)


def _server_sent_event(line: Line) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (line.position, line.type.encode(), line.json)


def streaming(pieces: AsyncIterator[bytes], media_type: str) -> Response:
    """An answer that goes on: it ends early, and quietly, where the database or the credential does."""

    async def until_it_cannot() -> AsyncIterator[bytes]:
        try:
            async for piece in pieces:
                if piece:
                    yield piece
        except Exception as error:
            if not isinstance(error, (LedgerError, *OUTAGES)):
                raise
            # The status is out already. What was sent is true; the reader comes again and goes on after it.
            log.warning("a stream of events ends early: %s", type(error).__name__)

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(until_it_cannot(), media_type=media_type, headers=headers)


def _form(request: Request, query: Query) -> str:
    """What `format` names, else what is accepted, else JSON."""
    named = query.text("format").lower()
    if named:
        if named not in _FORMATS:
            raise BadInput.at("format", "must be json, ndjson or sse")
        return _FORMATS[named]
    accepted = header(request, b"accept").lower()
    return next((form for form in (EVENT_STREAM, NDJSON) if form in accepted), _FORMATS["json"])


def _types(query: Query) -> list[str]:
    names = [name.strip() for name in query.text("type").split(",") if name.strip()]
    unknown = [name for name in names if name not in _NAMES]
    if unknown:
        raise BadInput.at("type", f"there is no such event; there are {', '.join(sorted(_NAMES))}")
    return names


def _stream(query: Query) -> str | None:
    name = query.text("stream")
    if name and not _STREAM.fullmatch(name):
        raise BadInput.at("stream", "must be the name of a stream, like order-<Guid>")
    return name or None


def _last_event_id(request: Request, after: int) -> int:
    sent: Any = header(request, b"last-event-id")
    if not sent:
        return after
    if not _POSITION.fullmatch(sent):
        raise BadInput.at("Last-Event-ID", "must be the position of the last event that was read")
    return int(sent)
