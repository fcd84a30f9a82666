"""What posts and a server do at every size of the log, in turn; `reads` and others measure the rest of it.

What the loads here add comes on top of the size that a figure names.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

from tests.bench import appends
from tests.bench.asking import percentile
from tests.bench.bodies import POSTS
from tests.bench.figures import Report, interleaved
from tests.bench.living import seen
from tests.bench.options import Options
from tests.bench.posts import OFF, USUAL, Lane, caught_up, stopping
from tests.bench.stand import Books, Stand, run

# Orders that a round appends in process, and posts that are looked for.
APPENDED, LOOKED_FOR = 2_000, 100


def measure(stand: Stand, logs: Mapping[int, Books], options: Options, report: Report) -> None:
    """All of the chapter. Rounds are short, for a small log to stay small."""
    options = dataclasses.replace(options, rounds=min(options.rounds, 3), seconds=min(options.seconds, 1.0))
    runs = {size: functools.partial(_append, stand, books) for size, books in logs.items()}
    found = interleaved(options.rounds, runs)
    report.add_sizes("append", f"append, {appends.USUAL} callers", "orders/s", found)
    _post(stand, logs, options, report)
    _post_and_look(stand, logs, options, report)


def _append(stand: Stand, books: Books) -> float:
    return run(appends.append_orders(stand, books, APPENDED, appends.USUAL))


def _post(stand: Stand, logs: Mapping[int, Books], options: Options, report: Report) -> None:
    servers = {size: stand.serve(books, *OFF) for size, books in logs.items()}
    with stopping(*servers.values()):
        lanes = {size: Lane(stand, server, logs[size], options) for size, server in servers.items()}
        runs = {size: functools.partial(lane.post, *POSTS["PostOrder"], USUAL) for size, lane in lanes.items()}
        found = interleaved(options.rounds, runs)
    report.add_sizes("post", f"PostOrder, {USUAL} connections, projectors off", "/s", found)


def _post_and_look(stand: Stand, logs: Mapping[int, Books], options: Options, report: Report) -> None:
    """With all that a server does; read models catch up between rounds."""
    servers = {size: stand.serve(books) for size, books in logs.items()}

    def post(lane: Lane, books: Books) -> float:
        rate = lane.post(*POSTS["PostOrder"], USUAL)
        caught_up(books)
        return rate

    with stopping(*servers.values()):
        for books in logs.values():
            caught_up(books)
        lanes = {size: Lane(stand, server, logs[size], options) for size, server in servers.items()}
        runs = {size: functools.partial(post, lane, logs[size]) for size, lane in lanes.items()}
        found = interleaved(options.rounds, runs)
        delays = {size: seen(server, logs[size], LOOKED_FOR, 30) for size, server in servers.items()}
        weights = {size: [server.megabytes] for size, server in servers.items()}
    report.add_sizes("post", f"PostOrder, {USUAL} connections, projectors and sealer on", "/s", found)
    half = {size: [percentile(some, 0.5) * 1000] for size, some in delays.items()}
    report.add_sizes("live", "a post is seen, p50", "ms", half)
    report.add_sizes("live", "memory of the server", "MB", weights)
