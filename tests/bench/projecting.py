"""From the log to read models, and through the log to signatures: how many events a second, beside reading them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from pathlib import Path

from ledger.audit.memory import Memory
from ledger.audit.sealer import Sealer
from ledger.database import SEALER, open_pool
from ledger.store import Pool, head
from projections.rebuild import rebuild
from tests.bench.figures import Figure, Report
from tests.bench.options import Options
from tests.bench.stand import ROOT, SCRIPT, SQL, Books, Stand, opened, run

CHAPTER = "project"
OF_A_KEYSET_READ = 0.2
PAGE = 1000


def measure(stand: Stand, books: Books, options: Options, report: Report) -> None:
    """A keyset read of a log, and a rebuild of all read models from it, in turn."""
    reads, rebuilds = [], []
    for _ in range(options.rounds):
        reads.append(run(_keyset(books)))
        rebuilds.append(run(_rebuild(stand, books)))
    limit = report.add("limits", "keyset read of the log", "events/s", reads)
    figure = report.add(CHAPTER, "rebuild of all read models", "events/s", rebuilds, limit)
    report.bar("rebuild of all read models, of a keyset read", figure.ratio or 0.0, OF_A_KEYSET_READ)


async def _keyset(books: Books) -> float:
    """Events a second, page by page."""
    async with opened(books.dsn, 1, 1) as pool, pool.acquire() as connection:
        position, begun = 0, time.perf_counter()
        while rows := await connection.fetch(SQL["page"], 1, position, PAGE):
            position = rows[-1]["position"]
        return float(position / (time.perf_counter() - begun))


async def _rebuild(stand: Stand, books: Books) -> float:
    async with opened(books.dsn) as pool:
        begun = time.perf_counter()
        await rebuild(pool, stand.vault())
        took = time.perf_counter() - begun
        return await _events(pool) / took


async def _events(pool: Pool) -> int:
    async with pool.acquire() as connection:
        await connection.act_for(1)
        return await head(connection, 1)


def audit(stand: Stand, books: Books, options: Options, report: Report) -> None:
    """Sealing a whole log, exporting it, and verifying the export and the database."""
    reads: list[float] = [run(_hashed(books))]
    limit = report.add("limits", "keyset read of the log, and SHA-256 of each event", "events/s", reads)
    seal_dir = stand.data_dir / "seals" / books.name
    sealed, events = run(_seal(books, seal_dir))
    report.add("audit", "sealer, from an empty tree", "events/s", [sealed], limit)
    directory = stand.data_dir / "export"
    _command(stand, books, report, limit, events, "export", [str(directory), "--tenant", "shop-1"])
    _command(stand, books, report, limit, events, "verify", [str(directory)])
    _command(stand, books, report, limit, events, "verify", ["--live", "--tenant", "shop-1"])
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


def _command(
    stand: Stand, books: Books, report: Report, limit: Figure, events: int, name: str, arguments: list[str]
) -> None:
    """A command line's work, its start included."""
    begun = time.perf_counter()
    done = subprocess.run(
        [str(SCRIPT), name, *arguments],
        env=stand.environment(books),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - begun
    title = " ".join(("order-ledger", name, *(one for one in arguments if one.startswith("--l"))))
    if done.returncode:
        report.lacks(f"{title}: exit code {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
        return
    report.add("audit", title, "events/s", [events / took], limit, f"{took:.1f} s in all")
