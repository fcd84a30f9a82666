"""What comes in beside a body, and what goes out: query parameters, the body's bytes, answers in JSON."""

from __future__ import annotations

import asyncio
import contextlib
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.described import query_names
from api.load import LARGE, Load
from api.problems import BodyTooLarge
from api.protocol import Cycle
from ledger.business_time import query_instant
from ledger.errors import BadInput, Unavailable
from ledger.records import NO_ID
from ledger.settings import Settings
from ledger.tolerant import guid
from ledger.writer import Answer
from projections.window import Page, Window

Headers = list[tuple[bytes, bytes]]

_DIGITS = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_PREFIX = "dates."
# PostgreSQL takes an offset as bigint; nothing has so many rows.
_FARTHEST = 2**62
_DRAINED_TIMES, _DRAINED_SECONDS = 32, 5.0
# What a body can be made smaller with. Some programs put `utf-8` into that header, and send JSON as it is.
_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"})


class Query:
    """The query parameters of a request: names without regard to case, `dates.Name` is `Name`, the last one wins.

    A parameter without a value counts as not sent. Every method raises BadInput that names the parameter, and
    LookupError for one that the handler's description does not list: nothing is read that nobody is told of.
    """

    def __init__(self, request: Request) -> None:
        # Some programs send letters unescaped.
        text = request.scope["query_string"].decode("utf-8", "replace")
        self._request = request
        route = request.scope.get("route")
        self._listed = query_names(route.handler) if route is not None else None
        self._values: dict[str, str] = {
            name.lower().removeprefix(_PREFIX): value for name, value in parse_qsl(text, keep_blank_values=True)
        }

    def text(self, name: str) -> str:
        """The value without blanks around it, `""` when there is none."""
        return self.exact(name).strip()

    def exact(self, name: str) -> str:
        """The value as it came, `""` when there is none."""
        if self._listed is not None and name.lower() not in self._listed:
            raise LookupError(f"the query parameter {name} is read but not listed: add it to the handler's `described`")
        return self._values.get(name.lower(), "")

    def guid(self, name: str) -> UUID | None:
        """A Guid in any of its spellings; None when there is none, or when it is all zeros."""
        return _guid(name, self.text(name))

    def boolean(self, name: str) -> bool:
        """`true`, `false`, `1` or `0`; False when there is none."""
        value = self.text(name).lower()
        if value and value not in _FLAGS:
            raise BadInput.at(name, "must be true or false")
        return _FLAGS.get(value, False)

    def integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`, or None."""
        value = self.text(name)
        if not value:
            return None
        if not _DIGITS.fullmatch(value) or not low <= int(value) <= high:
            raise BadInput.at(name, f"must be a whole number from {low} to {high}")
        return int(value)

    def moment(self, name: str, zone: ZoneInfo) -> datetime | None:
        """An aware instant in any of the forms the contract has for queries, local to `zone` without an offset."""
        try:
            return query_instant(self.text(name), zone)
        except ValueError as error:
            raise BadInput.at(name, str(error)) from None

    def window(self) -> Window:
        """The contract's Dates query, local to the tenant's zone."""
        zone: ZoneInfo = self._request.state.tenant.zone
        limit = self._page_size()
        page = self._count("PageNo")
        return Window(
            after=self.moment("LastExecutedDate", zone),
            until=self.moment("CurrentDate", zone),
            terminal=self.guid("TerminalId"),
            offset=min(page * limit, _FARTHEST),
            limit=limit,
        )

    def _page_size(self) -> int:
        settings: Settings = self._request.app.state.settings
        return min(self._count("PageSize") or settings.page_size, settings.page_limit)

    def _count(self, name: str) -> int:
        """A number from 0 on; one too large to mean anything is as good as any other such."""
        value = self.text(name).removeprefix("+")
        if not value:
            return 0
        if not (value.isascii() and value.isdigit()):
            raise BadInput.at(name, "must be a whole number from 0")
        return int(value[:40])


def path_guid(request: Request, name: str) -> UUID:
    """A Guid from the path, all zeros where it is. BadInput: no Guid."""
    return _guid(name, request.path_params[name]) or NO_ID


def _guid(name: str, text: str) -> UUID | None:
    try:
        found = guid(text)
    except ValueError as error:
        raise BadInput.at(name, str(error)) from None
    return found if found.int else None


def header(request: Request, name: bytes) -> str:
    """A header by its lower-case name, `""` when there is none; the last one wins. One look-up, unlike Starlette's."""
    value: bytes = request.scope["header"].get(name, b"")
    return value.decode("latin-1").strip()


async def body(request: Request) -> bytes:
    """The request's body. BodyTooLarge: over `settings.max_body_bytes`, declared or sent. Unavailable: see `Load`."""
    limit: int = request.app.state.settings.max_body_bytes
    load: Load = request.app.state.load
    declared = header(request, b"content-length")
    if declared.isdecimal() and int(declared[:20]) > limit:
        await _drain(request, limit)
        raise BodyTooLarge(limit)
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        chunk, more = await _chunk(request)
        size += len(chunk)
        if size > limit:
            await _drain(request, limit)
            raise BodyTooLarge(limit)
        if not load.take(request.scope, len(chunk)):
            await _drain(request, limit)
            raise Unavailable("too much is being worked on; send this again")
        chunks.append(chunk)
    if size > LARGE:
        await load.turn(request.scope)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def document(request: Request) -> bytes:
    """The body of a command, as `body` gives it. BadInput: it is compressed."""
    return uncompressed(request, await body(request))


def uncompressed(request: Request, raw: bytes) -> bytes:
    """The body's bytes as they came. BadInput: a header says that they are compressed."""
    named = header(request, b"content-encoding")
    for coding in named.lower().split(",") if named else ():
        if coding.strip() in _CODINGS:
            raise BadInput.at("Content-Encoding", f"a body in {coding.strip()} is not read; send it uncompressed")
    return raw


async def _chunk(request: Request) -> tuple[bytes, bool]:
    """A part of the body, and whether there is more of it. ClientDisconnect: the client has gone."""
    cycle = _cycle(request.receive)
    if cycle is not None and (rest := cycle.rest()) is not None:
        return rest, False
    message = await request.receive()
    if message["type"] != "http.request":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def _drain(request: Request, limit: int) -> None:
    """Reads on for a while when the connection closes after the answer.

    Such a client sends all it has before it reads, and a close in the middle would reset the connection: it would see
    an error of the network, not the answer. On a connection that stays the server discards the rest by itself.
    """
    if "close" not in header(request, b"connection").lower() or header(request, b"expect"):
        return
    left, more = _DRAINED_TIMES * limit, True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAINED_SECONDS):
            while more and left > 0:
                chunk, more = await _chunk(request)
                left -= len(chunk)


def _cycle(method: Any) -> Cycle | None:
    """The request's cycle: uvicorn's `receive` and `send` are methods of it. None: another server's."""
    found = getattr(method, "__self__", None)
    return found if isinstance(found, Cycle) else None


class Reply(Response):
    """A Starlette response whose headers are ready bytes; Starlette would build them anew for every answer."""

    body: bytes

    def __init__(self, status: int, body: bytes, headers: Headers, position: int | None = None) -> None:
        self.status_code = status
        self.position = position
        self.body = body
        self.raw_headers = headers
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends itself."""
        cycle = _cycle(send)
        if cycle is not None and cycle.reply(self.status_code, self.raw_headers, self.body):
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


# What a till sees must never come from a cache: a GET changes an order's status here. See `etags` for what reads say.
_JSON = (b"content-type", b"application/json; charset=utf-8")
_NO_STORE = (b"cache-control", b"no-store")


def json_answer(body: bytes, position: int | None = None) -> Reply:
    """200 with ready JSON, and with the `position` of the log it reflects where there is one."""
    headers: Headers = [_JSON, _NO_STORE, (b"content-length", b"%d" % len(body))]
    if position is not None:
        headers.append((b"ledger-position", b"%d" % position))
    return Reply(200, body, headers, position)


def list_answer(page: Page) -> Reply:
    """200 with a JSON array of ready documents."""
    return json_answer(b"[%b]" % b",".join(page.documents), page.position)


def command_answer(answer: Answer) -> Reply:
    """200 with where the command stands in the log, and whether it stood there before (contract, Answers)."""
    word = b"true" if answer.duplicate else b"false"
    return json_answer(b'{"Position":%d,"Duplicate":%b}' % (answer.position, word), answer.position)
