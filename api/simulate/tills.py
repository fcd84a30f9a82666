"""The tills at work: they post the lives of their orders, retry what was not answered, and enter what was.

Several orders of a till are under way at once, each step by step. While a till is offline its documents wait; back
again it posts them one after the other, in order, before anything new.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from random import Random
from typing import Any

import msgspec

from api.simulate.books import Books
from api.simulate.line import Answer, Line, NoServer, Server
from api.simulate.shift import DUPLICATE, READ, REFUSED, Life, Step
from ledger.errors import LedgerError

_CUTS = 0.03  # of all posts
_OUTAGE, _PAUSE = 60.0, 0.2  # seconds that a server may be away, and between two attempts
Pause = Callable[[], Awaitable[None]]
_SURPRISES = 20  # that are told of; all are counted
encode = msgspec.json.Encoder(decimal_format="number").encode
_said = msgspec.json.Decoder().decode


class Traffic:
    """What went over all lines. `surprises` are answers that the contract does not give."""

    def __init__(self) -> None:
        self.posts = self.cuts = self.duplicates = self.refused = self.orders = 0
        self.position = 0
        self.surprises: list[str] = []
        self.surprised = 0

    def surprise(self, step: Step, answer: Answer) -> None:
        """An answer that was not to be expected."""
        self.surprised += 1
        if len(self.surprises) < _SURPRISES:
            named = step.document if isinstance(step.document, dict) else step.document[0]
            said = answer.body[:300].decode(errors="replace")
            name = named.get("Id") or named.get("id")
            self.surprises.append(f"{step.endpoint} of {name}: {step.expect} expected, {answer.status} {said}")


class Poster:
    """Sees steps through over lines of its own.

    `at_once` lives may be under way. `faults` decides what is cut; without it nothing is. `pause` is waited for between
    two steps of a life.
    """

    def __init__(
        self, server: Server, books: Books, traffic: Traffic, at_once: int, faults: Random | None, pause: Pause | None
    ) -> None:
        self._books, self._traffic, self._faults, self._pause = books, traffic, faults, pause
        self._lines = [Line(server) for _ in range(at_once)]
        self._room = asyncio.Semaphore(at_once)

    async def live(self, life: Life, *, held: bool = False) -> None:
        """Takes the steps of a life, one after the other; between those that were held no time passes."""
        async with self._room:
            await self._live(life, None if held else self._pause)

    async def live_all(self, lives: Iterable[Life]) -> None:
        """Many lives, as many of them at once as may be; the next is asked for when there is room for it."""
        async with asyncio.TaskGroup() as group:
            for life in lives:
                await self._room.acquire()
                group.create_task(self._live(life, self._pause)).add_done_callback(lambda _: self._room.release())

    async def _live(self, life: Life, pause: Pause | None) -> None:
        line = self._lines.pop()
        try:
            versions: dict[str, int] = {}
            for number, step in enumerate(life.steps):
                if number and pause is not None:
                    await pause()
                await self._take(line, step, versions)
        finally:
            self._lines.append(line)
        for order_id in life.over:
            self._books.forget(order_id)

    def close(self) -> None:
        """Hangs up all lines."""
        for line in self._lines:
            line.close()

    async def _take(self, line: Line, step: Step, versions: dict[str, int]) -> None:
        """Posts a step until it is answered, and enters it if it was taken as something new."""
        method, path, body = _request(step)
        headers = await self._if_match(line, step, versions)
        if self._faults is not None and step.expect != REFUSED and self._faults.random() < _CUTS:
            self._traffic.cuts += 1
            with contextlib.suppress(NoServer):
                await line.cut(method, path, body, headers)
        answer = await self._until_told(line, method, path, body, headers)
        self._traffic.posts += 1
        self._traffic.position = max(self._traffic.position, answer.position)
        versions["at"] = answer.position or versions.get("at", 0)
        self._judge(step, answer)

    def _judge(self, step: Step, answer: Answer) -> None:
        duplicate = answer.status == 200 and bool(_said(answer.body)["Duplicate"])
        self._traffic.duplicates += duplicate
        if step.expect == REFUSED:
            self._traffic.refused += 1
        if (answer.status != 200) != (step.expect == REFUSED) or (step.expect == DUPLICATE and not duplicate):
            self._traffic.surprise(step, answer)
        elif step.expect not in (REFUSED, DUPLICATE):
            self._books.enter(step.endpoint, step.document)

    async def _if_match(self, line: Line, step: Step, versions: dict[str, int]) -> str:
        if not step.match:
            return ""
        order_id = step.document["Id"]
        if step.match == READ:
            wanted = f"Ledger-Min-Position: {versions['at']}\r\n"
            answer = await self._until_told(line, "GET", f"/v1/orders/{order_id}", b"", wanted)
            versions["read"] = _said(answer.body)["Version"] if answer.status == 200 else 0
        return f"If-Match: {versions['read']}\r\n"

    async def _until_told(self, line: Line, method: str, path: str, body: bytes, headers: str) -> Answer:
        """Asks until there is an answer that does not say to come again. A server that was there is waited for."""
        end = time.monotonic() + _OUTAGE
        while True:
            try:
                answer = await line.ask(method, path, body, headers)
            except NoServer:
                if not self._traffic.posts or time.monotonic() > end:
                    raise
            else:
                if answer.status in (401, 403):
                    raise LedgerError(f"the server wants another credential for {path}: give an admin's key with --key")
                if not answer.retry_after or time.monotonic() > end:
                    return answer
            await asyncio.sleep(_PAUSE)


class TillAtWork:
    """One till from day to day."""

    def __init__(self, poster: Poster) -> None:
        self._poster, self._held = poster, list[Life]()

    async def work(self, lives: Iterator[Life]) -> None:
        """A day's lives: orders between two spells offline at once, all else (opening, closing) by itself."""
        for (offline, orders), some in itertools.groupby(lives, lambda life: (life.offline, life.is_order)):
            if orders and not offline:
                await self.back_online()
                await self._poster.live_all(some)
            else:
                for life in some:
                    await self.one(life)

    async def one(self, life: Life) -> None:
        """One life, as it happens."""
        if life.offline:
            self._held.append(life)
        else:
            await self.back_online()
            await self._poster.live(life)

    async def back_online(self) -> None:
        """Posts what was held, in order."""
        held, self._held = self._held, []
        for life in held:
            await self._poster.live(life, held=True)


def _request(step: Step) -> tuple[str, str, bytes]:
    if step.endpoint == "UpdateOrderStatus":
        document: Any = step.document
        return "GET", f"/api/Order/UpdateOrderStatus/{document['Id']}/{document['Status']}", b""
    path = step.endpoint if "/" in step.endpoint else f"Order/{step.endpoint}"
    return "POST", f"/api/{path}", encode(step.document)
