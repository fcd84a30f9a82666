"""Histories over a real log: erased people, streams longer than a chunk, pages that grow large, both clocks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from ledger import store
from ledger.database import reading
from ledger.store import from_microseconds
from projections import history
from projections.history import ORDER, AsOf, Story
from tests.property.bodies import guid
from tests.property.oracle import Body
from tests.property.world import Ask, World

ORDER_ID, CUSTOMER = guid("a", 1), guid("f", 1)
STREAM = f"order-{ORDER_ID}"


@pytest.fixture
async def world(pool: asyncpg.Pool[Any]) -> AsyncIterator[World]:
    """A ledger of one tenant."""
    found = World(pool)
    await found.begin()
    yield found
    await found.writer.close()


def draft(total: int = 50, **members: Any) -> Body:
    """An open order."""
    return {"Id": ORDER_ID, "Status": 3, "OrderTotal": total, "CreationDate": "2026-11-23T10:00:00", "IsOnlineOrder":
            False, "OutletId": None, **members}  # fmt: skip


async def told(world: World, after: int = 0, limit: int = 1000) -> Story:
    """The order's history."""
    tenant_id = world.tenant.tenant_id
    async with reading(world.pool, tenant_id) as connection:
        return await history.history(connection, tenant_id, world.vault.uncached(), ORDER, STREAM, after, limit)


async def entries(world: World, **page: int) -> list[Body]:
    """Its entries, decoded."""
    return [msgspec.json.decode(entry) for entry in (await told(world, **page)).entries or []]


async def version(world: World, when: AsOf) -> int | None:
    """The version that the order was at."""
    tenant_id = world.tenant.tenant_id
    async with reading(world.pool, tenant_id) as connection:
        found = await history.as_of(connection, tenant_id, world.vault, ORDER, STREAM, when)
    return None if found.document is None else int(msgspec.json.decode(found.document)["Version"])


async def test_who_was_erased_is_not_told_of(world: World) -> None:
    await world.ask(Ask("PostOpenOrder", draft(CustomerId=CUSTOMER, Comments="Anna ringer", Nick="Anna")))
    before = await entries(world)
    assert (before[0]["Erased"], before[0]["Document"]["Comments"]) == (False, "Anna ringer")
    assert "comments added" not in before[0]["Changes"]
    await world.ask(Ask("PostOpenOrder", draft(CustomerId=CUSTOMER, Comments="Anna kommer")))
    await world.ask(Ask("EraseCustomer", CUSTOMER))
    await world.ask(Ask("PostOpenOrder", draft(51, CustomerId=CUSTOMER, Comments="Anna åt")))
    after = await told(world)
    assert b"Anna" not in b"".join(after.entries or [])
    assert [entry["Erased"] for entry in await entries(world)] == [True, True, False]
    assert (await entries(world))[1]["Changes"] == [
        "drafted again, with nothing changed",
        "what was personal in it has been erased",
    ]


async def test_chunks_and_pages_tell_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for total in range(7):
        await world.ask(Ask("PostOpenOrder", draft(total)))
    whole = (await told(world)).entries or []
    monkeypatch.setattr(history, "CHUNK", 2)
    assert (await told(world)).entries == whole
    assert (await told(world, after=3, limit=2)).entries == whole[3:5]
    monkeypatch.setattr(history, "PAGE_BYTES", 1)
    for after in range(7):
        assert (await told(world, after=after)).entries == whole[after : after + 1]
    assert (await told(world, after=7)).entries == []


async def test_by_the_tills_clock_an_order_begins_with_its_document(world: World) -> None:
    payment = {"Id": guid("3", 1), "PaidAmount": 50, "PaymentDate": "2026-11-23T09:00:00"}
    await world.ask(Ask("PostOrder", draft(Status=13, Payments=[payment])))
    nine, ten = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (8, 9))
    assert await version(world, AsOf(instant=nine, clock="occurred")) is None
    assert await version(world, AsOf(instant=ten, clock="occurred")) == 2
    assert await version(world, AsOf(instant=ten - timedelta(microseconds=1), clock="occurred")) is None


async def test_the_position_of_an_instant(world: World) -> None:
    tenant_id = world.tenant.tenant_id
    for total in range(9):
        await world.ask(Ask("PostOpenOrder", draft(total)))
    async with reading(world.pool, tenant_id) as connection:
        log = await store.read_log(connection, tenant_id, 0, 1000, world.vault)
        for instant in (one.recorded_at + shift for one in log for shift in (-1, 0, 1)):
            expected = max((one.position for one in log if one.recorded_at <= instant), default=0)
            assert await store.position_at(connection, tenant_id, from_microseconds(instant)) == expected
        assert await store.position_at(connection, tenant_id, datetime(1970, 1, 1, tzinfo=UTC)) == 0
        assert await store.position_at(connection, 999, datetime(2199, 1, 1, tzinfo=UTC)) == 0
