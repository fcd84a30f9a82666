"""What was looked up is believed for a moment, by a clock of our own, and looked up once however many ask."""

from __future__ import annotations

import asyncio
import math

import pytest

from api.leases import Lease, Leases
from ledger.credentials import LEASE
from ledger.errors import Unavailable
from tests.unit.test_throttle import Clock


class Source:
    """What there is to look up, and how often it was asked. A look-up takes `seconds`, and waits while it is `held`."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.value, self.asked, self.seconds, self.until = clock, "first", 0, 0.0, math.inf
        self.free = asyncio.Event()
        self.free.set()

    async def __call__(self, now: float) -> Lease[str]:
        self.asked += 1
        value = self.value
        self.clock.now += self.seconds
        await self.free.wait()
        return Lease(value, self.until)


async def test_it_is_believed_for_a_second_from_before_the_look_up() -> None:
    clock = Clock()
    leases, source = Leases[str, str](clock), Source(clock)
    source.seconds = LEASE / 2
    assert (await leases.get("key", source)).value == "first"
    source.value = "second"
    clock.now += LEASE / 2 - 0.01
    assert (await leases.get("key", source)).value == "first"
    clock.now += 0.01
    assert leases.held("key") is None
    assert (await leases.get("key", source)).value == "second"
    assert source.asked == 2


async def test_an_earlier_end_holds() -> None:
    clock = Clock()
    leases, source = Leases[str, str](clock), Source(clock)
    source.until = clock.now + LEASE / 4
    await leases.get("key", source)
    clock.now += LEASE / 4
    assert leases.held("key") is None


async def test_one_look_up_for_all_who_ask_at_once() -> None:
    clock = Clock()
    leases, source = Leases[str, str](clock), Source(clock)
    source.free.clear()
    waiting = [asyncio.create_task(leases.get("key", source)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # who began it goes away; the others are answered
    await asyncio.sleep(0)
    source.free.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert {answer.value for answer in answers[1:] if isinstance(answer, Lease)} == {"first"}
    assert source.asked == 1


async def test_an_answer_that_comes_too_late_is_not_believed() -> None:
    """Or a credential that was revoked meanwhile would be."""
    clock = Clock()
    leases, source = Leases[str, str](clock), Source(clock)
    source.seconds = LEASE
    with pytest.raises(Unavailable):
        await leases.get("key", source)


async def test_what_fails_is_asked_again() -> None:
    clock = Clock()
    leases, source = Leases[str, str](clock), Source(clock)

    async def fails(now: float) -> Lease[str]:
        raise OSError("away")

    for _ in range(2):
        with pytest.raises(OSError):
            await leases.get("key", fails)
    assert (await leases.get("key", source)).value == "first"


async def test_a_look_up_whose_end_is_not_heard_yet_is_not_waited_for() -> None:
    clock = Clock()
    leases, source = Leases[str, str](clock), Source(clock)
    source.until = clock.now + LEASE / 4
    first = asyncio.create_task(leases.get("key", source))
    await asyncio.sleep(0)  # it has begun
    await asyncio.sleep(0)  # it is done, and what follows from that has its turn after this test
    source.until = math.inf
    clock.now += LEASE / 2
    assert (await leases.get("key", source)).value == "first"
    assert (await first).value == "first"
    assert source.asked == 2
    await asyncio.sleep(0)
    assert not leases._under_way
