"""Why a number of the sales is what it is, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.bodies import NO_ID, SODERMALM, a_draft, a_line, a_product, an_order, new_id
from tests.acceptance.server import Json, Server

DAY = {"from": "2026-11-23", "to": "2026-11-23"}
EXPLAIN = "/v1/sales/explain"


def explain(server: Server, outlet: str, **query: Any) -> Json:
    """What adds up to the day of an outlet."""
    found: Json = server.ask(EXPLAIN, outletId=outlet, **DAY | query).json()
    return found


def total(gross: float, net: float) -> Json:
    """A sum of whole öre."""
    return {"Gross": gross, "Net": net, "GrossTotal": gross, "NetTotal": net}


def test_a_day_and_its_entries(server: Server) -> None:
    outlet, line = new_id(), a_line()
    order = an_order(OutletId=outlet, OrderLines=[line], InvoiceNumber="F-17")
    position = server.post("Order/PostOrder", order)["Position"]
    found = explain(server, outlet)
    assert set(found) == {
        "OutletId", "From", "To", "Category", "Hour", "Position", "Total", "Entries", "Next", "Now", "Changes",
        "NextChange",
    }  # fmt: skip
    assert found["Total"] == found["Now"]["Total"] == total(98, 87.5)
    assert (found["Position"] >= position, found["Next"], found["Changes"]) == (True, None, [])
    (entry,) = found["Entries"]
    first = server.get(f"/v1/orders/{order['Id']}/history")[0]
    assert entry == {
        "OrderId": order["Id"], "LineId": line["Id"], "OutletId": outlet, "Day": "2026-11-23", "Hour": 11,
        "Category": "Drycker", "Gross": 98, "Net": 87.5, "Positions": [first["Position"]], "InvoiceNumber": "F-17",
        "ReceiptNumber": order["Receipts"][0]["ReceiptNumber"],
    }  # fmt: skip


def test_a_draft_that_was_completed_by_status_comes_from_both(server: Server) -> None:
    order = a_draft(OutletId=new_id(), InvoiceDate="2026-11-23T11:51:40")
    drafted = server.post("Order/PostOpenOrder", order)["Position"]
    completed = server.command("GET", f"Order/UpdateOrderStatus/{order['Id']}/13")["Position"]
    assert {tuple(entry["Positions"]) for entry in explain(server, order["OutletId"])["Entries"]} == {
        (drafted, completed)
    }


def test_what_has_changed_it_since(server: Server) -> None:
    outlet = new_id()
    order = an_order(OutletId=outlet)
    then = server.post("Order/PostOrder", order)["Position"]
    late = an_order(OutletId=outlet, OrderLines=[a_line(Quantity=1)])
    server.post("Order/PostOrder", late)
    server.post("Order/PostOrder", order | {"Comments": "nothing that counts"})
    server.post("Order/PostOrder", order | {"OrderLines": [a_line(Quantity=1)]})
    server.command("GET", f"Order/UpdateOrderStatus/{late['Id']}/14")
    found = explain(server, outlet, as_of=then)
    assert (found["Position"], found["Total"], found["Now"]["Total"]) == (then, total(98, 87.5), total(49, 43.75))
    changes = [(row["Type"], row["OrderId"], row["Gross"], row["Net"]) for row in found["Changes"]]
    assert changes == [
        ("order.finalised", late["Id"], 49, 43.75), ("order.amended", order["Id"], -49, -43.75),
        ("order.status_changed", late["Id"], -49, -43.75),
    ]  # fmt: skip
    assert found["Changes"][0]["OccurredAt"] == "2026-11-23T10:51:40.810000+00:00"
    at = server.get(f"/v1/orders/{order['Id']}/history")[0]["RecordedAt"]
    assert explain(server, outlet, as_of=at)["Total"] == total(98, 87.5)
    assert explain(server, outlet, as_of=0)["Total"] == total(0, 0)
    page = explain(server, outlet, as_of=0, limit=2)
    rest = explain(server, outlet, as_of=0, changesAfter=page["NextChange"])
    assert page["Changes"] + rest["Changes"] == explain(server, outlet, as_of=0)["Changes"]
    assert (len(page["Changes"]), rest["NextChange"]) == (2, None)


def test_entries_come_in_pages(server: Server) -> None:
    outlet = new_id()
    for hour in (9, 10, 11):
        lines = [a_line(Quantity=1) for _ in range(3)]
        server.post(
            "Order/PostOrder", an_order(OutletId=outlet, OrderLines=lines, InvoiceDate=f"2026-11-23T{hour:02}:00:00")
        )
    whole, after = explain(server, outlet), None
    entries: list[Json] = []
    for _ in range(5):
        page = explain(server, outlet, limit=2, after=after)
        assert page["Total"] == whole["Total"] == total(441, 393.75)
        entries, after = [*entries, *page["Entries"]], page["Next"]
    assert (entries, after) == (whole["Entries"], None)
    assert [row["Hour"] for row in entries] == [9] * 3 + [10] * 3 + [11] * 3


def test_one_hour_and_one_category(server: Server) -> None:
    outlet, category = new_id(), 'Sås & "Dipp" '
    lines = [a_line(), a_line(Quantity=1, Product=a_product(Category=category))]
    server.post("Order/PostOrder", an_order(OutletId=outlet, OrderLines=lines))
    assert explain(server, outlet, category=category)["Total"] == total(49, 43.75)
    assert explain(server, outlet, hour=11, category=category)["Entries"][0]["Category"] == category
    assert explain(server, outlet, hour=12)["Entries"] == []
    assert explain(server, outlet, **{"from": "11/22/2026", "to": "2026-11-22T23:30:00Z"})["Total"] == total(
        147, 131.25
    )


def test_a_year_can_be_explained(server: Server) -> None:
    outlet = new_id()
    server.post("Order/PostOrder", an_order(OutletId=outlet))
    assert explain(server, outlet, to="2027-12-27")["Total"] == total(98, 87.5)


def test_a_total_was_what_the_ledger_had_heard(server: Server) -> None:
    server.bad(EXPLAIN, **DAY, as_of="2026-11-23", clock="occurred")


@pytest.mark.parametrize("outlet", [None, "", NO_ID])
def test_no_outlet_is_all_of_them(server: Server, outlet: str | None) -> None:
    server.post("Order/PostOrder", an_order(OutletId=SODERMALM, InvoiceDate="2024-02-28T12:00:00"))
    day = {"from": "2024-02-28", "to": "2024-02-28"}
    found = server.get(EXPLAIN, outletId=outlet, **day)
    assert found["Total"]["GrossTotal"] == server.get("Sale/GetDailySale", dt="2024-02-28")["GrandTotal"] >= 98


@pytest.mark.parametrize("query", [
    {"from": None}, {"to": None}, {"from": "x"}, {"to": "2026-11-22"}, {"to": "2027-12-28"}, {"hour": 24},
    {"hour": "x"}, {"outletId": "x"},
    {"as_of": "then"}, {"after": "x"}, {"after": "2026-11-23_99999_x_x_0"}, {"limit": 0}, {"changesAfter": -1},
    {"category": "\0"}, {"after": f"2026-11-23_99999_{NO_ID}_{NO_ID}_0"},
])  # fmt: skip
def test_a_bad_parameter_is_named(server: Server, query: Json) -> None:
    (name,) = query
    assert server.bad(EXPLAIN, **DAY | query)["errors"][0]["path"] in (name, f"$.{name}")
