"""What an event changed, in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import document, order, swish
from ledger.document import DocumentState
from ledger.events import (
    STORED,
    DrawerEntryCorrected,
    DrawerEntryLogged,
    Event,
    InvoiceSaved,
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
    Recorded,
    SwishFlagged,
    SwishRecorded,
    SwishStatusReceived,
    SwishTied,
)
from ledger.order import OrderState
from ledger.records import SwishPayment
from ledger.swish import SwishState
from ledger.words import changes
from tests.unit import rich
from tests.unit.given import a_line, a_payment, a_receipt, an_order, number

D = Decimal
LATTE: dict[str, Any] = {"ItemDescription": "Latte", "Quantity": D(2)}


def told(state: Any, evolve: Any, *events: Event) -> list[list[str]]:
    """What each of a stream's events changed."""
    found = []
    for version, event in enumerate(events, state.version + 1):
        after = evolve(state, Recorded(version, "stream", version, 0, 0, event))
        found.append(changes(state, event, after))
        state = after
    return found


def of_order(*events: Event) -> list[list[str]]:
    """What each event changed of an order."""
    return told(OrderState(), order.evolve, *events)


def test_a_sale_from_its_first_draft_on() -> None:
    draft = an_order(OrderLines=[a_line(1, 49, **LATTE)], OrderTotal=D(98))
    more = an_order(OrderLines=[a_line(1, 45, **LATTE | {"Quantity": D("1.5")}), a_line(2)], OrderTotal=D("117.5"))
    sold = an_order(13, OrderLines=[a_line(2)], OrderTotal=D(50), PaymentStatus=1, Payments=None, Receipts=None)
    assert of_order(
        OrderDrafted(order=draft), OrderDrafted(order=draft), OrderDrafted(order=more), OrderFinalised(order=sold),
        PaymentCaptured(payment=a_payment(5, 20, CashCollected=D(100))), PaymentCaptured(payment=a_payment(6, 30)),
        ReceiptIssued(receipt=a_receipt(7, 1042)), PaymentCaptured(payment=a_payment(6, 31)),
        PaymentVoided(payment_id=number(5)), OrderStatusChanged(status=10), OrderStatusChanged(status=14),
    ) == [
        ["order begun", "2 × Latte added", "total from 0.00 kr to 98.00 kr",
         "Status from New to assigned to kitchen/bar"],
        ["drafted again, with nothing changed"],
        ["Latte: quantity from 2 to 1.5", "Latte: price from 49.00 kr to 45.00 kr",
         "1 × item 00000000-0000-0000-0000-000000000007 added", "total from 98.00 kr to 117.50 kr"],
        ["1.5 × Latte removed", "total from 117.50 kr to 50.00 kr", "Status from assigned to kitchen/bar to Completed",
         "payment status from not yet paid to paid", "counts as a sale"],
        ["paid 20.00 kr in cash"],
        ["paid 30.00 kr in cash"],
        ["receipt 1042 issued"],
        ["payment of 30.00 kr in cash: paid amount from 30.00 kr to 31.00 kr"],
        ["payment of 20.00 kr in cash taken back"],
        ["Status from Completed to served"],
        ["Status from served to Cancelled", "no longer counts"],
    ]  # fmt: skip


def test_what_others_do_to_an_order() -> None:
    paid, by_swish = SwishPayment(Id=number(9), SwishPaymentStatus="PAID"), a_payment()
    by_swish.TypeId = 10
    first, *found = of_order(
        OrderFinalised(order=an_order(13, IsOnlineOrder=True)), OrderNumbered(order_int_id=7, order_no_of_day="A-7"),
        OrderExternalIdAssigned(external_id="F-17"), OrderInvoiced(invoice_id=number(3), customer_id=number(4)),
        OrderUninvoiced(invoice_id=number(3)), OrderInvoiceSynced(external_id="F-18"), OrderInvoiceSynced(),
        OrderSwishChanged(swish_payment=paid), PaymentCaptured(payment=by_swish, swish="AB"),
        OrderAmended(order=an_order(13, IsOnlineOrder=True)),
    )  # fmt: skip
    assert first[0] == "order finished"
    assert found == [
        ["number of the day assigned: A-7", "number assigned: 7"],
        ["external id assigned: F-17"],
        [f"customer id: {number(4)}", f"put on invoice: {number(3)}"],
        [f"invoice removed: {number(3)}"],
        ["external id from F-17 to F-18", "taken over by the bookkeeping: yes"],
        ["taken over by the bookkeeping again"],
        ["Swish payment PAID"],
        ["paid 50.00 kr by Swish", "payment status from not yet paid to paid"],
        ["amended, with nothing changed"],
    ]


def test_a_drafts_payment_is_not_taken_back_when_the_order_is_finished() -> None:
    draft = an_order(Payments=[a_payment()])
    assert of_order(OrderDrafted(order=draft), OrderFinalised(order=an_order(13)))[1] == [
        "the draft's payments and receipts give way to those that follow",
        "Status from assigned to kitchen/bar to Completed",
        "counts as a sale",
    ]


def test_what_a_draft_said_is_told_again_when_a_status_makes_a_sale_of_it() -> None:
    draft = an_order(Payments=[a_payment()], Receipts=[a_receipt(7, 1042)])
    assert of_order(
        OrderDrafted(order=draft), OrderStatusChanged(status=13), PaymentCaptured(payment=a_payment()),
        ReceiptIssued(receipt=a_receipt(7, 1042)),
    )[1:] == [
        ["Status from assigned to kitchen/bar to Completed", "counts as a sale"],
        ["paid 50.00 kr in cash"],
        ["receipt 1042 issued"],
    ]  # fmt: skip


def test_lines_without_ids_and_in_another_order() -> None:
    one, other = a_line(0, ItemDescription="Bulle"), a_line(0, ItemDescription="Te")
    drafts = [OrderDrafted(order=an_order(OrderLines=lines)) for lines in ([one, one], [one, other], [other, one])]
    assert of_order(*drafts)[1:] == [["1 × Te added", "1 × Bulle removed"], ["lines in another order"]]


def test_drawers_and_invoices() -> None:
    entry, invoice = rich.a_drawer_entry(), rich.an_invoice()
    corrected = msgspec.structs.replace(entry, Amount=D(500), ActivityType=9)
    assert told(
        DocumentState(), document.evolve, DrawerEntryLogged(entry=entry), DrawerEntryCorrected(entry=corrected)
    ) == [
        ["cash drop: -500.50 kr"],
        ["activity type from cash drop to banked", "amount from -500.50 kr to 500.00 kr"],
    ]
    other = msgspec.structs.replace(invoice, OrdersGuid=[number(2), number(5)], CustomerName="Nobody", City=None)
    assert told(DocumentState(), document.evolve, InvoiceSaved(invoice=invoice), InvoiceSaved(invoice=other)) == [
        ["invoice 5000000001 over 149.70 kr for 2 orders"],
        [f"order {number(5)} put on the invoice", f"order {number(1)} taken off the invoice", "customer name changed",
         "city removed"],
    ]  # fmt: skip


def test_a_swish_payment() -> None:
    paid = SwishStatusReceived(kind="payment", status="PAID", amount=D("98"), currency="SEK")
    late = SwishStatusReceived(kind="payment", status="CREATED")
    record = SwishPayment(Id=number(1), SwishToken="secret")
    assert told(
        SwishState(), swish.evolve, SwishRecorded(record=SwishPayment(Id=number(1))), SwishRecorded(record=record),
        SwishRecorded(record=record), SwishFlagged(flag="orphan"), SwishTied(order_id=number(2)), paid, late,
        SwishFlagged(flag="after_final"),
    ) == [
        ["recorded by the client"], ["swish token added"], ["recorded again by the client, with nothing new"],
        ["no order was found for it"], [f"tied to order {number(2)}"], ["Swish says PAID: 98.00 kr"],
        ["Swish says CREATED, which changes nothing: PAID stands"], ["Swish called again after its final word"],
    ]  # fmt: skip


ORDERS = rich.thinned(rich.an_order())
EVENTS: st.SearchStrategy[Event] = st.one_of(
    *(st.builds(kind, order=ORDERS) for kind in (OrderDrafted, OrderFinalised, OrderAmended, OrderClosed)),
    st.builds(OrderStatusChanged, status=st.sampled_from([0, 3, 13, 14, 15, 99])),
    st.builds(PaymentCaptured, payment=rich.thinned(rich.a_payment()), swish=st.sampled_from([None, "AB"])),
    st.builds(ReceiptIssued, receipt=rich.thinned(rich.a_receipt())),
    st.builds(OrderSwishChanged, swish_payment=rich.thinned(rich.a_swish_payment())),
    st.sampled_from([
        OrderNumbered(order_int_id=3), OrderNumbered(), OrderExternalIdAssigned(external_id="F-17", wc_id=0),
        OrderInvoiced(invoice_id=number(1)), OrderUninvoiced(invoice_id=number(1)), OrderInvoiceSynced(),
        PaymentVoided(payment_id=number(200)),
    ]),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.builds(OrderDrafted, order=ORDERS), st.lists(EVENTS, max_size=6))
def test_every_event_of_an_order_has_words_and_none_is_personal(first: Event, events: list[Event]) -> None:
    for sentences in of_order(first, *events):
        assert sentences and all(sentences)
        assert rich.SECRET not in "".join(sentences)


@settings(max_examples=40, deadline=None)
@given(st.lists(rich.thinned(rich.an_invoice()), min_size=1), st.lists(rich.thinned(rich.a_drawer_entry()), min_size=1))
def test_every_document_has_words(invoices: list[Any], entries: list[Any]) -> None:
    of_invoice = told(DocumentState(), document.evolve, *(InvoiceSaved(invoice=one) for one in invoices))
    of_entry = told(DocumentState(), document.evolve, *(DrawerEntryCorrected(entry=one) for one in entries))
    for sentences in of_invoice + of_entry:
        assert sentences and all(sentences)
        assert rich.SECRET not in "".join(sentences)


@pytest.mark.parametrize("kind", STORED.values())
def test_an_event_where_it_does_not_belong_does_no_harm(kind: type[Event]) -> None:
    event = msgspec.convert({}, kind) if not any(f.required for f in msgspec.structs.fields(kind)) else OrderNumbered()
    rich_states: list[Any] = [
        OrderState(),
        DocumentState(),
        SwishState(),
        OrderState(order=rich.an_order(), sale="sale", captured=True),
        DocumentState(document=rich.a_terminal_log()),
        DocumentState(document=rich.an_invoice()),
        SwishState(record=rich.a_swish_payment(), status="PAID"),
    ]
    for before in rich_states:
        for after in rich_states:
            assert all(changes(before, event, after))
