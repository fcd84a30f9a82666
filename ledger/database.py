"""Connections, the schema, and queries by name. The one door to PostgreSQL."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg

from ledger.errors import LedgerError
from ledger.pool import ANSWER_WITHIN, create

ROOT = Path(__file__).parent.parent
ROLE, SEALER = "order_ledger", "order_ledger_sealer"
OLDEST_POSTGRES = 15
# Advisory lock classes (first integer); the second is the tenant, or 0.
TENANT_LOCK = 0x4C4544
MIGRATION_LOCK = 0x4D4947
SEAL_LOCK = 0x534541
VACUUM_WITHIN = 3600.0  # seconds

# How this process is known to others at the database.
INSTANCE = f"order-ledger {secrets.token_hex(4)}"
# How its connections for reads are, where it is a server.
SERVER = f"{INSTANCE} serve"
# A process that froze in a transaction, or vanished from the network, must not hold a tenant's lock for ever; no query
# here is one that compiling would make faster; and each is for a range of an index as it lies there: of a table without
# statistics, as a new one is for a minute, the planner thinks so little that it reads all the rest of it for one page.
_SESSION = {
    "application_name": INSTANCE,
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "15s",
    "jit": "off",
    "enable_bitmapscan": "off",
}
# For what readers ask: planned anew each time, for what it asks. A plan made while a table was small, or for any
# parameter there may be, goes through far more than a page; and workers beside it would take more time than they save.
READING = {"plan_cache_mode": "force_custom_plan", "max_parallel_workers_per_gather": "0"}

_NAMED = re.compile(r"^-- name: (\w+)[^\n]*\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


@functools.cache
def queries(path: str) -> dict[str, str]:
    """The queries of one .sql file, by the name each is headed with (`-- name: <name> -- <what it is for>`)."""
    return {name: text.strip() for name, text in _NAMED.findall((ROOT / path).read_text("utf-8"))}


class Connection(asyncpg.Connection):
    """A connection that knows whose rows it meets (schema.sql, the wall between tenants)."""

    tenant_id: int | None = None

    async def act_for(self, tenant_id: int) -> None:
        """From here on, outside of transactions that say otherwise, this connection meets this tenant's rows only."""
        if self.tenant_id != tenant_id:
            # Until it has answered it is nobody's: a statement that was not waited for may be carried out all the same.
            self.tenant_id = None
            await self.execute(_SQL["act_for"], str(tenant_id))
            self.tenant_id = tenant_id


async def open_pool(
    dsn: str,
    *,
    min_size: int = 1,
    max_size: int = 10,
    tenant_id: int | None = None,
    answer_within: float | None = ANSWER_WITHIN,
    role: str = ROLE,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> asyncpg.Pool[Any]:
    """A pool whose connections act as `role`: none can change the log, and only ROLE appends. OSError: nobody answers.

    They meet no tenant's rows until they act for one; with `tenant_id` they act for that one from the start.
    A statement takes `answer_within` seconds at most; None, for what may take its time: no limit. `settings` are
    PostgreSQL's, READING for instance.
    """
    own = {} if tenant_id is None else {"ledger.tenant": str(tenant_id)}
    return await create(
        dsn,
        answer_within,
        min_size=min_size,
        max_size=max_size,
        connection_class=Connection,
        init=functools.partial(_act_as, role=role),
        reset=_keep,
        server_settings={**_SESSION, **own, **settings},
    )


@contextlib.asynccontextmanager
async def reading(pool: asyncpg.Pool[Any], tenant_id: int) -> AsyncIterator[Any]:
    """A connection that meets this tenant's rows only."""
    async with pool.acquire() as connection:
        await connection.act_for(tenant_id)
        yield connection


async def _keep(connection: asyncpg.Connection[Any]) -> None:
    """Nothing is reset between two uses but a transaction left open, which asyncpg does: it would take a round trip."""


async def _act_as(connection: asyncpg.Connection[Any], role: str) -> None:
    if await connection.fetchval(_SQL["role_exists"], role):
        await connection.execute(_SQL["act_as"], role)


async def server_version(pool: asyncpg.Pool[Any]) -> int:
    """The server's major version."""
    async with pool.acquire() as connection:
        return int(connection.get_server_version().major)


async def others(pool: asyncpg.Pool[Any]) -> int:
    """How many other processes of this ledger are connected to its database."""
    return int(await pool.fetchval(_SQL["others"], INSTANCE))


async def has_other_servers(pool: asyncpg.Pool[Any]) -> bool:
    """Whether other servers answer from this database. One that nobody has asked anything for minutes is not seen."""
    return bool(await pool.fetchval(_SQL["other_servers"], SERVER))


def _schema() -> tuple[str, str]:
    """This version's schema, and its digest."""
    schema = (ROOT / "schema.sql").read_text("utf-8")
    return schema, hashlib.sha256(schema.encode()).hexdigest()


async def is_current(pool: asyncpg.Pool[Any]) -> bool:
    """Whether the database has this version's schema."""
    return bool(await pool.fetchval(_SQL["applied_schema"], ROLE) == _schema()[1])


async def migrate(pool: asyncpg.Pool[Any]) -> None:
    """Brings the database to this version's schema; safe to run at any time, by any number of processes."""
    if await server_version(pool) < OLDEST_POSTGRES:
        raise LedgerError(f"PostgreSQL {OLDEST_POSTGRES} or newer is needed")
    if await is_current(pool):
        return
    schema, digest = _schema()
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute(ACT_AS_OWNER)
            await connection.execute(_SQL["lock_transaction"], MIGRATION_LOCK, 0)
            await connection.execute(schema)
            await connection.execute(await connection.fetchval(_SQL["note_schema"], digest))
        # Connected before there was a role to act as.
        await _act_as(connection, ROLE)


async def vacuum(pool: asyncpg.Pool[Any], tables: Sequence[str]) -> None:
    """Takes old versions of rows out of these tables (quoted names), as far as the connecting user and others allow."""
    async with pool.acquire() as connection:
        statement = await connection.fetchval(_SQL["vacuum_statement"], tables)
        await connection.execute(_SQL["act_as_owner_from_here"])
        try:
            await connection.execute(statement, timeout=VACUUM_WITHIN)
        finally:
            await _act_as(connection, ROLE)


_SQL = queries("ledger/database.sql")
ACT_AS_OWNER = _SQL["act_as_owner"]
