"""Rounds of torture: tills at work, and in each round something dies, freezes or is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from ledger import embedded
from tests.torture.checks import Books, check_log, summary
from tests.torture.stand import Fault, Stand, wait_for
from tests.torture.tills import Till

TILLS = 8
# Commands to be acknowledged after a fault before the round is over.
GO_ON = 20
Report = Callable[[str], None]


def say(line: str) -> None:
    """Tells whoever watches, at once."""
    print(line, flush=True)


class Torture:
    """One server, its tills, and the rounds they go through. The same seed makes the same documents and faults."""

    def __init__(self, data_dir: Path, seed: str, report: Report, wrap: Sequence[str] = ()) -> None:
        self._random, self._report = Random(seed), report
        self.stand = Stand(data_dir, self._random, wrap)
        self.tills = [Till(number, seed, lambda: self.stand.url) for number in range(TILLS)]
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Everything starts, and sells."""
        await asyncio.to_thread(self.stand.start)
        await asyncio.to_thread(self.stand.start_projector)
        self._tasks = [asyncio.create_task(till.run()) for till in self.tills]

    async def rounds(self, faults: Sequence[Fault]) -> None:
        """One round for each of the faults."""
        for number, fault in enumerate(faults, 1):
            await asyncio.sleep(self._random.random())
            await fault()
            await self.go_on()
            self._report(f"round {number}/{len(faults)}: {fault.__name__:<24} {summary(self.tills)}")

    async def go_on(self) -> None:
        """Business goes on: so many more are acknowledged."""
        before = self._done()
        try:
            await wait_for(lambda: self._failed() or self._done() >= before + GO_ON, "nothing goes on")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.stand.log[-3000:]}") from None
        for task in self._tasks:
            if task.done():
                task.result()

    async def finish(self) -> None:
        """The tills see through what they have begun; then everything is compared."""
        for till in self.tills:
            till.stop()
        await asyncio.gather(*self._tasks)
        dsn = embedded.attach(self.stand.data_dir)
        assert dsn is not None
        position = await check_log(dsn, self.tills)
        await Books(self.stand.url, position).check(self.tills)
        await asyncio.to_thread(self.stand.stop)
        self._report(f"nothing lost, nothing twice: {summary(self.tills)}, {position} events")

    async def give_up(self) -> None:
        """Leaves no process behind."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.stand.kill_everything()

    async def run(self, faults: Sequence[Fault]) -> None:
        """All of it. AssertionError: something is lost, or there twice, or the server does not come back."""
        try:
            await self.begin()
            await self.rounds(faults)
            await self.finish()
        except BaseException:
            await self.give_up()
            raise

    def draw(self, count: int) -> list[Fault]:
        """So many faults: every kind as often as any other, in any order."""
        kinds = self.stand.faults()
        drawn = [kinds[number % len(kinds)] for number in range(count)]
        self._random.shuffle(drawn)
        return drawn

    def _done(self) -> int:
        return sum(len(till.told) for till in self.tills)

    def _failed(self) -> bool:
        return any(task.done() for task in self._tasks)
