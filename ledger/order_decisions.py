"""What an order may become: the deciders of its stream. Pure; rules from the wire contract, section 3.

Each takes the state and what is asked, and gives the events that follow or raises `Refused`; none knows a clock, a
database or another stream. A retry is answered by `order.known` before any of them is asked.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from uuid import UUID

from ledger.errors import Refused
from ledger.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderExternalIdAssigned,
    OrderFinalised,
    OrderInvoiced,
    OrderInvoiceSynced,
    OrderStatusChanged,
    OrderUninvoiced,
    PaymentCaptured,
    PaymentVoided,
    ReceiptIssued,
)
from ledger.order import CLOSED, COMPLETED, RETURNED, VOID, OrderState, is_return
from ledger.records import ExternalInformation, Order, Payment, Receipt


def decide_draft(state: OrderState, order: Order, expected: int | None) -> list[Event]:
    """An order in progress. Refused: a closed status in it, a closed or finalised order, a stale `If-Match`."""
    if order.Status in CLOSED:
        raise Refused(f"Status {order.Status} closes an order; send it to PostOrder", [("$.Status", "is closed")])
    if state.order is not None and not state.is_open:
        what = "finalised" if state.sale else "closed"
        raise Refused(f"order {order.Id} is {what} (Status {state.order.Status}) and cannot be drafted again")
    check_expected(state.version, expected)
    return [OrderDrafted(order=order)]


def decide_document(state: OrderState, order: Order, expected: int | None, bare: Order | None = None) -> list[Event]:
    """A document for PostOrder: a draft while its status is open, else the sale, an amendment or the cancellation.

    `bare` is the order without payments and receipts, if it was made already.
    """
    if order.Status not in CLOSED:
        return decide_draft(state, order, expected)
    check_expected(state.version, expected)
    if bare is None:
        bare = copy.copy(order)
        bare.Payments = bare.Receipts = None
    head: Event
    if state.sale:
        head = OrderAmended(order=bare)
    elif order.Status in VOID:
        head = OrderClosed(order=bare)
    else:
        head = OrderFinalised(order=bare)
    return [head, *_payments(state, order.Payments), *_receipts(state, order.Receipts)]


def _payments(state: OrderState, sent: Sequence[Payment] | None) -> Iterable[Event]:
    """The difference between the payments the till lists and those captured; what Swish brought is not the till's."""
    before = state.order.Payments or [] if state.order else []
    swish = [payment for payment in before if payment.Id in state.others.swish_paid]
    ids = {payment.Id for payment in swish}
    references = {payment.PaymentRef for payment in swish if payment.PaymentRef}
    listed = before if sent is None else sent
    wanted = {p.Id: p for p in listed if p.Id not in ids and p.PaymentRef not in references}
    captured = {p.Id: p for p in before if p.Id not in ids} if state.captured else {}
    for id_, payment in wanted.items():
        if captured.get(id_) != payment:
            yield PaymentCaptured(payment=payment)
    for id_ in captured.keys() - wanted.keys():
        yield PaymentVoided(payment_id=id_)


def _receipts(state: OrderState, sent: Sequence[Receipt] | None) -> Iterable[Event]:
    """New and changed receipts. One that was issued stays: the control unit has signed it."""
    before = state.order.Receipts or [] if state.order else []
    issued = {receipt.ReceiptId: receipt for receipt in before} if state.captured else {}
    for receipt in before if sent is None else sent:
        if issued.get(receipt.ReceiptId) != receipt:
            yield ReceiptIssued(receipt=receipt)


def decide_status(state: OrderState, order_id: UUID, status: int) -> list[Event]:
    """Moves an order to any known status; nothing when it has it. Refused: unknown order.

    Where that makes a sale of a draft, what the draft says was paid and printed has happened.
    """
    if existing(state, order_id, "orderId").Status == status:
        return []
    events: list[Event] = [OrderStatusChanged(status=status)]
    if status in (COMPLETED, RETURNED) and not state.captured:
        events += [*_payments(state, None), *_receipts(state, None)]
    return events


def decide_external_id(state: OrderState, sent: ExternalInformation, *, of_return: bool) -> list[Event]:
    """An integrator's reference. Refused: unknown order, no reference, or (`of_return`) an order that is no return."""
    order = existing(state, sent.Id)
    if not sent.ExternalID or not sent.ExternalID.strip():
        raise Refused("ExternalID is empty", [("$.ExternalID", "must not be empty")])
    if of_return and not is_return(order.Status, order.Type, state.sale):
        raise Refused(f"order {sent.Id} is no return order", [("$.Id", "is no return order")])
    return [OrderExternalIdAssigned(external_id=sent.ExternalID, fn_response=sent.FnResponse, wc_id=sent.WC_ID)]


def decide_synced(state: OrderState, sent: ExternalInformation) -> list[Event]:
    """Marks the order's invoice as taken over; nothing when it is and the reference is the same."""
    order = existing(state, sent.Id)
    external_id = sent.ExternalID or None
    if order.IsVismaInvoiceGenerated and external_id in (None, order.ExternalID):
        return []
    return [OrderInvoiceSynced(external_id=external_id)]


def decide_invoiced(state: OrderState, invoice_id: UUID, customer_id: UUID) -> list[Event]:
    """Links the order to an invoice, and gives it the invoice's customer where it has none."""
    assert state.order is not None, "the invoice's decider has asked for it"
    gives = customer_id if customer_id.int and not state.order.CustomerId.int else None
    if state.others.invoice_id == invoice_id and gives is None:
        return []
    return [OrderInvoiced(invoice_id=invoice_id, customer_id=gives)]


def decide_uninvoiced(state: OrderState, invoice_id: UUID) -> list[Event]:
    """Unlinks the order, unless another invoice holds it by now."""
    return [OrderUninvoiced(invoice_id=invoice_id)] if state.others.invoice_id == invoice_id else []


def existing(state: OrderState, order_id: UUID, path: str = "$.Id") -> Order:
    """The order as it stands; `path` is where it was named. Refused: there is none."""
    if state.order is None:
        raise Refused(f"order {order_id} is unknown", [(path, f"order {order_id} is unknown")])
    return state.order


def check_expected(version: int, expected: int | None) -> None:
    """Refused when the client changed an older version than the one there is (If-Match)."""
    if expected is not None and expected != version:
        raise Refused(f"the order is at version {version}, not {expected}: read it again and repeat the change")
