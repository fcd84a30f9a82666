"""The Python client follows the log: each event once and in order, whatever happens to the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

import pytest

from api.client import Client, Event, Problem
from tests.acceptance import between as lines
from tests.acceptance.bodies import an_order
from tests.acceptance.server import Server


@pytest.fixture
async def between(server: Server) -> AsyncIterator[lines.Between]:
    async with lines.between(str(server.client.base_url)) as opened:
        yield opened


@pytest.fixture
async def client(between: lines.Between) -> AsyncIterator[Client]:
    async with Client(between.url, deadline=20) as opened:
        yield opened


async def followed(client: Client, after: int, until: int) -> list[Event]:
    """Events as they come, up to a position."""
    found = list[Event]()
    async with aclosing(client.follow(after)) as events:
        async for event in events:
            found.append(event)
            if event.position >= until:
                break
    return found


async def test_what_is_followed_is_what_is_in_the_log(client: Client) -> None:
    comments = "en rad\u2028och en\u0085till\x0b"  # where some programs end a line
    answer = await client.post_order(an_order(Comments=comments))
    events = [event async for event in client.events()]
    assert [event.position for event in events] == list(range(1, answer.position + 1))
    assert await followed(client, 0, answer.position) == events
    ours = [event for event in events if event.type == "order.finalised"][-1]
    assert ours.data["order"]["Comments"] == comments
    assert isinstance(ours.event_id, UUID)
    assert ours.occurred_at < ours.recorded_at


async def test_a_connection_that_ends_is_gone_on_with(client: Client, between: lines.Between) -> None:
    first = (await client.post_order(an_order())).position
    last = [await client.post_order(an_order()) for _ in range(6)][-1].position
    # Cut in the middle of the first event, of the second or third, and of a later one; and others' answers.
    between.faults = [700, lines.NO_GATEWAY, 5000, lines.PORTAL, lines.HUNG_UP, 9000, lines.BUSY]
    events = await followed(client, first, last)
    assert [event.position for event in events] == list(range(first + 1, last + 1))
    assert between.faults == []


async def test_what_comes_later_comes_by_itself(client: Client, server: Server) -> None:
    async def post() -> int:
        async with Client(str(server.client.base_url)) as other:
            return [await other.post_order(an_order()) for _ in range(3)][-1].position

    begin = (await client.post_order(an_order())).position
    following = asyncio.create_task(followed(client, begin, begin + 9))
    last = await post()
    assert [event.position for event in await following] == list(range(begin + 1, last + 1))
    assert client.position == last


async def test_types_and_streams_can_be_chosen(client: Client) -> None:
    order = an_order()
    answer = await client.post_order(order)
    stream = f"order-{order['Id']}"
    assert [event.type async for event in client.events(stream=stream, types=["payment.captured"])] == [
        "payment.captured"
    ]
    async with aclosing(client.follow(types=["receipt.issued"], stream=stream)) as events:
        async for event in events:
            assert (event.type, event.stream) == ("receipt.issued", stream)
            assert event.position <= answer.position
            break
    with pytest.raises(Problem, match="there is no such event"):
        [event async for event in client.follow(types=["order.eaten"])]
