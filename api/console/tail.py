"""The newest events as *Ledger* lists them: nothing personal is opened, and what cannot be read is listed too."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from api.console.language import Words
from ledger import codec
from ledger.database import queries
from ledger.errors import CannotDecode
from ledger.events import (
    DrawerEntryCorrected,
    DrawerEntryLogged,
    Event,
    InvoiceSaved,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    PaymentCaptured,
    ReceiptIssued,
    SwishStatusReceived,
)
from ledger.store import Connection

SHOWN = 20

_SQL = queries("api/console/ledger.sql")


class Entry(NamedTuple):
    """An event. `amount` in kronor, of those that are about one; `order` is the id of the order it belongs to."""

    position: int
    stream: str
    what: str
    amount: Decimal | None
    actor: str
    occurred_at: datetime
    recorded_at: datetime

    @property
    def order(self) -> str | None:
        """The order whose page shows it."""
        kind, _, id_ = self.stream.partition("-")
        return id_ if kind == "order" else None


async def tail(connection: Connection, tenant_id: int, words: Words) -> list[Entry]:
    """The newest SHOWN events, newest first."""
    return [_entry(row, words) for row in await connection.fetch(_SQL["tail"], tenant_id, SHOWN)]


def _entry(row: Any, words: Words) -> Entry:
    try:
        actor = codec.decode_metadata(row["metadata"]).actor
        data = row["data"]
        event = None if data is None else codec.decode(row["type"], row["schema_version"], data, {}, b"")
        what, amount = words.happened(row["type"]), amount_of(event)
    except CannotDecode:
        # Somebody has been at it. To say so is what this page is for.
        what, amount, actor = words("ledger.unreadable", type=row["type"]), None, ""
    return Entry(row["position"], row["stream"], what, amount, actor, row["occurred_at"], row["recorded_at"])


def amount_of(event: Event | None) -> Decimal | None:
    """The amount an event is about, in kronor; None: it is about none."""
    match event:
        case OrderDrafted() | OrderFinalised() | OrderAmended() | OrderClosed():
            return event.order.OrderTotal
        case PaymentCaptured():
            return event.payment.PaidAmount
        case ReceiptIssued():
            return event.receipt.GrossAmount
        case DrawerEntryLogged() | DrawerEntryCorrected():
            return event.entry.Amount
        case InvoiceSaved():
            return event.invoice.InvoiceTotal
        case SwishStatusReceived():
            return event.amount if event.currency in (None, "SEK") else None
    return None
