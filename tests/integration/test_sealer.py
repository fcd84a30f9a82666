"""The sealer: what it signs, what it remembers, and what it never signs."""

from __future__ import annotations

import asyncio
import random
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ledger.audit import sealer, seals
from ledger.audit.memory import Memory
from ledger.audit.sealer import Sealer
from ledger.database import SEALER, open_pool
from tests.integration.sealing import Book, files, open_book, seal, sealer_pool, sealing, settle, until

SWAP = (
    "UPDATE ledger.events SET position = 9999 WHERE position = 50",
    "UPDATE ledger.events SET position = 50 WHERE position = 51",
    "UPDATE ledger.events SET position = 51 WHERE position = 9999",
)


@pytest.fixture
async def book(dsn: str) -> AsyncIterator[Book]:
    async with open_book(dsn) as opened:
        yield opened


async def test_the_database_hashes_as_the_definition_says(book: Book, dsn: str) -> None:
    await book.append(700, random.Random(4711))
    async with sealer_pool(dsn) as pool, pool.acquire() as connection:
        await connection.act_for(1)
        assert await seals.leaf_hashes(connection, 1, 0, 1000) == await book.leaves()
        assert await seals.leaf_hashes(connection, 1, 690, 3) == (await book.leaves())[690:693]
        assert await seals.leaf_hashes(connection, 1, 700, 3) == []


async def test_large_events_come_a_few_at_a_time(book: Book, dsn: str) -> None:
    await book.append(5)
    await book.tamper("UPDATE ledger.events SET data = convert_to(repeat('x', 9000000), 'UTF8')")
    async with sealer_pool(dsn) as pool, pool.acquire() as connection:
        await connection.act_for(1)
        assert await seals.leaf_hashes(connection, 1, 0, 1000) == (await book.leaves())[:2]
        assert await seals.leaf_hashes(connection, 1, 4, 1000) == (await book.leaves())[4:]


async def test_an_empty_log_is_signed(book: Book, dsn: str, tmp_path: Path) -> None:
    await seal(dsn, tmp_path / "seal")
    assert list(await book.check()) == [0]
    assert files(tmp_path / "seal") == {"key", "shop.checkpoint"}
    assert stat.S_IMODE((tmp_path / "seal").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "seal").iterdir()} == {0o600}


@pytest.mark.parametrize("count", [1, 255, 256, 257, 3000])
async def test_every_256_events_are_signed_and_the_newest(book: Book, dsn: str, tmp_path: Path, count: int) -> None:
    await book.append(count)
    await seal(dsn, tmp_path)
    assert set(await book.check()) == {*range(0, count, 256), count}
    assert Memory(tmp_path).last("shop") == (await book.notes())[count]


async def test_it_goes_on_where_it_was(book: Book, dsn: str, tmp_path: Path) -> None:
    for count in (100, 500, 1, 3000):
        await book.append(count, random.Random(count))
        await seal(dsn, tmp_path)
    assert set(await book.check()) >= {0, 100, 256, 512, 600, 601, 768, 3601}
    tiles = await book.owner.fetch("SELECT level, number FROM ledger.tiles ORDER BY level, number")
    assert [tuple(row) for row in tiles] == [(0, number) for number in range(3601 // 256)]


async def test_tenants_are_sealed_apart_also_one_that_comes_later(book: Book, dsn: str, tmp_path: Path) -> None:
    await book.append(300)
    async with sealing(dsn, tmp_path):
        await until(lambda: book.is_sealed(300))
        async with open_book(dsn, "other", 2) as other:
            await other.append(400)
            await until(lambda: other.is_sealed(400))
            assert (await other.check())[400].origin == "order-ledger/other"
    await book.check()
    assert (await book.vkey()).startswith("order-ledger/shop+")


async def test_nobody_is_asked_about_a_log_that_has_not_grown(book: Book, dsn: str, tmp_path: Path) -> None:
    async with open_book(dsn, "other", 2) as other, sealer_pool(dsn) as pool, pool.acquire() as connection:
        await book.append(300)
        sealing = Sealer(pool, Memory(tmp_path))
        while await sealing.round(connection):
            pass
        asked: list[str] = []
        connection.add_query_logger(lambda record: asked.append(record.query))
        assert not await sealing.round(connection)
        await asyncio.sleep(0)  # it hears with the event loop's next turn
        assert asked == [seals._SQL["seals"]]
        await other.append(1)
        assert not await sealing.round(connection)
        assert await other.is_sealed(1)
        assert len(asked) > 2


async def test_what_the_database_has_lost_is_put_back_though_nothing_comes(
    book: Book, dsn: str, tmp_path: Path
) -> None:
    await book.append(300)
    async with sealer_pool(dsn) as pool, pool.acquire() as connection:
        sealing = Sealer(pool, Memory(tmp_path))
        while await sealing.round(connection):
            pass
        await book.tamper("DELETE FROM ledger.signed_checkpoints WHERE size = 300")
        while await sealing.round(connection):
            pass
        assert await book.is_sealed(300)


async def test_a_tenant_that_fails_again_and_again_keeps_no_other_waiting(
    book: Book, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "TRY_AGAIN_SECONDS", 0.0)
    await seal(dsn, tmp_path)
    await book.append(10)
    async with (
        open_book(dsn, "other", 2) as other,
        await open_pool(dsn, max_size=1, role=SEALER, answer_within=1) as pool,
        pool.acquire() as connection,
    ):
        await other.append(10)
        patient, in_the_way = Sealer(pool, Memory(tmp_path)), book.owner.transaction()
        await in_the_way.start()
        await book.owner.execute("INSERT INTO ledger.signed_checkpoints VALUES (1, 1, 10, 'not committed')")
        for _ in range(2):
            await settle(patient, connection)
            assert await other.is_sealed(10)
        await in_the_way.rollback()
        await settle(patient, connection)
        assert await book.is_sealed(10)
    await book.check()


async def test_its_role_may_add_to_the_seal_and_read_events_nothing_else(book: Book, dsn: str, tmp_path: Path) -> None:
    await book.append(1)
    await seal(dsn, tmp_path)
    tables = await book.owner.fetch(
        "SELECT c.oid::regclass::text AS name, p AS privilege FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT',"
        " 'UPDATE', 'DELETE', 'TRUNCATE']) p WHERE c.relkind IN ('r', 'v') AND c.relnamespace::regnamespace::text"
        " !~ '^(pg_|information)' AND has_table_privilege($1, c.oid, p)", SEALER
    )  # fmt: skip
    sealed = {"ledger.seal_keys", "ledger.tiles", "ledger.signed_checkpoints", "ledger.seal_stops"}
    assert {(row["name"], row["privilege"]) for row in tables} == {
        ("ledger.events", "SELECT"), *((name, may) for name in sealed for may in ("SELECT", "INSERT"))
    }  # fmt: skip
    async with sealer_pool(dsn) as pool, pool.acquire() as connection:
        await connection.act_for(1)
        assert await connection.fetchval("SELECT current_user") == SEALER
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT ledger.append(1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')")


@pytest.mark.parametrize("table", ["seal_keys", "tiles", "signed_checkpoints", "seal_stops"])
async def test_what_is_sealed_cannot_be_changed(book: Book, dsn: str, tmp_path: Path, table: str) -> None:
    await book.append(256)
    await seal(dsn, tmp_path)
    await book.owner.execute("INSERT INTO ledger.seal_stops VALUES (1, 1, now(), 'a reason')")
    for change in (f"UPDATE ledger.{table} SET generation = 2", f"DELETE FROM ledger.{table}"):
        with pytest.raises(asyncpg.RestrictViolationError, match="immutable"):
            await book.owner.execute(change)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (["UPDATE ledger.events SET data = data || 'x' WHERE position = 47"], "event 47 was altered"),
        (["UPDATE ledger.events SET occurred_at = occurred_at + interval '1 microsecond' WHERE position = 256"],
         "event 256 was altered"),
        (["UPDATE ledger.events SET recorded_at = 'infinity' WHERE position = 9"], "events after position 0 was alter"),
        (["UPDATE ledger.events SET type = 'x', version = 9 WHERE position = 300"], "first 300 events are not those"),
        (["DELETE FROM ledger.events WHERE position = 91"], "events are missing after position 90"),
        (["DELETE FROM ledger.events WHERE position = 1"], "events are missing after position 0"),
        (["DELETE FROM ledger.events WHERE position > 290"], "log ends at position 290, and 300 events were signed"),
        (["DELETE FROM ledger.events"], "the log ends at position 0, and 300 events were signed"),
        (SWAP, "2 events from 50 to 51 were altered"),
        (["UPDATE ledger.tiles SET root = sha256(root)"], "tile 0 of level 0 was altered"),
        (["UPDATE ledger.tiles SET hashes = overlay(hashes PLACING sha256('') FROM 33)"], "event 2 was altered"),
        (["UPDATE ledger.signed_checkpoints SET note = replace(note, '300', '301') WHERE size = 300"], "signature"),
        (["UPDATE ledger.events SET data = data || 'x' WHERE position = 47",
          "DELETE FROM ledger.tiles", "DELETE FROM ledger.signed_checkpoints"], "the first 300 events are not those"),
    ],
)  # fmt: skip
async def test_a_changed_log_is_never_signed_again(
    book: Book, dsn: str, tmp_path: Path, changes: list[str], reason: str
) -> None:
    await book.append(300)
    await seal(dsn, tmp_path)
    await book.tamper(*changes)
    noted, remembered = await book.notes(), Memory(tmp_path).last("shop")
    await seal(dsn, tmp_path)
    assert reason in (await book.stopped() or "")
    await book.append(10, random.Random("more"))  # posts go on
    for _ in range(2):
        await seal(dsn, tmp_path)
    assert (await book.notes(), Memory(tmp_path).last("shop")) == (noted, remembered)


async def test_a_log_that_shrinks_while_it_is_sealed_is_stopped_at_once(book: Book, dsn: str, tmp_path: Path) -> None:
    await book.append(300)
    async with sealing(dsn, tmp_path):
        await until(lambda: book.is_sealed(300))
        await book.tamper("DELETE FROM ledger.events WHERE position > 290")
        await until(book.stopped)
    assert await book.stopped() == "the log ends at position 290, and 300 events were signed"


async def test_a_tile_that_was_deleted_is_made_again(book: Book, dsn: str, tmp_path: Path) -> None:
    await book.append(1000)
    await seal(dsn, tmp_path)
    tiles = await book.owner.fetch("SELECT * FROM ledger.tiles ORDER BY level, number")
    await book.tamper("DELETE FROM ledger.tiles WHERE number IN (0, 2)")
    await seal(dsn, tmp_path)
    assert await book.owner.fetch("SELECT * FROM ledger.tiles ORDER BY level, number") == tiles
    await book.check()


async def test_a_daily_check_finds_what_was_changed_meanwhile(
    book: Book, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.audit.sealer.CHECK_SECONDS", 0.2)
    await book.append(3000)
    async with sealing(dsn, tmp_path):
        await until(lambda: book.is_sealed(3000))
        await book.tamper("UPDATE ledger.events SET metadata = '' WHERE position = 2000")
        await until(book.stopped)
    assert await book.stopped() == "event 2000 was altered"
