"""One batch of commands against one tenant: what they see, and what they add. The `View` of `commands`, over a database
connection that holds the tenant's lock.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from ledger import customer, document, order, swish
from ledger.customer import CustomerState
from ledger.database import queries
from ledger.document import DocumentState
from ledger.events import Event, Recorded
from ledger.order import OrderState
from ledger.reactions import new_references
from ledger.recent import Recent, State
from ledger.store import Connection, Vault, decode_rows
from ledger.swish import SwishState
from ledger.view import ERASURES, Decision, Pair

_SQL = queries("ledger/queries.sql")
_NOBODY: frozenset[UUID] = frozenset()


class Appended(NamedTuple):
    """An event to append. `command` is the index of the one it belongs to; `owners` see `customer.subject`."""

    stream: str
    version: int
    event: Event
    command: int
    owners: frozenset[UUID]


class NotLoaded(Exception):
    """A decision has to wait for something that is being read."""


def empty(stream: str) -> State:
    """The state of a stream before its first event."""
    if stream.startswith("order-"):
        return OrderState()
    if stream.startswith("swish-"):
        return SwishState()
    return CustomerState() if stream.startswith(customer.PREFIX) else DocumentState()


def evolve(state: State, recorded: Recorded) -> State:
    """The state after one more event, by the kind of its stream."""
    if isinstance(state, OrderState):
        return order.evolve(state, recorded)
    if isinstance(state, SwishState):
        return swish.evolve(state, recorded)
    if isinstance(state, CustomerState):
        return customer.evolve(state, recorded)
    return document.evolve(state, recorded)


def _columns(pairs: set[Pair]) -> tuple[list[str], list[str]]:
    return [first for first, _ in pairs], [second for _, second in pairs]


class Batch:
    """Loads what commands need, holds the states their decisions leave, and gathers what is to be written."""

    def __init__(self, tenant_id: int, recent: Recent) -> None:
        self.tenant_id = tenant_id
        self.head = 0  # known once something was loaded, and every decision needs something
        self.appended: list[Appended] = []
        self.new_claims: list[tuple[str, str, str]] = []
        self.released: list[Pair] = []
        # Subjects whose keys go with this batch.
        self.erased: set[str] = set()
        # Streams whose state here knows more than the log: the personal data of somebody erased.
        self.wiser: set[str] = set()
        # Path, key, fingerprint of the body, position it was answered with.
        self.new_idempotency: list[tuple[str, str, str, int]] = []
        self._recent = recent
        self._states: dict[str, State] = {}
        self._bytes: dict[str, int] = {}
        self._claims: dict[Pair, str | None] = {}
        self._shared: dict[Pair, list[str]] = {}
        # What this batch adds to shared claims: not in the database yet when one of them is loaded later.
        self._added: dict[Pair, list[str]] = {}
        self.counters: dict[str, int] = {}
        self.moved: dict[str, int] = {}
        self._wanted: tuple[set[str], set[Pair], set[Pair], set[str]] = (set(), set(), set(), set())

    def need(
        self,
        streams: Iterable[str],
        claims: Iterable[Pair] = (),
        shared: Iterable[Pair] = (),
        counters: Iterable[str] = (),
    ) -> None:
        missing = (
            [name for name in streams if name not in self._states],
            [pair for pair in claims if pair not in self._claims],
            [pair for pair in shared if pair not in self._shared],
            [name for name in counters if name not in self.counters],
        )
        if any(missing):
            wanted = self._wanted
            wanted[0].update(missing[0])
            wanted[1].update(missing[1])
            wanted[2].update(missing[2])
            wanted[3].update(missing[3])
            raise NotLoaded

    def order(self, stream: str) -> OrderState:
        state = self._states[stream]
        assert isinstance(state, OrderState)
        return state

    def document(self, stream: str) -> DocumentState:
        state = self._states[stream]
        assert isinstance(state, DocumentState)
        return state

    def swish(self, stream: str) -> SwishState:
        state = self._states[stream]
        assert isinstance(state, SwishState)
        return state

    def customer(self, stream: str) -> CustomerState:
        state = self._states[stream]
        assert isinstance(state, CustomerState)
        return state

    def claim(self, kind: str, key: str) -> str | None:
        return self._claims[kind, key]

    def shared(self, kind: str, value: str) -> list[str]:
        return self._shared[kind, value]

    def counter(self, name: str) -> int:
        return self.counters[name]

    def after(self, stream: str, events: Sequence[Event]) -> State:
        state = self._states[stream]
        for event in events:
            state = evolve(state, Recorded(0, stream, state.version + 1, 0, 0, event))
        return state

    def accept(self, decision: Decision, index: int, fingerprint: str | None) -> int:
        """Takes a decision up: later commands of the batch see it. Returns the position of its last event."""
        before = {stream: self._states[stream] for stream, _ in decision.events}
        for stream, event in decision.events:
            state = self._states[stream]
            position = self.head + len(self.appended) + 1
            recorded = Recorded(position, stream, state.version + 1, 0, 0, event, fingerprint)
            self._states[stream] = after = evolve(state, recorded)
            owners = after.owners if isinstance(after, OrderState) else _NOBODY
            self.appended.append(Appended(stream, state.version + 1, event, index, owners))
        for kind, key, stream in decision.claims:
            self._claims[kind, key] = stream
            self.new_claims.append((kind, key, stream))
        names = [
            (kind, value, stream)
            for stream, state in before.items()
            if isinstance(state, OrderState)
            for kind, value in new_references(state, self.order(stream))
        ]
        for kind, value, stream in (*decision.shared, *names):
            self._added.setdefault((kind, value), []).append(stream)
            if (kind, value) in self._shared:
                self._shared[kind, value].append(stream)
            self.new_claims.append((kind, f"{value}/{stream}", stream))
        for kind, value, stream in decision.releases:
            if stream in (there := self._shared.get((kind, value), [])):
                there.remove(stream)
            self.released.append((kind, f"{value}/{stream}"))
        self.erased.update(decision.erased)
        self.counters.update(decision.counters)
        self.moved.update(decision.counters)
        return self.head + len(self.appended)

    async def load(self, connection: Connection, vault: Vault) -> None:
        """Reads what was needed and not there: one query, whatever the batch's size."""
        streams, claims, shared, counters = self._wanted
        self._wanted = (set(), set(), set(), set())
        for name in streams:
            self._states[name] = self._recent.get(name) or empty(name)
        found = await self._read(connection, streams, claims, shared, counters)
        erasures = next((row["position"] for row in found.get("counter", ()) if row["key"] == ERASURES), 0)
        if erasures != self._recent.erasures:
            # Somebody was erased: what memory still knows of him must neither be decided by nor sealed with.
            vault.forget(self.tenant_id)
            self._recent.clear()
            self._recent.erasures = erasures
            self._states |= {name: empty(name) for name in streams}
            found = await self._read(connection, streams, claims, shared, counters)
        if not self.appended:
            self.head = found["head"][0]["position"]
        self._claims |= dict.fromkeys(claims)
        self._claims |= {(row["type"], row["key"]): row["stream"] for row in found.get("claim", ())}
        self.counters |= dict.fromkeys(counters, 0)
        self.counters |= {row["key"]: row["position"] for row in found.get("counter", ()) if row["key"] in counters}
        self._take_shared(shared, found.get("shared", ()))
        events = sorted(found.get("event", ()), key=operator.itemgetter("position"))
        for row in events:
            self.weigh(row["stream"], len(row["data"]))
        for recorded in await decode_rows(connection, self.tenant_id, events, vault, fingerprints=True):
            self._states[recorded.stream] = evolve(self._states[recorded.stream], recorded)

    async def _read(
        self, connection: Connection, streams: set[str], claims: set[Pair], shared: set[Pair], counters: set[str]
    ) -> dict[str, list[asyncpg.Record]]:
        rows = await connection.fetch(
            _SQL["read_batch"],
            self.tenant_id,
            list(streams),
            [self._states[name].version for name in streams],
            *_columns(claims),
            *_columns(shared),
            [*counters, ERASURES],
        )
        found: dict[str, list[asyncpg.Record]] = {}
        for row in rows:
            found.setdefault(row["what"], []).append(row)
        return found

    def _take_shared(self, wanted: set[Pair], rows: Iterable[asyncpg.Record]) -> None:
        found: dict[Pair, list[str]] = {pair: [] for pair in wanted}
        for row in rows:
            found[row["type"], row["key"]].append(row["stream"])
        released = set(self.released)
        for (kind, value), there in found.items():
            kept = [stream for stream in there if (kind, f"{value}/{stream}") not in released]
            self._shared[kind, value] = [*kept, *self._added.get((kind, value), ())]

    def remember(self) -> None:
        """After the commit: the states are those of the log now, and may be kept for the next batch."""
        self._recent.remember(
            ((stream, state) for stream, state in self._states.items() if state.version and stream not in self.wiser),
            self._bytes,
        )

    def weigh(self, stream: str, size: int) -> None:
        """Counts the bytes of a stream's event that was read or will be written."""
        self._bytes[stream] = self._bytes.get(stream, 0) + size
