"""An order's life: from drafts over its sale to its amendments. Pure; rules from the wire contract, section 3.

What an order is after its events, and what follows from that alone. What it may become is in `order_decisions.py`; a
retry is answered by `known` before that is asked.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from ledger.amounts import EXACT
from ledger.customer import Document, is_document, named_by
from ledger.events import (
    Event,
    OrderDrafted,
    OrderExternalIdAssigned,
    OrderInvoiced,
    OrderInvoiceSynced,
    OrderNumbered,
    OrderStatusChanged,
    OrderSwishChanged,
    OrderUninvoiced,
    PaymentCaptured,
    PaymentVoided,
    ReceiptIssued,
    Recorded,
)
from ledger.records import Order, Payment, SwishPayment
from ledger.retries import Earlier, never, taken

NEW, COMPLETED, CANCELLED, RETURNED, DELETED, REJECTED, REJECTED_SEEN = 0, 13, 14, 15, 16, 20, 21
VOID = frozenset({CANCELLED, DELETED, REJECTED, REJECTED_SEEN})
CLOSED = VOID | {COMPLETED, RETURNED}
RETURN_TYPES = frozenset({4, 5})
PAID = 1

Sale = Literal["", "sale", "return"]


class Others(msgspec.Struct, frozen=True, omit_defaults=True):
    """What others than the till set on an order: no later document of the till erases it."""

    order_int_id: int | None = None
    order_no_of_day: str | None = None
    external_id: str | None = None
    fn_response: str | None = None
    wc_id: int | None = None
    synced: bool = False
    invoice_id: UUID | None = None
    customer_id: UUID | None = None
    swish_payment: SwishPayment | None = None
    # Ids of the payments that Swish brought.
    swish_paid: tuple[UUID, ...] = ()


_NOTHING = Others()


class OrderState(msgspec.Struct, frozen=True):
    """An order as it stands. `sale` is set while it counts; `captured` once its payments are events of their own."""

    order: Order | None = None
    version: int = 0
    position: int = 0
    sale: Sale = ""
    captured: bool = False
    others: Others = _NOTHING
    # Every customer it was ever said to be of.
    owners: frozenset[UUID] = frozenset()
    # What its documents said of Swish payments, oldest first: callbacks bring no token (`swish.shown_on_order`).
    swish_sent: tuple[SwishPayment, ...] = ()
    # Every document this order ever had, by fingerprint, with the position it was answered with.
    documents: dict[str, int] = {}
    draft: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may still be drafted."""
        return self.order is None or (not self.sale and self.order.Status not in CLOSED)


def stream_of(order_id: UUID) -> str:
    """The name of an order's stream."""
    return f"order-{order_id}"


def known(state: OrderState, fingerprint: str, earlier: Earlier = never, *, draft: bool = False) -> int | None:
    """The position at which this very document was taken, if it was (contract, Idempotence); `earlier` see `retries`.

    A draft of an open order is compared with its current draft only: a guest may put back what he took off.
    """
    if draft and state.is_open and fingerprint != state.draft:
        return state.documents[state.draft] if state.draft is not None and state.draft in earlier() else None
    return taken(state.documents, fingerprint, earlier)


def owes(order: Order) -> Decimal:
    """What is left to pay, kronor: OrderTotal + RoundedAmount - the payments by their direction (section 5)."""
    left = EXACT.add(order.OrderTotal, order.RoundedAmount)
    for payment in order.Payments or ():
        left = EXACT.subtract(left, EXACT.multiply(Decimal(payment.Direction), payment.PaidAmount))
    return left


def is_return(status: int, type_: int, sale: Sale) -> bool:
    """A return order: Status 15, or Completed with Type 4 or 5; it stays one while it counts."""
    return sale == "return" or status == RETURNED or (status == COMPLETED and type_ in RETURN_TYPES)


def is_cart(order: Order) -> bool:
    """A web order that is new and unpaid: kept, not counted, not listed."""
    return order.IsOnlineOrder and order.Status == NEW and order.PaymentStatus != PAID and not order.Payments


def references(order: Order) -> list[tuple[str, str]]:
    """What a Swish payment may name this order by, as (kind, value), beside its id."""
    found = (
        ("invoice-number", order.InvoiceNumber),
        ("order-no-of-day", order.OrderNoOfDay),
        ("order-int-id", str(order.OrderIntID) if order.OrderIntID else None),
    )
    return [(kind, value) for kind, value in found if value]


def evolve(state: OrderState, recorded: Recorded) -> OrderState:
    """The state after one more event."""
    return evolve_all(state, (recorded,))


def evolve_all(state: OrderState, events: Sequence[Recorded]) -> OrderState:
    """The state after some more events, at least one: as `evolve` one after the other, with one copy of the order."""
    order, sale, captured, others = state.order, state.sale, state.captured, state.others
    owners, draft = state.owners, state.draft
    taken = {recorded.fingerprint: recorded.position for recorded in events if recorded.fingerprint is not None}
    swish_sent = state.swish_sent
    for number, recorded in enumerate(events):
        event = recorded.event
        if recorded.fingerprint is not None and type(event) is OrderDrafted:
            draft = recorded.fingerprint
        if is_document(event):
            order, captured = _with_document(order, captured, others, event)
            sale = sale_after(sale, order.Status, order.Type)
            sent = event.order.SwishPayment
            if sent is not None and sent not in swish_sent:
                swish_sent = (*swish_sent, sent)
        else:
            assert order is not None, "the first event of an order's stream is a document"
            if number == 0:
                order = copy.copy(order)
            sale, others = _change(order, sale, others, event)
            captured = captured or _is_of_a_sale(event)
        order.Version = recorded.version
        named = named_by(event)
        if named.int and named not in owners:
            owners = owners | {named}
    return OrderState(
        order=order,
        version=recorded.version,
        position=recorded.position,
        sale=sale,
        captured=captured,
        others=others,
        owners=owners,
        swish_sent=swish_sent,
        documents=state.documents | taken if taken else state.documents,
        draft=draft,
    )


def _change(order: Order, sale: Sale, others: Others, event: Event) -> tuple[Sale, Others]:
    """Changes the order by an event that is no document: whether it counts then, and what others have set."""
    # By type: `isinstance` on msgspec's structs is a call in Python, and there are many events.
    if type(event) is PaymentCaptured:
        order.Payments = [*(p for p in order.Payments or () if p.Id != event.payment.Id), event.payment]
        if event.swish is not None:
            others = msgspec.structs.replace(others, swish_paid=(*others.swish_paid, event.payment.Id))
    elif type(event) is ReceiptIssued:
        kept = (r for r in order.Receipts or () if r.ReceiptId != event.receipt.ReceiptId)
        order.Receipts = [*kept, event.receipt]
    elif type(event) is OrderStatusChanged:
        order.Status = event.status
        sale = sale_after(sale, order.Status, order.Type)
    elif type(event) is PaymentVoided:
        order.Payments = [p for p in order.Payments or () if p.Id != event.payment_id]
    else:
        others = _others_after(others, event)
        if type(event) is OrderUninvoiced:
            order.CustomerInvoiceId = None
    _overlay(order, others)
    return sale, others


def _is_of_a_sale(event: Event) -> bool:
    """A till's payment or a receipt: those of a draft are in its document, and only Swish pays it by an event."""
    return type(event) is ReceiptIssued or (type(event) is PaymentCaptured and event.swish is None)


def _with_document(before: Order | None, captured: bool, others: Others, event: Document) -> tuple[Order, bool]:
    """The order as another document has it, and whether its payments and receipts are events of their own."""
    order = copy.copy(event.order)
    draft = type(event) is OrderDrafted
    payments = before.Payments or [] if before else []
    receipts = before.Receipts or [] if before else []
    from_swish = [payment for payment in payments if payment.Id in others.swish_paid]
    if draft:
        if order.Payments is not None:
            payments = [*from_swish, *_not_in(order.Payments, from_swish)]
        receipts = receipts if order.Receipts is None else order.Receipts
    elif not captured:
        payments, receipts = from_swish, []
    order.Payments, order.Receipts = payments, receipts
    order.OrderLines = order.OrderLines or []
    if before is not None and (order.IsOnlineOrder or before.IsOnlineOrder):
        # A number that was sent once is kept like one that was drawn, also when a later document brings none.
        order.OrderIntID = order.OrderIntID or before.OrderIntID
        order.OrderNoOfDay = order.OrderNoOfDay or before.OrderNoOfDay
    _overlay(order, others)
    return order, not draft


def _not_in(payments: Iterable[Payment], from_swish: Sequence[Payment]) -> list[Payment]:
    """The payments that are not those Swish brought under another id."""
    taken = {payment.Id for payment in from_swish}
    references = {payment.PaymentRef for payment in from_swish if payment.PaymentRef}
    return [p for p in payments if p.Id not in taken and p.PaymentRef not in references]


def sale_after(sale: Sale, status: int, type_: int) -> Sale:
    """Counted once Completed or ReturnOrder, until Cancelled, Deleted or Rejected, whatever comes between."""
    if status in VOID:
        return ""
    if status == RETURNED:
        return "return"
    if status == COMPLETED:
        return "return" if type_ in RETURN_TYPES else "sale"
    return sale


def _others_after(others: Others, event: Event) -> Others:
    match event:
        case OrderNumbered():
            return msgspec.structs.replace(
                others,
                order_int_id=event.order_int_id or others.order_int_id,
                order_no_of_day=event.order_no_of_day or others.order_no_of_day,
            )
        case OrderExternalIdAssigned():
            return msgspec.structs.replace(
                others,
                external_id=event.external_id,
                fn_response=others.fn_response if event.fn_response is None else event.fn_response,
                wc_id=others.wc_id if event.wc_id is None else event.wc_id,
            )
        case OrderInvoiced():
            customer = event.customer_id or others.customer_id
            return msgspec.structs.replace(others, invoice_id=event.invoice_id, customer_id=customer)
        case OrderUninvoiced():
            return msgspec.structs.replace(others, invoice_id=None)
        case OrderInvoiceSynced():
            external_id = event.external_id or others.external_id
            return msgspec.structs.replace(others, synced=True, external_id=external_id)
        case OrderSwishChanged():
            return msgspec.structs.replace(others, swish_payment=event.swish_payment)
    raise AssertionError(f"{type(event).__name__} is no event of an order")


def _overlay(order: Order, others: Others) -> None:
    """Puts what others have set onto a document; a number, customer or status that the document brings stays."""
    if others is _NOTHING:
        return
    order.OrderIntID = others.order_int_id or order.OrderIntID
    order.OrderNoOfDay = others.order_no_of_day or order.OrderNoOfDay
    order.ExternalID = others.external_id or order.ExternalID
    order.FnResponse = order.FnResponse if others.fn_response is None else others.fn_response
    order.WC_ID = order.WC_ID if others.wc_id is None else others.wc_id
    order.IsVismaInvoiceGenerated = order.IsVismaInvoiceGenerated or others.synced
    order.CustomerInvoiceId = others.invoice_id or order.CustomerInvoiceId
    if not order.CustomerId.int and others.customer_id is not None:
        order.CustomerId = others.customer_id
    order.SwishPayment = others.swish_payment or order.SwishPayment
    if others.swish_paid:
        order.PaymentStatus = PAID
