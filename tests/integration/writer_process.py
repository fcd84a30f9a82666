"""A process of its own with a writer, told what to do by lines on stdin (JSON), answering each with a line on stdout.

{"sell": NAME, "tills": n, "orders": n}: tills at once, each posting its orders one after the other, between commands
that fail. {"post": BODY}: one order.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ledger.errors import Refused
from ledger.events import Encoded
from ledger.view import Decision, View
from ledger.writer import Context
from tests.integration.shop import Shop, open_shop, sale

ROOT = Path(__file__).parents[2]
# Orders and receipt numbers that all tills of all processes fight for.
SHARED = 5
Told = dict[str, list[Any]]


class WriterProcess:
    """The near end of such a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, dsn: str) -> WriterProcess:
        """Started, and connected to the database."""
        command = (sys.executable, "-m", __name__, dsn)
        pipe = asyncio.subprocess.PIPE
        started = cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT, limit=2**24))
        assert await started.hear() == "ready"
        return started

    async def ask(self, **what: Any) -> Any:
        """The answer to one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        return await self.hear()

    async def hear(self) -> Any:
        """The next line it says."""
        assert self._process.stdout is not None
        return json.loads(await self._process.stdout.readline())

    async def stop(self) -> None:
        """It ends by itself when nobody can tell it anything any more."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert await self._process.wait() == 0


class Broken:
    """A command with a bug: its whole batch fails, and is tried one by one."""

    fingerprint: str | None = None
    parts: Mapping[int, Encoded] = MappingProxyType({})

    def earlier(self) -> Sequence[str]:
        """Nothing else."""
        return ()

    def decide(self, view: View, now: datetime) -> Decision:
        """Never gets there."""
        raise ZeroDivisionError


async def _sell(shop: Shop, name: str, till: int, orders: int, told: Told) -> None:
    for number in range(orders):
        own = f"{name}/{till}/{number}"
        told[own] = list(await shop.post(sale(own)))
        amendment = sale(f"shared/{number % SHARED}", Comments=own)
        told[f"{own}/amendment"] = list(await shop.post(amendment))
        with contextlib.suppress(Refused):
            told[f"{own}/receipt"] = list(await shop.post(sale(f"{own}/receipt", receipt=1 + number % SHARED)))
        with contextlib.suppress(Refused, ZeroDivisionError):
            await (shop.writer.submit(shop.tenant, Broken(), Context(actor="test")) if number % 5 else shop.refused())


async def _carry_out(shop: Shop, asked: dict[str, Any]) -> object:
    if "post" in asked:
        return await shop.post(asked["post"])
    told: Told = {}
    await asyncio.gather(*(_sell(shop, asked["sell"], till, asked["orders"], told) for till in range(asked["tills"])))
    return told


async def _main(dsn: str) -> None:
    logging.disable()  # of batches that fail, which is what is wanted here
    async with open_shop(dsn) as shop:
        print('"ready"', flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await _carry_out(shop, json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
