"""A stream's state from its events, whatever kind of stream it is; folded when somebody looks at it. Pure."""

from __future__ import annotations

from ledger import customer, document, order, swish
from ledger.customer import CustomerState
from ledger.document import DocumentState
from ledger.events import Recorded
from ledger.order import OrderState
from ledger.swish import SwishState

State = OrderState | DocumentState | SwishState | CustomerState

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


class Later:
    """A state and the events after it. Most orders are written once and never looked at again by the writer."""

    __slots__ = ("_before", "_events", "version")

    def __init__(self, before: State, first: Recorded) -> None:
        self._before, self._events = before, [first]
        self.version = first.version

    def add(self, recorded: Recorded) -> None:
        """One more event."""
        self._events.append(recorded)
        self.version = recorded.version

    def folded(self) -> State:
        """The state after all of them."""
        state = self._before
        for recorded in self._events:
            state = evolve(state, recorded)
        return state
