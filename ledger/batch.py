"""One batch of commands against one tenant: what they see, and what they add. The `View` of `commands`, over a database
connection.

What is read is true of the log at `head`. Whoever appends sees to it that the log still ends there, or that what was
`seen` is still so: it holds the tenant's lock when it reads, or names either when it appends (`commit`). A batch may be
built upon one whose append is under way: it sees that one's decisions, and falls with it.

A batch that knows where the log ends may also presume where memory has a good guess, and not even read: a stream of
which nothing was seen is new, one that is known is as it was, and nobody holds what is asked after. Its append looks
whether that is so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from ledger import codec
from ledger.batch_read import NOTHING, Found, Seen, Wanted, events, miss, read
from ledger.commands import Command
from ledger.customer import CustomerState, subject
from ledger.document import DocumentState
from ledger.events import Appended, Event, Recorded
from ledger.folding import Later, State, by_stream, empty, evolve_all
from ledger.order import OrderState
from ledger.reactions import new_names
from ledger.recent import Recent, Sizes
from ledger.store import Connection, Vault, decode_rows
from ledger.swish import SwishState
from ledger.view import Decision, MovedOn, NotLoaded, Pair
from ledger.written import encoded_before

S = TypeVar("S")


class Batch:
    """Loads what commands need, holds the states their decisions leave, and gathers what is to be written."""

    def __init__(
        self, tenant_id: int, recent: Recent, before: Batch | None = None, *, head: int = -1, may_presume: bool = False
    ) -> None:
        """`before` is a batch whose append is under way: here it has happened. Without one, `head` is where the log
        ended when it was seen last, if it was. Where that is known the batch `may_presume`.
        """
        self.tenant_id = tenant_id
        # Whether something was not read, but presumed: then all has to be looked at when it is appended.
        self.presumes = False
        self.may_presume = may_presume
        # Where the log ends for this batch; known once something was read: not by a batch of known Idempotency-Keys.
        self.head = before.end if before is not None else head
        self.appended: list[Appended] = []
        self.new_claims: list[tuple[str, str, str]] = []
        self.released: list[Pair] = []
        # Subjects whose keys go with this batch, and keys that are made with it.
        self.erased: set[str] = set()
        self.new_keys: dict[str, bytes] = {}
        # Streams whose state here knows more than the log: the personal data of somebody erased.
        self.wiser: set[str] = set()
        # Path and key -> fingerprint of the body, position it was answered with.
        self.new_idempotency: dict[Pair, tuple[str, int]] = {}
        self._erasures = 0
        self._read: list[Wanted] = []
        self._before = before
        self._recent = recent
        self._states: dict[str, State | Later] = {}
        self.sizes = Sizes()
        self._claims: dict[Pair, str | None] = {}
        self._shared: dict[Pair, list[str]] = {}
        # What this batch adds to shared claims: not in the database yet when one of them is loaded later.
        self._added: dict[Pair, list[str]] = {}
        self.counters: dict[str, int] = {}
        self.moved: dict[str, int] = {}
        self._wanted = Wanted()

    @property
    def end(self) -> int:
        """Where the log will end."""
        return self.head + len(self.appended)

    @property
    def writes(self) -> bool:
        """Whether there is anything to write: whatever else it is comes with an event."""
        return bool(self.appended or self.new_idempotency)

    @property
    def may_be_built_upon(self) -> bool:
        """Whether the next batch may begin before this one is committed: not before an erasure, for keys go with it."""
        return not self.erased

    def need(
        self,
        streams: Iterable[str],
        claims: Iterable[Pair] = (),
        shared: Iterable[Pair] = (),
        counters: Iterable[str] = (),
    ) -> None:
        wanted = self._wanted
        if (
            miss(streams, self._states, wanted.streams)
            | miss(claims, self._claims, wanted.claims)
            | miss(shared, self._shared, wanted.shared)
            | miss(counters, self.counters, wanted.counters)
        ):
            raise NotLoaded

    def _state(self, stream: str) -> State:
        found = self._states[stream]
        if isinstance(found, Later):
            found = self._states[stream] = found.folded()
        return found

    def _of(self, stream: str, kind: type[S]) -> S:
        state = self._state(stream)
        assert isinstance(state, kind)
        return state

    def order(self, stream: str) -> OrderState:
        return self._of(stream, OrderState)

    def document(self, stream: str) -> DocumentState:
        return self._of(stream, DocumentState)

    def swish(self, stream: str) -> SwishState:
        return self._of(stream, SwishState)

    def customer(self, stream: str) -> CustomerState:
        return self._of(stream, CustomerState)

    def claim(self, kind: str, key: str) -> str | None:
        return self._claims[kind, key]

    def shared(self, kind: str, value: str) -> list[str]:
        return self._shared[kind, value]

    def counter(self, name: str) -> int:
        return self.counters[name]

    def after(self, stream: str, events: Sequence[Event]) -> State:
        state = self._state(stream)
        first = state.version + 1
        return evolve_all(state, [Recorded(0, stream, at, 0, 0, event) for at, event in enumerate(events, first)])

    def accept(self, decision: Decision, index: int, command: Command) -> int:
        """Takes a decision up: later commands of the batch see it. Returns the position of its last event."""
        names = new_names(decision, self._state, self.order)
        for stream, event in decision.events:
            self._append(stream, event, index, command)
        for kind, key, stream in decision.claims:
            self._claims[kind, key] = stream
            self.new_claims.append((kind, key, stream))
        for kind, value, stream in (*decision.shared, *names()):
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
        return self.end

    def _append(self, stream: str, event: Event, index: int, command: Command) -> None:
        state = self._states[stream]
        if not isinstance(state, Later):
            state = self._states[stream] = Later(stream, state)
        state.add(self.end + 1, event, command.fingerprint)
        version = state.version
        encoded = encoded_before(event, command.parts) or codec.encode(event)
        sealed_by = subject(stream, event, state.owners) if encoded.personal else None
        self.appended.append(Appended(stream, version, event, encoded, index, sealed_by))

    async def load(self, connection: Connection, vault: Vault) -> None:
        """Reads what was needed and not there: one query, whatever the batch's size, if any. MovedOn: see there."""
        wanted, self._wanted = self._wanted, Wanted()
        known = {name: self._known(name) for name in wanted.streams}
        if self._before is not None:
            self.wiser |= self._before.wiser & wanted.streams
        self._states |= {name: state or empty(name) for name, state in known.items()}
        self._read.append(wanted)
        if self.may_presume and self._is_guessed(wanted, known):
            self._presume(wanted)
            return
        await connection.act_for(self.tenant_id)
        found = await read(connection, self.tenant_id, wanted, self._versions(wanted))
        if found.erasures != self._recent.erasures:
            # Somebody was erased: what memory still knows of him must neither be decided by nor sealed with.
            if self._before is not None:
                raise MovedOn
            vault.forget(self.tenant_id)
            self._recent.clear()
            self._recent.erasures = found.erasures
            self._states |= {name: empty(name) for name in wanted.streams}
            found = await read(connection, self.tenant_id, wanted, self._versions(wanted))
        self._stand_at(found.head)
        self._take_promises(wanted, found)
        self._erasures = found.erasures
        async for rows in events(connection, self.tenant_id, found):
            for row in rows:
                self.sizes.add(row["stream"], row["type"], len(row["data"]))
            decoded = await decode_rows(connection, self.tenant_id, rows, vault, fingerprints=True)
            for stream, some in by_stream(decoded).items():
                self._states[stream] = evolve_all(self._state(stream), some)

    def _is_guessed(self, wanted: Wanted, known: Mapping[str, State | None]) -> bool:
        """Whether all that is wanted may be as memory has it, and new where it has nothing. Numbers are no guess."""
        may_be = (state is not None or self._recent.may_be_new(name) for name, state in known.items())
        return self.head >= 0 and not wanted.counters and all(may_be)

    def _presume(self, wanted: Wanted) -> None:
        self.presumes = True
        self._erasures = self._recent.erasures
        self._take_promises(wanted, NOTHING)

    def _versions(self, wanted: Wanted) -> dict[str, int]:
        return {name: self._states[name].version for name in wanted.streams}

    def _known(self, stream: str) -> State | None:
        """The state of a stream as memory has it."""
        found = self._before.left(stream) if self._before is not None else None
        return found or self._recent.get(stream)

    def left(self, stream: str) -> State | None:
        """The state of a stream as this batch leaves it; None: it has not looked at it."""
        return self._state(stream) if stream in self._states else None

    def _stand_at(self, head: int) -> None:
        """Sees that all that was read is of one log: as it is, or as it will be with the batch before."""
        if self.head < 0 or (self._before is None and len(self._read) == 1):
            self.head = head  # nothing rests yet on where it was said to end
        elif head != self.head and (self._before is None or head != self._before.head):
            raise MovedOn

    def _take_promises(self, wanted: Wanted, found: Found) -> None:
        """Claims and counters as they were read, and as the batch before has changed them."""
        self._claims |= dict.fromkeys(wanted.claims) | found.claims
        self.counters |= dict.fromkeys(wanted.counters, 0) | found.counters
        shared = {pair: found.shared.get(pair, []) for pair in wanted.shared}
        if self._before is not None:
            theirs = self._before._claims
            self._claims |= {pair: holder for pair in wanted.claims if (holder := theirs.get(pair)) is not None}
            self.counters |= {name: value for name, value in self._before.moved.items() if name in wanted.counters}
            shared = self._before.shared_after(shared)
        self._shared |= self.shared_after(shared)

    def shared_after(self, found: dict[Pair, list[str]]) -> dict[Pair, list[str]]:
        """Who shares a claim once this batch is committed; it may be already, and be among those found."""
        released = set(self.released)
        after = {pair: dict.fromkeys((*there, *self._added.get(pair, ()))) for pair, there in found.items()}
        return {
            (kind, value): [stream for stream in there if (kind, f"{value}/{stream}") not in released]
            for (kind, value), there in after.items()
        }

    def remember(self, moved: int, sent: Iterable[Pair]) -> None:
        """After the commit: the states are those of the log now, and may be kept for the next batch. Where its events
        lie `moved` positions further on than it believed, those of their streams may not: they name positions. `sent`
        are the idempotency keys that came.
        """
        self._before = None
        self._recent.note(sent)
        unknown = self.wiser | {one.stream for one in self.appended} if moved else self.wiser
        self._recent.forget(unknown)
        self._recent.remember(
            ((stream, state) for stream, state in self._states.items() if state.version and stream not in unknown),
            self.sizes,
        )

    def seen(self) -> Seen | None:
        """All that was read or presumed, as it was. None: it cannot be seen again, somebody shares one of the names."""
        shared = {pair for wanted in self._read for pair in wanted.shared}
        if any(map(self._shared.get, shared)):
            return None
        versions = {name: self._states[name].version for wanted in self._read for name in wanted.streams}
        versions |= {one.stream: one.version - 1 for one in reversed(self.appended)}
        claims = {pair: self._claims[pair] for wanted in self._read for pair in wanted.claims}
        claims |= {(kind, key): None for kind, key, _ in self.new_claims if (kind, key) in claims}
        return Seen(versions, claims, shared, self._erasures)

    def made_keys(self, subjects: Iterable[str]) -> dict[str, bytes]:
        """The keys among those of `subjects` that this batch and the one before it have made."""
        made = self.new_keys if self._before is None else self._before.new_keys | self.new_keys
        return {name: made[name] for name in subjects if name in made}

    def may_be_new(self, key: Pair) -> bool:
        """Whether it may be presumed that an idempotency key is new: the append looks whether it is."""
        return self.may_presume and self._recent.may_be_new(key)

    def used_keys(self) -> dict[Pair, tuple[str, int]]:
        """The idempotency keys that this batch and the one before it have used up."""
        return self.new_idempotency if self._before is None else self._before.new_idempotency | self.new_idempotency
