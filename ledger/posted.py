"""An order as the quick way reads it, and the step from there to the record. Pure.

An order holds some fifty decimals, nearly all of them seen before. Made a Decimal each and then looked up by value,
they took longer than all the rest of reading. In these twins of the records a decimal may be anything, so that the text
of each is looked up while it is read, and the one object that stands for it is what comes out. What is no number with a
point (a whole one, a string) is looked at in `settle`, which also gives the record its own class.

The product in a line is the same JSON in one order after the other, a third of the whole: it is looked up as well.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from ledger.amounts import Known, canonical, canonical_text
from ledger.records import Order, OrderLine, Payment, Product, Receipt, Record

R = TypeVar("R", bound=Record)


class _Plan(NamedTuple):
    """How to settle a twin: a getter of its decimals, their names, and those that may be None."""

    record: type[Record]
    values: Callable[[Record], Any]
    names: tuple[str, ...]
    nullable: frozenset[str]


_DECIMALS = {Decimal}
# Bytes of a product's JSON that is looked up.
_PRODUCT_AT_MOST = 1 << 10
_PLANS: dict[type[Record], _Plan] = {}


def _twin(record: type[R], **parts: str) -> type[R]:
    """The same record with decimals that may be anything, and twins within it; it has no member of its own."""
    fields = {field.name: field for field in msgspec.structs.fields(record)}
    names = tuple(name for name, field in fields.items() if field.type in (Decimal, Decimal | None))
    nullable = frozenset(name for name in names if fields[name].type is not Decimal)
    looser = [(name, parts.get(name, Any), _default(fields[name])) for name in (*names, *parts)]
    made = msgspec.defstruct(f"Posted{record.__name__}", looser, bases=(record,), module=__name__)
    twin = cast(type[R], made)
    _PLANS[twin] = _Plan(record, operator.attrgetter(*names), names, nullable)
    return twin


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return msgspec.field(default=field.default)


PostedProduct = _twin(Product)
PostedLine = _twin(
    OrderLine,
    IngredientItems="list[PostedLine]",
    ItemDetails="list[PostedLine]",
    Product="msgspec.Raw",
)
PostedPayment = _twin(Payment)
PostedReceipt = _twin(Receipt)
PostedOrder = _twin(
    Order,
    OrderLines="list[PostedLine] | None",
    Receipts="list[PostedReceipt] | None",
    Payments="list[PostedPayment] | None",
)

read_posted = msgspec.json.Decoder(PostedOrder, float_hook=canonical_text.__getitem__).decode
_read_product = msgspec.json.Decoder(PostedProduct | None, float_hook=canonical_text.__getitem__).decode


def _product(json: bytes) -> Product | None:
    product: Product | None = _read_product(json)
    if product is not None:
        _settle(product)
    return product


# JSON -> the one product that stands for it, which nobody changes.
_products = Known[bytes, Product | None](_product, 1 << 12)


def settle(order: Order) -> None:
    """Makes a twin the order it stands for, with all that is within it, and their decimals canonical.

    A record that is no twin is as it should be (`tolerant` made it). ValueError, TypeError: one of them is no decimal.
    """
    _settle(order)
    _settle_lines(order.OrderLines or ())
    for payment in order.Payments or ():
        _settle(payment)
    for receipt in order.Receipts or ():
        _settle(receipt)


def _settle_lines(lines: Iterable[OrderLine]) -> None:
    for line in lines:
        _settle(line)
        product: Any = line.Product
        if type(product) is msgspec.Raw:
            json = bytes(product)
            line.Product = _products[json] if len(json) <= _PRODUCT_AT_MOST else _product(json)
        if line.IngredientItems or line.ItemDetails:
            _settle_lines((*line.IngredientItems, *line.ItemDetails))


def _settle(record: Record) -> None:
    plan = _PLANS.get(type(record))
    if plan is None:
        return
    record.__class__ = plan.record  # the very same members: only what they may hold was looser
    if set(map(type, plan.values(record))) == _DECIMALS:
        return
    for name in plan.names:
        value = getattr(record, name)
        if type(value) is not Decimal and (value is not None or name not in plan.nullable):
            setattr(record, name, _exact(value))


def _exact(value: Any) -> Decimal:
    if type(value) is not int and type(value) is not str:
        raise TypeError("must be a number")
    return canonical[Decimal(value)]
