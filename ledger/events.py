"""The facts. One frozen struct each, under a stored name and version of our own.

To add one: write the struct, give it a stored name in `STORED`, evolve it in its stream's module. To change one: raise
its version and add an upcaster in `codec`; what is stored is never touched. Every member has a default or is required
for ever, and defaults are part of the format (`records`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from ledger.records import CustomerInvoice, Order, Payment, Receipt, SwishPayment
from ledger.till_records import CashDrawerLog, TerminalStatusLog


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened, in the past tense."""


class OrderDrafted(Event, frozen=True, kw_only=True):
    """An order in progress, whole; it replaces the draft before."""

    order: Order


class OrderFinalised(Event, frozen=True, kw_only=True):
    """An order was completed or returned. Payments and receipts follow as events of their own."""

    order: Order


class OrderAmended(Event, frozen=True, kw_only=True):
    """Another document for an order that was finalised; payments and receipts that changed follow."""

    order: Order


class OrderClosed(Event, frozen=True, kw_only=True):
    """An order was cancelled, deleted or rejected by a document, before it was ever a sale."""

    order: Order


class OrderNumbered(Event, frozen=True, kw_only=True):
    """Numbers the ledger drew for a web order that brought none (None: it brought that one)."""

    order_int_id: int | None = None
    order_no_of_day: str | None = None


class OrderStatusChanged(Event, frozen=True, kw_only=True):
    """Somebody moved the order to another status."""

    status: int


class OrderExternalIdAssigned(Event, frozen=True, kw_only=True):
    """An integrator's reference for the order; None was not sent."""

    external_id: str
    fn_response: str | None = None
    wc_id: int | None = None


class OrderInvoiced(Event, frozen=True, kw_only=True):
    """An invoice lists the order; `customer_id` is given to an order that had none."""

    invoice_id: UUID
    customer_id: UUID | None = None


class OrderUninvoiced(Event, frozen=True, kw_only=True):
    """The invoice no longer lists the order."""

    invoice_id: UUID


class OrderInvoiceSynced(Event, frozen=True, kw_only=True):
    """The bookkeeping has taken the order's invoice over."""

    external_id: str | None = None


class OrderSwishChanged(Event, frozen=True, kw_only=True):
    """The newest state of the order's Swish payment."""

    swish_payment: SwishPayment


class PaymentCaptured(Event, frozen=True, kw_only=True):
    """Money for an order; a payment of the same id is replaced. `swish` names the Swish payment that brought it."""

    payment: Payment
    swish: str | None = None


class PaymentVoided(Event, frozen=True, kw_only=True):
    """An amendment no longer lists the payment."""

    payment_id: UUID


class ReceiptIssued(Event, frozen=True, kw_only=True):
    """A receipt of the control unit; one of the same id is replaced."""

    receipt: Receipt


class DrawerEntryLogged(Event, frozen=True, kw_only=True):
    """A drawer event, as the till raised it."""

    entry: CashDrawerLog


class DrawerEntryCorrected(Event, frozen=True, kw_only=True):
    """Another content for a drawer event that is known."""

    entry: CashDrawerLog


class InvoiceSaved(Event, frozen=True, kw_only=True):
    """A customer invoice, created or updated."""

    invoice: CustomerInvoice


class TerminalReported(Event, frozen=True, kw_only=True):
    """A terminal's health."""

    log: TerminalStatusLog


class ReportReceived(Event, frozen=True, kw_only=True):
    """An X or Z report with its rows, as part of the terminal's log entry."""

    log: TerminalStatusLog


class SwishRecorded(Event, frozen=True, kw_only=True):
    """The vendor's own record of a Swish payment: it ties and describes, it never settles.

    `callback_identifier` is the keyed hash of what Swish will send with this payment's callbacks (`swish_door`).
    """

    record: SwishPayment
    callback_identifier: str | None = None


class SwishStatusReceived(Event, frozen=True, kw_only=True):
    """A genuine callback. `kind` is payment, refund or payout; `status` as Swish wrote it, in upper case."""

    kind: str
    status: str
    amount: Decimal | None = None
    currency: str | None = None
    payment_reference: str | None = None
    payee_payment_reference: str | None = None
    original_payment_reference: str | None = None
    date_paid: str | None = None
    payer_alias: str | None = None
    message: str | None = None
    callback: dict[str, Any] = {}


class SwishTied(Event, frozen=True, kw_only=True):
    """The order this payment is for was found."""

    order_id: UUID


class SwishFlagged(Event, frozen=True, kw_only=True):
    """Something a person should look at: orphan, amount_mismatch, duplicate_payment, after_final."""

    flag: str


class OutletSet(Event, frozen=True, kw_only=True):
    """An outlet's name, IANA time zone, and the local hour its business day starts at."""

    outlet_id: UUID
    name: str
    zone: str
    day_starts: int = 0


class CustomerErased(Event, frozen=True, kw_only=True):
    """A customer was forgotten: his key is gone, and those of `streams`, which hold what is personal of him besides."""

    customer_id: UUID
    streams: list[str] = []


# Stored name and version -> struct. Names are for ever.
STORED: dict[tuple[str, int], type[Event]] = {
    ("order.drafted", 1): OrderDrafted,
    ("order.finalised", 1): OrderFinalised,
    ("order.amended", 1): OrderAmended,
    ("order.closed", 1): OrderClosed,
    ("order.numbered", 1): OrderNumbered,
    ("order.status_changed", 1): OrderStatusChanged,
    ("order.external_id_assigned", 1): OrderExternalIdAssigned,
    ("order.invoiced", 1): OrderInvoiced,
    ("order.uninvoiced", 1): OrderUninvoiced,
    ("order.invoice_synced", 1): OrderInvoiceSynced,
    ("order.swish_changed", 1): OrderSwishChanged,
    ("payment.captured", 1): PaymentCaptured,
    ("payment.voided", 1): PaymentVoided,
    ("receipt.issued", 1): ReceiptIssued,
    ("drawer.logged", 1): DrawerEntryLogged,
    ("drawer.corrected", 1): DrawerEntryCorrected,
    ("invoice.saved", 1): InvoiceSaved,
    ("terminal.reported", 1): TerminalReported,
    ("report.received", 1): ReportReceived,
    ("swish.recorded", 1): SwishRecorded,
    ("swish.status_received", 1): SwishStatusReceived,
    ("swish.tied", 1): SwishTied,
    ("swish.flagged", 1): SwishFlagged,
    ("outlet.set", 1): OutletSet,
    ("customer.erased", 1): CustomerErased,
}
NAMES: dict[type[Event], tuple[str, int]] = {event: stored for stored, event in STORED.items()}

# Members of events that are personal, beside those of the records in them.
PERSONAL_MEMBERS: dict[type[Event], tuple[str, ...]] = {
    SwishStatusReceived: ("payer_alias", "message", "callback"),
}


class Encoded(msgspec.Struct, frozen=True, gc=False):
    """An event's JSON without its personal data, and that as the JSON of a sparse tree; `b""` where there is none."""

    data: bytes
    personal: bytes


class Appended(msgspec.Struct, frozen=True, gc=False):
    """An event to append, and its JSON. `command` is the index of the one it belongs to; `sealed_by` the subject whose
    key seals what is personal in it (`customer.subject`), None where there is nothing.
    """

    stream: str
    version: int
    event: Event
    encoded: Encoded
    command: int
    sealed_by: str | None


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event as the log holds it. `occurred_at` is the till's clock, `recorded_at` ours: microseconds UTC since 1970.

    `fingerprint` names the document it came from, for a retry to be known again (None: no document).
    """

    position: int
    stream: str
    version: int
    occurred_at: int
    recorded_at: int
    event: Event
    fingerprint: str | None = None
