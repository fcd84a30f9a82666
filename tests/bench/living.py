"""What a shop notices: how soon a post is seen, what the server weighs, and how long a start takes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping

from tests.bench import load
from tests.bench.asking import Line, percentile
from tests.bench.bodies import DRAFT, POSTS, fresh
from tests.bench.figures import Report
from tests.bench.options import Options
from tests.bench.posts import USUAL, stopping
from tests.bench.stand import Books, Served, Stand

CHAPTER = "live"
MEGABYTES = 250
START_WITHIN = 2.0
POSTS_SEEN = 200


def measure(stand: Stand, options: Options, report: Report) -> None:
    """Freshness and memory, of one server with all it does."""
    books = stand.books("memory")
    server = stand.serve(books)
    path, template = POSTS["PostOrder"]
    with stopping(server):
        before = server.megabytes
        _say_seen(report, "nothing else going on", seen(server, books, POSTS_SEEN, 60))
        seconds = options.memory_seconds
        running = load.begin(server.url + path, template, books.keys, USUAL, seconds, wrk=options.wrk)
        time.sleep(min(2.0, seconds / 4))
        _say_seen(report, f"{USUAL} connections posting beside", seen(server, books, POSTS_SEEN, seconds / 2))
        went = load.finish(running)
        after = server.megabytes
    report.add(CHAPTER, "memory of the server before", "MB", [before])
    note = f"{went.requests:,} orders in {went.seconds:.0f} s"
    report.add(CHAPTER, f"memory of the server after {seconds:.0f} s of load", "MB", [after], note=note)
    report.bar(f"memory after {seconds:.0f} s of load", after, MEGABYTES, " MB", at_least=False)


def seen(server: Served, books: Books, count: int, seconds: float) -> list[float]:
    """Seconds from the answer of a post until a list shows it, of as many posts as fit in the time."""
    found: list[float] = []
    until = time.perf_counter() + seconds
    with Line(server.url, books.keys[0]) as line:
        for body in itertools.islice(fresh(DRAFT, 1), count):
            position = line.post("/api/Order/PostOpenOrder", body)
            begun = time.perf_counter()
            # 503 after two seconds of waiting: then it is asked again.
            while line.get("/api/Order/GetOpenOrder?PageSize=1", Ledger_Min_Position=str(position))[0] != 200:
                assert time.perf_counter() - begun < 60, "the read models do not come up"
            found.append(time.perf_counter() - begun)
            if time.perf_counter() > until:
                break
    return found


def _say_seen(report: Report, when: str, found: list[float]) -> None:
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        title = f"a post is seen, {when}, {name}"
        report.add(CHAPTER, title, "ms", [percentile(found, share) * 1000], note=f"{len(found)} posts")


def start(stand: Stand, logs: Mapping[int, Books], options: Options, report: Report) -> None:
    """From `order-ledger serve` on an existing data directory to its first answer, PostgreSQL's start included."""
    for size, books in logs.items():
        with stand.found_by_serve(books):
            rounds = [_start(stand, books) for _ in range(options.rounds)]
        figure = report.add(CHAPTER, f"start to first answer, {size:,} orders", "s", rounds)
    report.bar(figure.name, figure.value, START_WITHIN, " s", at_least=False)


def _start(stand: Stand, books: Books) -> float:
    with stand.postgres_stopped():
        begun = time.perf_counter()
        server = stand.serve_alone(books)
        with stopping(server), Line(server.url, books.keys[0]) as line:
            status, body = line.get("/api/Sale/GetOutlets")
            assert status == 200, body
            return time.perf_counter() - begun
