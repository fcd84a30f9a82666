"""Orders in progress: drafts, their replacement and their versions (contract, section 3)."""

from __future__ import annotations

import pytest

from tests.acceptance.bodies import a_draft, a_line, a_payment, a_web_order, an_order
from tests.acceptance.server import Json, Server

CLOSED = [13, 14, 15, 16, 20, 21]
OPEN = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 17, 18, 19]


def listed(server: Server, order: Json) -> list[Json]:
    """The open orders of the order's terminal."""
    found: list[Json] = server.get("Order/GetOpenOrder", TerminalId=order["TerminalId"])
    return found


@pytest.mark.parametrize("status", OPEN)
def test_other_devices_see_an_order_in_progress(server: Server, status: int) -> None:
    draft = a_draft(Status=status)
    server.post("Order/PostOpenOrder", draft)
    (found,) = listed(server, draft)
    assert (found["Id"], found["Status"], found["Version"]) == (draft["Id"], status, 1)
    assert found["OrderLines"][0]["Product"]["Description"] == "Caffè latte"
    assert (found["OrderTotal"], found["Outlet"]["Name"]) == (98, "Kafé Södermalm")


def test_a_draft_is_replaced_whole(server: Server) -> None:
    draft = a_draft(OrderLines=[a_line(), a_line()], Comments="utan lök")
    server.post("Order/PostOpenOrder", draft)
    newer = draft | {"OrderLines": [draft["OrderLines"][1]], "Comments": None, "OrderTotal": 49}
    server.post("Order/PostOpenOrder", newer)
    (found,) = listed(server, draft)
    assert [line["Id"] for line in found["OrderLines"]] == [draft["OrderLines"][1]["Id"]]
    assert (found["Comments"], found["OrderTotal"], found["Version"]) == (None, 49, 2)


def test_a_draft_may_move_to_another_terminal(server: Server) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft)
    moved = a_draft(Id=draft["Id"])
    server.post("Order/PostOpenOrder", moved)
    assert listed(server, draft) == []
    assert [order["Id"] for order in listed(server, moved)] == [draft["Id"]]


@pytest.mark.parametrize("status", CLOSED)
def test_a_closed_status_is_no_draft(server: Server, status: int) -> None:
    draft = a_draft(Status=status)
    server.refused("Order/PostOpenOrder", draft, at="$.Status")
    assert server.ask(f"/v1/orders/{draft['Id']}").status_code == 404


@pytest.mark.parametrize("status", CLOSED)
@pytest.mark.parametrize("path", ["Order/PostOpenOrder", "Order/PostOrder"])
def test_a_closed_order_is_not_drafted_again(server: Server, path: str, status: int) -> None:
    order = an_order(Status=status)
    server.post("Order/PostOrder", order)
    server.refused(path, a_draft(Id=order["Id"]))
    assert server.order(order)["Status"] == status
    assert listed(server, order) == []


@pytest.mark.parametrize("finalise", [13, 15])
@pytest.mark.parametrize("later", [10, 0, 3])
def test_a_finalised_order_is_not_drafted_whatever_its_status_says_later(
    server: Server, finalise: int, later: int
) -> None:
    order = an_order(Status=finalise)
    server.post("Order/PostOrder", order)
    server.set_status(order, later)
    server.refused("Order/PostOpenOrder", a_draft(Id=order["Id"]))
    assert listed(server, order) == []
    assert server.order(order)["Status"] == later


@pytest.mark.parametrize("void", [14, 16, 20, 21])
def test_a_voided_order_that_is_reopened_may_be_drafted(server: Server, void: int) -> None:
    order = an_order()
    server.post("Order/PostOrder", order)
    server.set_status(order, void)
    server.refused("Order/PostOpenOrder", a_draft(Id=order["Id"]))
    server.set_status(order, 3)
    draft = a_draft(Id=order["Id"])
    server.post("Order/PostOpenOrder", draft)
    assert [found["Id"] for found in listed(server, draft)] == [order["Id"]]


def test_closing_by_status_takes_an_order_off_the_list(server: Server) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft)
    server.set_status(draft, 14)
    assert listed(server, draft) == []


def test_carts_are_not_listed(server: Server) -> None:
    cart = a_web_order()
    server.post("Order/PostOnlineOrder", cart)
    assert listed(server, cart) == []
    server.set_status(cart, 1)
    assert [order["Id"] for order in listed(server, cart)] == [cart["Id"]]


def test_a_stale_draft_is_refused_and_told_the_version(server: Server) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft, If_Match="0")
    server.post("Order/PostOpenOrder", draft | {"Comments": "b"}, If_Match="1")
    found = server.refused("Order/PostOpenOrder", draft | {"Comments": "c"}, If_Match="1")
    assert "2" in found["detail"]
    server.post("Order/PostOpenOrder", draft | {"Comments": "c"}, If_Match='"2"')
    server.refused("Order/PostOpenOrder", a_draft(), If_Match="1")


def test_without_if_match_the_last_one_wins(server: Server) -> None:
    draft = a_draft()
    for text in ("a", "b", "c"):
        server.post("Order/PostOpenOrder", draft | {"Comments": text})
    found = server.order(draft)
    assert (found["Comments"], found["Version"]) == ("c", 3)


@pytest.mark.parametrize("value", ["x", "-1", "1.5", '"'])
def test_an_if_match_that_is_no_version_is_refused(server: Server, value: str) -> None:
    server.refused("Order/PostOpenOrder", a_draft(), If_Match=value)


def test_the_etag_of_an_order_is_no_version(server: Server) -> None:
    server.post("Order/PostOpenOrder", draft := a_draft())
    shown = server.ask(f"/v1/orders/{draft['Id']}")
    server.refused("Order/PostOpenOrder", draft | {"Comments": "b"}, "If-Match", If_Match=shown.headers["ETag"])


def test_a_version_counts_the_events_of_an_order(server: Server) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft)
    server.set_status(draft, 6)
    assert server.order(draft)["Version"] == 2
    order = an_order(Id=draft["Id"])
    server.post("Order/PostOrder", order, If_Match="2")
    finalised = server.order(order)["Version"]
    assert finalised > 2
    server.refused("Order/PostOrder", order | {"Comments": "x"}, If_Match="2")
    server.post("Order/PostOrder", order | {"Comments": "x"}, If_Match=str(finalised))


def test_a_draft_with_payments_shows_them(server: Server) -> None:
    draft = a_draft(Payments=[a_payment(PaidAmount=50)])
    server.post("Order/PostOpenOrder", draft)
    assert [payment["PaidAmount"] for payment in server.order(draft)["Payments"]] == [50]
    server.post("Order/PostOpenOrder", draft | {"Payments": []})
    assert server.order(draft)["Payments"] == []
