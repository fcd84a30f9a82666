"""Sales, stock and outlets from events to the answers of their endpoints, over a real database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from api import sales as endpoints
from api.routing import Handler
from ledger.errors import BadInput
from ledger.events import OrderFinalised, OutletSet
from ledger.records import NO_ID
from tests.integration.books import NORTH, SOUTH, TOKYO, Books, line, log, order, sold
from tests.integration.conftest import Till

D = Decimal


@pytest.fixture
def books(till: Till) -> Books:
    """Empty read models."""
    return Books(till)


def by(details: list[dict[str, Any]], *names: str) -> list[Any]:
    """Some members of each."""
    return [tuple(detail[name] for name in names) for detail in details]


async def test_a_café_and_its_month(books: Books) -> None:
    await books.apply(
        sold(
            order(1, SOUTH, "2026-11-23T11:51:40+01:00", line("100"), line("49", "Dryck", "2")),
            order(2, NORTH, "2026-11-23T00:00:00+01:00", line("10.005", "Mat")),
            order(3, SOUTH, "2026-11-22T23:59:59.999999+01:00", line("30")),
            order(4, SOUTH, "2026-10-31T23:59:59+01:00", line("7")),
            order(5, SOUTH, "2026-11-23T14:00:00+01:00", line("35", Direction=-1), Status=15, Type=5),
        )
    )
    today = await books.ask(endpoints.get_today_sale)
    assert today["DailySale"] == {
        "Description": "23 November 2026", "GrandTotal": D("173.01"), "NetTotal": D("154.47"),
        "OutletSale": [
            {"OutletId": str(SOUTH), "SaleDate": "2026-11-23T00:00:00+01:00", "OutletName": "Kafé Södermalm",
             "GrossTotal": D("163.00"), "NetTotal": D("145.54")},
            {"OutletId": str(NORTH), "SaleDate": "2026-11-23T00:00:00+01:00", "OutletName": "Kafé Vasastan",
             "GrossTotal": D("10.01"), "NetTotal": D("8.93")},
        ],
    }  # fmt: skip
    assert today["MonthlySale"]["GrandTotal"] == D("203.01")
    assert (today["MonthlySale"]["SaleMonth"], today["MonthlySale"]["Description"]) == ("Nov", "November 2026")
    assert today["MonthlySale"]["OutletSale"][0]["SaleDate"] == "2026-11-01T00:00:00+01:00"

    october = await books.ask(endpoints.get_sale_by_month, "month=10")
    assert october["DailySale"] == today["DailySale"]
    assert (october["MonthlySale"]["SaleMonth"], october["MonthlySale"]["GrandTotal"]) == ("Oct", D("7.00"))

    month = await books.ask(endpoints.get_monthaly_sale, f"outletId={SOUTH}&year=2026&month=11")
    assert (month["Description"], month["GrandTotal"]) == ("November 2026", D("193.00"))
    assert by(month["Categories"], "GroupName", "GrossTotal") == [("Dryck", D("98.00")), ("Mat", D("95.00"))]
    assert by(month["DailySales"], "SaleDay", "GrossTotal") == [(22, D("30.00")), (23, D("163.00"))]
    assert by(month["HourlySales"], "SaleHour", "GrossTotal") == [(11, D(198)), (14, D(-35)), (23, D(30))]
    assert by(month["OutletSales"], "OutletName", "GrossTotal") == [("Kafé Södermalm", D("193.00"))]
    assert {detail["OutletId"] for detail in month["Categories"]} == {str(SOUTH)}

    everywhere = await books.ask(endpoints.get_current_month_sale)
    assert everywhere == await books.ask(endpoints.get_monthaly_sale, f"OUTLETID={NO_ID}&Year=2026&Month=11")
    assert by(everywhere["OutletSales"], "OutletName") == [("Kafé Södermalm",), ("Kafé Vasastan",)]
    assert everywhere["GrandTotal"] == D("203.01")


async def test_a_day_and_its_hours(books: Books) -> None:
    await books.apply(
        sold(
            order(1, SOUTH, "2026-11-23T14:30:00+01:00", line("20")),
            order(2, NORTH, "2026-11-23T09:30:00+01:00", line("5", "Dryck")),
        )
    )
    running = await books.ask(endpoints.get_daily_sale, f"outletId={SOUTH}")
    assert by(running["HourlySales"], "GroupName", "SaleHour", "SaleDay", "GrossTotal") == [("14.00", 14, 23, D(20))]
    assert running["HourlySales"][0]["CreationDate"] == "2026-11-23T14:00:00+01:00"
    assert by(running["Categories"], "GroupName", "SaleHour") == [("Mat", 0)]
    for dt in ("2026-11-23", "11/23/2026", "11/23/2026%2011:30:00%20PM", "2026-11-23T23:59:59.9999999",
               "2026-11-22T23:30:00Z", "2026-11-23T00:00:00%2B01:00"):  # fmt: skip
        assert await books.ask(endpoints.get_daily_sale, f"outletId={SOUTH}&dt={dt}") == running
    other = await books.ask(endpoints.get_daily_sale, "dt=2026-11-22")
    assert other == {"Description": "22 November 2026", "GrandTotal": 0, "NetTotal": 0, "Categories": [],
                     "HourlySales": []}  # fmt: skip
    hours = await books.ask(endpoints.get_hourly_sale, "year=2026&month=11&day=23")
    assert by(hours, "SaleHour", "GrossTotal", "OutletId") == [(9, D(5), str(NO_ID)), (14, D(20), str(NO_ID))]


async def test_the_day_that_runs_is_each_outlets_own(books: Books) -> None:
    late = OutletSet(outlet_id=NORTH, name="Natt", zone="Europe/Stockholm", day_starts=5)
    tokyo = OutletSet(outlet_id=TOKYO, name="Tokyo", zone="Asia/Tokyo")
    orders = [
        order(1, SOUTH, "2026-12-01T02:00:00+01:00", line("1")),
        order(2, NORTH, "2026-12-01T02:00:00+01:00", line("2")),
        order(3, TOKYO, "2026-12-01T02:00:00+01:00", line("4")),
        order(4, TOKYO, "2026-11-30T15:59:00+01:00", line("8")),
    ]
    await books.apply(log((91, late), (92, tokyo), *((o.Id.int, OrderFinalised(order=o)) for o in orders)))
    now = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
    today = await books.ask(endpoints.get_today_sale, now=now)
    shown = by(today["DailySale"]["OutletSale"], "OutletName", "SaleDate", "GrossTotal")
    assert shown == [
        ("Kafé Södermalm", "2026-12-01T00:00:00+01:00", D(1)),
        ("Natt", "2026-11-30T05:00:00+01:00", D(2)),
        ("Tokyo", "2026-12-01T00:00:00+09:00", D(4)),
    ]
    months = by(today["MonthlySale"]["OutletSale"], "OutletName", "SaleDate", "GrossTotal")
    assert months[1:] == [("Natt", "2026-11-01T05:00:00+01:00", D(2)), ("Tokyo", "2026-12-01T00:00:00+09:00", D(4))]
    hours = await books.ask(endpoints.get_hourly_sale, f"outletId={NORTH}&year=2026&month=11&day=30")
    assert by(hours, "SaleHour", "CreationDate") == [(2, "2026-12-01T02:00:00+01:00")]
    assert (await books.ask(endpoints.get_daily_sale, f"outletId={TOKYO}", now))["GrandTotal"] == 4
    dated = await books.ask(endpoints.get_daily_sale, f"outletId={TOKYO}&dt=2026-11-30T20:00:00Z", now)
    assert (dated["Description"], dated["GrandTotal"]) == ("1 December 2026", 4)


async def test_outlets_are_listed_by_name_after_all(books: Books) -> None:
    assert await books.ask(endpoints.get_outlets) == [{"Id": str(NO_ID), "Name": "All"}]
    nameless = order(3, UUID(int=7), "2026-11-23T12:00:00+01:00", Status=3)
    nowhere = order(4, NO_ID, "2026-11-23T12:00:00+01:00", line("3"))
    at_noon = [order(n, outlet, "2026-11-23T12:00:00+01:00") for n, outlet in ((1, NORTH), (2, SOUTH))]
    await books.apply(sold(*at_noon, nameless, nowhere))
    names = by(await books.ask(endpoints.get_outlets), "Name")
    assert names == [("All",), (str(UUID(int=7)),), ("Kafé Södermalm",), ("Kafé Vasastan",)]
    today = await books.ask(endpoints.get_today_sale)
    assert by(today["DailySale"]["OutletSale"], "OutletId", "OutletName") == [(str(NO_ID), "")]


async def test_stock_by_product_and_outlet(books: Books) -> None:
    await books.apply(
        sold(
            order(1, SOUTH, "2026-11-23T12:00:00+01:00", line("1", quantity="2"), line("1", ItemType=1)),
            order(2, NORTH, "2026-11-23T12:00:00+01:00", line("1", quantity="0.5")),
        )
    )
    south = {"ProductId": str(UUID(int=8)), "OutletId": str(SOUTH), "Description": "Bulle", "Unit": 0, "Quantity": -2}
    assert await books.ask(endpoints.get_stock, f"outletId={SOUTH}") == [south]
    everywhere = await books.ask(endpoints.get_stock, f"productId={UUID(int=8)}")
    assert by(everywhere, "Quantity") == [(-2,), (D("-0.5"),)]
    assert await books.ask(endpoints.get_stock, f"productId={UUID(int=77)}") == []


@pytest.mark.parametrize(
    ("handler", "query"),
    [
        (endpoints.get_sale_by_month, ""),
        (endpoints.get_sale_by_month, "month=0"),
        (endpoints.get_sale_by_month, "month=13"),
        (endpoints.get_sale_by_month, "month=nov"),
        (endpoints.get_monthaly_sale, "year=2026"),
        (endpoints.get_monthaly_sale, "year=1066&month=10"),
        (endpoints.get_monthaly_sale, "outletId=x&year=2026&month=11"),
        (endpoints.get_daily_sale, "dt=yesterday"),
        (endpoints.get_hourly_sale, "year=2026&month=2&day=29"),
        (endpoints.get_hourly_sale, "year=2026&month=2"),
        (endpoints.get_stock, "productId=bun"),
    ],
)
async def test_a_bad_parameter_is_named(books: Books, handler: Handler, query: str) -> None:
    with pytest.raises(BadInput) as error:
        await books.ask(handler, query)
    assert error.value.problems
