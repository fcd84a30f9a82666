"""What a sealer remembers: lost, old, another's, and fought over. Whatever happens, no log is ever signed two ways."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.audit.generations import begin_anew
from ledger.audit.memory import Memory, Overtaken
from ledger.audit.note import Verifier, open_checkpoint
from ledger.audit.tree import root_of
from ledger.errors import LedgerError
from tests.integration.sealing import Book, open_book, seal, sealer_pool, sealing, start, until

BACKUP = "CREATE TABLE public.{0} AS SELECT * FROM ledger.{0}"
RESTORE = ("DELETE FROM ledger.{0}", "INSERT INTO ledger.{0} SELECT * FROM public.{0}")
SEALED = ("events", "seal_keys", "tiles", "signed_checkpoints")


@pytest.fixture
async def book(dsn: str) -> AsyncIterator[Book]:
    async with open_book(dsn) as opened:
        await opened.append(300)
        yield opened


async def begin(book: Book, directory: Path, reason: str = "it had to be") -> str:
    """`order-ledger key seal create`, the origin it says."""
    async with sealer_pool(book.dsn) as pool, pool.acquire() as connection:
        return (await begin_anew(connection, Memory(directory), book.name, reason)).verifier.name


def overwrite(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


async def test_another_key_refuses_to_sign_and_says_so_once(
    book: Book, dsn: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await seal(dsn, tmp_path / "one")
    before = await book.notes()
    await book.append(10, random.Random(1))
    with caplog.at_level(logging.ERROR):
        Memory(tmp_path / "two").make_key()
        async with sealing(dsn, tmp_path / "two") as stranger:
            await until(lambda: asyncio.sleep(0.5, bool(stranger.refusals)))
    assert "is not the one that order-ledger/shop is signed with" in stranger.refusals["shop"]
    assert len(caplog.records) == 1
    assert (await book.notes(), await book.stopped()) == (before, None)
    assert not (tmp_path / "two" / "shop.checkpoint").exists()
    await seal(dsn, tmp_path / "one")
    assert 310 in await book.check()


async def test_without_its_key_nothing_is_signed_and_no_other_is_made(book: Book, dsn: str, tmp_path: Path) -> None:
    await seal(dsn, tmp_path)
    before = await book.notes()
    (tmp_path / "key").unlink()
    await book.append(10, random.Random(1))
    refused = await seal(dsn, tmp_path)
    assert refused.refusals["shop"].startswith(f"the key is gone from {tmp_path}: put it back, or begin a new origin")
    assert not (tmp_path / "key").exists()
    assert await book.notes() == before


async def test_a_damaged_key_is_named(book: Book, dsn: str, tmp_path: Path) -> None:
    overwrite(tmp_path / "key", "no key")
    refused = await seal(dsn, tmp_path)
    assert refused.refusals["shop"] == f"the file {tmp_path / 'key'} is not 32 bytes in base64"


async def test_a_directory_that_cannot_be_written_is_named(book: Book, dsn: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = await seal(dsn, tmp_path / "file")
    assert str(tmp_path / "file") in refused.refusals["shop"]


async def test_without_its_last_checkpoint_nothing_is_signed(book: Book, dsn: str, tmp_path: Path) -> None:
    await seal(dsn, tmp_path)
    saved, before = Memory(tmp_path).last("shop"), await book.notes()
    (tmp_path / "shop.checkpoint").unlink()
    await book.append(10, random.Random(1))
    refused = await seal(dsn, tmp_path)
    assert "the last checkpoint of order-ledger/shop is missing" in refused.refusals["shop"]
    assert await book.notes() == before
    # A saved one is as good as the one that is lost.
    overwrite(tmp_path / "shop.checkpoint", saved or "")
    assert (await seal(dsn, tmp_path)).refusals == {}
    assert 310 in await book.check()


@pytest.mark.parametrize("text", ["", "x", "order-ledger/other\n0\n\n", "order-ledger/shop\n300\nAAAA\n\n— x y\n"])
async def test_a_damaged_checkpoint_file_is_named(book: Book, dsn: str, tmp_path: Path, text: str) -> None:
    await seal(dsn, tmp_path)
    before = await book.notes()
    overwrite(tmp_path / "shop.checkpoint", text)
    await book.append(10, random.Random(1))
    refused = await seal(dsn, tmp_path)
    assert "shop.checkpoint" in refused.refusals["shop"]
    assert (await book.notes(), await book.stopped()) == (before, None)


async def test_an_old_checkpoint_file_is_brought_up_to_what_was_signed(book: Book, dsn: str, tmp_path: Path) -> None:
    await seal(dsn, tmp_path)
    old = Memory(tmp_path).last("shop") or ""
    await book.append(500, random.Random(1))
    await seal(dsn, tmp_path)
    overwrite(tmp_path / "shop.checkpoint", old)
    assert (await seal(dsn, tmp_path)).refusals == {}
    assert Memory(tmp_path).last("shop") == (await book.notes())[800]
    await book.check()


async def test_a_log_restored_shorter_is_stopped_and_goes_on_under_a_new_origin(
    book: Book, dsn: str, tmp_path: Path
) -> None:
    await seal(dsn, tmp_path)
    for table in SEALED:
        await book.owner.execute(BACKUP.format(table))
    await book.append(300, random.Random(1))
    await seal(dsn, tmp_path)
    newest, saved = Memory(tmp_path).last("shop") or "", await book.leaves()
    await book.tamper(*(text.format(table) for table in reversed(SEALED) for text in RESTORE[:1]))
    await book.tamper(*(text.format(table) for table in SEALED for text in RESTORE[1:]))
    # Other events than those that were lost, and more of them.
    await book.append(900, random.Random(2))
    await seal(dsn, tmp_path)
    assert await book.stopped() == "the first 600 events are not those that were signed"
    assert Memory(tmp_path).last("shop") == newest
    assert await begin(book, tmp_path, "restored") == "order-ledger/shop/2"
    await seal(dsn, tmp_path)
    assert (await book.check(2))[1200].origin == "order-ledger/shop/2"
    assert await book.stopped() is None
    assert await book.owner.fetchval("SELECT reason FROM ledger.seal_keys WHERE generation = 2") == "restored"
    assert open_checkpoint(newest, Verifier.parse(await book.vkey(1))).root == root_of(saved)


async def test_a_database_that_forgot_everything_is_not_signed_under_the_old_origin(
    book: Book, dsn: str, tmp_path: Path
) -> None:
    await seal(dsn, tmp_path)
    await book.tamper(*(f"DELETE FROM ledger.{table}" for table in SEALED))
    await book.append(300, random.Random("others"))
    await seal(dsn, tmp_path)
    assert await book.stopped() == "the first 300 events are not those that were signed"
    assert await book.notes() == {}


async def test_a_new_origin_may_have_a_new_key(book: Book, dsn: str, tmp_path: Path) -> None:
    await seal(dsn, tmp_path)
    (tmp_path / "key").unlink()
    assert await begin(book, tmp_path) == "order-ledger/shop/2"
    assert await begin(book, tmp_path) == "order-ledger/shop/3"
    await seal(dsn, tmp_path)
    assert (await book.check(3))[300].origin == "order-ledger/shop/3"
    assert (await book.vkey(1)).rpartition("+")[2] != (await book.vkey(3)).rpartition("+")[2]


async def test_a_sealer_at_work_follows_to_the_new_origin(book: Book, dsn: str, tmp_path: Path) -> None:
    async with sealing(dsn, tmp_path):
        await until(lambda: book.is_sealed(300))
        await begin(book, tmp_path)
        await book.append(10, random.Random(1))
        await until(lambda: book.is_sealed(310, 2))
    assert 310 in await book.check(2)
    assert 310 not in await book.notes(1)


async def test_a_generation_that_the_database_alone_knows_is_not_signed(book: Book, dsn: str, tmp_path: Path) -> None:
    await seal(dsn, tmp_path)
    await book.owner.execute("INSERT INTO ledger.seal_keys SELECT 1, 2, vkey FROM ledger.seal_keys")
    refused = await seal(dsn, tmp_path)
    assert "order-ledger/shop/2" in refused.refusals["shop"]
    assert await book.notes(2) == {}


async def test_nothing_begins_anew_that_never_began(book: Book, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no sealed log of a tenant 'shop'"):
        await begin(book, tmp_path)


def test_of_two_that_sign_after_the_same_note_one_is_told(tmp_path: Path) -> None:
    one, two = Memory(tmp_path), Memory(tmp_path)
    one.replace("shop", None, "first")
    with pytest.raises(Overtaken):
        two.replace("shop", None, "other first")
    one.replace("shop", "first", "second")
    with pytest.raises(Overtaken):
        two.replace("shop", "first", "other second")
    assert two.last("shop") == "second"


async def test_a_log_that_was_rolled_back_and_grew_otherwise_is_not_signed(
    book: Book, dsn: str, tmp_path: Path
) -> None:
    await seal(dsn, tmp_path)
    await book.append(20, random.Random("here"))
    await seal(dsn, tmp_path)
    await book.tamper("DELETE FROM ledger.events WHERE position > 300",
                      "DELETE FROM ledger.signed_checkpoints WHERE size > 300")  # fmt: skip
    await book.append(40, random.Random("there"))
    await seal(dsn, tmp_path)
    assert await book.stopped() == "the first 320 events are not those that were signed"


@pytest.mark.parametrize("second", ["same", "copied"])
async def test_of_two_sealers_one_waits_until_the_other_ends(book: Book, dsn: str, tmp_path: Path, second: str) -> None:
    """Each a process of its own; the second with the same directory, or with a copy of the key and an old memory."""
    await seal(dsn, tmp_path / "same")
    shutil.copytree(tmp_path / "same", tmp_path / "copied")
    processes = [start(dsn, tmp_path / "same"), start(dsn, tmp_path / second)]
    try:
        for number in range(10):
            await book.append(100, random.Random(number))
            await until(functools.partial(book.is_sealed, 400 + 100 * number))
        processes[0].kill()
        await book.append(100, random.Random(99))
        await until(lambda: book.is_sealed(1400))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    await book.check()
