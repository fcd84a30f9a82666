"""A till's line to the server: one connection that is kept, one request at a time, and cut where a line would be cut.

httpx takes a millisecond of processor time for a request, as much as the server for all of its work, and lets nobody
hang up between request and answer; so this is asyncio's streams and the server's own HTTP parser, httptools.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

import httptools

from ledger.errors import LedgerError

_CHUNK = 1 << 16
_PATIENCE = 60.0  # seconds for an answer


class NoServer(LedgerError):
    """Nobody answers at a URL."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer ({reason}); start a server with `order-ledger serve`, or give --url")


class Answer(NamedTuple):
    """What the server says; `position` is its `Ledger-Position`, `retry_after` in seconds (0: it names none)."""

    status: int
    body: bytes
    position: int
    retry_after: float


class Server:
    """Where the server is, and with what credential it is asked. LedgerError: the URL is none."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise LedgerError(f"--url {url!r} is no address like http://127.0.0.1:8000")
        self.url, self.prefix = url, parts.path.rstrip("/")
        self.host, self.port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None
        credential = f"Authorization: Bearer {key}\r\n" if key else ""
        self._head = f"Host: {parts.netloc.rpartition('@')[2]}\r\n{credential}Content-Type: application/json\r\n"

    def request(self, method: str, path: str, body: bytes, headers: str) -> bytes:
        """A request as it goes over the line; `headers` are whole lines."""
        head = f"{method} {self.prefix}{path} HTTP/1.1\r\n{self._head}{headers}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection. NoServer: there is none to be had."""
        try:
            return await asyncio.open_connection(self.host, self.port, ssl=self.tls)
        except OSError as error:
            raise NoServer(self.url, error.strerror or str(error)) from None


class Line:
    """One connection, opened when it is first needed, and again after it was closed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> Answer:
        """Sends a request until it is answered: every one of ours may be sent twice. NoServer: nobody answers."""
        request = self._server.request(method, path, body, headers)
        for attempt in range(3):
            fresh = self._streams is None
            try:
                return await asyncio.wait_for(self._once(request), _PATIENCE)
            except (OSError, EOFError) as error:
                self.close()
                if fresh and attempt:
                    raise NoServer(self._server.url, str(error) or "the connection was closed") from None
            except TimeoutError:
                self.close()
                raise NoServer(self._server.url, f"nothing within {_PATIENCE:.0f} seconds") from None
        raise NoServer(self._server.url, "the connection was closed")

    async def cut(self, method: str, path: str, body: bytes, headers: str = "") -> None:
        """Sends a request and hangs up when the answer is on its way: nobody reads it."""
        reader, writer = await self._server.connect()
        try:
            writer.write(self._server.request(method, path, body, headers))
            await asyncio.wait_for(reader.read(1), _PATIENCE)
        except (OSError, TimeoutError):
            pass
        finally:
            writer.transport.abort()

    def close(self) -> None:
        """Hangs up."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _once(self, request: bytes) -> Answer:
        if self._streams is None:
            self._streams = await self._server.connect()
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        heard = _Heard()
        while not heard.complete:
            data = await reader.read(_CHUNK)
            if not data:
                raise EOFError
            heard.parser.feed_data(data)
        if not heard.kept:
            self.close()
        return heard.answer()


class _Heard:
    """An answer while it comes in."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.complete = self.kept = False
        self._body: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser's word."""
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        """The parser's word."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The parser's word."""
        # Afterwards the parser knows no more.
        self.complete, self.kept = True, self.parser.should_keep_alive()

    def answer(self) -> Answer:
        """All of it."""
        position, after = (self._headers.get(name, b"") for name in (b"ledger-position", b"retry-after"))
        return Answer(
            self.parser.get_status_code(),
            b"".join(self._body),
            int(position) if position.isdigit() else 0,
            float(after) if after.isdigit() else 0.0,
        )
