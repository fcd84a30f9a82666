"""A bench's log that grows by copies: the copies are orders like the first ones, in the log and in the read models."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import msgspec

from ledger.demo import DEMO_OUTLETS
from ledger.store import Vault
from ledger.tenants import add_tenant, all_tenants
from ledger.writer import Context, Writer
from projections import orders_reads
from projections.window import Window
from tests.bench import copies
from tests.bench.fill import calendar, fill
from tests.bench.stand import Books, Stand, ask, opened, run

FIRST, ALL = 100, 300


def vault() -> Vault:
    """One with a key of zeros."""
    return Vault(bytes(32))


async def prepared(dsn: str) -> None:
    """A tenant, and its outlets."""
    async with opened(dsn) as pool:
        await add_tenant(pool, vault(), "shop")
        writer = Writer(pool, vault())
        for outlet in DEMO_OUTLETS:
            await writer.submit((await all_tenants(pool, vault()))[0], outlet, Context(actor="cli"))
        await writer.close()


async def listed(dsn: str) -> list[dict[str, Any]]:
    """The sales that wait for their external id."""
    async with opened(dsn, 1) as pool, pool.acquire() as connection:
        page = await orders_reads.without_external_id(connection, 1, Window())
        return [msgspec.json.decode(document) for document in page.documents]


def test_copies_are_orders_of_their_own(dsn: str) -> None:
    run(prepared(dsn))
    books, when = Books("copied", dsn, []), calendar(FIRST)
    run(fill(cast(Stand, SimpleNamespace(vault=vault)), books, when, 0, FIRST, lambda done: None))
    first, amount = run(listed(dsn)), ask(dsn, "SELECT sum(gross) FROM read_sales.sales_hours")
    copies.prepare(books)
    told: list[int] = []
    copies.multiply(books, when, FIRST, FIRST, ALL, told.append)
    found = run(listed(dsn))
    assert told == [200, 300]
    assert len({order["Id"] for order in found}) == len(found) == 3 * len(first)
    assert found[-len(first) :] == first, "the first orders are the newest"
    assert ask(dsn, "SELECT count(*) = max(position) FROM ledger.events"), "no position is missing"
    assert ask(dsn, "SELECT sum(gross) FROM read_sales.sales_hours") == 3 * amount
