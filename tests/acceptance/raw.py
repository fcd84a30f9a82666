"""HTTP by hand, for what no client library would send: bytes out, bytes in."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

OUTLETS = b"GET /api/Sale/GetOutlets HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Answer(NamedTuple):
    """One answer as it came over the wire; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@contextlib.contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A connection to the server of `url` that nothing has been sent on."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        yield connection


def request(path: str, body: bytes = b"", *headers: str, method: str = "POST") -> bytes:
    """A whole request; a length is named unless a header says how the body ends."""
    named = [*headers]
    if not any(header.lower().startswith(("content-length", "transfer-encoding")) for header in headers):
        named.append(f"Content-Length: {len(body)}")
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *named, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def everything(connection: socket.socket) -> bytes:
    """All that comes until the other side closes; a reset ends it too."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answers(content: bytes) -> list[Answer]:
    """The answers in a stream of bytes; each must have a Content-Length and be whole."""
    found = []
    while content:
        head, separator, rest = content.partition(b"\r\n\r\n")
        assert separator, content
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = 0 if first.startswith(("HTTP/1.1 1", "HTTP/1.1 204")) else int(headers["content-length"])
        assert len(rest) >= length, "an answer was cut off"
        found.append(Answer(int(first.split(" ")[1]), headers, rest[:length]))
        content = rest[length:]
    return found


def say(url: str, content: bytes) -> list[Answer]:
    """What is answered to these bytes before the server closes."""
    with connected(url) as connection:
        connection.sendall(content)
        return answers(everything(connection))
