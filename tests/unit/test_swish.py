"""Swish: what callbacks and the vendor's records say of one id, and what it does to the order (contract, section 5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ledger.events import (
    Event,
    OrderSwishChanged,
    SwishFlagged,
    SwishRecorded,
    SwishStatusReceived,
    SwishTied,
)
from ledger.records import SwishPayment
from ledger.swish import (
    FINAL,
    SwishState,
    decide_callback,
    decide_record,
    decide_tie,
    is_vendor_record,
    normal_reference,
    read_callback,
    record_stream,
    references,
    stream_of,
)
from tests.unit.given import ORDER, given_in, number

STOCKHOLM = ZoneInfo("Europe/Stockholm")
CALLBACK: dict[str, Any] = {
    "id": "A1B2C3D4E5F60718293A4B5C6D7E8F90",
    "payeepaymentreference": "3F98E2774CBD47AD9C90A9587403E430",
    "paymentreference": "3F9A2C1B7D5E4A60B1C2D3E4F5061728",
    "payeralias": "46712345678",
    "amount": Decimal("328.0"),
    "currency": "SEK",
    "message": "Order",
    "status": "PAID",
    "datepaid": "2026-11-23T11:00:04.000Z",
    "errorcode": None,
}


def callback(status: str, kind: str = "payment") -> SwishStatusReceived:
    """A genuine callback."""
    return SwishStatusReceived(kind=kind, status=status)


def state_after(*events: Event) -> SwishState:
    """What is known after these events."""
    return given_in(SwishState(), events).state


def test_a_callback_is_read_as_swish_sends_it() -> None:
    swish_id, received = read_callback(CALLBACK, STOCKHOLM)
    assert swish_id == "A1B2C3D4E5F60718293A4B5C6D7E8F90"
    assert (received.kind, received.status, received.amount) == ("payment", "PAID", Decimal(328))
    assert received.date_paid == "2026-11-23T12:00:04+01:00"
    assert received.payment_reference == "3F9A2C1B7D5E4A60B1C2D3E4F5061728"
    assert received.callback["errorcode"] is None, "unknown members are kept"


@pytest.mark.parametrize("date", ["2026-11-23T11:00:04Z", "2026-11-23T12:00:04+0100", "2026-11-23T12:00:04"])
def test_dates_come_in_three_forms(date: str) -> None:
    assert read_callback({**CALLBACK, "datepaid": date}, STOCKHOLM)[1].date_paid == "2026-11-23T12:00:04+01:00"


@pytest.mark.parametrize("amount", [328, Decimal("328.00"), "328", "328.00"])
def test_amounts_come_as_numbers_and_as_text(amount: object) -> None:
    assert read_callback({**CALLBACK, "amount": amount}, STOCKHOLM)[1].amount == 328


def test_the_same_callback_in_another_spelling_is_the_same_fact() -> None:
    respelled = {**CALLBACK, "amount": "328.00", "datepaid": "2026-11-23T12:00:04.000+0100"}
    assert read_callback(respelled, STOCKHOLM) == read_callback({**CALLBACK, "amount": 328}, STOCKHOLM)


@pytest.mark.parametrize("amount", [None, "", "much", "NaN", "sNaN", "1e400", [], {}, Decimal("0.0000001")])
def test_what_cannot_be_read_never_fails_a_callback(amount: object) -> None:
    received = read_callback({**CALLBACK, "amount": amount, "datepaid": amount, "message": amount}, STOCKHOLM)[1]
    assert received.amount is None and received.date_paid is None
    assert received.callback["amount"] == amount


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({}, "payment"),
        ({"originalpaymentreference": "X"}, "refund"),
        ({"payoutinstructionuuid": "B2"}, "payout"),
        ({"payoutinstructionuuid": "B2", "originalpaymentreference": "X"}, "payout"),
    ],
)
def test_a_payment_a_refund_and_a_payout_are_told_apart(members: dict[str, str], kind: str) -> None:
    swish_id, received = read_callback({**CALLBACK, **members}, STOCKHOLM)
    assert received.kind == kind
    assert swish_id == members.get("payoutinstructionuuid", CALLBACK["id"])
    assert not is_vendor_record({**CALLBACK, **members})


@pytest.mark.parametrize("name", ["swishid", "swishpaymentid", "swishpaymentstatus", "orderid"])
def test_the_vendors_record_is_told_by_its_members(name: str) -> None:
    assert is_vendor_record({"id": str(number(1)), name: "x"})


def test_secrets_never_reach_the_log() -> None:
    sent = {**CALLBACK, "payeessn": "197001019876", "callbackidentifier": "secret"}
    received = read_callback(sent, STOCKHOLM)[1]
    assert "197001019876" not in repr(received) and "secret" not in repr(received)


def test_an_id_has_one_stream_however_it_is_written() -> None:
    plain = "swish-A1B2C3D4E5F60718293A4B5C6D7E8F90"
    assert stream_of("a1b2c3d4-e5f6-0718-293a-4b5c6d7e8f90") == plain
    assert record_stream(SwishPayment(Id=number(1), SwishId="A1B2C3D4E5F60718293A4B5C6D7E8F90")) == plain
    assert record_stream(SwishPayment(Id=number(1))) == "swish-00000000000000000000000000000001"
    assert len(stream_of("any other id / of any length" * 100)) == len(plain)


@pytest.mark.parametrize(("kind", "status"), [(kind, one) for kind, all_ in FINAL.items() for one in sorted(all_)])
def test_after_a_final_status_nothing_changes(kind: str, status: str) -> None:
    final = given_in(SwishState(), [callback("CREATED", kind), callback(status, kind)])
    assert final.state.is_final and final.state.status == status
    other = callback("CREATED" if status == "PAID" else "PAID", kind)
    state = final.when(lambda state: decide_callback(state, other)).then(other, SwishFlagged(flag="after_final"))
    assert (state.status, state.flags) == (status, ("after_final",))
    given_in(state).when(lambda state: decide_callback(state, other)).then(other)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("payment", "CREATED"), ("payment", "SURPRISE"), ("refund", "DEBITED"), ("refund", "VALIDATED"),
     ("refund", "DECLINED"), ("payout", "DEBITED")],
)  # fmt: skip
def test_any_other_status_is_not_final(kind: str, status: str) -> None:
    assert not state_after(callback(status, kind)).is_final


def test_an_older_step_that_comes_late_undoes_nothing() -> None:
    assert state_after(callback("DEBITED", "refund"), callback("VALIDATED", "refund")).status == "DEBITED"


def test_the_vendors_record_never_settles() -> None:
    record = SwishPayment(Id=number(1), SwishPaymentStatus="PAID")
    state = given_in(SwishState()).when(lambda _: decide_record(record)).then(SwishRecorded(record=record))
    assert (state.status, state.is_final) == (None, False)


def test_a_token_is_never_nulled() -> None:
    first = SwishPayment(Id=number(1), SwishToken="t", OrderId=ORDER, SwishPaymentStatus=0)
    second = SwishPayment(Id=number(1), SwishPaymentStatus=2)
    state = state_after(SwishRecorded(record=first), callback("PAID"), SwishRecorded(record=second))
    assert state.record is not None
    assert (state.record.SwishToken, state.record.OrderId, state.record.SwishPaymentStatus) == ("t", ORDER, 2)


def test_the_order_is_looked_for_by_its_id_first() -> None:
    received = SwishStatusReceived(kind="payment", status="PAID", payee_payment_reference="10017")
    record = SwishPayment(Id=number(1), OrderId=ORDER)
    assert references(state_after(received, SwishRecorded(record=record))) == [str(ORDER), "10017"]
    assert normal_reference("3F98E2774CBD47AD9C90A9587403E430") == "3f98e277-4cbd-47ad-9c90-a9587403e430"
    assert normal_reference(" 10017 ") == "10017"


def test_a_tie_is_made_once_and_an_orphan_flagged_once() -> None:
    new = given_in(SwishState())
    orphan = new.when(lambda state: decide_tie(state, None)).then(SwishFlagged(flag="orphan"))
    given_in(orphan).when(lambda state: decide_tie(state, None)).then()
    tied = given_in(orphan).when(lambda state: decide_tie(state, ORDER)).then(SwishTied(order_id=ORDER))
    assert (tied.order_id, tied.flags) == (ORDER, ())
    given_in(tied).when(lambda state: decide_tie(state, number(2))).then()
    payout = given_in(SwishState(), [callback("CREATED", "payout")])
    payout.when(lambda state: decide_tie(state, None)).then()


def test_events_of_an_order_have_no_place_here() -> None:
    with pytest.raises(AssertionError, match="OrderSwishChanged"):
        state_after(OrderSwishChanged(swish_payment=SwishPayment(Id=number(1))))
