"""Swish payments of known orders: the vendor's record, callbacks, what settles and what is flagged (section 5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.bodies import (
    a_callback,
    a_payment,
    a_swish_record,
    a_web_order,
    an_order,
    an_unpaid_order,
    camel,
    new_id,
    swish_id,
)
from tests.acceptance.server import Json, Server
from tests.acceptance.swish import PATH, paid, placed, seen


def test_vendor_then_callback(server: Server) -> None:
    order = a_web_order(OrderTotal=328.0)
    server.post("Order/PostOnlineOrder", order)
    record = a_swish_record(order)
    server.post(PATH, record)
    assert server.order(order)["SwishPayment"]["SwishToken"] == record["SwishToken"]
    assert server.order(order)["PaymentStatus"] == 0
    callback = a_callback(order, id=record["SwishId"])
    server.post(PATH, callback)
    found = server.order(order)
    assert (found["PaymentStatus"], found["Status"]) == (1, 0)
    assert paid(server, order) == [(328, callback["paymentReference"], 10)]
    assert found["SwishPayment"]["SwishPaymentStatus"] == "PAID"
    assert found["SwishPayment"]["SwishToken"] == record["SwishToken"]
    (shown,) = server.swish(order)
    assert (shown["Kind"], shown["Status"], shown["Amount"]) == ("payment", "PAID", 328)
    assert (shown["OrderId"], shown["Flags"]) == (order["Id"], [])


def test_callback_then_vendor(server: Server) -> None:
    order = placed(server)
    record = a_swish_record(order)
    server.post(PATH, a_callback(order, id=record["SwishId"]))
    server.post(PATH, record)
    found = server.order(order)["SwishPayment"]
    assert (found["SwishToken"], found["SwishPaymentStatus"]) == (record["SwishToken"], "PAID")
    assert len(paid(server, order)) == 1
    assert len(server.swish(order)) == 1


@pytest.mark.parametrize("status", [0, "1", "CREATED", "PAID", "PENDING"])
def test_a_vendors_record_never_settles(server: Server, status: object) -> None:
    order = placed(server)
    server.post(PATH, a_swish_record(order, SwishPaymentStatus=status))
    assert paid(server, order) == []
    assert server.order(order)["SwishPayment"]["SwishPaymentStatus"] == status
    assert server.order(order)["SwishPayment"]["OrderId"] == order["Id"]


def test_a_vendor_may_write_in_camel_case_and_send_it_again(server: Server) -> None:
    order = placed(server)
    record = a_swish_record(order)
    server.post(PATH, camel(record))
    server.again(PATH, record)
    server.post(PATH, record | {"SwishPaymentStatus": 1, "SwishToken": None})
    server.again(PATH, record)
    found = server.order(order)["SwishPayment"]
    assert (found["SwishPaymentStatus"], found["SwishToken"]) == (1, record["SwishToken"])


@pytest.mark.parametrize("changes", [
    {"Id": "x"}, {"OrderId": "x"}, {"SwishPaymentStatus": {}}, {"SwishToken": "\0"},
    {"SwishId": "A" * 201}, {"SwishId": 1.5e300},
])  # fmt: skip
def test_a_record_that_cannot_be_read_is_refused(server: Server, changes: Json) -> None:
    assert server.send("POST", PATH, a_swish_record(an_order(), **changes)).status_code == 417


@pytest.mark.parametrize("amount", [98, 98.0, "98", "98.00"])
def test_the_amount_may_be_text(server: Server, amount: object) -> None:
    order = placed(server)
    server.post(PATH, a_callback(order, amount=amount))
    assert len(paid(server, order)) == 1


@pytest.mark.parametrize("status", ["CREATED", "DECLINED", "ERROR", "CANCELLED", "SOMETHING", ""])
def test_only_paid_pays(server: Server, status: str) -> None:
    order = placed(server)
    server.post(PATH, a_callback(order, status=status))
    assert (paid(server, order), server.order(order)["Payments"]) == ([], [])


def test_neither_error_code_nor_date_decides(server: Server) -> None:
    order, other = placed(server), placed(server)
    server.post(PATH, a_callback(order, errorCode="RF07", errorMessage="declined", datePaid=None))
    server.post(PATH, a_callback(other, status="DECLINED"))
    assert (len(paid(server, order)), paid(server, other)) == (1, [])


@pytest.mark.parametrize("date", ["2026-11-23T11:00:04.000Z", "2026-11-23T12:00:04.000+0100", "2026-11-23T12:00:04"])
def test_the_date_of_payment_has_many_forms(server: Server, date: str) -> None:
    order = placed(server)
    server.post(PATH, a_callback(order, datePaid=date))
    assert server.order(order)["Payments"][0]["PaymentDate"] == "2026-11-23T12:00:04+01:00"


def test_the_same_callback_again_appends_nothing(server: Server) -> None:
    order = placed(server)
    callback = a_callback(order)
    server.post(PATH, callback)
    for _ in range(3):
        server.again(PATH, callback)
    assert len(paid(server, order)) == 1
    assert seen(server, order) == [("payment", "PAID", [])]


@pytest.mark.parametrize("final", ["PAID", "DECLINED", "ERROR", "CANCELLED"])
@pytest.mark.parametrize("late", ["PAID", "DECLINED", "CREATED"])
def test_a_callback_after_a_final_one_changes_nothing(server: Server, final: str, late: str) -> None:
    order = placed(server)
    callback = a_callback(order, status=final)
    server.post(PATH, callback)
    before = server.order(order)
    server.post(PATH, callback | {"status": late, "message": "late"})
    after = server.order(order)
    assert seen(server, order) == [("payment", final, ["after_final"])]
    assert (after["PaymentStatus"], after["Payments"]) == (before["PaymentStatus"], before["Payments"])
    server.again(PATH, callback | {"status": late, "message": "late"})


def test_created_then_paid(server: Server) -> None:
    order = placed(server)
    callback = a_callback(order, status="CREATED", datePaid=None, paymentReference=None)
    server.post(PATH, callback)
    assert server.order(order)["SwishPayment"]["SwishPaymentStatus"] == "CREATED"
    server.post(PATH, callback | {"status": "PAID", "paymentReference": swish_id()})
    assert len(paid(server, order)) == 1


@pytest.mark.parametrize("amount", [97.99, 98.01, "0", -98, None, "x", 1e300, "NaN"])
def test_another_amount_is_flagged_and_pays_nothing(server: Server, amount: object) -> None:
    order = placed(server)
    server.post(PATH, a_callback(order, amount=amount))
    assert paid(server, order) == []
    assert seen(server, order) == [("payment", "PAID", ["amount_mismatch"])]


def test_what_is_owed_is_the_rounded_total_less_what_was_paid(server: Server) -> None:
    payments = [
        a_payment(PaidAmount=60),
        a_payment(PaidAmount=10, Direction=-1),
        a_payment(PaidAmount=-5, Direction=-1),
    ]
    order = placed(server, an_unpaid_order(OrderTotal=298.17, RoundedAmount=-0.17, Payments=payments))
    server.post(PATH, a_callback(order, amount=243))
    assert server.order(order)["PaymentStatus"] == 1
    assert seen(server, order) == [("payment", "PAID", [])]


def test_a_second_payment_for_a_paid_order_is_flagged(server: Server) -> None:
    order = placed(server)
    server.post(PATH, a_callback(order))
    server.post(PATH, a_callback(order))
    assert len(paid(server, order)) == 1
    assert sorted(flags for _, _, flags in seen(server, order)) == [[], ["duplicate_payment"]]


def test_a_payment_for_an_order_paid_by_card_is_flagged(server: Server) -> None:
    order = placed(server, an_order())
    server.post(PATH, a_callback(order))
    assert seen(server, order) == [("payment", "PAID", ["duplicate_payment"])]
    assert [row[2] for row in paid(server, order)] == [4]


@pytest.mark.parametrize("till_first", [True, False])
def test_the_same_reference_posted_with_the_order_is_that_payment(server: Server, till_first: bool) -> None:
    order = an_unpaid_order()
    callback = a_callback(order)
    with_payment = order | {
        "PaymentStatus": 1,
        "Payments": [a_payment(PaymentRef=callback["paymentReference"], TypeId=10)],
    }
    server.post("Order/PostOrder", order)
    steps: list[tuple[str, Any]] = [("Order/PostOrder", with_payment), (PATH, callback)]
    for path, body in steps if till_first else reversed(steps):
        server.post(path, body)
    assert paid(server, order) == [(98, callback["paymentReference"], 10)]
    assert seen(server, order) == [("payment", "PAID", [])]


def test_a_payment_that_is_listed_without_the_reference_is_another_one(server: Server) -> None:
    server.post("Order/PostOrder", order := an_unpaid_order())
    server.post(PATH, callback := a_callback(order))
    server.post("Order/PostOrder", order | {"PaymentStatus": 1, "Payments": [a_payment(PaymentRef=None, TypeId=10)]})
    assert sorted(ref or "" for _, ref, _ in paid(server, order)) == ["", callback["paymentReference"]]


def test_a_draft_is_paid_and_then_completed_with_the_same_payment(server: Server) -> None:
    order = a_web_order()
    server.post("Order/PostOnlineOrder", order)
    callback = a_callback(order)
    server.post(PATH, callback)
    final = an_order(Id=order["Id"], Payments=[a_payment(PaymentRef=callback["paymentReference"], TypeId=10)])
    server.post("Order/PostOrder", final)
    assert paid(server, order) == [(98, callback["paymentReference"], 10)]


def test_no_later_document_erases_a_swish_payment(server: Server) -> None:
    order = a_web_order()
    server.post("Order/PostOnlineOrder", order)
    server.post(PATH, callback := a_callback(order))
    server.post("Order/PostOnlineOrder", order | {"Comments": "x"})
    server.post("Order/PostOrder", final := an_unpaid_order(Id=order["Id"]))
    server.post("Order/PostOrder", final | {"Comments": "y", "PaymentStatus": 0, "SwishPayment": None})
    assert paid(server, order) == [(98, callback["paymentReference"], 10)]
    assert server.order(order)["SwishPayment"]["SwishPaymentStatus"] == "PAID"
    assert server.again(PATH, callback)


def test_a_payment_does_not_complete_the_order(server: Server) -> None:
    order = a_web_order(OutletId=new_id())
    server.post("Order/PostOnlineOrder", order)
    server.post(PATH, a_callback(order))
    assert server.order(order)["Status"] == 0
    assert server.stock(order["OrderLines"][0]["ItemId"], order["OutletId"]) == 0


def of_order(rows: list[Json], order: Json) -> Any:
    """The Swish payment of an order on a list."""
    (found,) = [row["SwishPayment"] for row in rows if row["Id"] == order["Id"]]
    return found


def test_what_an_orders_document_sent_of_its_payment_shows_in_every_read(server: Server) -> None:
    order = a_web_order()
    order["SwishPayment"] = sent = a_swish_record(order)
    customer, terminal = order["CustomerId"], order["TerminalId"]
    server.post("Order/PostOnlineOrder", order)
    server.post(PATH, a_callback(order, id=sent["SwishId"], status="CREATED", paymentReference=None, datePaid=None))
    created = sent | {"SwishPaymentStatus": "CREATED"}
    assert server.get(f"Order/GetCustomerCartOrder/{customer}")["SwishPayment"] == created
    server.post(PATH, callback := a_callback(order, id=sent["SwishId"]))
    paid = sent | dict.fromkeys(["SwishPaymentStatus", "SwishResponse"], "PAID")
    paid["SwishPaymentId"] = callback["paymentReference"]
    assert server.order(order)["SwishPayment"] == paid
    assert of_order(server.get(f"Order/GetOrdersHistory/{customer}"), order) == paid
    assert of_order(server.get("Order/GetOpenOrder", TerminalId=terminal), order) == paid
    completed = order | {"Status": 13, "InvoiceGenerated": 1, "SwishPayment": None}
    server.post("Order/PostOnlineOrder", completed)
    for queue in ("GetOrdersWithoutExternalID", "GetInviceGeneratedOpenOrder"):
        assert of_order(server.get(f"Order/{queue}", TerminalId=terminal), order) == paid
    assert server.get(f"/v1/orders/{order['Id']}", as_of=server.position)["SwishPayment"] == paid
    entries = server.get(f"/v1/orders/{order['Id']}/history")
    assert entries[-1]["Document"]["SwishPayment"] == paid
    assert {entry["Document"]["SwishPayment"]["SwishToken"] for entry in entries} == {sent["SwishToken"]}
