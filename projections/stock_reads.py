"""Reads of the stock (contract, section 6)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from ledger.database import queries
from ledger.store import Connection
from projections.window import Page, page_of

_SQL = queries("projections/stock.sql")


class Level(msgspec.Struct):
    """The sum of a product's movements at an outlet, in pieces: only piece goods move stock, so Unit is 0.

    The database writes it as JSON (stock.sql): there may be so many that the server would do nothing else for seconds.
    """

    ProductId: UUID
    OutletId: UUID
    Description: str | None
    Unit: int
    Quantity: Decimal


async def levels(connection: Connection, tenant_id: int, product: UUID | None, outlet: UUID | None) -> Page:
    """The stock of one product or (None) of all, at one outlet or at all, by product and outlet; each a `Level`.

    BadInput: it is more than one answer holds.
    """
    row = await connection.fetchrow(_SQL["levels"], tenant_id, product, outlet)
    return page_of(row["documents"], row["position"], "productId", "narrow it by productId or outletId")
