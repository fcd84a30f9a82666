"""Who the ledger keeps books for, and how their outlets' clocks run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.business_time import is_zone
from ledger.database import TENANT_LOCK, queries, reading
from ledger.errors import LedgerError
from ledger.events import OutletSet
from ledger.store import Pool, Vault, decode_rows

_SQL = queries("ledger/queries.sql")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


class Tenant(NamedTuple):
    """A business. `zone` holds where an outlet has none of its own; `secret` keys the document fingerprints."""

    tenant_id: int
    name: str
    zone: ZoneInfo
    secret: bytes


class OutletZones(NamedTuple):
    """The time zone each outlet's clock runs in `now`, and those it has run in `before`."""

    now: Callable[[UUID], ZoneInfo]
    before: Callable[[UUID], Sequence[ZoneInfo]]


class Books(NamedTuple):
    """A tenant and the zones of its outlets. These follow from the zones the tenant had `before`, and from so many
    `settings` of outlets, or more.
    """

    tenant: Tenant
    zones: OutletZones
    before: Sequence[str]
    settings: int


class Known(NamedTuple):
    """A business as whoever has no master key may know it."""

    tenant_id: int
    name: str
    zone: ZoneInfo


class TenantFacts(NamedTuple):
    """What there is to say about a tenant: `head` is the newest position of its log."""

    name: str
    zone: str
    callback_key: str
    has_callback_identifier: bool
    head: int


async def all_tenants(pool: Pool, vault: Vault) -> list[Tenant]:
    """Every tenant. LedgerError: the master key is not theirs."""
    return [_tenant(row, vault) for row in await pool.fetch(_SQL["tenants"])]


async def known_tenants(pool: Pool) -> list[Known]:
    """Every tenant, without its secret."""
    return [Known(row[0], row[1], ZoneInfo(row[2])) for row in await pool.fetch(_SQL["tenants"])]


async def books_of(pool: Pool, vault: Vault, tenant_id: int, before: Books | None = None) -> Books | None:
    """A tenant and its outlets' zones; None: there is no such tenant.

    `before` is what they were when they were looked up last: the settings are read again only if there are more.
    """
    row = await pool.fetchrow(_SQL["books"], tenant_id)
    if row is None:
        return None
    tenant, rest = _tenant(row[:4], vault), row[4:]
    if before is not None and (before.tenant, before.before, before.settings) == (tenant, *rest):
        return before
    outlets = await _settings(pool, vault, tenant_id)
    return Books(tenant, zones_of(outlets, tenant.zone, row["zones_before"]), *rest)


async def find_tenant_named(pool: Pool, vault: Vault, name: str) -> Tenant | None:
    """One tenant by its name."""
    row = await pool.fetchrow(_SQL["tenant_by_name"], name)
    return _tenant(row, vault) if row is not None else None


def _tenant(row: tuple[int, str, str, bytes], vault: Vault) -> Tenant:
    tenant_id, name, zone, secret = row
    return Tenant(tenant_id, name, ZoneInfo(zone), vault.unwrap(secret, f"tenant/{name}"))


async def add_tenant(pool: Pool, vault: Vault, name: str, zone: str = "Europe/Stockholm") -> bool:
    """A new tenant. False: there is one of that name, and nothing happened. LedgerError: no name, or no zone."""
    if not _NAME.fullmatch(name):
        raise LedgerError(f"a tenant's name is 1 to 63 of a-z, 0-9 and '-', and does not begin with '-': not {name!r}")
    if not is_zone(zone):
        raise _no_zone(zone)
    wrapped = vault.wrap(os.urandom(32), f"tenant/{name}")
    async with pool.acquire() as connection, connection.transaction():
        # Nobody is tenant 0: whoever holds its lock gives out the next number.
        await connection.execute(_SQL["lock_tenant"], TENANT_LOCK, 0)
        return await connection.fetchval(_SQL["add_tenant"], name, zone, wrapped) is not None


async def set_zone(pool: Pool, tenant_id: int, zone: str) -> None:
    """The zone of what comes from no outlet, or from one that has none, from now on. `zone` was checked."""
    await pool.execute(_SQL["set_tenant_zone"], tenant_id, zone)


async def check_zone(pool: Pool, zone: str) -> None:
    """LedgerError: the IANA database has no such zone, or PostgreSQL's does not, by which sales are told apart."""
    if not is_zone(zone) or not await pool.fetchval(_SQL["has_zone"], zone):
        raise _no_zone(zone)


def _no_zone(zone: str) -> LedgerError:
    return LedgerError(f"there is no time zone {zone!r}; it is a name like Europe/Stockholm")


async def facts_of(pool: Pool, tenant_id: int) -> TenantFacts:
    """What `tenant show` tells."""
    async with reading(pool, tenant_id) as connection:
        return TenantFacts(*await connection.fetchrow(_SQL["tenant_facts"], tenant_id))


async def outlets_of(pool: Pool, vault: Vault, tenant_id: int) -> dict[UUID, OutletSet]:
    """The newest settings of each outlet, as the log has them."""
    return {outlet.outlet_id: outlet for outlet in await _settings(pool, vault, tenant_id)}


def zones_of(settings: Iterable[OutletSet], tenant: ZoneInfo, tenant_before: Sequence[str] = ()) -> OutletZones:
    """The zones that all settings there ever were, oldest first, give the outlets of a tenant in this zone, which had
    others before.

    Before the first of them an outlet's clock ran in the tenant's.
    """
    theirs = [*tenant_before, tenant.key]
    names: dict[UUID, list[str]] = {}
    for outlet in settings:
        names.setdefault(outlet.outlet_id, [*theirs]).append(outlet.zone)
    now = {outlet_id: ZoneInfo(had[-1]) for outlet_id, had in names.items()}
    before = {outlet_id: _before(had) for outlet_id, had in names.items()}
    others = _before(theirs)
    return OutletZones(lambda outlet_id: now.get(outlet_id, tenant), lambda outlet_id: before.get(outlet_id, others))


def _before(had: Sequence[str]) -> list[ZoneInfo]:
    """The zones a clock has run in, oldest first, but for the one it runs in."""
    return [ZoneInfo(name) for name in dict.fromkeys(had) if name != had[-1]]


async def _settings(pool: Pool, vault: Vault, tenant_id: int) -> list[OutletSet]:
    """Every setting of an outlet that there ever was, oldest first."""
    async with reading(pool, tenant_id) as connection:
        rows = await connection.fetch(_SQL["read_outlets"], tenant_id)
        settings = await decode_rows(connection, tenant_id, rows, vault)
    return [recorded.event for recorded in settings if isinstance(recorded.event, OutletSet)]
