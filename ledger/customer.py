"""Whose an order or an invoice is, and a customer's own stream, which only says that he was erased. Pure."""

from __future__ import annotations

from collections.abc import Set
from typing import TypeGuard
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
    OrderInvoiced,
    Recorded,
)
from ledger.records import NO_ID, Order

PREFIX = "customer-"
DOCUMENTS = (OrderDrafted, OrderFinalised, OrderAmended, OrderClosed)
Document = OrderDrafted | OrderFinalised | OrderAmended | OrderClosed
_DOCUMENT_TYPES = frozenset(DOCUMENTS)


class CustomerState(msgspec.Struct, frozen=True):
    """The streams whose own keys were erased with the customer's. At version 0 nobody has erased him."""

    erased: frozenset[str] = frozenset()
    version: int = 0
    position: int = 0


def stream_of(customer_id: UUID) -> str:
    """The name of a customer's stream, and of the key that seals what is personal of him."""
    return f"{PREFIX}{customer_id}"


def is_document(event: Event) -> TypeGuard[Document]:
    """Whether an event brings an order's document. (`isinstance` on msgspec's structs is a call in Python.)"""
    return type(event) in _DOCUMENT_TYPES


def customer_of(order: Order) -> UUID:
    """Whose order it is: CustomerId, else the id in the customer's own record; the zero Guid for nobody's."""
    if order.CustomerId.int:
        return order.CustomerId
    for customer in (order.Customer, order.Customr):
        if customer is not None and customer.Id.int:
            return customer.Id
    return NO_ID


def named_by(event: Event) -> UUID:
    """The customer that an event names; the zero Guid for none."""
    # By type: `isinstance` on msgspec's structs is a call in Python, and every event is asked.
    if is_document(event):
        return customer_of(event.order)
    if type(event) is InvoiceSaved:
        return event.invoice.CustomerId
    return (event.customer_id or NO_ID) if type(event) is OrderInvoiced else NO_ID


def subject(stream: str, event: Event, owners: Set[UUID]) -> str:
    """Whose key seals an event: the customer's it names, else that of its order's only customer, else its stream's.

    `owners` are all customers the order ever had. What an order of several carries on (payments and receipts of a
    draft) may be about any of them; its own key goes with the first who is erased.
    """
    named = named_by(event)
    if not named.int and len(owners) == 1:
        (named,) = owners
    return stream_of(named) if named.int else stream


def evolve(state: CustomerState, recorded: Recorded) -> CustomerState:
    """The state after one more event."""
    assert isinstance(recorded.event, CustomerErased), "nothing else happens to a customer"
    return CustomerState(state.erased.union(recorded.event.streams), recorded.version, recorded.position)
