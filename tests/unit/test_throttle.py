"""Who keeps failing waits; by a clock of our own."""

from __future__ import annotations

import pytest

from api.problems import TooManyRequests
from api.throttle import FORGOTTEN_AFTER, FREE_FAILURES, Throttle, of_address, of_user


class Clock:
    """Seconds, as told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_wait_doubles_to_a_minute() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(13):
        throttle.failed("a")
        waits.append(throttle.wait("a"))
        clock.now += throttle.wait("a")
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_wait_is_over_when_it_is() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(FREE_FAILURES + 2):
        throttle.failed("a")
    with pytest.raises(TooManyRequests) as caught:
        throttle.check("b", "a")
    assert dict(caught.value.headers) == {b"retry-after": b"4"}
    clock.now += 3.5
    assert throttle.wait("a") == 0.5
    clock.now += 0.5
    throttle.check("a")


def test_names_are_told_apart_and_forgiven() -> None:
    throttle = Throttle(Clock())
    for _ in range(9):
        throttle.failed("a", "b")
    throttle.check("c")
    throttle.forget("a")
    throttle.check("a")
    with pytest.raises(TooManyRequests):
        throttle.check("b")


def test_what_was_long_ago_is_forgotten() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(9):
        throttle.failed("a")
    clock.now += FORGOTTEN_AFTER + 1
    throttle.failed("a")
    throttle.check("a")


def test_it_keeps_so_many_and_no_more() -> None:
    throttle = Throttle(Clock())
    for _ in range(9):
        throttle.failed("first")
    for number in range(10_000):
        throttle.failed(str(number))
    throttle.check("first")
    assert len(throttle._failures) == 10_000


@pytest.mark.parametrize(("first", "second", "same"), [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True), ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ("198.51.100.1", "198.51.100.2", False), ("", "", True), ("here", "there", False),
])  # fmt: skip
def test_an_address_is_a_household(first: str, second: str, same: bool) -> None:
    assert (of_address(first) == of_address(second)) is same


def test_a_user_is_no_address() -> None:
    assert of_user("10.0.0.1") != of_address("10.0.0.1")
