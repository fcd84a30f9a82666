"""Exactly once: whoever runs projections, however many, and whenever they are killed."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from uuid import UUID

import pytest

from ledger.events import Event, Recorded
from ledger.store import Connection
from projections import NAMES, orders, runner, stock
from projections.following import run_forever, run_until_caught_up
from projections.runner import Runner
from tests.integration.conftest import Till, sale

NOTHING_WRONG = None


async def test_every_read_model_gets_to_the_head(till: Till) -> None:
    head = await till.post(*map(sale, range(1, 6)))
    await run_until_caught_up(till.pool, till.vault)
    assert await till.checkpoints() == dict.fromkeys(NAMES, (head, NOTHING_WRONG))
    assert (await till.sold(), len(await till.queue())) == (5, 5)


async def test_batches_of_one_event_give_the_same(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 1)
    await till.post(*map(sale, range(1, 6)))
    await run_until_caught_up(till.pool, till.vault)
    assert (await till.sold(), len(await till.queue())) == (5, 5)


async def test_any_number_of_runners_count_once(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 7)
    stop = asyncio.Event()
    runners = [asyncio.create_task(run_forever(till.pool, till.vault, stop)) for _ in range(3)]
    for start in range(1, 200, 20):
        head = await till.post(*map(sale, range(start, start + 20)))
    await run_until_caught_up(till.pool, till.vault)
    stop.set()
    await asyncio.gather(*runners)
    assert await till.checkpoints() == dict.fromkeys(NAMES, (head, NOTHING_WRONG))
    assert (await till.sold(), len(await till.queue())) == (200, 200)


CATCH_UP = """
import asyncio, sys
from ledger.database import open_pool
from projections import following, runner

async def main(dsn):
    runner.EVENTS_AT_ONCE = 5
    print("ready", flush=True)
    await following.run_until_caught_up(await open_pool(dsn), bytes(32))

asyncio.run(main(sys.argv[1]))
"""


async def test_a_killed_runner_loses_and_repeats_nothing(till: Till, dsn: str) -> None:
    head = await till.post(*map(sale, range(1, 301)))
    for wait in (0.02, 0.05, 0.1, 0.15, 0.2):
        process = subprocess.Popen([sys.executable, "-c", CATCH_UP, dsn], stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline()
        time.sleep(wait)
        process.kill()
        process.communicate()
    await run_until_caught_up(till.pool, till.vault)
    assert await till.checkpoints() == dict.fromkeys(NAMES, (head, NOTHING_WRONG))
    assert (await till.sold(), len(await till.queue())) == (300, 300)


class Stumbling:
    """The orders' projection, until it meets one order it cannot take."""

    name = orders.PROJECTION.name
    handles: frozenset[type[Event]] = orders.PROJECTION.handles

    def __init__(self, number: int) -> None:
        self.stream: str | None = f"order-{UUID(int=number)}"

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        await orders.PROJECTION.apply(connection, tenant_id, events)
        if any(recorded.stream == self.stream for recorded in events):
            raise KeyError("no such thing")


async def test_what_cannot_be_applied_stops_its_projection_there_and_no_other(till: Till) -> None:
    before = await till.post(*map(sale, range(1, 6)))
    head = await till.post(*map(sale, range(6, 11)))
    stumbling = Stumbling(6)
    both = Runner(till.pool, till.vault, [stumbling, stock.PROJECTION])
    await both.step(till.tenant.tenant_id)
    found = await till.checkpoints("orders", "stock")
    assert found["stock"] == (head, NOTHING_WRONG)
    position, error = found["orders"]
    assert position == before
    # Type and place, never the text: it may quote the document.
    assert re.fullmatch(
        rf"event {before + 1} \(order\.finalised\): KeyError at tests/integration/test_runner\.py:\d+", error or ""
    )
    assert (await till.sold(), sorted(await till.queue())) == (10, [1, 2, 3, 4, 5])

    assert await both.step(till.tenant.tenant_id) == 0
    stumbling.stream = None
    await both.start()
    await both.step(till.tenant.tenant_id)
    assert (await till.checkpoints("orders"))["orders"] == (head, NOTHING_WRONG)
    assert len(await till.queue()) == 10


async def test_a_projection_that_comes_late_catches_up_beside_the_others(till: Till) -> None:
    await till.post(*map(sale, range(1, 6)))
    await Runner(till.pool, till.vault, [stock.PROJECTION]).step(till.tenant.tenant_id)
    head = await till.post(sale(6))
    both = Runner(till.pool, till.vault, [orders.PROJECTION, stock.PROJECTION])
    await both.step(till.tenant.tenant_id)
    assert await till.checkpoints("orders", "stock") == dict.fromkeys(("orders", "stock"), (head, NOTHING_WRONG))
    assert (await till.sold(), len(await till.queue())) == (6, 6)
