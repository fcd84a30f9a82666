"""Swish payments and the orders they are for, in every order of events, over a ledger in memory."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from ledger.commands import TakeSwish
from ledger.events import SwishFlagged, SwishStatusReceived
from ledger.records import SwishPayment
from ledger.swish_door import OPEN
from ledger.view import Decision
from tests.unit.given import ORDER, Books, a_payment, an_order, number, posted

TWO = number(2)


def pay(
    books: Books, amount: int = 50, reference: str = str(ORDER), swish_id: str = "A1", status: str = "PAID", **more: Any
) -> Decision:
    """A genuine callback comes."""
    received = SwishStatusReceived(
        kind=more.pop("kind", "payment"), status=status, amount=Decimal(amount), payee_payment_reference=reference,
        payment_reference=more.pop("payment_reference", f"REF{swish_id}"), **more,
    )  # fmt: skip
    return books.take(
        TakeSwish(
            stream=f"swish-{swish_id}", said=received, swish_type=10, door=OPEN, fingerprint=f"{swish_id}{received}"
        )
    )


def record(books: Books, swish_id: str = "A1", **members: Any) -> Decision:
    """The vendor's record comes."""
    said = SwishPayment(Id=number(5), SwishId=swish_id, **members)
    return books.take(
        TakeSwish(stream=f"swish-{swish_id}", said=said, swish_type=10, door=OPEN, fingerprint=repr(said))
    )


def refund(books: Books, own: str = str(ORDER)) -> Decision:
    """A payment is paid back; `own` is what the refund itself names."""
    return pay(books, 50, own, "R1", kind="refund", original_payment_reference="REFA1", payment_reference="X")


def flags(books: Books, swish_id: str = "A1") -> tuple[str, ...]:
    """What a person should look at."""
    return books.swish(f"swish-{swish_id}").flags


def test_a_payment_that_fits_pays_the_order_once() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books)
    assert pay(books).duplicate
    order = books.order_of()
    (payment,) = order.Payments or []
    assert (order.PaymentStatus, order.Status) == (1, 3), "it does not complete the order"
    assert (payment.PaidAmount, payment.TypeId) == (Decimal(50), 10)
    assert (payment.PaymentRef, payment.OrderId) == ("REFA1", ORDER)
    assert order.SwishPayment is not None and order.SwishPayment.SwishPaymentStatus == "PAID"
    assert flags(books) == ()


def test_the_vendors_record_shows_on_the_order_and_settles_nothing() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    record(books, OrderId=ORDER, SwishToken="t", SwishPaymentStatus="PAID")
    order = books.order_of()
    assert (order.PaymentStatus, order.Payments) == (0, [])
    assert order.SwishPayment is not None
    assert (order.SwishPayment.SwishToken, order.SwishPayment.SwishPaymentStatus) == ("t", "PAID")
    pay(books, reference="nobody's")
    paid = books.order_of().SwishPayment
    assert paid is not None and (paid.SwishToken, paid.SwishPaymentStatus) == ("t", "PAID")
    assert books.order_of().PaymentStatus == 1


@pytest.mark.parametrize("status", ["CREATED", "DECLINED", "ERROR", "CANCELLED", "SURPRISE"])
def test_only_paid_pays(status: str) -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books, status=status)
    assert (books.order_of().PaymentStatus, books.order_of().Payments) == (0, [])


def test_another_amount_is_flagged_and_pays_nothing() -> None:
    books = Books()
    books.take(posted(an_order(3, RoundedAmount=Decimal("0.5"))))
    pay(books)
    assert flags(books) == ("amount_mismatch",)
    assert (books.order_of().PaymentStatus, books.order_of().Payments) == (0, [])


def test_what_is_left_to_pay_counts() -> None:
    books = Books()
    books.take(posted(an_order(3, Payments=[a_payment(amount=20)])))
    pay(books, 30)
    assert flags(books) == () and books.order_of().PaymentStatus == 1


def test_a_second_payment_for_a_paid_order_is_flagged() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books)
    pay(books, swish_id="B2")
    assert (flags(books), flags(books, "B2")) == ((), ("duplicate_payment",))
    assert len(books.order_of().Payments or []) == 1


@pytest.mark.parametrize(
    ("reference", "members"),
    [
        (str(ORDER), {}),
        (ORDER.hex.upper(), {}),
        ("10017", {"InvoiceNumber": "10017"}),
        ("20261123-1", {"OrderNoOfDay": "20261123-1"}),
        ("7", {"OrderIntID": 7}),
    ],
)
def test_an_order_goes_by_four_names_and_may_come_later(reference: str, members: dict[str, Any]) -> None:
    for order_first in (True, False):
        books = Books()
        if order_first:
            books.take(posted(an_order(3, **members)))
        pay(books, reference=reference)
        if not order_first:
            assert flags(books) == ("orphan",)
            books.take(posted(an_order(3, **members)))
        assert (flags(books), books.order_of().PaymentStatus) == ((), 1)


def test_a_number_that_is_drawn_finds_the_orphan_too() -> None:
    books = Books()
    pay(books, reference="1")
    books.take(posted(an_order(0, IsOnlineOrder=True), online=True))
    assert (books.order_of().OrderIntID, books.order_of().PaymentStatus) == (1, 1)


def test_more_than_one_order_of_a_name_leaves_an_orphan() -> None:
    books = Books()
    books.take(posted(an_order(3, InvoiceNumber="10017")))
    books.take(posted(an_order(3, Id=TWO, InvoiceNumber="10017")))
    pay(books, reference="10017")
    assert flags(books) == ("orphan",)
    assert not books.order_of().PaymentStatus and not books.order_of(TWO).PaymentStatus


def test_a_name_an_order_has_given_up_leads_nowhere() -> None:
    books = Books()
    books.take(posted(an_order(3, InvoiceNumber="10017")))
    books.take(posted(an_order(3, InvoiceNumber="10018")))
    books.take(posted(an_order(3, Id=TWO, InvoiceNumber="10017")))
    pay(books, reference="10017")
    assert (books.order_of().PaymentStatus, books.order_of(TWO).PaymentStatus) == (0, 1)


@pytest.mark.parametrize("till_first", [True, False])
def test_the_tills_own_record_of_the_payment_is_the_same_payment(till_first: bool) -> None:
    books = Books()
    books.take(posted(an_order(3)))
    sale = posted(an_order(13, Payments=[a_payment(amount=50, PaymentRef="REFA1")], PaymentStatus=1))
    if till_first:
        books.take(sale)
        pay(books)
    else:
        pay(books)
        books.take(sale)
    assert [payment.PaidAmount for payment in books.order_of().Payments or []] == [50]
    assert (books.order_of().PaymentStatus, flags(books)) == (1, ())


def test_a_payment_from_swish_outlives_amendments() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books)
    books.take(posted(an_order(13, Payments=[], PaymentStatus=2)))
    books.take(posted(an_order(13, Payments=[a_payment(amount=5)], PaymentStatus=0)))
    assert [payment.PaidAmount for payment in books.order_of().Payments or []] == [50, 5]
    assert books.order_of().PaymentStatus == 1


def test_a_refund_is_tied_to_the_order_of_its_payment_and_pays_nothing() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books)
    refund(books, "other")
    assert books.swish("swish-R1").order_id == ORDER
    assert len(books.order_of().Payments or []) == 1


@pytest.mark.parametrize("arrival", list(itertools.permutations(["payment", "refund", "order"])))
@pytest.mark.parametrize("own", ["nothing", str(ORDER), "7"])
def test_a_refund_follows_its_payment_whatever_comes_first(arrival: Sequence[str], own: str) -> None:
    """`own` is what the refund names itself: nothing, the order, or the number of another."""
    books = Books()
    books.take(posted(an_order(3, Id=TWO, OrderIntID=7)))
    arrive = {
        "payment": lambda: pay(books),
        "refund": lambda: refund(books, own),
        "order": lambda: books.take(posted(an_order(3))),
    }
    for one in arrival:
        arrive[one]()
    assert [(books.swish(f"swish-{one}").order_id, flags(books, one)) for one in ("A1", "R1")] == [(ORDER, ())] * 2
    assert books.names("swish-R1").count("SwishTied") == (2 if own == "7" and arrival[-1] != "refund" else 1)
    assert [payment.PaidAmount for payment in books.order_of().Payments or []] == [50]
    waited = {(kind, key) for kind, key, stream in books.new_claims if kind == "orphan" and stream == "swish-R1"}
    assert waited <= set(books.released), "what is tied waits for nothing"


def test_the_reference_of_a_payment_that_is_tied_may_come_later() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    refund(books, "nothing")
    pay(books, status="CREATED", payment_reference=None)
    assert flags(books, "R1") == ("orphan",)
    pay(books)
    assert (books.swish("swish-R1").order_id, flags(books, "R1")) == (ORDER, ())


def test_a_refund_of_a_payment_that_the_vendors_record_ties() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    refund(books, "nothing")
    pay(books, reference="kiosk 3")
    assert flags(books, "R1") == ("orphan",)
    record(books, OrderId=ORDER)
    assert (books.swish("swish-R1").order_id, flags(books, "R1")) == (ORDER, ())


def test_a_payment_that_is_called_a_refund_too_late_stays_where_it_is() -> None:
    books = Books()
    for id_ in (ORDER, TWO):
        books.take(posted(an_order(3, Id=id_)))
    pay(books)
    pay(books, kind="refund", original_payment_reference="REFB2")
    pay(books, reference=str(TWO), swish_id="B2")
    assert [books.swish(f"swish-{one}").order_id for one in ("A1", "B2")] == [ORDER, TWO]


def test_a_callback_after_a_final_one_changes_nothing_on_the_order() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books, status="DECLINED")
    decision = pay(books)
    assert decision.events[-1][1] == SwishFlagged(flag="after_final")
    assert (books.order_of().PaymentStatus, flags(books)) == (0, ("after_final",))


def test_a_callback_after_a_final_one_does_not_come_to_the_front() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books, status="DECLINED")
    pay(books, swish_id="B2")
    pay(books, status="ERROR")
    shown = books.order_of().SwishPayment
    assert shown is not None and (shown.SwishId, shown.SwishPaymentStatus) == ("B2", "PAID")


def test_a_payment_the_till_listed_first_is_swishs_from_the_callback_on() -> None:
    books = Books()
    listed = a_payment(amount=50, PaymentRef="REFA1")
    books.take(posted(an_order(13, Payments=[listed], PaymentStatus=1)))
    pay(books)
    books.take(posted(an_order(13, Payments=[], PaymentStatus=0)))
    assert [payment.PaidAmount for payment in books.order_of().Payments or []] == [50]
    assert books.order_of().PaymentStatus == 1
    assert books.take(posted(an_order(13, Payments=[listed], PaymentStatus=2))).duplicate is None
    assert len(books.order_of().Payments or []) == 1
