"""What something was at some time, and everything that happened to it, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.bodies import a_draft, a_line, an_order, new_id
from tests.acceptance.server import Json, Server
from tests.acceptance.swish import PATH, placed


def history(server: Server, path: str, **query: object) -> list[Json]:
    """The entries of a history."""
    found: list[Json] = server.get(f"{path}/history", **query)
    return found


def drafts(server: Server, count: int) -> tuple[Json, list[int]]:
    """An order that was drafted so many times with ever more lines, and the positions."""
    order, positions = a_draft(OrderLines=[], OrderTotal=0), []
    for number in range(count):
        order["OrderLines"] = [*order["OrderLines"], a_line(ItemDescription=f"Latte {number}")]
        positions.append(server.post("Order/PostOpenOrder", order)["Position"])
    return order, positions


def test_an_order_at_every_position(server: Server) -> None:
    order, positions = drafts(server, 3)
    for lines, position in enumerate(positions, 1):
        answer = server.ask(f"/v1/orders/{order['Id']}", as_of=position)
        assert (answer.json()["Version"], len(answer.json()["OrderLines"])) == (lines, lines)
        assert int(answer.headers["Ledger-Position"]) == position
    assert server.ask(f"/v1/orders/{order['Id']}", as_of=positions[0] - 1).status_code == 404
    assert server.ask(f"/v1/orders/{order['Id']}", as_of=0).status_code == 404
    now = server.order(order)
    assert now == server.get(f"/v1/orders/{order['Id']}", as_of="9" * 50)
    assert now == server.get(f"/v1/orders/{order['Id']}", as_of="2199-01-01")


def test_an_order_at_an_instant_by_both_clocks(server: Server) -> None:
    order = an_order(CreationDate="2025-05-05T12:00:00", InvoiceDate="2025-05-05T12:30:00")
    server.post("Order/PostOrder", order)
    path, recorded = f"/v1/orders/{order['Id']}", history(server, f"/v1/orders/{order['Id']}")[0]["RecordedAt"]
    shown = server.get(path)
    assert server.ask(path, as_of="2025-05-05T12:30:00").status_code == 404
    for instant in ("2025-05-05T12:30:00", "2025-05-05T10:30:00Z", "5/5/2025 12:30:00 PM", "2025-05-05 12:30:00 02:00"):
        assert server.get(path, as_of=instant, clock="occurred")["Version"] == 1
    assert server.ask(path, as_of="2025-05-05T12:29:59.9999999", clock="Occurred").status_code == 404
    assert server.get(path, as_of=recorded)["Id"] == order["Id"]
    assert server.get(path, as_of="2199-12-31", clock="occurred") == shown


def test_the_history_of_a_sale(server: Server) -> None:
    order = an_order(OrderLines=[a_line(ItemDescription="Latte")])
    position = server.post("Order/PostOrder", order, X_Correlation_ID="till-7:42")["Position"]
    server.command("GET", f"Order/UpdateOrderStatus/{order['Id']}/14")
    server.post("Order/PostOrderExternalInformation", {"Id": order["Id"], "ExternalID": "F-17"})
    told = history(server, f"/v1/orders/{order['Id']}")
    assert set(told[0]) == {
        "Position", "Version", "Type", "EventId", "OccurredAt", "RecordedAt", "Actor", "Source", "Correlation",
        "Erased", "Changes", "Document",
    }  # fmt: skip
    assert [entry["Version"] for entry in told] == [*range(1, len(told) + 1)]
    assert (told[0]["Type"], told[0]["Actor"], told[0]["Correlation"]) == ("order.finalised", "demo", "till-7:42")
    assert (told[0]["Source"], told[0]["Erased"]) == ("127.0.0.1", False)
    assert told[0]["Position"] <= position and told[0]["OccurredAt"] == "2026-11-23T10:51:40.810000+00:00"
    words = {change for entry in told for change in entry["Changes"]}
    assert words >= {
        "2 × Latte added", "paid 98.00 kr by card", "Status from New to Completed", "counts as a sale",
        "Status from Completed to Cancelled", "no longer counts", "external id assigned: F-17",
    }  # fmt: skip
    assert told[-1]["Document"] == server.order(order)


def test_a_long_history_comes_in_pages(server: Server) -> None:
    order, _ = drafts(server, 7)
    path = f"/v1/orders/{order['Id']}"
    seen: list[Json] = []
    while page := history(server, path, limit=3, after=len(seen)):
        assert len(page) <= 3
        seen += page
    assert seen == history(server, path, limit=10**9)
    assert len(seen) == 7


def test_an_invoice_and_a_drawer_entry(server: Server) -> None:
    order, invoice = placed(server), {"Id": new_id(), "InvoiceTotal": 98.0, "InvoiceNumber": 17}
    entry = {"Id": new_id(), "ActivityType": 4, "Amount": 500.5}
    first = server.post("Order/PostCustomerInvoice", invoice | {"OrdersGuid": [order["Id"]]})["Position"]
    server.post("Order/PostCustomerInvoice", invoice | {"OrdersGuid": [], "Remarks": "Tack"})
    server.post("CashDrawerLog/PostCashDrawerLog", entry)
    server.post("CashDrawerLog/PostCashDrawerLog", entry | {"Amount": 400})
    path = f"/v1/invoices/{invoice['Id']}"
    assert server.get(path) in server.get("Order/GetCustomerInvoice")
    assert server.ask(path, as_of=first).json()["OrdersGuid"] == [order["Id"]]
    assert [told["Changes"] for told in history(server, path)] == [
        ["invoice 17 over 98.00 kr for 1 order"],
        [f"order {order['Id']} taken off the invoice", "remarks added"],
    ]
    path = f"/v1/drawer/{entry['Id']}"
    assert server.get(path) in server.get("CashDrawerLog/GetCashDrawerLog")
    assert [told["Changes"] for told in history(server, path)] == [
        ["cash drop: 500.50 kr"],
        ["amount from 500.50 kr to 400.00 kr"],
    ]


def test_a_swish_payment(server: Server) -> None:
    order = placed(server)
    callback = {"id": new_id().replace("-", "").upper(), "payeePaymentReference": order["Id"], "status": "CREATED"}
    first = server.post(PATH, callback)["Position"]
    server.post(PATH, callback | {"status": "PAID", "amount": 98.0, "currency": "SEK", "payerAlias": "4670123"})
    path = f"/v1/swish/{callback['id']}"
    assert [server.get(path)] == server.swish(order)
    assert server.ask(path.lower(), as_of=first).json()["Status"] == "CREATED"
    words = [change for entry in history(server, path) for change in entry["Changes"]]
    assert words == ["Swish says CREATED", f"tied to order {order['Id']}", "Swish says PAID: 98.00 kr"]


@pytest.mark.parametrize("kind", ["orders", "invoices", "drawer", "swish"])
def test_what_never_was(server: Server, kind: str) -> None:
    for path in (f"/v1/{kind}/{new_id()}", f"/v1/{kind}/{new_id()}/history"):
        assert server.ask(path).status_code == 404
        assert server.ask(path, as_of=1).status_code == 404


@pytest.mark.parametrize("query", [
    {"as_of": "yesterday"}, {"as_of": "-5"}, {"as_of": "12", "clock": "sun"}, {"as_of": "1899-12-31"},
    {"as_of": "١٢"},
])  # fmt: skip
def test_a_time_that_is_none(server: Server, query: dict[str, Any]) -> None:
    assert server.bad(f"/v1/orders/{new_id()}", **query)["errors"]


@pytest.mark.parametrize("query", [{"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": "all"}])
def test_a_page_that_is_none(server: Server, query: dict[str, Any]) -> None:
    assert server.bad(f"/v1/orders/{new_id()}/history", **query)["errors"]
    assert server.bad("/v1/orders/nobody/history")["errors"]
