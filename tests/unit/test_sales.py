"""Sales: which orders and lines count, for how much, when, and under which category (contract, section 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from api import sale_reports
from ledger.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    OrderStatusChanged,
    OutletSet,
    Recorded,
)
from ledger.records import NO_ID, Order, OrderLine, Outlet, Product
from projections.sales import PROJECTION
from projections.sales_fold import Book, Changes, fold
from projections.sales_reads import ByGroup, ByOutlet, GroupTotal, OutletTotal

D = Decimal
NOON = "2026-11-23T12:00:00+01:00"
SHOP, ORDER = UUID(int=1), UUID(int=2)
COMPLETED, CANCELLED, RETURNED = 13, 14, 15


def line(price: str = "10", **members: Any) -> OrderLine:
    """A line of one piece without VAT, in normal form."""
    given: dict[str, Any] = {"Quantity": D(1), "Direction": 1, "TaxPercent": D(0), "Category": "Mat"} | members
    return OrderLine(Id=UUID(int=9), ItemId=UUID(int=8), UnitPrice=D(price), **given)


def order(*lines: OrderLine, **members: Any) -> Order:
    """A completed order at noon."""
    given: dict[str, Any] = {"Status": COMPLETED, "InvoiceDate": NOON, "OutletId": SHOP} | members
    return Order(Id=given.pop("Id", ORDER), OrderLines=list(lines), **given)


def log(*events: Event, first: int = 1) -> list[Recorded]:
    """The events in a log; those of orders in the streams of their orders, statuses in ORDER's."""
    found = []
    for position, event in enumerate(events, first):
        document = getattr(event, "order", None)
        stream = "outlet-x" if isinstance(event, OutletSet) else f"order-{document.Id if document else ORDER}"
        found.append(Recorded(position, stream, position, 0, 1_800_000_000_000_000, event))
    return found


def after(*events: Event) -> Changes:
    """What the events change in empty sales."""
    return fold(Book(), log(*events))


def totals(changes: Changes) -> dict[tuple[Any, ...], tuple[Decimal, Decimal]]:
    """Gross and net by outlet, day, hour and category, of those that have a sale."""
    return {
        (*place, category): (total.gross, total.net)
        for place, groups in changes.totals.items()
        for category, total in groups.items()
        if total.entries
    }


def gross(*events: Event) -> Decimal | None:
    """The gross total of all sales; None when there is no sale."""
    found = [amount for amount, _ in totals(after(*events)).values()]
    return sum(found, D(0)) if found else None


def finalised(*lines: OrderLine, **members: Any) -> OrderFinalised:
    """A sale."""
    return OrderFinalised(order=order(*lines, **members))


def drafted(*lines: OrderLine, **members: Any) -> OrderDrafted:
    """An open order."""
    return OrderDrafted(order=order(*lines, **{"Status": 3} | members))


def status(number: int) -> OrderStatusChanged:
    """A status for ORDER."""
    return OrderStatusChanged(status=number)


def test_a_sale_counts_by_outlet_day_hour_and_category() -> None:
    changes = after(finalised(line("100", TaxPercent=D(25)), line("49", Quantity=D(2), Category="Dryck")))
    assert totals(changes) == {
        (SHOP, date(2026, 11, 23), 12, "Mat"): (D(100), D(80)),
        (SHOP, date(2026, 11, 23), 12, "Dryck"): (D(98), D(98)),
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Quantity": D("0.385")}, "3.85"),
        ({"ItemDiscount": D("2.5")}, "7.5"),
        ({"ItemDiscount": D("-2.5")}, "7.5"),
        ({"Direction": -1, "ItemDiscount": D("-2.5")}, "-7.5"),
        ({"Quantity": D(0)}, "0"),
        ({"Active": 0}, None),
        ({"IsCoupon": 1}, None),
        ({"IsCoupon": 2}, "10"),
        ({"ItemType": 1}, None),
    ],
)
def test_which_lines_count_and_for_how_much(members: dict[str, Any], expected: str | None) -> None:
    assert gross(finalised(line("10", **members))) == (None if expected is None else D(expected))


def test_added_ingredients_count_with_their_line() -> None:
    def item(price: str, **members: Any) -> OrderLine:
        return line(price, **{"IngredientMode": "+", "Category": None} | members)

    items = [
        item("5", Quantity=D(2), TaxPercent=D(25)),
        item("7", IngredientMode="-"),
        item("7", IngredientMode=None),
        item("7", Active=0),
        item("3", Category="Tillval"),
    ]
    changes = after(finalised(line("100", IngredientItems=items), line("50", Active=0, IngredientItems=[item("9")])))
    day = (SHOP, date(2026, 11, 23), 12)
    assert totals(changes) == {(*day, "Mat"): (D(110), D(108)), (*day, "Tillval"): (D(3), D(3))}
    (sheet,) = changes.sheets.values()
    assert len(sheet.entries) == 3


def test_details_are_no_sales() -> None:
    assert gross(finalised(line("10", ItemDetails=[line("99", IngredientMode="+")]))) == D(10)


@pytest.mark.parametrize("opening", [drafted(line()), drafted(line(), Status=0, IsOnlineOrder=True)])
def test_an_open_order_counts_nothing(opening: Event) -> None:
    assert gross(opening) is None


def test_completed_by_status_counts_the_lines_of_the_draft() -> None:
    assert gross(drafted(line("10")), drafted(line("20")), status(COMPLETED)) == D(20)


@pytest.mark.parametrize("number", [14, 16, 20, 21])
def test_a_voided_order_counts_no_more(number: int) -> None:
    assert gross(finalised(line()), status(number)) is None
    assert gross(finalised(line()), OrderAmended(order=order(line(), Status=number))) is None
    assert gross(drafted(line()), OrderClosed(order=order(line(), Status=number))) is None


@pytest.mark.parametrize("number", [0, 5, 10, 17, 19])
def test_a_finalised_order_stays_counted_whatever_its_status(number: int) -> None:
    assert gross(finalised(line()), status(number)) == D(10)
    assert gross(finalised(line()), status(number), OrderAmended(order=order(line("12"), Status=COMPLETED))) == D(12)


def test_cancelled_and_completed_again_counts_once() -> None:
    assert gross(finalised(line()), status(CANCELLED), status(COMPLETED), status(COMPLETED)) == D(10)


def test_an_open_status_after_a_void_counts_nothing_until_it_is_completed() -> None:
    assert gross(finalised(line()), status(CANCELLED), status(5)) is None
    assert gross(finalised(line()), status(CANCELLED), status(5), drafted(line("8")), status(COMPLETED)) == D(8)


def test_a_return_order_takes_away_by_its_directions() -> None:
    back = line("35", Direction=-1)
    assert gross(finalised(back, Status=RETURNED)) == D(-35)
    assert gross(finalised(back, Type=5)) == D(-35)
    assert gross(finalised(back), status(RETURNED)) == D(-35)


def test_a_sale_and_its_return_leave_a_group_at_nothing() -> None:
    assert gross(finalised(line("35")), finalised(line("35", Direction=-1), Id=UUID(int=3), Status=RETURNED)) == D(0)


def test_training_is_no_sale() -> None:
    assert gross(finalised(line(), TrainingMode=True)) is None
    assert gross(drafted(line(), TrainingMode=True), status(COMPLETED)) is None
    assert gross(finalised(line(), TrainingMode=True), OrderAmended(order=order(line()))) == D(10)
    assert gross(finalised(line()), OrderAmended(order=order(line(), TrainingMode=True))) is None


def test_an_amendment_moves_totals_by_the_difference_only() -> None:
    book = Book()
    fold(book, log(finalised(line("100"), line("50", Category="Dryck"))))
    amended = order(line("100"), line("30", Category="Dryck"), line("5", Category="Te"))
    changes = fold(book, log(OrderAmended(order=amended), first=2))
    moved = {category: (total.gross, total.entries) for category, total in next(iter(changes.totals.values())).items()}
    assert moved == {"Mat": (0, 0), "Dryck": (D(-20), 0), "Te": (D(5), 1)}


def test_an_amendment_moves_a_sale_to_another_day_and_outlet() -> None:
    moved = order(line(), InvoiceDate="2026-11-24T09:00:00+01:00", OutletId=UUID(int=4))
    assert list(totals(after(finalised(line()), OrderAmended(order=moved)))) == [
        (UUID(int=4), date(2026, 11, 24), 9, "Mat")
    ]


def test_the_moment_is_the_invoice_date_else_the_creation_date_else_when_it_was_recorded() -> None:
    def day(**members: Any) -> date:
        (place,) = totals(after(finalised(line(), **members)))
        found: date = place[1]
        return found

    assert day(CreationDate="2026-11-20T23:59:00+01:00") == date(2026, 11, 23)
    assert day(CreationDate="2026-11-20T23:59:00+01:00", InvoiceDate=None) == date(2026, 11, 20)
    assert day(InvoiceDate=None) == datetime.fromtimestamp(1_800_000_000, UTC).date()


@pytest.mark.parametrize(
    ("moment", "starts", "expected"),
    [
        ("2026-11-23T23:59:59.999999+01:00", 0, (date(2026, 11, 23), 23)),
        ("2026-11-23T23:00:00+00:00", 0, (date(2026, 11, 24), 0)),
        ("2026-11-24T04:59:00+01:00", 5, (date(2026, 11, 23), 4)),
        ("2026-11-24T05:00:00+01:00", 5, (date(2026, 11, 24), 5)),
        # The hour that happens twice: 02:30 summer and winter time, both counted.
        ("2026-10-25T02:30:00+02:00", 0, (date(2026, 10, 25), 2)),
        ("2026-10-25T02:30:00+01:00", 0, (date(2026, 10, 25), 2)),
        # The gap: the minute after 01:59 is 03:00.
        ("2026-03-29T01:59:00+01:00", 0, (date(2026, 3, 29), 1)),
        ("2026-03-29T01:00:00+00:00", 0, (date(2026, 3, 29), 3)),
    ],
)
def test_day_and_hour_are_local_at_the_outlet(moment: str, starts: int, expected: tuple[date, int]) -> None:
    setting = OutletSet(outlet_id=SHOP, name="Kafé", zone="Europe/Stockholm", day_starts=starts)
    (place,) = totals(after(setting, finalised(line(), InvoiceDate=moment)))
    assert place[1:3] == expected


def test_outlet_settings_apply_from_their_position_onward() -> None:
    setting = OutletSet(outlet_id=SHOP, name="Kafé", zone="Asia/Tokyo", day_starts=0)
    second = finalised(line(), Id=UUID(int=3))
    assert {place[1:3] for place in totals(after(finalised(line()), setting, second))} == {
        (date(2026, 11, 23), 12),
        (date(2026, 11, 23), 20),
    }


def test_an_outlet_without_settings_has_the_clock_of_the_tenant() -> None:
    (place,) = totals(fold(Book(zone=ZoneInfo("Asia/Tokyo")), log(finalised(line()))))
    assert place[1:3] == (date(2026, 11, 23), 20)


def in_category(category: str | None, id_: int = 0, own: str | None = None, **members: Any) -> OrderLine:
    """A line whose product has this category and CategoryId."""
    return line(Category=own, Product=Product(Id=UUID(int=8), Category=category, CategoryId=id_), **members)


def categories(*events: Event) -> list[str]:
    """The categories of all sales, in the order they were met."""
    return [place[3] for place in totals(after(*events))]


def test_a_category_is_the_products_else_the_lines_else_the_learnt_name() -> None:
    assert categories(finalised(in_category("Mat", 2, own="Egen"))) == ["Mat"]
    assert categories(finalised(in_category("", 2, own="Egen"))) == ["Egen"]
    assert categories(finalised(in_category(None, 2, own=""))) == ["Uncategorised"]
    assert categories(finalised(line(Category=None))) == ["Uncategorised"]
    other = finalised(in_category("Mat", 2, Active=0), Id=UUID(int=3))
    assert categories(other, finalised(in_category(None, 2))) == ["Mat"]


def test_a_learnt_name_is_the_first_and_applies_from_its_position_onward() -> None:
    first, second = finalised(in_category("Mat", 2), Id=UUID(int=3)), finalised(in_category("Lunch", 2), Id=UUID(int=4))
    nameless = finalised(in_category(None, 2))
    assert categories(nameless, first, second) == ["Uncategorised", "Mat", "Lunch"]
    assert categories(first, second, nameless) == ["Mat", "Lunch"]
    assert categories(nameless, first, OrderAmended(order=nameless.order)) == ["Mat"]


def test_a_draft_gets_the_name_that_is_known_when_it_begins_to_count() -> None:
    teaching = finalised(in_category("Mat", 2, Active=0), Id=UUID(int=3))
    assert categories(drafted(in_category(None, 2)), teaching, status(COMPLETED)) == ["Mat"]
    assert categories(drafted(in_category(None, 2)), status(COMPLETED), teaching, status(10)) == ["Uncategorised"]


def test_an_ingredient_without_a_category_has_its_lines() -> None:
    def with_item(item: OrderLine, category: str | None = None) -> OrderFinalised:
        return finalised(in_category(category, 2, IngredientItems=[item]))

    plain = line(Category=None, IngredientMode="+")
    assert categories(with_item(plain, "Mat")) == ["Mat"]
    teaching = finalised(in_category("Mat", 2, Active=0), in_category("Sås", 5, Active=0), Id=UUID(int=3))
    assert categories(teaching, with_item(plain)) == ["Mat"]
    assert categories(teaching, with_item(in_category(None, 5, IngredientMode="+"))) == ["Mat", "Sås"]
    assert categories(with_item(in_category(None, 5, IngredientMode="+"), "Mat")) == ["Mat"]


def test_outlets_are_known_by_their_first_name_or_the_one_that_was_set() -> None:
    named = finalised(line(), Outlet=Outlet(Id=SHOP, Name="Ett"))
    again = OrderAmended(order=order(line(), Outlet=Outlet(Id=SHOP, Name="Två")))
    setting = OutletSet(outlet_id=SHOP, name="Satt", zone="Europe/Stockholm", day_starts=3)
    assert after(finalised(line()), named, again).shops[SHOP].name == "Ett"
    assert after(named, setting, again).shops[SHOP] == ("Satt", "Europe/Stockholm", 3)
    assert after(finalised(line(), OutletId=NO_ID, Outlet=Outlet(Name="?"))).shops[NO_ID].name is None
    assert after(finalised(line(), Outlet=Outlet(Id=UUID(int=5), Name="En annan"))).shops[SHOP].name is None


def test_events_that_change_nothing_cost_nothing() -> None:
    book = Book()
    fold(book, log(finalised(line())))
    assert fold(book, log(status(10), status(COMPLETED), first=2)) == Changes()
    assert {kind.__name__ for kind in PROJECTION.handles} == {
        "OrderDrafted", "OrderFinalised", "OrderAmended", "OrderClosed", "OrderStatusChanged", "OutletSet",
    }  # fmt: skip


def test_a_report_sums_exactly_and_rounds_each_answer_once() -> None:
    start = datetime.fromisoformat("2026-11-23T00:00:00+01:00")
    shops = [OutletTotal(UUID(int=n), f"Kafé {n}", start, D("0.004"), D("0.003")) for n in (1, 2)]
    found = sale_reports.report(ByOutlet(7, date(2026, 11, 23), shops, []))
    assert [shop.GrossTotal for shop in found.DailySale.OutletSale] == [D("0.00"), D("0.00")]
    assert (found.DailySale.GrandTotal, found.DailySale.NetTotal) == (D("0.01"), D("0.01"))
    assert (found.DailySale.Description, found.MonthlySale.Description) == ("23 November 2026", "November 2026")
    assert (found.MonthlySale.SaleMonth, str(found.MonthlySale.GrandTotal)) == ("Nov", "0.00")


def test_hours_before_the_day_starts_are_in_the_next_calendar_day() -> None:
    hours = [GroupTotal(2, D(5), D(4)), GroupTotal(14, D(10), D(8))]
    totals = ByGroup(7, date(2026, 11, 23), ZoneInfo("Europe/Stockholm"), 5, [], [], hours, [])
    late, noon = sale_reports.hourly(totals, SHOP)
    assert (late.GroupName, late.SaleHour, late.CreationDate) == ("2.00", 2, "2026-11-24T02:00:00+01:00")
    assert (noon.GroupName, noon.SaleDay, noon.CreationDate) == ("14.00", 23, "2026-11-23T14:00:00+01:00")
    assert noon.OutletId == SHOP
