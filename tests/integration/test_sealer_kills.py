"""SIGKILL of sealers: before what they signed is stored, in the middle of storing it, and whenever it happens."""

from __future__ import annotations

import asyncio
import functools
import random
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.audit.memory import Memory
from ledger.audit.note import Verifier, open_checkpoint
from tests.integration.sealing import Book, open_book, seal, start, until

WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass)"
KILLS, SECONDS_BEFORE_A_KILL = 8, 0.8


@pytest.fixture
async def book(dsn: str) -> AsyncIterator[Book]:
    async with open_book(dsn) as opened:
        await opened.append(700)
        yield opened


async def kill_before(book: Book, table: str, directory: Path) -> None:
    """Kills a sealer that has signed, and stands before this table with what it signed."""
    async with book.owner.transaction():
        await book.owner.execute(f"LOCK TABLE ledger.{table} IN EXCLUSIVE MODE")
        process = await asyncio.to_thread(start, book.dsn, directory)
        try:
            await until(functools.partial(book.owner.fetchval, WAITS, f"ledger.{table}"))
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("table", ["tiles", "signed_checkpoints"])
async def test_what_was_signed_before_a_kill_is_what_is_stored_after_it(
    book: Book, dsn: str, tmp_path: Path, table: str
) -> None:
    """Between the file and the tiles, and between the tiles and the checkpoints."""
    await seal(dsn, tmp_path)
    await book.append(700, random.Random(1))
    await kill_before(book, table, tmp_path)
    signed = Memory(tmp_path).last("shop") or ""
    assert 1400 not in await book.notes()
    assert open_checkpoint(signed, Verifier.parse(await book.vkey())).size == 1400
    await book.append(700, random.Random(2))
    await seal(dsn, tmp_path)
    assert (await book.notes())[1400] == signed
    assert 2100 in await book.check()
    tiles = await book.owner.fetch("SELECT number FROM ledger.tiles WHERE level = 0 ORDER BY number")
    assert [row["number"] for row in tiles] == list(range(2100 // 256))


@pytest.mark.parametrize("table", ["seal_keys", "signed_checkpoints"])
async def test_a_first_start_may_be_killed(book: Book, dsn: str, tmp_path: Path, table: str) -> None:
    await kill_before(book, table, tmp_path)
    first = Memory(tmp_path).last("shop")
    await seal(dsn, tmp_path)
    assert (await book.notes())[0] == first
    assert 700 in await book.check()


async def test_killed_at_random_under_load(book: Book, dsn: str, tmp_path: Path) -> None:
    """Two sealers, one memory, and every note that anybody could have seen: all are of one log."""
    chance, seen = random.Random(4), set[str]()
    stop = asyncio.Event()

    async def sell() -> None:
        for number in range(10_000):
            await book.append(chance.randrange(1, 400), random.Random(f"load {number}"))
            if stop.is_set():
                return

    selling = asyncio.create_task(sell())
    processes: list[subprocess.Popen[str]] = []
    for number in range(KILLS):
        processes.append(await asyncio.to_thread(start, dsn, tmp_path))
        await asyncio.sleep(chance.random() * SECONDS_BEFORE_A_KILL)
        if number > 0:
            victim = processes.pop(chance.randrange(2))
            victim.kill()
            victim.wait()
        seen |= {Memory(tmp_path).last("shop") or "", *(await book.notes()).values()} - {""}
    stop.set()
    await selling
    for process in processes:
        process.kill()
        process.wait()
    seen.add(Memory(tmp_path).last("shop") or "")
    await seal(dsn, tmp_path)
    await book.check()
    # What is in the database is of one log; so whatever was seen is, if it is there.
    assert seen <= set((await book.notes()).values())
    assert len(seen) > KILLS
