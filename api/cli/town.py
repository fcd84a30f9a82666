"""A town that is at work: how it is stopped, and what is told of it in the end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from api.cli.screen import BAD, GOOD, Screen
from api.simulate.comparing import Compared
from api.simulate.run import Run
from ledger.errors import LedgerError

T = TypeVar("T")


class DifferentError(LedgerError):
    """The server's answers are not what the town's books say."""


def ending_on_signals(run: Run) -> None:
    """The first Ctrl-C ends the selling, the second everything."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        run.stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


async def plainly(work: Awaitable[T]) -> T:
    """What went wrong first, instead of everything that went wrong at once."""
    try:
        return await work
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


def tell(screen: Screen, run: Run, compared: Sequence[Compared] | None, *, as_json: bool) -> None:
    """What was posted, and how the books compare: as one JSON object, or as a table with every difference below."""
    if as_json:
        screen.json(_summary(run, compared))
    else:
        _show(screen, run, compared)


def agree(run: Run, compared: Sequence[Compared] | None) -> None:
    """DifferentError: something differs, or was answered in a way that the contract does not know."""
    if differ := _different(run, compared):
        raise DifferentError(f"the server and the books of the town differ in {differ} places")


def _different(run: Run, compared: Sequence[Compared] | None) -> int:
    return run.traffic.surprised + sum(one.differ for one in compared or ())


def _summary(run: Run, compared: Sequence[Compared] | None) -> dict[str, object]:
    traffic, options = run.traffic, run.options
    return {
        "seed": options.seed, "outlets": options.outlets, "tills": options.tills, "faults": options.faults,
        "days": [str(day) for day in options.days], "orders": traffic.orders, "posts": traffic.posts,
        "cut": traffic.cuts, "duplicates": traffic.duplicates, "refused": traffic.refused,
        "seconds": round(run.seconds, 1), "position": traffic.position,
        "agrees": None if compared is None else not _different(run, compared), "surprises": traffic.surprises,
        "compared": [one._asdict() for one in compared or ()],
    }  # fmt: skip


def _show(screen: Screen, run: Run, compared: Sequence[Compared] | None) -> None:
    traffic = run.traffic
    rate = f", {traffic.orders / run.seconds:.0f} a second" if run.seconds >= 1 else ""
    screen.line(
        f"{traffic.orders} orders in {run.seconds:.1f} s{rate}: {traffic.posts} posts, {traffic.cuts} of them cut off, "
        f"{traffic.duplicates} known already, {traffic.refused} refused as they should be"
    )
    for line in traffic.surprises:
        screen.line(("unexpected: ", BAD), line)
    if compared is None:
        return
    screen.table([{"answer": one.answer, "figures": one.figures, "different": one.differ} for one in compared])
    for one in compared:
        for line in one.differences:
            screen.line((f"{one.answer}: ", BAD), line)
    if not _different(run, compared):
        screen.line(("The server and the books of the town agree to the öre.", GOOD))
