"""Invoices: the newest content of each, as the endpoint gives it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.events import Event, InvoiceSaved, Recorded
from ledger.records import NO_ID, CustomerInvoice
from projections.invoices import InvoiceRow, fold

INVOICE, OTHER, ORDER, TILL = (UUID(int=number) for number in (1, 2, 3, 4))


def given(*events: Event) -> list[Recorded]:
    """The events at positions 1, 2, 3 …, recorded a second apart."""
    return [
        Recorded(position, "invoice-x", position, 0, position * 1_000_000, event)
        for position, event in enumerate(events, 1)
    ]


def only(rows: list[InvoiceRow]) -> tuple[InvoiceRow, dict[str, Any]]:
    """The one row there is, and its document."""
    (row,) = rows
    return row, json.loads(row.document)


def test_an_invoice_is_kept_with_its_orders_and_every_known_member() -> None:
    invoice = CustomerInvoice(
        Id=INVOICE,
        CreationDate="2026-11-23T12:00:00+01:00",
        TerminalId=TILL,
        OrdersGuid=[ORDER],
        InvoiceTotal=Decimal("253.5"),
    )
    row, document = only(fold(given(InvoiceSaved(invoice=invoice))))
    assert row.created_at == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert (row.invoice_id, row.terminal_id) == (INVOICE, TILL)
    assert document["OrdersGuid"] == [str(ORDER)]
    assert b'"InvoiceTotal":253.5,' in row.document
    assert document["Synced"] is False and document["PaidDate"] is None and document["CustomerId"] == str(NO_ID)


def test_the_newest_content_stands_and_moves_the_change() -> None:
    rows = fold(
        given(
            InvoiceSaved(invoice=CustomerInvoice(Id=INVOICE, Remarks="first")),
            InvoiceSaved(invoice=CustomerInvoice(Id=OTHER)),
            InvoiceSaved(invoice=CustomerInvoice(Id=INVOICE, Remarks="second")),
        )
    )
    changed = {row.invoice_id: row for row in rows}
    assert set(changed) == {INVOICE, OTHER}
    assert json.loads(changed[INVOICE].document)["Remarks"] == "second"
    assert changed[INVOICE].recorded_at == datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC)


def test_an_invoice_without_a_date_has_no_business_time() -> None:
    row, document = only(fold(given(InvoiceSaved(invoice=CustomerInvoice(Id=INVOICE)))))
    assert row.created_at is None
    assert document["CreationDate"] == "0001-01-01T00:00:00"


def test_unknown_members_stand_at_their_own_level_with_exact_decimals() -> None:
    invoice = CustomerInvoice(Id=INVOICE, extra={"Ref": "abc", "Rate": Decimal("0.10000000000000000001"), "Id": "no"})
    row, document = only(fold(given(InvoiceSaved(invoice=invoice))))
    assert document["Ref"] == "abc" and "$extra" not in document
    assert document["Id"] == str(INVOICE), "a known member is never overwritten"
    assert b'"Rate":0.10000000000000000001' in row.document
