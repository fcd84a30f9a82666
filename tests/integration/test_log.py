"""The log itself, below every command: what PostgreSQL lets nobody do, and what it does on every append."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger import database
from ledger.store import Connection, Vault
from ledger.tenants import add_tenant
from tests.integration.shop import APPEND, MASTER_KEY, uuids

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHANGES = [
    "UPDATE ledger.events SET data = 'x'",
    "DELETE FROM ledger.events",
    "TRUNCATE ledger.events",
    "UPDATE ledger.events SET recorded_at = now() WHERE position = 1",
    "DELETE FROM ledger.tenants",
    "TRUNCATE ledger.tenants CASCADE",
]


class Log(NamedTuple):
    """The log of tenant 1, over a connection that acts as the application."""

    connection: Connection

    async def append(
        self,
        stream: str,
        *versions: int,
        event_ids: list[UUID] | None = None,
        data: bytes = b"{}",
        metadata: bytes = b"{}",
    ) -> int:
        """Events of one stream; the position of the first."""
        count = len(versions)
        columns: list[list[Any]] = [
            event_ids or uuids(count), [stream] * count, list(versions), ["order.drafted"] * count,
            [1] * count, [NOON] * count, [metadata] * count, [data] * count,
        ]  # fmt: skip
        first, _ = await self.connection.fetchrow(APPEND, 1, *columns)
        assert isinstance(first, int)
        return first

    async def length(self) -> int:
        """How many events there are."""
        found = await self.connection.fetchval("SELECT count(*) FROM ledger.events")
        assert isinstance(found, int)
        return found


@pytest.fixture
async def log(dsn: str) -> AsyncIterator[Log]:
    async with await database.open_pool(dsn, max_size=1, tenant_id=1) as pool:
        await add_tenant(pool, Vault(MASTER_KEY), "shop")
        async with pool.acquire() as connection:
            yield Log(connection)


@pytest.fixture
async def owner(dsn: str, log: Log) -> AsyncIterator[Connection]:
    """A connection of the one who owns the tables, a superuser at that."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def test_positions_follow_the_tail(log: Log) -> None:
    assert await log.append("order-a", 1, 2, 3) == 1
    assert await log.append("order-b", 1) == 4
    assert await log.append("order-a", 4, 5) == 5
    rows = await log.connection.fetch("SELECT position, stream, version FROM ledger.events ORDER BY position")
    assert [tuple(row) for row in rows] == [
        (1, "order-a", 1), (2, "order-a", 2), (3, "order-a", 3), (4, "order-b", 1), (5, "order-a", 4), (6, "order-a", 5)
    ]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
async def test_the_application_has_no_right_to_change_the_log(log: Log, change: str) -> None:
    await log.append("order-a", 1)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"permission denied for table (events|tenants)"):
        await log.connection.execute(change)
    assert await log.length() == 1


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO ledger.events SELECT 1, 1, $1, 'order-a', 1, 'x', 1, now(), now(), '', ''",
        "DROP TABLE ledger.events, ledger.events_as_json -- $1::uuid",
        "ALTER TABLE ledger.events DISABLE TRIGGER ALL -- $1::uuid",
        "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE sql AS '' -- $1::uuid",
    ],
)
async def test_the_application_has_no_way_around_the_append(log: Log, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await log.connection.execute(change, *([uuid4()] if "INSERT" in change else []))


@pytest.mark.parametrize("change", CHANGES)
async def test_the_owner_is_told_why_not(log: Log, owner: Connection, change: str) -> None:
    await log.append("order-a", 1)
    with pytest.raises(asyncpg.RestrictViolationError, match=r"the log is immutable.* append a correcting event"):
        await owner.execute(change)
    assert await log.length() == 1


async def test_only_a_tenant_that_exists_has_a_log(log: Log, owner: Connection) -> None:
    await log.connection.execute("SELECT set_config('ledger.tenant', '77', false)")
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="there is no tenant 77"):
        await log.connection.fetchrow(APPEND, 77, uuids(1), ["order-a"], [1], ["x"], [1], [NOON], [b"{}"], [b"{}"])
    assert await owner.fetchval("SELECT count(*) FROM ledger.events WHERE tenant_id = 77") == 0


async def test_a_known_event_id_is_refused(log: Log) -> None:
    known = uuids(2)
    await log.append("order-a", 1, 2, event_ids=known)
    with pytest.raises(asyncpg.UniqueViolationError) as failure:
        await log.append("order-b", 1, 2, event_ids=[uuid4(), known[1]])
    assert failure.value.constraint_name == "events_event_id"
    assert await log.length() == 2


async def test_a_version_that_is_taken_is_refused(log: Log) -> None:
    await log.append("order-a", 1, 2)
    with pytest.raises(asyncpg.UniqueViolationError) as failure:
        await log.append("order-a", 2, 3)
    assert failure.value.constraint_name == "events_stream_version"
    assert await log.length() == 2


@pytest.mark.parametrize("versions", [(3,), (2, 4), (1, 3), (2, 2), (3, 2)])
async def test_a_version_that_leaves_a_hole_is_refused(log: Log, versions: tuple[int, ...]) -> None:
    await log.append("order-a", 1)
    with pytest.raises((asyncpg.SerializationError, asyncpg.UniqueViolationError)):
        await log.append("order-a", *versions)
    with pytest.raises(asyncpg.SerializationError):
        await log.append("order-b", 2)
    assert await log.length() == 1


async def test_another_tenants_events_neither_number_nor_hinder(log: Log) -> None:
    await log.append("order-a", 1, 2)
    await log.connection.execute("INSERT INTO ledger.tenants VALUES (2, 'other', 'Europe/Stockholm', '')")
    ids = await log.connection.fetchval("SELECT array_agg(event_id) FROM ledger.events")
    await log.connection.act_for(2)
    await log.connection.execute(
        "SELECT ledger.append(2, $1, '{order-a,order-a}', '{1,2}', '{x,x}', '{1,1}', array[now(), now()], "
        "'{a,b}', '{c,d}')", ids
    )  # fmt: skip
    rows = await log.connection.fetch("SELECT position FROM ledger.events WHERE tenant_id = 2 ORDER BY position")
    assert [row["position"] for row in rows] == [1, 2]


async def test_recorded_at_never_decreases_though_the_clock_does(log: Log, owner: Connection) -> None:
    ahead = datetime.now(UTC) + timedelta(days=1)
    await owner.execute(
        "INSERT INTO ledger.events VALUES (1, 1, $1, 'order-a', 1, 'order.drafted', 1, $2, $2, '{}', '{}')",
        uuid4(), ahead,
    )  # fmt: skip
    await log.append("order-a", 2, 3)
    await log.append("order-b", 1)
    moments = await log.connection.fetch("SELECT recorded_at FROM ledger.events ORDER BY position")
    assert [row["recorded_at"] for row in moments] == [ahead] * 4


async def test_recorded_at_is_the_moment_of_the_append_not_of_its_transaction(log: Log) -> None:
    async with log.connection.transaction():
        began = await log.connection.fetchval("SELECT now()")
        await log.append("order-a", 1)
    assert await log.connection.fetchval("SELECT recorded_at FROM ledger.events") > began


async def test_bytes_are_kept_exactly(log: Log) -> None:
    data = '{"b":1.10,  "a":"K\u00e5l\\u00e5 \\/ ","b":2}'.encode() + b" " * 5000
    await log.append("order-a", 1, data=data, metadata=b'{ "actor":"x" }')
    row = await log.connection.fetchrow("SELECT data, metadata FROM ledger.events")
    assert tuple(row) == (data, b'{ "actor":"x" }')


async def test_the_view_shows_the_bytes_as_json(log: Log) -> None:
    await log.append("order-a", 1, data='{"order":{"Id":"é"}}'.encode(), metadata=b'{"actor":"x"}')
    row = await log.connection.fetchrow(
        "SELECT position, stream, data -> 'order' ->> 'Id' AS id, metadata FROM ledger.events_as_json"
    )
    assert tuple(row)[:3] == (1, "order-a", "é")
    assert json.loads(row["metadata"]) == {"actor": "x"}


async def test_a_lent_connection_still_acts_as_the_application(dsn: str) -> None:
    async with await database.open_pool(dsn, max_size=1) as pool:
        for _ in range(2):
            assert await pool.fetchval("SELECT current_user") == database.ROLE


async def _migrate(dsn: str) -> None:
    async with await database.open_pool(dsn, max_size=1) as pool:
        await database.migrate(pool)


async def test_migrating_again_changes_nothing(log: Log, dsn: str) -> None:
    await log.append("order-a", 1, data=b"[1]")
    before = await log.connection.fetch("SELECT * FROM ledger.events")
    await _migrate(dsn)
    await _migrate(dsn)
    assert await log.connection.fetch("SELECT * FROM ledger.events") == before
    assert await log.append("order-a", 2) == 2
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await log.connection.execute("DELETE FROM ledger.events")


async def test_migrations_while_others_append_and_migrate(log: Log, dsn: str) -> None:
    async def append() -> None:
        for version in range(1, 51):
            await log.append("order-a", version)

    await asyncio.gather(append(), *(_migrate(dsn) for _ in range(6)))
    assert await log.length() == 50
