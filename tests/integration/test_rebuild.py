"""A read model made anew beside the one in use: no reader sees less, nothing counts twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence

import asyncpg
import pytest

from ledger.errors import LedgerError
from ledger.events import Event, Recorded
from ledger.store import Connection, Pool, Vault
from projections import NAMES, filling, orders, rebuild, runner
from projections import schemas as read_schemas
from projections.following import run_forever, run_until_caught_up
from tests.integration.conftest import SQL, Till, sale

NOTHING_WRONG = None


async def generations(till: Till) -> list[str]:
    """The schemas of read models there are."""
    return [row["nspname"] for row in await till.pool.fetch(SQL["generations"])]


async def test_a_rebuilt_read_model_is_the_same(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 7)
    monkeypatch.setattr(filling, "EVENTS_AT_ONCE", 5)
    head = await till.post(*map(sale, range(1, 21)))
    await run_until_caught_up(till.pool, till.vault)
    before, schemas, told = await till.queue(), await generations(till), list[tuple[str, int, int]]()
    await rebuild.rebuild(till.pool, till.vault, NAMES, lambda *report: told.append(report))
    assert (await till.queue(), await till.sold(), await generations(till)) == (before, 20, schemas)
    assert await till.checkpoints() == dict.fromkeys(NAMES, (head, NOTHING_WRONG))
    assert [name for name, done, total in told if done == total == head and name == "orders"]
    assert {name for name, _, _ in told} == set(NAMES)


async def test_a_rebuilt_read_model_goes_on(till: Till) -> None:
    await till.post(sale(1))
    await rebuild.rebuild(till.pool, till.vault, ["stock", "orders"])
    await till.post(sale(2), sale(1, TableId=4))
    await run_until_caught_up(till.pool, till.vault)
    assert (await till.sold(), sorted(await till.queue())) == (2, [1, 2])


async def test_a_tenant_without_events_at_the_switch_is_found_afterwards(till: Till) -> None:
    live = runner.Runner(till.pool, till.vault, [orders.PROJECTION])
    assert await live.step(till.tenant.tenant_id) == 0
    await rebuild.rebuild(till.pool, till.vault, ["orders"])
    await till.post(sale(1))
    assert await live.step(till.tenant.tenant_id) > 0
    assert sorted(await till.queue()) == [1]


async def test_readers_see_everything_while_runners_and_tills_go_on(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 11)
    monkeypatch.setattr(filling, "EVENTS_AT_ONCE", 13)
    await till.post(*map(sale, range(1, 101)))
    await run_until_caught_up(till.pool, till.vault)
    stop, seen = asyncio.Event(), [100]
    runners = [asyncio.create_task(run_forever(till.pool, till.vault, stop)) for _ in range(2)]

    async def sell() -> None:
        for number in range(101, 301):
            await till.post(sale(number))

    async def look() -> None:
        while not stop.is_set():
            seen.append(min(await till.sold(), len(await till.queue())))

    at_work = [asyncio.create_task(sell()), asyncio.create_task(look())]
    for _ in range(3):
        await rebuild.rebuild(till.pool, till.vault, ["orders", "stock"])
    await at_work[0]
    await run_until_caught_up(till.pool, till.vault)
    stop.set()
    await asyncio.gather(*at_work, *runners)
    assert seen == sorted(seen), "a reader went back in time"
    assert (await till.sold(), len(await till.queue())) == (300, 300)


async def test_a_switch_waits_for_readers_of_the_old_tables(till: Till) -> None:
    await till.post(*map(sale, range(1, 6)))
    await run_until_caught_up(till.pool, till.vault)
    report = asyncio.create_task(till.pool.fetch(SQL["read_slowly"], 0.5))
    await asyncio.sleep(0.1)
    await rebuild.rebuild(till.pool, till.vault, ["orders"])
    assert report.done() and (await report)[0]["count"] == 5
    assert len(await till.queue()) == 5


async def test_two_rebuilds_at_a_time_are_one_too_many(till: Till) -> None:
    await till.post(*map(sale, range(1, 6)))
    first, second = (asyncio.create_task(rebuild.rebuild(till.pool, till.vault, ["orders"])) for _ in range(2))
    found = await asyncio.gather(first, second, return_exceptions=True)
    assert [str(error) for error in found if error is not None] == [
        "a rebuild is running already; let it finish or stop it first"
    ]
    await rebuild.rebuild(till.pool, till.vault, ["orders"])


async def test_an_unknown_projection_is_named(till: Till) -> None:
    with pytest.raises(LedgerError, match="no such projection: weather"):
        await rebuild.rebuild(till.pool, till.vault, ["orders", "weather"])


class Broken:
    """An orders' projection that can take nothing."""

    name = orders.PROJECTION.name
    handles: frozenset[type[Event]] = orders.PROJECTION.handles

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        raise KeyError("no such thing")


async def test_a_rebuild_that_fails_leaves_what_is_in_use(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    head = await till.post(*map(sale, range(1, 6)))
    await run_until_caught_up(till.pool, till.vault)
    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "ALL", [Broken()])
        with pytest.raises(LedgerError, match=r"tenant 1: event 1 \(order\.finalised\): KeyError at "):
            await rebuild.rebuild(till.pool, till.vault, ["orders"])
    assert (await till.checkpoints("orders"), len(await till.queue())) == ({"orders": (head, NOTHING_WRONG)}, 5)
    await rebuild.rebuild(till.pool, till.vault, ["orders"])
    assert "read_orders_next" not in await generations(till)


REBUILD = """
import asyncio, sys
from ledger.database import open_pool
from ledger.store import Vault
from projections import filling, rebuild, schemas

def told(what):
    print(what, flush=True)

def slowly(name):
    inner = getattr(schemas, name)
    async def outer(*arguments):
        await inner(*arguments)
        told(name)
        await asyncio.sleep(0.05)
    setattr(schemas, name, outer)

async def main(dsn):
    filling.EVENTS_AT_ONCE, filling.PAGES_A_COMMIT = 5, 1
    for name in ("create", "drop", "rename"):
        slowly(name)
    pool = await open_pool(dsn)
    await rebuild.rebuild(pool, Vault(bytes(32)), ["orders", "stock"], lambda name, done, total: told("fill"))

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("stage", "times"),
    [("create", 1), ("create", 2), ("fill", 1), ("fill", 4), ("fill", 30), ("drop", 3), ("rename", 1), ("rename", 2)],
)
async def test_a_rebuild_killed_at_any_stage_leaves_whole_read_models_and_the_next_starts_afresh(
    till: Till, dsn: str, stage: str, times: int
) -> None:
    head = await till.post(*map(sale, range(1, 41)))
    await run_until_caught_up(till.pool, till.vault)
    await kill_a_rebuild(dsn, stage, times)
    wanted = {"orders": (head, NOTHING_WRONG), "stock": (head, NOTHING_WRONG)}
    assert await till.checkpoints("orders", "stock") == wanted
    assert (await till.sold(), len(await till.queue())) == (40, 40)
    head = await till.post(sale(1, TableId=4), sale(41))
    await run_until_caught_up(till.pool, till.vault)
    for _ in range(50):  # the server notices a moment later that the connection is gone
        try:
            await rebuild.rebuild(till.pool, till.vault, ["orders", "stock"])
            break
        except LedgerError:
            time.sleep(0.1)
    wanted = {"orders": (head, NOTHING_WRONG), "stock": (head, NOTHING_WRONG)}
    assert await till.checkpoints("orders", "stock") == wanted
    assert (await till.sold(), len(await till.queue())) == (41, 41)
    assert [name for name in await generations(till) if name.endswith("_next")] == []


async def kill_a_rebuild(dsn: str, stage: str, times: int) -> None:
    """Starts one, and kills it when it has told of a stage so many times."""
    process = subprocess.Popen([sys.executable, "-c", REBUILD, dsn], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = 0
    for line in process.stdout:
        seen += line.strip() == stage
        if seen == times:
            break
    assert seen == times, "it ended before"
    process.kill()
    process.communicate()


STORY = [
    *(sale(number, Status=1, Payments=None) for number in range(1, 13)),
    *(sale(number) for number in range(1, 9)),
    *(sale(number, TableId=number) for number in range(3, 11)),
    *(sale(number, Status=14) for number in range(1, 4)),
    *(sale(number, Status=15) for number in range(20, 23)),
]


@pytest.mark.parametrize("at_once", [1, 4, 1000])
async def test_a_rebuild_gives_the_same_rows_to_the_byte_however_an_orders_events_are_spread(
    till: Till, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 3)
    monkeypatch.setattr(filling, "EVENTS_AT_ONCE", at_once)
    for order in STORY:
        await till.post(order)
    await run_until_caught_up(till.pool, till.vault)
    before = await everything(till)
    await rebuild.rebuild(till.pool, till.vault)
    assert await everything(till) == before
    assert len(before["read_orders.orders"]) == 15


async def everything(till: Till) -> dict[str, list[str]]:
    """Every row of every read model."""
    tables = await till.pool.fetch(SQL["tables_of_read_models"])
    async with till.pool.acquire() as connection:
        await connection.act_for(till.tenant.tenant_id)
        return {row["name"]: sorted(map(str, await connection.fetch(f"SELECT * FROM {row['name']}"))) for row in tables}


async def test_a_read_model_made_by_another_version_is_named_at_the_start(
    dsn: str, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    await read_schemas.create_tables(pool)
    assert caplog.messages == []
    owner = await asyncpg.connect(dsn)
    await owner.execute("COMMENT ON SCHEMA read_stock IS 'another'")
    await owner.close()
    await read_schemas.create_tables(pool)
    assert caplog.messages == ["read model stock was made by another version: order-ledger rebuild stock"]
    await rebuild.rebuild(pool, Vault(bytes(32)), ["stock"])
    caplog.clear()
    await read_schemas.create_tables(pool)
    assert caplog.messages == []
