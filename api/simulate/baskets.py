"""What one guest takes: lines with weights, discounts, extras and coupons. Pure and seeded."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from random import Random

from api.simulate import menu
from api.simulate.sums import ZERO, amounts, to_ore
from api.simulate.town import NO_ID, Document, Outlet, Product, guid

_ONE = Decimal(1)
_LINE: Document = {
    "Id": NO_ID, "OrderId": NO_ID, "ItemId": NO_ID, "Quantity": _ONE, "DiscountedUnitPrice": ZERO,
    "PurchasePrice": ZERO, "ItemDiscount": ZERO, "TaxPercent": ZERO, "Active": 1, "ItemComments": None,
    "UnitPrice": ZERO, "DiscountPercentage": ZERO, "UnitsInPackage": 0, "ItemStatus": 3, "IsCoupon": 0, "Direction": 1,
    "DiscountType": 0, "DiscountDescription": None, "ItemType": 0, "GroupId": NO_ID, "GroupKey": None,
    "IngredientMode": None, "IngredientItems": [], "IsInventoryAdjusted": False, "WC_ID": 0, "ItemDescription": None,
    "Category": None, "Product": None,
}  # fmt: skip


def new_id(random: Random) -> str:
    """A Guid from chance."""
    return guid(random.getrandbits(128))


def basket(outlet: Outlet, order_id: str, random: Random) -> list[Document]:
    """One to five lines; rarely one that was struck out, or a coupon."""
    weights = [item.often for item in outlet.kind.items]
    chosen = random.choices(outlet.products, weights, k=random.choices((1, 2, 3, 4, 5), (34, 31, 19, 11, 5))[0])
    lines = [_bought(product, order_id, random) for product in chosen]
    chance = random.random()
    if chance < 0.02:
        lines.append(line(outlet.coupon, order_id, random) | {"IsCoupon": 1})
    elif chance < 0.03:
        lines.append(_bought(outlet.products[0], order_id, random) | {"Active": 0})
    return lines


def line(product: Product, order_id: str, random: Random) -> Document:
    """One piece of a product, at its price."""
    item = product.item
    return {
        **_LINE, "Id": new_id(random), "OrderId": order_id, "ItemId": product.id, "UnitPrice": item.price,
        "DiscountedUnitPrice": item.price, "PurchasePrice": product.shown["PurchasePrice"], "TaxPercent": item.tax,
        "Category": item.category if item.told == menu.BY_LINE else None, "Product": product.shown,
    }  # fmt: skip


def _bought(product: Product, order_id: str, random: Random) -> Document:
    found = line(product, order_id, random)
    if product.item.unit != menu.PIECE:
        found["Quantity"] = Decimal(random.randint(80, 1400)) / 1000
    elif random.random() < 0.22:
        found["Quantity"] = Decimal(random.randint(2, 4))
    chance = random.random()
    if chance < 0.08:
        _discount(found, random)
    elif chance < 0.16 and product.item.category == "Mat":
        found["IngredientItems"] = _extras(order_id, random)
    return found


def _discount(found: Document, random: Random) -> None:
    """So many percent off, as tills work it out: some round to öre, some do not."""
    percent = Decimal(random.choice((10, 15, 25, 50)))
    off = found["Quantity"] * found["UnitPrice"] * percent / 100
    off = to_ore(off) if random.random() < 0.7 else off.quantize(Decimal("0.0001"))
    found |= {
        "ItemDiscount": off, "DiscountPercentage": percent, "DiscountType": 1, "DiscountDescription": "Rabatt",
        "DiscountedUnitPrice": to_ore(found["UnitPrice"] * (100 - percent) / 100),
    }  # fmt: skip


def _extras(order_id: str, random: Random) -> list[Document]:
    """Something added for money, perhaps something left out for none."""
    extra = random.choice(menu.EXTRAS)
    added = {
        **_LINE, "Id": new_id(random), "OrderId": order_id, "ItemId": new_id(random), "UnitPrice": extra.price,
        "IngredientMode": "+", "TaxPercent": None, "Direction": None, "ItemDescription": extra.name,
    }  # fmt: skip
    if random.random() < 0.5:
        return [added]
    return [added, {**added, "Id": new_id(random), "UnitPrice": ZERO, "IngredientMode": "-", "ItemDescription": "Lök"}]


def total(lines: Iterable[Document]) -> Decimal:
    """What the guest is asked for, in öre: what counts as sales, less his coupons."""
    asked = ZERO
    for one in lines:
        if one["Active"] == 1:
            asked += -one["UnitPrice"] if one["IsCoupon"] else _gross(one, one)
            asked += sum(
                (_gross(extra, one) for extra in one["IngredientItems"] if extra["IngredientMode"] == "+"), ZERO
            )
    return to_ore(asked)


def _gross(part: Document, of: Document) -> Decimal:
    tax = of["TaxPercent"]
    return amounts(of["Direction"], part["Quantity"], part["UnitPrice"], part["ItemDiscount"], tax).gross
