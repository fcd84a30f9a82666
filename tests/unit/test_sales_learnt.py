"""Categories and outlets in the sales: what is learnt from the lines, and from when on (contract, section 4)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ledger.events import Event, OrderAmended, OrderFinalised, OutletSet
from ledger.records import NO_ID, OrderLine, Outlet, Product
from tests.unit.sales_given import COMPLETED, SHOP, after, drafted, finalised, line, order, status, totals


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
