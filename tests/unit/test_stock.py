"""Stock: piece goods by Quantity x Direction, once per line whatever happens to its order (contract, section 3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ledger.events import Event, OrderAmended, OrderDrafted, OrderFinalised, OrderStatusChanged, Recorded
from ledger.records import Order, OrderLine, Product
from projections.stock import Changes, Total, fold

D = Decimal
SHOP, BUN, TEA = UUID(int=1), UUID(int=2), UUID(int=3)


def line(product: UUID = BUN, quantity: str = "1", **members: Any) -> OrderLine:
    """A line in normal form."""
    given: dict[str, Any] = {"Direction": 1, "TaxPercent": D(0)} | members
    return OrderLine(Id=UUID(int=9), ItemId=product, Quantity=D(quantity), **given)


def order(*lines: OrderLine, **members: Any) -> Order:
    """A completed order."""
    given: dict[str, Any] = {"Id": UUID(int=7), "Status": 13, "OutletId": SHOP} | members
    return Order(OrderLines=list(lines), **given)


def finalised(*lines: OrderLine, **members: Any) -> OrderFinalised:
    """A sale."""
    return OrderFinalised(order=order(*lines, **members))


def amended(*lines: OrderLine, **members: Any) -> OrderAmended:
    """Another document for it."""
    return OrderAmended(order=order(*lines, **members))


def status(number: int) -> OrderStatusChanged:
    """A status for it."""
    return OrderStatusChanged(status=number)


def after(*events: Event) -> Changes:
    """What the events change in an empty stock."""
    found = []
    for position, event in enumerate(events, 1):
        document = getattr(event, "order", None)
        stream = f"order-{document.Id if document else UUID(int=7)}"
        found.append(Recorded(position, stream, position, 0, 0, event))
    return fold({}, found)


def levels(*events: Event) -> dict[UUID, Decimal]:
    """The stock of each product at SHOP."""
    at: dict[int, Total] = after(*events).totals.get(SHOP, {})
    return {UUID(int=product): total.quantity for product, total in at.items()}


def test_a_sale_takes_out_and_a_return_brings_back() -> None:
    assert levels(finalised(line(BUN, "2"), line(TEA, "1"), line(BUN, "3"))) == {BUN: D(-5), TEA: D(-1)}
    assert levels(finalised(line(BUN, "2", Direction=-1), Status=15)) == {BUN: D(2)}


@pytest.mark.parametrize(
    ("sold", "moved"),
    [
        (line(Product=Product(Id=BUN, Unit=1)), {}),
        (line(Product=Product(Id=BUN, Unit=0)), {BUN: D(-1)}),
        (line(quantity="0.5"), {BUN: D("-0.5")}),
        (line(Active=0), {}),
        (line(IsCoupon=1), {}),
        (line(ItemType=2), {}),
        (line(IngredientItems=[line(TEA, IngredientMode="+")]), {BUN: D(-1)}),
    ],
)
def test_which_lines_move_stock(sold: OrderLine, moved: dict[UUID, Decimal]) -> None:
    assert levels(finalised(sold)) == moved


def test_only_what_counts_moves_stock() -> None:
    draft = OrderDrafted(order=order(line(), Status=3))
    assert levels(draft) == {}
    assert levels(draft, status(13)) == {BUN: D(-1)}
    assert levels(finalised(line(), TrainingMode=True)) == {}
    assert levels(finalised(line()), status(10), status(13), status(15)) == {BUN: D(-1)}


def test_an_amendment_moves_the_difference() -> None:
    assert levels(finalised(line(BUN, "2"), line(TEA)), amended(line(BUN, "3"))) == {BUN: D(-3), TEA: D(0)}
    assert after(finalised(line()), amended(line(), OutletId=UUID(int=5))).totals[SHOP][BUN.int].quantity == 0


@pytest.mark.parametrize("number", [14, 16, 20, 21])
def test_a_voided_order_puts_everything_back(number: int) -> None:
    assert levels(finalised(line()), status(number)) == {BUN: D(0)}
    assert levels(finalised(line()), status(number), status(13)) == {BUN: D(-1)}


def test_the_newest_line_names_the_product() -> None:
    def named(number: int, description: str | None, **members: Any) -> OrderFinalised:
        product = Product(Id=BUN, Description=description)
        return finalised(line(Product=product, **members), Id=UUID(int=number))

    def name(*events: Event) -> str | None:
        return after(*events).totals[SHOP][BUN.int].description

    assert name(named(1, "Bulle"), named(2, "Kanelbulle")) == "Kanelbulle"
    assert name(named(1, "Bulle"), named(2, None)) == "Bulle"
    assert name(named(1, None, ItemDescription="Bulle")) == "Bulle"
    assert name(named(1, None)) is None


def test_a_status_that_changes_nothing_writes_nothing() -> None:
    draft = OrderDrafted(order=order(line(), Status=3))
    assert after(draft, status(5)).sheets["order-" + str(UUID(int=7))].position == 1
