"""Who a customer is, what belongs to him, and what becomes of it when he is erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ledger import erasure, swish
from ledger.commands import LogDrawerEntry, SaveInvoice, TakeSwish
from ledger.customer import customer_of, subject
from ledger.erasure import EraseCustomer
from ledger.events import CustomerErased, InvoiceSaved, OrderDrafted, OrderStatusChanged, SwishStatusReceived
from ledger.records import NO_ID, Customer, CustomerInvoice, Order, SwishPayment
from ledger.swish_door import OPEN
from ledger.till_records import CashDrawerLog
from ledger.view import CUSTOMER, ERASED
from tests.unit.given import Books, an_order, number, posted

ANNA, BO = number(0xA), number(0xB)
X, Y = number(1), number(2)
ANNAS, BOS, ORDER_X, ORDER_Y = f"customer-{ANNA}", f"customer-{BO}", f"order-{X}", f"order-{Y}"
SWISH_ID = "5D59DA1B1632424E874DDB219AD54597"
SWISH = f"swish-{SWISH_ID}"
INVOICE, DRAWER = f"invoice-{number(3)}", f"drawer-{number(4)}"


def erase(customer_id: UUID = ANNA) -> EraseCustomer:
    return EraseCustomer(customer_id=customer_id)


def erased(books: Books) -> list[tuple[str, list[str]]]:
    """What every erasure so far named, by the customer's stream."""
    return [(one.stream, sorted(one.event.streams)) for one in books.appended if isinstance(one.event, CustomerErased)]


def invoice(*orders: UUID, customer: UUID = NO_ID) -> SaveInvoice:
    document = CustomerInvoice(Id=number(3), CustomerId=customer, CustomerName="Anna", OrdersGuid=list(orders))
    return SaveInvoice(invoice=document, fingerprint=repr(document))


def callback(order_id: UUID) -> TakeSwish:
    said = SwishStatusReceived(
        kind="payment", status="CREATED", payee_payment_reference=str(order_id), payer_alias="46701740605"
    )
    return TakeSwish(stream=SWISH, said=said, swish_type=10, door=OPEN, fingerprint=repr(said))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, NO_ID),
        ({"CustomerId": ANNA, "Customer": Customer(Id=BO)}, ANNA),
        ({"Customer": Customer(Id=ANNA), "Customr": Customer(Id=BO)}, ANNA),
        ({"Customer": Customer(Name="Anna"), "Customr": Customer(Id=ANNA)}, ANNA),
        ({"Customr": Customer(Id=ANNA)}, ANNA),
        ({"Customer": Customer(Name="Anna")}, NO_ID),
    ],
)
def test_whose_an_order_is(members: dict[str, Any], expected: UUID) -> None:
    assert customer_of(Order(Id=X, **members)) == expected


def test_whose_key_seals_an_event() -> None:
    annas, nobodys = OrderDrafted(order=Order(Id=X, CustomerId=ANNA)), OrderDrafted(order=Order(Id=X))
    assert subject(ORDER_X, annas, {BO}) == ANNAS
    assert subject(ORDER_X, nobodys, {ANNA}) == ANNAS
    assert subject(ORDER_X, nobodys, {ANNA, BO}) == subject(ORDER_X, nobodys, set()) == ORDER_X
    assert subject(ORDER_X, OrderStatusChanged(status=3), {ANNA}) == ANNAS
    named, nameless = (CustomerInvoice(Id=number(3), CustomerId=id_) for id_ in (ANNA, NO_ID))
    assert subject(INVOICE, InvoiceSaved(invoice=named), set()) == ANNAS
    assert subject(INVOICE, InvoiceSaved(invoice=nameless), set()) == INVOICE
    assert subject(SWISH, SwishStatusReceived(kind="payment", status="PAID"), set()) == SWISH


def test_each_document_is_sealed_for_the_customer_it_names_though_both_come_in_one_batch() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA, Comments="to take away")))
    books.take(posted(an_order(CustomerId=BO, Comments="to take away")))
    assert [one.sealed_by for one in books.appended] == [ANNAS, BOS]


def test_an_erasure_takes_what_belongs_to_the_customer_and_nothing_else() -> None:
    books = Books()
    books.take(posted(an_order()))
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(posted(an_order(Id=Y, CustomerId=BO)))
    books.take(callback(X))
    books.take(invoice(X))
    entry = CashDrawerLog(Id=number(4), ActivityType=6, OrderId=X, extra={"Note": "Anna"})
    books.take(LogDrawerEntry(entry=entry, first_wins=True, fingerprint="drawer"))
    plain = CashDrawerLog(Id=number(5), ActivityType=6, OrderId=X)
    books.take(LogDrawerEntry(entry=plain, first_wins=True, fingerprint="another"))
    decision = books.take(erase())
    assert erased(books) == [(ANNAS, sorted([ORDER_X, SWISH, INVOICE, DRAWER]))]
    assert set(decision.erased) == {ANNAS, ORDER_X, SWISH, INVOICE, DRAWER} == books.erased
    assert books.counter("erasures") == 1


def test_an_invoice_that_names_the_customer_is_his() -> None:
    books = Books()
    books.take(posted(an_order()))
    books.take(invoice(X, customer=ANNA))
    books.take(erase())
    assert erased(books) == [(ANNAS, [INVOICE, ORDER_X])]


def test_an_order_that_went_from_one_to_another_belongs_to_both() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(posted(an_order(CustomerId=BO)))
    books.take(posted(an_order(TableId=7)))
    books.take(erase(BO))
    books.take(erase(ANNA))
    assert erased(books) == [(BOS, [ORDER_X]), (ANNAS, [ORDER_X])]


def test_an_unknown_customer_is_refused() -> None:
    refused = Books().refuse(erase(), "no order and no invoice names this customer")
    assert str(ANNA) in str(refused)


def test_a_second_erasure_is_a_duplicate() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(erase())
    assert books.take(erase()).duplicate == len(books.appended) == 2


def test_a_customer_of_thousands_of_orders_is_told_in_several_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "STREAMS_AT_ONCE", 10)
    books = Books()
    for id_ in range(1, 26):
        books.take(posted(an_order(Id=number(id_), CustomerId=ANNA)))
    books.take(erase())
    assert [len(streams) for _, streams in erased(books)] == [10, 10, 5]
    assert len(books.erased) == 26 and books.counter("erasures") == 1


def test_an_order_that_comes_to_an_erased_customer_loses_its_own_key() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(erase())
    books.take(posted(an_order(Id=Y, OrderComments="Annas tårta")))
    books.take(callback(Y))
    assert len(erased(books)) == 1
    answer = books.take(posted(an_order(Id=Y, CustomerId=ANNA)))
    assert erased(books)[1:] == [(ANNAS, [ORDER_Y, SWISH])] and books.erased >= {ORDER_Y, SWISH}
    assert answer.events[-1][0] == ORDER_Y, "the answer names the order's event"
    assert books.claim(ERASED, ORDER_Y) == ANNAS and books.shared(CUSTOMER, str(ANNA)) == [ORDER_X, ORDER_Y]
    books.take(posted(an_order(Id=Y, CustomerId=ANNA, TableId=3)))
    assert len(erased(books)) == 2, "it has joined once"
    assert books.take(erase()).duplicate is not None


def test_a_new_order_of_an_erased_customer_is_erased_from_the_start() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(erase())
    books.take(posted(an_order(13, Id=Y, CustomerId=ANNA)))
    assert erased(books)[1:] == [(ANNAS, [ORDER_Y])]


def test_a_swish_payment_tied_after_the_erasure_loses_its_key() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(erase())
    books.take(callback(X))
    assert erased(books)[1:] == [(ANNAS, [SWISH])]


def test_an_orphan_that_finds_the_order_of_an_erased_customer_loses_its_key() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(erase())
    books.take(callback(Y))
    assert len(erased(books)) == 1
    books.take(posted(an_order(Id=Y, CustomerId=ANNA)))
    assert erased(books)[1:] == [(ANNAS, [ORDER_Y, SWISH])]


def test_an_invoice_that_lists_an_erased_order_loses_its_key() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    books.take(erase())
    books.take(invoice(X))
    assert erased(books)[1:] == [(ANNAS, [INVOICE])]


def test_a_vendors_record_ties_as_a_callback_does() -> None:
    books = Books()
    books.take(posted(an_order(CustomerId=ANNA)))
    record = SwishPayment(Id=number(9), SwishId=SWISH_ID, OrderId=X, SwishResponse="Anna")
    books.take(
        TakeSwish(stream=swish.record_stream(record), said=record, swish_type=10, door=OPEN, fingerprint="record")
    )
    books.take(erase())
    assert erased(books) == [(ANNAS, [ORDER_X, SWISH])]
