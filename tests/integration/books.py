"""The read models of what is sold, for tests: events to put in, and endpoints to ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Protocol
from uuid import UUID

from starlette.requests import Request

from api.routing import Handler
from ledger.events import Event, OrderFinalised, Recorded
from ledger.records import Order, OrderLine, Outlet, Product
from ledger.store import Pool
from ledger.tenants import Tenant
from projections import catalogue, sales, stock, tenders
from projections.progress import Progress
from projections.projection import Projection

D = Decimal
SOUTH, NORTH, TOKYO = (UUID(int=number) for number in (1, 2, 3))
NAMES = {SOUTH: "Kafé Södermalm", NORTH: "Kafé Vasastan", TOKYO: "Tokyo"}
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 21:00 in Stockholm, five in the morning of the 24th in Tokyo
PROJECTIONS: tuple[Projection, ...] = (
    sales.PROJECTION, stock.PROJECTION, catalogue.PROJECTION, tenders.PROJECTION,
)  # fmt: skip
TABLES = {
    "sales_totals": "outlet_id, day, hour, category, gross, net, entries",
    "sales_hours": "outlet_id, day, hour, gross, net, entries",
    "sales_days": "outlet_id, day, category, gross, net, entries",
    "sales_entries": "order_id, ordinal, outlet_id, day, hour, category, gross, net, position, written",
    "sales_past": "order_id, outlet_id, day, hour, entries, position, written, until",
    "sales_outlets": "outlet_id, name, zone, day_starts",
    "sales_categories": "category_id, name",
    "stock": "product_id, outlet_id, quantity, description",
    "stock_movements": "order_id, ordinal, product_id, outlet_id, quantity, description, position",
    "tender_orders": "order_id, outlet_id, day, convert_from(payments, 'UTF8')",
    "tender_totals": "outlet_id, day, type, amount, payments",
    "tender_clocks": "outlet_id, zone, day_starts",
    "outlets": "outlet_id, name",
    "products": "product_id, description, unit, category_id, category",
    "categories": "category_id, name",
}
_SCHEMAS = {"sales": "sales", "stock": "stock", "tender": "tenders"}
VIEWS = ("sales_entries", "stock_movements")


def schema_of(table: str) -> str:
    """Where a table lives."""
    return f"read_{_SCHEMAS.get(table.split('_')[0], 'catalogue')}"


def line(price: str, category: str | None = "Mat", quantity: str = "1", **members: Any) -> OrderLine:
    """A line with 12 % VAT, in normal form."""
    product = Product(Id=UUID(int=8), Description="Bulle", Category=category, CategoryId=3)
    given: dict[str, Any] = {"ItemId": product.Id, "Direction": 1, "TaxPercent": D(12), "Product": product}
    return OrderLine(Id=UUID(int=9), Quantity=D(quantity), UnitPrice=D(price), **given | members)


def order(number: int, outlet: UUID, at: str, *lines: OrderLine, **members: Any) -> Order:
    """A completed order at a time in normal form."""
    known = Outlet(Id=outlet, Name=NAMES.get(outlet))
    given: dict[str, Any] = {"Status": 13, "InvoiceDate": at, "OutletId": outlet, "Outlet": known} | members
    return Order(Id=UUID(int=number), OrderLines=list(lines), **given)


def log(*events: tuple[int, Event]) -> list[Recorded]:
    """Events of the numbered orders, in the streams of those."""
    versions: dict[int, int] = {}
    found = []
    for position, (number, event) in enumerate(events, 1):
        versions[number] = versions.get(number, 0) + 1
        stream = f"order-{UUID(int=number)}"
        found.append(Recorded(position, stream, versions[number], 0, position * 1_000_000, event))
    return found


def sold(*orders: Order) -> list[Recorded]:
    """The orders as sales."""
    return log(*((document.Id.int, OrderFinalised(order=document)) for document in orders))


class House(Protocol):
    """A tenant in a database."""

    @property
    def pool(self) -> Pool:
        """Connections that meet its rows."""

    @property
    def tenant(self) -> Tenant:
        """Who it is."""


class Books:
    """Read models of one tenant, and the endpoints over them."""

    def __init__(self, till: House) -> None:
        self._till = till

    async def apply(self, events: Sequence[Recorded], at_once: int = 1000) -> None:
        """Applies events in batches of so many."""
        path = ", ".join(f"read_{projection.name}" for projection in PROJECTIONS)
        async with self._till.pool.acquire() as connection:
            for start in range(0, len(events), at_once):
                async with connection.transaction():
                    await connection.execute(f"SET LOCAL search_path = {path}")
                    for projection in PROJECTIONS:
                        batch = [e for e in events[start : start + at_once] if type(e.event) in projection.handles]
                        await projection.apply(connection, self._till.tenant.tenant_id, batch)

    async def ask(self, handler: Handler, query: str = "", now: datetime = NOW) -> Any:
        """What an endpoint answers, decoded with exact decimals."""
        settings = SimpleNamespace(min_position_wait=1)
        state = SimpleNamespace(
            pool=self._till.pool,
            clock=lambda: now,
            settings=settings,
            version="",
            generations=dict[str, int](),
            progress=Progress(),
        )
        scope = {
            "type": "http", "path": "/", "query_string": query.encode(), "header": {},
            "app": SimpleNamespace(state=state), "state": {"tenant": self._till.tenant},
        }  # fmt: skip
        return json.loads(bytes((await handler(Request(scope))).body), parse_float=D)

    async def forget(self) -> None:
        """Empties the read models."""
        for table in (*(table for table in TABLES if table not in VIEWS), "sales_orders", "stock_orders"):
            await self._till.pool.execute(f"DELETE FROM {schema_of(table)}.{table}")

    async def rows(self) -> dict[str, list[Any]]:
        """Everything the read models show."""
        found = {}
        for table, columns in TABLES.items():
            rows = await self._till.pool.fetch(f"SELECT {columns} FROM {schema_of(table)}.{table} ORDER BY {columns}")
            found[table] = [tuple(row) for row in rows]
        return found
