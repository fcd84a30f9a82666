"""Streams of one document and its versions: drawer entries, invoices, terminal logs, outlets."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.document import (
    DocumentState,
    decide_drawer_entry,
    decide_terminal_log,
    evolve,
    known,
    previous_orders,
)
from ledger.events import (
    DrawerEntryCorrected,
    DrawerEntryLogged,
    InvoiceSaved,
    OrderStatusChanged,
    OutletSet,
    Recorded,
    ReportReceived,
    TerminalReported,
)
from ledger.records import CustomerInvoice
from ledger.till_records import CashDrawerLog, Report, ReportRow, TerminalStatusLog
from tests.unit.given import given_in, number

FIRST = CashDrawerLog(Id=number(1), ActivityType=1, Amount=Decimal(2000))
SECOND = CashDrawerLog(Id=number(1), ActivityType=1, Amount=Decimal(2100))
LOG = TerminalStatusLog(Id=number(2), TerminalId=number(3), BatteryLevel=Decimal(87))


def test_a_drawer_event_is_logged() -> None:
    given_in(DocumentState()).when(lambda state: decide_drawer_entry(state, FIRST, first_wins=True)).then(
        DrawerEntryLogged(entry=FIRST)
    )


def test_a_correction_is_appended_and_the_newest_content_stands() -> None:
    logged = given_in(DocumentState(), [DrawerEntryLogged(entry=FIRST)])
    state = logged.when(lambda state: decide_drawer_entry(state, SECOND, first_wins=False)).then(
        DrawerEntryCorrected(entry=SECOND)
    )
    assert (state.document, state.version) == (SECOND, 2)


def test_while_posting_an_order_the_first_write_wins() -> None:
    logged = given_in(DocumentState(), [DrawerEntryLogged(entry=FIRST)])
    refused = logged.when(lambda state: decide_drawer_entry(state, SECOND, first_wins=True)).refused("other content")
    assert refused.problems == (("$.Id", "exists with other content"),)


def test_health_comes_without_a_report_or_with_one() -> None:
    assert decide_terminal_log(LOG) == [TerminalReported(log=LOG)]
    rows = [ReportRow(DataType="TotalSale", Value=Decimal("30214.5"))]
    z_report = TerminalStatusLog(Id=number(2), TerminalId=number(3), Report=Report(ReportType=1), ReportData=rows)
    health, report = decide_terminal_log(z_report)
    assert report == ReportReceived(log=z_report)
    assert health == TerminalReported(log=TerminalStatusLog(Id=number(2), TerminalId=number(3)))


def test_an_invoice_remembers_which_orders_it_listed() -> None:
    assert previous_orders(DocumentState()) == []
    saved = InvoiceSaved(invoice=CustomerInvoice(Id=number(4), OrdersGuid=[number(5), number(6)]))
    assert previous_orders(given_in(DocumentState(), [saved]).state) == [f"order-{number(5)}", f"order-{number(6)}"]


def test_a_document_is_known_by_every_content_it_ever_had() -> None:
    state = DocumentState()
    state = evolve(state, Recorded(4, "drawer-1", 1, 0, 0, DrawerEntryLogged(entry=FIRST), "first"))
    state = evolve(state, Recorded(9, "drawer-1", 2, 0, 0, DrawerEntryCorrected(entry=SECOND), "second"))
    assert (known(state, "first"), known(state, "second"), known(state, "third")) == (4, 9, None)


def test_an_outlets_settings_are_a_document_too() -> None:
    outlet = OutletSet(outlet_id=number(6), name="Kafé", zone="Europe/Stockholm", day_starts=5)
    assert given_in(DocumentState(), [outlet]).state.document == outlet


def test_an_order_has_no_place_in_such_a_stream() -> None:
    with pytest.raises(AssertionError, match="OrderStatusChanged"):
        given_in(DocumentState(), [OrderStatusChanged(status=13)])
