"""What an order shows of its Swish payment: the newest state with what its own documents sent (contract, section 5)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ledger.records import SwishPayment
from tests.unit.given import Books, an_order, number, posted
from tests.unit.test_swish_settlement import pay, record


def sent(swish_id: str | None = "A1", **members: Any) -> SwishPayment:
    """What an order's document says of the payment it waits for."""
    told: dict[str, Any] = {"SwishToken": f"token {swish_id}", "SwishLocation": f"at {swish_id}"}
    return SwishPayment(Id=number(9), SwishId=swish_id, **(told | members))


def shown(books: Books) -> tuple[int, str | None, str | None, str | None, object]:
    """Id, SwishId, token, location and status of the order's."""
    found = books.order_of().SwishPayment
    assert found is not None
    return found.Id.int, found.SwishId, found.SwishToken, found.SwishLocation, found.SwishPaymentStatus


@pytest.mark.parametrize("arrival", list(itertools.permutations(["bare", "whole", "CREATED", "PAID"])))
def test_a_callback_leaves_what_the_document_sent(arrival: tuple[str, ...]) -> None:
    """`whole` is the document with its Swish payment, `bare` the same without; Swish may be quicker than both."""
    books = Books()
    for one in arrival:
        if one in ("CREATED", "PAID"):
            pay(books, status=one)
        else:
            books.take(posted(an_order(3, SwishPayment=sent() if one == "whole" else None)))
    assert shown(books) == (9, "A1", "token A1", "at A1", "PAID")


def test_a_payment_tried_again_keeps_its_own() -> None:
    books = Books()
    for swish_id in ("A1", "B2"):
        books.take(posted(an_order(3, SwishPayment=sent(swish_id))))
    pay(books, status="DECLINED")
    assert shown(books) == (9, "A1", "token A1", "at A1", "DECLINED")
    pay(books, swish_id="B2")
    assert shown(books) == (9, "B2", "token B2", "at B2", "PAID")


def test_a_later_document_without_a_token_takes_none_away() -> None:
    books = Books()
    books.take(posted(an_order(3, SwishPayment=sent())))
    books.take(posted(an_order(13, SwishPayment=sent(SwishToken=None))))
    pay(books)
    assert shown(books) == (9, "A1", "token A1", "at A1", "PAID")


@pytest.mark.parametrize("record_first", [True, False])
def test_the_vendors_record_stands_above_the_document(record_first: bool) -> None:
    books = Books()
    if record_first:
        record(books, OrderId=an_order().Id, SwishToken="newer")
    books.take(posted(an_order(3, SwishPayment=sent())))
    if not record_first:
        record(books, OrderId=an_order().Id, SwishToken="newer")
    pay(books)
    assert shown(books) == (5, "A1", "newer", "at A1", "PAID")


@pytest.mark.parametrize("spelled", ["A-1", "A1"])
def test_a_swish_id_in_another_spelling_stays_as_it_was_sent(spelled: str) -> None:
    books = Books()
    books.take(posted(an_order(3, SwishPayment=sent(spelled))))
    pay(books)
    assert shown(books) == (9, spelled, f"token {spelled}", f"at {spelled}", "PAID")


def test_a_document_that_says_nothing_new_appends_nothing_of_swish() -> None:
    books = Books()
    books.take(posted(an_order(3)))
    pay(books)
    books.take(posted(an_order(3, SwishPayment=sent())))
    books.take(posted(an_order(3, SwishPayment=sent(), Comments="x")))
    books.take(posted(an_order(3, SwishPayment=sent("B2"))))
    assert books.names().count("OrderSwishChanged") == 2, "with the callback, and with the token"
