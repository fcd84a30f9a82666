"""What a batch wants to know, and what the database says of it: one query, whatever the batch's size."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import asyncpg

from ledger.arrays import literal
from ledger.database import queries
from ledger.store import Connection
from ledger.view import ERASURES, Pair

N = TypeVar("N")
_SQL = queries("ledger/queries.sql")
# So much of each stream is read at first, and so many events at a time of one that is longer: an order may have had
# thousands of drafts, each as large as a body may be.
BYTES_AT_FIRST, EVENTS_AT_ONCE = 1 << 18, 1000


class Wanted:
    """What decisions have named and is not there yet: streams, exclusive and shared claims, counters."""

    __slots__ = ("claims", "counters", "shared", "streams")

    def __init__(self) -> None:
        self.streams: set[str] = set()
        self.claims: set[Pair] = set()
        self.shared: set[Pair] = set()
        self.counters: set[str] = set()


def miss(names: Iterable[N], there: Mapping[N, object], missed: set[N]) -> bool:
    """Adds the names to `missed` that are not there; whether there are any."""
    found = set(names).difference(there)
    missed |= found
    return bool(found)


class Seen(NamedTuple):
    """What a batch has read or presumed: streams with their versions, claims with their holders, names that nobody
    shares, and how often somebody was erased. While all of it is so, it does not matter what else is appended.
    """

    versions: dict[str, int]
    claims: dict[Pair, str | None]
    shared: set[Pair]
    erasures: int

    def columns(self) -> list[Any]:
        """As the append takes it."""
        streams, versions = literal(list(self.versions)), literal(list(self.versions.values()))
        holders = literal(list(self.claims.values()))
        return [streams, versions, *_columns(self.claims), holders, *_columns(self.shared), self.erasures]


class Found(NamedTuple):
    """Where the log ends, how often somebody was erased, who holds claims, counters, and rows of events by position."""

    head: int
    erasures: int
    claims: dict[Pair, str]
    shared: dict[Pair, list[str]]
    counters: dict[str, int]
    events: list[asyncpg.Record]


NOTHING = Found(-1, 0, {}, {}, {}, [])


async def read(connection: Connection, tenant_id: int, wanted: Wanted, versions: Mapping[str, int]) -> Found:
    """Of streams the events after `versions`."""
    rows = await connection.fetch(
        _SQL["read_batch"],
        tenant_id,
        literal(list(versions)),
        literal(list(versions.values())),
        *_columns(wanted.claims),
        *_columns(wanted.shared),
        literal([*wanted.counters, ERASURES]),
        BYTES_AT_FIRST,
    )
    by: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        by.setdefault(row["what"], []).append(row)
    counters = {row["key"]: row["position"] for row in by.get("counter", ())}
    shared: dict[Pair, list[str]] = {}
    for row in by.get("shared", ()):
        shared.setdefault((row["type"], row["key"]), []).append(row["stream"])
    return Found(
        head=by["head"][0]["position"],
        erasures=counters.get(ERASURES, 0),
        claims={(row["type"], row["key"]): row["stream"] for row in by.get("claim", ())},
        shared=shared,
        counters={name: value for name, value in counters.items() if name in wanted.counters},
        events=sorted(by.get("event", ()), key=operator.itemgetter("position")),
    )


async def events(connection: Connection, tenant_id: int, found: Found) -> AsyncIterator[list[asyncpg.Record]]:
    """The rows of events that were found, some at a time, those of each stream in order and to the end."""
    yield found.events
    by_stream: dict[str, list[asyncpg.Record]] = {}
    for row in found.events:
        by_stream.setdefault(row["stream"], []).append(row)
    for stream, rows in by_stream.items():
        if sum(len(row["data"]) for row in rows) < BYTES_AT_FIRST:
            continue  # that is all of it
        # What is written meanwhile lies behind the head that all of this is true of.
        asked = _SQL["read_stream"], tenant_id, stream
        while rows := await connection.fetch(*asked, rows[-1]["version"], found.head, EVENTS_AT_ONCE):
            yield rows


def _columns(pairs: Collection[Pair]) -> tuple[str, str]:
    return literal([first for first, _ in pairs]), literal([second for _, second in pairs])
