"""What the server takes at once, and in one document: beyond it, it says so, and goes on (issue 3, Limits)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from ledger.database import TENANT_LOCK
from ledger.embedded import attach
from tests.acceptance.bodies import (
    a_draft,
    a_health_report,
    a_line,
    a_payment,
    a_receipt,
    an_invoice,
    an_order,
    new_id,
)
from tests.acceptance.raw import connected, request
from tests.acceptance.server import Json, Server, serving

POST = "/api/Order/PostOrder"
PARTS = 5000


class Small(NamedTuple):
    """A server that takes three commands in waiting and 200 kB of bodies, and its data directory."""

    url: str
    data: Path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """The server of this module."""
    directory: Path = tmp_path_factory.mktemp("small")
    changes = {"QUEUED_COMMANDS": "3", "BODIES_BYTES": "200000"}
    with serving(directory / "data", directory / "server.log", **changes) as url:
        yield Small(url, directory / "data")


@asynccontextmanager
async def nothing_is_written(small: Small) -> AsyncIterator[None]:
    """As long as the block runs, every command has to wait for the tenant's lock."""
    dsn = attach(small.data)
    assert dsn is not None
    connection: Any = await asyncpg.connect(dsn)
    try:
        for tenant in await connection.fetch("SELECT tenant_id FROM ledger.tenants"):
            await connection.execute("SELECT pg_advisory_lock($1, $2)", TENANT_LOCK, tenant["tenant_id"])
        yield
    finally:
        await connection.close()


def is_refused_for_now(answer: httpx.Response, status: int) -> bool:
    """Whether this is the contract's answer to what can succeed later."""
    if answer.status_code == 200:
        return False
    assert answer.status_code == status, answer.text
    assert answer.json()["retryable"] is True
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    return True


async def post_while_nothing_is_written(small: Small, orders: list[Json]) -> list[httpx.Response]:
    """Answers to orders posted at once; the lock is given back when all that can be refused are."""
    async with httpx.AsyncClient(base_url=small.url, timeout=30) as client:
        async with nothing_is_written(small):
            posts = [asyncio.create_task(client.post(POST, json=order)) for order in orders]
            await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
            refused = 1
            while refused:  # those that wait do so until the block ends
                refused = len((await asyncio.wait([post for post in posts if not post.done()], timeout=0.3))[0])
        return await asyncio.gather(*posts)


async def test_when_the_queue_is_full_a_command_is_told_to_come_again(small: Small) -> None:
    orders = [an_order() for _ in range(12)]
    answers = await post_while_nothing_is_written(small, orders)
    refused = [is_refused_for_now(answer, 417) for answer in answers]
    # Those that wait, and those of the batch that waits for the lock.
    assert 6 <= sum(refused) <= 9
    async with httpx.AsyncClient(base_url=small.url) as client:
        for order, was_refused in zip(orders, refused, strict=True):
            answer = await client.post(POST, json=order)
            assert (answer.status_code, answer.json()["Duplicate"]) == (200, not was_refused)


async def test_bodies_beyond_what_is_in_hand_are_told_to_come_again(small: Small) -> None:
    for _ in range(2):  # what was in hand is given back
        orders = [an_order(Comments="x" * 90_000) for _ in range(3)]
        answers = await post_while_nothing_is_written(small, orders)
        assert sum(is_refused_for_now(answer, 417) for answer in answers) == 1


def test_halves_of_bodies_are_in_hand_until_their_connections_end(small: Small) -> None:
    half = request(POST, b" " * 95_000, "Content-Length: 99000")
    order = an_order(Comments="x" * 50_000)
    with connected(small.url) as one, connected(small.url) as other:
        one.sendall(half)
        other.sendall(half)
        while not is_refused_for_now(httpx.post(small.url + POST, json=order), 417):
            order = an_order(Comments="x" * 50_000)
        form = {"grant_type": "password", "username": "u", "password": "x" * 50_000}
        assert is_refused_for_now(httpx.post(f"{small.url}/Token", data=form), 503)
    for _ in range(100):
        if not is_refused_for_now(httpx.post(small.url + POST, json=order), 417):
            return
    raise AssertionError("what was in hand was never given back")


def many(part: Json, count: int) -> list[Json]:
    return [part] * count


SHORT = {"Id": new_id(), "ItemId": new_id(), "Quantity": 1}
PAID = {"Id": new_id(), "PaidAmount": 1}


@pytest.mark.parametrize(("path", "body", "member"), [
    (POST, an_order(OrderLines=many(SHORT, PARTS + 1)), "$.OrderLines"),
    (POST, an_order(orderlines=many(SHORT, PARTS + 1)), "$.orderlines"),
    (POST, an_order(OrderLines=[a_line(IngredientItems=many({"Quantity": 1}, PARTS))]), "$.OrderLines"),
    (POST, an_order(OrderLines=many(SHORT | {"ItemDetails": [SHORT]}, PARTS // 2 + 1)), "$.OrderLines"),
    (POST, an_order(Payments=many(PAID, PARTS + 1)), "$.Payments"),
    (POST, an_order(Receipts=many({"ReceiptId": new_id()}, PARTS + 1)), "$.Receipts"),
    ("/api/Order/PostOpenOrder", a_draft(OrderLines=many(SHORT, PARTS + 1)), "$.OrderLines"),
    ("/api/Order/PostReports", a_health_report(ReportData=many({}, PARTS + 1)), "$.ReportData"),
    ("/api/Order/PostCustomerInvoice", an_invoice(OrdersGuid=[new_id().replace("-", "")] * (PARTS + 1)),
     "$.OrdersGuid"),
    ("/api/Order/UpdateInviceGeneratedOpenOrder", many({"Id": new_id()}, PARTS + 1), "$"),
])  # fmt: skip
def test_a_document_has_so_many_parts(server: Server, path: str, body: Any, member: str) -> None:
    compact = json.dumps(body, separators=(",", ":")).encode()
    assert len(compact) < 1_048_576
    server.refused(path, compact, at=member)


def test_as_many_as_may_be_are_taken(server: Server) -> None:
    lines = [{"Id": new_id(), "ItemId": SHORT["ItemId"], "Quantity": 1} for _ in range(PARTS)]
    order = an_order(OrderLines=lines, Payments=[a_payment()], Receipts=[a_receipt()])
    server.post(POST, json.dumps(order, separators=(",", ":")).encode())
    assert len(server.order(order)["OrderLines"]) == PARTS


def test_unknown_members_hold_so_many_values(server: Server) -> None:
    order = an_order(Unknown=[0] * 99_000)
    server.post(POST, order)
    assert len(server.order(order)["Unknown"]) == 99_000
    server.refused(POST, an_order(Unknown=[0] * 100_000), at="$")


def test_of_very_many_faults_some_are_named(server: Server) -> None:
    found = server.refused(POST, an_order(OrderLines=[{"Quantity": "x" * 5}] * PARTS))
    assert len(found["errors"]) == 100


@pytest.mark.parametrize("text", [
    "1_000", "_1", "1_", "１２", "٣", "1\N{ARABIC-INDIC DIGIT ONE}", "1_0\n", "1__0", "0x_1", "๑",
])  # fmt: skip
@pytest.mark.parametrize("comment", ["", "åäö", "a_b", '“€ 5” \\ " \r\n'])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_decimal_is_written_as_one(server: Server, text: str, comment: str, ascii_only: bool) -> None:
    cases: list[tuple[Json, str]] = [
        ({"OrderTotal": text}, "$.OrderTotal"),
        ({"OrderLines": [a_line(Quantity=text)]}, "$.OrderLines[0].Quantity"),
        ({"OrderLines": [a_line(), a_line(Product={"Id": new_id(), "Price": text})]}, "$.OrderLines[1].Product.Price"),
    ]
    for changes, path in cases:
        order = an_order(Comments=comment, **changes)
        server.refused(POST, json.dumps(order, ensure_ascii=ascii_only).encode(), at=path)


def test_texts_that_look_like_such_decimals_are_texts(server: Server) -> None:
    order = an_order(Comments="1_000", Bong="１２", ExternalID="_1_", OrderTotal=" 12.50 ")
    server.post(POST, order)
    found = server.order(order)
    assert (found["Comments"], found["Bong"], found["ExternalID"]) == ("1_000", "１２", "_1_")
    assert found["OrderTotal"] == 12.5
    server.again(POST, order)
