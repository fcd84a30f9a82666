"""`make bench`: everything in one run on one machine, as a table, as bench.json, and as the bars of what was wanted."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.bench import appends, growth, living, plot, posts, projecting, reads
from tests.bench.figures import Report, cores, load_average, short
from tests.bench.fill import Calendar, Filled, calendar, fill
from tests.bench.load import has_wrk
from tests.bench.options import CHAPTERS, Options
from tests.bench.stand import GROWN, ROOT, SQL, Books, Stand, execute, run

WIDTH = 160
# Chapters as they follow in the table.
ORDER = ("limits", "peer", "append", "post", "read", "project", "audit", "live")


def main() -> int:
    """The exit code: 0 also when a bar is not met, for whoever reads it knows how busy the machine was."""
    options, console = Options.from_environ(), Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH  # a log file has no edge
    if unknown := sorted(options.chapters - set(CHAPTERS)):
        console.print(f"ONLY takes of {', '.join(CHAPTERS)}: not {', '.join(unknown)}")
        return 2
    began = time.strftime("%H:%M:%S")
    client = "wrk" if options.wrk and has_wrk() else "a client of our own"
    console.print(f"{began}: {cores()} cores, load {load_average()}, requests from {client}, {options.rounds} rounds")
    report = Report(lambda line: console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {line}", markup=True))
    with tempfile.TemporaryDirectory(prefix="order-ledger-bench-", dir=os.environ.get("BENCH_DIR")) as directory:
        Path(directory).chmod(0o755)  # PostgreSQL runs as another user under root
        stand = Stand(Path(directory))
        try:
            _measure(stand, options, report, console)
        finally:
            stand.close()
    _show(report, console)
    path = Path(os.environ.get("JSON") or ROOT / "bench.json")
    report.write(path, options.as_json())
    console.print(f"All of it lies in {path}.")
    return 0


def _measure(stand: Stand, options: Options, report: Report, console: Console) -> None:
    if "append" in options.chapters:
        appends.measure(stand, options, report)
    elif "limits" in options.chapters:
        appends.codec(options, report)
    if "post" in options.chapters:
        posts.measure(stand, options, report)
    if "live" in options.chapters:
        posts.lag(stand, options, report)
        living.measure(stand, options, report)
    if options.asks_for("read", "project", "audit", "live"):
        _grown(stand, options, report, console)


def _grown(stand: Stand, options: Options, report: Report, console: Console) -> None:
    """All that is asked of a log of some size."""
    when, grown = calendar(options.sizes[0]), stand.books(GROWN)
    logs: dict[int, Books] = {}
    first = 0
    for size in options.sizes:
        filled = _fill(stand, grown, when, first, size, console)
        report.add("append", f"decode and append in process, {size:,} orders", "orders/s", [filled.orders])
        report.add("project", f"projectors, {size:,} orders", "events/s", [filled.events])
        logs[size] = grown if size == options.sizes[-1] else stand.copy(grown, f"log_{size}")
        first = size
    grows = "growth" in options.chapters
    asked = logs if grows else {first: grown}
    if options.asks_for("read"):
        reads.measure(stand, logs, when, options, report)
    if options.asks_for("project"):
        projecting.measure(stand, asked, options, report)
    if options.asks_for("audit"):
        projecting.audit(stand, asked, report)
    if options.asks_for("live"):
        living.start(stand, asked, options, report)
    if grows:
        growth.measure(stand, logs, options, report)
        plot.draw(report, ROOT / "docs/growth.svg")


def _fill(stand: Stand, books: Books, when: Calendar, first: int, end: int, console: Console) -> Filled:
    with _progress(first, end, console) as progress:
        filled = run(fill(stand, books, when, first, end, progress))
    execute(books.dsn, SQL["vacuum"])
    return filled


@contextlib.contextmanager
def _progress(first: int, end: int, console: Console) -> Iterator[Callable[[int], None]]:
    """A bar that moves to as many orders as it is told."""
    steps = iter(track(range(first, end), f"filling the log to {end:,} orders", console=console, transient=True))
    at = first

    def progress(done: int) -> None:
        nonlocal at
        for _ in range(done - at):
            next(steps, None)
        at = max(at, done)

    yield progress
    for _ in steps:
        pass


def _show(report: Report, console: Console) -> None:
    table = Table(title="order-ledger", box=None, pad_edge=False)
    for column, side in (
        ("", "left"),
        ("measured", "right"),
        ("unit", "left"),
        ("of its limit", "right"),
        ("", "left"),
    ):
        table.add_column(column, justify="right" if side == "right" else "left")
    chapter = ""
    for figure in sorted(report.figures, key=lambda figure: ORDER.index(figure.chapter)):
        if figure.chapter != chapter:
            chapter = figure.chapter
            table.add_row(f"[bold]{chapter}[/]")
        ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
        table.add_row(f"  {figure.name}", short(figure.value), figure.unit, ratio, f"[dim]{figure.note}[/]")
    console.print(table)
    for line in (*report.missing, *map(str, report.bars)):
        console.print(line, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
