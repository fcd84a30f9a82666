"""A customer is forgotten: his key goes, and with it the keys of the streams that came to belong to him. Pure.

What is personal is sealed under the customer's key as soon as an order or an invoice names him. What came before that,
and what has no customer of its own (a Swish payment, a drawer entry, an invoice without CustomerId), lies under its own
stream's key; so those streams are found by claims that lead from a customer to his orders, and from an order to them.
No key is ever made for an erased subject again: personal members of later events are left out when they are sealed. And
a stream that comes to belong to an erased customer loses its own key in the same append.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ledger import codec, customer
from ledger.customer import customer_of, named_by
from ledger.errors import Refused
from ledger.events import (
    CustomerErased,
    DrawerEntryCorrected,
    DrawerEntryLogged,
    Encoded,
    Event,
    InvoiceSaved,
    OrderInvoiced,
    SwishTied,
)
from ledger.records import CustomerInvoice, Order
from ledger.retries import Earlier, never
from ledger.view import CUSTOMER, DRAWER_OF, ERASED, ERASURES, INVOICE_OF, SWISH_OF, Decision, Pair, View

# So many streams one event names, and so many orders one look-up asks after.
STREAMS_AT_ONCE = 1000
_PARTS = (SWISH_OF, INVOICE_OF, DRAWER_OF)
_ORDER = "order-"
_JOINING = frozenset({*customer.DOCUMENTS, OrderInvoiced, InvoiceSaved, SwishTied, DrawerEntryLogged,
                      DrawerEntryCorrected})  # fmt: skip

Claim = tuple[str, str, str]


class EraseCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """`order-ledger customer erase`. A duplicate unless something has come to belong to him since."""

    customer_id: UUID
    fingerprint: str | None = None
    earlier: Earlier = never
    parts: dict[int, Encoded] = {}

    def decide(self, view: View, now: datetime) -> Decision:
        """The erasure. Refused: no order and no invoice ever named this customer."""
        name = customer.stream_of(self.customer_id)
        view.need([name], shared=[(CUSTOMER, str(self.customer_id))], counters=[ERASURES])
        state, streams = view.customer(name), view.shared(CUSTOMER, str(self.customer_id))
        if not streams and not state.version:
            raise Refused(f"customer {self.customer_id} is unknown: no order and no invoice names this customer")
        new = [stream for stream in _with_parts(view, streams) if stream not in state.erased]
        if state.version and not new:
            return Decision(duplicate=state.position)
        decision = Decision(claims=[(ERASED, name, name)], erased=[name])
        _erase(view, name, new, decision)
        return decision


def look_ups(order: Order) -> list[Pair]:
    """What `follow` will ask after for a document: for a command to name with the rest, and spare a second look."""
    found = customer_of(order)
    return [(ERASED, customer.stream_of(found))] if found.int else []


def follow(view: View, decision: Decision) -> None:
    """Adds the claims that lead to the decision's streams from now on, and the erasure of what joins an erased one."""
    joined: list[Claim] = []
    for stream, event in decision.events:
        if type(event) in _JOINING:
            joined += _joins(view, stream, event)
    if not joined:
        return
    # An order that joins an erased customer takes along what joins the order.
    joined.sort(key=lambda claim: claim[0] != CUSTOMER)
    owners = [f"{customer.PREFIX if kind == CUSTOMER else _ORDER}{value}" for kind, value, _ in joined]
    view.need([], [(ERASED, owner) for owner in owners])
    decision.shared += joined
    erased: dict[str, str] = {}
    for (_, _, stream), owner in zip(joined, owners, strict=True):
        by = erased.get(owner) or view.claim(ERASED, owner)
        if by is not None:
            erased[stream] = by
    for by in sorted(set(erased.values())):
        streams = [stream for stream, whose in erased.items() if whose == by]
        view.need([by], counters=[ERASURES])
        known = view.customer(by).erased
        new = [stream for stream in _with_parts(view, streams) if stream not in known]
        if new:
            _erase(view, by, new, decision)


def _joins(view: View, stream: str, event: Event) -> list[Claim]:
    """What becomes known to belong to a customer, or to an order, by an event."""
    found, named = [], named_by(event)
    if named.int and not _is_known(view, stream, named):
        found.append((CUSTOMER, str(named), stream))
    if customer.is_document(event):
        return found
    match event:
        case OrderInvoiced():
            found.append((INVOICE_OF, stream.removeprefix(_ORDER), f"invoice-{event.invoice_id}"))
        case SwishTied():
            found.append((SWISH_OF, str(event.order_id), stream))
        case DrawerEntryLogged() | DrawerEntryCorrected():
            # Few bring anything beyond the known members, and nothing else of them is personal.
            if event.entry.OrderId.int and codec.encode(event).personal:
                found.append((DRAWER_OF, str(event.entry.OrderId), stream))
    return found


def _is_known(view: View, stream: str, customer_id: UUID) -> bool:
    if stream.startswith(_ORDER):
        return customer_id in view.order(stream).owners
    known = view.document(stream).document
    return isinstance(known, CustomerInvoice) and known.CustomerId == customer_id


def _with_parts(view: View, streams: Sequence[str]) -> list[str]:
    """The streams, and those that belong to the orders among them."""
    found = list(streams)
    orders = [stream.removeprefix(_ORDER) for stream in streams if stream.startswith(_ORDER)]
    for some in _chunks(orders):
        pairs = [(kind, order_id) for order_id in some for kind in _PARTS]
        view.need([], shared=pairs)
        found += [stream for pair in pairs for stream in view.shared(*pair)]
    return list(dict.fromkeys(found))


def _erase(view: View, by: str, streams: Sequence[str], decision: Decision) -> None:
    """Before the decision's other events: the answer names the last one, which is what was asked for."""
    customer_id = UUID(by.removeprefix(customer.PREFIX))
    events = [CustomerErased(customer_id=customer_id, streams=list(some)) for some in _chunks(streams) or [()]]
    decision.events[:0] = [(by, event) for event in events]
    decision.claims += [(ERASED, stream, by) for stream in streams if stream.startswith(_ORDER)]
    decision.erased += streams
    decision.counters[ERASURES] = view.counter(ERASURES) + 1


def _chunks(streams: Sequence[str]) -> list[Sequence[str]]:
    return [streams[at : at + STREAMS_AT_ONCE] for at in range(0, len(streams), STREAMS_AT_ONCE)]
