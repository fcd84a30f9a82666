"""From the log to read models, and through the log to signatures: how many events a second, beside reading them."""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from ledger.audit.memory import Memory
from ledger.audit.sealer import Sealer
from ledger.database import SEALER, open_pool
from ledger.store import Pool, head
from projections.rebuild import rebuild
from tests.bench.figures import Report, interleaved
from tests.bench.options import Options
from tests.bench.stand import ROOT, SCRIPT, SQL, Books, Stand, opened, run

CHAPTER = "project"
OF_A_KEYSET_READ = 0.2
PAGE = 1000


def measure(stand: Stand, logs: Mapping[int, Books], options: Options, report: Report) -> None:
    """A keyset read of a log, and a rebuild of all read models from it, in turn."""
    for size, books in logs.items():
        passes = {"read": functools.partial(_read, books), "rebuild": functools.partial(_rebuild, stand, books)}
        found = interleaved(options.passes(size), passes)
        limit = report.add("limits", f"keyset read of the log, {size:,} orders", "events/s", found["read"])
        title = f"rebuild of all read models, {size:,} orders"
        figure = report.add(CHAPTER, title, "events/s", found["rebuild"], limit)
    report.bar("rebuild of all read models, of a keyset read", figure.ratio or 0.0, OF_A_KEYSET_READ)


def _read(books: Books) -> float:
    return run(_keyset(books))


def _rebuild(stand: Stand, books: Books) -> float:
    return run(_rebuilt(stand, books))


async def _keyset(books: Books) -> float:
    """Events a second, page by page."""
    async with opened(books.dsn, 1, 1) as pool, pool.acquire() as connection:
        position, begun = 0, time.perf_counter()
        while rows := await connection.fetch(SQL["page"], 1, position, PAGE):
            position = rows[-1]["position"]
        return float(position / (time.perf_counter() - begun))


async def _rebuilt(stand: Stand, books: Books) -> float:
    async with opened(books.dsn) as pool:
        begun = time.perf_counter()
        await rebuild(pool, stand.vault())
        took = time.perf_counter() - begun
        return await _events(pool) / took


async def _events(pool: Pool) -> int:
    async with pool.acquire() as connection:
        await connection.act_for(1)
        return await head(connection, 1)


def audit(stand: Stand, logs: Mapping[int, Books], report: Report) -> None:
    """Sealing a whole log, exporting it, and verifying the export and the database."""
    directory = stand.data_dir / "export"
    for size, books in logs.items():
        title = f"keyset read of the log, and SHA-256 of each event, {size:,} orders"
        limit = report.add("limits", title, "events/s", [run(_hashed(books))])
        sealed, events = run(_seal(books, stand.seals(books)))
        report.add("audit", f"sealer, from an empty tree, {size:,} orders", "events/s", [sealed], limit)
        for name, arguments in (
            ("export", [str(directory), "--tenant", "shop-1"]),
            ("verify", [str(directory)]),
            ("verify --live", ["--tenant", "shop-1"]),
        ):
            took = _command(stand, books, report, [*name.split(), *arguments])
            title = f"order-ledger {name}, {size:,} orders"
            if took is not None:
                report.add("audit", title, "events/s", [events / took], limit, f"{took:.1f} s in all")
        shutil.rmtree(directory, ignore_errors=True)


async def _hashed(books: Books) -> float:
    async with opened(books.dsn, 1, 1) as pool, pool.acquire() as connection:
        position, begun = 0, time.perf_counter()
        while rows := await connection.fetch(SQL["page"], 1, position, PAGE):
            for row in rows:
                hashlib.sha256(row["data"]).digest()
            position = rows[-1]["position"]
        return float(position / (time.perf_counter() - begun))


async def _seal(books: Books, directory: Path) -> tuple[float, int]:
    """Events a second, and how many there are. Rounds are run until one finds nothing to do."""
    pool = await open_pool(books.dsn, max_size=2, answer_within=None, role=SEALER)
    try:
        sealer, begun = Sealer(pool, Memory(directory)), time.perf_counter()
        async with pool.acquire() as connection:
            while await sealer.round(connection):
                pass
        took = time.perf_counter() - begun
    finally:
        await pool.close()
    async with opened(books.dsn) as pool:
        count = await _events(pool)
    return count / took, count


def _command(stand: Stand, books: Books, report: Report, arguments: list[str]) -> float | None:
    """How many seconds a command line takes, its start included; None: it failed, as the report says."""
    begun = time.perf_counter()
    done = subprocess.run(
        [str(SCRIPT), *arguments], env=stand.environment(books), cwd=ROOT, capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - begun
    if done.returncode:
        said = (done.stderr or done.stdout)[-300:]
        report.lacks(f"order-ledger {' '.join(arguments)}: exit code {done.returncode}: {said}")
        return None
    return took
