"""The orders' read model: given events, these rows and documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from ledger import codec, events
from ledger.errors import LedgerError
from ledger.events import Event, Recorded
from ledger.order import OrderState, evolve, evolve_all
from ledger.records import Customer, CustomerInvoice, Order, OrderLine, Payment, Receipt, SwishPayment
from projections.orders import PROJECTION, Row, Standing, folded, learnt, row, standing
from tests.unit.test_codec import EXAMPLES

ORDER, CUSTOMER, INVOICE, TILL = (UUID(int=number) for number in (1, 2, 3, 4))
STREAM = f"order-{ORDER}"
MORNING, NOON = "2026-11-23T08:00:00+01:00", "2026-11-23T12:00:00+01:00"
FIRST = 1_790_000_000_000_000
LINE = OrderLine(Id=UUID(int=10), ItemId=UUID(int=11), Quantity=Decimal("1.5"), TaxPercent=Decimal(12), Direction=1)


def order(status: int = 0, **members: Any) -> Order:
    """An order of the till with one line."""
    given: dict[str, Any] = {"CreationDate": MORNING, "TerminalId": TILL, "OrderLines": [LINE]} | members
    return Order(Id=ORDER, Status=status, **given)


def log(*happened: Event, after: int = 0) -> list[Recorded]:
    """The events as the runner hands them over: stored, read back in their full shape, a second apart."""
    found = []
    for version, event in enumerate(happened, after + 1):
        read = codec.decode(*events.NAMES[type(event)], codec.encoder.encode(event), {}, b"", full=True)
        found.append(Recorded(version, STREAM, version, FIRST, FIRST + (version - 1) * 1_000_000, read))
    return found


def after(*happened: Event) -> Row:
    """The order's row after these events."""
    return row(folded({}, log(*happened))[STREAM])


def shown(found: Row) -> dict[str, Any]:
    """The document of a row."""
    document: dict[str, Any] = msgspec.json.decode(found.document)
    return document


def test_a_document_has_every_member_and_the_version() -> None:
    document = shown(after(events.OrderDrafted(order=order()), events.OrderDrafted(order=order(1))))
    assert set(document) == {field.name for field in msgspec.structs.fields(Order)} - {"extra"}
    assert set(document["OrderLines"][0]) == {field.name for field in msgspec.structs.fields(OrderLine)} - {"extra"}
    assert (document["Version"], document["Status"], document["Payments"], document["Receipts"]) == (2, 1, [], [])
    assert document["OrderLines"][0]["Quantity"] == 1.5


def test_an_open_order_waits_for_nobody() -> None:
    found = after(events.OrderDrafted(order=order()))
    assert found.is_open
    assert (found.external_queue, found.invoice_queue) == (None, False)


@pytest.mark.parametrize(
    ("status", "type_", "queue"),
    [(13, 0, "sale"), (13, 1, "sale"), (13, 4, "return"), (13, 5, "return"), (15, 0, "return")],
)
def test_what_was_finalised_waits_for_its_external_id(status: int, type_: int, queue: str) -> None:
    found = after(events.OrderFinalised(order=order(status, Type=type_)))
    assert (found.external_queue, found.is_open) == (queue, False)


def test_training_waits_for_nothing() -> None:
    invoiced = order(13, TrainingMode=True, CustomerId=CUSTOMER, InvoiceGenerated=1)
    found = after(events.OrderFinalised(order=invoiced))
    assert (found.external_queue, found.invoice_queue) == (None, False)


def test_a_sale_that_is_served_later_still_waits() -> None:
    found = after(events.OrderFinalised(order=order(13)), events.OrderStatusChanged(status=10))
    assert (found.external_queue, found.is_open, shown(found)["Status"]) == ("sale", False, 10)


def test_an_external_id_ends_the_wait_and_no_amendment_erases_it() -> None:
    assigned = events.OrderExternalIdAssigned(external_id="V-1")
    found = after(events.OrderFinalised(order=order(13)), assigned, events.OrderAmended(order=order(13)))
    assert (found.external_queue, shown(found)["ExternalID"]) == (None, "V-1")


def test_a_cancelled_sale_leaves_every_queue() -> None:
    invoiced = order(13, CustomerId=CUSTOMER, InvoiceGenerated=1)
    found = after(events.OrderFinalised(order=invoiced), events.OrderStatusChanged(status=14))
    assert (found.external_queue, found.invoice_queue, found.is_open) == (None, False, False)


def test_a_cart_is_kept_for_its_customer_and_not_listed() -> None:
    found = after(events.OrderDrafted(order=order(IsOnlineOrder=True, CustomerId=CUSTOMER)))
    assert (found.is_basket, found.is_open, found.customer_id) == (True, False, CUSTOMER)


def test_a_cart_that_is_paid_is_an_order() -> None:
    paid = events.PaymentCaptured(payment=Payment(Id=UUID(int=20), PaidAmount=Decimal(9)), swish="S1")
    found = after(events.OrderDrafted(order=order(IsOnlineOrder=True)), paid)
    assert (found.is_basket, found.is_open) == (False, True)


def test_an_invoice_queues_the_order_until_the_bookkeeping_has_it() -> None:
    invoiced = [events.OrderFinalised(order=order(13)), events.OrderInvoiced(invoice_id=INVOICE, customer_id=CUSTOMER)]
    assert after(*invoiced).invoice_queue
    assert not after(*invoiced, events.OrderUninvoiced(invoice_id=INVOICE)).invoice_queue
    assert not after(*invoiced, events.OrderInvoiceSynced()).invoice_queue


def test_an_invoice_without_a_customer_queues_nothing() -> None:
    assert not after(events.OrderFinalised(order=order(13, InvoiceGenerated=1))).invoice_queue


def test_business_time_is_the_invoice_date_then_the_creation_date_then_the_first_recording() -> None:
    assert after(events.OrderDrafted(order=order(InvoiceDate=NOON))).business_time.isoformat() == NOON
    assert after(events.OrderDrafted(order=order())).business_time.isoformat() == MORNING
    timeless = Order(Id=ORDER)
    found = after(events.OrderDrafted(order=timeless), events.OrderDrafted(order=timeless))
    first = datetime.fromtimestamp(FIRST // 1_000_000, UTC)
    assert (found.created_at, found.business_time) == (first, first)
    assert (found.recorded_at - first).total_seconds() == 1


def test_what_a_list_shows_follows_the_document() -> None:
    receipt = Receipt(ReceiptId=UUID(int=40), ReceiptNumber=77)
    found = after(events.OrderDrafted(order=order(1, OutletId=TILL, OrderTotal=Decimal("98.50"))))
    assert (found.status, found.outlet_id, found.total, found.number) == (1, TILL, Decimal("98.50"), "")
    sold = after(events.OrderFinalised(order=order(13)), events.ReceiptIssued(receipt=receipt))
    assert (sold.status, sold.number) == (13, "77")
    assert after(events.OrderDrafted(order=order(OrderNoOfDay="20261123-4"))).number == "20261123-4"
    assert after(events.OrderDrafted(order=order(OrderNoOfDay="20261123-4", InvoiceNumber="A1"))).number == "A1"


STORY: Sequence[Event] = (
    events.OrderDrafted(order=order(1, extra={"Mood": {"$extra": 1}}, Outlet=None)),
    events.OrderSwishChanged(swish_payment=SwishPayment(Id=UUID(int=30), SwishId="S1", SwishToken="t")),
    events.PaymentCaptured(payment=Payment(Id=UUID(int=20), PaidAmount=Decimal("9.5")), swish="S1"),
    events.OrderFinalised(order=order(13, extra={"Mood": "good"}, InvoiceDate=NOON)),
    events.PaymentCaptured(payment=Payment(Id=UUID(int=21), PaidAmount=Decimal(1))),
    events.OrderExternalIdAssigned(external_id="V-1", wc_id=7),
    events.OrderInvoiced(invoice_id=INVOICE, customer_id=CUSTOMER),
    events.PaymentVoided(payment_id=UUID(int=21)),
    events.OrderAmended(order=order(13)),
    events.OrderStatusChanged(status=10),
)


@pytest.mark.parametrize("cut", range(1, len(STORY)))
def test_a_row_goes_on_as_if_the_events_had_come_together(cut: int) -> None:
    before = after(*STORY[:cut])
    kept = {STREAM: standing(before.version, before.state, before.document)}
    assert row(folded(kept, log(*STORY[cut:], after=cut))[STREAM]) == after(*STORY)


def test_events_folded_at_once_give_what_they_give_one_after_the_other() -> None:
    state = OrderState()
    for recorded in log(*STORY):
        state = evolve(state, recorded)
    assert evolve_all(OrderState(), log(*STORY)) == state


def test_unknown_members_are_shown_where_they_came_and_kept() -> None:
    line = msgspec.structs.replace(LINE, extra={"Allergens": ["nuts"]})
    document = shown(after(events.OrderDrafted(order=order(OrderLines=[line], extra={"Mood": "good"}))))
    assert (document["Mood"], document["OrderLines"][0]["Allergens"]) == ("good", ["nuts"])
    assert "$extra" not in document


def test_an_event_that_does_not_continue_its_order_is_refused() -> None:
    with pytest.raises(LedgerError, match="stands at version 0"):
        folded({}, log(events.OrderStatusChanged(status=1), after=4))


def is_of_an_order(event: Event) -> bool:
    """Whether an order's stream may hold it, by the ledger's own word."""
    try:
        evolve(OrderState(order=order(), version=1), Recorded(2, STREAM, 2, FIRST, FIRST, event))
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("stored", EXAMPLES, ids="{0[0]}".format)
def test_an_order_goes_on_with_every_event_of_its_stream(stored: tuple[str, int]) -> None:
    event = EXAMPLES[stored]
    if not is_of_an_order(event):
        assert not stored[0].startswith("order."), "ledger.order does not know it"
        return
    assert type(event) in PROJECTION.handles, "the next event would meet an order at an older version, and stop this"
    assert folded({}, log(events.OrderDrafted(order=order()), event))[STREAM].state.version == 2


def test_the_events_handed_over_are_left_as_they_are() -> None:
    happened = log(*STORY)
    untouched = log(*STORY)
    folded({}, happened)
    assert happened == untouched


def test_a_customer_is_learnt_from_orders_first() -> None:
    invoice = CustomerInvoice(Id=INVOICE, CustomerId=CUSTOMER, CustomerName="Firm")
    told = events.InvoiceSaved(invoice=invoice)
    ordered = events.OrderDrafted(order=order(CustomerId=CUSTOMER, Customr=Customer(Name="Eva", Phone="070")))
    (known,) = learnt(log(told)).values()
    assert (known.from_invoice, shown_customer(known.document)) == (True, ("Firm", None, str(CUSTOMER)))
    for happened in ([told, ordered], [ordered, told]):
        (known,) = learnt(log(*happened)).values()
        assert (known.from_invoice, shown_customer(known.document)) == (False, ("Eva", "070", str(CUSTOMER)))


def shown_customer(document: bytes) -> tuple[str, str | None, str]:
    """Name, phone and id."""
    customer = msgspec.json.decode(document)
    return customer["Name"], customer["Phone"], customer["Id"]


def test_nobody_is_learnt_from_an_order_without_customer() -> None:
    assert learnt(log(events.OrderDrafted(order=order()))) == {}


def test_what_other_streams_tell_changes_no_order() -> None:
    (saved,) = log(events.InvoiceSaved(invoice=CustomerInvoice(Id=INVOICE)))
    elsewhere = msgspec.structs.replace(saved, stream=f"invoice-{INVOICE}")
    assert folded({}, [elsewhere]) == dict[str, Standing]()
