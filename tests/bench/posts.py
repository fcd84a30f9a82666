"""Posts over HTTP: every kind, at every number of connections, beside the bare loop of the same round."""

from __future__ import annotations

import contextlib
import functools
import statistics
import threading
import time
from collections.abc import Callable, Iterator

from tests.bench import load
from tests.bench.bodies import CAMEL_CASE, ESCAPED, POSTS, SLIP, Template
from tests.bench.figures import Figure, Report, interleaved
from tests.bench.load import Went
from tests.bench.options import Options
from tests.bench.stand import SQL, Books, Served, Stand, ask, wait_until

CHAPTER = "post"
# What a till shop on one machine has: this many at once.
USUAL = 64
OFF = ("--no-projectors", "--no-sealer")
BARE_LOOP = 0.65  # of the bare loop, projectors off
BARE_LOOP_ALL = 0.4  # and with projectors and sealer, which the same command runs
EMPTY = Template(b"")


class Lane:
    """A server, and loads on it; keeps what each load said, and the processor time a request took."""

    def __init__(self, stand: Stand, server: Served, books: Books, options: Options, keys: int = 1) -> None:
        self._stand, self._server, self._options, self._keys = stand, server, options, books.keys[:keys]
        self.went: list[Went] = []
        self.microseconds: list[tuple[float, float]] = []

    def post(self, path: str, template: Template, connections: int) -> float:
        """Requests a second."""
        before = self._server.cpu, self._stand.postgres_cpu
        went = load.post(
            self._server.url + path, template, self._keys, connections, self._options.seconds, wrk=self._options.wrk
        )
        self.went.append(went)
        after = self._server.cpu, self._stand.postgres_cpu
        ours, database = ((end - start) / went.requests * 1e6 for start, end in zip(before, after, strict=True))
        self.microseconds.append((ours, database))
        return went.rate

    def note(self, rounds: int) -> str:
        """Of the last rounds: how long an answer took, and the server's processor time."""
        last = self.went[-rounds:]
        p50, p99 = (statistics.median(getattr(went, name) for went in last) * 1000 for name in ("p50", "p99"))
        ours, database = map(statistics.median, zip(*self.microseconds[-rounds:], strict=True))
        return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, CPU {ours:.0f} µs and {database:.0f} in PostgreSQL"


@contextlib.contextmanager
def stopping(*servers: Served) -> Iterator[None]:
    """Stops servers at the end of the block."""
    try:
        yield
    finally:
        for server in servers:
            server.stop()


def measure(stand: Stand, options: Options, report: Report) -> None:
    """All of the chapter."""
    bare_books, off_books, all_books = (stand.books(name) for name in ("bare", "writes", "live"))
    bare, off, everything = stand.limits(bare_books), stand.serve(off_books, *OFF), stand.serve(all_books)
    with stopping(bare, off, everything):
        lanes = {
            "bare loop": Lane(stand, bare, bare_books, options),
            "projectors off": Lane(stand, off, off_books, options),
            "projectors and sealer on": Lane(stand, everything, all_books, options),
        }
        _empty(lanes["bare loop"], options, report)
        for kind in POSTS:
            _at_all_connections(kind, lanes, options, report, lambda: caught_up(all_books))
    _bars(report)
    _two_processes(stand, options, report)
    _many_tenants(stand, options, report)
    _other_bodies(stand, off_books, options, report)


def _empty(lane: Lane, options: Options, report: Report) -> None:
    rounds = [lane.post("/empty", EMPTY, USUAL) for _ in range(options.rounds)]
    report.add("limits", "uvicorn, empty POST, 64 connections", "/s", rounds, note=lane.note(options.rounds))


def _at_all_connections(
    kind: str, lanes: dict[str, Lane], options: Options, report: Report, rest: Callable[[], object]
) -> None:
    """A kind of post; between rounds read models catch up, so that one lane does not work beside another's."""
    path, template = POSTS[kind]
    for connections in options.connections:

        def run(lane: Lane, connections: int = connections) -> float:
            rate = lane.post(path, template, connections)
            rest()
            return rate

        runs = {name: (lambda lane=lane: run(lane)) for name, lane in lanes.items()}
        found = interleaved(options.rounds, runs)
        limit: Figure | None = None
        for name, rounds in found.items():
            title = f"{kind}, {connections} connections, {name}"
            figure = report.add(CHAPTER, title, "/s", rounds, limit, lanes[name].note(options.rounds))
            limit = limit or figure


def caught_up(books: Books) -> float:
    """How many seconds it took until read models were where the log ends."""
    return wait_until(lambda: ask(books.dsn, SQL["behind"], 1) == 0, 600)


def _bars(report: Report) -> None:
    for lane, wanted in (("projectors off", BARE_LOOP), ("projectors and sealer on", BARE_LOOP_ALL)):
        figure = report.find(CHAPTER, f"PostOrder, {USUAL} connections, {lane}")
        if figure is not None and figure.ratio is not None:
            report.bar(f"PostOrder over HTTP, {USUAL} connections, {lane}, of the bare loop", figure.ratio, wanted)


def _two_processes(stand: Stand, options: Options, report: Report) -> None:
    """The same number of connections to one process, and to two on one database: one that nothing else was written to,
    for what PostgreSQL still has to do for that would fall to whoever comes first.
    """
    books = stand.books("two")
    first, second = stand.serve(books, *OFF), stand.serve(books, *OFF)
    path, template = POSTS["PostOrder"]

    def run(servers: list[Served]) -> float:
        loads = [
            load.begin(
                one.url + path, template, books.keys[:1], USUAL // len(servers), options.seconds, wrk=options.wrk
            )
            for one in servers
        ]
        return sum(load.finish(one).rate for one in loads)

    with stopping(first, second):
        found = interleaved(options.rounds, {"one": lambda: run([first]), "two": lambda: run([first, second])})
    one = report.add(CHAPTER, f"PostOrder, {USUAL} connections, one process", "/s", found["one"])
    report.add(CHAPTER, f"PostOrder, {USUAL} connections, two processes on one database", "/s", found["two"], one)


def _many_tenants(stand: Stand, options: Options, report: Report) -> None:
    """Requests of one tenant, and of many in turn."""
    books = stand.books("tenants", options.tenants)
    server = stand.serve(books, *OFF)
    path, template = POSTS["PostOrder"]
    with stopping(server):
        one, many = Lane(stand, server, books, options), Lane(stand, server, books, options, options.tenants)
        runs = {
            "one": lambda: one.post(path, template, USUAL),
            "many": lambda: many.post(path, template, USUAL),
        }
        found = interleaved(options.rounds, runs)
    single = report.add(CHAPTER, f"PostOrder, {USUAL} connections, one tenant", "/s", found["one"])
    title = f"PostOrder, {USUAL} connections, {options.tenants} tenants"
    report.add(CHAPTER, title, "/s", found["many"], single, many.note(options.rounds))


def _other_bodies(stand: Stand, books: Books, options: Options, report: Report) -> None:
    """The same order written in other ways, and with something to seal under a new key."""
    server = stand.serve(books, *OFF)
    path, template = POSTS["PostOrder"]
    bodies = {
        "nothing personal in it": template,
        "with a card's slip": SLIP,
        "with escapes": ESCAPED,
        "camel case, null lists": CAMEL_CASE,
    }
    with stopping(server):
        lane = Lane(stand, server, books, options)
        runs = {name: functools.partial(lane.post, path, body, USUAL) for name, body in bodies.items()}
        found = interleaved(options.rounds, runs)
    plain = None
    for name in bodies:
        added = report.add(CHAPTER, f"PostOrder, {USUAL} connections, {name}", "/s", found[name], plain)
        plain = plain or added


def lag(stand: Stand, options: Options, report: Report) -> None:
    """How far read models fall behind under full load, and how soon they are up again."""
    books = stand.books("lag")
    server = stand.serve(books)
    path, template = POSTS["PostOrder"]
    with stopping(server):
        running = load.begin(server.url + path, template, books.keys[:1], USUAL, options.lag_seconds, wrk=options.wrk)
        behind: list[int] = []
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(books, behind, ended))
        watcher.start()
        went = load.finish(running)
        ended.set()
        watcher.join()
        gone = caught_up(books)
    third = max(1, len(behind) // 3)
    per_second = went.rate * 3  # an order is three events
    for name, part in (("first", behind[:third]), ("last", behind[-third:])):
        seconds = [events / per_second for events in part]
        report.add("live", f"lag of read models under load, {name} third", "s of load", seconds, note="more is worse")
    report.add("live", f"read models up again after {options.lag_seconds:.0f} s of load", "s", [gone])
    report.bar("lag at the end of the load", behind[-1] / per_second, 2.0, " s of load", at_least=False)
    report.bar("lag gone after the load", gone, 2.0, " s", at_least=False)


def _watch(books: Books, behind: list[int], ended: threading.Event) -> None:
    while not ended.is_set():
        behind.append(ask(books.dsn, SQL["behind"], 1))
        time.sleep(0.25)
