"""Scenarios: given these events, when this is decided, then those events follow. And a ledger without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ledger import order
from ledger.batch import Batch
from ledger.commands import Command
from ledger.erasure import follow
from ledger.errors import Refused
from ledger.events import Event, Recorded
from ledger.folding import State, empty, evolve
from ledger.order import OrderState
from ledger.post_order import PostOrder
from ledger.recent import Recent
from ledger.records import Order, OrderLine, Payment, Receipt
from ledger.view import Decision, Pair

S = TypeVar("S", bound=State)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
MORNING = "2026-11-23T09:00:00+01:00"


def number(value: int) -> UUID:
    """A Guid that is easy to read."""
    return UUID(int=value)


ORDER = number(1)


def an_order(status: int = 3, **members: Any) -> Order:
    """An order of one coffee at 50 kronor; `status` 3 is being made, 13 is Completed."""
    defaults: dict[str, Any] = {"Id": ORDER, "CreationDate": MORNING, "OrderTotal": Decimal(50)}
    return Order(**{**defaults, "OrderLines": [a_line()], "Status": status, **members})


def a_line(id_: int = 100, price: int = 50, **members: Any) -> OrderLine:
    """A coffee."""
    return OrderLine(
        Id=number(id_), OrderId=ORDER, ItemId=number(7), UnitPrice=Decimal(price),
        **{"Quantity": Decimal(1), "Direction": 1, "TaxPercent": Decimal(12), **members},
    )  # fmt: skip


def a_payment(id_: int = 200, amount: int = 50, **members: Any) -> Payment:
    """Cash."""
    return Payment(Id=number(id_), OrderId=ORDER, PaidAmount=Decimal(amount), TypeId=1, **members)


def a_receipt(id_: int = 300, number_: int = 10017, **members: Any) -> Receipt:
    """A receipt of the till's control unit."""
    return Receipt(ReceiptId=number(id_), OrderId=ORDER, ReceiptNumber=number_, **members)


def posted(sent: Order, **members: Any) -> PostOrder:
    """PostOrder; the document itself serves as its fingerprint."""
    known_by = members.pop("fingerprint", repr(sent))
    return PostOrder(order=sent, zone=STOCKHOLM, swish_type=10, fingerprint=known_by, **members)


class When(Generic[S]):
    """What was decided."""

    def __init__(self, state: S, decide: Callable[[S], Iterable[Event]]) -> None:
        self._state, self._decide = state, decide

    def then(self, *events: Event) -> S:
        """These events follow; returns the state they leave."""
        found = list(self._decide(self._state))
        assert found == list(events)
        return after(self._state, found)

    def refused(self, match: str) -> Refused:
        """It may not happen; `match` is a pattern in the sentence that says why."""
        with pytest.raises(Refused, match=match) as caught:
            list(self._decide(self._state))
        return caught.value


class Given(Generic[S]):
    """A stream's state after some events."""

    def __init__(self, state: S) -> None:
        self.state = state

    def when(self, decide: Callable[[S], Iterable[Event]]) -> When[S]:
        """Decides something in this state."""
        return When(self.state, decide)


def after(state: S, events: Iterable[Event]) -> S:
    """The state after more events, each of a document of its own."""
    for event in events:
        version = state.version + 1
        next_state = evolve(state, Recorded(version, "x", version, 0, 0, event, repr(getattr(event, "order", version))))
        assert isinstance(next_state, type(state))
        state = next_state
    return state


def given(events: Sequence[Event] = ()) -> Given[OrderState]:
    """An order with these events."""
    return Given(after(OrderState(), events))


def given_in(state: S, events: Sequence[Event] = ()) -> Given[S]:
    """A stream of another kind, from its empty state on."""
    return Given(after(state, events))


class Books(Batch):
    """A ledger in memory: commands are taken one after the other, each seeing what those before have left."""

    def __init__(self) -> None:
        super().__init__(tenant_id=1, recent=Recent())
        self.head = 0

    def need(
        self,
        streams: Iterable[str],
        claims: Iterable[Pair] = (),
        shared: Iterable[Pair] = (),
        counters: Iterable[str] = (),
    ) -> None:
        """Everything is at hand."""
        for stream in streams:
            self._states.setdefault(stream, empty(stream))
        for pair in claims:
            self._claims.setdefault(pair, None)
        for pair in shared:
            self._shared.setdefault(pair, list(self._added.get(pair, ())))
        for counter in counters:
            self.counters.setdefault(counter, 0)

    def take(self, command: Command) -> Decision:
        """Decides a command and keeps what follows."""
        decision = command.decide(self, NOW)
        if decision.duplicate is None:
            follow(self, decision)
            self.accept(decision, 0, command)
        return decision

    def refuse(self, command: Command, match: str) -> Refused:
        """Decides a command that may not happen, and sees that nothing was written."""
        before = len(self.appended)
        with pytest.raises(Refused, match=match) as caught:
            self.take(command)
        assert len(self.appended) == before
        return caught.value

    def names(self, stream: str = "") -> list[str]:
        """The kinds of the events so far, of one stream or of all."""
        return [type(one.event).__name__ for one in self.appended if not stream or one.stream == stream]

    def order_of(self, id_: UUID = ORDER) -> Order:
        """An order as it stands."""
        found = self.state_of(id_).order
        assert found is not None
        return found

    def state_of(self, id_: UUID = ORDER) -> OrderState:
        """An order's state."""
        return self.order(order.stream_of(id_))
