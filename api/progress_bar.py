"""Progress, on standard error, for commands that take their time: on a terminal only, and gone when they are done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bars:
    """One progress bar per name, in things done of things there are.

    Bars of `names` are there from the start, and move to and fro until it is known how many things there are.
    """

    def __init__(self, *names: str) -> None:
        self._names = names
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        if sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            from api.cli.screen import console

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._progress = Progress(*columns, console=console(sys.stderr, wraps=True), transient=True)
            self._tasks = {name: self._progress.add_task(name, total=None) for name in self._names}
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, name: str, done: int, total: int | None) -> None:
        """Move the bar of a name; it moves to and fro where nobody knows the total."""
        if self._progress is None:
            return
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total)
        self._progress.update(self._tasks[name], completed=done, total=total)
