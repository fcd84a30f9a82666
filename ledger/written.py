"""An order's JSON, made once: by it the document is known again, and of it the data of the log's events is made. Pure.

A finalised order is one event without payments and receipts, which are events of their own. So the order is encoded
with empty lists in their places, each payment and each receipt by itself, and the whole is put together from these.

All of that is done when the document is read, while it lies in the processor's caches. By the time its batch is decided
it does not, and to look through it once more took longer than to encode it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from ledger import codec
from ledger.events import (
    Encoded,
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    PaymentCaptured,
    ReceiptIssued,
)
from ledger.order import CLOSED
from ledger.records import Order, Payment, Receipt

# The order of members that we do not know says nothing: a retry may have another.
encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")

# The one member of an event.
_MEMBER: dict[type[Event], str] = {
    OrderDrafted: "order",
    OrderFinalised: "order",
    OrderAmended: "order",
    OrderClosed: "order",
    PaymentCaptured: "payment",
    ReceiptIssued: "receipt",
}


class Written(msgspec.Struct, frozen=True):
    """`bare` is the order without payments and receipts, `whole` its JSON with them; `parts` the JSON of the events of
    both, by the `id` of the record they bring.
    """

    bare: Order
    whole: bytes
    parts: Mapping[int, Encoded]


def write(order: Order) -> Written:
    """The JSON of an order in normal form."""
    bare = copy.copy(order)
    payments, receipts = _each(order.Payments), _each(order.Receipts)
    marks, lists = b"", b""
    if order.Receipts is not None:
        bare.Receipts = []
        marks, lists = b',"Receipts":[]', b"".join((b',"Receipts":[', b",".join(receipts), b"]"))
    if order.Payments is not None:
        bare.Payments = []
        marks, lists = marks + b',"Payments":[]', b"".join((lists, b',"Payments":[', b",".join(payments), b"]"))
    marked = encoder.encode(bare)
    bare.Receipts = bare.Payments = None
    own: bytes | None = None
    if _ends_with_known_members(order):
        at = marked.rindex(marks)
        before, after = marked[:at], marked[at + len(marks) :]
        own, whole = before + after, b"".join((before, lists, after))
    else:
        whole = encoder.encode(order)
    if order.Status not in CLOSED:
        return Written(bare, whole, {id(order): codec.encode_member("order", order, whole)})
    parts = {id(bare): codec.encode_member("order", bare, own)}
    for name, records, written in (("payment", order.Payments, payments), ("receipt", order.Receipts, receipts)):
        for record, json in zip(records or (), written, strict=True):
            parts[id(record)] = codec.encode_member(name, record, json)
    return Written(bare, whole, parts)


def _ends_with_known_members(order: Order) -> bool:
    """Whether nothing behind its payments could be a client's own member of that name: the last is the order's."""
    parts = (order, order.Customer, order.Customr, order.SwishPayment)
    return all(part is None or part.extra is UNSET for part in parts)


def _each(records: Sequence[Payment] | Sequence[Receipt] | None) -> list[bytes]:
    return [encoder.encode(record) for record in records or ()]


def encoded_before(event: Event, parts: Mapping[int, Encoded]) -> Encoded | None:
    """The event's JSON, where it was made already; None: it was not, or the event has more than its one record."""
    name = _MEMBER.get(type(event)) if parts else None
    if name is None or (type(event) is PaymentCaptured and event.swish is not None):
        return None
    return parts.get(id(getattr(event, name)))
