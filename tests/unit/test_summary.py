"""Every event has a line of its own, and none says anything personal."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from ledger.events import (
    STORED,
    CustomerErased,
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
    OutletSet,
    PaymentCaptured,
    PaymentVoided,
    ReceiptIssued,
    ReportReceived,
    SwishFlagged,
    SwishRecorded,
    SwishStatusReceived,
    SwishTied,
    TerminalReported,
)
from ledger.records import Customer, CustomerInvoice, Order, OrderLine, Payment, Receipt, SwishPayment
from ledger.summary import summary
from ledger.till_records import CashDrawerLog, Report, TerminalStatusLog

ID = UUID(int=7)
D = Decimal
SECRET = "Greta Garbo"
LINE = OrderLine(Id=ID, ItemId=ID, Quantity=D(2), ItemComments=SECRET)
ORDER = Order(
    Id=ID, Status=13, OrderTotal=D("98.5"), OrderLines=[LINE], Comments=SECRET, Customer=Customer(Id=ID, Name=SECRET)
)
DRAFT = Order(Id=ID, Status=1, OrderLines=[LINE, LINE], TrainingMode=True)
ENTRY = CashDrawerLog(Id=ID, ActivityType=4, Amount=D(500))
INVOICE = CustomerInvoice(Id=ID, InvoiceNumber=1001, InvoiceTotal=D(98), CustomerName=SECRET, OrdersGuid=[ID, ID])
LOG = TerminalStatusLog(Id=ID, TerminalId=ID, BatteryLevel=D(87), IsCharging=True)
Z = TerminalStatusLog(Id=ID, TerminalId=ID, Report=Report(ReportType=1, ReportNumber=12))
PAYMENT = Payment(Id=ID, PaidAmount=D(98), TypeId=4, PayerRef=SECRET)

SAID: list[tuple[Event, str]] = [
    (OrderDrafted(order=DRAFT), "Pending: 2 lines, 0.00 kr, training"),
    (OrderFinalised(order=ORDER), "Completed: 1 line, 98.50 kr"),
    (OrderAmended(order=ORDER), "Completed: 1 line, 98.50 kr"),
    (OrderClosed(order=Order(Id=ID, Status=14)), "Cancelled: 0 lines, 0.00 kr"),
    (OrderNumbered(order_int_id=17, order_no_of_day="20261123-4"), "numbered 17, 20261123-4"),
    (OrderNumbered(order_int_id=17), "numbered 17"),
    (OrderStatusChanged(status=10), "served"),
    (OrderExternalIdAssigned(external_id="V-1"), "external id V-1"),
    (OrderInvoiced(invoice_id=ID), f"put on invoice {ID}"),
    (OrderUninvoiced(invoice_id=ID), f"taken off invoice {ID}"),
    (OrderInvoiceSynced(), "taken over by the bookkeeping"),
    (OrderSwishChanged(swish_payment=SwishPayment(Id=ID, SwishPaymentStatus="PAID")), "Swish payment PAID"),
    (PaymentCaptured(payment=PAYMENT), "paid 98.00 kr by card"),
    (PaymentVoided(payment_id=ID), "payment taken back"),
    (ReceiptIssued(receipt=Receipt(ReceiptId=ID, ReceiptNumber=1017)), "receipt 1017 issued"),
    (DrawerEntryLogged(entry=ENTRY), "cash drop: 500.00 kr"),
    (DrawerEntryCorrected(entry=ENTRY), "cash drop: 500.00 kr"),
    (InvoiceSaved(invoice=INVOICE), "invoice 1001 over 98.00 kr for 2 orders"),
    (TerminalReported(log=LOG), f"terminal {ID}: battery 87 %, charging"),
    (ReportReceived(log=Z), f"Z report 12 of terminal {ID}"),
    (SwishRecorded(record=SwishPayment(Id=ID, SwishResponse=SECRET)), "recorded by the client"),
    (
        SwishStatusReceived(kind="payment", status="PAID", amount=D("98.50"), message=SECRET, payer_alias=SECRET),
        "payment PAID: 98.5 SEK",
    ),
    (SwishTied(order_id=ID), f"tied to order {ID}"),
    (SwishFlagged(flag="duplicate_payment"), "the order was paid already"),
    (OutletSet(outlet_id=ID, name="Kafé", zone="Asia/Tokyo", day_starts=5), "Kafé, Asia/Tokyo, day starts at 5.00"),
    (CustomerErased(customer_id=ID), "forgotten for good"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "said"), SAID, ids=[type(event).__name__ for event, _ in SAID])
def test_an_event_in_a_line(event: Event, said: str) -> None:
    assert summary(event) == said


def test_no_event_is_left_out() -> None:
    assert {type(event) for event, _ in SAID} == set(STORED.values())
