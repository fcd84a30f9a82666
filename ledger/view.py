"""What a command sees of the ledger, and what it may decide. Pure: types only; `batch` is the one behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from ledger.customer import CustomerState
from ledger.document import DocumentState
from ledger.events import Event
from ledger.order import OrderState
from ledger.swish import SwishState

# Kinds of claims. `RECEIPT` is exclusive (key: terminal/number); the others are shared and lead to every stream.
RECEIPT, ORPHAN = "receipt", "orphan"
# Swish payments by the reference Swish gave them, and refunds by that of the payment they pay back.
PAYMENT_REFERENCE, REFUND_OF = "payment-reference", "refund-of"
# Shared too: a customer's orders and invoices, and what belongs to an order; see `erasure`.
CUSTOMER, SWISH_OF, INVOICE_OF, DRAWER_OF = "customer", "swish-of", "invoice-of", "drawer-of"
# Exclusive: the customer's stream that an erased customer or order was erased by. The counter moves with each erasure.
ERASED, ERASURES = "erased", "erasures"
REFERENCE_KINDS = ("invoice-number", "order-no-of-day", "order-int-id")

Pair = tuple[str, str]


class NotLoaded(Exception):
    """A decision has to wait for something that is being read."""


class MovedOn(Exception):
    """What was decided may rest on what is not true: as a rule somebody else has appended since it was read."""


class Mistaken(MovedOn):
    """It was presumed, and is not so; or nothing would have looked whether it is."""


class Decision(msgspec.Struct):
    """Events by stream in the order they are appended, and the promises that go with them.

    `claims` are (kind, key, stream); `shared` the same, found by all who share the key. `duplicate` is the position of
    the same document; then there is nothing else. `erased` are subjects whose keys go.
    """

    events: list[tuple[str, Event]] = []
    claims: list[tuple[str, str, str]] = []
    shared: list[tuple[str, str, str]] = []
    releases: list[tuple[str, str, str]] = []
    counters: dict[str, int] = {}
    erased: list[str] = []
    duplicate: int | None = None


class View(Protocol):
    """The ledger after the batch's last decision."""

    def need(
        self,
        streams: Iterable[str],
        claims: Iterable[Pair] = (),
        shared: Iterable[Pair] = (),
        counters: Iterable[str] = (),
    ) -> None:
        """Everything `decide` will look at. Raises `NotLoaded` until it is there."""

    def order(self, stream: str) -> OrderState:
        """An order's state; that of no order when the stream is new."""

    def document(self, stream: str) -> DocumentState:
        """The state of an invoice's, a drawer entry's or a terminal log's stream."""

    def swish(self, stream: str) -> SwishState:
        """The state of a Swish stream."""

    def customer(self, stream: str) -> CustomerState:
        """A customer's state."""

    def claim(self, kind: str, key: str) -> str | None:
        """The stream that holds an exclusive claim."""

    def shared(self, kind: str, value: str) -> list[str]:
        """The streams that share a claim."""

    def counter(self, name: str) -> int:
        """The number drawn last."""

    def after(self, stream: str, events: Sequence[Event]) -> OrderState | DocumentState | SwishState | CustomerState:
        """The state a stream will have after these events."""
