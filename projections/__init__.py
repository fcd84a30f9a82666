"""Read models: pure functions from events to rows, and the runner that applies them exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections import catalogue, drawer, invoices, orders, sales, stock, swish, tenders, terminals

if TYPE_CHECKING:
    from projections.projection import Projection

ALL: tuple[Projection, ...] = (
    orders.PROJECTION,
    invoices.PROJECTION,
    drawer.PROJECTION,
    terminals.PROJECTION,
    swish.PROJECTION,
    stock.PROJECTION,
    sales.PROJECTION,
    tenders.PROJECTION,
    catalogue.PROJECTION,
)
NAMES = tuple(projection.name for projection in ALL)
