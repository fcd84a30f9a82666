"""On a large log every read is a short range of an index: no scan of a table, no sort of one, nothing read in vain."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from ledger.database import READING, open_pool, queries
from ledger.store import Connection
from projections import NAMES
from tests.conftest import in_database
from tests.integration.plans import OF_OTHERS, OF_READERS, ORDERS, READS, Asked, of_readers

SQL = queries("tests/integration/grown.sql")
# Below it a scan is as good as any index.
SMALL = 2000
NAME = "grown"


@pytest.fixture(scope="module")
async def grown(postgres: Any, template: str) -> AsyncIterator[str]:
    """The dsn of a database with two tenants and many orders."""
    owner = await asyncpg.connect(postgres.dsn)
    await owner.execute(f"CREATE DATABASE {NAME} TEMPLATE {template}")
    dsn = in_database(postgres.dsn, NAME)
    inside = await asyncpg.connect(dsn)
    await inside.execute(SQL["fill_tenants"])
    for tenant_id, orders in ((1, ORDERS), (2, ORDERS // 10)):
        for name, statement in SQL.items():
            if name.startswith("fill_") and name != "fill_tenants":
                arguments = [tenant_id, orders, list(NAMES)]
                await inside.execute(statement, *arguments[: max(int(n) for n in "123" if f"${n}" in statement)])
    await inside.execute(SQL["settle"])
    await inside.close()
    yield dsn
    await owner.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    await owner.close()


@pytest.fixture
async def connection(grown: str) -> AsyncIterator[Connection]:
    """One that a reader has."""
    async with await open_pool(grown, max_size=1, tenant_id=1, settings=READING) as pool, pool.acquire() as found:
        yield found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's steps that were carried out."""
    if plan.get("Actual Loops"):
        yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def seen(node: dict[str, Any]) -> float:
    """Rows that a scan has looked at."""
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


def faults(plan: dict[str, Any], large: set[str], asked: Asked) -> list[str]:
    """What is wrong with how a read was carried out."""
    scans = [node for node in nodes(plan) if node.get("Relation Name") in large]
    found = [f"scans all of {node['Relation Name']}" for node in scans if node["Node Type"] == "Seq Scan"]
    fetched = sum(seen(node) for node in scans if node["Node Type"] != "Index Only Scan")
    passed = sum(seen(node) for node in scans if node["Node Type"] == "Index Only Scan")
    if fetched > asked.rows:
        found.append(f"looks at {fetched:.0f} rows, not {asked.rows}")
    if fetched + passed > 2 * asked.rows + asked.passed:
        found.append(f"passes {passed:.0f} rows in an index, not {asked.passed}")
    return found


def test_every_read_is_known_here() -> None:
    missing = [f"{file}: {name}" for file, name in of_readers() if (file, name) not in READS]
    assert missing == [], (
        "a new read needs a line in tests/integration/plans.py: its arguments, and what it may look at"
    )
    assert set(READS) <= set(of_readers()), "a read that is gone is still in plans.py"
    for file, names in OF_READERS.items():
        assert set(queries(file)) == names | OF_OTHERS[file], f"plans.py does not know who asks a query of {file}"


async def test_no_read_looks_at_more_than_it_shows(connection: Connection) -> None:
    rows = await connection.fetch(SQL["large_tables"], SMALL)
    large = {row["relname"] for row in rows}
    assert {"orders", "invoices", "drawer_entries", "events", "sales_totals", "sales_orders", "stock"} <= large
    wrong = []
    for (file, name), questions in READS.items():
        for asked in questions:
            explained = await connection.fetchval(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {queries(file)[name]}", 1, *asked.arguments
            )
            (found,) = json.loads(explained)
            wrong += [
                f"{file}: {name} {fault}, asked with {asked.arguments}" for fault in faults(found["Plan"], large, asked)
            ]
    assert not wrong, "\n".join(wrong)
