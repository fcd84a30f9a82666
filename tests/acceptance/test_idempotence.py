"""A till retries: the same document is taken once, now or in a year (contract, section 1, Idempotence)."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.bodies import (
    a_callback,
    a_draft,
    a_drawer_event,
    a_health_report,
    a_line,
    a_payment,
    a_receipt,
    a_return,
    a_swish_record,
    a_web_order,
    a_z_report,
    an_invoice,
    an_order,
    camel,
    new_id,
)
from tests.acceptance.server import Json, Server

SWISH = "SwishOnlinePayment/PostSwishOnlinePayment"
DOCUMENTS = [
    ("Order/PostOpenOrder", a_draft()), ("Order/PostOrder", an_order()), ("Order/PostOrder", a_return()),
    ("Order/PostOrder", a_draft()), ("Order/PostOrder", a_draft(Status=14)), ("Order/PostOnlineOrder", a_web_order()),
    ("Order/PostOnlineOrder", a_web_order(Status=13)), ("Order/PostCustomerInvoice", an_invoice()),
    ("Order/PostReports", a_health_report()), ("Order/PostReports", a_z_report()),
    ("Order/PostCashDrawerLog", a_drawer_event()), ("CashDrawerLog/PostCashDrawerLog", a_drawer_event()),
    (SWISH, a_swish_record(an_order())), (SWISH, a_callback(an_order())),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), DOCUMENTS)
def test_the_same_document_again_appends_nothing(server: Server, path: str, body: Json) -> None:
    first = server.post(path, body)
    again = server.again(path, body)
    assert again["Position"] == first["Position"]
    server.again(path, camel(body))
    server.again(path, dict(reversed(body.items())))
    # Nothing was appended in between: the next document follows at once.
    assert server.post("Order/PostOpenOrder", a_draft())["Position"] == first["Position"] + 1


def test_the_same_document_written_differently_is_the_same(server: Server) -> None:
    order = an_order(OrderLines=[a_line(Quantity=2, UnitPrice=49.90)], InvoiceDate="2026-11-23T11:51:40.8100000")
    server.post("Order/PostOrder", order)
    other = copy.deepcopy(order) | {"InvoiceDate": "2026-11-23T10:51:40.81Z", "Status": "13", "TrainingMode": 0}
    other["Id"] = f"{{{order['Id'].upper()}}}"
    other["OrderLines"][0] |= {"Quantity": "2.000", "UnitPrice": "49.9"}
    server.again("Order/PostOrder", other)


@pytest.mark.parametrize(("path", "first", "second"), [
    ("Order/PostOrder", order := an_order(), order | {"Comments": "bordet vid fönstret"}),
    ("Order/PostCustomerInvoice", invoice := an_invoice(), invoice | {"Remarks": "ändrad"}),
    ("CashDrawerLog/PostCashDrawerLog", event := a_drawer_event(), event | {"Amount": 1900}),
    ("Order/PostReports", report := a_z_report(), report | {"BatteryLevel": 12}),
])  # fmt: skip
def test_a_late_retry_never_undoes_a_change(server: Server, path: str, first: Json, second: Json) -> None:
    taken = server.post(path, first)
    server.post(path, second)
    assert server.again(path, first)["Position"] == taken["Position"]
    server.again(path, second)


def test_an_amendment_stays_after_a_late_retry(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    server.post("Order/PostOrder", order | {"Comments": "ändrad"})
    server.again("Order/PostOrder", order)
    assert server.order(order)["Comments"] == "ändrad"


def test_a_guest_may_put_back_what_he_took_off(server: Server) -> None:
    two = a_draft(OrderLines=[a_line(), a_line()])
    one = two | {"OrderLines": two["OrderLines"][:1]}
    server.post("Order/PostOpenOrder", two)
    server.post("Order/PostOpenOrder", one)
    server.post("Order/PostOpenOrder", two)
    server.again("Order/PostOpenOrder", two)
    assert len(server.order(two)["OrderLines"]) == 2


def test_a_cart_may_be_put_back_too(server: Server) -> None:
    two = a_web_order(OrderLines=[a_line(), a_line()])
    one = two | {"OrderLines": two["OrderLines"][:1]}
    for cart in (two, one, two):
        server.post("Order/PostOnlineOrder", cart)
    server.again("Order/PostOnlineOrder", two)


@pytest.mark.parametrize("path", ["Order/PostOpenOrder", "Order/PostOrder"])
def test_a_late_retry_of_any_draft_of_a_closed_order_is_a_duplicate(server: Server, path: str) -> None:
    order = an_order()
    drafts = [a_draft(Id=order["Id"], Comments=text) for text in ("a", "b")]
    for draft in drafts:
        server.post("Order/PostOpenOrder", draft)
    server.post("Order/PostOrder", order)
    for draft in drafts:
        server.again(path, draft)
    assert server.order(order)["Status"] == 13


def test_duplicates_come_before_every_other_check(server: Server) -> None:
    order = an_order(Receipts=[a_receipt()])
    server.post("Order/PostOpenOrder", draft := a_draft(Id=order["Id"]), If_Match="0")
    server.post("Order/PostOrder", order)
    server.post("Order/PostOrder", order | {"Comments": "x"})
    server.again("Order/PostOrder", order, If_Match="1")
    server.again("Order/PostOpenOrder", draft, If_Match="77")


def test_two_posts_at_the_same_instant_are_one(server: Server) -> None:
    order = an_order(OutletId=new_id())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.command("POST", "Order/PostOrder", order), range(8)))
    assert sorted(answer["Duplicate"] for answer in answers) == [False] + [True] * 7
    assert len({answer["Position"] for answer in answers}) == 1
    assert server.stock(order["OrderLines"][0]["ItemId"], order["OutletId"]) == -2


def test_an_idempotency_key_is_used_once(server: Server) -> None:
    key, order = new_id(), an_order()
    first = server.post("Order/PostOrder", order, Idempotency_Key=key)
    assert server.again("Order/PostOrder", order, Idempotency_Key=key)["Position"] == first["Position"]
    server.refused("Order/PostOrder", order | {"Comments": "x"}, Idempotency_Key=key)
    server.refused("Order/PostOrder", an_order(), Idempotency_Key=key)
    assert server.order(order)["Comments"] is None


def test_a_key_holds_for_its_path_only(server: Server) -> None:
    key = new_id()
    server.post("Order/PostOrder", an_order(), Idempotency_Key=key)
    server.post("Order/PostOpenOrder", a_draft(), Idempotency_Key=key)
    server.post("CashDrawerLog/PostCashDrawerLog", a_drawer_event(), Idempotency_Key=key)


def test_a_key_keeps_a_draft_from_being_taken_back(server: Server) -> None:
    first, second, key = a_draft(), a_draft(), new_id()
    second["Id"] = first["Id"]
    server.post("Order/PostOpenOrder", first, Idempotency_Key=key)
    server.post("Order/PostOpenOrder", second)
    server.again("Order/PostOpenOrder", first, Idempotency_Key=key)
    assert server.order(first)["OrderLines"][0]["Id"] == second["OrderLines"][0]["Id"]


def test_a_refusal_does_not_use_a_key_up(server: Server) -> None:
    key, order = new_id(), an_order()
    server.refused("Order/PostOrder", order | {"Status": 99}, Idempotency_Key=key)
    server.refused("Order/PostOpenOrder", order, Idempotency_Key=key)
    server.post("Order/PostOrder", order, Idempotency_Key=key)


def test_a_key_is_honoured_where_nothing_was_appended(server: Server) -> None:
    key, order = new_id(), an_order()
    server.post("Order/PostOrder", order)
    server.again("Order/PostOrder", order, Idempotency_Key=key)
    server.refused("Order/PostOrder", an_order(), Idempotency_Key=key)


def test_no_retry_takes_money_twice(server: Server) -> None:
    order = an_order(Payments=[a_payment(), a_payment(PaidAmount=10)])
    for _ in range(3):
        server.command("POST", "Order/PostOrder", order)
        server.command("POST", "Order/PostOrder", order | {"Comments": "x"})
    assert [payment["PaidAmount"] for payment in server.order(order)["Payments"]] == [98, 10]
