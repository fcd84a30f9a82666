"""The Python library `eventsourcing` on the same PostgreSQL: appends of an order's events, reads of notifications.

It runs in an environment of its own: `.venv-bench/bin/python tests/bench/peer.py` with JSON on its standard input,
`{"dbname", "host", "port", "user", "states", "threads", "seconds"}`; `states` are the bytes of an order's events, as
text. Its recorder is asked directly, which spares it the making of aggregates and their JSON. It has two ways in, the
second of them through functions in the database; the better one counts.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

PAGE = 1000


def append(recorder: Any, states: list[bytes], threads: int, seconds: float) -> float:
    """Orders a second, each of them one call with its events, from so many threads."""
    done = [0] * threads
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < until:
            order = uuid.uuid4()
            recorder.insert_events(
                [StoredEvent(order, version, "order:event", state) for version, state in enumerate(states, 1)]
            )
            done[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - begun)


def read(recorder: Any) -> float:
    """Notifications a second, over all there are."""
    count, start = 0, 1
    begun = time.perf_counter()
    while page := recorder.select_notifications(start, PAGE):
        count += len(page)
        start = page[-1].id + 1
    return count / (time.perf_counter() - begun)


def main() -> None:
    """Prints `{"append": {way: {threads: orders a second}}, "read": events a second}`."""
    given = json.load(sys.stdin)
    states = [state.encode("latin-1") for state in given["states"]]
    appended: dict[str, dict[int, float]] = {}
    reads: list[float] = []
    for way, functions in (("as it comes", False), ("by database functions", True)):
        store = PostgresDatastore(
            given["dbname"], given["host"], given["port"], given["user"], "",
            pool_size=max(given["threads"]), schema=f"peer_{uuid.uuid4().hex[:8]}", enable_db_functions=functions,
            max_waiting=1000, connect_timeout=30,
        )  # fmt: skip
        with store:
            with store.transaction(commit=True) as cursor:
                cursor.execute(f"CREATE SCHEMA {store.schema}".encode())
            recorder = PostgresApplicationRecorder(store, events_table_name="orders")
            recorder.create_table()
            appended[way] = {
                threads: append(recorder, states, threads, given["seconds"]) for threads in given["threads"]
            }
            reads.append(read(recorder))
    print(json.dumps({"append": appended, "read": max(reads)}))


if __name__ == "__main__":
    main()
