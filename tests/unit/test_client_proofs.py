"""The client's own checks of proofs: against the definitions of RFC 6962, the golden note, and whatever is forged."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from api.client.errors import ProofFailed
from api.client.proofs import (
    Checkpoint,
    check_consistency,
    check_inclusion,
    checkpoint_of,
    leaf_hash_of,
    unpacked,
    verifier_of,
)
from ledger.audit.lines import encode_line
from ledger.audit.note import Signer
from tests.unit.exported import events, hashed
from tests.unit.test_audit_note import ORIGIN, PETER, SIGNER
from tests.unit.test_audit_tree import by_definition, hashes, path_by_definition, proof_by_definition

GOLDEN = Path(__file__).parent / "golden_notes" / "checkpoint.note"
NOTE, VKEY = GOLDEN.read_text("utf-8").rsplit("\n", 2)[0] + "\n", GOLDEN.read_text("utf-8").split("\n")[-2]
OTHER = bytes(32)


def tree(leaves: list[bytes]) -> Checkpoint:
    """What would be signed of these leaves."""
    return Checkpoint("log", len(leaves), by_definition(leaves), "")


def test_the_golden_note_opens_with_the_golden_key() -> None:
    found = checkpoint_of(NOTE, verifier_of(VKEY))
    assert (found.origin, found.size, found.root.hex()[:8], found.note) == (ORIGIN, 0, "e3b0c442", NOTE)
    assert verifier_of(PETER).name == "PeterNeumann"


def test_signatures_of_others_are_ignored() -> None:
    text = NOTE.rpartition("\n\n")[0] + "\n"
    head, _, own = NOTE.rpartition("\n\n")
    others = [Signer(name, Ed25519PrivateKey.generate()).sign(text).rpartition("\n\n")[2] for name in (ORIGIN, "x")]
    for note in (NOTE + "".join(others), f"{head}\n\n{others[0]}{own}{others[1]}"):
        assert checkpoint_of(note, verifier_of(VKEY)).size == 0
    with pytest.raises(ProofFailed, match="is not signed by"):
        checkpoint_of(f"{head}\n\n{others[0]}", verifier_of(VKEY))


@pytest.mark.parametrize(
    "text", [f"{ORIGIN}\n-1\n{{root}}\n", f"{ORIGIN}\n01\n{{root}}\n", f"{ORIGIN}\n1\nAAAA\n", f"{ORIGIN}\n1\n",
             "order-ledger/other\n1\n{root}\n", f"{ORIGIN}\n١\n{{root}}\n", "\n"],
)  # fmt: skip
def test_what_is_signed_must_be_a_checkpoint(text: str) -> None:
    note = SIGNER.sign(text.replace("{root}", base64.b64encode(OTHER).decode()))
    with pytest.raises(ProofFailed, match=r"no checkpoint|32 bytes"):
        checkpoint_of(note, verifier_of(VKEY))


@pytest.mark.parametrize("note", [
    "", "\n\n", NOTE[:-1], NOTE.replace("\n\n", "\n"), NOTE + "x\n", NOTE.replace("—", "-"), NOTE.replace("\n", "\r\n"),
    NOTE[:-3] + "\n", NOTE.replace("\n0\n", "\n1\n"), NOTE.replace("\n0\n", "\n0\x00\n"), NOTE + NOTE,
])  # fmt: skip
def test_what_is_no_note_of_the_key(note: str) -> None:
    with pytest.raises(ProofFailed):
        checkpoint_of(note, verifier_of(VKEY))


@pytest.mark.parametrize("vkey", [
    "", "x", "x+y+z", VKEY.replace("shop", "other"), VKEY[:-4] + "AAA=", "a b" + VKEY, VKEY.upper(),
    VKEY.replace("+", "", 1), PETER.replace("+c74f20a3+", "+c74f20a4+"),
])  # fmt: skip
def test_what_is_no_vkey(vkey: str) -> None:
    with pytest.raises(ProofFailed):
        verifier_of(vkey)


def test_base64_has_one_spelling() -> None:
    assert unpacked("AAE=", 2, "it") == b"\0\1"
    for text, size in (("AAF=", 2), ("AAE", 2), ("AAE=", 3), (" AAE=", 2), (None, 2), (5, None), ("ÅÅÅÅ", None)):
        with pytest.raises(ProofFailed, match="it is"):
            unpacked(text, size, "it")


def test_a_line_has_the_hash_that_was_sealed() -> None:
    for line in events(12):
        said = json.loads(encode_line(line))
        assert leaf_hash_of(said) == hashed(line)
        assert leaf_hash_of(said | {"data": said["data"] + " "}) != hashed(line)


@given(st.data())
def test_inclusion_is_what_the_definition_says(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    log, path = tree(leaves), path_by_definition(index, leaves)
    check_inclusion(leaves[index], index, path, log)
    forged = [(OTHER, index, path), (leaves[index], index, [*path, OTHER]), (leaves[index], -1, path),
              (leaves[index], size, path), (leaves[index], index + size, path)]  # fmt: skip
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        forged += [(leaves[index], index, [*path[:at], *path[at + 1 :]]), (leaves[index], (index + 1) % size, path)]
        forged.append((leaves[index], index, [*path[:at], OTHER, *path[at + 1 :]]))
    for leaf, place, way in forged:
        with pytest.raises(ProofFailed, match="is not in the log"):
            check_inclusion(leaf, place, way, log)


@given(st.data())
def test_consistency_is_what_the_definition_says(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    first = data.draw(st.integers(0, size))
    leaves = hashes(size)
    old, new = tree(leaves[:first]), tree(leaves)
    path = proof_by_definition(first, leaves) if first else []
    check_consistency(old, new, path)
    forged = [(old._replace(root=OTHER), new, path), (old, new, [*path, OTHER])]
    forged += [(old, new, path[:-1]), (old, new._replace(root=OTHER), path)] if path else []
    for one, other, way in forged:
        with pytest.raises(ProofFailed, match="the log was rewritten"):
            check_consistency(one, other, way)
    with pytest.raises(ProofFailed, match="the rest is gone"):
        check_consistency(tree([*leaves, OTHER]), new, path)
