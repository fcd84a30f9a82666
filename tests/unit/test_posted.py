"""The products in an order's lines, which are the same in one order after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest

from ledger import amounts, posted, reading, tolerant
from ledger.errors import BadInput
from ledger.records import NO_ID, Order, OrderLine, Product
from tests.unit.given import ORDER, STOCKHOLM, number

LATTE = {"Id": str(number(3)), "Description": "Latte", "Price": 49.0, "Tax": 12, "Unit": 0, "Category": "Drycker"}


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    posted._products.clear()
    yield
    posted._products.clear()


def read(*products: Any) -> list[OrderLine]:
    """The lines of an order that sells these."""
    lines = [
        {"Id": str(number(2)), "ItemId": str(number(3)), "Quantity": 1, "Product": product} for product in products
    ]
    body = json.dumps({"Id": str(ORDER), "OrderLines": lines})
    order: Order = reading.read_order(body.encode(), lambda outlet: STOCKHOLM)
    return order.OrderLines or []


def test_the_same_product_is_read_once() -> None:
    (first,), (second,) = read(LATTE), read(LATTE)
    assert first.Product is second.Product
    assert first.Product == Product(
        Id=number(3), Description="Latte", Price=Decimal(49), Tax=Decimal(12), Category="Drycker"
    )
    assert type(first.Product) is Product and str(first.Product.Price) == "49"


def test_another_price_is_another_product() -> None:
    first, second = read(LATTE, LATTE | {"Price": 52.5})
    assert first.Product is not None and second.Product is not None
    assert (first.Product.Price, second.Product.Price) == (Decimal(49), Decimal("52.5"))


def test_an_ingredients_product_too() -> None:
    latte = {"Quantity": 1, "Product": LATTE}
    line = latte | {"Id": str(number(2)), "IngredientItems": [latte]}
    body = json.dumps({"Id": str(ORDER), "OrderLines": [line]}).encode()
    (found,) = reading.read_order(body, lambda outlet: STOCKHOLM).OrderLines or []
    assert found.Product is not None and found.IngredientItems[0].Product is found.Product
    assert found.ItemId == found.IngredientItems[0].ItemId == number(3)


def test_no_product() -> None:
    assert [line.Product for line in read(None, None)] == [None, None]


def test_a_product_without_an_id_leaves_it_to_the_line() -> None:
    for _ in range(2):
        (line,) = read({"Id": str(NO_ID), "Description": "Latte"})
        assert line.ItemId == number(3) and line.Product is not None and line.Product.Id is NO_ID


def test_what_we_do_not_know_of_a_product_stays_with_it() -> None:
    for roast in ("light", "dark"):
        (line,) = read(LATTE | {"Roast": roast})
        assert line.Product is not None and line.Product.extra == {"Roast": roast}
    (line,) = read(LATTE)
    assert line.Product is not None and not line.Product.extra


@pytest.mark.parametrize("wrong", [{"Price": "dear"}, {"Price": 1e-9}, {"Unit": "piece"}])
def test_what_is_wrong_with_a_product_is_named_each_time(wrong: dict[str, Any]) -> None:
    for _ in range(2):
        with pytest.raises(BadInput) as caught:
            read(LATTE | wrong)
        assert [place for place, _ in caught.value.problems] == [f"$.OrderLines[0].Product.{next(iter(wrong))}"]


def test_memory_holds_few_of_them_and_no_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posted._products, "_at_most", 3)
    for price in range(10):
        (line,) = read(LATTE | {"Price": price})
        assert line.Product is not None and line.Product.Price == price
        assert 0 < len(posted._products) <= 3
    posted._products.clear()
    read(LATTE | {"BarCode": "7" * 1000})
    assert not posted._products


def test_members_of_a_product_that_we_do_not_know_leave_the_order_on_the_fast_way() -> None:
    with mock.patch.object(tolerant, "loose", wraps=tolerant.loose) as loose:
        for _ in range(2):
            (line,) = read(LATTE | {"Roast": "dark", "Organic": None})
            assert line.Product is not None and line.Product.extra == {"Roast": "dark", "Organic": None}
    assert [json.loads(call.args[0])["Description"] for call in loose.call_args_list] == ["Latte"]


def test_numbers_are_looked_up_however_they_are_written() -> None:
    (whole,), (text,) = read(LATTE | {"Price": 49}), read(LATTE | {"Price": "49.00"})
    assert whole.Product is not None and text.Product is not None
    assert whole.Product.Price is text.Product.Price and str(text.Product.Price) == "49"


@pytest.mark.parametrize("price", ["49." + "0" * 500, f'"49.{"0" * 500}"'])
def test_a_long_number_does_not_stay_in_memory(price: str) -> None:
    known = len(amounts.canonical), len(amounts.canonical_text), len(posted._spelled)
    body = f'{{"Id":"{ORDER}","OrderTotal":{price}}}'
    order = reading.read_order(body.encode(), lambda outlet: STOCKHOLM)
    assert str(order.OrderTotal) == "49"
    grown = len(amounts.canonical), len(amounts.canonical_text), len(posted._spelled)
    assert grown == known
