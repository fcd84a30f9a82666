"""Every attack of the trade on a sealed log, by the database's superuser. One saved checkpoint finds them all."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit.note import Checkpoint, Signer
from tests.integration.audited import Audited, open_audited

# An order is three events: of its 300, the first 256 are in a full tile.
ORDERS = 100
SHIFT = "UPDATE ledger.events SET position = position + 1000000 WHERE position > {0}"
BACK = "UPDATE ledger.events SET position = position - 1000000 + {0} WHERE position > 1000000"
COPY = (
    "INSERT INTO ledger.events SELECT tenant_id, {to}, {id}, {stream}, {version}, type, schema_version, occurred_at,"
    " recorded_at, metadata, data FROM ledger.events WHERE position = {of}"
)
INSERTED = COPY.format(to=101, id="gen_random_uuid()", stream="'order-of-nobody'", version=1, of=1)
DUPLICATE = COPY.format(to=101, id="event_id", stream="stream", version="version", of=100)
UNGUARDED = (
    "ALTER TABLE ledger.events DROP CONSTRAINT events_event_id",
    "ALTER TABLE ledger.events DROP CONSTRAINT events_stream_version",
)
# What is done, whether the sealed tree is told to say the same, and what is said of it in the live log and an export.
ATTACKS: dict[str, tuple[tuple[str, ...], str]] = {
    "alter": (("UPDATE ledger.events SET data = '{\"order\":{}}' WHERE position = 47",), "event 47 was altered"),
    "alter a time": (
        ("UPDATE ledger.events SET occurred_at = occurred_at + interval '1 microsecond' WHERE position = 200",),
        "event 200 was altered",
    ),
    "alter two": (
        ("UPDATE ledger.events SET metadata = '{}' WHERE position IN (13, 250)",),
        "event 250 was altered",
    ),
    "delete": (("DELETE FROM ledger.events WHERE position IN (91, 92)",), "2 events are missing after position 90"),
    "delete and close the gap": (
        ("DELETE FROM ledger.events WHERE position IN (91, 92, 93)", SHIFT.format(90), BACK.format(-3)),
        "3 events are missing after position 90",
    ),
    "insert": (
        (SHIFT.format(100), BACK.format(1), INSERTED),
        "1 event was inserted after position 100",
    ),
    "swap": (
        (
            "UPDATE ledger.events SET position = 7000 WHERE position = 8",
            "UPDATE ledger.events SET position = 8 WHERE position = 7",
            "UPDATE ledger.events SET position = 7 WHERE position = 7000",
        ),
        "events 7 and 8 were swapped",
    ),
    "duplicate": ((*UNGUARDED, SHIFT.format(100), BACK.format(1), DUPLICATE), "event 100 is there twice"),
    "truncate": (("DELETE FROM ledger.events WHERE position > 250",), "50 events are missing after position 250"),
    "rewrite the end": (
        ("UPDATE ledger.events SET data = '{\"order\":{}}' WHERE position > 280",),
        "events 257 to 300 are not what",
    ),
    "alter a tile": (
        ("UPDATE ledger.tiles SET hashes = set_byte(hashes, 77, 0) WHERE level = 0",),
        "the stored tile 0 of level 0 was altered",
    ),
    "remove a tile": (("DELETE FROM ledger.tiles",), "the stored tile 0 of level 0 is missing"),
    "alter a checkpoint": (
        ("UPDATE ledger.signed_checkpoints SET note = replace(note, '256', '255') WHERE size = 256",),
        "the stored checkpoint of 256 events does not hold",
    ),
    "of a type that nobody knows": (
        ("UPDATE ledger.events SET type = 'order.forgotten' WHERE position = 5",),
        "event 5 is of no type that is known: order.forgotten 1",
    ),
    "no text": (
        ("UPDATE ledger.events SET data = '\\xff' WHERE position = 5",),
        "event 5 has something else than an object of JSON in data",
    ),
}


@pytest.fixture
async def audited(dsn: str, tmp_path: Path) -> AsyncIterator[Audited]:
    async with open_audited(dsn, tmp_path) as opened:
        await opened.sell(0, ORDERS)
        yield opened


async def resealed(audited: Audited) -> None:
    """Another sealer signs whatever is there now, with the very same key, as if it had never signed anything."""
    await audited.tamper(*(f"DELETE FROM ledger.{table}" for table in ("tiles", "signed_checkpoints", "seal_stops")))
    for path in (audited.directory / "seal").glob("*.checkpoint"):
        path.unlink()
    await audited.tamper("DELETE FROM ledger.seal_keys")
    await audited.seal()


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_named_in_the_running_database(audited: Audited, attack: str) -> None:
    statements, finding = ATTACKS[attack]
    vkey, saved = await audited.vkey(), await audited.save()
    assert (await audited.live(vkey, saved)).findings == []
    await audited.tamper(*statements)
    for checkpoints in ((), (saved,)):
        found = (await audited.live(vkey, *checkpoints)).findings
        assert any(finding in one for one in found), found


@pytest.mark.parametrize("attack", [name for name in ATTACKS if "tile" not in name and "checkpoint" not in name])
async def test_an_attack_with_a_new_tree_under_the_same_key_is_found_by_a_saved_checkpoint(
    audited: Audited, attack: str
) -> None:
    vkey, saved = await audited.vkey(), await audited.save()
    await audited.tamper(*ATTACKS[attack][0])
    await resealed(audited)
    assert (await audited.live(vkey, saved)).findings != []
    if attack not in ("delete", "no text"):  # of what no export can be made
        await audited.export()
        assert audited.verify(vkey, saved).findings != []


async def test_an_old_backup_is_found(audited: Audited) -> None:
    vkey = await audited.vkey()
    await audited.export("backup")
    backup = [row["size"] for row in await audited.owner.fetch("SELECT size FROM ledger.signed_checkpoints")]
    await audited.sell(ORDERS, 20)
    saved = await audited.save()
    await audited.tamper(
        f"DELETE FROM ledger.events WHERE position > {max(backup)}",
        f"DELETE FROM ledger.signed_checkpoints WHERE size > {max(backup)}",
    )
    assert (await audited.live(vkey)).findings == []
    assert "the rest is gone" in (await audited.live(vkey, saved)).findings[0]
    assert audited.verify(vkey, name="backup").findings == []
    assert "the rest is gone" in audited.verify(vkey, saved, name="backup").findings[0]


async def test_two_logs_of_one_beginning_are_told_apart(audited: Audited) -> None:
    vkey = await audited.vkey()
    beginning = max(row["size"] for row in await audited.owner.fetch("SELECT size FROM ledger.signed_checkpoints"))
    shared = await audited.save()
    shutil.copytree(audited.directory / "seal", audited.directory / "seal of the fork")
    await audited.sell(1000, 30)
    saved = await audited.save()
    await audited.tamper(
        f"DELETE FROM ledger.events WHERE position > {beginning}", "DELETE FROM ledger.claims",
        f"DELETE FROM ledger.signed_checkpoints WHERE size > {beginning}", "DELETE FROM ledger.tiles WHERE number > 0",
    )  # fmt: skip
    shutil.rmtree(audited.directory / "seal")
    shutil.move(audited.directory / "seal of the fork", audited.directory / "seal")
    async with audited.reopened() as fork:
        await fork.sell(2000, 40)
        await fork.export()
        assert (await fork.live(vkey, shared)).findings == audited.verify(vkey, shared).findings == []
        assert (await fork.live(vkey, shared, saved)).findings != []
        assert audited.verify(vkey, shared, saved).findings != []


async def test_another_key_is_found(audited: Audited) -> None:
    vkey, saved = await audited.vkey(), await audited.save()
    thief = Signer("order-ledger/shop", Ed25519PrivateKey.generate())
    for size, root in [(one.size, one.root) for one in await audited.signed()]:
        note = thief.sign(Checkpoint("order-ledger/shop", size, root).text)
        await audited.tamper(f"UPDATE ledger.signed_checkpoints SET note = '{note}' WHERE size = {size}")
    await audited.tamper(f"UPDATE ledger.seal_keys SET vkey = '{thief.verifier.vkey}'")
    assert (await audited.live(thief.verifier.vkey)).findings == []
    await audited.export()
    assert audited.verify(thief.verifier.vkey).findings == []
    for found in (
        await audited.live(vkey), await audited.live(vkey, saved), await audited.live(thief.verifier.vkey, saved),
        audited.verify(vkey), audited.verify(vkey, saved), audited.verify(thief.verifier.vkey, saved),
    ):  # fmt: skip
        assert found.findings != []


async def test_a_log_that_was_never_sealed_does_not_hold(audited: Audited) -> None:
    vkey = await audited.vkey()
    await audited.tamper(*(f"DELETE FROM ledger.{table}" for table in ("tiles", "signed_checkpoints")))
    assert (await audited.live(vkey)).findings == ["the log has no signed checkpoint"]
    await audited.tamper("DELETE FROM ledger.seal_keys")
    assert (await audited.live(vkey)).findings == ["the log was never sealed"]
