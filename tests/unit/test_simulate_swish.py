"""What the town's books expect of Swish: contract, section 5, as stories of a payment."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from api.simulate import documents
from api.simulate.books import Books, Paid
from api.simulate.documents import Place
from api.simulate.shift import Shift
from api.simulate.town import Document, build

AT = datetime(2026, 11, 23, 12, 30)
TOWN = build("swish", 1, 1)
PLACE = Place(TOWN.outlets[0], TOWN.outlets[0].tills[0])
ID, OTHER_ID, REFERENCE = "A" * 32, "B" * 32, "C" * 32


class Story:
    """An order of 100 kronor, and books that are told what happens to it."""

    def __init__(self) -> None:
        shift = Shift(TOWN, PLACE, date(2026, 11, 23), Random(1), faults=True)
        self.random, self.books = Random(2), Books()
        self.draft = {**shift.draft(AT), "OrderTotal": Decimal("100.00")}
        self.unpaid = shift.completed(self.draft, AT, [], PaymentStatus=0)
        payment = documents.by_swish(self.draft, PLACE.till, AT, REFERENCE, self.random)
        self.paid = {**self.unpaid, "PaymentStatus": 1, "Payments": [payment]}

    def order(self, document: Document) -> Story:
        """The till posts the order."""
        self.books.enter("PostOpenOrder" if document["Status"] == 3 else "PostOrder", document)
        return self

    def record(self, swish_id: str = ID) -> Story:
        """The till's software has asked for the payment."""
        return self._swish(documents.swish_record(swish_id, self.draft["Id"], self.random))

    def called(self, swish_id: str = ID, reference: str = REFERENCE, **changes: Any) -> Story:
        """Swish calls back: PAID unless said otherwise."""
        callback = documents.swish_callback(swish_id, reference, self.draft["Id"], Decimal("100.00"), AT)
        return self._swish({**callback, **changes})

    def ends(self, status: str | None, *flags: str, order: Paid | None, swish_id: str = ID) -> None:
        """What the payment and, where it is tied, the order must show."""
        entry = self.books.swish.entries[swish_id]
        self.books.forget(self.draft["Id"])
        assert (entry.status, entry.flags, bool(entry.order_id)) == (status, set(flags), order is not None)
        assert self.books.paid.get(self.draft["Id"]) == order

    def _swish(self, document: Document) -> Story:
        self.books.enter("SwishOnlinePayment/PostSwishOnlinePayment", document)
        return self


PAID, UNPAID = Paid(1, Decimal("100.00")), Paid(0, Decimal(0))


def test_the_payment_that_the_till_posts_too_is_one() -> None:
    story = Story()
    story.order(story.draft).record().called().order(story.paid).ends("PAID", order=PAID)


def test_the_till_was_quicker_than_swish() -> None:
    story = Story()
    story.order(story.paid).record().called().ends("PAID", order=PAID)


def test_a_late_callback_pays() -> None:
    story = Story()
    story.order(story.unpaid).record().called(status="CREATED").called().ends("PAID", order=PAID)


def test_a_callback_before_the_order_is_an_orphan_until_the_order_comes() -> None:
    story = Story()
    story.called(amount="100.00")
    assert story.books.swish.entries[ID].flags == {"orphan"}
    story.order(story.unpaid).ends("PAID", order=PAID)


def test_a_payment_of_nobodys_order_stays_an_orphan() -> None:
    story = Story()
    story.called(payeePaymentReference="D" * 32).order(story.unpaid).ends("PAID", "orphan", order=None)


def test_another_amount_is_flagged_and_the_order_stays_unpaid() -> None:
    story = Story()
    story.order(story.unpaid).called(amount=Decimal(101)).ends("PAID", "amount_mismatch", order=UNPAID)


def test_a_second_payment_is_flagged() -> None:
    story = Story()
    story.order(story.unpaid).called().called(OTHER_ID, "E" * 32)
    assert not story.books.swish.entries[ID].flags
    story.ends("PAID", "duplicate_payment", order=PAID, swish_id=OTHER_ID)


@pytest.mark.parametrize("status", ["PAID", "CANCELLED"])
def test_what_comes_after_the_end_is_flagged_and_changes_nothing(status: str) -> None:
    story = Story()
    story.order(story.unpaid).called().called(status=status, datePaid=None).ends("PAID", "after_final", order=PAID)


def test_declined_is_not_paid() -> None:
    story = Story()
    story.order(story.unpaid).record().called(status="DECLINED", paymentReference=None).ends("DECLINED", order=UNPAID)


def test_a_refund_is_tied_to_the_order_of_its_payment() -> None:
    story = Story()
    back = {"originalPaymentReference": REFERENCE, "payeePaymentReference": None}
    story.order(story.unpaid).called().called(OTHER_ID, "F" * 32, status="DEBITED", **back)
    story.called(OTHER_ID, "F" * 32, **back)
    assert story.books.swish.entries[OTHER_ID].kind == "refund"
    story.ends("PAID", order=PAID, swish_id=OTHER_ID)


def test_a_web_cart_that_swish_has_paid_is_no_cart_any_more() -> None:
    story = Story()
    cart = {**story.draft, "Status": 0, "PaymentStatus": 0, "Payments": [], "IsOnlineOrder": True, "CustomerId": "kund"}
    story.books.enter("PostOnlineOrder", cart)
    assert list(story.books.baskets["kund"]) == [cart["Id"]] and not story.books.lists["open"]
    story.called()
    assert not story.books.baskets["kund"] and list(story.books.lists["open"]) == [cart["Id"]]
