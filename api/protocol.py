"""HTTP with clients that may be slow, broken or hostile: uvicorn's protocol, and bounds to what a connection can hold.

uvicorn closes a connection that has been quiet after an answer, and waits for ever in every other case. Here every
state has its time. One look a second at all connections sees to that (`serve.Server.on_tick` calls `look`), so a
request pays for no timer and reads no clock: uvicorn's own timer, armed and disarmed with each request, is gone too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import httptools
import msgspec
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_BYTES = 64 * 1024
HEADERS_AT_MOST = 100
# Requests that wait for the answers before theirs on one connection. What comes after them is not read, and the
# connection closes behind the last answer: a client asks again (RFC 9112, 9.3.2).
PIPELINED_AT_MOST = 32
# An answer is being read as long as this much of it goes out in `Patience.answer` seconds.
PROGRESS_BYTES = 256 * 1024

# A larger answer is not copied once more to be one with its headers.
WHOLE_AT_MOST = 64 * 1024

# What is being received. Plain numbers: members of an Enum cost ten times as much to look at, and each request does.
_NOTHING, _HEAD, _BODY = range(3)


class Patience(NamedTuple):
    """For how many seconds a client may take what: send a request's head, send its body, read an answer, be silent."""

    head: float = 10.0
    body: float = 30.0
    answer: float = 30.0
    # Tills are slow, and a connection closed under a request is a lost order to them.
    silence: float = 75.0


class _TooMuch(Exception):
    """More than a connection may hold. Raised to the parser, which stops at once. `status` is what a client is told."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Cycle(RequestResponseCycle):
    """A request and its answer, each whole where it can be: what is there is not waited for, and one write does."""

    def rest(self) -> bytes | None:
        """The rest of the request's body, if all of it has come: else it is for `receive` to wait for."""
        if self.more_body or self.disconnected or self.response_complete or self.waiting_for_100_continue:
            return None
        self.flow.resume_reading()
        self.message_event.clear()
        found, self.body = bytes(self.body), bytearray()
        return found

    def reply(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """Sends an answer, if nothing about it has to be thought over: else it goes by `send`. It has a content-length,
        or a status without a body, and its headers are the server's own.
        """
        if (
            self.disconnected or self.response_started or self.waiting_for_100_continue or self.access_log
            or not self.keep_alive or self.flow.write_paused or len(body) > WHOLE_AT_MOST
            or self.scope["method"] == "HEAD"
        ):  # fmt: skip
            return False
        content = [STATUS_LINE[status]]
        for name, value in (*self.default_headers, *headers):
            content += name, b": ", value, b"\r\n"
        content += b"\r\n", body
        self.response_started = self.response_complete = True
        self.transport.write(b"".join(content))
        self.message_event.set()
        self.on_response()
        return True


class Protocol(HttpToolsProtocol):
    """One connection. What is no HTTP, too long or too late is answered in the shape of every other problem."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._receiving = _NOTHING
        # Moves with every step of a request; whoever looks at it twice knows how long nothing has happened.
        self._step = 0
        self._seen_step = -1
        self._waiting_since = 0.0
        self._unread: tuple[float, int] | None = None
        # The status of what could not be read, until its turn to be answered comes: nothing is read after it.
        self._broken: int | None = None
        # The newest request that had to wait for others. uvicorn forgets it when the next one comes.
        self._queued_before: Any = None
        # Bytes since the last of a body: those of a head, or of what is around chunks and after them.
        self._framing = 0
        self._chunk = 0

    def connection_lost(self, exc: Exception | None) -> None:
        """As uvicorn's, which tells only the newest request that its client has gone: the one at work writes on."""
        self.pipeline.clear()
        if self._queued_before is not None and not self._queued_before.response_complete:
            _give_up(self._queued_before)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came. A request to change the protocol is ignored (RFC 9110, 7.8): the rest is HTTP as before."""
        if self._broken is not None:
            return
        self._chunk = len(data)
        whole = self._receiving is not _NOTHING
        while data:
            try:
                self.parser.feed_data(data)
                data = b""
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                cause = error.__context__
                self._refuse(cause.status if isinstance(cause, _TooMuch) else 400)
                return
        # The part of a head that came with the end of another request is not counted: it is small.
        if whole and self._receiving is not _NOTHING:
            self._framing += self._chunk
            if self._framing > HEAD_BYTES or len(self.headers) > HEADERS_AT_MOST:
                self._refuse(431)

    def on_message_begin(self) -> None:
        """A request's first byte."""
        if len(self.pipeline) >= PIPELINED_AT_MOST:
            raise _TooMuch(429)
        super().on_message_begin()
        self._receiving = _HEAD
        self._step += 1
        self._framing = 0

    def on_headers_complete(self) -> None:
        """A request's head is there, and what comes after a body in chunks (RFC 9112, 7.1.2) does not belong to it."""
        headers, self.headers = self.headers, []
        if self._framing + self._chunk > HEAD_BYTES:
            size = len(self.url) + sum(len(name) + len(value) for name, value in headers)
            if size > HEAD_BYTES:
                raise _TooMuch(431)
        if len(headers) > HEADERS_AT_MOST:
            raise _TooMuch(431)
        super().on_headers_complete()
        self.cycle.__class__ = Cycle
        self._receiving = _BODY
        self._step += 1
        self._framing = 0

    def on_body(self, body: bytes) -> None:
        """A part of a request's body: as uvicorn's, but for the look whether this may be a web socket."""
        self._framing = -self._chunk
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()

    def on_message_complete(self) -> None:
        """A request's last byte: as uvicorn's."""
        self._receiving = _NOTHING
        self._step += 1
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """As uvicorn's, but for the timer that it would arm here for every request."""
        self.server_state.total_requests += 1
        self._step += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._queued_before, app = self.pipeline.pop()
            self._start_asgi_task(self._queued_before, app)
        elif self._broken is not None:
            self.transport.write(_answer(self._broken))
            self.transport.close()

    def look(self, now: float, patience: Patience) -> None:
        """Closes the connection when the client's time is over at `now` (of the loop's clock)."""
        if self._is_unread(now, patience.answer):
            self.transport.abort()
        elif self._step != self._seen_step:
            self._seen_step, self._waiting_since = self._step, now
        elif not self.transport.is_closing() and now - self._waiting_since > self._allowed(patience):
            if self._receiving is _NOTHING:
                self.transport.close()
            else:
                self._refuse(408)

    def _allowed(self, patience: Patience) -> float:
        if self._broken is not None:
            return math.inf
        if self._receiving is _HEAD or self.cycle is None:
            return patience.head
        if self._receiving is _BODY:
            return patience.body
        return patience.silence if self.cycle.response_complete else math.inf

    def _is_unread(self, now: float, allowed: float) -> bool:
        """Whether an answer has lain here for too long: closing waits for it too, and would do so for ever."""
        left = self.transport.get_write_buffer_size()
        if not left:
            self._unread = None
        elif self._unread is None or left <= self._unread[1] - PROGRESS_BYTES:
            self._unread = now, left
        return self._unread is not None and now - self._unread[0] > allowed

    def _refuse(self, status: int) -> None:
        """Answers what cannot be read, when its turn comes, and closes. What was asked before it is answered first."""
        cycle, in_body = self.cycle, self._receiving is _BODY
        if cycle is not None and not cycle.response_complete:
            if not in_body or self.pipeline or cycle.response_started:
                if in_body and self.pipeline:
                    self.pipeline.popleft()  # the newest: the rest of its body will not come
                self._broken = status
                self.flow.pause_reading()
                return
            _give_up(cycle)
        if cycle is None or not in_body or not cycle.response_started:
            self.transport.write(_answer(status))
        self.transport.close()


def _give_up(cycle: Any) -> None:
    """Whoever waits for more of this request is told that none will come, and that nobody waits for the answer."""
    cycle.disconnected = True
    cycle.message_event.set()


_TITLES = {
    400: ("bad-request", "The request cannot be read", "this is no HTTP/1.1"),
    408: ("too-slow", "The request took too long", "the request did not come in time"),
    429: ("too-many", "Too many requests at once", "too many requests wait on this connection"),
    431: ("too-large", "The request's head is too large", f"the head is larger than {HEAD_BYTES} bytes"),
}


def _answer(status: int) -> bytes:
    """A whole answer as bytes: there is no request that could be handed to the application."""
    name, title, detail = _TITLES[status]
    content = msgspec.json.encode({
        "type": f"urn:order-ledger:{name}", "title": title, "status": status, "detail": detail, "errors": [],
        "retryable": status in (408, 429),
    })  # fmt: skip
    head = b"content-type: application/problem+json\r\ncache-control: no-store\r\nconnection: close\r\n"
    return b"%bcontent-length: %d\r\n%b\r\n%b" % (STATUS_LINE[status], len(content), head, content)
