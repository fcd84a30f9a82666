"""A Swish payment, refund or payout: what the vendor's client recorded and what Swish called back. Pure.

Rules: wire contract, section 5. Only `status` decides, and only callbacks settle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from ledger import scalars
from ledger.business_time import NO_TIME, local_instant
from ledger.cards import mask_unknown, masked
from ledger.events import (
    Event,
    OrderSwishChanged,
    PaymentCaptured,
    Recorded,
    SwishFlagged,
    SwishRecorded,
    SwishStatusReceived,
    SwishTied,
)
from ledger.order import PAID, OrderState, owes
from ledger.records import Payment, SwishPayment
from ledger.swish_door import is_secret, text_without_secrets, without_secrets
from ledger.tolerant import guid

PAYMENT, REFUND, PAYOUT = "payment", "refund", "payout"
ORPHAN, MISMATCH, DUPLICATE, AFTER_FINAL = "orphan", "amount_mismatch", "duplicate_payment", "after_final"
FINAL = {
    PAYMENT: frozenset({"PAID", "DECLINED", "ERROR", "CANCELLED"}),
    REFUND: frozenset({"PAID", "ERROR"}),
    PAYOUT: frozenset({"PAID", "ERROR"}),
}
# Callbacks may overtake each other; an older step never undoes a newer one.
_STEP = {"CREATED": 0, "VALIDATED": 1, "DEBITED": 2}
_VENDOR_MEMBERS = ("swishid", "swishpaymentid", "swishpaymentstatus", "orderid")
_PLAIN_ID = re.compile(r"[0-9A-Z_]{1,64}", re.ASCII)


class SwishState(msgspec.Struct, frozen=True):
    """What is known of one Swish id. `status` is the callbacks' (None: none came yet)."""

    kind: str = PAYMENT
    status: str | None = None
    received: SwishStatusReceived | None = None
    record: SwishPayment | None = None
    order_id: UUID | None = None
    flags: tuple[str, ...] = ()
    # Keyed hash of what the callbacks of this payment bring along, where the vendor's record named it.
    callback_identifier: str | None = None
    version: int = 0
    position: int = 0
    documents: dict[str, int] = {}

    @property
    def is_final(self) -> bool:
        """Whether no later callback can change it."""
        return self.status in FINAL[self.kind]


def stream_of(swish_id: str) -> str:
    """The name of the stream of a Swish id (32 hex digits, in any case and with or without dashes)."""
    plain = swish_id.replace("-", "").upper()
    # An id that is none still gets a stream of its own, under a name that cannot grow or surprise.
    return f"swish-{plain if _PLAIN_ID.fullmatch(plain) else uuid5(NAMESPACE_URL, swish_id).hex.upper()}"


def record_stream(record: SwishPayment) -> str:
    """The stream a vendor's record belongs to: that of its SwishId, else one of its own."""
    return stream_of(record.SwishId or record.Id.hex)


def is_vendor_record(folded: Mapping[str, Any]) -> bool:
    """Whether a body (member names in lower case) is the vendor's record and no genuine callback."""
    if folded.get("payoutinstructionuuid") or folded.get("originalpaymentreference"):
        return False
    return any(folded.get(name) is not None for name in _VENDOR_MEMBERS)


def read_callback(folded: Mapping[str, Any], zone: ZoneInfo) -> tuple[str, SwishStatusReceived]:
    """A genuine callback (member names in lower case) as (Swish id, fact). It never fails: what cannot be read stays
    among the unknown members; the payee's SSN and the callback identifier are dropped.
    """
    if folded.get("payoutinstructionuuid"):
        kind, swish_id = PAYOUT, folded["payoutinstructionuuid"]
    else:
        kind, swish_id = (REFUND if folded.get("originalpaymentreference") else PAYMENT), folded.get("id")
    received = SwishStatusReceived(
        kind=kind,
        status=(_text(folded.get("status")) or "").strip().upper(),
        amount=_amount(folded.get("amount")),
        currency=_text(folded.get("currency")),
        payment_reference=_text(folded.get("paymentreference")),
        payee_payment_reference=_text(folded.get("payeepaymentreference") or folded.get("payerpaymentreference")),
        original_payment_reference=_text(folded.get("originalpaymentreference")),
        date_paid=_moment(folded.get("datepaid"), zone),
        payer_alias=_text(folded.get("payeralias")),
        message=masked(_text(folded.get("message")) or "") or None,
        callback=dict(
            mask_unknown(name, _kept(name, value, zone)) for name, value in folded.items() if not is_secret(name)
        ),
    )
    return (swish_id if isinstance(swish_id, str) else ""), received


def _kept(name: str, value: Any, zone: ZoneInfo) -> Any:
    """A member as it is kept: an amount and a date that can be read in normal form, so that a retry is known again."""
    if name == "amount":
        amount = _amount(value)
        return without_secrets(value) if amount is None else amount
    return (_moment(value, zone) if name.startswith("date") else None) or without_secrets(value)


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return text_without_secrets(value.replace("\0", ""))[:200].strip() or None


def _amount(value: Any) -> Decimal | None:
    try:
        return scalars.decimal(value)
    except (ArithmeticError, ValueError):
        return None


def _moment(value: Any, zone: ZoneInfo) -> str | None:
    try:
        found = local_instant(value, zone) if isinstance(value, str) else NO_TIME
    except ValueError:
        return None
    return None if found == NO_TIME else found


def decide_record(record: SwishPayment, identifier: str | None = None) -> list[Event]:
    """The vendor's own record: kept, never settling. `identifier`: the keyed hash its callbacks must match."""
    return [SwishRecorded(record=record, callback_identifier=identifier)]


def decide_callback(state: SwishState, received: SwishStatusReceived) -> list[Event]:
    """A callback. One after a final one is kept and flagged, and changes nothing."""
    if not state.is_final:
        return [received]
    return [received] if AFTER_FINAL in state.flags else [received, SwishFlagged(flag=AFTER_FINAL)]


def heard_of(said: SwishPayment | SwishStatusReceived) -> SwishState:
    """What is known of a Swish id of which nothing else was said."""
    return SwishState(record=said) if isinstance(said, SwishPayment) else SwishState(kind=said.kind, received=said)


def references(state: SwishState) -> list[str]:
    """By what the order is looked for, best first: the vendor's OrderId, then payeePaymentReference."""
    found = []
    if state.record is not None and state.record.OrderId is not None:
        found.append(str(state.record.OrderId))
    if state.received is not None and state.received.payee_payment_reference:
        found.append(normal_reference(state.received.payee_payment_reference))
    return found


def normal_reference(text: str) -> str:
    """A reference as it is looked up: an order's Guid in its plain form, anything else as it is."""
    try:
        return str(guid(text))
    except ValueError:
        return text.strip()


def decide_tie(state: SwishState, order_id: UUID | None) -> list[Event]:
    """What follows from having looked for the order: a tie, or the flag of an orphan."""
    if state.order_id is not None:
        return []
    if order_id is not None:
        return [SwishTied(order_id=order_id)]
    return [] if ORPHAN in state.flags or state.kind == PAYOUT else [SwishFlagged(flag=ORPHAN)]


def decide_settlement(
    state: SwishState, swish_id: str, order: OrderState, type_id: int
) -> tuple[list[Event], list[Event]]:
    """What a tied payment does to its order: (events of the Swish stream, events of the order's).

    A PAID payment that fits what the order owes becomes a Payment of it, once; the same PaymentRef posted with the
    order is that payment. Anything else is flagged, and the order stays as it is.
    """
    assert order.order is not None and order.order.Id == state.order_id, "settled with the order it is tied to"
    if state.kind != PAYMENT:
        return [], []
    on_order: list[Event] = []
    shown = shown_on_order(state, swish_id, order.swish_sent)
    if shown != order.others.swish_payment:
        on_order.append(OrderSwishChanged(swish_payment=shown))
    payment = _payment(state, swish_id, type_id)
    if state.status != "PAID" or payment.Id in order.others.swish_paid or {MISMATCH, DUPLICATE} & set(state.flags):
        return [], on_order
    listed = (p for p in order.order.Payments or () if p.PaymentRef and p.PaymentRef == payment.PaymentRef)
    standing = next(listed, None)
    if standing is not None and standing.PaidAmount == payment.PaidAmount:
        # The till was quicker than Swish: this is the payment it has posted, and no later document takes it back.
        taken = standing.Id in order.others.swish_paid
        return [], on_order if taken else [*on_order, PaymentCaptured(payment=standing, swish=swish_id)]
    if state.received is not None and state.received.amount == owes(order.order):
        return [], [*on_order, PaymentCaptured(payment=payment, swish=swish_id)]
    return [SwishFlagged(flag=DUPLICATE if order.order.PaymentStatus == PAID else MISMATCH)], on_order


def _payment(state: SwishState, swish_id: str, type_id: int) -> Payment:
    received = state.received or SwishStatusReceived(kind=PAYMENT, status="")
    assert state.order_id is not None, "only a tied payment is settled"
    return Payment(
        Id=uuid5(NAMESPACE_URL, f"swish:{swish_id}"),
        OrderId=state.order_id,
        TypeId=type_id,
        PaidAmount=received.amount or Decimal(0),
        PaymentDate=received.date_paid or NO_TIME,
        PaymentRef=received.payment_reference,
    )


def shown_on_order(state: SwishState, swish_id: str, sent: Iterable[SwishPayment] = ()) -> SwishPayment:
    """The order's `SwishPayment`: the vendor's record with the callbacks' newest state; what neither brought (a token
    above all) as the order's own documents `sent` it.
    """
    record = None
    for said in (*(one for one in sent if record_stream(one) == f"swish-{swish_id}"), state.record):
        record = _merged(record, said) if said is not None else record
    record = record or SwishPayment(Id=uuid5(NAMESPACE_URL, f"swish-record:{swish_id}"))
    shown = msgspec.structs.replace(record, OrderId=state.order_id, SwishId=record.SwishId or swish_id)
    if state.status is not None:
        shown.SwishPaymentStatus = shown.SwishResponse = state.status
        reference = state.received.payment_reference if state.received else None
        shown.SwishPaymentId = shown.SwishPaymentId or reference
    return shown


def evolve(state: SwishState, recorded: Recorded) -> SwishState:
    """The state after one more event."""
    event = recorded.event
    changes: dict[str, Any] = {"version": recorded.version, "position": recorded.position}
    if recorded.fingerprint is not None:
        changes["documents"] = {**state.documents, recorded.fingerprint: recorded.position}
    match event:
        case SwishRecorded():
            changes["record"] = _merged(state.record, event.record)
            changes["callback_identifier"] = event.callback_identifier or state.callback_identifier
        case SwishStatusReceived() if not state.is_final and not _is_older(state, event):
            changes |= {"kind": event.kind, "status": event.status, "received": event}
        case SwishStatusReceived():
            pass
        case SwishTied():
            flags = tuple(flag for flag in state.flags if flag != ORPHAN)
            changes |= {"order_id": event.order_id, "flags": flags}
        case SwishFlagged():
            changes["flags"] = (*state.flags, event.flag)
        case _:
            raise AssertionError(f"{type(event).__name__} is no event of a Swish stream")
    return msgspec.structs.replace(state, **changes)


def _is_older(state: SwishState, event: SwishStatusReceived) -> bool:
    return event.status in _STEP and _STEP[event.status] < _STEP.get(state.status or "", 0)


def _merged(before: SwishPayment | None, record: SwishPayment) -> SwishPayment:
    """The newer record; what it leaves empty (a token above all) stays."""
    if before is None:
        return record
    kept = {
        name: getattr(before, name)
        for name in record.__struct_fields__
        if name != "extra" and getattr(record, name) is None
    }
    return msgspec.structs.replace(record, **kept)
