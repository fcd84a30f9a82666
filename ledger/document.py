"""Streams of one document and its versions: invoices, drawer entries, terminal logs, outlet settings. Pure."""

from __future__ import annotations

import msgspec

from ledger.errors import Refused
from ledger.events import (
    DrawerEntryCorrected,
    DrawerEntryLogged,
    Event,
    InvoiceSaved,
    OutletSet,
    Recorded,
    ReportReceived,
    TerminalReported,
)
from ledger.records import CustomerInvoice
from ledger.retries import Earlier, never, taken
from ledger.till_records import CashDrawerLog, TerminalStatusLog


class DocumentState(msgspec.Struct, frozen=True):
    """The newest document, and every document there ever was, by fingerprint with its position."""

    document: CashDrawerLog | CustomerInvoice | TerminalStatusLog | OutletSet | None = None
    version: int = 0
    position: int = 0
    documents: dict[str, int] = {}


def known(state: DocumentState, fingerprint: str, earlier: Earlier = never) -> int | None:
    """The position at which this very document was taken, now or long ago (contract, Idempotence)."""
    return taken(state.documents, fingerprint, earlier)


def evolve(state: DocumentState, recorded: Recorded) -> DocumentState:
    """The state after one more event."""
    event = recorded.event
    document: CashDrawerLog | CustomerInvoice | TerminalStatusLog | OutletSet
    match event:
        case DrawerEntryLogged() | DrawerEntryCorrected():
            document = event.entry
        case InvoiceSaved():
            document = event.invoice
        case TerminalReported() | ReportReceived():
            document = event.log
        case OutletSet():
            document = event
        case _:
            raise AssertionError(f"{type(event).__name__} is no event of a document's stream")
    documents = state.documents
    if recorded.fingerprint is not None:
        documents = {**documents, recorded.fingerprint: recorded.position}
    return DocumentState(document, recorded.version, recorded.position, documents)


def decide_drawer_entry(state: DocumentState, entry: CashDrawerLog, *, first_wins: bool) -> list[Event]:
    """A drawer event, or a correction of it. Refused: another content where the first write wins."""
    if state.document is None:
        return [DrawerEntryLogged(entry=entry)]
    if first_wins:
        raise Refused(
            f"drawer entry {entry.Id} exists with other content; send corrections to /api/CashDrawerLog",
            [("$.Id", "exists with other content")],
        )
    return [DrawerEntryCorrected(entry=entry)]


def decide_terminal_log(log: TerminalStatusLog) -> list[Event]:
    """A terminal's health, and its X or Z report when it brings one."""
    if log.Report is None:
        return [TerminalReported(log=log)]
    health = msgspec.structs.replace(log, Report=None, ReportData=[])
    return [TerminalReported(log=health), ReportReceived(log=log)]


def previous_orders(state: DocumentState) -> list[str]:
    """The streams of the orders that an invoice listed so far."""
    invoice = state.document
    return [f"order-{order}" for order in invoice.OrdersGuid or ()] if isinstance(invoice, CustomerInvoice) else []
