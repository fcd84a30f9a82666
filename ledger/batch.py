"""One batch of commands against one tenant: what they see, and what they add. The `View` of `commands`, over a database
connection that holds the tenant's lock.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from ledger import document, order, swish
from ledger.commands import ORPHAN, Decision, Pair, new_references
from ledger.database import queries
from ledger.document import DocumentState
from ledger.events import Event, Recorded
from ledger.order import OrderState
from ledger.store import Connection, Vault, decode_rows
from ledger.swish import SwishState

_SQL = queries("ledger/queries.sql")
_STATES_AT_MOST = 1024

State = OrderState | DocumentState | SwishState
States = OrderedDict[str, State]


class NotLoaded(Exception):
    """A decision has to wait for something that is being read."""


def empty(stream: str) -> State:
    """The state of a stream before its first event."""
    if stream.startswith("order-"):
        return OrderState()
    return SwishState() if stream.startswith("swish-") else DocumentState()


def evolve(state: State, recorded: Recorded) -> State:
    """The state after one more event, by the kind of its stream."""
    if isinstance(state, OrderState):
        return order.evolve(state, recorded)
    if isinstance(state, SwishState):
        return swish.evolve(state, recorded)
    return document.evolve(state, recorded)


class Batch:
    """Loads what commands need, holds the states their decisions leave, and gathers what is to be written."""

    def __init__(self, tenant_id: int, head: int, recent: States) -> None:
        self.tenant_id = tenant_id
        self.head = head
        # Rows to append, in order: stream, version, event, index of the command they belong to.
        self.appended: list[tuple[str, int, Event, int]] = []
        self.new_claims: list[tuple[str, str, str]] = []
        self.released: list[Pair] = []
        # Path, key, fingerprint of the body, position it was answered with.
        self.new_idempotency: list[tuple[str, str, str, int]] = []
        self._recent = recent
        self._states: dict[str, State] = {}
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
            self._states[stream] = evolve(state, recorded)
            self.appended.append((stream, state.version + 1, event, index))
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
        self.counters.update(decision.counters)
        self.moved.update(decision.counters)
        return self.head + len(self.appended)

    async def load(self, connection: Connection, vault: Vault) -> None:
        """Reads what was needed and not there: at most one query per kind of thing, whatever the batch's size."""
        streams, claims, shared, counters = self._wanted
        self._wanted = (set(), set(), set(), set())
        if streams:
            await self._load_streams(connection, vault, list(streams))
        if claims:
            self._claims |= dict.fromkeys(claims)
            kinds, keys = zip(*claims, strict=True)
            for row in await connection.fetch(_SQL["read_claims"], self.tenant_id, kinds, keys):
                self._claims[row["kind"], row["key"]] = row["stream"]
        if shared:
            await self._load_shared(connection, shared)
        if counters:
            self.counters |= dict.fromkeys(counters, 0)
            self.counters |= dict(await connection.fetch(_SQL["read_counters"], self.tenant_id, list(counters)))

    async def _load_streams(self, connection: Connection, vault: Vault, streams: list[str]) -> None:
        for name in streams:
            self._states[name] = self._recent.get(name) or empty(name)
        versions = [self._states[name].version for name in streams]
        rows = await connection.fetch(_SQL["read_streams"], self.tenant_id, streams, versions)
        for recorded in await decode_rows(connection, self.tenant_id, rows, vault, fingerprints=True):
            self._states[recorded.stream] = evolve(self._states[recorded.stream], recorded)

    async def _load_shared(self, connection: Connection, shared: set[Pair]) -> None:
        # In nearly every batch all that is asked for is orphans, and there are none.
        if all(kind == ORPHAN for kind, _ in shared) and not await connection.fetchval(
            _SQL["has_claims"], self.tenant_id, ORPHAN
        ):
            rows = []
        else:
            kinds, values = zip(*shared, strict=True)
            rows = await connection.fetch(_SQL["read_shared_claims"], self.tenant_id, kinds, values)
        found: dict[Pair, list[str]] = {pair: [] for pair in shared}
        for row in rows:
            found[row["kind"], row["value"]].append(row["stream"])
        released = set(self.released)
        for (kind, value), there in found.items():
            kept = [stream for stream in there if (kind, f"{value}/{stream}") not in released]
            self._shared[kind, value] = [*kept, *self._added.get((kind, value), ())]

    def remember(self) -> None:
        """After the commit: the states are those of the log now, and may be kept for the next batch."""
        for stream, state in self._states.items():
            if state.version:
                self._recent[stream] = state
                self._recent.move_to_end(stream)
        while len(self._recent) > _STATES_AT_MOST:
            self._recent.popitem(last=False)
