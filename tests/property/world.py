"""The ledger under test: real PostgreSQL, the writer, the projections; what is asked and what they answer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger import database, reading, swish
from ledger.append import fingerprint
from ledger.codec import encoder
from ledger.commands import (
    AssignExternalId,
    Command,
    LogDrawerEntry,
    MarkSynced,
    SaveInvoice,
    SetOutlet,
    SetStatus,
    TakeSwish,
)
from ledger.erasure import EraseCustomer
from ledger.errors import Refused
from ledger.post_order import PostOrder
from ledger.store import Connection, Pool, Vault
from ledger.swish_door import OPEN
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.writer import Context, Writer
from ledger.written import write
from projections import drawer, invoices, orders_reads, sales_reads, stock_reads
from projections import swish as swish_reads
from projections.following import run_until_caught_up
from projections.window import Page, Window
from tests.property.bodies import DAY_STARTS, respelled
from tests.property.histories import end_where_read_models_stand
from tests.property.oracle import DUPLICATE, NEW, REFUSED, Body

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MASTER_KEY = bytes(32)
ACTOR = "property"
_numbers = itertools.count(1)


class Ask(NamedTuple):
    """Something a client asks for: an endpoint, what it sends, and with which headers."""

    endpoint: str
    body: Any
    key: str | None = None
    stale: bool = False


def _zones(outlet: UUID) -> ZoneInfo:
    return STOCKHOLM


class World:
    """A ledger with a tenant per example."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.vault = pool, Vault(MASTER_KEY)
        self.writer = Writer(pool, self.vault)
        self.tenant: Tenant

    async def begin(self) -> None:
        """A new tenant with its two outlets."""
        name = f"example-{next(_numbers)}"
        await add_tenant(self.pool, self.vault, name)
        self.tenant = next(tenant for tenant in await all_tenants(self.pool, self.vault) if tenant.name == name)
        for outlet, hour in DAY_STARTS.items():
            settings = SetOutlet(outlet_id=UUID(outlet), name=outlet, zone="Europe/Stockholm", day_starts=hour)
            await self.writer.submit(self.tenant, settings, Context(actor=ACTOR))

    async def ask(self, ask: Ask, *, respell: bool = False, version: int | None = None) -> str:
        """What the ledger answers: new, duplicate or refused."""
        body = respelled(ask.body) if respell else ask.body
        try:
            command = self._command(ask.endpoint, body, version)
            key = (ask.endpoint, ask.key, command.fingerprint or "") if ask.key else None
            answer = await self.writer.submit(self.tenant, command, Context(actor=ACTOR, idempotency=key))
        except Refused:
            return REFUSED
        return DUPLICATE if answer.duplicate else NEW

    def _command(self, endpoint: str, body: Any, version: int | None) -> Command:
        raw = encoder.encode(body)
        if endpoint in ("PostOpenOrder", "PostOrder", "PostOnlineOrder"):
            order = reading.read_order(raw, _zones)
            online = endpoint == "PostOnlineOrder"
            order.IsOnlineOrder = order.IsOnlineOrder or online
            made = write(order)
            return PostOrder(
                order=order, zone=STOCKHOLM, swish_type=10, draft_only=endpoint == "PostOpenOrder", online=online,
                expected=version, fingerprint=self._known_by("order", order), bare=made.bare, parts=made.parts,
            )  # fmt: skip
        if endpoint == "PostCustomerInvoice":
            invoice = reading.read_invoice(raw, _zones)
            return SaveInvoice(invoice=invoice, fingerprint=self._known_by("invoice", invoice))
        if endpoint.endswith("PostCashDrawerLog"):
            entry = reading.read_drawer_log(raw, _zones)
            first_wins = endpoint.startswith("Order/")
            return LogDrawerEntry(entry=entry, first_wins=first_wins, fingerprint=self._known_by("drawer", entry))
        if endpoint.endswith("OrderExternalInformation"):
            sent = reading.read_external_information(raw)
            of_return = endpoint == "PostReturnOrderExternalInformation"
            return AssignExternalId(sent=sent, of_return=of_return, fingerprint=self._known_by("external-id", sent))
        if endpoint == "UpdateInviceGeneratedOpenOrder":
            marked = reading.read_external_informations(raw)
            return MarkSynced(sent=marked, fingerprint=self._known_by("synced", marked))
        if endpoint == "EraseCustomer":
            return EraseCustomer(customer_id=UUID(body))
        if endpoint == "UpdateOrderStatus":
            id_, status = body
            return SetStatus(order_id=UUID(id_.strip("{}")), status=status)
        assert endpoint == "PostSwishOnlinePayment"
        return self._swish(raw, body)

    def _swish(self, raw: bytes, body: Body) -> Command:
        folded = {name.lower(): member for name, member in body.items()}
        if swish.is_vendor_record(folded):
            record = reading.read_swish_payment(raw)
            known_by = self._known_by("swish-record", record)
            return TakeSwish(
                stream=swish.record_stream(record), said=record, swish_type=10, door=OPEN, fingerprint=known_by
            )
        swish_id, received = swish.read_callback(folded, STOCKHOLM)
        known_by = self._known_by("swish-callback", received)
        return TakeSwish(
            stream=swish.stream_of(swish_id), said=received, swish_type=10, door=OPEN, fingerprint=known_by
        )

    def _known_by(self, kind: str, document: Any) -> str:
        return fingerprint(self.tenant.secret, kind, document)

    async def catch_up(self) -> None:
        """Brings every read model to the log's head."""
        await run_until_caught_up(self.pool, self.vault)

    async def read(self, what: Callable[..., Awaitable[Page]], *arguments: Any) -> list[Body]:
        """The documents a read model gives."""
        async with database.reading(self.pool, self.tenant.tenant_id) as connection:
            page = await what(connection, self.tenant.tenant_id, *arguments)
        return [json.loads(document, parse_float=Decimal) for document in page.documents]

    async def order(self, id_: str) -> Body | None:
        """One order as it stands."""
        return next(iter(await self.read(orders_reads.order, UUID(id_))), None)

    async def orders(self, which: str, customer: str, window: Window) -> list[Body]:
        """The orders on a list; `customer` where the list is one customer's."""
        match which:
            case "online":
                return await self.read(orders_reads.history, UUID(customer), False)
            case "basket":
                return await self.read(orders_reads.cart, UUID(customer))
        found = {
            "open": orders_reads.open_orders,
            "sales": orders_reads.without_external_id,
            "nameless": orders_reads.without_customer_and_external_id,
            "returns": orders_reads.returns_without_external_id,
            "invoice generated": orders_reads.invoice_generated,
        }
        return await self.read(found[which], window)

    async def invoices(self) -> list[Body]:
        """All invoices."""
        return await self.read(invoices.invoices, Window())

    async def drawer(self, window: Window) -> list[Body]:
        """Drawer events."""
        return await self.read(drawer.entries, window)

    async def swish(self) -> list[Body]:
        """All Swish payments."""
        return await self.read(swish_reads.payments, None)

    async def stock(self) -> list[Body]:
        """All stock."""
        return await self.read(stock_reads.levels, None, None)

    async def sales(self, month: date) -> sales_reads.ByGroup:
        """The exact totals of a month."""
        async with database.reading(self.pool, self.tenant.tenant_id) as connection:
            now = datetime.now(UTC)
            return await sales_reads.by_group(connection, self.tenant.tenant_id, now, None, "month", month)

    async def histories_end_where_read_models_stand(self) -> None:
        """Of every tenant there ever was."""
        for tenant in await all_tenants(self.pool, self.vault):
            await end_where_read_models_stand(self.pool, self.vault, tenant.tenant_id)

    async def rows(self, connection: Connection) -> dict[str, list[str]]:
        """Every row of every read model, of all tenants, as text."""
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname LIKE 'read\\_%'"
        )
        return {
            table["name"]: sorted(map(str, await connection.fetch(f"SELECT * FROM {table['name']}")))
            for table in tables
        }
