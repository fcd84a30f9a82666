"""Customer invoices and the orders they gather (contract, section 3)."""

from __future__ import annotations

import pytest

from tests.acceptance.bodies import NO_ID, a_draft, an_invoice, an_order, camel, new_id
from tests.acceptance.server import Json, Server

PATH = "Order/PostCustomerInvoice"
MEMBERS = {
    "Id", "InvoiceNumber", "CustomerId", "CustomerName", "Address1", "Address2", "ZipCode", "City", "Country", "Email",
    "PaymentTerms", "Remarks", "InvoiceTotal", "CreationDate", "Synced", "PaymentStatus", "PaidDate", "DueDate",
    "OutletId", "TerminalId", "OrdersGuid",
}  # fmt: skip
MAY_BE_NULL = {
    "CustomerName", "Address1", "Address2", "ZipCode", "City", "Country", "Email", "Remarks", "PaidDate", "DueDate",
}  # fmt: skip


def posted(server: Server, **changes: object) -> Json:
    """An order the server knows."""
    order = an_order(**changes)
    server.post("Order/PostOrder", order)
    return order


def listed(server: Server, invoice: Json) -> list[Json]:
    """The invoices of the invoice's terminal."""
    found: list[Json] = server.get("Order/GetCustomerInvoice", TerminalId=invoice["TerminalId"])
    return found


def link(server: Server, order: Json) -> str | None:
    """The invoice an order says it belongs to."""
    found: str | None = server.order(order)["CustomerInvoiceId"]
    return found


@pytest.mark.parametrize("styled", [dict, camel])
def test_an_invoice_gathers_orders(server: Server, styled: type[dict[str, object]]) -> None:
    orders = [posted(server), posted(server)]
    invoice = an_invoice(*orders)
    server.post(PATH, styled(invoice))
    (found,) = listed(server, invoice)
    assert found["OrdersGuid"] == [order["Id"] for order in orders]
    assert (found["CustomerName"], found["Remarks"], found["InvoiceTotal"]) == ("Test Kund AB", "Frukostmöte", 98)
    assert (found["CreationDate"], found["DueDate"]) == ("2026-11-23T12:00:00+01:00", "2026-12-23T00:00:00+01:00")
    assert set(found) == MEMBERS
    assert [link(server, order) for order in orders] == [invoice["Id"]] * 2


def test_a_bare_invoice_is_enough(server: Server) -> None:
    invoice = {"Id": new_id(), "TerminalId": new_id()}
    server.post(PATH, invoice)
    (found,) = listed(server, invoice)
    assert {name for name, value in found.items() if value is None} <= MAY_BE_NULL
    assert (found["OrdersGuid"], found["InvoiceNumber"], found["CustomerId"]) == ([], 0, NO_ID)
    server.again(PATH, invoice | {"OrdersGuid": None})


def test_an_order_without_customer_gets_the_invoices(server: Server) -> None:
    nameless, named = posted(server), posted(server, CustomerId=(customer := new_id()))
    invoice = an_invoice(nameless, named)
    server.post(PATH, invoice)
    assert server.order(nameless)["CustomerId"] == invoice["CustomerId"]
    assert server.order(named)["CustomerId"] == customer


def test_an_update_unlinks_what_it_no_longer_lists(server: Server) -> None:
    first, second, third = posted(server), posted(server), posted(server)
    invoice = an_invoice(first, second)
    server.post(PATH, invoice)
    server.post(PATH, invoice | {"OrdersGuid": [second["Id"], third["Id"]]})
    assert [link(server, order) for order in (first, second, third)] == [None, invoice["Id"], invoice["Id"]]
    server.post(PATH, invoice | {"OrdersGuid": []})
    assert [link(server, order) for order in (first, second, third)] == [None, None, None]
    assert [found["OrdersGuid"] for found in listed(server, invoice)] == [[]]


def test_a_late_retry_links_nothing_again(server: Server) -> None:
    order = posted(server)
    invoice = an_invoice(order)
    server.post(PATH, invoice)
    server.post(PATH, invoice | {"OrdersGuid": []})
    server.again(PATH, invoice)
    assert link(server, order) is None


def test_an_order_moves_to_the_invoice_that_listed_it_last(server: Server) -> None:
    order = posted(server)
    older, newer = an_invoice(order), an_invoice(order)
    server.post(PATH, older)
    server.post(PATH, newer)
    server.post(PATH, older | {"OrdersGuid": []})
    assert link(server, order) == newer["Id"]


def test_one_unknown_order_and_nothing_is_saved(server: Server) -> None:
    order, unknown = posted(server), new_id()
    invoice = an_invoice(order, OrdersGuid=[order["Id"], unknown])
    found = server.refused(PATH, invoice, at="$.OrdersGuid")
    assert unknown in found["detail"]
    assert listed(server, invoice) == []
    assert link(server, order) is None


@pytest.mark.parametrize("changes", [
    {"Id": None}, {"Id": NO_ID}, {"OrdersGuid": "x"}, {"OrdersGuid": ["x"]}, {"OrdersGuid": [NO_ID]},
    {"InvoiceNumber": "x"}, {"InvoiceNumber": 2**63}, {"DueDate": "soon"}, {"PaymentTerms": 2**31},
])  # fmt: skip
def test_an_invoice_that_cannot_be_read_is_refused(server: Server, changes: Json) -> None:
    server.refused(PATH, an_invoice(**changes))


def test_the_same_order_twice_is_one(server: Server) -> None:
    order = posted(server)
    invoice = an_invoice(order, order)
    server.post(PATH, invoice)
    assert [found["OrdersGuid"] for found in listed(server, invoice)] == [[order["Id"]]]


def test_a_draft_can_be_invoiced_and_no_later_document_unlinks_it(server: Server) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft)
    invoice = an_invoice(draft)
    server.post(PATH, invoice)
    server.post("Order/PostOpenOrder", draft | {"Comments": "x"})
    assert (link(server, draft), server.order(draft)["CustomerId"]) == (invoice["Id"], invoice["CustomerId"])
    server.post("Order/PostOrder", order := an_order(Id=draft["Id"]))
    assert (link(server, order), server.order(order)["CustomerId"]) == (invoice["Id"], invoice["CustomerId"])


def test_invoices_are_listed_by_their_creation(server: Server) -> None:
    terminal = new_id()
    invoices = [an_invoice(TerminalId=terminal, CreationDate=f"2026-11-2{day}T12:00:00") for day in (2, 1)]
    for invoice in invoices:
        server.post(PATH, invoice)
    assert [found["Id"] for found in listed(server, invoices[0])] == [invoices[1]["Id"], invoices[0]["Id"]]


def test_large_invoice_numbers_and_unknown_members_are_kept(server: Server) -> None:
    invoice = an_invoice(InvoiceNumber=2**63 - 1, Ocr="1234567897")
    server.post(PATH, invoice)
    (found,) = listed(server, invoice)
    assert (found["InvoiceNumber"], found["Ocr"]) == (2**63 - 1, "1234567897")
