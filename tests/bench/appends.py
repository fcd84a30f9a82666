"""Appends in this process: ours, the bare loop's, plain inserts, and those of the library everybody knows."""

from __future__ import annotations

import asyncio
import functools
import gc
import hashlib
import itertools
import json
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from ledger import reading
from ledger.records import Order
from ledger.tenants import Tenant
from ledger.writer import Context, Writer
from tests.bench.bodies import ORDER, fresh
from tests.bench.figures import Figure, Report
from tests.bench.fill import ZONE, command_of
from tests.bench.limits import Bare, bare_pool
from tests.bench.options import Options
from tests.bench.stand import ROOT, SQL, Books, Stand, first_tenant, opened, run

CHAPTER = "append"
PEER = ROOT / ".venv-bench/bin/python"
PEER_THREADS = (1, 4, 16)
USUAL = 64
# So many orders come before those that are timed.
WARM = 500
TIMES_THE_PEER = 10
# Receipt numbers that no log has been filled with.
_numbers = itertools.count(1_000_000_000, 1_000_000)


class Peer(NamedTuple):
    """What the peer did in one round: orders a second by way and threads, and notifications read a second."""

    append: dict[str, dict[str, float]]
    read: float


def measure(stand: Stand, options: Options, report: Report) -> None:
    """All of the chapter."""
    codec(options, report)
    ours_books, bare_books = stand.books("append"), stand.books("plain")
    ours: dict[int, list[float]] = {callers: [] for callers in options.connections}
    bare: dict[int, list[float]] = {callers: [] for callers in options.connections}
    plain: list[float] = []
    peers: list[Peer] = []
    for _ in range(options.rounds):
        for callers in options.connections:
            count = WARM + min(options.appends, 40 * callers + 200)
            bare[callers].append(run(_bare(bare_books, count, callers)))
            ours[callers].append(run(append_orders(stand, ours_books, count, callers)))
        states = run(_an_order(ours_books))
        plain.append(run(_plain(bare_books, states, options.appends)))
        if PEER.exists():
            peers.append(_peer(ours_books, [data for _, _, data in states], options.seconds))
    for callers in options.connections:
        limit = report.add(CHAPTER, f"bare loop, {callers} callers", "orders/s", bare[callers])
        report.add(CHAPTER, f"append, {callers} callers", "orders/s", ours[callers], limit)
    usual = report.find(CHAPTER, f"append, {USUAL} callers")
    report.add("limits", "plain unnest inserts, 256 orders a transaction", "orders/s", plain)
    _compare(peers, usual, report)


def codec(options: Options, report: Report) -> None:
    """What decoding alone takes, and hashing."""
    body = next(fresh(ORDER, 1))
    strict = msgspec.json.Decoder(Order).decode
    rounds = options.rounds
    report.add("limits", f"decoding an order of {len(body)} bytes", "µs", _micro(lambda: strict(body), rounds))
    report.add("limits", "the same in normal form", "µs", _micro(lambda: reading.read_order(body, _zone), rounds))
    report.add("limits", "SHA-256 of it", "µs", _micro(lambda: hashlib.sha256(body).digest(), rounds))


def _zone(_: object) -> Any:
    return ZONE


def _micro(work: Callable[[], object], rounds: int, count: int = 1000) -> list[float]:
    """Microseconds each, by round."""
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        for _ in range(count):
            work()
        found.append((time.perf_counter() - begun) / count * 1e6)
    return found


def _bodies(count: int) -> list[bytes]:
    return list(itertools.islice(fresh(ORDER, next(_numbers)), count))


async def append_orders(stand: Stand, books: Books, count: int, callers: int) -> float:
    """Orders a second from commands that are ready: decided, sealed, durable."""
    async with _writer(stand, books) as (tenant, writer):
        commands = [command_of(tenant, body) for body in _bodies(count)]
        context = Context(actor="cli")
        return await _timed([functools.partial(writer.submit, tenant, one, context) for one in commands], callers)


async def _bare(books: Books, count: int, callers: int) -> float:
    """Orders a second of the bare loop, decoded before as ours are."""
    decode = msgspec.json.Decoder(Order).decode
    pool = await bare_pool(books.dsn)
    try:
        bare, decoded = Bare(pool), [(decode(body).Id, body) for body in _bodies(count)]
        return await _timed([functools.partial(bare.append, order_id, body) for order_id, body in decoded], callers)
    finally:
        await pool.close()


async def _timed(work: Sequence[Callable[[], Coroutine[Any, Any, object]]], callers: int) -> float:
    """How many a second, by so many at once, once connections are open and statements known: that takes the first of
    them. The garbage collector is set as the server sets it.
    """

    async def caller(waiting: Iterator[Callable[[], Coroutine[Any, Any, object]]]) -> None:
        for one in waiting:
            await one()

    async def all_of(some: Sequence[Callable[[], Coroutine[Any, Any, object]]]) -> None:
        waiting = iter(some)
        await asyncio.gather(*(caller(waiting) for _ in range(callers)))

    await all_of(work[:WARM])
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    begun = time.perf_counter()
    await all_of(work[WARM:])
    took = time.perf_counter() - begun
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    return len(work[WARM:]) / took


@asynccontextmanager
async def _writer(stand: Stand, books: Books) -> AsyncIterator[tuple[Tenant, Writer]]:
    async with opened(books.dsn) as pool:
        vault = stand.vault()
        tenant = await first_tenant(pool, vault)
        writer = Writer(pool, vault)
        yield tenant, writer
        await writer.close()


async def _an_order(books: Books) -> list[tuple[str, bytes, bytes]]:
    """Type, metadata and data of an order's events, as the log has them."""
    async with opened(books.dsn, 1, 1) as pool:
        return [tuple(row) for row in await pool.fetch(SQL["an_order"], 1)]


async def _plain(books: Books, events: list[tuple[str, bytes, bytes]], count: int) -> float:
    """Orders a second into a table like the log, one transaction after the other, nothing checked or decided."""
    pool = await bare_pool(books.dsn)
    types, metadata, data = ([row[column] for row in events] * 256 for column in range(3))
    batches = max(4, count // 256)
    begun = time.perf_counter()
    for _ in range(batches):
        number = next(_numbers)
        streams = [f"order-{number + at}" for at in range(len(types))]
        async with pool.acquire() as connection, connection.transaction():
            tail = await connection.fetchval(SQL["plain_tail"])
            await connection.execute(SQL["plain_insert"], tail, streams, types, metadata, data)
    took = time.perf_counter() - begun
    await pool.close()
    return batches * 256 / took


def _peer(books: Books, states: list[bytes], seconds: float) -> Peer:
    """One round of the peer, in a process of its own."""
    parts = urlsplit(books.dsn)
    where = parse_qs(parts.query)
    given = {
        "dbname": parts.path.strip("/"), "host": where["host"][0], "port": where["port"][0], "user": "postgres",
        "states": [state.decode("latin-1") for state in states], "threads": PEER_THREADS, "seconds": seconds,
    }  # fmt: skip
    script = Path(__file__).with_name("peer.py")
    done = subprocess.run([PEER, script], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return Peer(**json.loads(done.stdout))


def _compare(peers: list[Peer], ours: Figure | None, report: Report) -> None:
    if not peers:
        report.lacks("peer: eventsourcing is not there (make bench installs it into .venv-bench)")
        return
    for way in peers[0].append:
        for threads in PEER_THREADS:
            rounds = [peer.append[way][str(threads)] for peer in peers]
            report.add("peer", f"eventsourcing {way}, append, {threads} threads", "orders/s", rounds)
    report.add("peer", "eventsourcing, notifications", "events/s", [peer.read for peer in peers])
    best = [max(rate for rates in peer.append.values() for rate in rates.values()) for peer in peers]
    if ours is not None:
        times = statistics.median(mine / peer for mine, peer in zip(ours.rounds, best, strict=True))
        report.bar(f"append in process, {USUAL} callers, times the peer's best", times, TIMES_THE_PEER)
