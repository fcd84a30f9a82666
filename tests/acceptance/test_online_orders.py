"""Web orders: carts, drawn numbers, histories (contract, section 3)."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.bodies import a_line, a_payment, a_web_order, an_order, camel, new_id
from tests.acceptance.server import Json, Server

PATH = "Order/PostOnlineOrder"
# No two tests draw numbers of the same day, or of the next.
_days = itertools.count(random.randrange(5_000), 2)


def a_day() -> str:
    """A date of its own."""
    number = next(_days)
    return f"{2030 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"


def history(server: Server, customer: str, **query: object) -> list[str]:
    """The ids of a customer's orders."""
    return [row["Id"] for row in server.get(f"Order/GetOrdersHistory/{customer}", **query)]


def cart_of(server: Server, order: Json) -> str | None:
    """The id of the customer's cart."""
    found = server.get(f"Order/GetCustomerCartOrder/{order['CustomerId']}")
    return found["Id"] if found else None


def test_a_web_order_draws_its_numbers(server: Server) -> None:
    day = a_day()
    orders = [a_web_order(CreationDate=f"{day}T12:00:0{second}") for second in range(3)]
    for order in orders:
        server.post(PATH, order)
    found = [server.order(order) for order in orders]
    assert [order["OrderNoOfDay"] for order in found] == [f"{day.replace('-', '')}-{n}" for n in (1, 2, 3)]
    first = found[0]["OrderIntID"]
    assert [order["OrderIntID"] for order in found] == [first, first + 1, first + 2]


def test_numbers_have_no_gaps_whatever_is_refused_or_repeated(server: Server) -> None:
    day = a_day()
    first, second = a_web_order(CreationDate=f"{day}T12:00:00"), a_web_order(CreationDate=f"{day}T13:00:00")
    server.post(PATH, first)
    server.again(PATH, first)
    server.refused(PATH, a_web_order(CreationDate=f"{day}T12:00:00", Status=99))
    server.refused(PATH, a_web_order(CreationDate=f"{day}T12:00:00"), If_Match="5")
    server.post(PATH, first | {"Comments": "x"})
    server.post(PATH, second)
    assert server.order(second)["OrderIntID"] == server.order(first)["OrderIntID"] + 1
    assert server.order(second)["OrderNoOfDay"] == f"{day.replace('-', '')}-2"


def test_numbers_that_are_sent_are_kept_and_do_not_move_the_counters(server: Server) -> None:
    day = a_day()
    server.post(PATH, before := a_web_order(CreationDate=f"{day}T10:00:00"))
    sent = a_web_order(CreationDate=f"{day}T11:00:00", OrderIntID=987654, OrderNoOfDay=f"W-{day}")
    server.post(PATH, sent)
    server.post(PATH, after := a_web_order(CreationDate=f"{day}T12:00:00"))
    assert (server.order(sent)["OrderIntID"], server.order(sent)["OrderNoOfDay"]) == (987654, f"W-{day}")
    assert server.order(after)["OrderIntID"] == server.order(before)["OrderIntID"] + 1
    assert server.order(after)["OrderNoOfDay"] == f"{day.replace('-', '')}-2"


def test_the_day_of_a_number_is_local(server: Server) -> None:
    order = a_web_order(CreationDate=f"{(day := a_day())}T22:30:00-05:00")
    server.post(PATH, order)
    assert not server.order(order)["OrderNoOfDay"].startswith(day.replace("-", ""))


def test_drawn_numbers_survive_every_later_document(server: Server) -> None:
    cart = a_web_order()
    server.post(PATH, cart)
    drawn = {name: server.order(cart)[name] for name in ("OrderIntID", "OrderNoOfDay")}
    server.post(PATH, cart | {"Comments": "a"})
    server.post("Order/PostOpenOrder", cart | {"Status": 3})
    server.post("Order/PostOrder", an_order(Id=cart["Id"], IsOnlineOrder=True))
    server.post("Order/PostOrder", an_order(Id=cart["Id"], OrderIntID=5, OrderNoOfDay="x"))
    assert drawn.items() <= server.order(cart).items()


def test_many_web_orders_at_once_have_no_gap(server: Server) -> None:
    day = a_day()
    orders = [a_web_order(CreationDate=f"{day}T12:00:00") for _ in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda order: server.command("POST", PATH, order), orders))
    found = [server.order(order) for order in orders]
    numbers = sorted(int(order["OrderNoOfDay"].partition("-")[2]) for order in found)
    assert numbers == list(range(1, 17))
    ids = sorted(order["OrderIntID"] for order in found)
    assert ids == list(range(ids[0], ids[0] + 16))


def test_a_cart_is_kept_and_not_counted(server: Server) -> None:
    cart = a_web_order(OutletId=new_id())
    server.post(PATH, cart)
    assert cart_of(server, cart) == cart["Id"]
    assert server.stock(cart["OrderLines"][0]["ItemId"], cart["OutletId"]) == 0
    assert server.get("Sale/GetMonthalySale", outletId=cart["OutletId"], year=2026, month=11)["GrandTotal"] == 0
    assert server.get("Order/GetOpenOrder", TerminalId=cart["TerminalId"]) == []
    assert server.get("Order/GetOrdersWithoutExternalID", TerminalId=cart["TerminalId"]) == []


def test_a_cart_may_lose_lines(server: Server) -> None:
    cart = a_web_order(OrderLines=[a_line(), a_line()])
    server.post(PATH, cart)
    server.post(PATH, cart | {"OrderLines": cart["OrderLines"][:1]})
    assert len(server.get(f"Order/GetCustomerCartOrder/{cart['CustomerId']}")["OrderLines"]) == 1


def test_the_newest_cart_is_the_customers(server: Server) -> None:
    customer = new_id()
    older = a_web_order(CustomerId=customer, CreationDate="2026-11-22T10:00:00")
    newer = a_web_order(CustomerId=customer, CreationDate="2026-11-23T10:00:00")
    server.post(PATH, newer)
    server.post(PATH, older)
    assert cart_of(server, older) == newer["Id"]
    server.post(PATH, newer | {"Status": 13, "PaymentStatus": 1, "Payments": [a_payment()]})
    assert cart_of(server, older) == older["Id"]
    server.set_status(older, 14)
    assert cart_of(server, older) is None


def test_a_customer_without_a_cart_has_null(server: Server) -> None:
    assert server.get(f"Order/GetCustomerCartOrder/{new_id()}") is None


@pytest.mark.parametrize("changes", [{"Status": 1}, {"PaymentStatus": 1}, {"PaymentStatus": 2}])
def test_only_what_is_new_and_unpaid_is_a_cart(server: Server, changes: Json) -> None:
    order = a_web_order(**changes)
    server.post(PATH, order)
    assert cart_of(server, order) is None


def test_a_web_order_is_online_whatever_it_says(server: Server) -> None:
    order = a_web_order(IsOnlineOrder=False)
    server.post(PATH, camel(order))
    assert server.order(order)["IsOnlineOrder"] is True
    assert history(server, order["CustomerId"]) == [order["Id"]]


def test_a_paid_web_order_counts_at_once(server: Server) -> None:
    order = a_web_order(OutletId=new_id(), Status=13, PaymentStatus=1, Payments=[a_payment(PaymentRef="kl_123")])
    server.post(PATH, order)
    found = server.order(order)
    assert (found["Payments"][0]["PaymentRef"], found["IsOnlineOrder"]) == ("kl_123", True)
    assert server.stock(order["OrderLines"][0]["ItemId"], order["OutletId"]) == -2


def test_a_customers_history_is_by_creation(server: Server) -> None:
    customer = new_id()
    orders = [a_web_order(CustomerId=customer, Status=13, CreationDate=f"2026-11-2{day}T10:00:00") for day in (3, 1, 2)]
    till = an_order(CustomerId=customer, CreationDate="2026-11-21T23:00:00")
    for order in orders:
        server.post(PATH, order)
    server.post("Order/PostOrder", till)
    third, first, second = (order["Id"] for order in orders)
    assert history(server, customer) == [first, second, third]
    assert history(server, customer, all="false") == [first, second, third]
    for everything in ("true", "True", "1"):
        assert history(server, customer, all=everything) == [first, till["Id"], second, third]
    assert history(server, new_id()) == []


def test_customer_and_delivery_come_back(server: Server) -> None:
    order = a_web_order()
    server.post(PATH, order)
    found = server.order(order)
    assert found["Customer"]["Email"] == "kund@example.com"
    assert (found["DeliveryDate"], found["IsPickup"]) == ("2026-11-23T17:30:00+01:00", True)


def test_a_web_order_is_completed_then_served(server: Server) -> None:
    order = a_web_order(OutletId=new_id(), Status=1)
    server.post(PATH, order)
    for status in (13, 10, 11):
        server.set_status(order, status)
    assert server.order(order)["Status"] == 11
    assert server.stock(order["OrderLines"][0]["ItemId"], order["OutletId"]) == -2
