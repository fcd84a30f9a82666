"""The offline queue's program is killed at each of its lines, and the server under it at any time: nothing is lost."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from random import Random

import httpx

from api.client import Answer, Client, Event, OfflineQueue
from tests.acceptance import bodies
from tests.acceptance.server import Json, serving
from tests.torture.stand import Stand

PROGRAM = Path(__file__).with_name("client_process.py")
REFUSED = {"Id": "no Guid"}


def finalised(url: str) -> list[str]:
    """The Ids of all orders in the log, in its order, as often as they are there."""
    found, after = list[str](), 0
    while True:
        query: dict[str, str | int] = {"type": "order.finalised", "after": after}
        page: Json = httpx.get(f"{url}/v1/events", params=query).json()
        found += [event["Stream"].removeprefix("order-") for event in page["Events"]]
        after = page["Next"]
        if after >= page["Head"]:
            return found


class Till:
    """Starts of the program on one queue, and the orders whose `put` has returned, in order."""

    def __init__(self, url: str, queue: Path) -> None:
        command = [sys.executable, str(PROGRAM), url, str(queue)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tried, self.put = list[str](), list[str]()

    def start(self, die_at: int = 0) -> str:
        """One start: two orders, and one between them that the ledger refuses. Returns how it ended."""
        orders = [bodies.an_order(Receipts=[]), REFUSED, bodies.an_order(Receipts=[])]
        self.tried += [order["Id"] for order in orders]
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"orders": orders, "die_at": die_at}) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if (word := line.strip()) in ("killed", "finished"):
                return word
            self.put.append(word)
        raise AssertionError("the program has failed")

    def stop(self) -> None:
        """Its last start is over."""
        self._process.communicate()


async def test_killed_at_each_of_its_lines(tmp_path: Path) -> None:
    """Each start finds on the queue what the one before has left there."""
    with serving(tmp_path / "data", tmp_path / "log") as url:
        till = Till(url, tmp_path / "queue")
        starts = next(die_at for die_at in itertools.count(1) if till.start(die_at) == "finished")
        till.stop()
        sold = finalised(url)
    assert starts > 100
    assert len(set(sold)) == len(sold)
    assert set(till.put) - {REFUSED["Id"]} <= set(sold)
    assert sold == [order for order in till.tried if order in sold]
    async with OfflineQueue(tmp_path / "queue") as queue:
        assert await queue.waiting() == 0
        refused = await queue.set_aside()
    assert {(one.write.body, one.problem["status"]) for one in refused} == {
        (json.dumps(REFUSED, separators=(",", ":")), 417)
    }
    assert till.put.count(REFUSED["Id"]) <= len(refused) <= till.tried.count(REFUSED["Id"])


@asynccontextmanager
async def standing(directory: Path) -> AsyncIterator[Stand]:
    """A server that comes back at its old address whenever it is killed."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    stand = Stand(directory / "data", Random(1), PORT=str(port))
    stand.start()
    try:
        yield stand
        stand.stop()
    finally:
        stand.kill_everything()


class Day:
    """Two tills that sell, one by itself and one through its queue, and somebody who follows; until told to stop."""

    def __init__(self, url: str, queue: Path) -> None:
        self._url, self._queue = url, queue
        self.stop = asyncio.Event()
        self.answers = dict[str, Answer]()
        self.queued = list[str]()
        self.events = list[Event]()
        self._came = asyncio.Event()

    async def sell(self) -> None:
        """Order after order, each answered in the end."""
        async with Client(self._url, deadline=60, timeout=5) as client:
            while not self.stop.is_set():
                order = bodies.an_order()
                self.answers[order["Id"]] = await client.post_order(order)

    async def sell_through_the_queue(self) -> None:
        """An order every now and then, never waiting for the ledger; sent once the day is over at the latest."""
        async with Client(self._url, deadline=2, timeout=1) as client, OfflineQueue(self._queue) as queue:
            sending = asyncio.create_task(queue.run(client))
            while not self.stop.is_set():
                order = bodies.an_order()
                await queue.post_order(order)
                self.queued.append(order["Id"])
                await asyncio.sleep(0.02)
            await queue.drained()
            sending.cancel()

    async def follow(self) -> None:
        """Every event, as it comes."""
        async with Client(self._url) as client, aclosing(client.follow()) as events:
            async for event in events:
                self.events.append(event)
                self._came.set()

    async def followed(self, position: int) -> None:
        """Returns when the event at a position has been followed."""
        while not self.events or self.events[-1].position < position:
            self._came.clear()
            await self._came.wait()

    def of(self, kind: str) -> list[str]:
        """The orders whose events of a kind were followed, in order."""
        return [event.stream.removeprefix("order-") for event in self.events if event.type == kind]


async def test_a_server_that_is_killed_under_it(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        day = Day(stand.url, tmp_path / "queue")
        following = asyncio.create_task(day.follow())
        selling = [asyncio.create_task(day.sell()) for _ in range(3)]
        selling.append(asyncio.create_task(day.sell_through_the_queue()))
        for fault in (stand.kill_server, stand.cut_power, stand.kill_postgres, stand.kill_server):
            await asyncio.sleep(0.7)
            await fault()
        await asyncio.sleep(0.7)
        day.stop.set()
        await asyncio.gather(*selling)
        async with Client(stand.url) as client:
            log = [event async for event in client.events()]
            await asyncio.wait_for(day.followed(log[-1].position), 60)
        following.cancel()
    assert day.events == log
    assert [event.position for event in log] == list(range(1, len(log) + 1))
    finished = day.of("order.finalised")
    assert sorted(finished) == sorted([*day.answers, *day.queued])
    assert [order for order in finished if order in set(day.queued)] == day.queued
    assert {order: log[answer.position - 1].stream for order, answer in day.answers.items()} == {
        order: f"order-{order}" for order in day.answers
    }
