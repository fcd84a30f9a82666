"""The read models kept up with the log: who wakes the projectors, what they wait for, and who waits for nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ledger.database import open_pool
from ledger.errors import Unavailable
from ledger.store import Pool
from ledger.tenants import add_tenant, all_tenants
from projections import NAMES, following, runner, stock
from projections.following import run_forever, run_until_caught_up
from projections.progress import Progress
from projections.runner import Runner
from tests.integration.conftest import SQL, Till, sale

NOTHING_WRONG = None


@contextlib.asynccontextmanager
async def projecting(pool: Pool, till: Till, wake: following.Wake | None = None) -> AsyncIterator[Progress]:
    """A projector at work; nothing but the end of the block ends it."""
    progress, stop = Progress(), asyncio.Event()
    running = asyncio.create_task(run_forever(pool, till.vault, stop, wake, progress))
    try:
        yield progress
        assert not running.done()
    finally:
        stop.set()
        await running


async def sold(till: Till, progress: Progress, pieces: int) -> None:
    """Returns once the read model shows so many."""
    async with asyncio.timeout(20):
        while await till.sold() < pieces:
            await progress.wait(0.05)


async def cut_off(dsn: str) -> None:
    """Every connection of the database breaks."""
    admin = await asyncpg.connect(dsn)
    await admin.execute(SQL["hang_up"])
    await admin.close()


async def test_a_reader_is_woken_by_the_move_it_waits_for(till: Till) -> None:
    wake = following.Wake()
    async with projecting(till.pool, till, wake) as progress:
        seen = progress.count
        await till.post(sale(1))
        wake.tell(till.tenant.tenant_id)
        await asyncio.wait_for(progress.wait(60, seen), 10)
        await progress.wait(60, seen)  # it has moved since: no waiting
        assert progress.count > seen


async def test_a_writer_elsewhere_wakes_by_notification(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", 60)
    async with projecting(till.pool, till) as progress:
        await asyncio.sleep(0.2)
        await till.post(sale(1))
        await asyncio.wait_for(progress.wait(60), 10)


async def test_what_one_step_leaves_is_gone_on_with_though_nobody_says_so(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", 60)
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 5)
    await till.post(*map(sale, range(1, 31)))
    async with projecting(till.pool, till) as progress:
        await sold(till, progress, 30)


async def test_a_look_at_some_tenants_sees_no_other(till: Till) -> None:
    await add_tenant(till.pool, till.vault, "kiosk")
    kiosk = till._replace(tenant=(await all_tenants(till.pool, till.vault))[-1])
    mine, theirs = await till.post(sale(1)), await kiosk.post(sale(1), sale(2))
    ours = Runner(till.pool, till.vault, [stock.PROJECTION])
    both = [(till.tenant.tenant_id, mine, 0), (kiosk.tenant.tenant_id, theirs, 0)]
    async with till.pool.acquire() as connection:
        assert await ours.behind(connection) == both
        assert await ours.behind(connection, {kiosk.tenant.tenant_id, 4711}) == both[1:]
        assert await ours.behind(connection, ()) == []
        await ours.step(kiosk.tenant.tenant_id)
        assert await ours.behind(connection) == both[:1]


async def test_a_database_that_goes_away_is_waited_for(till: Till, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BACK_OFF_SECONDS", (0.01,))
    async with projecting(till.pool, till) as progress:
        await post_until_told(till, 1)
        for number in (2, 3):
            await cut_off(dsn)
            await asyncio.sleep(0.05)
            await post_until_told(till, number)
        await sold(till, progress, 3)


async def post_until_told(till: Till, number: int) -> None:
    """Its connection may have been cut off too; then nothing was written."""
    while True:
        with contextlib.suppress(Unavailable):
            await till.post(sale(number))
            return


async def test_what_was_told_while_nobody_listened_is_looked_for_at_once(
    till: Till, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", 60)
    monkeypatch.setattr(following, "BACK_OFF_SECONDS", (1.0,))
    async with projecting(till.pool, till) as progress:
        for number in (1, 2):
            await post_until_told(till, number)
            await sold(till, progress, number)
            await cut_off(dsn)


async def test_a_tenant_that_fails_again_and_again_keeps_no_other_waiting(till: Till, dsn: str) -> None:
    await add_tenant(till.pool, till.vault, "kiosk")
    _, kiosk = await all_tenants(till.pool, till.vault)
    await till.post(sale(1))
    await run_until_caught_up(till.pool, till.vault)
    async with await open_pool(dsn, answer_within=1) as pool, till.pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM read_orders.orders FOR UPDATE")
        await till.post(sale(1, Comments="changed"))
        head = await till._replace(tenant=kiosk).post(sale(2))
        with pytest.raises(asyncpg.LockNotAvailableError):
            await run_until_caught_up(pool, till.vault)
        assert await till._replace(tenant=kiosk).checkpoints() == dict.fromkeys(NAMES, (head, NOTHING_WRONG))
    await run_until_caught_up(till.pool, till.vault)
    assert (await till.queue())[1] != b""


async def test_it_pauses_alone(till: Till, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "BACK_OFF_SECONDS", (600.0,))
    await add_tenant(till.pool, till.vault, "kiosk")
    _, kiosk = await all_tenants(till.pool, till.vault)
    other = till._replace(tenant=kiosk)
    await till.post(sale(1))
    await run_until_caught_up(till.pool, till.vault)
    async with await open_pool(dsn, answer_within=1) as pool, till.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM read_orders.orders FOR UPDATE")
        await till.post(sale(1, Comments="changed"))
        async with projecting(pool, till) as progress:
            for number in range(2, 6):
                head = await other.post(sale(number))
                async with asyncio.timeout(60):
                    while await other.checkpoints() != dict.fromkeys(NAMES, (head, NOTHING_WRONG)):
                        await progress.wait(0.05)
    assert (await till.checkpoints("orders"))["orders"][0] < await till.post(sale(9)), "it was never its turn again"


async def test_a_key_that_cannot_be_opened_stops_its_tenant_at_that_event(till: Till) -> None:
    """As half of a rotation leaves it, or a restore without the master key of then."""
    await add_tenant(till.pool, till.vault, "kiosk")
    _, kiosk = await all_tenants(till.pool, till.vault)
    other = till._replace(tenant=kiosk)
    before = await till.post(sale(1))
    await till.post(sale(2, Comments="no onions"))
    mine, kept = f"tenant_id = {till.tenant.tenant_id}", "SELECT wrapped FROM ledger.personal_keys WHERE "
    async with till.pool.acquire() as owner:
        await owner.execute("SET role none")
        wrapped = await owner.fetchval(kept + mine)
        await owner.execute(f"UPDATE ledger.personal_keys SET wrapped = $1 WHERE {mine}", bytes(len(wrapped)))
        head = await other.post(sale(3))
        await run_until_caught_up(till.pool, till.vault.uncached())
        assert await other.checkpoints() == dict.fromkeys(NAMES, (head, NOTHING_WRONG))
        for position, error in (await till.checkpoints()).values():
            assert position == before and error is not None and "cannot be opened" in error and "MASTER_KEY" in error
        await owner.execute(f"UPDATE ledger.personal_keys SET wrapped = $1 WHERE {mine}", wrapped)
    await run_until_caught_up(till.pool, till.vault.uncached())
    assert {error for _, error in (await till.checkpoints()).values()} == {NOTHING_WRONG}
    assert len(await till.queue()) == 2


async def test_what_has_stopped_is_tried_again_also_when_the_database_is_away_at_first(
    till: Till, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BACK_OFF_SECONDS", (0.01,))
    head, progress, stop = await till.post(sale(1)), Progress(), asyncio.Event()
    await run_until_caught_up(till.pool, till.vault)
    async with await open_pool(dsn, answer_within=1) as pool, till.pool.acquire() as owner:
        await owner.execute("SET role none")
        async with owner.transaction():
            await owner.execute("UPDATE ledger.checkpoints SET error = 'broken' WHERE projection = 'stock'")
        async with owner.transaction():
            await owner.execute("LOCK TABLE ledger.checkpoints IN ACCESS EXCLUSIVE MODE")
            running = asyncio.create_task(run_forever(pool, till.vault, stop, progress=progress))
            await asyncio.sleep(2.5)
        async with asyncio.timeout(60):
            while (await till.checkpoints("stock"))["stock"] != (head, NOTHING_WRONG):
                await progress.wait(0.05)
        stop.set()
        await running
