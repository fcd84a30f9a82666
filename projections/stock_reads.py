"""Reads of the stock (contract, section 6)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from ledger.codec import encoder
from ledger.database import queries
from ledger.store import Connection
from projections.window import Page

_SQL = queries("projections/stock.sql")


class Level(msgspec.Struct):
    """The sum of a product's movements at an outlet, in pieces: only piece goods move stock, so Unit is 0."""

    ProductId: UUID
    OutletId: UUID
    Description: str | None
    Unit: int
    Quantity: Decimal


async def levels(connection: Connection, tenant_id: int, product: UUID | None, outlet: UUID | None) -> Page:
    """The stock of one product or (None) of all, at one outlet or at all, by product and outlet."""
    rows = await connection.fetch(_SQL["levels"], tenant_id, product, outlet)
    found = [
        encoder.encode(Level(product_id, outlet_id, description, 0, quantity))
        for _, product_id, outlet_id, description, quantity in rows
        if product_id is not None
    ]
    return Page(found, rows[0]["position"])
