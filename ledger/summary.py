"""An event by itself in words: one short line for whoever follows the log, without what came before it. Pure.

What an event changed is told by `words.changes`, which has to know the stream up to it. Nothing personal is said here.
"""

from __future__ import annotations

from ledger.events import (
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
from ledger.order_words import receipt_name, tendered
from ledger.records import Order
from ledger.till_records import TerminalStatusLog
from ledger.wording import clipped, kronor, plain, status
from ledger.words import FLAGS, drawer_entry, invoice_saved

_REPORTS = {0: "X report", 1: "Z report"}


def summary(event: Event) -> str:
    """One line."""
    match event:
        case OrderDrafted() | OrderFinalised() | OrderAmended() | OrderClosed():
            return _order(event.order)
        case DrawerEntryLogged() | DrawerEntryCorrected():
            return drawer_entry(event.entry)
        case InvoiceSaved():
            return invoice_saved(event.invoice)
        case TerminalReported():
            return _health(event.log)
        case ReportReceived():
            return _report(event.log)
        case OutletSet():
            return f"{clipped(event.name)}, {event.zone}, day starts at {event.day_starts}.00"
        case CustomerErased():
            return "forgotten for good"
    return _money(event) or _number(event) or _swish(event)


def _order(order: Order) -> str:
    lines = len(order.OrderLines or ())
    training = ", training" if order.TrainingMode else ""
    return f"{status(order.Status)}: {lines} line{'' if lines == 1 else 's'}, {kronor(order.OrderTotal)}{training}"


def _money(event: Event) -> str:
    match event:
        case PaymentCaptured():
            return tendered(event.payment)
        case PaymentVoided():
            return "payment taken back"
        case ReceiptIssued():
            return f"{receipt_name(event.receipt)} issued"
    return ""


def _number(event: Event) -> str:
    match event:
        case OrderNumbered():
            numbers = [str(number) for number in (event.order_int_id, event.order_no_of_day) if number]
            return f"numbered {', '.join(numbers)}" if numbers else "numbered"
        case OrderStatusChanged():
            return status(event.status)
        case OrderExternalIdAssigned():
            return f"external id {clipped(event.external_id)}"
        case OrderInvoiced():
            return f"put on invoice {event.invoice_id}"
        case OrderUninvoiced():
            return f"taken off invoice {event.invoice_id}"
        case OrderInvoiceSynced():
            return "taken over by the bookkeeping"
    return ""


def _swish(event: Event) -> str:
    match event:
        case OrderSwishChanged():
            return f"Swish payment {clipped(str(event.swish_payment.SwishPaymentStatus or 'known'))}"
        case SwishRecorded():
            return "recorded by the client"
        case SwishStatusReceived():
            amount = f": {plain(event.amount)} {clipped(event.currency or 'SEK')}" if event.amount is not None else ""
            return f"{event.kind} {clipped(event.status) or 'without a status'}{amount}"
        case SwishTied():
            return f"tied to order {event.order_id}"
        case SwishFlagged():
            return FLAGS.get(event.flag, f"flagged: {clipped(event.flag)}")
    return ""


def _health(log: TerminalStatusLog) -> str:
    charging = ", charging" if log.IsCharging else ""
    return f"terminal {log.TerminalId}: battery {plain(log.BatteryLevel)} %{charging}"


def _report(log: TerminalStatusLog) -> str:
    report = log.Report
    if report is None:
        return "report"
    name = _REPORTS.get(report.ReportType, f"report of type {report.ReportType}")
    return f"{name} {report.ReportNumber} of terminal {log.TerminalId}"
