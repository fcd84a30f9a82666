"""The second wall between tenants: what the database shows when a query forgets whose rows it may see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest

from ledger import database
from ledger.database import open_pool
from ledger.post_order import PostOrder
from ledger.records import Customer
from ledger.store import Pool, Vault
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.writer import Context, Writer
from projections.following import run_until_caught_up
from tests.integration.conftest import MASTER_KEY, sale

LOG = database.queries("ledger/queries.sql")
# Whose rows they hold is nobody's secret: names of tenants, and how far projections have come.
OPEN = {"ledger.tenants", "ledger.checkpoints"}
RELATIONS = (
    "SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
    " WHERE (n.nspname = 'ledger' OR n.nspname LIKE 'read\\_%') AND c.relkind IN ('r', 'v')"
)
FILLED = {"ledger.events", "ledger.events_as_json", "ledger.claims", "ledger.counters", "ledger.idempotency_keys"} | {
    "ledger.personal_keys", "read_orders.orders", "read_orders.customers", "read_sales.sales_orders",
    "read_sales.sales_totals", "read_sales.sales_entries", "read_stock.stock", "read_stock.stock_movements",
}  # fmt: skip


class House(NamedTuple):
    """Two tenants, with the same orders in their logs and read models; the pool meets nobody's rows yet."""

    pool: Pool
    tenants: list[Tenant]
    relations: set[str]

    async def tenants_in(self, relation: str, connection: Any) -> set[int]:
        """Whose rows a query that forgot its tenant gives."""
        return {row["tenant_id"] for row in await connection.fetch(f"SELECT tenant_id FROM {relation}")}


@pytest.fixture
async def house(dsn: str) -> AsyncIterator[House]:
    vault = Vault(MASTER_KEY)
    async with await open_pool(dsn, max_size=3) as pool:
        for name in ("one", "two"):
            await add_tenant(pool, vault, name)
        tenants = await all_tenants(pool, vault)
        writer = Writer(pool, vault)
        for number, tenant in enumerate(tenants):
            order = sale(7, Customer=Customer(Id=UUID(int=5), Name=f"Guest of {tenant.name}"), CustomerId=UUID(int=5))
            command = PostOrder(order=order, zone=tenant.zone, swish_type=10, online=True)
            await writer.submit(tenant, command, Context(actor="a", idempotency=("path", f"key {number}", "body")))
        await writer.close()
        await run_until_caught_up(pool, vault)
        relations = {row["name"] for row in await pool.fetch(RELATIONS)}
        yield House(pool, tenants, relations)


async def test_a_query_that_forgets_its_tenant_meets_rows_of_its_connections_tenant_only(house: House) -> None:
    for tenant in house.tenants:
        async with database.reading(house.pool, tenant.tenant_id) as connection:
            shown = {name: await house.tenants_in(name, connection) for name in house.relations - OPEN}
        assert {name for name, whose in shown.items() if whose} >= FILLED
        assert set().union(*shown.values()) == {tenant.tenant_id}


async def test_a_connection_that_acts_for_nobody_meets_nothing(dsn: str, house: House) -> None:
    async with await open_pool(dsn, max_size=1) as bare:
        for name in house.relations - OPEN:
            assert await house.tenants_in(name, bare) == set(), name


async def test_every_table_with_a_tenants_rows_is_behind_the_wall(house: House) -> None:
    open_tables = await house.pool.fetch(
        "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE (n.nspname = 'ledger' OR n.nspname LIKE 'read\\_%') AND c.relkind = 'r' AND NOT c.relrowsecurity"
    )
    assert {row["name"] for row in open_tables} == OPEN


async def test_nothing_can_be_changed_or_written_for_another_tenant(house: House) -> None:
    one, two = house.tenants
    async with database.reading(house.pool, one.tenant_id) as connection:
        assert await connection.execute("UPDATE read_orders.orders SET version = 99") == "UPDATE 1"
        assert await connection.execute("DELETE FROM read_orders.customers") == "DELETE 1"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute("INSERT INTO ledger.claims VALUES ($1, 'receipt', 'a', 'b')", two.tenant_id)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="another tenant"):
            await connection.execute("SELECT ledger.append($1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')", 2)
    async with database.reading(house.pool, two.tenant_id) as connection:
        assert await connection.fetchval("SELECT max(version) FROM read_orders.orders") < 99
        assert await connection.fetchval("SELECT count(*) FROM read_orders.customers") == 1


async def test_a_transaction_acts_for_its_tenant_and_the_connection_goes_on_as_before(dsn: str, house: House) -> None:
    one, two = house.tenants
    async with await open_pool(dsn, max_size=1) as narrow:
        async with database.reading(narrow, one.tenant_id) as connection:
            assert await house.tenants_in("ledger.events", connection) == {one.tenant_id}
        async with narrow.acquire() as connection, connection.transaction():
            await connection.execute(LOG["lock_tenant"], database.TENANT_LOCK, two.tenant_id)
            assert await house.tenants_in("ledger.events", connection) == {two.tenant_id}
        async with database.reading(narrow, one.tenant_id) as connection:
            assert await house.tenants_in("ledger.events", connection) == {one.tenant_id}
