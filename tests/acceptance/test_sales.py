"""Sales: what counts, how much of it, and on which day (contract, section 4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance.bodies import NO_ID, SODERMALM, a_draft, a_line, a_product, a_return, an_order, new_id
from tests.acceptance.server import Json, Server

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def sell(server: Server, **changes: Any) -> str:
    """Sells at an outlet of its own, whose id comes back."""
    outlet: str = changes.setdefault("OutletId", new_id())
    server.post("Order/PostOrder", an_order(**changes))
    return outlet


def month(server: Server, outlet: str, year: int = 2026, number: int = 11) -> Json:
    """GetMonthalySale of an outlet."""
    found: Json = server.get("Sale/GetMonthalySale", outletId=outlet, year=year, month=number)
    return found


def totals(server: Server, *lines: Json, **changes: Any) -> tuple[float, float]:
    """Gross and net of an order with these lines, at an outlet of its own."""
    found = month(server, sell(server, OrderLines=list(lines), **changes))
    return found["GrandTotal"], found["NetTotal"]


def named(details: list[Json]) -> dict[str, tuple[float, float]]:
    """GroupName to gross and net."""
    return {row["GroupName"]: (row["GrossTotal"], row["NetTotal"]) for row in details}


@pytest.mark.parametrize(("line", "gross", "net"), [
    (a_line(), 98, 87.5),
    (a_line(Quantity=0.485, UnitPrice=289, TaxPercent=6), 140.17, 132.23),
    (a_line(ItemDiscount=19.5), 78.5, 70.09),
    (a_line(ItemDiscount=-19.5), 78.5, 70.09),
    (a_line(TaxPercent=0), 98, 98),
    (a_line(TaxPercent=25, UnitPrice=0.01, Quantity=0.5), 0.01, 0),
    (a_line(Active=0), 0, 0),
    (a_line(IsCoupon=1), 0, 0),
    (a_line(ItemType=1), 0, 0),
    (a_line(DiscountedUnitPrice=1, DiscountPercentage=50), 98, 87.5),
    (a_line(Quantity=-2), -98, -87.5),
])  # fmt: skip
def test_what_a_line_adds(server: Server, line: Json, gross: float, net: float) -> None:
    assert totals(server, line) == (gross, net)


@pytest.mark.parametrize("discount", [9, -9, "9.00"])
@pytest.mark.parametrize("changes", [{"Status": 15, "Type": 0}, {"Status": 13, "Type": 4}, {"Status": 13, "Type": 5}])
def test_a_return_takes_off_with_either_sign_of_discount(server: Server, changes: Json, discount: object) -> None:
    line = a_line(Quantity=1, Direction=-1, ItemDiscount=discount)
    outlet = new_id()
    server.post("Order/PostOrder", a_return(OutletId=outlet, OrderLines=[line], **changes))
    assert month(server, outlet)["GrandTotal"] == -40


def test_a_sale_and_its_return_leave_nothing(server: Server) -> None:
    outlet = sell(server, OrderLines=[a_line(Quantity=1)])
    server.post("Order/PostOrder", a_return(OutletId=outlet))
    assert (month(server, outlet)["GrandTotal"], month(server, outlet)["NetTotal"]) == (0, 0)


def test_ingredients_that_were_added_count_with_their_line(server: Server) -> None:
    product = a_product(Category="Mat")
    extra = {"Id": new_id(), "ItemId": new_id(), "Quantity": 2, "UnitPrice": 10, "IngredientMode": "+"}
    items = [
        extra, extra | {"IngredientMode": "-"}, extra | {"IngredientMode": None}, extra | {"Active": 0},
        extra | {"IsCoupon": 1}, extra | {"ItemType": 2}, extra | {"TaxPercent": 0, "UnitPrice": 1, "Category": "Sås"},
    ]  # fmt: skip
    line = a_line(Quantity=1, UnitPrice=112, Product=product, IngredientItems=items)
    outlet = sell(server, OrderLines=[line])
    found = month(server, outlet)
    assert named(found["Categories"]) == {"Mat": (132, 117.86), "Sås": (2, 2)}
    assert found["GrandTotal"] == 134


@pytest.mark.parametrize("changes", [
    {"TrainingMode": True}, {"Status": 3}, {"Status": 14}, {"Status": 16}, {"Status": 20}, {"Status": 21},
])  # fmt: skip
def test_only_sales_count(server: Server, changes: Json) -> None:
    assert totals(server, a_line(), **changes) == (0, 0)


def test_categories_come_from_product_then_line_then_what_was_learnt(server: Server) -> None:
    number, name = 2**30 + hash(new_id()) % 2**29, f"Deli {new_id()}"
    sell(server, OrderLines=[a_line(Product=a_product(CategoryId=number, Category=name))])
    lines = [
        a_line(Product=a_product(CategoryId=number, Category=None)),
        a_line(Product=a_product(CategoryId=number, Category=None), Category="Raden"),
        a_line(Product=a_product(CategoryId=number, Category="Produkten"), Category="Raden"),
        a_line(Product=None, ItemId=new_id(), Category=None),
    ]
    found = month(server, sell(server, OrderLines=lines))
    names = {name, "Raden", "Produkten", "Uncategorised"}
    assert named(found["Categories"]) == dict.fromkeys(names, (98, 87.5))


def test_any_two_groupings_have_the_same_total(server: Server) -> None:
    outlet = new_id()
    for hour in range(8, 18):
        lines = [
            a_line(Quantity=1, UnitPrice="0.333", TaxPercent=25, Category=f"K{hour % 3}", Product=None, ItemId=new_id())
        ]
        sell(server, OutletId=outlet, OrderLines=lines * 3, InvoiceDate=f"2026-11-{hour:02}T{hour:02}:00:00")
    found = month(server, outlet)
    assert (found["GrandTotal"], found["NetTotal"]) == (9.99, 7.99)
    assert [row["GrossTotal"] for row in found["OutletSales"]] == [9.99]
    assert {row["GrossTotal"] for row in found["DailySales"]} == {1.0}


def test_a_month_has_categories_days_hours_and_outlets(server: Server) -> None:
    outlet = sell(server, InvoiceDate="2026-11-02T14:59:59.9999999")
    sell(server, OutletId=outlet, InvoiceDate="2026-11-30T14:05:00")
    sell(server, OutletId=outlet, InvoiceDate="2026-12-01T00:00:00")
    found = month(server, outlet)
    assert set(found) == {
        "Description", "GrandTotal", "NetTotal", "Categories", "DailySales", "HourlySales", "OutletSales",
    }  # fmt: skip
    assert [(row["SaleDay"], row["GrossTotal"]) for row in found["DailySales"]] == [(2, 98), (30, 98)]
    assert [(row["SaleHour"], row["GrossTotal"]) for row in found["HourlySales"]] == [(14, 196)]
    assert [(row["OutletId"], row["GrossTotal"], row["NetTotal"]) for row in found["OutletSales"]] == [
        (outlet, 196, 175)
    ]
    assert set(found["Categories"][0]) == {
        "GroupName", "GrossTotal", "NetTotal", "CreationDate", "SaleDay", "SaleHour", "DataType", "OutletId",
    }  # fmt: skip


@pytest.mark.parametrize("outlet", [None, "", NO_ID])
def test_no_outlet_is_all_of_them(server: Server, outlet: str | None) -> None:
    own = sell(server, InvoiceDate="2024-02-29T12:00:00")
    found = server.get("Sale/GetMonthalySale", outletId=outlet, year=2024, month=2)
    assert own in [row["OutletId"] for row in found["OutletSales"]]
    assert found["GrandTotal"] == sum(row["GrossTotal"] for row in found["OutletSales"])


def test_a_day_and_its_hours(server: Server) -> None:
    outlet = sell(server, InvoiceDate="2026-11-23T14:05:00")
    sell(server, OutletId=outlet, InvoiceDate="2026-11-23T09:59:59.9999999")
    sell(server, OutletId=outlet, InvoiceDate="2026-11-23T23:59:59.9999999")
    sell(server, OutletId=outlet, InvoiceDate="2026-11-24T00:00:00")
    day = server.get("Sale/GetDailySale", outletId=outlet, dt="2026-11-23")
    assert set(day) == {"Description", "GrandTotal", "NetTotal", "Categories", "HourlySales"}
    assert (day["GrandTotal"], day["NetTotal"]) == (294, 262.5)
    assert named(day["Categories"]) == {"Drycker": (294, 262.5)}
    hours = server.get("Sale/GetHourlySale", outletId=outlet, year=2026, month=11, day=23)
    assert hours == day["HourlySales"]
    assert [(row["SaleHour"], row["GrossTotal"]) for row in hours] == [(9, 98), (14, 98), (23, 98)]
    assert hours[1]["GroupName"] == "14.00"


@pytest.mark.parametrize("dt", [
    "2026-11-23T23:59:59.9999999", "2026-11-23 14:05:00", "11/23/2026 2:05:00 PM", "2026-11-22T23:30:00Z",
    "2026-11-23T00:00:00+01:00",
])  # fmt: skip
def test_a_day_is_named_by_any_moment_of_it(server: Server, dt: str) -> None:
    outlet = sell(server)
    assert server.get("Sale/GetDailySale", outletId=outlet, dt=dt)["GrandTotal"] == 98


def test_the_moment_is_the_invoice_date_else_the_creation(server: Server) -> None:
    outlet = sell(server, CreationDate="2026-10-31T23:30:00", InvoiceDate="2026-11-01T00:10:00")
    assert (month(server, outlet)["GrandTotal"], month(server, outlet, number=10)["GrandTotal"]) == (98, 0)
    outlet = sell(server, CreationDate="2026-10-31T23:30:00", InvoiceDate=None)
    assert (month(server, outlet)["GrandTotal"], month(server, outlet, number=10)["GrandTotal"]) == (0, 98)


def test_the_hour_that_happens_twice_and_the_one_that_never_does(server: Server) -> None:
    outlet = new_id()
    for moment in (
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "2026-10-25T02:30:00",
        "2026-03-29T02:30:00",
    ):
        sell(server, OutletId=outlet, InvoiceDate=moment)
    hours = {"outletId": outlet, "year": 2026}
    autumn = server.get("Sale/GetHourlySale", **hours, month=10, day=25)
    assert [(row["SaleHour"], row["GrossTotal"]) for row in autumn] == [(2, 294)]
    spring = server.get("Sale/GetHourlySale", **hours, month=3, day=29)
    assert [(row["SaleHour"], row["GrossTotal"]) for row in spring] == [(3, 98)]


def test_a_late_order_changes_the_day_it_belongs_to(server: Server) -> None:
    outlet = sell(server, InvoiceDate="2025-05-05T12:00:00")
    sell(server, OutletId=outlet, InvoiceDate="2025-05-05T13:00:00")
    assert server.get("Sale/GetDailySale", outletId=outlet, dt="2025-05-05")["GrandTotal"] == 196


def test_an_amendment_may_move_a_sale_to_another_day_and_outlet(server: Server) -> None:
    order = an_order(OutletId=new_id())
    server.post("Order/PostOrder", order)
    server.post("Order/PostOrder", order | {"OutletId": (other := new_id()), "InvoiceDate": "2026-10-01T10:00:00"})
    assert month(server, order["OutletId"])["GrandTotal"] == 0
    assert (month(server, other)["GrandTotal"], month(server, other, number=10)["GrandTotal"]) == (0, 98)


def test_today_and_its_month_by_outlet(server: Server) -> None:
    now = datetime.now(STOCKHOLM)
    outlet = sell(server, CreationDate=now.isoformat(), InvoiceDate=None)
    found = server.get("Sale/GetTodaySale")
    assert set(found) == {"DailySale", "MonthlySale"}
    assert set(found["DailySale"]) == {"Description", "GrandTotal", "NetTotal", "OutletSale"}
    assert set(found["MonthlySale"]) == {"Description", "SaleMonth", "GrandTotal", "NetTotal", "OutletSale"}
    for part in found.values():
        (row,) = [row for row in part["OutletSale"] if row["OutletId"] == outlet]
        assert set(row) == {"OutletId", "SaleDate", "OutletName", "GrossTotal", "NetTotal"}
        assert (row["OutletName"], row["GrossTotal"], row["NetTotal"]) == (f"Kafé {outlet[:8]}", 98, 87.5)
    assert server.get("Sale/GetDailySale", outletId=outlet)["GrandTotal"] == 98
    current = server.get("Sale/GetCurrentMonthSale")
    assert outlet in [row["OutletId"] for row in current["OutletSales"]]
    assert current["GrandTotal"] == found["MonthlySale"]["GrandTotal"]


@pytest.mark.parametrize(("number", "name"), [(1, "Jan"), (5, "May"), (11, "Nov"), ("02", "Feb")])
def test_a_month_of_this_year(server: Server, number: object, name: str) -> None:
    found = server.get("Sale/GetSaleByMonth", month=number)
    assert found["MonthlySale"]["SaleMonth"] == name
    assert found["DailySale"]["Description"] == server.get("Sale/GetTodaySale")["DailySale"]["Description"]


@pytest.mark.parametrize("path", [
    "Sale/GetSaleByMonth?month=0", "Sale/GetSaleByMonth?month=13", "Sale/GetSaleByMonth?month=x", "Sale/GetSaleByMonth",
    "Sale/GetMonthalySale?year=2026&month=13", "Sale/GetMonthalySale?year=x&month=1",
    "Sale/GetMonthalySale?year=2026&month=1&outletId=x", "Sale/GetMonthalySale?year=99999&month=1",
    "Sale/GetDailySale?dt=x", "Sale/GetDailySale?outletId=x", "Sale/GetHourlySale?year=2026&month=2&day=30",
    "Sale/GetHourlySale?year=2026&month=2", "Sale/GetHourlySale?year=0&month=2&day=1",
])  # fmt: skip
def test_a_bad_parameter_is_400(server: Server, path: str) -> None:
    server.bad(path)


def test_an_outlet_nobody_has_heard_of_has_sold_nothing(server: Server) -> None:
    found = month(server, new_id())
    assert (found["GrandTotal"], found["Categories"], found["OutletSales"]) == (0, [], [])
    assert server.get("Sale/GetHourlySale", outletId=new_id(), year=2026, month=11, day=23) == []


def test_the_demo_has_two_outlets(server: Server) -> None:
    found = {row["Id"]: row["Name"] for row in server.get("Sale/GetOutlets")}
    assert found[SODERMALM] == "Kafé Södermalm"


def test_stock_is_by_product_and_outlet(server: Server) -> None:
    product = a_product(Description="Kanelbulle")
    outlets = [sell(server, OrderLines=[a_line(Quantity=count, Product=product)]) for count in (1, 2)]
    rows = server.get("/v1/stock", productId=product["Id"])
    assert {row["OutletId"]: row["Quantity"] for row in rows} == {outlets[0]: -1, outlets[1]: -2}
    assert all(set(row) == {"ProductId", "OutletId", "Description", "Unit", "Quantity"} for row in rows)
    assert {(row["Description"], row["Unit"]) for row in rows} == {("Kanelbulle", 0)}
    server.post("Order/PostOrder", a_draft(OrderLines=[a_line(Product=product)]))
    assert len(server.get("/v1/stock", outletId=outlets[0])) == 1
