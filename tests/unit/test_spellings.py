"""One order in any spelling is one record with one fingerprint, whichever way it was read (contract, section 1)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import reading
from ledger.append import fingerprint
from ledger.errors import BadInput
from ledger.records import Order
from projections.documents import document

STOCKHOLM = ZoneInfo("Europe/Stockholm")
GUIDS = (
    "CustomerId",
    "TerminalId",
    "OutletId",
    "Id",
    "ItemId",
    "OrderId",
    "ReceiptId",
    "GroupKey",
    "CustomerInvoiceId",
)
FLAGS = ("InvoiceGenerated", "ZPrinted", "IsCoupon", "Updated")
BOOLEANS = ("TrainingMode", "IsOnlineOrder", "IsInventoryAdjusted", "IsPickup")
MOMENTS = ("CreationDate", "InvoiceDate", "PaymentDate", "PrintDate")

guids = st.uuids().map(str)
amounts = st.decimals(-10_000, 10_000, places=2).map(str)
flags, booleans = st.integers(0, 1), st.booleans()
# A zoneless time in the evening: it has one spelling with the outlet's offset, too.
moments = st.datetimes().map(lambda at: f"2026-01-{at.day:02}T{at:%H:%M:%S.%f}")
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20) | st.none()
LINE = {
    "Id": guids, "ItemId": guids, "Quantity": amounts, "UnitPrice": amounts,
    "TaxPercent": st.sampled_from(["0", "12.5"]), "IsCoupon": flags,
    "IsInventoryAdjusted": booleans, "GroupKey": guids | st.none(), "ItemComments": texts,
}  # fmt: skip
PAYMENT = {"Id": guids, "PaidAmount": amounts, "PaymentDate": moments}
ORDERS = st.fixed_dictionaries(
    {
        "Id": guids, "CustomerId": guids, "CreationDate": moments, "OrderTotal": amounts, "InvoiceGenerated": flags,
        "Status": st.sampled_from([0, 3, 13, 15]), "TrainingMode": booleans, "Comments": texts,
        "OrderLines": st.lists(st.fixed_dictionaries(LINE), max_size=2),
    },
    optional={
        "TerminalId": guids, "OutletId": guids, "CustomerInvoiceId": guids | st.none(),
        "InvoiceDate": moments | st.none(),
        "ExternalID": texts, "InvoiceNumber": texts, "ZPrinted": flags, "IsPickup": booleans, "OrderIntID": st.none(),
        "Payments": st.lists(st.fixed_dictionaries(PAYMENT), max_size=1),
        "Receipts": st.lists(st.fixed_dictionaries({"ReceiptId": guids, "PrintDate": moments}), max_size=1),
        "Loyalty": st.fixed_dictionaries({"Points": amounts.map(Decimal), "Name": texts}),
    },
)  # fmt: skip


class Number(str):
    """A number as it is to be written."""


def written(value: Any) -> str:
    """JSON, with numbers and the order of members as they are."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{written(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return str(value) if isinstance(value, (Number, Decimal)) else json.dumps(value)


def respelled(value: Any, draw: st.DataObject, name: str = "") -> Any:
    """The same content as some other client would write it."""
    if isinstance(value, list):
        return [respelled(item, draw) for item in value]
    if isinstance(value, dict) and name != "Loyalty":
        names = draw.draw(st.permutations(list(value)))
        return {draw.draw(spelled_name(member)): respelled(value[member], draw, member) for member in names}
    if name in GUIDS and value is not None:
        plain = value.replace("-", "")
        return draw.draw(st.sampled_from([value, value.upper(), plain, f"{{{value}}}", f"{{{plain.upper()}}}"]))
    if name in FLAGS or name in BOOLEANS:
        return draw.draw(st.sampled_from([int(value), bool(value), str(int(value)), str(bool(value)).lower()]))
    if name in MOMENTS and value is not None:
        rest = draw.draw(st.sampled_from(["", "0", "9", "9+01:00", "+01:00"]))
        return draw.draw(st.sampled_from([value, value.replace("T", " ")])) + rest
    if isinstance(value, str) and name in ("OrderTotal", "Quantity", "UnitPrice", "PaidAmount", "TaxPercent"):
        number = draw.draw(st.sampled_from([value, f"{Decimal(value):.6f}", f"{Decimal(value):.6E}"]))
        return draw.draw(st.sampled_from([number, Number(number)]))
    return value


def spelled_name(name: str) -> st.SearchStrategy[str]:
    """A known member's name in some case; an unknown one as it is."""
    return st.just(name) if name == "Loyalty" else st.sampled_from([name, name.lower(), name.upper(), name.swapcase()])


def zones(outlet: UUID) -> ZoneInfo:
    """All outlets lie in one city."""
    return STOCKHOLM


def known_by(order: Order) -> str:
    """Its fingerprint."""
    return fingerprint(b"secret", "order", order)


@settings(max_examples=150, deadline=None)
@given(body=ORDERS, data=st.data())
def test_an_order_in_any_spelling_is_the_same_order(body: dict[str, Any], data: st.DataObject) -> None:
    first = reading.read_order(written(body).encode(), zones)
    again = reading.read_order(written(respelled(body, data)).encode(), zones)
    assert again == first
    assert known_by(again) == known_by(first)


@settings(max_examples=150, deadline=None)
@given(body=ORDERS)
def test_the_fast_and_the_slow_way_read_the_same(body: dict[str, Any]) -> None:
    raw = written(body).encode()
    # A name in another case is all it takes to go the slow way.
    slow = reading.read_order(raw.replace(b'"Id"', b'"ID"', 1), zones)
    assert slow == reading.read_order(raw, zones)
    assert known_by(slow) == known_by(reading.read_order(raw, zones))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_whatever_comes_is_read_or_refused_and_nothing_else(value: Any) -> None:
    member = {"Id": str(UUID(int=1)), "OrderLines": value, "Comments": value, "Loyalty": value}
    for body in (
        value,
        {"Id": value},
        member,
        {**member, "OrderLines": []},
        {**member, "OrderLines": [], "Comments": ""},
    ):
        try:
            found = reading.read_order(json.dumps(body).encode(), zones)
        except BadInput as error:
            assert error.problems
        else:
            assert document(found), "what passed can never stop a projection"
