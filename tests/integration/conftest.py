"""A tenant with a till that posts orders, for tests of what happens between log and read models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ledger.append import fingerprint
from ledger.database import queries
from ledger.post_order import PostOrder
from ledger.records import Order, OrderLine, Payment
from ledger.store import Pool, Vault
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.writer import Context, Writer
from projections import NAMES, orders_reads, stock_reads
from projections.schemas import create_tables
from projections.window import Window
from tests.integration.shop import Shop, open_shop

MASTER_KEY = bytes(32)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
PRODUCT = UUID(int=1)
SQL = queries("tests/integration/queries.sql")


def sale(number: int, **members: Any) -> Order:
    """A completed order: one piece, and one payment."""
    piece = OrderLine(Id=UUID(int=2**64 + number), ItemId=PRODUCT, Quantity=Decimal(1), Direction=1)
    given: dict[str, Any] = {
        "Status": 13,
        "CreationDate": f"2026-11-{1 + number % 28:02}T12:00:00+01:00",
        "OrderLines": [piece],
        "Payments": [Payment(Id=UUID(int=2**65 + number), PaidAmount=Decimal(10))],
    }
    return Order(Id=UUID(int=number), **given | members)


class Till(NamedTuple):
    """Posts orders, and sees what the read models say."""

    pool: Pool
    vault: Vault
    tenant: Tenant
    writer: Writer

    async def post(self, *orders: Order) -> int:
        """Posts orders at once, and returns the newest position."""
        known_by = [fingerprint(self.tenant.secret, "order", order) for order in orders]
        commands = [
            PostOrder(order=order, zone=STOCKHOLM, swish_type=10, fingerprint=known)
            for order, known in zip(orders, known_by, strict=True)
        ]
        context = Context(actor="test")
        answers = await asyncio.gather(*(self.writer.submit(self.tenant, command, context) for command in commands))
        return max(answer.position for answer in answers)

    async def sold(self) -> int:
        """Pieces sold, by the stock."""
        async with self.pool.acquire() as connection:
            page = await stock_reads.levels(connection, self.tenant.tenant_id, PRODUCT, None)
        return -sum(int(msgspec.json.decode(level)["Quantity"]) for level in page.documents)

    async def queue(self) -> dict[int, bytes]:
        """Documents of the sales without external id, by their number."""
        async with self.pool.acquire() as connection:
            page = await orders_reads.without_external_id(connection, self.tenant.tenant_id, Window())
        return {UUID(msgspec.json.decode(document)["Id"]).int: document for document in page.documents}

    async def checkpoints(self, *names: str) -> dict[str, tuple[int, str | None]]:
        """How far projections have come, and why they stopped, if they did."""
        rows = await self.pool.fetch(SQL["checkpoints"], self.tenant.tenant_id, list(names or NAMES))
        return {row["projection"]: (row["position"], row["error"]) for row in rows}


@pytest.fixture
async def shop(dsn: str) -> AsyncIterator[Shop]:
    """A writer, and a tenant of a migrated database without read models."""
    async with open_shop(dsn) as opened:
        yield opened


@pytest.fixture
async def other(shop: Shop) -> AsyncIterator[Shop]:
    """The same shop in another process, as far as the ledger can tell."""
    writer = Writer(shop.pool, shop.vault)
    yield shop._replace(writer=writer)
    await writer.close()


@pytest.fixture
async def till(pool: Pool) -> Till:
    """A till of a new tenant in a database of its own."""
    await create_tables(pool)
    vault = Vault(MASTER_KEY)
    await add_tenant(pool, vault, "cafe")
    (tenant,) = await all_tenants(pool, vault)
    return Till(pool, vault, tenant, Writer(pool, vault))
