"""What integrators ask for and set: external ids and synced invoices (contract, section 3)."""

from __future__ import annotations

import pytest

from tests.acceptance.bodies import NO_ID, a_customer, a_draft, a_return, an_invoice, an_order, camel, new_id
from tests.acceptance.server import Json, Server

# An order that nobody posts.
UNKNOWN = "d9b3e235-e970-4dac-a963-11de296c58c8"

SALES, NAMELESS = "Order/GetOrdersWithoutExternalID", "Order/GetOrdersWithoutCustomerAndExternalID"
RETURNS, INVOICED = "Order/GetReturnOrdersWithoutExternalID", "Order/GetInviceGeneratedOpenOrder"
SET, SET_RETURN = "Order/PostOrderExternalInformation", "Order/PostReturnOrderExternalInformation"
SYNC = "Order/UpdateInviceGeneratedOpenOrder"


def queue(server: Server, path: str, order: Json) -> list[str]:
    """The ids of a queue of the order's terminal."""
    return [row["Id"] for row in server.get(path, TerminalId=order["TerminalId"])]


def queues(server: Server, order: Json) -> tuple[bool, bool, bool, bool]:
    """Which of the four queues an order is in."""
    sales, nameless, returns, invoiced = (
        order["Id"] in queue(server, path, order) for path in (SALES, NAMELESS, RETURNS, INVOICED)
    )
    return sales, nameless, returns, invoiced


@pytest.mark.parametrize(("order", "expected"), [
    (an_order(), (True, True, False, False)),
    (an_order(CustomerId=new_id()), (True, False, False, False)),
    (an_order(CustomerId=new_id(), InvoiceGenerated=1), (True, False, False, True)),
    (an_order(CustomerId=new_id(), CustomerInvoiceId=new_id()), (True, False, False, True)),
    (an_order(InvoiceGenerated=1), (True, True, False, False)),
    (an_order(CustomerId=new_id(), InvoiceGenerated=1, IsVismaInvoiceGenerated=True), (True, False, False, False)),
    (an_order(ExternalID="X"), (False, False, False, False)),
    (an_order(ExternalID=""), (True, True, False, False)),
    (an_order(TrainingMode=True), (False, False, False, False)),
    (a_return(), (False, False, True, False)),
    (an_order(Type=5), (False, False, True, False)),
    (an_order(Type=4), (False, False, True, False)),
    (a_return(ExternalID="X"), (False, False, False, False)),
    (an_order(Status=14), (False, False, False, False)),
    (a_draft(), (False, False, False, False)),
])  # fmt: skip
def test_which_queue_an_order_waits_in(server: Server, order: Json, expected: tuple[bool, ...]) -> None:
    server.post("Order/PostOrder", order)
    assert queues(server, order) == expected


def test_queues_are_oldest_first(server: Server) -> None:
    terminal = new_id()
    orders = [an_order(TerminalId=terminal, InvoiceDate=f"2026-11-2{day}T10:00:00") for day in (2, 3, 1)]
    for order in orders:
        server.post("Order/PostOrder", order)
    assert queue(server, SALES, orders[0]) == [orders[2]["Id"], orders[0]["Id"], orders[1]["Id"]]


def test_a_queue_shows_the_whole_order(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    (found,) = server.get(SALES, TerminalId=order["TerminalId"])
    assert found == server.order(order)


@pytest.mark.parametrize("styled", [dict, camel])
def test_an_external_id_takes_the_order_off_both_queues(server: Server, styled: type[dict[str, object]]) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    server.post(SET, styled(order | {"ExternalID": "FN-1", "FnResponse": "ok", "WC_ID": 7}))
    found = server.order(order)
    assert (found["ExternalID"], found["FnResponse"], found["WC_ID"]) == ("FN-1", "ok", 7)
    assert queues(server, order) == (False, False, False, False)


def test_nothing_else_of_the_body_is_taken(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    server.post(SET, order | {"ExternalID": "FN-2", "Status": 14, "OrderTotal": 1, "OrderLines": [], "Comments": "x"})
    found = server.order(order)
    assert (found["Status"], found["OrderTotal"], len(found["OrderLines"]), found["Comments"]) == (13, 98, 1, None)


def test_id_and_external_id_are_enough(server: Server) -> None:
    order = an_order(FnResponse="old", WC_ID=3)
    server.post("Order/PostOrder", order)
    server.post(SET, {"id": order["Id"], "externalId": "FN-3"})
    found = server.order(order)
    assert (found["ExternalID"], found["FnResponse"], found["WC_ID"]) == ("FN-3", "old", 3)


@pytest.mark.parametrize("path", [SET, SET_RETURN])
@pytest.mark.parametrize("external_id", [None, "", "  "])
def test_an_empty_external_id_is_refused(server: Server, path: str, external_id: str | None) -> None:
    order = a_return()
    server.post("Order/PostOrder", order)
    server.refused(path, {"Id": order["Id"], "ExternalID": external_id}, at="$.ExternalID")
    server.refused(path, {"Id": order["Id"]})


@pytest.mark.parametrize("path", [SET, SET_RETURN])
@pytest.mark.parametrize("id_", [UNKNOWN, NO_ID, None, "x"])
def test_an_unknown_order_is_refused(server: Server, path: str, id_: str | None) -> None:
    server.refused(path, {"Id": id_, "ExternalID": "X"})


def test_a_return_gets_its_external_id(server: Server) -> None:
    order = a_return()
    server.post("Order/PostOrder", order)
    server.post(SET_RETURN, {"Id": order["Id"], "ExternalID": "R-1"})
    assert server.order(order)["ExternalID"] == "R-1"
    assert queues(server, order) == (False, False, False, False)


def test_a_sale_is_no_return(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    server.refused(SET_RETURN, {"Id": order["Id"], "ExternalID": "R-1"})
    assert server.order(order)["ExternalID"] is None


def test_a_late_retry_of_an_external_id_undoes_nothing(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    server.post(SET, {"Id": order["Id"], "ExternalID": "A"})
    server.again(SET, {"Id": order["Id"].upper(), "ExternalID": "A"})
    server.post(SET, {"Id": order["Id"], "ExternalID": "B"})
    server.again(SET, {"Id": order["Id"], "ExternalID": "A"})
    assert server.order(order)["ExternalID"] == "B"


@pytest.mark.parametrize("empty", [None, ""])
def test_a_till_never_erases_what_an_integrator_has_set(server: Server, empty: str | None) -> None:
    order = an_order(CustomerId=new_id(), InvoiceGenerated=1)
    server.post("Order/PostOrder", order)
    server.post(SYNC, [{"Id": order["Id"], "ExternalID": "V-1"}])
    server.post("Order/PostOrder", order | {"ExternalID": empty, "IsVismaInvoiceGenerated": False, "Comments": "x"})
    found = server.order(order)
    assert (found["ExternalID"], found["IsVismaInvoiceGenerated"]) == ("V-1", True)
    assert queues(server, order) == (False, False, False, False)


def test_invoiced_orders_come_with_their_customer(server: Server) -> None:
    customer = a_customer()
    order = an_order(CustomerId=customer["Id"], InvoiceGenerated=1, Customer=customer)
    other = an_order(CustomerId=customer["Id"], InvoiceGenerated=1, TerminalId=order["TerminalId"])
    stranger = an_order(CustomerId=new_id(), InvoiceGenerated=1, TerminalId=order["TerminalId"])
    misspelt = an_order(CustomerId=new_id(), InvoiceGenerated=1, TerminalId=order["TerminalId"])
    misspelt["Customr"] = a_customer(Id=misspelt["CustomerId"], Name="Annan Kund")
    for one in (order, other, stranger, misspelt):
        server.post("Order/PostOrder", one)
    found = {row["Id"]: row["Customer"] for row in server.get(INVOICED, TerminalId=order["TerminalId"])}
    assert found[order["Id"]]["Name"] == found[other["Id"]]["Name"] == "Test Kund"
    assert found[misspelt["Id"]]["Name"] == "Annan Kund"
    assert found[stranger["Id"]]["Id"] == stranger["CustomerId"]


def test_an_invoice_tells_who_the_customer_is(server: Server) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    invoice = an_invoice(order)
    server.post("Order/PostCustomerInvoice", invoice)
    (found,) = server.get(INVOICED, TerminalId=order["TerminalId"])
    assert (found["CustomerId"], found["CustomerInvoiceId"]) == (invoice["CustomerId"], invoice["Id"])
    assert (found["Customer"]["Id"], found["Customer"]["Name"]) == (invoice["CustomerId"], "Test Kund AB")


def test_synced_orders_leave_the_queue_with_their_external_id(server: Server) -> None:
    terminal = new_id()
    orders = [an_order(CustomerId=new_id(), InvoiceGenerated=1, TerminalId=terminal) for _ in range(2)]
    for order in orders:
        server.post("Order/PostOrder", order)
    sent = [order | {"ExternalID": f"V-{index}"} for index, order in enumerate(orders)]
    server.post(SYNC, sent)
    assert queue(server, INVOICED, orders[0]) == []
    assert [server.order(order)["ExternalID"] for order in orders] == ["V-0", "V-1"]
    assert all(server.order(order)["IsVismaInvoiceGenerated"] for order in orders)
    server.again(SYNC, sent)
    server.again(SYNC, camel(sent))


def test_one_unknown_order_and_none_is_marked(server: Server) -> None:
    order, unknown = an_order(CustomerId=new_id(), InvoiceGenerated=1), new_id()
    server.post("Order/PostOrder", order)
    found = server.refused(SYNC, [{"Id": order["Id"]}, {"Id": unknown}])
    assert unknown in found["detail"]
    assert queue(server, INVOICED, order) == [order["Id"]]


@pytest.mark.parametrize("body", [{"Id": UNKNOWN}, [1], [{}], [{"Id": "x"}], [None], b"null"])
def test_what_is_no_array_of_orders_is_refused(server: Server, body: object) -> None:
    server.refused(SYNC, body)


def test_an_empty_array_marks_nothing(server: Server) -> None:
    assert server.send("POST", SYNC, []).status_code == 200
