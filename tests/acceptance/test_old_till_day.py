"""A day of an old till, from its opening balance to its Z report, with everybody who looks on."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.acceptance.bodies import (
    a_callback,
    a_draft,
    a_drawer_event,
    a_line,
    a_payment,
    a_product,
    a_receipt,
    a_return,
    a_swish_record,
    a_web_order,
    a_z_report,
    an_invoice,
    an_order,
    new_id,
)
from tests.acceptance.server import Json, Server


class Cafe(NamedTuple):
    """One outlet with one till, and what it sells."""

    outlet: str
    terminal: str
    drawer: Json
    latte: Json
    bun: Json
    cheese: Json

    def here(self, **members: Any) -> Json:
        """What every order of this till says."""
        outlet = {"Id": self.outlet, "Name": f"Kafé {self.outlet[:8]}"}
        return {"OutletId": self.outlet, "TerminalId": self.terminal, "Outlet": outlet} | members

    def at(self, clock: str) -> Json:
        """When an order is made and paid, by the till's own clock: no offset, seven digits."""
        return {"CreationDate": f"2026-11-23T{clock}:07.1234567", "InvoiceDate": f"2026-11-23T{clock}:40.8100000"}

    def query(self, **dates: str) -> Json:
        """The Dates query as this till sends it."""
        sent = {"dates_LastExecutedDate": "2026-11-22T23:59:59.9999999", "dates_TerminalId": self.terminal.upper()}
        return sent | dates | {"PageNo": 0, "PageSize": 10}


def a_cafe() -> Cafe:
    """An outlet of its own."""
    terminal = new_id()
    return Cafe(
        outlet=new_id(), terminal=terminal,
        drawer={"Id": new_id(), "Name": "Kassa 2", "UserId": None, "TerminalId": terminal},
        latte=a_product(), bun=a_product(Description="Kanelbulle", Price=35.0, CategoryId=4, Category="Bakverk"),
        cheese=a_product(Description="Västerbotten", Price=289.0, Tax=6.0, Unit=2, CategoryId=9, Category="Deli"),
    )  # fmt: skip


def test_a_day_at_an_old_till(server: Server) -> None:
    cafe = a_cafe()
    open_the_drawer(server, cafe)
    breakfast = sell_breakfast(server, cafe)
    lunch = sell_lunch_for_cash(server, cafe)
    back = take_a_bun_back(server, cafe)
    web = sell_on_the_web(server, cafe)
    invoice_breakfast(server, cafe, breakfast)
    hand_over_to_bookkeeping(server, cafe, breakfast, lunch, web, back)
    close_the_day(server, cafe)
    count_the_day(server, cafe)


def open_the_drawer(server: Server, cafe: Cafe) -> None:
    """2000 kronor in the drawer; the till does not hear the answer and says it again."""
    opening = a_drawer_event(CashDrawerId=cafe.drawer["Id"], CashDrawer=cafe.drawer)
    server.post("CashDrawerLog/PostCashDrawerLog", opening)
    server.again("CashDrawerLog/PostCashDrawerLog", opening)
    found = server.get("CashDrawerLog/GetCashDrawerLog", **cafe.query())
    assert [(row["ActivityType"], row["Amount"]) for row in found] == [(1, 2000)]


def sell_breakfast(server: Server, cafe: Cafe) -> Json:
    """A table orders, orders more on another device, and pays by card; the kitchen follows."""
    latte = a_line(Product=cafe.latte, Quantity=2.0)
    bun = a_line(Product=cafe.bun, Quantity=1.0, UnitPrice=35.0)
    draft = a_draft(**cafe.here(CreationDate="2026-11-23T08:42:07.1234567", OrderLines=[latte], TableId=4, Type=2))
    server.post("Order/PostOpenOrder", draft)
    server.set_status(draft, 6)
    (seen,) = server.get("Order/GetOpenOrder", **cafe.query())
    assert (seen["Status"], seen["TableId"], seen["Version"]) == (6, 4, 2)
    server.post("Order/PostOpenOrder", draft | {"OrderLines": [latte, bun], "OrderTotal": 133.0}, If_Match="2")
    server.refused("Order/PostOpenOrder", draft | {"Comments": "gammal"}, If_Match="2")
    final = an_order(
        Id=draft["Id"], TableId=4, Type=2, OrderTotal=133.0, OrderLines=[latte, bun],
        Payments=[a_payment(PaidAmount=133.0)], Receipts=[a_receipt(ReceiptNumber=10017)],
        **cafe.here(**cafe.at("08:51")),
    )  # fmt: skip
    server.post("Order/PostOrder", final)
    server.again("Order/PostOrder", final)
    server.again("Order/PostOpenOrder", draft)
    assert server.get("Order/GetOpenOrder", **cafe.query()) == []
    return final


def sell_lunch_for_cash(server: Server, cafe: Cafe) -> Json:
    """Cheese by weight and two lattes, rounded to whole kronor; the drawer knows of the cash."""
    cheese = a_line(Product=cafe.cheese, Quantity=0.485, UnitPrice=289.0, TaxPercent=6.0)
    order = an_order(
        OrderTotal=238.17, RoundedAmount=-0.17, OrderLines=[cheese, a_line(Product=cafe.latte)],
        Payments=[a_payment(TypeId=1, PaidAmount=238.0, CashCollected=500.0, CashChange=262.0, PaymentRef="Kontant")],
        Receipts=[a_receipt(ReceiptNumber=10018)], **cafe.here(**cafe.at("12:31")),
    )  # fmt: skip
    server.post("Order/PostOrder", order)
    cash = a_drawer_event(
        CashDrawer=None, CashDrawerId=cafe.drawer["Id"], ActivityType=6, Amount=238.0, OrderId=order["Id"],
        ActivityDate="2026-11-23T12:31:41",
    )  # fmt: skip
    server.post("Order/PostCashDrawerLog", cash)
    server.refused("Order/PostCashDrawerLog", cash | {"Amount": 237.0})
    server.refused("Order/PostOrder", an_order(Receipts=[a_receipt(ReceiptNumber=10018)], **cafe.here()))
    return order


def take_a_bun_back(server: Server, cafe: Cafe) -> Json:
    """The bun comes back."""
    bun = a_line(Product=cafe.bun, Quantity=1.0, UnitPrice=35.0, Direction=-1)
    order = a_return(
        OrderTotal=-35.0, OrderLines=[bun], Payments=[a_payment(TypeId=1, PaidAmount=-35.0, Direction=-1)],
        Receipts=[a_receipt(ReceiptNumber=10019)], **cafe.here(**cafe.at("13:20")),
    )  # fmt: skip
    server.post("Order/PostOrder", order)
    return order


def sell_on_the_web(server: Server, cafe: Cafe) -> Json:
    """A cart, paid with Swish, completed by the kitchen's screen."""
    cart = a_web_order(OrderLines=[a_line(Product=cafe.latte)], **cafe.here(**cafe.at("14:05")))
    server.post("Order/PostOnlineOrder", cart)
    server.post("SwishOnlinePayment/PostSwishOnlinePayment", record := a_swish_record(cart))
    server.post("SwishOnlinePayment/PostSwishOnlinePayment", a_callback(cart, id=record["SwishId"]))
    server.set_status(cart, 13)
    server.set_status(cart, 10)
    found = server.order(cart)
    assert (found["PaymentStatus"], found["Payments"][0]["PaidAmount"], found["Status"]) == (1, 98, 10)
    assert [row["Id"] for row in server.get(f"Order/GetOrdersHistory/{cart['CustomerId']}")] == [cart["Id"]]
    return cart


def invoice_breakfast(server: Server, cafe: Cafe, order: Json) -> None:
    """The table wants an invoice after all."""
    invoice = an_invoice(order, InvoiceTotal=133.0, TerminalId=cafe.terminal, OutletId=cafe.outlet)
    server.post("Order/PostCustomerInvoice", invoice)
    (found,) = server.get("Order/GetCustomerInvoice", **cafe.query())
    assert found["OrdersGuid"] == [order["Id"]]
    (waiting,) = server.get("Order/GetInviceGeneratedOpenOrder", **cafe.query())
    assert (waiting["Id"], waiting["Customer"]["Name"]) == (order["Id"], "Test Kund AB")


def hand_over_to_bookkeeping(server: Server, cafe: Cafe, breakfast: Json, lunch: Json, web: Json, back: Json) -> None:
    """The integrator empties its queues."""
    waiting = server.get("Order/GetOrdersWithoutExternalID", **cafe.query())
    assert [row["Id"] for row in waiting] == [breakfast["Id"], lunch["Id"], web["Id"]]
    nameless = server.get("Order/GetOrdersWithoutCustomerAndExternalID", **cafe.query())
    assert [row["Id"] for row in nameless] == [lunch["Id"]]
    for number, row in enumerate(waiting):
        server.post("Order/PostOrderExternalInformation", row | {"ExternalID": f"FN-{number}", "FnResponse": "ok"})
    (returned,) = server.get("Order/GetReturnOrdersWithoutExternalID", **cafe.query())
    assert returned["Id"] == back["Id"]
    server.post("Order/PostReturnOrderExternalInformation", returned | {"ExternalID": "FN-R"})
    server.post("Order/UpdateInviceGeneratedOpenOrder", [{"Id": breakfast["Id"], "ExternalID": "V-1"}])
    server.post("Order/PostOrder", breakfast | {"Comments": "kvittokopia"})
    for path in (
        "GetOrdersWithoutExternalID", "GetOrdersWithoutCustomerAndExternalID", "GetReturnOrdersWithoutExternalID",
        "GetInviceGeneratedOpenOrder",
    ):  # fmt: skip
        assert server.get(f"Order/{path}", **cafe.query()) == []


def close_the_day(server: Server, cafe: Cafe) -> None:
    """The drawer is counted and the Z report sent, twice."""
    closing = a_drawer_event(CashDrawer=cafe.drawer, ActivityType=11, Amount=2203.0, ActivityDate="2026-11-23T22:00:00")
    server.post("CashDrawerLog/PostCashDrawerLog", closing)
    found = server.get("CashDrawerLog/GetCashDrawerLog", **cafe.query(dates_CurrentDate="2026-11-23T23:59:59.9999999"))
    assert [(row["ActivityType"], row["Amount"]) for row in found] == [(11, 2203), (6, 238), (1, 2000)]
    z_report = a_z_report(TerminalId=cafe.terminal)
    server.post("Order/PostReports", z_report)
    server.again("Order/PostReports", z_report)
    (report,) = server.get("/v1/reports", terminalId=cafe.terminal)
    assert (report["ReportType"], report["ReportNumber"], len(report["ReportData"])) == (1, 211, 2)


def count_the_day(server: Server, cafe: Cafe) -> None:
    """What the owner sees: 133 + 238.17 + 98 - 35, whichever way it is grouped."""
    day = server.get("Sale/GetDailySale", outletId=cafe.outlet, dt="2026-11-23")
    assert day["GrandTotal"] == 434.17
    assert {row["GroupName"]: row["GrossTotal"] for row in day["Categories"]} == {
        "Bakverk": 0, "Deli": 140.17, "Drycker": 294,
    }  # fmt: skip
    hours = server.get("Sale/GetHourlySale", outletId=cafe.outlet, year=2026, month=11, day=23)
    assert [(row["GroupName"], row["GrossTotal"]) for row in hours][1:] == [
        ("12.00", 238.17), ("13.00", -35), ("14.00", 98),
    ]  # fmt: skip
    assert hours[0]["GrossTotal"] == 133
    month = server.get("Sale/GetMonthalySale", outletId=cafe.outlet, year=2026, month=11)
    assert (month["GrandTotal"], month["NetTotal"]) == (day["GrandTotal"], day["NetTotal"])
    assert server.stock(cafe.latte["Id"], cafe.outlet) == -6
    assert server.stock(cafe.bun["Id"], cafe.outlet) == 0
    assert server.stock(cafe.cheese["Id"], cafe.outlet) == 0
