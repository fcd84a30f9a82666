"""What comes in as JSON, and what goes out (contract, section 1)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.acceptance.bodies import (
    NO_ID,
    NO_TIME,
    a_draft,
    a_line,
    a_payment,
    a_product,
    a_receipt,
    an_order,
    camel,
    new_id,
)
from tests.acceptance.members import LINE, LINE_MAY_BE_NULL, ORDER, ORDER_MAY_BE_NULL, PAYMENT, RECEIPT
from tests.acceptance.server import Json, Server


def nulls(record: Json) -> set[str]:
    """The members that are null."""
    return {name for name, value in record.items() if value is None}


def bare_order() -> Json:
    """Only what must be there."""
    return {
        "Id": new_id(), "Status": 13, "OrderLines": [{"Id": new_id(), "ItemId": new_id(), "Quantity": 1}],
        "Payments": [{"Id": new_id(), "PaidAmount": 10}], "Receipts": [{"ReceiptId": new_id()}],
    }  # fmt: skip


def test_every_known_member_comes_out_and_only_some_may_be_null(server: Server) -> None:
    order = bare_order()
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert set(found) == ORDER
    assert nulls(found) <= ORDER_MAY_BE_NULL
    (line,), (payment,), (receipt,) = found["OrderLines"], found["Payments"], found["Receipts"]
    assert (set(line), set(payment), set(receipt)) == (LINE, PAYMENT, RECEIPT)
    assert nulls(line) <= LINE_MAY_BE_NULL
    assert nulls(payment) <= {"PaymentRef", "CreditCardNo", "ProductName", "PayerRef"}
    assert (found["CustomerId"], found["CreationDate"], found["TableId"]) == (NO_ID, NO_TIME, 0)
    assert (line["Active"], line["Direction"], line["TaxPercent"]) == (1, 1, 0)


def test_null_for_a_member_that_cannot_be_null_comes_out_as_its_zero(server: Server) -> None:
    order = an_order(
        CustomerId=None, CreationDate=None, OrderTotal=None, TableId=None, TrainingMode=None, OutletId=None, Outlet=None
    )
    order["OrderLines"][0] |= {"GroupId": None, "UnitPrice": None, "Active": None, "IngredientItems": None}
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert nulls(found) <= ORDER_MAY_BE_NULL
    assert (found["CustomerId"], found["CreationDate"], found["OrderTotal"]) == (NO_ID, NO_TIME, 0)
    assert nulls(found["OrderLines"][0]) <= LINE_MAY_BE_NULL
    assert found["OrderLines"][0]["IngredientItems"] == []


def test_a_draft_without_payments_and_receipts_comes_out_with_empty_lists(server: Server) -> None:
    draft = a_draft(OrderLines=None)
    server.post("Order/PostOpenOrder", draft)
    found = server.order(draft)
    assert (found["OrderLines"], found["Payments"], found["Receipts"]) == ([], [], [])


def test_a_web_client_writes_in_camel_case(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", camel(order))
    found = server.order(order)
    assert found["OrderLines"][0]["Product"]["Description"] == "Caffè latte"
    assert found["Payments"][0]["PaidAmount"] == 98
    server.again("Order/PostOrder", order)


def test_names_match_in_any_case(server: Server) -> None:
    order = an_order(OrderLines=[a_line()])
    shouting = {name.upper(): value for name, value in order.items()} | {"externalId": "X-1"}
    server.post("Order/PostOrder", shouting)
    assert server.order(order)["ExternalID"] == "X-1"


def test_unknown_members_are_given_back_at_every_level(server: Server) -> None:
    order = an_order(LoyaltyPoints=12, Table={"Name": "Fönster", "Seats": [1, 2, None]})
    order["OrderLines"][0]["KitchenNote"] = "utan lök"
    order["OrderLines"][0]["Product"]["Allergens"] = ["mjölk"]
    order["Payments"][0]["Terminal"] = {"Brand": "X", "Ok": True}
    order["Receipts"][0]["Extra"] = None
    order["extra"] = "ours"
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert (found["LoyaltyPoints"], found["Table"]) == (12, {"Name": "Fönster", "Seats": [1, 2, None]})
    assert found["extra"] == "ours"
    assert found["OrderLines"][0]["KitchenNote"] == "utan lök"
    assert found["OrderLines"][0]["Product"]["Allergens"] == ["mjölk"]
    assert found["Payments"][0]["Terminal"] == {"Brand": "X", "Ok": True}
    assert found["Receipts"][0]["Extra"] is None
    server.again("Order/PostOrder", order)


@pytest.mark.parametrize("value", [59.32932349, 1e300, 12345678901234567890, -0.1234567, True, "", [[{}]]])
def test_an_unknown_member_is_never_an_error(server: Server, value: Any) -> None:
    order = an_order(Anything=value)
    server.post("Order/PostOrder", order)
    assert server.order(order)["Anything"] == value
    server.again("Order/PostOrder", order)


def test_a_byte_order_mark_is_accepted(server: Server) -> None:
    server.post("Order/PostOrder", b"\xef\xbb\xbf" + json.dumps(an_order()).encode())


@pytest.mark.parametrize("name", ["Bong", "bong", "BONG"])
def test_of_a_duplicate_member_the_last_one_wins(server: Server, name: str) -> None:
    order = an_order(Bong="first")
    server.post("Order/PostOrder", f'{json.dumps(order)[:-1]}, "{name}": "last"}}'.encode())
    assert server.order(order)["Bong"] == "last"


@pytest.mark.parametrize("spelled", [
    str.upper, lambda id_: id_.replace("-", ""), "{{{}}}".format, lambda id_: f"{{{id_.replace('-', '').upper()}}}"
])  # fmt: skip
def test_a_guid_has_many_spellings_and_comes_out_in_one(server: Server, spelled: Any) -> None:
    order = an_order(CustomerId=new_id())
    sent = order | {"Id": spelled(order["Id"]), "CustomerId": spelled(order["CustomerId"])}
    sent["OrderLines"] = [order["OrderLines"][0] | {"ItemId": spelled(order["OrderLines"][0]["ItemId"])}]
    server.post("Order/PostOrder", sent)
    found = server.get(f"/v1/orders/{spelled(order['Id'])}")
    assert (found["Id"], found["CustomerId"]) == (order["Id"], order["CustomerId"])
    assert found["OrderLines"][0]["ItemId"] == order["OrderLines"][0]["ItemId"]
    server.again("Order/PostOrder", order)


@pytest.mark.parametrize("none", [NO_ID, "", None, NO_ID.replace("-", ""), f"{{{NO_ID}}}"])
def test_there_are_many_ways_to_say_no_guid(server: Server, none: str | None) -> None:
    order = an_order(CustomerId=none, CustomerInvoiceId=none)
    server.post("Order/PostOrder", order)
    assert (server.order(order)["CustomerId"], server.order(order)["CustomerInvoiceId"]) == (NO_ID, None)
    server.again("Order/PostOrder", order | {"CustomerId": NO_ID, "CustomerInvoiceId": None})


@pytest.mark.parametrize("flag", [1, True, "1", "true"])
def test_flags_are_read_as_numbers_and_as_words(server: Server, flag: Any) -> None:
    order = an_order(InvoiceGenerated=flag, IsInInvoice=flag, ZPrinted=flag, TrainingMode=0)
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert (found["InvoiceGenerated"], found["IsInInvoice"], found["ZPrinted"]) == (1, True, 1)
    assert found["IsInInvoice"] is True
    assert found["TrainingMode"] is False


@pytest.mark.parametrize(("active", "read"), [(True, 1), (False, 0), ("true", 1), ("false", 0)])
def test_a_line_is_active_in_words_too(server: Server, active: Any, read: int) -> None:
    ingredient = a_line(Active=active)
    order = an_order(OrderLines=[a_line(Active=active, IngredientItems=[ingredient])])
    server.post("Order/PostOrder", order)
    (line,) = server.order(order)["OrderLines"]
    assert (line["Active"], line["IngredientItems"][0]["Active"]) == (read, read)
    order["OrderLines"][0] |= {"Active": read, "IngredientItems": [ingredient | {"Active": read}]}
    server.again("Order/PostOrder", order)


def test_a_text_that_was_cut_inside_a_character_is_taken(server: Server) -> None:
    order = an_order(Comments="Vi ses! \ud83d")
    server.post("Order/PostOrder", order)
    assert server.order(order)["Comments"] == "Vi ses! \ufffd"
    server.again("Order/PostOrder", json.dumps(order).encode())
    server.again("Order/PostOrder", order | {"Comments": "Vi ses! \ufffd"})


def test_the_product_may_name_the_item_and_the_outlet_itself(server: Server) -> None:
    outlet, product = new_id(), a_product()
    order = an_order(OutletId=None, Outlet={"Id": outlet, "Name": "Kiosk"}, OrderLines=[a_line(Product=product)])
    del order["OrderLines"][0]["ItemId"]
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert (found["OutletId"], found["OrderLines"][0]["ItemId"]) == (outlet, product["Id"])


def test_cards_are_kept_masked(server: Server) -> None:
    order = an_order(Payments=[a_payment(CreditCardNo="4111 1111 1111 1234")])
    server.post("Order/PostOrder", order)
    kept = server.order(order)["Payments"][0]["CreditCardNo"]
    assert "".join(filter(str.isdigit, kept)) == "1234"
    server.again("Order/PostOrder", order)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"{'Id': 1}", b"\xff\xfe", b'{"Id": "\xff"}', b"[" * 100_000,
    b'{"a":' * 50_000, b'{"Bong": "\x01"}', b'{"Id": NaN}',
])  # fmt: skip
@pytest.mark.parametrize(
    "path", ["Order/PostOrder", "Order/PostCustomerInvoice", "SwishOnlinePayment/PostSwishOnlinePayment"]
)
def test_what_is_no_json_object_is_refused(server: Server, path: str, body: bytes) -> None:
    assert server.send("POST", path, body).status_code == 417


def test_what_must_be_there_is_named_when_it_is_not(server: Server) -> None:
    order = an_order()
    del order["Id"], order["OrderLines"][0]["Quantity"], order["Payments"][0]["PaidAmount"]
    found = server.refused("Order/PostOrder", order, at="$.OrderLines[0].Quantity")
    assert {"$.Id", "$.Payments[0].PaidAmount"} <= {error["path"] for error in found["errors"]}
    server.refused(
        "Order/PostOrder", an_order(OrderLines=[a_line(ItemId=NO_ID, Product=None)]), at="$.OrderLines[0].ItemId"
    )
    server.refused("Order/PostOrder", an_order(Receipts=[a_receipt(ReceiptId=None)]), at="$.Receipts[0].ReceiptId")


def test_wrong_types_are_named_each_with_its_path(server: Server) -> None:
    order = an_order(Status="done", OrderLines=[a_line(), a_line(Quantity="two")], Id=str(uuid.uuid4())[:-1])
    found = server.refused("Order/PostOrder", order)
    assert {error["path"] for error in found["errors"]} == {"$.Id", "$.Status", "$.OrderLines[1].Quantity"}


@pytest.mark.parametrize("name", ["OrderLines", "Payments", "Receipts", "Outlet", "Customer"])
def test_a_part_of_the_wrong_shape_is_refused(server: Server, name: str) -> None:
    server.refused("Order/PostOrder", an_order(**{name: "x"}), at=f"$.{name}")
