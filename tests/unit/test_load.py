"""What is in hand: counted, bounded, and given back."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest

from api import load
from api.load import LARGE, LARGE_AT_ONCE, STRAIN, TIDY_EVERY, Load
from ledger.errors import Unavailable


def test_there_is_room_until_there_is_none() -> None:
    some = Load(100)
    one: dict[str, Any] = {}
    other: dict[str, Any] = {}
    assert some.take(one, 60) and some.take(other, 40)
    assert not some.take(one, 1)
    some.give_back(one)
    assert some.take(other, 60) and not some.take(one, 1)
    some.give_back(other)
    some.give_back(other)
    assert some.take(one, 100) and not some.take(other, 1)


async def test_few_large_bodies_have_their_turn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "TURN_WITHIN", 0.05)
    some = Load(1 << 30)
    scopes: list[dict[str, Any]] = [{} for _ in range(LARGE_AT_ONCE)]
    for scope in scopes:
        await some.turn(scope)
    with pytest.raises(Unavailable):
        await some.turn({})
    waiting = asyncio.create_task(some.turn({}))
    await asyncio.sleep(0)
    some.give_back(scopes[0])
    await waiting


class Part:
    """Something that is held by a cycle."""

    def __init__(self) -> None:
        self.itself = self


def test_cycles_go_after_much_work_and_only_then() -> None:
    some = Load(1 << 30)
    gc.disable()
    try:
        left = weakref.ref(Part())
        some.strained(LARGE)
        some.tidy(1000.0)
        assert left() is not None
        some.strained(STRAIN)
        some.tidy(1000.0)
        assert left() is None
        left = weakref.ref(Part())
        some.strained(STRAIN)
        some.tidy(1000.0 + TIDY_EVERY / 2)
        assert left() is not None
        some.tidy(1000.0 + 2 * TIDY_EVERY)
        assert left() is None
    finally:
        gc.enable()
