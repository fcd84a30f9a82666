"""What may lie between a client and the ledger: a line that is cut, a proxy, a café's Wi-Fi, somebody who forges."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.acceptance.shops import an_address

# What happens to a request: it is answered with these bytes and goes no further; its answer comes as the function gives
# it, or is cut after so many bytes, or it takes FOR_EVER.
Fault = bytes | Callable[[bytes], bytes] | int
LOST, FOR_EVER = 0, -1
PORTAL = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<h1>Wifi</h1>"
SIGN_IN = b"HTTP/1.1 302 Found\r\nlocation: http://wifi.example/\r\ncontent-length: 0\r\n\r\n"
NO_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n"
HUNG_UP = b""


class Between:
    """Forwards requests to the server at `target`; the next one meets the first of `faults`, if there are any.

    `seen` are the requests, whole. With `every` all those whose path begins with it are answered as the function gives.
    """

    def __init__(self, target: str) -> None:
        self._target = httpx.URL(target)
        self._address = an_address()
        self.url = ""
        self.faults = list[Fault]()
        self.every: dict[str, Callable[[bytes], bytes]] = {}
        self.seen = list[bytes]()
        self._open = set[asyncio.Task[None] | None]()

    async def close(self) -> None:
        """Cuts all lines."""
        tasks = [task for task in self._open if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, for one request."""
        self._open.add(task := asyncio.current_task())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            self.seen.append(head + body)
            if FOR_EVER in self.faults[:1]:
                self.faults.pop(0)
                await reader.read()
            else:
                await self._answer(head, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self._open.discard(task)

    async def _answer(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self.faults.pop(0) if self.faults else self._standing(head)
        if isinstance(fault, bytes):
            writer.write(fault)
            return
        there, back = await asyncio.open_connection(self._target.host, self._target.port)
        try:
            also = f"\r\nConnection: close\r\nX-Forwarded-For: {self._address}\r\n\r\n".encode()
            back.write(re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head[:-4]) + also + body)
            if callable(fault):
                writer.write(fault(await there.read()))
            else:
                await _pipe(there, writer, fault)
        finally:
            back.close()

    def _standing(self, head: bytes) -> Fault | None:
        path = head.split(b" ", 2)[1].decode()
        return next((fault for begin, fault in self.every.items() if path.startswith(begin)), None)


async def _pipe(there: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int | None) -> None:
    """The answer as it comes, or the first bytes of it; none of them are given before all have come."""
    if left == LOST:
        await there.read()  # the ledger has done it
        return
    while piece := await there.read(65536 if left is None else left):
        writer.write(piece)
        await writer.drain()
        if left is not None and (left := left - len(piece)) <= 0:
            return


@asynccontextmanager
async def between(target: str) -> AsyncIterator[Between]:
    """Opens it."""
    found = Between(target)
    server = await asyncio.start_server(found, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield found
        await found.close()


def forged(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    """An answer of JSON with a change in it."""

    def answer(said: bytes) -> bytes:
        content = json.dumps(change(json.loads(said.partition(b"\r\n\r\n")[2]))).encode()
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
            len(content), content
        )  # fmt: skip

    return answer
