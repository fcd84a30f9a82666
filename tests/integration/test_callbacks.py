"""Whom a callback of Swish is for."""

from __future__ import annotations

from typing import Any

import asyncpg

from ledger.callbacks import called_by, set_callback_identifier
from ledger.store import Vault
from ledger.swish_door import keyed_hash
from ledger.tenants import add_tenant, all_tenants
from tests.integration.conftest import MASTER_KEY


async def test_a_callback_that_names_nobody_is_for_the_only_tenant(pool: asyncpg.Pool[Any]) -> None:
    vault = Vault(MASTER_KEY)
    assert await called_by(pool, "") is None
    await add_tenant(pool, vault, "one")
    (one,) = await all_tenants(pool, vault)
    assert await called_by(pool, "") == (one.tenant_id, None)
    await add_tenant(pool, vault, "two")
    assert await called_by(pool, "") is None
    assert await called_by(pool, "one") is None
    keys = await pool.fetch("SELECT tenant_id, callback_key FROM ledger.tenants")
    assert len({row["callback_key"] for row in keys}) == 2 and all(len(row["callback_key"]) == 64 for row in keys)
    assert [(await called_by(pool, row["callback_key"])) for row in keys] == [(row["tenant_id"], None) for row in keys]


async def test_what_was_agreed_is_kept_as_a_hash(pool: asyncpg.Pool[Any]) -> None:
    vault = Vault(MASTER_KEY)
    await add_tenant(pool, vault, "one")
    (one,) = await all_tenants(pool, vault)
    await set_callback_identifier(pool, one, " 0123456789ABCDEF ")
    assert await called_by(pool, "") == (one.tenant_id, keyed_hash(one.secret, b"0123456789ABCDEF"))
    await set_callback_identifier(pool, one, None)
    assert await called_by(pool, "") == (one.tenant_id, None)
