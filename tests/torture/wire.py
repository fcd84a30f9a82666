"""HTTP as a till on a bad line speaks it: one request on one connection, which may be cut anywhere."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any, NamedTuple

PATIENCE = 60.0  # seconds; no answer may take longer, whatever has happened to the server


class Cut(Exception):
    """The connection broke, or was cut by us: whether the request was carried out is anybody's guess."""


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, with exact decimals."""
        return json.loads(self.body, parse_float=Decimal)


class Request(NamedTuple):
    """What is sent. `name` is the correlation id that the log keeps with every event it causes."""

    method: str
    path: str
    body: bytes
    name: str

    def bytes(self) -> bytes:
        """As it goes over the line."""
        head = (
            f"{self.method} {self.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"X-Correlation-Id: {self.name}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


async def send(url: str, request: Request, *, cut_request: float = 1.0, cut_answer: int | None = None) -> Answer:
    """The answer. `cut_request`: hang up after this part of the request; `cut_answer`: after so many bytes of answer.

    Cut: there was no whole answer. TimeoutError: there was none in time, which is never right.
    """
    host, _, port = url.removeprefix("http://").rpartition(":")
    async with asyncio.timeout(PATIENCE):
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except OSError as error:
            raise Cut from error
        try:
            return await _exchange(reader, writer, request.bytes(), cut_request, cut_answer)
        except (OSError, EOFError) as error:
            raise Cut from error
        finally:
            writer.transport.abort()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes, cut_request: float, cut_answer: int | None
) -> Answer:
    if cut_request < 1:
        writer.write(sent[: int(len(sent) * cut_request)])
        await writer.drain()
        raise Cut
    writer.write(sent)
    await writer.drain()
    if cut_answer is not None:
        await reader.readexactly(cut_answer)
        raise Cut
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Answer(int(head[0].split()[1]), headers, body)
