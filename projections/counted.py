"""Which orders and which of their lines count (contract, section 4). Pure; sales and stock share it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ledger.customer import Document
from ledger.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    OrderStatusChanged,
    Recorded,
)
from ledger.order import Sale, sale_after, stream_of
from ledger.records import OrderLine

DOCUMENTS: frozenset[type[Event]] = frozenset({OrderDrafted, OrderFinalised, OrderAmended, OrderClosed})
# Nothing else changes what an order counts: payments, receipts, links and Swish leave its lines and status alone.
HANDLES = DOCUMENTS | {OrderStatusChanged}


class Standing(NamedTuple):
    """What decides whether an order counts; `type` is the order's Type, `training` its TrainingMode."""

    sale: Sale = ""
    type: int = 0
    training: bool = False

    @property
    def counts(self) -> bool:
        """Completed or a return, and no training."""
        return self.sale != "" and not self.training


NEW = Standing()


def standing_after(standing: Standing, event: Document) -> Standing:
    """The standing of an order after one more document."""
    order = event.order
    return _standing(sale_after(standing.sale, order.Status, order.Type), order.Type, order.TrainingMode)


# There are few, and every order has one in three read models.
_standing = functools.lru_cache(maxsize=256)(Standing)


def standing_with(standing: Standing, status: int) -> Standing:
    """The standing of an order that was moved to another status."""
    return standing._replace(sale=sale_after(standing.sale, status, standing.type))


def counts(line: OrderLine) -> bool:
    """Whether a line or an ingredient counts while its order does: active, no coupon, ItemType 0."""
    return line.Active == 1 and line.IsCoupon != 1 and line.ItemType == 0


def ingredients(line: OrderLine) -> list[OrderLine]:
    """What was added to a line for money of its own, by the same rules."""
    return [item for item in line.IngredientItems if item.IngredientMode == "+" and counts(item)]


def orders_before(events: Sequence[Recorded], types: frozenset[type[Event]] = HANDLES) -> list[UUID]:
    """The orders of a batch that a read model may know already: those whose stream does not begin in it.

    `types` are those events of orders that it handles.
    """
    first: dict[str, int] = {}
    for recorded in events:
        if type(recorded.event) in types:
            first.setdefault(recorded.stream, recorded.version)
    skip = len(stream_of(UUID(int=0))) - 36
    return [UUID(stream[skip:]) for stream, version in first.items() if version > 1]
