"""What the ledger learns from the orders that pass: outlets, products and categories, each when first seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ledger.events import OutletSet
from ledger.records import Order, OrderLine, Product


class Shop(NamedTuple):
    """An outlet. `zone` (IANA) is None until a person sets it; `day_starts` is a local hour."""

    name: str | None = None
    zone: str | None = None
    day_starts: int = 0


class NamedProduct(NamedTuple):
    """A product as a line described it; `unit` 0 is a piece."""

    description: str
    unit: int
    category_id: int
    category: str | None


Within = Sequence[tuple[Product, OrderLine]]


def learn_shop(shops: Mapping[UUID, Shop], seen: Order | OutletSet) -> Shop | None:
    """What is new about the outlet that was set or that an order names; None for no news.

    The first name an order brings stays; what a person sets overrides it. An order without an outlet has the outlet of
    all zeros, which has no name.
    """
    if isinstance(seen, OutletSet):
        return Shop(seen.name, seen.zone, seen.day_starts)
    shop = shops.get(seen.OutletId)
    if shop is not None and shop.name:
        return None
    name = _outlet_name(seen)
    if shop is None:
        return Shop(name)
    return shop._replace(name=name) if name else None


def _outlet_name(order: Order) -> str | None:
    """The name the order has for its OutletId; an Outlet of another id says nothing about it."""
    outlet = order.Outlet
    if outlet is None or not order.OutletId.int or (outlet.Id.int and outlet.Id != order.OutletId):
        return None
    return outlet.Name or None


def learn_categories(names: dict[int, str], within: Within) -> dict[int, str]:
    """Adds to `names` the categories that an order's products name for the first time, and returns those."""
    news: dict[int, str] = {}
    for product, _ in within:
        if product.CategoryId not in names and product.CategoryId and product.Category:
            names[product.CategoryId] = news[product.CategoryId] = product.Category
    return news


def learn_products(products: dict[int, NamedProduct], within: Within) -> None:
    """Adds to `products` those that an order's lines describe for the first time, by the `int` of their id: a UUID is
    hashed and compared in Python, too slow for every line.
    """
    for product, line in within:
        id_ = product.Id.int or line.ItemId.int
        if id_ in products or not id_:
            continue
        description = product.Description or line.ItemDescription
        if description:
            products[id_] = NamedProduct(description, product.Unit, product.CategoryId, product.Category or None)


def products_within(order: Order) -> Within:
    """What every line of an order and every ingredient sells, counted or not, where they say it."""
    found = []
    for line in order.OrderLines or ():
        if line.Product is not None:
            found.append((line.Product, line))
        for item in line.IngredientItems:
            if item.Product is not None:
                found.append((item.Product, item))
    return found
