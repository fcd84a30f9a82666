"""Customer invoices as they stand, each with the orders it gathers (contract, section 3, GetCustomerInvoice)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.business_time import to_datetime
from ledger.database import queries
from ledger.events import CustomerErased, Event, InvoiceSaved, Recorded
from ledger.store import Connection, from_microseconds
from projections.documents import document
from projections.window import Page, Window, window_page

_SQL = queries("projections/invoices.sql")


class InvoiceRow(NamedTuple):
    """An invoice as it is kept. `created_at` is None where the till sent no CreationDate."""

    invoice_id: UUID
    terminal_id: UUID
    created_at: datetime | None
    recorded_at: datetime
    document: bytes


def fold(events: Sequence[Recorded]) -> list[InvoiceRow]:
    """The newest content of each invoice that a batch saves."""
    newest = {
        recorded.event.invoice.Id: (recorded.event.invoice, recorded.recorded_at)
        for recorded in events
        if isinstance(recorded.event, InvoiceSaved)
    }
    return [
        InvoiceRow(
            id_,
            invoice.TerminalId,
            to_datetime(invoice.CreationDate),
            from_microseconds(recorded_at),
            document(invoice),
        )
        for id_, (invoice, recorded_at) in newest.items()
    ]


class _Invoices:
    name = "invoices"
    handles: frozenset[type[Event]] = frozenset({InvoiceSaved, CustomerErased})
    streams = "invoice-"

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        rows = fold(events)
        if rows:
            await connection.execute(_SQL["save_invoices"], tenant_id, *zip(*rows, strict=True))

    async def renew(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """The invoices of some streams, by all that happened to them."""
        await self.apply(connection, tenant_id, events)


PROJECTION = _Invoices()


async def invoices(connection: Connection, tenant_id: int, window: Window) -> Page:
    """The invoices created or changed in the window, by CreationDate."""
    return window_page(await connection.fetchrow(_SQL["invoices_in_window"], tenant_id, *window.asked()))
