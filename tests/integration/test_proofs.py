"""Proofs and tiles from the database, against the definitions of RFC 6962."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.audit import proofs
from ledger.audit.memory import Memory
from ledger.audit.note import Verifier, open_checkpoint
from ledger.audit.proofs import Sealed
from ledger.audit.sealer import Sealer
from ledger.audit.seals import Changed
from ledger.audit.tree import is_included, root_of
from tests.integration.sealing import Book, open_book, sealer_pool, settle
from tests.unit.test_audit_tree import path_by_definition, proof_by_definition

# Signed after each of so many events: all small trees, and those around the widths of tiles.
STEPS = [*[1] * 17, 238, 1, 1, 254, 1, 1, 300, 700]
LARGEST = sum(STEPS)


class Log(NamedTuple):
    """A sealed log, its leaves, and a connection to ask for proofs."""

    book: Book
    connection: Any
    sealed: Sealed
    leaves: list[bytes]
    sizes: list[int]


@pytest.fixture
async def log(dsn: str, tmp_path: Path) -> AsyncIterator[Log]:
    async with open_book(dsn) as book, sealer_pool(dsn) as pool, pool.acquire() as connection:
        sealer = Sealer(pool, Memory(tmp_path))
        for number, count in enumerate(STEPS):
            await book.append(count, random.Random(number))
            await settle(sealer, connection)
        sizes = sorted(await book.check())
        await connection.act_for(1)
        sealed = await proofs.sealed(connection, 1)
        assert sealed is not None
        assert (sealed.size, sealed.stopped) == (LARGEST, None)
        yield Log(book, connection, sealed, await book.leaves(), sizes)


async def test_inclusion_is_what_the_definition_says(log: Log) -> None:
    verifier = Verifier.parse(log.sealed.vkey)
    for size in log.sizes[1:]:
        every = range(size) if size <= 17 else [*random.Random(size).sample(range(size), 12), 0, size - 1]
        for index in every:
            proof = await proofs.inclusion(log.connection, log.sealed, index, size)
            assert proof is not None
            assert (proof.leaf_index, proof.size, proof.leaf_hash) == (index, size, log.leaves[index])
            assert proof.path == path_by_definition(index, log.leaves[:size])
            root = open_checkpoint(proof.note, verifier).root
            assert is_included(proof.leaf_hash, index, size, proof.path, root)


async def test_consistency_is_what_the_definition_says(log: Log) -> None:
    chance = random.Random(1)
    pairs = [(old, new) for new in range(1, 20) for old in range(1, new + 1)]
    sizes = [*range(250, 260), *range(510, 516), 768, 1023, 1024, LARGEST]
    pairs += [(old, new) for old in chance.sample(sizes, 8) for new in sizes if old <= new]
    for old, new in pairs:
        found = await proofs.consistency(log.connection, log.sealed, old, new)
        assert found == proof_by_definition(old, log.leaves[:new]), (old, new)


async def test_tiles_full_and_partial(log: Log) -> None:
    full = LARGEST // 256
    for number in range(full):
        tile = await proofs.tile(log.connection, log.sealed, 0, number, 256)
        assert tile == b"".join(log.leaves[256 * number : 256 * number + 256])
        assert await proofs.tile(log.connection, log.sealed, 0, number, 7) == tile[: 7 * 32]
    rest = log.leaves[256 * full :]
    for width in range(1, len(rest) + 1):
        assert await proofs.tile(log.connection, log.sealed, 0, full, width) == b"".join(rest[:width])
    roots = [root_of(log.leaves[256 * number : 256 * number + 256]) for number in range(full)]
    for width in range(1, full + 1):
        assert await proofs.tile(log.connection, log.sealed, 1, 0, width) == b"".join(roots[:width])
    for level, number, width in ((0, full, len(rest) + 1), (0, full, 256), (1, 0, full + 1), (2, 0, 1), (7, 0, 1)):
        assert await proofs.tile(log.connection, log.sealed, level, number, width) is None


async def test_a_size_that_was_not_signed_has_no_inclusion_proof(log: Log) -> None:
    assert 300 not in log.sizes
    assert await proofs.inclusion(log.connection, log.sealed, 0, 300) is None


async def test_notes_after_a_size(log: Log) -> None:
    assert [one.size for one in await proofs.checkpoints(log.connection, log.sealed, -1, 1000)] == log.sizes
    assert [one.size for one in await proofs.checkpoints(log.connection, log.sealed, 5, 2)] == [6, 7]
    assert await proofs.checkpoints(log.connection, log.sealed, LARGEST, 9) == []


async def test_no_proof_is_made_of_what_was_changed(log: Log) -> None:
    await log.book.tamper(f"UPDATE ledger.events SET data = 'x' WHERE position = {LARGEST}")
    with pytest.raises(Changed, match="is not what it was when it was sealed"):
        await proofs.inclusion(log.connection, log.sealed, LARGEST - 2, LARGEST)
    await log.book.tamper(f"DELETE FROM ledger.events WHERE position = {LARGEST}", "DELETE FROM ledger.tiles")
    for index in (0, LARGEST - 1):
        with pytest.raises(Changed, match="missing"):
            await proofs.inclusion(log.connection, log.sealed, index, LARGEST)


async def test_how_an_event_stands_to_what_was_signed(log: Log) -> None:
    found = await proofs.standing(log.connection, 1, LARGEST)
    assert found is not None and found.proof is not None
    assert (found.size, found.holds, found.proof.leaf_hash) == (LARGEST, True, log.leaves[-1])
    assert await proofs.standing(log.connection, 1, LARGEST + 1) == (LARGEST, None, None, None)
    await log.book.tamper(f"UPDATE ledger.events SET data = 'x' WHERE position = {LARGEST}")
    assert await proofs.standing(log.connection, 1, LARGEST) == (LARGEST, False, None, None)
    await log.connection.act_for(2)
    assert await proofs.standing(log.connection, 2, 1) is None
