"""A shop, for tests: bodies as tills send them, the commands they become, and a writer to hand them to."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from ledger.append import fingerprint, new_event_ids
from ledger.commands import AssignExternalId
from ledger.database import open_pool
from ledger.post_order import PostOrder
from ledger.reading import read_order
from ledger.records import ExternalInformation
from ledger.store import Pool, Vault
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.writer import Answer, Context, Writer
from ledger.written import write

MASTER_KEY = bytes(range(32))
STOCKHOLM = ZoneInfo("Europe/Stockholm")
OUTLET = UUID("6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01")
TERMINAL = UUID("b2d7f6a0-3f0e-4c0b-8a77-5f6f2f1c9e11")
PATH = "/api/order/postorder"
# The one way into the log, below the writer.
APPEND = "SELECT first_position, recorded_at FROM ledger.append($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_COFFEE, _BUN = UUID(int=0xC0FFEE), UUID(int=0xB0)
_NAMESPACE = UUID("11a9e2a4-6d3c-4a4e-8f0e-3f2f3c1b7a55")
Body = dict[str, Any]


def uuids(count: int) -> list[UUID]:
    """Ids of new events."""
    return [UUID(bytes=one) for one in new_event_ids(count)]


class Shop(NamedTuple):
    """A tenant, and a writer of this process for its ledger."""

    pool: Pool
    vault: Vault
    tenant: Tenant
    writer: Writer

    async def post(self, body: Body, key: str | None = None) -> Answer:
        """PostOrder; `key` is an Idempotency-Key."""
        sent = command(self.tenant, body)
        idempotency = (PATH, key, sent.fingerprint or "") if key else None
        return await self.writer.submit(self.tenant, sent, Context(actor="test", idempotency=idempotency))

    async def post_online(self, body: Body) -> Answer:
        """PostOnlineOrder."""
        return await self.writer.submit(self.tenant, command(self.tenant, body, online=True), Context(actor="test"))

    async def refused(self) -> Answer:
        """What may not happen: an external id for an order that nobody knows."""
        unknown = AssignExternalId(sent=ExternalInformation(Id=UUID(int=404), ExternalID="V-1"))
        return await self.writer.submit(self.tenant, unknown, Context(actor="test"))

    async def events(self) -> list[tuple[int, str, int, str]]:
        """The log: position, stream, version, type."""
        rows = await self.pool.fetch("SELECT position, stream, version, type FROM ledger.events ORDER BY position")
        return [tuple(row) for row in rows]


@contextlib.asynccontextmanager
async def open_shop(dsn: str, *, max_size: int = 4) -> AsyncIterator[Shop]:
    """The tenant `shop` of a migrated database; any number of processes may have it open at once."""
    vault = Vault(MASTER_KEY)
    async with await open_pool(dsn, max_size=max_size, tenant_id=1) as pool:
        await add_tenant(pool, vault, "shop")
        tenant = next(tenant for tenant in await all_tenants(pool, vault) if tenant.name == "shop")
        writer = Writer(pool, vault)
        yield Shop(pool, vault, tenant, writer)
        await writer.close()


def order_id(name: str) -> UUID:
    """The Id of the order that a test calls so."""
    return uuid5(_NAMESPACE, name)


def sale(name: str, receipt: int = 0, **members: Any) -> Body:
    """A finished order: two coffees and a bun, 133 kronor, paid by card. Without a receipt number nothing checks it."""
    id_ = str(order_id(name))
    return {
        "Id": id_,
        "Status": 13,
        "PaymentStatus": 1,
        "CreationDate": "2026-11-23T11:42:07.1234567",
        "InvoiceDate": "2026-11-23T11:51:40.8100000",
        "OrderTotal": 133.0,
        "OutletId": str(OUTLET),
        "TerminalId": str(TERMINAL),
        "OrderLines": [_line(name, _COFFEE, "Caffè latte", 2.0, 49.0), _line(name, _BUN, "Kanelbulle", 1.0, 35.0)],
        "Payments": [{"Id": str(order_id(f"{name}/paid")), "TypeId": 4, "PaidAmount": 133.0}],
        "Receipts": [{"ReceiptId": str(order_id(f"{name}/receipt")), "ReceiptNumber": receipt, "GrossAmount": 133.0}],
    } | members


def priced(name: str, price: Decimal) -> Body:
    """A finished order of one line: three coffees at so many kronor each."""
    line = _line(name, _COFFEE, "Caffè latte", 3.0, float(price))
    return sale(name, OrderTotal=float(3 * price), OrderLines=[line])


def cart(name: str, **members: Any) -> Body:
    """A web order that nobody has paid for yet; posted with `online` it draws its numbers."""
    return sale(name, Status=0, PaymentStatus=0, Payments=[], Receipts=[], IsOnlineOrder=True) | members


def _line(order: str, product: UUID, name: str, quantity: float, price: float) -> Body:
    return {
        "Id": str(order_id(f"{order}/{name}")),
        "ItemId": str(product),
        "Quantity": quantity,
        "UnitPrice": price,
        "TaxPercent": 12.0,
        "Product": {"Id": str(product), "Description": name, "Category": "Fika", "Unit": 0},
    }


def command(tenant: Tenant, body: Body, *, online: bool = False) -> PostOrder:
    """What a body becomes on its way in: PostOrder, or with `online` PostOnlineOrder."""
    read = read_order(json.dumps(body).encode(), lambda outlet: STOCKHOLM)
    made = write(read)
    known_by = fingerprint(tenant.secret, "order", made.whole)
    return PostOrder(
        order=read, zone=STOCKHOLM, swish_type=10, online=online, fingerprint=known_by, bare=made.bare, parts=made.parts
    )
