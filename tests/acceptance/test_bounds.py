"""How large, long, late and exact a value may be (contract, section 1, Decimal)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.bodies import (
    a_draft,
    a_drawer_event,
    a_health_report,
    a_line,
    a_payment,
    a_product,
    a_receipt,
    an_invoice,
    an_order,
    new_id,
)
from tests.acceptance.server import Json, Server


def with_total(order: Json, text: str) -> bytes:
    """The order's JSON with its OrderTotal written exactly so."""
    return json.dumps(order | {"OrderTotal": "@"}).replace('"@"', text).encode()


def raw_total(server: Server, order: Json) -> str:
    """OrderTotal as it is written in an answer."""
    text = server.ask(f"/v1/orders/{order['Id']}").text
    return text.partition('"OrderTotal":')[2].partition(",")[0]


@pytest.mark.parametrize(("sent", "value"), [
    ("49.90", "49.9"), ('"49.90"', "49.9"), ("1e2", "100"), ("1.5E-3", "0.0015"), ("-0.0", "0"), ("0.100000", "0.1"),
    ("999999999999.999999", "999999999999.999999"), ("-123456789012345678", "-123456789012345678"),
    ("0.1234560", "0.123456"), ('" 7 "', "7"), ("0.1", "0.1"), ("100000000000000000", "100000000000000000"),
])  # fmt: skip
def test_decimals_are_exact(server: Server, sent: str, value: str) -> None:
    order = an_order()
    server.post("Order/PostOrder", with_total(order, sent))
    assert raw_total(server, order) == value
    server.again("Order/PostOrder", with_total(order, value))


@pytest.mark.parametrize("sent", [
    "0.1234567", "1234567890123456789", "1e18", "1e400", "-1e400", '"NaN"', "NaN", '"Infinity"', '"1,5"', '"abc"',
    "true", "[]", "{}", '"0x10"', "1e99999999999", "1e99999999999999999999", "9" * 5000, "9999999999999.999999",
])  # fmt: skip
def test_decimals_out_of_bounds_are_refused(server: Server, sent: str) -> None:
    order = an_order()
    assert server.send("POST", "Order/PostOrder", with_total(order, sent)).status_code == 417
    assert server.ask(f"/v1/orders/{order['Id']}").status_code == 404


@pytest.mark.parametrize("body", [
    an_order(TableId=2**31), an_order(TableId=-(2**31) - 1), an_order(TableId=1.5), an_order(OrderIntID=2**40),
    an_order(Receipts=[a_receipt(ReceiptNumber=2**63)]), an_order(OrderLines=[a_line(Active=2**31)]),
    an_order(Payments=[a_payment(TypeId=10**30)]), an_order(Payments=[a_payment(TypeId="4x")]),
])  # fmt: skip
def test_integers_fit_their_type(server: Server, body: Json) -> None:
    server.refused("Order/PostOrder", body)


def test_the_largest_integers_fit(server: Server) -> None:
    order = an_order(TableId=2**31 - 1, WC_ID=-(2**31), Receipts=[a_receipt(ReceiptNumber=2**63 - 1)])
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert (found["TableId"], found["WC_ID"]) == (2**31 - 1, -(2**31))
    assert found["Receipts"][0]["ReceiptNumber"] == 2**63 - 1


@pytest.mark.parametrize(("path", "body"), [
    ("Order/PostOrder", an_order(Comments="a\0b")),
    ("Order/PostOrder", an_order(Bong="\0")),
    ("Order/PostOrder", an_order(Unknown="a\0b")),
    ("Order/PostOrder", an_order(Unknown={"a\0b": 1})),
    ("Order/PostOrder", an_order(OrderLines=[a_line(ItemComments="\0")])),
    ("Order/PostOpenOrder", a_draft(OrderLines=[a_line(Product=a_product(Description="x\0"))])),
    ("Order/PostCustomerInvoice", an_invoice(CustomerName="\0")),
    ("CashDrawerLog/PostCashDrawerLog", a_drawer_event(UserId="\0")),
    ("Order/PostReports", a_health_report(AppVersion="4\0")),
    ("Order/PostOrderExternalInformation", an_order(ExternalID="X\0")),
])  # fmt: skip
def test_zero_characters_are_refused(server: Server, path: str, body: Json) -> None:
    server.refused(path, body)


@pytest.mark.parametrize(("changes", "path"), [
    ({"InvoiceNumber": "9" * 201}, "$.InvoiceNumber"),
    ({"OrderNoOfDay": "9" * 201}, "$.OrderNoOfDay"),
    ({"ExternalID": "9" * 201}, "$.ExternalID"),
    ({"Outlet": {"Id": new_id(), "Name": "å" * 201}}, "$.Outlet.Name"),
    ({"OrderLines": [a_line(Category="å" * 201)]}, "$.OrderLines[0].Category"),
    ({"OrderLines": [a_line(Product=a_product(Category="å" * 201))]}, "$.OrderLines[0].Product.Category"),
    ({"Payments": [a_payment(PaymentRef="9" * 201)]}, "$.Payments[0].PaymentRef"),
])  # fmt: skip
def test_searched_members_hold_two_hundred_characters(server: Server, changes: Json, path: str) -> None:
    server.refused("Order/PostOrder", an_order(**changes), at=path)


def test_two_hundred_characters_pass_and_other_texts_may_be_long(server: Server) -> None:
    order = an_order(InvoiceNumber="å" * 200, Comments="ö" * 5000)
    order["Receipts"][0]["CustomerPaymentReceipt"] = "rad\r\n" * 500
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert (found["InvoiceNumber"], found["Comments"]) == (order["InvoiceNumber"], order["Comments"])


def test_an_invoice_has_remarks_of_250_characters(server: Server) -> None:
    server.post("Order/PostCustomerInvoice", an_invoice(Remarks="å" * 250))
    server.refused("Order/PostCustomerInvoice", an_invoice(Remarks="å" * 251), at="$.Remarks")


@pytest.mark.parametrize("changes", [
    {"OrderLines": [a_line(TaxPercent=-100)]},
    {"OrderLines": [a_line(TaxPercent="-250.5")]},
    {"OrderLines": [a_line(IngredientItems=[a_line(TaxPercent=-100)])]},
    {"TaxPercent": -100},
])  # fmt: skip
def test_tax_is_more_than_minus_hundred_percent(server: Server, changes: Json) -> None:
    server.refused("Order/PostOrder", an_order(**changes))


def test_tax_may_be_strange(server: Server) -> None:
    server.post("Order/PostOrder", an_order(OrderLines=[a_line(TaxPercent=-99.999999)]))


@pytest.mark.parametrize("status", [7, 12, 22, -1, 99, 2**31 - 1])
def test_an_order_has_a_known_status(server: Server, status: int) -> None:
    server.refused("Order/PostOrder", an_order(Status=status), at="$.Status")
    server.refused("Order/PostOpenOrder", a_draft(Status=status), at="$.Status")


@pytest.mark.parametrize("value", ["1899-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999"])
@pytest.mark.parametrize("name", ["CreationDate", "InvoiceDate", "DeliveryDate"])
def test_instants_lie_between_1900_and_2200(server: Server, name: str, value: str) -> None:
    server.refused("Order/PostOrder", an_order(**{name: value}), at=f"$.{name}")


@pytest.mark.parametrize("value", ["1900-01-01T00:00:00", "2200-12-31T23:59:59.9999999", "2200-12-31T23:59:59-14:00"])
def test_the_outermost_instants_stop_nothing(server: Server, value: str) -> None:
    order = an_order(CreationDate=value, InvoiceDate=value)
    server.post("Order/PostOrder", order)
    server.order(order)
    server.get("Sale/GetMonthalySale", year=2200, month=12)


@pytest.mark.parametrize("changes", [
    {"OrderLines": [a_line(Quantity=999999999999999999, UnitPrice=999999999999999999)]},
    {"OrderLines": [a_line(Quantity="0.000001", UnitPrice="0.000001", TaxPercent="-99.999999")]},
    {"OrderLines": [a_line(Direction=2**31 - 1, Quantity=999999999999999999)]},
    {"OrderLines": [a_line(Direction=-(2**31), ItemDiscount=-999999999999999999)]},
])  # fmt: skip
def test_what_has_passed_stops_no_projection(server: Server, changes: Json) -> None:
    order: Any = an_order(OutletId=new_id(), **changes)
    server.post("Order/PostOrder", order)
    server.order(order)
    server.stock(order["OrderLines"][0]["ItemId"], order["OutletId"])
    server.get("Sale/GetMonthalySale", outletId=order["OutletId"], year=2026, month=11)
