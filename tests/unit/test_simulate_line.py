"""A till's line: one connection for many requests, a new one where the old one was closed, none left after a cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from api.simulate.line import Answer, Line, NoServer, Server
from ledger.errors import LedgerError

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLedger-Position: 17\r\n\r\n{}"
LAST = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
BUSY = b"HTTP/1.1 417 X\r\nRetry-After: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


class Peer:
    """Whoever is at the other end: it answers every request of a connection in turn, and hangs up after the last."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.requests, self.connections = answers, list[bytes](), 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        for answer in self.answers:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            writer.write(answer)
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its URL."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_one_connection_carries_many_requests() -> None:
    peer = Peer(*[ANSWER] * 3, BUSY)
    async with peer.listening() as url:
        line = Line(Server(f"{url}/shop/", "secret"))
        for number in range(3):
            assert await line.ask("POST", "/api/x", b"%d" % number, "If-Match: 4\r\n") == Answer(200, b"{}", 17, 0.0)
        assert await line.ask("GET", "/api/y") == Answer(417, b"abc", 0, 1.0)
        line.close()
    assert peer.connections == 1
    assert peer.requests[0].startswith(b"POST /shop/api/x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer secret\r\n" in peer.requests[0] and b"\r\nIf-Match: 4\r\n" in peer.requests[0]


@pytest.mark.parametrize("answer", [LAST, ANSWER], ids=["announced", "unannounced"])
async def test_a_closed_line_is_opened_again_and_the_request_sent_again(answer: bytes) -> None:
    peer = Peer(answer)
    async with peer.listening() as url:
        line = Line(Server(url, None))
        for _ in range(3):
            assert (await line.ask("POST", "/api/x", b"{}")).status == 200
        line.close()
    assert (peer.connections, len(peer.requests)) == (3, 3)


async def test_a_cut_request_was_heard_and_its_answer_is_lost() -> None:
    peer = Peer(ANSWER)
    async with peer.listening() as url:
        await Line(Server(url, None)).cut("POST", "/api/x", b"{}")
    assert len(peer.requests) == 1 and peer.requests[0].endswith(b"\r\n\r\n{}")


async def test_where_nobody_answers_it_is_said_what_to_do() -> None:
    with pytest.raises(NoServer, match=r"does not answer .*order-ledger serve"):
        await Line(Server("http://127.0.0.1:1", None)).ask("GET", "/")
    peer = Peer()
    async with peer.listening() as url:
        with pytest.raises(NoServer):
            await Line(Server(url, None)).ask("GET", "/")


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://", "x"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(LedgerError, match="is no address like"):
        Server(url, None)
