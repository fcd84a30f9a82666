"""What endpoints read of orders: one statement each, ready JSON, and the position it reflects (contract, section 3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from ledger.codec import encoder
from ledger.database import queries
from ledger.full_records import FullCustomer
from ledger.store import Connection
from projections.window import Page, Window

_SQL = queries("projections/orders.sql")
_loose = msgspec.json.Decoder(float_hook=Decimal).decode


async def open_orders(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Open orders that were never finalised, without carts, by business time."""
    return _page(await connection.fetch(_SQL["open_orders"], tenant_id, *window))


async def without_external_id(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Sales that wait for their external id, oldest first."""
    return await _external_queue(connection, tenant_id, window, "sale", False)


async def without_customer_and_external_id(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Those of them that have no customer."""
    return await _external_queue(connection, tenant_id, window, "sale", True)


async def returns_without_external_id(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Return orders that wait for their external id, oldest first."""
    return await _external_queue(connection, tenant_id, window, "return", False)


async def invoice_generated(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Orders with a customer and an invoice that the bookkeeping has not taken, each with its Customer filled in."""
    rows = await connection.fetch(_SQL["invoice_queue"], tenant_id, *window)
    documents = [
        _with_customer(row["document"], row["customer"]) if row["is_nameless"] else row["document"]
        for row in rows
        if row["document"] is not None
    ]
    return Page(documents, rows[0]["position"])


async def history(connection: Connection, tenant_id: int, customer_id: UUID, everything: bool) -> Page:
    """A customer's online orders by CreationDate, carts among them; `everything`: those from the till too."""
    return _page(await connection.fetch(_SQL["history"], tenant_id, customer_id, everything))


async def cart(connection: Connection, tenant_id: int, customer_id: UUID) -> Page:
    """The customer's newest online order that is new and unpaid; no document when there is none."""
    return _page(await connection.fetch(_SQL["cart"], tenant_id, customer_id))


async def order(connection: Connection, tenant_id: int, order_id: UUID) -> Page:
    """One order; no document when it is unknown."""
    return _page(await connection.fetch(_SQL["order"], tenant_id, order_id))


async def _external_queue(
    connection: Connection, tenant_id: int, window: Window, queue: str, without_customer: bool
) -> Page:
    return _page(await connection.fetch(_SQL["external_queue"], tenant_id, *window, queue, without_customer))


def _page(rows: list[Any]) -> Page:
    """Every one of these statements answers with one row."""
    (row,) = rows
    return Page(row["documents"], row["position"])


def _with_customer(document: bytes, learnt: bytes | None) -> bytes:
    """An order's JSON whose Customer is null, with what the other spelling says, or what is known from elsewhere.

    A customer of whom nothing is known still has an id: the bookkeeping reads it there.
    """
    tree: dict[str, Any] = _loose(document)
    customer = tree.get("Customr") or (learnt and msgspec.Raw(learnt)) or FullCustomer(Id=UUID(tree["CustomerId"]))
    return encoder.encode(tree | {"Customer": customer})
