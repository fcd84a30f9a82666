"""Sales: which orders and lines count, for how much, and when (contract, section 4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ledger.events import Event, OrderAmended, OrderClosed, OutletSet
from ledger.records import OrderLine
from projections.sales import PROJECTION
from projections.sales_fold import Book, Changes, fold
from tests.unit.sales_given import (
    CANCELLED,
    COMPLETED,
    RETURNED,
    SHOP,
    D,
    after,
    drafted,
    finalised,
    gross,
    line,
    log,
    order,
    status,
    totals,
)


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
    undated = OrderAmended(order=order(line(), InvoiceDate=None))
    assert [place[1] for place in totals(after(finalised(line()), undated))] == [date(2026, 11, 23)]


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


def test_events_that_change_nothing_cost_nothing() -> None:
    book = Book()
    fold(book, log(finalised(line())))
    assert fold(book, log(status(10), status(COMPLETED), first=2)) == Changes()
    assert {kind.__name__ for kind in PROJECTION.handles} == {
        "OrderDrafted", "OrderFinalised", "OrderAmended", "OrderClosed", "OrderStatusChanged", "OutletSet",
    }  # fmt: skip


def test_what_counted_until_an_event_is_kept() -> None:
    amended = OrderAmended(order=order(line("12")))
    changes = after(drafted(line("9")), status(COMPLETED), amended, status(10), status(CANCELLED), status(COMPLETED))
    kept = [(past.sheet.written, past.sheet.position, past.until, past.sheet.entries[0].gross) for past in changes.past]
    assert kept == [(1, 2, 3, D(9)), (3, 3, 5, D(12))]
    (sheet,) = changes.sheets.values()
    assert (sheet.written, sheet.position) == (3, 6)
