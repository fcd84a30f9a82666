"""Connections that end in the middle: of a request, of an answer, of several. The next client notices nothing."""

from __future__ import annotations

import json
import random
import socket
import struct

from tests.acceptance.bodies import an_order, new_id
from tests.acceptance.raw import OUTLETS, answers, connected, everything, request
from tests.acceptance.server import Json
from tests.fuzz.asking import in_chunks
from tests.fuzz.conftest import REQUESTS, Target

POST = "/api/Order/PostOrder"
CHUNKED = "Transfer-Encoding: chunked"


def reset(connection: socket.socket) -> None:
    """Ends the connection with a reset, as when a till loses its power."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_request_cut_anywhere_writes_nothing_or_all_of_it(target: Target) -> None:
    """A whole request may have been taken although nobody waited for its answer; a part of one never is."""
    chance = random.Random(3)
    whole: list[Json] = []
    cut: list[Json] = []
    for number in range(max(40, REQUESTS // 10)):
        order = an_order(Id=new_id())
        body = json.dumps(order).encode()
        content = request(POST, in_chunks(body), CHUNKED) if number % 2 else request(POST, body)
        end = len(content) if number % 5 == 0 else chance.randrange(1, len(content))
        (whole if end == len(content) else cut).append(order)
        with connected(target.url) as connection:
            connection.sendall(content[:end])
            if number % 3:
                reset(connection)
    for order in cut:
        assert target.server.post("Order/PostOrder", order)["Duplicate"] is False
    for order in whole:
        target.server.command("POST", "Order/PostOrder", order)
        assert target.server.order(order)["OrderTotal"] == order["OrderTotal"]


def test_an_answer_cut_anywhere_can_be_asked_for_again(target: Target) -> None:
    chance = random.Random(4)
    for number in range(max(40, REQUESTS // 10)):
        order = an_order()
        with connected(target.url) as connection:
            connection.sendall(request(POST, json.dumps(order).encode()) + OUTLETS * (number % 3))
            connection.recv(chance.randrange(1, 60))
            reset(connection)
        target.server.again("Order/PostOrder", order)
        assert target.server.order(order)["Version"] >= 1


def test_lengths_that_lie(target: Target) -> None:
    body = json.dumps(an_order()).encode()
    for content in [
        request(POST, body, f"Content-Length: {len(body) + 1}"),
        request(POST, body, f"Content-Length: {len(body) - 1}"),
        request(POST, body, "Content-Length: -1"), request(POST, body, "Content-Length: 1e3"),
        request(POST, body, "Content-Length: 99999999999999999999999"), request(POST, body, "Content-Length: "),
        request(POST, body, f"Content-Length: {len(body)}", "Content-Length: 1"),
        request(POST, body, f"Content-Length: {len(body)}", CHUNKED),
        request(POST, body, CHUNKED), request(POST, b"-1\r\n" + body, CHUNKED),
        request(POST, b"ffffffffffffffffff\r\n" + body, CHUNKED), request(POST, b"0\r\n\r\n", CHUNKED),
        request(POST, body, "Transfer-Encoding: gzip"), request(POST, body, "Transfer-Encoding: chunked, identity"),
        request(POST, in_chunks(body), CHUNKED, CHUNKED), request(POST, body, "Expect: 200-ok"),
    ]:  # fmt: skip
        with connected(target.url) as connection:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            assert all(answer.status < 500 for answer in answers(everything(connection)))


def test_what_is_no_http(target: Target) -> None:
    chance = random.Random(5)
    starts = [
        b"", b"GET ", b"POST /api/Order/PostOrder HTTP/1.1\r\n", b"\x16\x03\x01\x02", b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"get / http/1.1\r\n\r\n",
        b"GET http://x/ HTTP/1.1\r\n\r\n",
    ]  # fmt: skip
    for number in range(max(40, REQUESTS // 10)):
        with connected(target.url) as connection:
            connection.sendall(starts[number % len(starts)] + chance.randbytes(chance.randrange(200)) + b"\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            assert all(answer.status < 500 for answer in answers(everything(connection)))
    target.server.post("Order/PostOrder", an_order())
