"""What endpoints read of orders: one statement each, ready JSON, and the position it reflects (contract, section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ledger.codec import encoder
from ledger.database import queries
from ledger.full_records import FullCustomer
from ledger.store import Connection
from projections.window import Page, Window, last_of, page_of, window_page

_SQL = queries("projections/orders_reads.sql")
# A search that finds little gives up after so many orders, and can be taken up again from there.
LOOKS_AT = 10_000
_ONE_BY_ONE = "fetch the orders that are wanted one by one, from /v1/orders/{id}"
_loose = msgspec.json.Decoder(float_hook=Decimal).decode


class Filters(NamedTuple):
    """Which orders: of these states (any number of them), of an outlet, with a total from `least` to `most` kronor, and
    with a business time in `(after, until]`. None: whichever.
    """

    statuses: Sequence[int] | None = None
    outlet: UUID | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    after: datetime | None = None
    until: datetime | None = None


class Key(NamedTuple):
    """An order's place among all by time."""

    business_time: datetime
    order_id: UUID


class Light(NamedTuple):
    """An order in a list. `number` is what people call it by, `""` for nothing; ids are all zero for none."""

    order_id: UUID
    number: str
    business_time: datetime
    outlet_id: UUID
    status: int
    total: Decimal
    customer_id: UUID


class Found(NamedTuple):
    """What a search has found, and where it goes on; None where no order is left."""

    orders: list[Light]
    next: Key | None


async def search(
    connection: Connection, tenant_id: int, filters: Filters, after: Key | None = None, limit: int = 50
) -> Found:
    """Orders of every state, the newest first by business time; `after` is the `next` of the page before.

    It looks at `LOOKS_AT` orders at most, so that a page may hold fewer than `limit`, or none, and still have a `next`.
    """
    rows = await connection.fetch(_SQL["search"], tenant_id, *filters, LOOKS_AT, *(after or (None, None)), limit)
    orders = [_light(row) for row in rows if row["order_id"] is not None]
    if len(orders) == limit:
        return Found(orders, Key(orders[-1].business_time, orders[-1].order_id))
    if rows and rows[0]["looked_at"] == LOOKS_AT:
        return Found(orders, Key(rows[0]["last_time"], rows[0]["last_id"]))
    return Found(orders, None)


async def lights(connection: Connection, tenant_id: int, order_ids: Iterable[UUID]) -> list[Light]:
    """Those of these orders that there are, the newest first; `ledger.finding` knows them by their numbers."""
    return [_light(row) for row in await connection.fetch(_SQL["lights"], tenant_id, list(order_ids))]


async def of_customer(
    connection: Connection, tenant_id: int, customer_id: UUID, after: Key | None = None, limit: int = 50
) -> Found:
    """A customer's orders, the newest first by CreationDate; `after` is the `next` of the page before."""
    rows = await connection.fetch(_SQL["of_customer"], tenant_id, customer_id, *(after or (None, None)), limit)
    last = Key(rows[-1]["created_at"], rows[-1]["order_id"]) if len(rows) == limit else None
    return Found([_light(row) for row in rows], last)


async def open_orders(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Open orders that were never finalised, without carts, by business time."""
    return await _queues(connection, tenant_id, window, "open")


async def without_external_id(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Sales that wait for their external id, oldest first."""
    return await _queues(connection, tenant_id, window, "sale", "sale of nobody")


async def without_customer_and_external_id(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Those of them that have no customer."""
    return await _queues(connection, tenant_id, window, "sale of nobody")


async def returns_without_external_id(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Return orders that wait for their external id, oldest first."""
    return await _queues(connection, tenant_id, window, "return")


async def invoice_generated(connection: Connection, tenant_id: int, window: Window) -> Page:
    """Orders with a customer and an invoice that the bookkeeping has not taken, each with its Customer filled in."""
    rows = await connection.fetch(_SQL["invoice_queue"], tenant_id, *window.asked())
    if rows[0]["is_nameless"] is None:
        return Page([], rows[0]["position"])
    page = page_of([row["document"] for row in rows], rows[0]["position"])
    documents = [
        _with_customer(document, row["customer"]) if row["is_nameless"] else document
        for row, document in zip(rows, page.documents, strict=True)
    ]
    return page._replace(documents=documents, last=last_of(rows[-1]))


async def history(connection: Connection, tenant_id: int, customer_id: UUID, everything: bool) -> Page:
    """A customer's online orders by CreationDate, carts among them; `everything`: those from the till too.

    BadInput: they are more than one answer holds.
    """
    row = await connection.fetchrow(_SQL["history"], tenant_id, customer_id, everything)
    return page_of(row["documents"], row["position"], "customerId", _ONE_BY_ONE)


async def cart(connection: Connection, tenant_id: int, customer_id: UUID) -> Page:
    """The customer's newest online order that is new and unpaid; no document when there is none."""
    return _page(await connection.fetch(_SQL["cart"], tenant_id, customer_id))


async def order(connection: Connection, tenant_id: int, order_id: UUID) -> Page:
    """One order; no document when it is unknown."""
    return _page(await connection.fetch(_SQL["order"], tenant_id, order_id))


async def _queues(connection: Connection, tenant_id: int, window: Window, queue: str, other: str | None = None) -> Page:
    return window_page(await connection.fetchrow(_SQL["queue"], tenant_id, *window.asked(), queue, other))


def _page(rows: list[Any]) -> Page:
    """Every one of these statements answers with one row."""
    (row,) = rows
    return page_of(row["documents"], row["position"])


def _light(row: Any) -> Light:
    return Light(*(row[name] for name in Light._fields))


def _with_customer(document: bytes, learnt: bytes | None) -> bytes:
    """An order's JSON whose Customer is null, with what the other spelling says, or what is known from elsewhere.

    A customer of whom nothing is known still has an id: the bookkeeping reads it there.
    """
    tree: dict[str, Any] = _loose(document)
    customer = tree.get("Customr") or (learnt and msgspec.Raw(learnt)) or FullCustomer(Id=UUID(tree["CustomerId"]))
    return encoder.encode(tree | {"Customer": customer})
