"""A stream's state from its events, whatever kind of stream it is; folded when somebody looks at it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from uuid import UUID

from ledger import customer, document, order, swish
from ledger.customer import CustomerState
from ledger.document import DocumentState
from ledger.events import Event, Recorded
from ledger.order import OrderState
from ledger.swish import SwishState

State = OrderState | DocumentState | SwishState | CustomerState

_NOBODY: frozenset[UUID] = frozenset()
_ORDER, _SWISH, _CUSTOMER, _DOCUMENT = OrderState(), SwishState(), CustomerState(), DocumentState()


def empty(stream: str) -> State:
    """The state of a stream before its first event."""
    if stream.startswith("order-"):
        return _ORDER
    if stream.startswith("swish-"):
        return _SWISH
    return _CUSTOMER if stream.startswith(customer.PREFIX) else _DOCUMENT


def evolve(state: State, recorded: Recorded) -> State:
    """The state after one more event, by the kind of its stream."""
    if isinstance(state, OrderState):
        return order.evolve(state, recorded)
    if isinstance(state, SwishState):
        return swish.evolve(state, recorded)
    if isinstance(state, CustomerState):
        return customer.evolve(state, recorded)
    return document.evolve(state, recorded)


def evolve_all(state: State, events: Sequence[Recorded]) -> State:
    """The state after some more events of its stream."""
    if isinstance(state, OrderState):
        return order.evolve_all(state, events) if events else state
    for recorded in events:
        state = evolve(state, recorded)
    return state


def by_stream(events: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    """Events by the stream they belong to, in their order."""
    found: dict[str, list[Recorded]] = {}
    for recorded in events:
        known = found.get(recorded.stream)
        if known is None:
            found[recorded.stream] = [recorded]
        else:
            known.append(recorded)
    return found


class Later:
    """A state and the events after it. Most orders are written once and never looked at again by the writer."""

    __slots__ = ("_before", "_events", "_stream", "version")

    def __init__(self, stream: str, before: State) -> None:
        self._stream, self._before = stream, before
        self._events: list[tuple[int, Event, str | None]] = []
        self.version = before.version

    @property
    def is_whole(self) -> bool:
        """Whether these are all events of the stream: there was none before."""
        return not self._before.version

    def add(self, position: int, event: Event, fingerprint: str | None) -> None:
        """One more event."""
        self._events.append((position, event, fingerprint))
        self.version += 1

    @property
    def owners(self) -> Set[UUID]:
        """Every customer that an order was ever said to be of; none of anything else."""
        if not isinstance(self._before, OrderState):
            return _NOBODY
        named = {customer.named_by(event) for _, event, _ in self._events}
        return {one for one in named | self._before.owners if one.int}

    def folded(self) -> State:
        """The state after all of them."""
        first = self._before.version + 1
        events = [
            Recorded(position, self._stream, version, 0, 0, event, fingerprint)
            for version, (position, event, fingerprint) in enumerate(self._events, first)
        ]
        return evolve_all(self._before, events)
