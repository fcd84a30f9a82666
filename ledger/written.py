"""An order's JSON, made once: by it the document is known again, and of it the log's events are made. Pure.

A finalised order is one event without payments and receipts, which are events of their own. So the order is encoded
with empty lists in their places, each payment and each receipt by itself, and the whole is put together from these.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from ledger.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    PaymentCaptured,
    ReceiptIssued,
)
from ledger.records import Order, Payment, Receipt, Record

# The order of members that we do not know says nothing: a retry may have another.
encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")

# The one member of an event, and its name in JSON.
_MEMBER: dict[type[Event], str] = {
    OrderDrafted: "order",
    OrderFinalised: "order",
    OrderAmended: "order",
    OrderClosed: "order",
    PaymentCaptured: "payment",
    ReceiptIssued: "receipt",
}


class Written(NamedTuple):
    """`bare` is the order without payments and receipts, `whole` its JSON with them; `parts` the JSON of the order, the
    bare order, each payment and each receipt, by the `id` of the record.
    """

    bare: Order
    whole: bytes
    parts: Mapping[int, bytes]


def write(order: Order) -> Written:
    """The JSON of an order in normal form."""
    bare = copy.copy(order)
    parts: dict[int, bytes] = {}
    marks, lists = b"", b""
    if order.Receipts is not None:
        bare.Receipts = []
        marks, lists = b',"Receipts":[]', b',"Receipts":[%b]' % _each(order.Receipts, parts)
    if order.Payments is not None:
        bare.Payments = []
        marks, lists = marks + b',"Payments":[]', lists + b',"Payments":[%b]' % _each(order.Payments, parts)
    marked = encoder.encode(bare)
    bare.Receipts = bare.Payments = None
    if not _ends_with_known_members(order):
        return Written(bare, encoder.encode(order), {})
    at = marked.rindex(marks)
    before, after = marked[:at], marked[at + len(marks) :]
    whole = b"%b%b%b" % (before, lists, after)
    parts[id(order)], parts[id(bare)] = whole, before + after
    return Written(bare, whole, parts)


def _ends_with_known_members(order: Order) -> bool:
    """Whether nothing behind its payments could be a client's own member of that name: the last is the order's."""
    parts = (order, order.Customer, order.Customr, order.SwishPayment)
    return all(part is None or part.extra is UNSET for part in parts)


def _each(records: Sequence[Payment] | Sequence[Receipt], parts: dict[int, bytes]) -> bytes:
    found = [encoder.encode(record) for record in records]
    parts.update(zip(map(id, records), found, strict=True))
    return b",".join(found)


def data(event: Event, parts: Mapping[int, bytes]) -> bytes | None:
    """The event's JSON, made of parts that are there; None: they are not, or it has more than its one member."""
    name = _MEMBER.get(type(event))
    if name is None or (type(event) is PaymentCaptured and event.swish is not None):
        return None
    record: Record = getattr(event, name)
    found = parts.get(id(record))
    return None if found is None else b'{"%b":%b}' % (name.encode(), found)
