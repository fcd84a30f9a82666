"""A batch with no other in the air, that presumes all the same: the database has answered just now."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from ledger import common, outage, tenant_queue
from ledger.database import TENANT_LOCK, open_pool, reading
from ledger.draft import Answer, Context, Request
from ledger.errors import Refused, Unavailable
from ledger.tenants import add_tenant, all_tenants
from ledger.view import MovedOn
from ledger.writer import Writer
from tests.integration.shop import Shop, cart, command, order_id, sale
from tests.integration.test_moved_on import OF_EVA
from tests.integration.test_presumed import Process


async def test_what_comes_alone_presumes_upon_where_the_log_ended(shop: Shop, other: Shop) -> None:
    process = Process(shop)
    await process.write(sale("a", receipt=1))
    await other.post(sale("b"))
    decided = await process.decide_alone(sale("c", receipt=2) | OF_EVA)
    assert decided.draft.batch.presumes
    assert await decided.append() == [Answer(9, False)]
    assert (decided.draft.moved, decided.draft.end) == (3, 9)
    assert await other.post(sale("c", receipt=2) | OF_EVA) == Answer(9, True)


async def test_what_is_presumed_and_what_is_read_are_of_one_log(shop: Shop, other: Shop) -> None:
    process = Process(shop)
    await process.write(sale("a"))
    await other.post(sale("b"))
    decided = await process.decide_alone(sale("c"))
    web = Request(
        command(shop.tenant, cart("web"), online=True), Context("test"), asyncio.get_running_loop().create_future(), 0.0
    )
    with pytest.raises(MovedOn):
        await decided.draft.add(await decided.draft.connect(shop.pool), shop.vault, [web])
    await decided.let_go()


async def test_what_comes_alone_and_reads_knows_where_the_log_ends(shop: Shop, other: Shop) -> None:
    process = Process(shop)
    await process.write(sale("a", receipt=1))
    await other.post(sale("b"))
    decided = await process.decide_alone(sale("a", receipt=1))
    assert not decided.draft.batch.presumes
    assert await decided.append() == [Answer(3, True)]
    assert decided.draft.end == 6


async def test_servers_in_turn(shop: Shop, other: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each believes that the log ends where it left it."""
    monkeypatch.setattr(common, "AWAKE_FOR", 60.0)
    monkeypatch.setattr(tenant_queue, "CROWDED_FOR", 1)
    for number in range(20):
        for server in (shop, other):
            key = f"{number} {id(server)}"
            body, last = sale(key, receipt=1, TerminalId=str(order_id(key))), len(await shop.events()) + 3
            assert await server.post(body) == Answer(last, False)
            assert await server.post(body) == Answer(last, True)


async def test_tenants_in_turn_on_one_connection(shop: Shop, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read, it acts for the tenant; an append acts for its own only until it has happened."""
    monkeypatch.setattr(common, "AWAKE_FOR", 60.0)
    await add_tenant(shop.pool, shop.vault, "second")
    first, second = await all_tenants(shop.pool, shop.vault)
    async with await open_pool(dsn, max_size=1) as pool:
        writer = Writer(pool, shop.vault)
        shops = [shop._replace(pool=pool, tenant=tenant, writer=writer) for tenant in (first, second)]
        for number in range(3):
            for one in shops:
                assert await one.post(sale(f"{number}")) == Answer(9 * number + 3, False)
            for one in shops:
                assert await one.post(sale(f"hers {number}") | OF_EVA) == Answer(9 * number + 6, False)
            for one in shops:
                assert await one.post(sale(f"by key {number}"), key=f"{number}") == Answer(9 * number + 9, False)
                with pytest.raises(Refused, match="Idempotency-Key"):
                    await one.post(sale("other"), key=f"{number}")
        assert await shops[0].post(sale("0")) == Answer(3, True)
        assert await shops[1].post(sale("last")) == Answer(30, False)
        async with reading(pool, first.tenant_id) as connection:
            assert await connection.fetchval("SELECT count(*) FROM ledger.events") == 27
        await writer.close()
        assert [(queue._crowded, queue._cautious) for queue in writer._queues.values()] == [(0, 0)] * 2


async def test_what_had_to_wait_for_a_connection_reads_first(
    shop: Shop, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have frozen meanwhile: that nothing has happened is certain."""
    monkeypatch.setattr(outage, "ASK_FOR", 2.0)
    monkeypatch.setattr(outage, "ASK_AT_LEAST", 1.0)
    async with await open_pool(dsn, max_size=2, answer_within=1.0, tenant_id=shop.tenant.tenant_id) as pool:
        one = shop._replace(pool=pool, writer=Writer(pool, shop.vault))
        await one.post(sale("a"))
        first, second = await pool.acquire(), await pool.acquire()
        asked = asyncio.ensure_future(one.post(sale("b")))
        await asyncio.sleep(20 * common.AWAKE_FOR)
        os.kill(backend := first.get_server_pid(), signal.SIGSTOP)
        try:
            await pool.release(first)
            with pytest.raises(Unavailable):
                await asked
        finally:
            os.kill(backend, signal.SIGCONT)
            await pool.release(second)
        await one.writer.close()
    assert [version for _, _, version, _ in await shop.events()] == [1, 2, 3]


async def test_a_retry_by_its_key_at_another_server_waits_for_no_lock(shop: Shop, other: Shop) -> None:
    await shop.post(sale("a"))
    there = await other.post(sale("b"), key="k")
    await asyncio.sleep(20 * common.AWAKE_FOR)
    async with other.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1, $2)", TENANT_LOCK, shop.tenant.tenant_id)
        assert await shop.post(sale("b"), key="k") == there._replace(duplicate=True)
