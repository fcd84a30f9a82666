"""PostOrder and UpdateOrderStatus: sales, amendments, cancellations (contract, section 3)."""

from __future__ import annotations

import pytest

from tests.acceptance.bodies import (
    NO_ID,
    a_draft,
    a_line,
    a_payment,
    a_product,
    a_receipt,
    a_return,
    an_order,
    new_id,
)
from tests.acceptance.server import Json, Server


def pieces(server: Server, order: Json) -> float:
    """The stock of what the order's first line sells, at its outlet."""
    return server.stock(order["OrderLines"][0]["ItemId"], order["OutletId"])


def sold(server: Server, order: Json) -> float:
    """What the order's outlet has sold in November 2026, kronor."""
    total: float = server.get("Sale/GetMonthalySale", outletId=order["OutletId"], year=2026, month=11)["GrandTotal"]
    return total


def in_queue(server: Server, order: Json) -> bool:
    """Whether an integrator is offered the order."""
    found = server.get("Order/GetOrdersWithoutExternalID", TerminalId=order["TerminalId"])
    return order["Id"] in [row["Id"] for row in found]


def test_a_sale_is_order_lines_payments_receipts_and_stock(server: Server) -> None:
    order = an_order(OutletId=new_id())
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert (found["Status"], found["PaymentStatus"], found["OrderTotal"]) == (13, 1, 98)
    assert found["OrderLines"][0]["OrderId"] == order["Id"]
    assert [payment["Id"] for payment in found["Payments"]] == [order["Payments"][0]["Id"]]
    assert [receipt["ReceiptNumber"] for receipt in found["Receipts"]] == [order["Receipts"][0]["ReceiptNumber"]]
    assert (pieces(server, order), sold(server, order), in_queue(server, order)) == (-2, 98, True)


def test_an_order_with_an_open_status_is_a_draft(server: Server) -> None:
    draft = a_draft(OutletId=new_id())
    server.post("Order/PostOrder", draft)
    assert [row["Id"] for row in server.get("Order/GetOpenOrder", TerminalId=draft["TerminalId"])] == [draft["Id"]]
    assert (pieces(server, draft), sold(server, draft), in_queue(server, draft)) == (0, 0, False)


def test_an_amendment_moves_everything_by_the_difference(server: Server) -> None:
    order = an_order(OutletId=new_id())
    server.post("Order/PostOrder", order)
    line = order["OrderLines"][0]
    amended = order | {
        "OrderTotal": 147, "OrderLines": [line | {"Quantity": 3}],
        "Payments": [order["Payments"][0] | {"PaidAmount": 100}, a_payment(PaidAmount=47)],
    }  # fmt: skip
    server.post("Order/PostOrder", amended)
    assert (pieces(server, order), sold(server, order)) == (-3, 147)
    assert [payment["PaidAmount"] for payment in server.order(order)["Payments"]] == [100, 47]
    server.post("Order/PostOrder", amended | {"OrderLines": [a_line(Quantity=1)]})
    assert (pieces(server, order), sold(server, order)) == (0, 49)


def test_an_amendment_keeps_the_receipts_that_were_issued(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    server.post("Order/PostOrder", order | {"Receipts": [second := a_receipt()], "Comments": "kopia"})
    numbers = {receipt["ReceiptNumber"] for receipt in server.order(order)["Receipts"]}
    assert numbers == {order["Receipts"][0]["ReceiptNumber"], second["ReceiptNumber"]}


def test_payments_that_were_not_sent_stay_and_those_no_longer_listed_go(server: Server) -> None:
    order = an_order(Payments=[a_payment(), a_payment(PaidAmount=5)])
    server.post("Order/PostOrder", order)
    server.post("Order/PostOrder", order | {"Payments": None, "Comments": "a"})
    assert len(server.order(order)["Payments"]) == 2
    server.post("Order/PostOrder", order | {"Payments": order["Payments"][1:]})
    assert [payment["PaidAmount"] for payment in server.order(order)["Payments"]] == [5]


def test_a_receipt_number_is_used_once_at_a_terminal(server: Server) -> None:
    terminal, number = new_id(), 7
    first = an_order(TerminalId=terminal, Receipts=[a_receipt(ReceiptNumber=number)])
    server.post("Order/PostOrder", first)
    second = an_order(TerminalId=terminal, Receipts=[a_receipt(ReceiptNumber=number)], OutletId=new_id())
    server.refused("Order/PostOrder", second)
    assert server.ask(f"/v1/orders/{second['Id']}").status_code == 404
    assert pieces(server, second) == 0
    server.refused("Order/PostOrder", an_order(Receipts=[a_receipt(ReceiptNumber=number, TerminalId=terminal)]))
    server.post("Order/PostOrder", an_order(Receipts=[a_receipt(ReceiptNumber=number)]))
    server.post("Order/PostOrder", first | {"Comments": "same receipt, same order"})


def test_receipt_number_zero_is_no_number(server: Server) -> None:
    terminal = new_id()
    for _ in range(2):
        server.post("Order/PostOrder", an_order(TerminalId=terminal, Receipts=[a_receipt(ReceiptNumber=0)]))


@pytest.mark.parametrize("void", [14, 16, 20, 21])
@pytest.mark.parametrize("by_document", [True, False])
def test_a_voided_sale_is_taken_out_again(server: Server, void: int, by_document: bool) -> None:
    order = an_order(OutletId=new_id())
    server.post("Order/PostOrder", order)
    if by_document:
        server.post("Order/PostOrder", order | {"Status": void})
    else:
        server.set_status(order, void)
    assert (pieces(server, order), sold(server, order), in_queue(server, order)) == (0, 0, False)
    assert server.order(order)["Status"] == void


@pytest.mark.parametrize("void", [14, 16, 20, 21])
def test_an_order_that_is_cancelled_at_once_never_counts(server: Server, void: int) -> None:
    order = an_order(OutletId=new_id(), Status=void)
    server.post("Order/PostOrder", order)
    assert (pieces(server, order), sold(server, order), in_queue(server, order)) == (0, 0, False)


def test_completed_by_status_counts_and_stays_counted_until_it_is_cancelled(server: Server) -> None:
    draft = a_draft(OutletId=new_id())
    server.post("Order/PostOpenOrder", draft)
    server.set_status(draft, 13)
    assert (pieces(server, draft), sold(server, draft), in_queue(server, draft)) == (-2, 98, True)
    for status in (10, 11, 13):
        server.set_status(draft, status)
        assert (pieces(server, draft), sold(server, draft)) == (-2, 98)
    server.set_status(draft, 14)
    assert (pieces(server, draft), sold(server, draft), in_queue(server, draft)) == (0, 0, False)


@pytest.mark.parametrize("by_document", [True, False])
def test_a_draft_that_is_completed_has_its_receipts_number(server: Server, by_document: bool) -> None:
    """By its status, or by a document that says nothing of receipts: they were printed, and no other order's are."""
    terminal = new_id()
    first, second = (
        a_draft(OutletId=new_id(), TerminalId=terminal, Payments=[a_payment()], Receipts=[a_receipt(ReceiptNumber=9)])
        for _ in range(2)
    )
    for draft in (first, second):
        server.post("Order/PostOpenOrder", draft)
    if by_document:
        server.post("Order/PostOrder", first | {"Status": 13, "Payments": None, "Receipts": None})
    else:
        server.set_status(first, 13)
    told = server.get(f"/v1/orders/{first['Id']}/history")
    assert {entry["Type"] for entry in told} >= {"payment.captured", "receipt.issued"}
    server.refused("Order/PostOrder", an_order(TerminalId=terminal, Receipts=second["Receipts"]))
    assert server.send("GET", f"Order/UpdateOrderStatus/{second['Id']}/13").status_code == 417
    assert (server.order(second)["Status"], sold(server, first), sold(server, second)) == (3, 98, 0)
    server.set_status(second, 14)
    server.post("Order/PostOrder", first | {"Status": 13, "Comments": "same receipt, same order"})


@pytest.mark.parametrize("as_return", [{"Status": 15}, {"Status": 13, "Type": 4}, {"Status": 13, "Type": 5}])
def test_a_return_brings_back_stock_and_money(server: Server, as_return: Json) -> None:
    order = a_return(OutletId=new_id(), **as_return)
    server.post("Order/PostOrder", order)
    assert (pieces(server, order), sold(server, order), in_queue(server, order)) == (1, -49, False)


def test_goods_by_weight_are_not_counted_in_pieces(server: Server) -> None:
    cheese = a_line(Quantity=0.485, UnitPrice=289, Product=a_product(Unit=2))
    order = an_order(OutletId=new_id(), OrderLines=[cheese])
    server.post("Order/PostOrder", order)
    assert (pieces(server, order), sold(server, order)) == (0, 140.17)


def test_training_moves_nothing(server: Server) -> None:
    order = an_order(OutletId=new_id(), TrainingMode=True)
    server.post("Order/PostOrder", order)
    assert (pieces(server, order), sold(server, order), in_queue(server, order)) == (0, 0, False)


def test_a_draft_and_its_sale_are_one_order(server: Server) -> None:
    draft = a_draft(OutletId=new_id(), Payments=[a_payment(PaidAmount=20)])
    server.post("Order/PostOpenOrder", draft)
    order = an_order(OutletId=draft["OutletId"]) | {"Id": draft["Id"], "TerminalId": draft["TerminalId"]}
    server.post("Order/PostOrder", order)
    assert server.get("Order/GetOpenOrder", TerminalId=draft["TerminalId"]) == []
    assert [payment["PaidAmount"] for payment in server.order(order)["Payments"]] == [98]
    assert sold(server, order) == 98


def test_outlets_are_learnt_from_orders(server: Server) -> None:
    outlet, name = new_id(), f"Ö {new_id()}"
    server.post("Order/PostOrder", an_order(OutletId=outlet, Outlet={"Id": outlet, "Name": name}))
    found = server.get("Sale/GetOutlets")
    assert found[0] == {"Id": NO_ID, "Name": "All"}
    assert {"Id": outlet, "Name": name} in found
    names = [row["Name"] for row in found[1:]]
    assert names == sorted(names)


@pytest.mark.parametrize("status", [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21])
def test_any_known_status_can_be_set(server: Server, status: int) -> None:
    draft = a_draft(Status=2 if status == 19 else 19)
    server.post("Order/PostOpenOrder", draft)
    first = server.set_status(draft, status)
    assert first["Duplicate"] is False
    assert server.set_status(draft, status) == first | {"Duplicate": True}
    assert server.order(draft)["Status"] == status


@pytest.mark.parametrize("path", [
    "c378b6f0-37eb-485e-a227-1f92b2f148de/13",
    "x/13", f"{NO_ID}/13", "known/7", "known/12", "known/22", "known/x", "known/-1", "known/1.0",
    "known/99999999999999999999", "known/%20", "known/٣",
])  # fmt: skip
def test_a_status_that_cannot_be_set_is_417(server: Server, path: str) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft)
    answer = server.send("GET", f"Order/UpdateOrderStatus/{path.replace('known', draft['Id'])}")
    assert answer.status_code == 417
    assert answer.json()["status"] == 417
    assert server.order(draft)["Status"] == 3


def test_a_status_is_set_in_any_spelling_of_the_guid(server: Server) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft)
    server.command("GET", f"/API/ORDER/updateorderstatus/{draft['Id'].upper().replace('-', '')}/6")
    assert server.order(draft)["Status"] == 6
