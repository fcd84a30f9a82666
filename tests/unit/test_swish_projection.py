"""Swish: payments, refunds and payouts as they stand, with their flags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from ledger.events import Event, Recorded, SwishFlagged, SwishRecorded, SwishStatusReceived, SwishTied
from ledger.full_records import FullSwishPayment
from ledger.records import SwishPayment
from ledger.swish import SwishState
from projections.swish import SwishRow, fold

ID, ORDER, RECORD = "A1B2C3D4E5F60718293A4B5C6D7E8F90", UUID(int=1), UUID(int=2)
PAID = SwishStatusReceived(
    kind="payment",
    status="PAID",
    amount=Decimal("328.5"),
    currency="SEK",
    payment_reference="3F9A",
    payee_payment_reference=str(ORDER),
    date_paid="2026-11-23T11:00:04+00:00",
    payer_alias="46712345678",
    message="Order",
    callback={"payeralias": "46712345678"},
)
VENDOR = SwishRecorded(record=SwishPayment(Id=RECORD, SwishId=ID, SwishPaymentStatus=0, SwishToken="t0k3n"))


def after(*events: Event, known: Mapping[str, SwishState] | None = None, first: int = 1) -> SwishRow:
    """What is kept of the Swish id after these events."""
    recorded = [
        Recorded(position, f"swish-{ID}", position, 0, position, event, "print")
        for position, event in enumerate(events, first)
    ]
    (row,) = fold(known or {}, recorded)
    return row


def shown(*events: Event) -> dict[str, Any]:
    """The document after these events."""
    found: dict[str, Any] = json.loads(after(*events).document)
    return found


def test_a_paid_payment_of_an_order() -> None:
    document = shown(VENDOR, SwishTied(order_id=ORDER), PAID)
    assert document.pop("SwishPayment")["SwishToken"] == "t0k3n"
    assert document == {
        "Id": str(RECORD),
        "SwishId": ID,
        "Kind": "payment",
        "Status": "PAID",
        "Amount": 328.5,
        "Currency": "SEK",
        "OrderId": str(ORDER),
        "PaymentReference": "3F9A",
        "PayeePaymentReference": str(ORDER),
        "OriginalPaymentReference": None,
        "DatePaid": "2026-11-23T11:00:04+00:00",
        "Flags": [],
    }


def test_a_vendors_record_alone_has_no_status_of_its_own() -> None:
    document = shown(VENDOR)
    assert (document["Status"], document["Amount"], document["OrderId"]) == (None, 0, str(UUID(int=0)))
    assert document["DatePaid"] == "0001-01-01T00:00:00"
    assert document["SwishPayment"]["SwishPaymentStatus"] == 0


def test_an_orphan_is_flagged_until_it_is_tied() -> None:
    assert shown(PAID, SwishFlagged(flag="orphan"))["Flags"] == ["orphan"]
    tied = shown(PAID, SwishFlagged(flag="orphan"), SwishTied(order_id=ORDER), SwishFlagged(flag="amount_mismatch"))
    assert (tied["Flags"], tied["OrderId"]) == (["amount_mismatch"], str(ORDER))


def test_a_callback_after_a_final_one_changes_nothing_but_the_flag() -> None:
    late = SwishStatusReceived(kind="payment", status="DECLINED", amount=Decimal(1))
    document = shown(PAID, late, SwishFlagged(flag="after_final"))
    assert (document["Status"], document["Amount"], document["Flags"]) == ("PAID", 328.5, ["after_final"])


def test_refunds_and_payouts_are_told_apart() -> None:
    refund = SwishStatusReceived(kind="refund", status="DEBITED", original_payment_reference="3F9A")
    assert (shown(refund)["Kind"], shown(refund)["OriginalPaymentReference"]) == ("refund", "3F9A")
    assert shown(SwishStatusReceived(kind="payout", status="CREATED"))["Kind"] == "payout"


def test_the_payer_is_not_kept() -> None:
    row = after(PAID)
    assert b"46712345678" not in row.state + row.document
    assert b"print" not in row.state


def test_a_later_batch_goes_on_from_the_state_that_was_kept() -> None:
    events = (VENDOR, PAID, SwishFlagged(flag="orphan"), SwishTied(order_id=ORDER))
    whole = after(*events)
    first = after(*events[:2])
    known = {ID: msgspec.json.decode(first.state, type=SwishState)}
    second = after(*events[2:], known=known, first=3)
    assert (second.state, second.document, second.order_id) == (whole.state, whole.document, ORDER)
    assert (first.first_position, second.first_position) == (1, 3), "the row that is there keeps its own"


def test_full_records_are_kept_as_compact_ones() -> None:
    full = SwishRecorded(record=FullSwishPayment(**msgspec.structs.asdict(VENDOR.record)))
    assert after(full) == after(VENDOR)
