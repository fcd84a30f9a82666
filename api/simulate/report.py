"""What a run says on the terminal and in JSON: its progress, what was posted, and how the books compare."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import progress as bars
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.simulate.comparing import Compared
from api.simulate.run import Run


class Progress:
    """One bar on standard error, where that is a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn(),
            bars.TimeRemainingColumn(),
        )  # fmt: skip
        self._bars = bars.Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())
        self._task = self._bars.add_task("", total=None)

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, what: str, done: int, total: int | None) -> None:
        """So much is done of so much, if that is known."""
        self._bars.update(self._task, description=what, completed=done, total=total)

    def say(self, text: str) -> None:
        """A line for a person, above the bar."""
        self._bars.console.print(text, highlight=False, soft_wrap=True)


def summary(run: Run, compared: Sequence[Compared] | None) -> dict[str, object]:
    """The run as JSON; `agrees` is null where nothing was compared."""
    traffic, options = run.traffic, run.options
    differ = traffic.surprised + sum(one.differ for one in compared or ())
    return {
        "seed": options.seed, "outlets": options.outlets, "tills": options.tills, "faults": options.faults,
        "days": [str(day) for day in options.days], "orders": traffic.orders, "posts": traffic.posts,
        "cut": traffic.cuts, "duplicates": traffic.duplicates, "refused": traffic.refused,
        "seconds": round(run.seconds, 1), "position": traffic.position,
        "agrees": None if compared is None else differ == 0, "surprises": traffic.surprises,
        "compared": [one._asdict() for one in compared or ()],
    }  # fmt: skip


def show(run: Run, compared: Sequence[Compared] | None) -> None:
    """The run for a person: a table of what was compared, and every difference."""
    console, traffic = Console(highlight=False), run.traffic
    rate = f", {traffic.orders / run.seconds:.0f} a second" if run.seconds >= 1 else ""
    console.print(
        f"{traffic.orders} orders in {run.seconds:.1f} s{rate}: {traffic.posts} posts, {traffic.cuts} of them cut off, "
        f"{traffic.duplicates} known already, {traffic.refused} refused as they should be"
    )
    for line in traffic.surprises:
        console.print(Text(f"unexpected: {line}", "red"))
    if compared is None:
        return
    table = Table("Answer", "Figures", "Different", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for one in compared:
        table.add_row(one.answer, str(one.figures), str(one.differ), style="red" if one.differ else "")
    console.print(table)
    for one in compared:
        for line in one.differences:
            console.print(Text(f"{one.answer}: {line}"), soft_wrap=True)
    if not (traffic.surprised or any(one.differ for one in compared)):
        console.print("The server and the books of the town agree to the öre.")
