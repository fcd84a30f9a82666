"""Clients that take their time, or all the room: each connection ends, and others notice nothing (issue 3, Limits)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.bodies import an_order
from tests.acceptance.raw import OUTLETS, answers, connected, everything, request, say
from tests.acceptance.server import serving

SECONDS = {"HEAD_SECONDS": "0.4", "BODY_SECONDS": "0.4", "ANSWER_SECONDS": "0.4"}
PROBLEM = {"type", "title", "status", "detail", "errors", "retryable"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that has little patience."""
    directory: Path = tmp_path_factory.mktemp("impatient")
    with serving(directory / "data", directory / "server.log", **SECONDS) as found:
        yield found
    log = (directory / "server.log").read_text(encoding="utf-8")
    assert '"level":"ERROR"' not in log, log


def statuses(content: bytes) -> list[int]:
    found = answers(content)
    for answer in found:
        if answer.status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) == PROBLEM
            assert answer.json()["status"] == answer.status
    return [answer.status for answer in found]


def drop_by_drop(url: str, start: bytes, drop: bytes) -> bytes:
    """What is answered to a client that never comes to an end."""
    with connected(url) as connection:
        connection.sendall(start)
        connection.settimeout(0.05)
        while True:
            try:
                connection.sendall(drop)
                first = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                return b""
            connection.settimeout(60)
            return first + everything(connection)


def test_a_connection_that_says_nothing_is_closed(url: str) -> None:
    assert say(url, b"") == []


@pytest.mark.parametrize("start", [b"GET /api/Sale/GetOutl", b"GET /api/Sale/GetOutlets HTTP/1.1\r\nHost: loc"])
def test_a_head_that_never_ends_is_408(url: str, start: bytes) -> None:
    assert statuses(drop_by_drop(url, start, b"a")) in ([408], [])
    assert [answer.status for answer in say(url, start)] == [408]


@pytest.mark.parametrize("start", [
    request("/api/Order/PostOrder", b'{"', "Content-Length: 1000"),
    request("/api/Order/PostOrder", b"", "Content-Length: 1000000"),
    request("/api/Order/PostOrder", b'2\r\n{"\r\n', "Transfer-Encoding: chunked"),
    request("/api/Order/PostOrder", b"2", "Transfer-Encoding: chunked"),
    request("/Token", b"grant_type=", "Content-Length: 1000"),
])  # fmt: skip
def test_a_body_that_never_comes_is_408(url: str, start: bytes) -> None:
    assert statuses(drop_by_drop(url, start, b"1")) in ([408], [])
    assert [answer.status for answer in say(url, start)] == [408]


def test_a_query_needs_no_body_that_does_not_come(url: str) -> None:
    found = statuses(
        drop_by_drop(url, request("/api/Sale/GetOutlets", b"", "Content-Length: 9999", method="GET"), b"x")
    )
    assert found == [200]


def test_too_large_a_body_that_goes_on_for_ever_is_cut(url: str) -> None:
    start = request("/api/Order/PostOrder", b"", "Content-Length: 9999999999")
    assert statuses(drop_by_drop(url, start, b" " * 1000)) in ([413], [])


def test_an_answer_that_nobody_reads_ends_the_connection(url: str) -> None:
    """Answers of a megabyte are asked for until no buffer holds more. Only a client that reads sees the end of them."""
    asked = _large_answer(url)
    with connected(url) as connection:
        connection.sendall(asked * 30)
        time.sleep(2)
        with pytest.raises((AssertionError, ConnectionError)):
            assert len(answers(everything(connection))) == 30


def test_a_slow_client_that_reads_gets_all_of_it(url: str) -> None:
    asked = _large_answer(url)
    with connected(url) as connection:
        connection.sendall(asked * 8 + asked.replace(b"Host", b"Connection: close\r\nHost"))
        content = b""
        while part := connection.recv(1 << 18):
            content += part
            time.sleep(0.02)
    assert [len(answer.body) for answer in answers(content)] == [len(answers(content)[0].body)] * 9


def test_pauses_between_requests_are_no_slowness(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        for _ in range(3):
            assert client.get("/api/Sale/GetOutlets").status_code == 200
            time.sleep(0.6)
        assert client.post("/api/Order/PostOrder", json=an_order()).status_code == 200


@pytest.mark.parametrize("head", [
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 101 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 5_000_000,
    b"GET /" + b"a" * 5_000_000,
    b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 500_000,
])  # fmt: skip
def test_a_head_is_bounded(url: str, head: bytes) -> None:
    with connected(url) as connection:
        try:
            connection.sendall(head)
        except ConnectionError:
            return  # closed in the middle: as good
        assert statuses(everything(connection)) in ([431], [])


@pytest.mark.parametrize("trailer", [b"X: " + b"a" * 5_000_000, b"X: a\r\n" * 500_000])
def test_what_follows_a_body_in_chunks_is_bounded(url: str, trailer: bytes) -> None:
    with connected(url) as connection:
        try:
            connection.sendall(
                request("/api/Order/PostOrder", b"2\r\n{}\r\n0\r\n", "Transfer-Encoding: chunked") + trailer
            )
        except ConnectionError:
            return
        assert statuses(everything(connection)) in ([431], [])


def test_a_trailer_is_no_header(url: str) -> None:
    order = json.dumps(an_order()).encode()
    chunked = b"%x\r\n%b\r\n0\r\nIf-Match: x\r\nAuthorization: Bearer x\r\n\r\n" % (len(order), order)
    asked = request("/api/Order/PostOrder", chunked, "Transfer-Encoding: chunked", "Connection: close")
    assert statuses(_first(url, asked)) == [200]


def test_of_very_many_requests_at_once_the_first_are_answered(url: str) -> None:
    found = statuses(_first(url, OUTLETS * 5000))
    assert (set(found[:-1]), found[-1]) == ({200}, 429)
    assert 32 <= len(found) < 5000


def test_garbage_after_a_request_does_not_take_its_answer(url: str) -> None:
    order = json.dumps(an_order()).encode()
    assert statuses(_first(url, request("/api/Order/PostOrder", order) + b"garbage\r\n\r\n")) == [200, 400]
    assert statuses(_first(url, b"garbage\r\n\r\n")) == [400]
    chunked = request("/api/Order/PostOrder", b"2\r\n{}\r\nxyz", "Transfer-Encoding: chunked")
    assert statuses(_first(url, chunked)) == [400]
    assert statuses(_first(url, OUTLETS + chunked)) == [200, 400]


def test_a_wish_for_another_protocol_is_ignored(url: str) -> None:
    asked = OUTLETS.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert statuses(_first(url, asked * 3 + OUTLETS.replace(b"Host", b"Connection: close\r\nHost"))) == [200] * 4


def _first(url: str, content: bytes) -> bytes:
    with connected(url) as connection:
        connection.sendall(content)
        return everything(connection)


def _large_answer(url: str) -> bytes:
    """A request whose answer is a megabyte."""
    order = an_order(Comments="a" * 900_000)
    posted = httpx.post(f"{url}/api/Order/PostOrder", json=order, timeout=30)
    assert posted.status_code == 200
    reached = f"Ledger-Min-Position: {posted.json()['Position']}"
    return request(f"/v1/orders/{order['Id']}", b"", reached, method="GET")
