"""An order's life, told in events: drafts, the sale, amendments, returns, cancellations, and what others set."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderExternalIdAssigned,
    OrderFinalised,
    OrderInvoiced,
    OrderInvoiceSynced,
    OrderNumbered,
    OrderStatusChanged,
    OrderSwishChanged,
    OrderUninvoiced,
    PaymentCaptured,
    PaymentVoided,
    ReceiptIssued,
)
from ledger.order import CLOSED, is_cart, is_return, known, owes, references
from ledger.order_decisions import (
    decide_document,
    decide_draft,
    decide_external_id,
    decide_invoiced,
    decide_synced,
    decide_uninvoiced,
)
from ledger.records import NO_ID, ExternalInformation, Order, SwishPayment
from tests.unit.given import ORDER, a_line, a_payment, a_receipt, an_order, given, number

DRAFT = an_order()
SALE = an_order(13)
PAID = a_payment()
SIGNED = a_receipt()
SOLD = [OrderFinalised(order=SALE), PaymentCaptured(payment=PAID), ReceiptIssued(receipt=SIGNED)]
INVOICE, CUSTOMER = number(900), number(901)


def order_after(*events: Event) -> Order:
    """The order as it stands after these events."""
    found = given(events).state.order
    assert found is not None
    return found


def test_a_till_opens_an_order_and_changes_it() -> None:
    given().when(lambda state: decide_draft(state, DRAFT, None)).then(OrderDrafted(order=DRAFT))
    more = an_order(OrderLines=[a_line(), a_line(101)])
    state = (
        given([OrderDrafted(order=DRAFT)])
        .when(lambda state: decide_draft(state, more, None))
        .then(OrderDrafted(order=more))
    )
    assert state.order is not None and len(state.order.OrderLines or []) == 2
    assert (state.order.Version, state.is_open, state.sale) == (2, True, "")


def test_what_is_gone_from_the_body_is_gone_from_the_draft() -> None:
    both = an_order(OrderLines=[a_line(), a_line(101)])
    assert [line.Id for line in order_after(OrderDrafted(order=both), OrderDrafted(order=DRAFT)).OrderLines or []] == [
        number(100)
    ]


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_a_draft_cannot_close_an_order(status: int) -> None:
    given().when(lambda state: decide_draft(state, an_order(status), None)).refused("closes an order")


@pytest.mark.parametrize("status", [14, 16, 20, 21])
def test_a_closed_order_cannot_be_drafted(status: int) -> None:
    closed = given([OrderDrafted(order=DRAFT), OrderStatusChanged(status=status)])
    closed.when(lambda state: decide_draft(state, DRAFT, None)).refused("is closed")


def test_a_finalised_order_cannot_be_drafted_whatever_its_status_says_later() -> None:
    served = given([*SOLD, OrderStatusChanged(status=10)])
    served.when(lambda state: decide_draft(state, DRAFT, None)).refused("is finalised")


def test_a_cancelled_order_that_was_opened_again_can_be_drafted() -> None:
    reopened = given([*SOLD, OrderStatusChanged(status=14), OrderStatusChanged(status=0)])
    reopened.when(lambda state: decide_draft(state, DRAFT, None)).then(OrderDrafted(order=DRAFT))


def test_an_older_draft_is_refused_where_the_client_says_what_it_changed() -> None:
    twice = given([OrderDrafted(order=DRAFT), OrderDrafted(order=an_order(4))])
    twice.when(lambda state: decide_draft(state, DRAFT, 1)).refused("at version 2, not 1")
    twice.when(lambda state: decide_draft(state, DRAFT, 2)).then(OrderDrafted(order=DRAFT))
    given().when(lambda state: decide_draft(state, DRAFT, 0)).then(OrderDrafted(order=DRAFT))


def test_a_sale_brings_its_payments_and_receipts() -> None:
    sent = an_order(13, Payments=[PAID], Receipts=[SIGNED])
    state = given([OrderDrafted(order=DRAFT)]).when(lambda state: decide_document(state, sent, None)).then(*SOLD)
    assert state.sale == "sale" and state.captured and not state.is_open
    assert state.order is not None and (state.order.Payments, state.order.Receipts) == ([PAID], [SIGNED])


def test_an_open_status_is_stored_as_a_draft() -> None:
    given().when(lambda state: decide_document(state, DRAFT, None)).then(OrderDrafted(order=DRAFT))


def test_a_sale_without_payments_takes_those_of_its_draft() -> None:
    draft = an_order(Payments=[PAID])
    given([OrderDrafted(order=draft)]).when(lambda state: decide_document(state, SALE, None)).then(
        OrderFinalised(order=SALE), PaymentCaptured(payment=PAID)
    )


def test_an_amendment_moves_money_by_the_difference_only() -> None:
    more, other = a_payment(201, 30), a_payment(amount=20)
    sold = given(SOLD)
    sold.when(lambda state: decide_document(state, an_order(13, Payments=[PAID, more]), None)).then(
        OrderAmended(order=SALE), PaymentCaptured(payment=more)
    )
    state = sold.when(lambda state: decide_document(state, an_order(13, Payments=[other]), None)).then(
        OrderAmended(order=SALE), PaymentCaptured(payment=other)
    )
    assert state.order is not None and state.order.Payments == [other]
    state = sold.when(lambda state: decide_document(state, an_order(13, Payments=[]), None)).then(
        OrderAmended(order=SALE), PaymentVoided(payment_id=PAID.Id)
    )
    assert state.order is not None and state.order.Payments == []
    sold.when(lambda state: decide_document(state, SALE, None)).then(OrderAmended(order=SALE))


def test_a_receipt_that_was_issued_stays() -> None:
    second = a_receipt(301, 10018)
    state = (
        given(SOLD)
        .when(lambda state: decide_document(state, an_order(13, Receipts=[second]), None))
        .then(OrderAmended(order=SALE), ReceiptIssued(receipt=second))
    )
    assert state.order is not None and state.order.Receipts == [SIGNED, second]


def test_an_order_is_cancelled_by_a_document() -> None:
    gone = an_order(14)
    given([OrderDrafted(order=DRAFT)]).when(lambda state: decide_document(state, gone, None)).then(
        OrderClosed(order=gone)
    )
    state = given(SOLD).when(lambda state: decide_document(state, gone, None)).then(OrderAmended(order=gone))
    assert state.sale == "" and not state.is_open


def test_a_cancelled_order_can_be_sold_after_all() -> None:
    state = (
        given([OrderClosed(order=an_order(14))])
        .when(lambda state: decide_document(state, SALE, None))
        .then(OrderFinalised(order=SALE))
    )
    assert state.sale == "sale"


def test_a_retry_is_known_by_every_document_the_order_ever_had() -> None:
    first, second = an_order(13), an_order(13, OrderTotal=Decimal(60))
    state = given([OrderDrafted(order=DRAFT), OrderFinalised(order=first), OrderAmended(order=second)]).state
    assert known(state, repr(first)) == 2
    assert known(state, repr(second)) == 3
    assert known(state, repr(DRAFT), draft=True) == 1, "a late retry of a draft of an order that is closed by now"
    assert known(state, "another") is None


def test_a_guest_may_put_back_what_he_took_off() -> None:
    other = an_order(OrderLines=[])
    state = given([OrderDrafted(order=DRAFT), OrderDrafted(order=other)]).state
    assert known(state, repr(other), draft=True) == 2
    assert known(state, repr(DRAFT), draft=True) is None
    assert known(state, "read in another zone", lambda: [repr(other)], draft=True) == 2
    assert known(state, "read in another zone", lambda: [repr(DRAFT)], draft=True) is None


@pytest.mark.parametrize(
    ("status", "type_", "expected"),
    [
        (13, 0, "sale"),
        (13, 4, "return"),
        (13, 5, "return"),
        (15, 0, "return"),
        (13, 6, "sale"),
        (14, 5, ""),
        (3, 5, ""),
    ],
)
def test_a_return_is_status_15_or_a_completed_order_of_type_4_or_5(status: int, type_: int, expected: str) -> None:
    event = OrderDrafted if status == 3 else OrderFinalised
    state = given([event(order=an_order(status, Type=type_))]).state
    assert state.sale == expected
    assert is_return(status, type_, "") == (expected == "return")


def test_an_integrator_gives_its_reference() -> None:
    sent = ExternalInformation(Id=ORDER, ExternalID="V-1", FnResponse="ok")
    assigned = OrderExternalIdAssigned(external_id="V-1", fn_response="ok")
    sold = given(SOLD)
    sold.when(lambda state: decide_external_id(state, sent, of_return=False)).then(assigned)
    sold.when(lambda state: decide_external_id(state, sent, of_return=True)).refused("no return order")
    empty = ExternalInformation(Id=ORDER, ExternalID=" ")
    sold.when(lambda state: decide_external_id(state, empty, of_return=False)).refused("empty")
    given().when(lambda state: decide_external_id(state, sent, of_return=False)).refused("unknown")
    returned = given([OrderFinalised(order=an_order(15))])
    returned.when(lambda state: decide_external_id(state, sent, of_return=True)).then(assigned)


def test_the_till_never_erases_what_others_have_set() -> None:
    shown = SwishPayment(Id=number(5), SwishToken="t")
    others: list[Event] = [
        OrderExternalIdAssigned(external_id="V-1", fn_response="ok", wc_id=4),
        OrderInvoiced(invoice_id=INVOICE, customer_id=CUSTOMER),
        OrderInvoiceSynced(),
        OrderNumbered(order_int_id=7, order_no_of_day="20261123-1"),
        OrderSwishChanged(swish_payment=shown),
        PaymentCaptured(payment=a_payment(250), swish="A1"),
    ]
    for then in (
        OrderAmended(order=an_order(13, ExternalID="", IsVismaInvoiceGenerated=False)),
        OrderDrafted(order=DRAFT),
    ):
        order = order_after(*(SOLD if isinstance(then, OrderAmended) else SOLD[:1]), *others, then)
        assert (order.ExternalID, order.FnResponse, order.WC_ID) == ("V-1", "ok", 4)
        assert (order.CustomerInvoiceId, order.CustomerId, order.IsVismaInvoiceGenerated) == (INVOICE, CUSTOMER, True)
        assert (order.OrderIntID, order.OrderNoOfDay, order.SwishPayment) == (7, "20261123-1", shown)
        assert order.PaymentStatus == 1 and number(250) in [payment.Id for payment in order.Payments or []]


def test_an_invoice_links_an_order_and_gives_it_a_customer() -> None:
    linked = OrderInvoiced(invoice_id=INVOICE, customer_id=CUSTOMER)
    state = given(SOLD).when(lambda state: decide_invoiced(state, INVOICE, CUSTOMER)).then(linked)
    assert state.order is not None and (state.order.CustomerInvoiceId, state.order.CustomerId) == (INVOICE, CUSTOMER)
    given([*SOLD, linked]).when(lambda state: decide_invoiced(state, INVOICE, CUSTOMER)).then()
    own = [OrderFinalised(order=an_order(13, CustomerId=number(902)))]
    given(own).when(lambda state: decide_invoiced(state, INVOICE, CUSTOMER)).then(OrderInvoiced(invoice_id=INVOICE))
    given(SOLD).when(lambda state: decide_invoiced(state, INVOICE, NO_ID)).then(OrderInvoiced(invoice_id=INVOICE))


def test_an_invoice_that_no_longer_lists_an_order_lets_it_go() -> None:
    linked = given([*SOLD, OrderInvoiced(invoice_id=INVOICE)])
    state = linked.when(lambda state: decide_uninvoiced(state, INVOICE)).then(OrderUninvoiced(invoice_id=INVOICE))
    assert state.order is not None and state.order.CustomerInvoiceId is None
    linked.when(lambda state: decide_uninvoiced(state, number(999))).then()


def test_the_bookkeeping_takes_an_invoice_over_once() -> None:
    sent = ExternalInformation(Id=ORDER, ExternalID="B-1")
    synced = OrderInvoiceSynced(external_id="B-1")
    given(SOLD).when(lambda state: decide_synced(state, sent)).then(synced)
    given([*SOLD, synced]).when(lambda state: decide_synced(state, sent)).then()
    given([*SOLD, synced]).when(lambda state: decide_synced(state, ExternalInformation(Id=ORDER))).then()
    given().when(lambda state: decide_synced(state, sent)).refused("unknown")


def test_what_an_order_owes() -> None:
    order = an_order(RoundedAmount=Decimal("-0.17"), OrderTotal=Decimal("298.17"))
    assert owes(order) == 298
    order.Payments = [a_payment(amount=300), a_payment(201, 2, Direction=-1)]
    assert owes(order) == 0


def test_a_cart_is_a_new_web_order_without_payment() -> None:
    assert is_cart(an_order(0, IsOnlineOrder=True))
    assert not is_cart(an_order(0))
    assert not is_cart(an_order(1, IsOnlineOrder=True))
    assert not is_cart(an_order(0, IsOnlineOrder=True, PaymentStatus=1))
    assert not is_cart(an_order(0, IsOnlineOrder=True, Payments=[PAID]))


def test_the_names_a_swish_payment_may_use() -> None:
    order = an_order(InvoiceNumber="10017", OrderNoOfDay="", OrderIntID=7)
    assert references(order) == [("invoice-number", "10017"), ("order-int-id", "7")]
