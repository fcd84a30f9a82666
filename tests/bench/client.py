"""Where there is no wrk: `python -m tests.bench.client URL CONNECTIONS SECONDS TEXT NUMBER KEYS SEED` does its work."""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

from tests.bench.bodies import Template, fresh


class Requests:
    """What is sent, and what came of it. After `until` nothing more is sent."""

    def __init__(self, path: str, bodies: Iterator[bytes], keys: list[str], until: float) -> None:
        self._path, self._bodies, self._until = path, bodies, until
        self._keys = itertools.cycle(keys)
        self.seconds: list[float] = []
        self.failed = 0

    def next(self) -> bytes | None:
        """The next request; None: the time is over."""
        if time.perf_counter() > self._until:
            return None
        body = next(self._bodies)
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {next(self._keys)}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Connection(asyncio.Protocol):
    """One request after the other."""

    def __init__(self, requests: Requests, done: asyncio.Future[None]) -> None:
        self._requests, self._done = requests, done
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the first."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Sends the next once an answer is whole."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self._requests.seconds.append(time.perf_counter() - self._sent_at)
        self._requests.failed += not head.startswith(b"HTTP/1.1 200")
        self._received = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """A failure, unless it was we who hung up."""
        if not self._done.done():
            self._requests.failed += 1
            self._done.set_result(None)

    def _send(self) -> None:
        request = self._requests.next()
        if request is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n")[0]) if found else 0


async def run(url: str, connections: int, requests: Requests) -> float:
    """How long it took."""
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    begun = time.perf_counter()
    for end in ends:
        await loop.create_connection(
            functools.partial(Connection, requests, end), parts.hostname or "", parts.port or 80
        )
    await asyncio.gather(*ends)
    return time.perf_counter() - begun


def main(url: str, connections: str, seconds: str, text: str, number: str, keys: str, _seed: str) -> None:
    """Prints a line `RESULT` with JSON."""
    template = Template(Path(text).read_bytes())
    bodies = fresh(template, int(number))
    requests = Requests(
        urlsplit(url).path, bodies, Path(keys).read_text().split(), time.perf_counter() + float(seconds)
    )
    took = uvloop.run(run(url, int(connections), requests))
    found = sorted(requests.seconds) or [0.0]
    went = {"requests": len(found), "seconds": took, "failed": requests.failed}
    print("RESULT", json.dumps(went | {"p50": found[len(found) // 2], "p99": found[len(found) * 99 // 100]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
