"""Swish payments whose order is not there, not clear, or comes later (contract, section 5)."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.bodies import a_callback, a_swish_record, a_web_order, an_unpaid_order, swish_id
from tests.acceptance.server import Json, Server
from tests.acceptance.swish import PATH

# An order that nobody posts.
NOBODYS = "c378b6f0-37eb-485e-a227-1f92b2f148de"


def a_number() -> int:
    """A number nobody has used."""
    return random.randrange(10**8, 2 * 10**9)


def state(server: Server, callback: Json) -> Json:
    """A Swish payment as it is kept."""
    (found,) = [row for row in server.get("/v1/swish") if row["SwishId"] == callback["id"]]
    return {name: found[name] for name in ("OrderId", "Status", "Flags")}


def orphan(callback: Json) -> Json:
    """An unclaimed payment."""
    return {"OrderId": "00000000-0000-0000-0000-000000000000", "Status": callback["status"], "Flags": ["orphan"]}


def tied(callback: Json, order: Json) -> Json:
    """The payment of an order."""
    return {"OrderId": order["Id"], "Status": callback["status"], "Flags": []}


def test_the_order_comes_later(server: Server) -> None:
    order = an_unpaid_order()
    server.post(PATH, callback := a_callback(order))
    assert state(server, callback) == orphan(callback)
    assert server.swish(order) == []
    server.post("Order/PostOrder", order)
    assert state(server, callback) == tied(callback, order)
    assert server.order(order)["PaymentStatus"] == 1
    server.again(PATH, callback)
    server.again("Order/PostOrder", order)
    assert len(server.order(order)["Payments"]) == 1


@pytest.mark.parametrize("spelled", ["{}", "{{{}}}"])
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_an_order_goes_by_its_id_in_any_spelling(server: Server, spelled: str, case: type[str]) -> None:
    order = an_unpaid_order()
    server.post("Order/PostOrder", order)
    server.post(PATH, callback := a_callback(order, payeePaymentReference=spelled.format(case(order["Id"]))))
    assert state(server, callback) == tied(callback, order)


@pytest.mark.parametrize("name", ["InvoiceNumber", "OrderNoOfDay", "OrderIntID"])
@pytest.mark.parametrize("order_first", [True, False])
def test_an_order_goes_by_its_numbers(server: Server, name: str, order_first: bool) -> None:
    number = a_number()
    order = an_unpaid_order(**{name: number if name == "OrderIntID" else str(number)})
    callback = a_callback(order, payeePaymentReference=str(number))
    for path, body in [("Order/PostOrder", order), (PATH, callback)][:: 1 if order_first else -1]:
        server.post(path, body)
    assert state(server, callback) == tied(callback, order)
    assert server.order(order)["PaymentStatus"] == 1


def test_numbers_that_are_drawn_find_their_payment(server: Server) -> None:
    server.post("Order/PostOnlineOrder", before := a_web_order())
    number = server.order(before)["OrderIntID"] + 1
    server.post(PATH, callback := a_callback(before, payeePaymentReference=str(number)))
    assert state(server, callback) == orphan(callback)
    server.post("Order/PostOnlineOrder", order := a_web_order())
    assert server.order(order)["OrderIntID"] == number
    assert state(server, callback) == tied(callback, order)
    server.post(PATH, other := a_callback(order, payeePaymentReference=server.order(order)["OrderNoOfDay"]))
    assert state(server, other)["OrderId"] == order["Id"]


def test_invoice_numbers_come_before_other_numbers(server: Server) -> None:
    number = a_number()
    by_int, by_day, by_invoice = (
        an_unpaid_order(OrderIntID=number), an_unpaid_order(OrderNoOfDay=str(number)),
        an_unpaid_order(InvoiceNumber=str(number)),
    )  # fmt: skip
    expected = []
    for order in (by_int, by_day, by_invoice):
        server.post("Order/PostOrder", order)
        server.post(PATH, callback := a_callback(order, payeePaymentReference=str(number)))
        expected.append((callback, order))
    assert [state(server, callback)["OrderId"] for callback, _ in expected] == [order["Id"] for _, order in expected]


def test_more_than_one_order_is_no_order(server: Server) -> None:
    number = str(a_number())
    orders = [an_unpaid_order(InvoiceNumber=number) for _ in range(2)]
    for order in orders:
        server.post("Order/PostOrder", order)
    server.post(PATH, callback := a_callback(orders[0], payeePaymentReference=number))
    assert state(server, callback) == orphan(callback)
    assert [server.order(order)["PaymentStatus"] for order in orders] == [0, 0]


def test_an_orphan_waits_until_one_order_is_left(server: Server) -> None:
    number = str(a_number())
    first, second = (an_unpaid_order(InvoiceNumber=number) for _ in range(2))
    for order in (first, second):
        server.post("Order/PostOrder", order)
    server.post(PATH, callback := a_callback(first, payeePaymentReference=number))
    server.post("Order/PostOrder", second | {"InvoiceNumber": str(a_number())})
    server.post("Order/PostOrder", first | {"Comments": "en gång till"})
    assert state(server, callback) == tied(callback, first)


@pytest.mark.parametrize("reference", [None, "", "nothing", "0", NOBODYS.replace("-", "").upper(), NOBODYS])
def test_no_such_order(server: Server, reference: str | None) -> None:
    callback = a_callback(an_unpaid_order(), payeePaymentReference=reference)
    server.post(PATH, callback)
    assert state(server, callback) == orphan(callback)


def test_the_vendors_order_comes_before_the_reference(server: Server) -> None:
    order, other = an_unpaid_order(), an_unpaid_order()
    server.post("Order/PostOrder", order)
    server.post("Order/PostOrder", other)
    server.post(PATH, record := a_swish_record(order))
    server.post(PATH, callback := a_callback(other, id=record["SwishId"]))
    assert state(server, callback) == tied(callback, order)
    assert [server.order(one)["PaymentStatus"] for one in (order, other)] == [1, 0]


def test_the_vendors_record_ties_a_payment_that_names_no_order(server: Server) -> None:
    order = an_unpaid_order()
    server.post("Order/PostOrder", order)
    record = a_swish_record(order)
    server.post(PATH, callback := a_callback(order, id=record["SwishId"], payeePaymentReference="kiosk 3"))
    assert state(server, callback) == orphan(callback)
    server.post(PATH, record)
    assert state(server, callback) == tied(callback, order)
    assert server.order(order)["PaymentStatus"] == 1


def test_a_record_of_an_order_that_comes_later(server: Server) -> None:
    order = a_web_order()
    server.post(PATH, record := a_swish_record(order))
    server.post("Order/PostOnlineOrder", order)
    assert server.order(order)["SwishPayment"]["SwishToken"] == record["SwishToken"]
    server.post(PATH, a_callback(order, id=record["SwishId"], payeePaymentReference=None))
    assert server.order(order)["PaymentStatus"] == 1


def test_several_orphans_find_one_order(server: Server) -> None:
    order = an_unpaid_order()
    callbacks = [a_callback(order, status=status) for status in ("DECLINED", "PAID", "PAID")]
    for callback in callbacks:
        server.post(PATH, callback)
    server.post("Order/PostOrder", order)
    assert sorted((row["Status"], row["Flags"]) for row in server.swish(order)) == [
        ("DECLINED", []), ("PAID", []), ("PAID", ["duplicate_payment"]),
    ]  # fmt: skip
    assert len(server.order(order)["Payments"]) == 1


def test_a_tied_orphan_of_another_amount_is_flagged(server: Server) -> None:
    order = an_unpaid_order()
    server.post(PATH, callback := a_callback(order, amount=1))
    server.post("Order/PostOrder", order)
    assert state(server, callback)["Flags"] == ["amount_mismatch"]
    assert server.order(order)["PaymentStatus"] == 0


def test_a_refund_of_an_unknown_payment_is_an_orphan(server: Server) -> None:
    refund = a_refund(a_callback(an_unpaid_order()))
    server.post(PATH, refund)
    assert state(server, refund)["Flags"] == ["orphan"]


def a_refund(payment: Json) -> Json:
    """A part of a payment is paid back."""
    return {
        "id": swish_id(), "originalPaymentReference": payment["paymentReference"], "amount": 10, "status": "PAID",
    }  # fmt: skip


@pytest.mark.parametrize("arrival", [*itertools.permutations(["payment", "refund", "order"]), None])
def test_a_refund_follows_its_payment_whatever_comes_first(server: Server, arrival: Sequence[str] | None) -> None:
    order = a_web_order()
    payment = a_callback(order)
    refund = a_refund(payment)
    sent = {"payment": (PATH, payment), "refund": (PATH, refund), "order": ("Order/PostOnlineOrder", order)}
    if arrival is None:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda one: server.post(*one), sent.values()))
    else:
        for one in arrival:
            server.post(*sent[one])
    assert [state(server, one) for one in (payment, refund)] == [tied(payment, order), tied(refund, order)]
    assert {row["Kind"] for row in server.swish(order)} == {"payment", "refund"}
    server.again(PATH, refund)
