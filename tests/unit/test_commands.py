"""What follows from a command across streams, over a ledger in memory: receipts, numbers, invoices, bookkeeping."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ledger.commands import (
    AssignExternalId,
    LogDrawerEntry,
    MarkSynced,
    ReportTerminal,
    SaveInvoice,
    SetOutlet,
    SetStatus,
)
from ledger.events import OrderInvoiceSynced
from ledger.post_order import PostOrder
from ledger.records import CustomerInvoice, ExternalInformation, Order
from ledger.till_records import CashDrawerLog, TerminalStatusLog
from tests.unit.given import NOW, ORDER, Books, a_payment, a_receipt, an_order, number, posted

TILL, BAR = number(11), number(12)
INVOICE, CUSTOMER = number(900), number(901)


def invoice(*orders: UUID, remarks: str = "") -> SaveInvoice:
    """An invoice that lists these orders."""
    listed = CustomerInvoice(Id=INVOICE, CustomerId=CUSTOMER, OrdersGuid=list(orders), Remarks=remarks)
    return SaveInvoice(invoice=listed, fingerprint=repr(listed))


def synced(*orders: UUID, reference: str = "B-1") -> MarkSynced:
    """The bookkeeping has taken these orders."""
    sent = [ExternalInformation(Id=id_, ExternalID=reference) for id_ in orders]
    return MarkSynced(sent=sent, fingerprint=repr(sent))


def web_order(id_: UUID = ORDER, status: int = 0, **members: object) -> Order:
    """A web shop's order."""
    return an_order(status, Id=id_, IsOnlineOrder=True, **members)


def test_the_same_order_again_is_a_duplicate_with_the_position_it_has() -> None:
    books = Books()
    sale = posted(an_order(13, Payments=[a_payment()], Receipts=[a_receipt()]))
    books.take(sale)
    assert books.take(sale).duplicate == 3
    books.take(posted(an_order(13, OrderTotal=Decimal(60))))
    assert books.take(sale).duplicate == 3, "a late retry never undoes an amendment"
    assert books.order_of().OrderTotal == 60


def test_a_duplicate_is_known_before_versions_receipts_and_status_are_looked_at() -> None:
    books = Books()
    books.take(posted(an_order(13, Receipts=[a_receipt()])))
    books.take(posted(an_order(14)))
    assert books.take(posted(an_order(13, Receipts=[a_receipt()]), expected=77)).duplicate == 2


def test_a_receipt_number_belongs_to_one_order_of_a_terminal() -> None:
    books = Books()
    books.take(posted(an_order(13, TerminalId=TILL, Receipts=[a_receipt()])))
    other = an_order(13, Id=number(2), TerminalId=TILL, Receipts=[a_receipt(301)])
    refused = books.refuse(posted(other), "10017 of this terminal belongs to another order")
    assert refused.problems == (("$.Receipts", "receipt number 10017 is taken"),)
    books.take(posted(an_order(13, Id=number(2), TerminalId=BAR, Receipts=[a_receipt(301)])))
    books.take(posted(an_order(13, Id=number(3), TerminalId=TILL, Receipts=[a_receipt(302, TerminalId=number(13))])))
    books.take(posted(an_order(13, Id=number(4), TerminalId=TILL, Receipts=[a_receipt(303, 0)])))
    books.take(posted(an_order(13, Id=number(5), TerminalId=TILL, Receipts=[a_receipt(304, 0)])))
    books.take(posted(an_order(13, TerminalId=TILL, Receipts=[a_receipt(305)], Comments="reprinted")))


def test_a_web_order_draws_its_numbers_once() -> None:
    books = Books()
    books.take(posted(web_order(), online=True))
    assert (books.order_of().OrderIntID, books.order_of().OrderNoOfDay) == (1, "20261123-1")
    books.take(posted(web_order(OrderTotal=Decimal(60)), online=True))
    assert (books.order_of().OrderIntID, books.order_of().OrderNoOfDay) == (1, "20261123-1")
    books.take(posted(web_order(number(2), CreationDate="2026-11-24T09:00:00+01:00"), online=True))
    assert (books.order_of(number(2)).OrderIntID, books.order_of(number(2)).OrderNoOfDay) == (2, "20261124-1")


def test_a_number_that_is_sent_is_kept_and_moves_no_counter() -> None:
    books = Books()
    books.take(posted(web_order(OrderIntID=70, OrderNoOfDay="A"), online=True))
    assert (books.order_of().OrderIntID, books.order_of().OrderNoOfDay) == (70, "A")
    books.take(posted(web_order(OrderTotal=Decimal(60)), online=True))
    assert (books.order_of().OrderIntID, books.order_of().OrderNoOfDay) == (70, "A"), "also when it is sent only once"
    books.take(posted(web_order(number(2)), online=True))
    assert (books.order_of(number(2)).OrderIntID, books.order_of(number(2)).OrderNoOfDay) == (1, "20261123-1")


def test_a_refused_web_order_draws_nothing() -> None:
    books = Books()
    books.take(posted(web_order(status=13, Receipts=[a_receipt()]), online=True))
    books.refuse(posted(web_order(number(2), 13, Receipts=[a_receipt(301)]), online=True), "another order")
    books.take(posted(web_order(number(3)), online=True))
    assert books.order_of(number(3)).OrderIntID == 2


def test_an_invoice_links_its_orders_and_lets_go_of_those_it_no_longer_lists() -> None:
    books = Books()
    books.take(posted(an_order(13)))
    books.take(posted(an_order(13, Id=number(2), CustomerId=number(902))))
    books.take(invoice(ORDER, number(2)))
    assert (books.order_of().CustomerInvoiceId, books.order_of().CustomerId) == (INVOICE, CUSTOMER)
    assert (books.order_of(number(2)).CustomerInvoiceId, books.order_of(number(2)).CustomerId) == (INVOICE, number(902))
    books.take(invoice(number(2), remarks="one too many"))
    assert books.order_of().CustomerInvoiceId is None
    assert books.order_of(number(2)).CustomerInvoiceId == INVOICE
    assert books.take(invoice(ORDER, number(2))).duplicate, "a late retry links nothing again"
    assert books.order_of().CustomerInvoiceId is None


def test_an_invoice_of_an_unknown_order_saves_nothing() -> None:
    books = Books()
    books.take(posted(an_order(13)))
    refused = books.refuse(invoice(ORDER, number(2)), "unknown orders")
    assert refused.problems == (("$.OrdersGuid", f"order {number(2)} is unknown"),)
    assert books.order_of().CustomerInvoiceId is None
    books.take(invoice())


def test_all_orders_are_marked_synced_or_none() -> None:
    books = Books()
    books.take(posted(an_order(13)))
    books.take(posted(an_order(13, Id=number(2))))
    books.refuse(synced(ORDER, number(3)), str(number(3)))
    assert not books.order_of().IsVismaInvoiceGenerated
    assert books.take(synced(ORDER, number(2))).events[0][1] == OrderInvoiceSynced(external_id="B-1")
    assert books.order_of(number(2)).IsVismaInvoiceGenerated and books.order_of(number(2)).ExternalID == "B-1"
    assert books.take(synced(ORDER, number(2))).duplicate


def test_a_late_retry_of_a_list_marks_nothing_anew() -> None:
    books = Books()
    books.take(posted(an_order(13)))
    books.take(posted(an_order(13, Id=number(2))))
    books.take(synced(ORDER))
    books.take(synced(ORDER, number(2)))
    books.take(AssignExternalId(sent=ExternalInformation(Id=ORDER, ExternalID="X-1"), fingerprint="x"))
    assert books.take(synced(ORDER, number(2))).duplicate, "the list was taken, though one of it had nothing to change"
    assert books.order_of().ExternalID == "X-1"


def test_an_external_id_is_a_duplicate_the_second_time() -> None:
    books = Books()
    books.take(posted(an_order(13)))
    sent = ExternalInformation(Id=ORDER, ExternalID="V-1")
    books.take(AssignExternalId(sent=sent, fingerprint="v"))
    assert books.take(AssignExternalId(sent=sent, fingerprint="v")).duplicate == 2
    assert books.order_of().ExternalID == "V-1"


def test_the_status_an_order_has_already_is_a_duplicate() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    assert books.take(SetStatus(order_id=ORDER, status=3)).duplicate == 1
    assert books.take(SetStatus(order_id=ORDER, status=13)).duplicate is None
    books.refuse(SetStatus(order_id=number(2), status=13), "unknown")


def test_posting_a_draft_to_a_sale_is_refused_unless_it_is_a_late_retry() -> None:
    books = Books()
    books.take(posted(an_order(3), draft_only=True))
    books.take(posted(an_order(13)))
    assert books.take(posted(an_order(3), draft_only=True)).duplicate == 1
    books.refuse(posted(an_order(4), draft_only=True), "finalised")
    books.refuse(posted(an_order(13), draft_only=True), "closes an order")


def test_a_drawer_event_is_corrected_only_where_that_is_welcome() -> None:
    books = Books()
    first, second = (CashDrawerLog(Id=number(5), ActivityType=3, Amount=Decimal(n)) for n in (1, 2))
    books.take(LogDrawerEntry(entry=first, first_wins=True, fingerprint="1"))
    assert books.take(LogDrawerEntry(entry=first, first_wins=True, fingerprint="1")).duplicate == 1
    books.refuse(LogDrawerEntry(entry=second, first_wins=True, fingerprint="2"), "exists with other content")
    books.take(LogDrawerEntry(entry=second, first_wins=False, fingerprint="2"))
    assert books.names() == ["DrawerEntryLogged", "DrawerEntryCorrected"]
    assert books.take(LogDrawerEntry(entry=first, first_wins=False, fingerprint="1")).duplicate == 1


def test_what_was_taken_by_a_clock_in_another_zone_is_known_again() -> None:
    books = Books()
    entry = CashDrawerLog(Id=number(5), ActivityType=3)
    log = TerminalStatusLog(Id=number(6), TerminalId=TILL)
    sale = posted(an_order(13, Payments=[a_payment()]))
    commands: list[PostOrder | SaveInvoice | LogDrawerEntry | ReportTerminal] = [
        sale, invoice(ORDER), LogDrawerEntry(entry=entry, first_wins=False, fingerprint="drawer"),
        ReportTerminal(log=log, fingerprint="log"),
    ]  # fmt: skip
    taken = []
    for command in commands:
        books.take(command)
        taken.append(books.end)
    for command, position in zip(commands, taken, strict=True):
        known_by = str(command.fingerprint)
        again = msgspec.structs.replace(command, fingerprint="now", earlier=lambda known_by=known_by: ["", known_by])
        assert books.take(again).duplicate == position
        other = msgspec.structs.replace(command, fingerprint="now", earlier=lambda: ["another"])
        assert other.decide(books, NOW).duplicate is None


def test_an_outlet_is_set_once() -> None:
    books = Books()
    outlet = SetOutlet(outlet_id=number(6), name="Kafé", zone="Europe/Stockholm")
    books.take(outlet)
    assert books.take(outlet).duplicate == 1


def test_what_is_not_said_of_an_outlet_stays() -> None:
    books, outlet_id = Books(), number(6)
    books.take(SetOutlet(outlet_id=outlet_id, name=" Kafé ", zone_else="Europe/Helsinki"))
    books.take(SetOutlet(outlet_id=outlet_id, day_starts=5, zone_else="Europe/Stockholm"))
    books.take(SetOutlet(outlet_id=outlet_id, zone="Europe/Oslo"))
    assert books.take(SetOutlet(outlet_id=outlet_id, name="Kafé", zone="Europe/Oslo", day_starts=5)).duplicate == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": None}, "an outlet has a name"),
        ({"name": "\t"}, "an outlet has a name"),
        ({"name": "x\0y"}, "an outlet has a name"),
        ({"name": "x" * 201}, "an outlet has a name"),
        ({"zone": "Europe/Nowhere"}, "no time zone"),
        ({"zone": "localtime"}, "no time zone"),
        ({"zone": "/etc/passwd"}, "no time zone"),
        ({"zone": "europe/stockholm"}, "no time zone"),
        ({"day_starts": -1}, "from 0 to 23"),
        ({"day_starts": 24}, "from 0 to 23"),
    ],
)
def test_an_outlet_that_would_stop_its_readers_is_refused(changes: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"name": "Kafé", "zone": "Europe/Stockholm"} | changes
    Books().refuse(SetOutlet(outlet_id=number(6), **given), said)
