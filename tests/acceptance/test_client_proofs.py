"""The Python client believes no proof: whatever is forged between it and the log, or by the log itself, it says so."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.client import Client, Event, ProofFailed
from ledger.audit.note import Checkpoint, Signer
from tests.acceptance import between as lines
from tests.acceptance.bodies import an_order
from tests.acceptance.server import Json, Server
from tests.acceptance.shops import Shops
from tests.acceptance.test_audit import run


class Auditor(NamedTuple):
    """Who has a key and two saved checkpoints, of the time before and after some orders."""

    client: Client
    between: lines.Between
    vkey: str
    old: str
    new: str
    events: list[Event]


@pytest.fixture(scope="module")
async def office(server: Server) -> AsyncIterator[Auditor]:
    async with lines.between(str(server.client.base_url)) as between, Client(between.url, deadline=20) as client:
        before = (await client.post_order(an_order())).position
        old = await client.get_checkpoint(at_least=before)
        after = [await client.post_order(an_order()) for _ in range(3)][-1].position
        new = await client.get_checkpoint(at_least=after)
        events = [event async for event in client.events(before)]
        yield Auditor(client, between, await client.get_vkey(), old, new, events)


@pytest.fixture
def auditor(office: Auditor) -> Auditor:
    office.between.faults.clear()
    office.between.every.clear()
    return office


def size_of(note: str) -> int:
    return int(note.split("\n")[1])


async def test_every_event_is_proved(auditor: Auditor) -> None:
    for event in auditor.events:
        by_position = await auditor.client.prove(position=event.position, vkey=auditor.vkey, saved=auditor.old)
        by_id = await auditor.client.prove(event_id=event.event_id, vkey=auditor.vkey, saved=auditor.new)
        assert by_position.position == by_id.position == event.position
        assert by_position.leaf_hash == by_id.leaf_hash
        assert by_position.checkpoint.size >= size_of(auditor.new)
    unchanged = await auditor.client.prove_unchanged(auditor.old, vkey=auditor.vkey)
    assert (await auditor.client.prove_unchanged(unchanged.note, vkey=auditor.vkey)).size >= unchanged.size


async def test_what_a_client_has_just_posted_is_proved_as_soon_as_it_is_sealed(auditor: Auditor) -> None:
    answer = await auditor.client.post_order(an_order())
    proof = await auditor.client.prove(position=answer.position, vkey=auditor.vkey)
    assert proof.checkpoint.size >= answer.position


def other_hash(text: str) -> str:
    """The same hash but for one bit."""
    found = bytearray(base64.b64decode(text))
    found[7] ^= 1
    return base64.b64encode(found).decode()


def with_note(change: Callable[[str], str]) -> Callable[[Json], Json]:
    return lambda proof: proof | {"checkpoint": change(proof["checkpoint"])}


def with_root(note: str) -> str:
    lines_ = note.split("\n")
    return "\n".join([*lines_[:2], other_hash(lines_[2]), *lines_[3:]])


def with_signature(note: str) -> str:
    head, _, signature = note.rstrip("\n").rpartition(" ")
    return f"{head} {signature[:20]}{'A' if signature[20] != 'A' else 'B'}{signature[21:]}\n"


STRANGER = Signer("order-ledger/demo", Ed25519PrivateKey.generate())


def by_a_stranger(note: str) -> str:
    origin, size, root = note.split("\n")[:3]
    return STRANGER.sign(Checkpoint(origin, int(size), base64.b64decode(root)).text)


FORGERIES: dict[str, tuple[Callable[[Json], Any], str]] = {
    "another leaf": (lambda p: p | {"leaf_hash": other_hash(p["leaf_hash"])}, "is not in the log"),
    "another path": (lambda p: p | {"path": [other_hash(p["path"][0]), *p["path"][1:]]}, "is not in the log"),
    "a shorter path": (lambda p: p | {"path": p["path"][1:]}, "is not in the log"),
    "a longer path": (lambda p: p | {"path": [*p["path"], p["path"][0]]}, "is not in the log"),
    "another place": (lambda p: p | {"leaf_index": p["leaf_index"] - 1}, "the proof is for event"),
    "another size": (lambda p: p | {"tree_size": p["tree_size"] + 1}, "for a tree of"),
    "another root": (with_note(with_root), "the signature of order-ledger/demo on the checkpoint is wrong"),
    "another signature": (with_note(with_signature), "signature of order-ledger/demo .* wrong"),
    "a stranger's signature": (with_note(by_a_stranger), "is not signed by order-ledger/demo with the key"),
    "no signature": (with_note(lambda note: note.partition("\n\n")[0]), "is no signed note"),
    "another log": (with_note(lambda note: note.replace("ledger/demo", "ledger/other")), "is not signed by"),
    "no hash": (lambda p: p | {"leaf_hash": "AAAA"}, "32 bytes"),
    "no base64": (lambda p: p | {"path": ["*"]}, "is not base64"),
    "no path": (lambda p: {name: value for name, value in p.items() if name != "path"}, "is no proof"),
    "no proof": (lambda p: [p], "is no proof"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_proof_is_found(auditor: Auditor, forgery: str) -> None:
    change, finding = FORGERIES[forgery]
    auditor.between.every["/v1/log/proof/inclusion"] = lines.forged(change)
    with pytest.raises(ProofFailed, match=finding):
        await auditor.client.prove(position=auditor.events[1].position, vkey=auditor.vkey)


async def test_a_log_that_was_rewritten_is_found(auditor: Auditor) -> None:
    client, vkey = auditor.client, auditor.vkey
    auditor.between.every["/v1/log/proof/consistency"] = lines.forged(
        lambda proof: proof | {"path": [other_hash(proof["path"][0]), *proof["path"][1:]]}
    )
    for proving in (
        client.prove_unchanged(auditor.old, vkey=vkey),
        client.prove(position=auditor.events[0].position, vkey=vkey, saved=auditor.old),
    ):
        with pytest.raises(ProofFailed, match="not those that were signed: the log was rewritten"):
            await proving
    saved = by_a_stranger(with_root(auditor.old))
    with pytest.raises(ProofFailed, match="is not signed by"):
        await client.prove_unchanged(saved, vkey=vkey)


async def test_a_log_that_was_cut_is_found(auditor: Auditor) -> None:
    """An old backup is served, with the checkpoint that was signed at that time."""
    await auditor.client.prove_unchanged(auditor.new, vkey=auditor.vkey)
    stale = f"HTTP/1.1 200 OK\r\ncontent-length: {len(auditor.old.encode())}\r\n\r\n{auditor.old}".encode()
    auditor.between.faults = [stale]
    with pytest.raises(ProofFailed, match=r"events were signed, and the log has only \d+: the rest is gone"):
        await auditor.client.prove_unchanged(auditor.new, vkey=auditor.vkey)


@pytest.mark.parametrize("change", [
    lambda vkey: "x", lambda vkey: vkey[:-4] + "AAA=", lambda vkey: vkey.replace("demo", "other"),
    lambda vkey: STRANGER.verifier.vkey,
])  # fmt: skip
async def test_another_key_is_not_trusted(auditor: Auditor, change: Callable[[str], str]) -> None:
    with pytest.raises(ProofFailed):
        await auditor.client.prove(position=1, vkey=change(auditor.vkey))


async def test_what_an_event_says_is_proved_by_its_line(two_shops: Shops, tmp_path: Path) -> None:
    async with Client(str(two_shops.http.base_url), key=two_shops.first.keys["admin"]) as client:
        position = (await client.post_order(an_order())).position
        await client.get_checkpoint(at_least=position)
        exported = run("export", tmp_path, "--gzip", "--tenant", "first-house", DATA_DIR=str(two_shops.data_dir))
        assert exported.returncode == 0, exported.stderr
        vkey = (tmp_path / "vkey").read_text()
        packed = b"".join(gzip.decompress(path.read_bytes()) for path in sorted((tmp_path / "events").iterdir()))
        lines_of_log = [json.loads(line) for line in packed.splitlines()]
        line = lines_of_log[position - 1]
        assert (await client.prove(position=position, vkey=vkey, line=line)).position == position
        await client.prove(event_id=line["event_id"], vkey=vkey, line=line)
        others = {"data": "{}", "metadata": '{"a":1}', "recorded_at": 1, "version": 99, "position": 1, "stream": "x"}
        for member, value in (others | {"event_id": lines_of_log[0]["event_id"]}).items():
            with pytest.raises(ProofFailed, match="is not what the line says"):
                await client.prove(position=position, vkey=vkey, line=line | {member: value})
        no_events: list[Json] = [line | {"version": -1}, line | {"data": None}, {}]
        for wrong in no_events:
            with pytest.raises(ProofFailed, match="no event of an export"):
                await client.prove(position=position, vkey=vkey, line=wrong)
