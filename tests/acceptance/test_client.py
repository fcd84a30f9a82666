"""The Python client against a real server: what it writes, reads, and is told when something is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.client import Answer, Client, Problem, Unreachable
from tests.acceptance import bodies
from tests.acceptance.server import Server


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with Client(str(server.client.base_url), deadline=20) as opened:
        yield opened


async def test_a_write_says_where_it_is_and_whether_it_was_there(client: Client) -> None:
    order = bodies.an_order()
    first = await client.post_order(order)
    assert first == Answer(client.position, duplicate=False)
    assert await client.post_order(order) == Answer(first.position, duplicate=True)


async def test_what_was_written_is_in_what_is_read(client: Client) -> None:
    for _ in range(5):
        order = bodies.an_order()
        await client.post_order(order)
        assert (await client.get_order(order["Id"]))["Id"] == order["Id"]


async def test_decimals_ids_and_instants_go_as_they_are(client: Client) -> None:
    order_id, moment = uuid4(), datetime(2026, 11, 23, 10, 51, 40, 123456, tzinfo=UTC)
    order = {"Id": order_id, "Status": 13, "OrderTotal": Decimal("0.10"), "RoundedAmount": Decimal("-123456789.000001"),
             "InvoiceDate": moment, "OutletId": UUID(bodies.SODERMALM)}  # fmt: skip
    await client.post_order(order)
    found = await client.get_order(order_id)
    amounts = found["OrderTotal"], found["RoundedAmount"]
    assert all(isinstance(amount, Decimal) for amount in amounts)
    assert amounts == (Decimal("0.1"), Decimal("-123456789.000001"))
    assert datetime.fromisoformat(found["InvoiceDate"]) == moment
    assert (await client.get_order(order_id, as_of=client.position))["Id"] == str(order_id)
    assert (await client.get_order(order_id, as_of=datetime.now(UTC)))["Id"] == str(order_id)


async def test_a_refusal_names_what_is_wrong(client: Client) -> None:
    with pytest.raises(Problem) as raised:
        await client.post_order(bodies.an_order(OrderTotal="much"))
    problem = raised.value
    assert (problem.status, problem.type, problem.retryable) == (417, "urn:order-ledger:bad-input", False)
    assert problem.is_refusal
    assert [path for path, _ in problem.errors] == ["$.OrderTotal"]
    assert "$.OrderTotal" in str(problem)


async def test_a_stale_draft_is_refused(client: Client) -> None:
    draft = bodies.a_draft()
    await client.post_open_order(draft)
    await client.post_open_order(draft | {"Comments": "two"}, version=1)
    with pytest.raises(Problem, match="417"):
        await client.post_open_order(draft | {"Comments": "three"}, version=1)


async def test_a_key_is_good_for_one_body(client: Client) -> None:
    order, key = bodies.an_order(), bodies.new_id()
    assert not (await client.post_order(order, key=key)).duplicate
    assert (await client.post_order(order, key=key)).duplicate
    with pytest.raises(Problem, match="417"):
        await client.post_order(order | {"Comments": "another"}, key=key)


async def test_what_is_not_there_and_what_makes_no_sense(client: Client) -> None:
    with pytest.raises(Problem) as raised:
        await client.get_order(uuid4())
    assert (raised.value.status, raised.value.is_refusal) == (404, False)
    with pytest.raises(Problem) as raised:
        await client.get_sale_by_month(13)
    assert (raised.value.status, raised.value.errors[0][0]) == (400, "month")


async def test_pages_are_read_as_one_list(client: Client) -> None:
    terminal = bodies.new_id()
    drafts = [bodies.a_draft(TerminalId=terminal) for _ in range(7)]
    for draft in drafts:
        await client.post_open_order(draft)
    pages = client.get_open_order(terminal=terminal, page_size=3)
    assert {order["Id"] for order in await pages.all()} == {draft["Id"] for draft in drafts}
    assert [len(await pages.page(number)) for number in range(4)] == [3, 3, 1, 0]
    assert [order["Id"] async for order in pages] == [order["Id"] for order in await pages.all()]
    assert await client.get_open_order(terminal=terminal, since=datetime.now(UTC)).all() == []


async def test_a_history_is_read_as_one_list(client: Client) -> None:
    draft = bodies.a_draft()
    for number in range(4):
        await client.post_open_order(draft | {"Comments": f"{number}"})
    assert [event["Version"] async for event in client.order_history(draft["Id"])] == [1, 2, 3, 4]
    assert [event["Version"] async for event in client.order_history(draft["Id"], after=2)] == [3, 4]


async def test_the_entries_of_a_sum_are_read_as_one_list(client: Client) -> None:
    outlet, day = bodies.new_id(), date(2026, 11, 23)
    for _ in range(3):
        await client.post_order(bodies.an_order(OutletId=outlet))
    entries = [entry async for entry in client.sales_entries(day, day, outlet=outlet)]
    total = (await client.explain_sales(day, day, outlet=outlet))["Total"]
    assert len(entries) == 3
    assert sum(entry["Gross"] for entry in entries) == total["Gross"] == Decimal(294)


async def test_what_changed_a_sum_is_read_as_one_list(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.client.past._PAGE", 2)
    outlet, day, positions = bodies.new_id(), date(2026, 11, 23), list[int]()
    for _ in range(6):
        positions.append((await client.post_order(bodies.an_order(OutletId=outlet))).position)
    changes = [change async for change in client.sales_changes(day, day, as_of=positions[0], outlet=outlet)]
    assert [change["Gross"] for change in changes] == [Decimal(98)] * 5
    assert all(
        one < change["Position"] <= other for one, change, other in zip(positions, changes, positions[1:], strict=False)
    )
    entries = [entry async for entry in client.sales_entries(day, day, as_of=positions[2], outlet=outlet)]
    assert len({entry["OrderId"] for entry in entries}) == len(entries) == 3
    assert [one["Version"] async for one in client.order_history(entries[0]["OrderId"])] == [1, 2, 3]


async def test_nobody_there_is_said_within_the_deadline() -> None:
    async with Client("http://127.0.0.1:9", deadline=0.5) as client:
        with pytest.raises(Unreachable) as raised:
            await client.post_order(bodies.an_order())
    assert raised.value.retryable


def test_who_asks_is_said_in_one_way() -> None:
    mistakes: list[Any] = [{"user": "anna"}, {"password": "x"}, {"key": "k", "user": "anna", "password": "x"}]
    for wrong in mistakes:
        with pytest.raises(ValueError, match="either a key"):
            Client("http://127.0.0.1:9", **wrong)
