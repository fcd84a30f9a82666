"""Which orders and which of their lines count (contract, section 4). Pure; sales and stock share it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

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

Document = OrderDrafted | OrderFinalised | OrderAmended | OrderClosed
DOCUMENTS = (OrderDrafted, OrderFinalised, OrderAmended, OrderClosed)
# Nothing else changes what an order counts: payments, receipts, links and Swish leave its lines and status alone.
HANDLES: frozenset[type[Event]] = frozenset({*DOCUMENTS, OrderStatusChanged})


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


def standing_after(standing: Standing, event: Document | OrderStatusChanged) -> Standing:
    """The standing of an order after one more document or status."""
    if isinstance(event, OrderStatusChanged):
        return standing._replace(sale=sale_after(standing.sale, event.status, standing.type))
    order = event.order
    return Standing(sale_after(standing.sale, order.Status, order.Type), order.Type, order.TrainingMode)


def counted(lines: Iterable[OrderLine] | None) -> list[OrderLine]:
    """The lines that count while their order does: active, no coupon, ItemType 0."""
    return [line for line in lines or () if line.Active == 1 and line.IsCoupon != 1 and line.ItemType == 0]


def ingredients(line: OrderLine) -> list[OrderLine]:
    """What was added to a line for money of its own, by the same rules."""
    return [item for item in counted(line.IngredientItems) if item.IngredientMode == "+"]


def orders_before(events: Sequence[Recorded]) -> list[UUID]:
    """The orders of a batch that a read model may know already: those whose stream does not begin in it."""
    first: dict[str, int] = {}
    for recorded in events:
        if isinstance(recorded.event, (*DOCUMENTS, OrderStatusChanged)):
            first.setdefault(recorded.stream, recorded.version)
    skip = len(stream_of(UUID(int=0))) - 36
    return [UUID(stream[skip:]) for stream, version in first.items() if version > 1]
