"""A server on the internet with two tenants, as those see it that call without a credential."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import httpx

from ledger.callbacks import set_callback_identifier
from ledger.commands import TakeSwish
from ledger.credentials import make_key
from ledger.database import open_pool
from ledger.records import SwishPayment
from ledger.store import Pool, Vault
from ledger.swish_door import OPEN, keyed_hash
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.writer import Context, Writer
from projections.following import run_until_caught_up
from tests.acceptance.bodies import swish_id
from tests.acceptance.server import serving
from tests.acceptance.swish import PATH

MASTER_KEY = bytes(32)
OWN, TENANTS = "0123456789ABCDEF0123456789ABCDEF", "TENANT-WIDE-0123456789ABCDEF0123"
# The server stands behind a proxy on this machine, and one network is on the list of those that Swish calls from.
SETTINGS = {"TRUSTED_PROXIES": "127.0.0.1", "SWISH_ADDRESSES": "203.0.113.0/24,2001:db8::/32", "LOG_LEVEL": "DEBUG"}
LISTED, ELSEWHERE = "203.0.113.7", "198.51.100.7"
TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
    " WHERE schemaname = 'ledger' OR schemaname LIKE 'read\\_%'"
)


class House(NamedTuple):
    """Its tenants: `plain` has agreed on nothing with Swish, `agreed` on one identifier for everything."""

    url: str
    log: Path
    database: Any
    pool: Pool
    writer: Writer
    keys: dict[str, str]
    tenants: dict[str, Tenant]

    def call(self, body: object, tenant: str | None = "plain", **headers: str) -> httpx.Response:
        """A post for the tenant of that name, else of that key; for nobody in particular with None."""
        query = {} if tenant is None else {"tenant": self.keys.get(tenant, tenant)}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
        return httpx.post(f"{self.url}/api/{PATH}", params=query, headers=sent, **content)

    async def key(self, tenant: str, role: str = "admin") -> dict[str, str]:
        """The header of a credential of that role."""
        _, key = await make_key(self.pool, self.tenants[tenant].tenant_id, role)
        return {"Authorization": f"Bearer {key}"}

    async def record(self, tenant: str, identifier: str) -> str:
        """The vendor's client has asked for a payment, and tells what its callbacks will bring. Returns its id."""
        found = self.tenants[tenant]
        said = SwishPayment(Id=UUID(int=7), SwishId=swish_id())
        stream, hashed = f"swish-{said.SwishId}", keyed_hash(found.secret, identifier.encode())
        command = TakeSwish(stream=stream, said=said, swish_type=10, door=OPEN, identifier=hashed, fingerprint=stream)
        await self.writer.submit(found, command, Context(actor="test"))
        return str(said.SwishId)

    async def events(self, tenant: str, payment: str) -> list[str]:
        """What is in the log of a payment: the types of its events, in order."""
        rows = await self.database.fetch(
            "SELECT type FROM ledger.events WHERE tenant_id = $1 AND stream = $2 ORDER BY position",
            self.tenants[tenant].tenant_id,
            f"swish-{payment}",
        )
        return [row["type"] for row in rows]

    async def dump(self) -> dict[str, list[str]]:
        """Every row of every table, once the read models have caught up and all is sealed."""
        for _ in range(1200):
            if not await self.database.fetchval("SELECT bool_or(size IS DISTINCT FROM head) FROM ledger.seals()"):
                break
            await asyncio.sleep(0.05)
        await run_until_caught_up(self.pool, Vault(MASTER_KEY))
        tables = [row["name"] for row in await self.database.fetch(TABLES)]
        return {
            table: sorted(row[0] for row in await self.database.fetch(f"SELECT t::text FROM {table} t"))
            for table in tables
        }


@asynccontextmanager
async def house(dsn: str, directory: Path, **changes: str) -> AsyncIterator[House]:
    """The house, on a database that is migrated and empty."""
    vault, log = Vault(MASTER_KEY), directory / "server.log"
    async with await open_pool(dsn, max_size=2) as pool:
        for name in ("plain", "agreed"):
            await add_tenant(pool, vault, name)
        tenants = {tenant.name: tenant for tenant in await all_tenants(pool, vault)}
        await set_callback_identifier(pool, tenants["agreed"], TENANTS)
        database = await asyncpg.connect(dsn)
        keys = {row["name"]: row["callback_key"] for row in await database.fetch("SELECT * FROM ledger.tenants")}
        settings = SETTINGS | {"DATABASE_URL": dsn, "MASTER_KEY": base64.b64encode(MASTER_KEY).decode()} | changes
        with serving(directory, log, **settings) as url:
            yield House(url, log, database, pool, Writer(pool, vault), keys, tenants)
        await database.close()
