"""Whose an order or an invoice is, and a customer's own stream, which only says that he was erased. Pure."""

from __future__ import annotations

from uuid import UUID

import msgspec

from ledger.events import (
    CustomerErased,
    Event,
    InvoiceSaved,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    Recorded,
)
from ledger.records import NO_ID, Order

PREFIX = "customer-"
DOCUMENTS = (OrderDrafted, OrderFinalised, OrderAmended, OrderClosed)


class CustomerState(msgspec.Struct, frozen=True):
    """The streams whose own keys were erased with the customer's. At version 0 nobody has erased him."""

    erased: frozenset[str] = frozenset()
    version: int = 0
    position: int = 0


def stream_of(customer_id: UUID) -> str:
    """The name of a customer's stream, and of the key that seals what is personal of him."""
    return f"{PREFIX}{customer_id}"


def customer_of(order: Order) -> UUID:
    """Whose order it is: CustomerId, else the id in the customer's own record; the zero Guid for nobody's."""
    if order.CustomerId.int:
        return order.CustomerId
    for customer in (order.Customer, order.Customr):
        if customer is not None and customer.Id.int:
            return customer.Id
    return NO_ID


def subject(stream: str, event: Event, order: Order | None) -> str:
    """Whose key seals an event: the customer's it names, else that of the order it happens to, else its stream's.

    `order` is the order after the event, where the stream is one.
    """
    customer = NO_ID
    if isinstance(event, DOCUMENTS):
        customer = customer_of(event.order)
    elif isinstance(event, InvoiceSaved):
        customer = event.invoice.CustomerId
    if order is not None and not customer.int:
        customer = customer_of(order)
    return stream_of(customer) if customer.int else stream


def evolve(state: CustomerState, recorded: Recorded) -> CustomerState:
    """The state after one more event."""
    assert isinstance(recorded.event, CustomerErased), "nothing else happens to a customer"
    return CustomerState(state.erased.union(recorded.event.streams), recorded.version, recorded.position)
