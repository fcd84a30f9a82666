"""What an event changed, in words: short English sentences for people who read a history. Pure.

`changes` never raises and is never empty: of an event that changed nothing it says that.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ledger.customer import CustomerState
from ledger.document import DocumentState
from ledger.events import (
    CustomerErased,
    DrawerEntryLogged,
    Event,
    InvoiceSaved,
    OutletSet,
    SwishFlagged,
    SwishRecorded,
    SwishStatusReceived,
    SwishTied,
)
from ledger.order import OrderState
from ledger.order_words import order_changes
from ledger.records import CustomerInvoice, Record
from ledger.swish import AFTER_FINAL, DUPLICATE, MISMATCH, ORPHAN, SwishState
from ledger.till_records import CashDrawerLog
from ledger.wording import ACTIVITY, clipped, differences, kronor, plain

State = OrderState | DocumentState | SwishState | CustomerState
FLAGS = {
    ORPHAN: "no order was found for it",
    MISMATCH: "its amount is not what the order owes",
    DUPLICATE: "the order was paid already",
    AFTER_FINAL: "Swish called again after its final word",
}


def changes(before: State, event: Event, after: State) -> list[str]:
    """What `event` made of `before`, which gave `after`: at least one sentence."""
    if isinstance(before, OrderState) and isinstance(after, OrderState):
        found = order_changes(before, event, after)
    elif isinstance(before, SwishState) and isinstance(after, SwishState):
        found = _swish_changes(before, event, after)
    elif isinstance(before, DocumentState) and isinstance(after, DocumentState):
        found = _document_changes(before, event, after)
    else:
        found = ["customer erased"] if isinstance(event, CustomerErased) else []
    return found or ["nothing changed"]


def _document_changes(before: DocumentState, event: Event, after: DocumentState) -> list[str]:
    old, new = before.document, after.document
    match event:
        case DrawerEntryLogged() if old is None:
            return [drawer_entry(event.entry)]
        case InvoiceSaved() if old is None:
            return [invoice_saved(event.invoice)]
        case InvoiceSaved() if isinstance(old, CustomerInvoice) and isinstance(new, CustomerInvoice):
            return _orders_listed(old, new) + differences(old, new, ["OrdersGuid"])
        case OutletSet():
            return [f"outlet set: {clipped(event.name)}, {event.zone}, day starts at {event.day_starts}.00"]
    if isinstance(new, Record):
        return differences(old, new) if isinstance(old, Record) and _alike(old, new) else ["recorded"]
    return []


def _alike(old: Record, new: Record) -> bool:
    return set(new.__struct_fields__) <= set(old.__struct_fields__)


def drawer_entry(entry: CashDrawerLog) -> str:
    """What happened to the drawer: `cash drop: 500.00 kr`."""
    what = ACTIVITY.get(entry.ActivityType, f"activity {entry.ActivityType}")
    return f"{what}: {kronor(entry.Amount)}"


def invoice_saved(invoice: CustomerInvoice) -> str:
    """An invoice: `invoice 1001 over 98.00 kr for 1 order`."""
    number = f"invoice {invoice.InvoiceNumber}" if invoice.InvoiceNumber else "invoice"
    orders = len(invoice.OrdersGuid or ())
    return f"{number} over {kronor(invoice.InvoiceTotal)} for {orders} order{'' if orders == 1 else 's'}"


def _orders_listed(old: CustomerInvoice, new: CustomerInvoice) -> list[str]:
    was, now = old.OrdersGuid or [], new.OrdersGuid or []
    listed, lists = set(was), set(now)
    return [
        *(f"order {id_} put on the invoice" for id_ in now if id_ not in listed),
        *(f"order {id_} taken off the invoice" for id_ in was if id_ not in lists),
        *(["orders listed in another way"] if was != now and listed == lists else []),
    ]


def _swish_changes(before: SwishState, event: Event, after: SwishState) -> list[str]:
    match event:
        case SwishRecorded() if before.record is not None and after.record is not None:
            return differences(before.record, after.record) or ["recorded again by the client, with nothing new"]
        case SwishRecorded():
            return ["recorded by the client"]
        case SwishStatusReceived():
            word = f"Swish says {clipped(event.status) or 'nothing that is known'}{_amount(event)}"
            return [word if _moved(before, after) else f"{word}, which changes nothing: {before.status} stands"]
        case SwishTied():
            return [f"tied to order {event.order_id}"]
        case SwishFlagged():
            return [FLAGS.get(event.flag, f"flagged: {clipped(event.flag)}")]
    return []


def _moved(before: SwishState, after: SwishState) -> bool:
    return msgspec.structs.replace(before, version=0, position=0, documents={}) != msgspec.structs.replace(
        after, version=0, position=0, documents={}
    )


def _amount(event: SwishStatusReceived) -> str:
    amount: Decimal | None = event.amount
    if amount is None:
        return ""
    return f": {kronor(amount)}" if event.currency in (None, "SEK") else f": {plain(amount)} {clipped(event.currency)}"
