"""An order's JSON in parts is what its record and its events are as a whole."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import codec, written
from ledger.append import fingerprint
from ledger.events import Encoded, PaymentCaptured
from ledger.order import OrderState
from ledger.order_decisions import decide_document
from ledger.records import Order
from ledger.written import encoded_before, write
from tests.unit import rich
from tests.unit.given import a_payment, a_receipt, an_order

# A member of a client's own that looks like the places where payments and receipts are put in.
LIKE_OURS = {"A": 1, "Receipts": [], "Payments": []}
ORDERED = msgspec.json.Decoder(dict)


def same(one: Encoded | None, other: Encoded) -> bool:
    """Whether they say the same; the order of unknown members says nothing."""
    assert one is not None
    personal = [ORDERED.decode(each.personal or b"{}") for each in (one, other)]
    return one.data == other.data and personal[0] == personal[1]


def assert_made_of_its_parts(order: Order) -> None:
    """Each event of the order's document has the JSON that it has by itself, and the whole is the record's."""
    made = write(order)
    assert made.whole == written.encoder.encode(order)
    events = decide_document(OrderState(), order, None, made.bare)
    assert events and all(same(encoded_before(event, made.parts), codec.encode(event)) for event in events)


@settings(max_examples=80, deadline=None)
@given(rich.thinned(rich.an_order()), st.sampled_from([0, 3, 13, 15, 14, 1]))
def test_the_parts_are_the_events(order: Order, status: int) -> None:
    order.Status = status
    assert_made_of_its_parts(order)


@pytest.mark.parametrize("status", [3, 13])
@pytest.mark.parametrize("place", ["extra", "Customer", "Customr", "SwishPayment", "Outlet"])
@pytest.mark.parametrize("lists", [{"Payments": [], "Receipts": []}, {"Payments": []}, {}])
def test_a_member_that_looks_like_ours_stays_where_it_is(status: int, place: str, lists: dict[str, Any]) -> None:
    like = {"T": LIKE_OURS}
    inside = getattr(rich.an_order(), place)
    members = {"extra": like} if place == "extra" else {place: msgspec.structs.replace(inside, extra=like)}
    assert_made_of_its_parts(an_order(status, **lists, **members))


def test_what_the_event_has_besides_is_not_in_the_parts() -> None:
    """A payment that Swish brought has its id; the till's own has none."""
    order = an_order(13, Payments=[payment := a_payment()], Receipts=[a_receipt()])
    made = write(order)
    assert encoded_before(PaymentCaptured(payment=payment), made.parts) is not None
    assert encoded_before(PaymentCaptured(payment=payment, swish="AB"), made.parts) is None


def test_nothing_personal_is_in_the_clear() -> None:
    order = rich.an_order()
    for status in (3, 13):
        order.Status = status
        parts = list(write(order).parts.values())
        assert all(part.personal for part in parts) and len(parts) == (1 if status == 3 else 3)
        assert all(rich.SECRET.encode() not in part.data and b"$extra" not in part.data for part in parts)


def test_a_fingerprint_is_for_ever() -> None:
    """By it a till's retry is known again in a year: HMAC-SHA-256 of kind, a zero byte and the JSON, 144 bits of it."""
    for kind, json in (("order", b'{"Id":1}'), ("log", b"")):
        digest = hmac.digest(b"secret", kind.encode() + b"\0" + json, hashlib.sha256)
        assert msgspec.json.encode(digest[:18]) == f'"{fingerprint(b"secret", kind, json)}"'.encode()
    assert fingerprint(b"secret", "order", b'{"Id":1}') == "8g2f/GWaMGzmFRsbq/PiTzN4"
