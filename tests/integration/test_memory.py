"""What a server keeps in memory does not grow with what it has seen."""

from __future__ import annotations

import asyncio

import pytest

from ledger import writer
from ledger.database import TENANT_LOCK
from ledger.tenants import add_tenant, all_tenants
from tests.integration.conftest import Till, sale


async def test_only_the_tenants_that_wrote_last_are_remembered(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "TENANTS_AT_MOST", 3)
    for number in range(6):
        await add_tenant(till.pool, till.vault, f"shop-{number}")
    tenants = await all_tenants(till.pool, till.vault)
    for tenant in [*tenants, tenants[0], tenants[5]]:
        await till._replace(tenant=tenant).post(sale(1))
    assert list(till.writer._queues) == [tenants[6].tenant_id, tenants[0].tenant_id, tenants[5].tenant_id]


async def test_a_tenant_at_work_keeps_no_others_in_memory(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "TENANTS_AT_MOST", 2)
    for number in range(6):
        await add_tenant(till.pool, till.vault, f"shop-{number}")
    busy, *others = (till._replace(tenant=tenant) for tenant in await all_tenants(till.pool, till.vault))
    await busy.post(sale(1))
    async with till.pool.acquire() as lock, lock.transaction():
        await lock.execute("SELECT pg_advisory_xact_lock($1, $2)", TENANT_LOCK, busy.tenant.tenant_id)
        waiting = asyncio.ensure_future(busy.post(sale(2)))
        await asyncio.sleep(0)
        for other in others:
            await other.post(sale(1))
        assert list(till.writer._queues) == [busy.tenant.tenant_id, others[-1].tenant.tenant_id]
    await waiting


async def test_who_was_forgotten_is_known_by_the_log(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "TENANTS_AT_MOST", 0)
    first = await till.post(sale(1))
    assert await till.post(sale(1)) == first
    assert list(till.writer._queues) == []


async def test_states_are_kept_of_fewer_tenants(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WITH_STATES_AT_MOST", 1)
    await add_tenant(till.pool, till.vault, "other")
    *_, other = await all_tenants(till.pool, till.vault)
    for one in (till, till._replace(tenant=other)):
        await one.post(sale(1, Comments="no milk"))
        await one.post(sale(1, Comments="oat milk"))
    kept = {tenant_id: len(queue._recent._states) for tenant_id, queue in till.writer._queues.items()}
    assert kept == {till.tenant.tenant_id: 0, other.tenant_id: 1}
