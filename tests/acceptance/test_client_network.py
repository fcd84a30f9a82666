"""The Python client over networks as they are: what is tried again is what can succeed, and happens once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from api.client import Client, Problem, Unreachable
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


def keys(between: lines.Between) -> list[bytes]:
    """The Idempotency-Keys of the requests that came by."""
    return [key for request in between.seen for key in re.findall(rb"(?i)idempotency-key: (\S+)", request)]


FAULTS: dict[str, lines.Fault] = {
    "no gateway": lines.NO_GATEWAY, "busy": lines.BUSY, "too many": lines.TOO_MANY, "a portal": lines.PORTAL,
    "a portal elsewhere": lines.SIGN_IN, "hung up": lines.HUNG_UP, "lost": lines.LOST, "cut in the head": 40,
    "cut in the body": lambda said: said[:-5],
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_write_is_tried_again_with_the_same_key(client: Client, between: lines.Between, fault: str) -> None:
    between.faults = [FAULTS[fault], FAULTS[fault]]
    answer = await client.post_order(an_order())
    assert len(keys(between)) == 3
    assert len(set(keys(between))) == 1
    assert len(set(between.seen)) == 1
    was_there = fault in {"lost", "cut in the head", "cut in the body"}
    assert answer.duplicate == was_there


async def test_an_answer_that_was_lost_has_written_once(client: Client, between: lines.Between) -> None:
    order = an_order()
    between.faults = [lines.LOST] * 3
    answer = await client.post_order(order)
    events = [event async for event in client.events(stream=f"order-{order['Id']}")]
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    assert events[-1].position == answer.position
    assert [event.type for event in events].count("order.finalised") == 1


async def test_a_read_is_tried_again(client: Client, between: lines.Between) -> None:
    between.faults = [lines.NO_GATEWAY, lines.PORTAL, lines.LOST, 60]
    assert (await client.get_outlets())[0]["Name"] == "All"


async def test_a_refusal_is_not_tried_again(client: Client, between: lines.Between) -> None:
    for wrong in ({"Id": "x"}, an_order(Status=999)):
        with pytest.raises(Problem, match="417"):
            await client.post_order(wrong)
    with pytest.raises(Problem, match="417"):
        await client.update_order_status(uuid4(), 13)
    between.faults = [lines.TOO_LARGE]
    with pytest.raises(Problem, match="413"):
        await client.post_order(an_order())
    assert len(between.seen) == 4


async def test_the_last_failure_is_told_when_time_is_over(between: lines.Between) -> None:
    much_later = lines.BUSY.replace(b"retry-after: 1", b"retry-after: 90")
    between.faults = [lines.NO_GATEWAY, much_later]
    async with Client(between.url, deadline=20) as client:
        with pytest.raises(Problem) as raised:
            await client.post_order(an_order())
    assert (raised.value.status, raised.value.retryable, raised.value.retry_after) == (503, True, 90.0)
    assert len(between.seen) == 2
    between.faults = [lines.HUNG_UP] * 50
    async with Client(between.url, deadline=0.5) as client:
        with pytest.raises(Unreachable):
            await client.get_outlets()


async def test_one_who_never_answers_is_asked_again_and_given_up(between: lines.Between) -> None:
    between.faults = [lines.FOR_EVER]
    async with Client(between.url, deadline=60, timeout=0.3) as client:
        await client.post_order(an_order())
        assert client.position > 0
    between.faults = [lines.FOR_EVER] * 50
    async with Client(between.url, deadline=0.5, timeout=0.1) as client:
        with pytest.raises(Unreachable):
            await client.get_outlets()
