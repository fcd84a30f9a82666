"""Read models made anew beside those in use: equal, or told apart to the member."""

from __future__ import annotations

import asyncio

import pytest

from ledger.errors import LedgerError
from ledger.records import Customer
from ledger.store import Vault
from projections import NAMES, following, orders, replay, runner
from projections.following import run_until_caught_up
from projections.replay import Table, differences
from tests.integration.conftest import MASTER_KEY, SQL, Till, sale


async def compared(till: Till) -> list[Table]:
    """What a replay says."""
    return await replay.replay(till.pool, Vault(MASTER_KEY), till.tenant.tenant_id, lambda done, total: None)


def wrong(tables: list[Table]) -> dict[str, list[str]]:
    """The tables that differ, with what is said of them."""
    return {table.name: table.differences for table in tables if table.differ}


async def test_what_follows_from_the_log_is_equal(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 7)
    await till.post(*(sale(n, Customer=Customer(Name=f"Guest {n}")) for n in range(1, 30)))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    before = await till.queue()
    tables = await compared(till)
    assert wrong(tables) == {}
    assert {table.name.partition(".")[0] for table in tables} == set(NAMES)
    assert {table.name: table.rows for table in tables}["orders.orders"] == 29
    assert await till.queue() == before
    generations = [row["nspname"] for row in await till.pool.fetch(SQL["generations"])]
    assert sorted(generations) == sorted(f"read_{name}" for name in NAMES), "the scratch schemas are gone"
    assert set(await till.checkpoints()) == set(NAMES)


async def test_a_row_that_was_changed_is_named_with_what_it_should_be(till: Till) -> None:
    await till.post(*map(sale, range(1, 6)))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    await till.pool.execute("UPDATE read_sales.sales_totals SET gross = gross + 1")
    await till.pool.execute("DELETE FROM read_orders.orders WHERE order_id = '00000000-0000-0000-0000-000000000002'")
    await till.pool.execute(
        "UPDATE read_orders.orders SET document = convert_to(replace(convert_from(document, 'UTF8'),"
        " '\"Status\":13', '\"Status\":14'), 'UTF8') WHERE order_id = '00000000-0000-0000-0000-000000000003'"
    )
    found = wrong(await compared(till))
    assert set(found) == {"sales.sales_totals", "orders.orders"}
    assert found["orders.orders"] == [
        "00000000-0000-0000-0000-000000000002: is missing in use",
        "00000000-0000-0000-0000-000000000003: document.Status is 14, should be 13",
    ]
    assert "gross is 1.0, should be 0.0" in found["sales.sales_totals"][0]


async def test_a_row_that_was_put_in_is_named(till: Till) -> None:
    await till.post(sale(1))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    await till.pool.execute("INSERT INTO read_stock.stock VALUES (1, gen_random_uuid(), gen_random_uuid(), 5, 'Gold')")
    (line,) = wrong(await compared(till))["stock.stock"]
    assert line.endswith("does not follow from the events")


async def test_changed_code_shows_what_a_deployment_would_change(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    await till.post(sale(1))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    monkeypatch.setattr(orders, "waits_for_bookkeeping", lambda order: True)
    monkeypatch.setattr(orders, "customer_of", lambda order: order.Id)
    (line,) = wrong(await compared(till))["orders.orders"]
    assert "invoice_queue is false, should be true" in line


async def test_projectors_go_on_while_it_compares(till: Till) -> None:
    await till.post(*map(sale, range(1, 20)))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    stop = asyncio.Event()
    projecting = asyncio.create_task(following.run_forever(till.pool, Vault(MASTER_KEY), stop))

    async def sell() -> None:
        for number in range(20, 60):
            await till.post(sale(number))

    selling = asyncio.create_task(sell())
    while not selling.done():
        assert wrong(await compared(till)) == {}
    await selling
    stop.set()
    await projecting


async def test_a_stopped_projection_is_told(till: Till) -> None:
    await till.post(sale(1))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    await till.pool.execute("UPDATE ledger.checkpoints SET error = 'event 9: it' WHERE projection = 'stock'")
    with pytest.raises(LedgerError, match="stock has stopped"):
        await compared(till)


def test_members_that_differ_are_named_by_their_path() -> None:
    live, made = '{"a":[{"b":1},2],"c":"x"}', '{"a":[{"b":1.5},2],"d":null,"e":[1]}'
    assert differences("document", live, made) == [
        "document.a[0].b is 1, should be 1.5",
        'document.c is "x", should be null',
        "document.e is null, should be [1]",
    ]
    assert differences("day", "2026-11-23", None) == ["day is 2026-11-23, should be None"]
