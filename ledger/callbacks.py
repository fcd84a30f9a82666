"""Whom a callback of Swish is for, and what was agreed for all callbacks of a tenant (contract, section 5)."""

from __future__ import annotations

from typing import NamedTuple

from ledger.database import queries
from ledger.store import Pool
from ledger.swish_door import keyed_hash
from ledger.tenants import Tenant

_SQL = queries("ledger/callbacks.sql")


class Called(NamedTuple):
    """A tenant that is called back; `identifier` is the keyed hash of what comes with every callback, if agreed."""

    tenant_id: int
    identifier: str | None


async def called_by(pool: Pool, key: str) -> Called | None:
    """Whom a callback is for: the tenant of that key (`?tenant=`), or, with `""`, the one tenant there is."""
    row = await pool.fetchrow(_SQL["called"], key.replace("\0", ""))
    return Called(*row) if row is not None else None


async def set_callback_identifier(pool: Pool, tenant: Tenant, identifier: str | None) -> None:
    """Agrees on what Swish sends as `callbackIdentifier` with all callbacks of a tenant; None: nothing any more."""
    hashed = keyed_hash(tenant.secret, identifier.strip().encode()) if identifier else None
    await pool.execute(_SQL["set_callback_identifier"], tenant.tenant_id, hashed)
