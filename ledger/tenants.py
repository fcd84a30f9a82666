"""Who the ledger keeps books for, and how their outlets' clocks run."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.database import queries, reading
from ledger.events import OutletSet
from ledger.store import Pool, Vault, decode_rows

_SQL = queries("ledger/queries.sql")


class Tenant(NamedTuple):
    """A business. `zone` holds where an outlet has none of its own; `secret` keys the document fingerprints."""

    tenant_id: int
    name: str
    zone: ZoneInfo
    secret: bytes


async def all_tenants(pool: Pool, vault: Vault) -> list[Tenant]:
    """Every tenant. LedgerError: the master key is not theirs."""
    rows = await pool.fetch(_SQL["tenants"])
    return [
        Tenant(tenant_id, name, ZoneInfo(zone), vault.unwrap(secret, f"tenant/{name}"))
        for tenant_id, name, zone, secret in rows
    ]


async def add_tenant(pool: Pool, vault: Vault, name: str, zone: str = "Europe/Stockholm") -> None:
    """A new tenant; nothing happens when there is one of that name."""
    await pool.execute(_SQL["add_tenant"], name, zone, vault.wrap(os.urandom(32), f"tenant/{name}"))


async def outlet_zones(pool: Pool, vault: Vault, tenant: Tenant) -> Callable[[UUID], ZoneInfo]:
    """The time zone of each outlet, as the newest settings in the log say."""
    async with reading(pool, tenant.tenant_id) as connection:
        rows = await connection.fetch(_SQL["read_outlets"], tenant.tenant_id)
        settings = await decode_rows(connection, tenant.tenant_id, rows, vault)
    zones = {e.event.outlet_id: ZoneInfo(e.event.zone) for e in settings if isinstance(e.event, OutletSet)}
    return lambda outlet_id: zones.get(outlet_id, tenant.zone)
