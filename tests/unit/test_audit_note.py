"""Signed notes: a third party's example, our own golden one, and everything that must not pass."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit.note import Checkpoint, NoteError, Signer, Verifier, open_checkpoint, open_note
from ledger.audit.tree import EMPTY_ROOT

GOLDEN = Path(__file__).parent / "golden_notes" / "checkpoint.note"
# The example of Go's sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ORIGIN = "order-ledger/shop"
SIGNER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
CHECKPOINT = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
NOTE = SIGNER.sign(CHECKPOINT.text)


def test_the_note_of_a_third_party_opens() -> None:
    text = open_note(PETERS_NOTE, Verifier.parse(PETER))
    assert text.endswith("what your problem is.\n")
    assert Verifier.parse(PETER).vkey == PETER


def test_the_bytes_of_a_checkpoint_never_drift() -> None:
    assert NOTE + SIGNER.verifier.vkey + "\n" == GOLDEN.read_text("utf-8")


def test_a_checkpoint_comes_back() -> None:
    assert open_checkpoint(NOTE, SIGNER.verifier) == CHECKPOINT
    assert open_checkpoint(NOTE, Verifier.parse(SIGNER.verifier.vkey)) == CHECKPOINT


def test_signatures_of_others_are_ignored() -> None:
    other = Signer("someone", Ed25519PrivateKey.generate()).sign(CHECKPOINT.text).rpartition("\n\n")[2]
    assert open_checkpoint(NOTE + other, SIGNER.verifier) == CHECKPOINT
    head, _, own = NOTE.rpartition("\n\n")
    assert open_checkpoint(f"{head}\n\n{other}{own}", SIGNER.verifier) == CHECKPOINT


def test_a_key_of_the_same_name_is_not_the_same_key() -> None:
    impostor = Signer(ORIGIN, Ed25519PrivateKey.generate())
    with pytest.raises(NoteError, match="not signed by"):
        open_checkpoint(impostor.sign(CHECKPOINT.text), SIGNER.verifier)


def resigned(signature: bytes) -> str:
    """The note with another signature of the right key."""
    line = base64.b64encode(SIGNER.verifier.key_hash + signature).decode()
    return f"{CHECKPOINT.text}\n— {ORIGIN} {line}\n"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        CHECKPOINT.text,
        NOTE.rstrip("\n"),
        NOTE.replace("\n0\n", "\n1\n"),
        NOTE.replace("\n0\n", "\n00\n"),
        NOTE.replace("—", "-"),
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("=", ""),
        NOTE.replace(" order-ledger/shop", "  order-ledger/shop"),
        NOTE + "— someone\n",
        NOTE + "\n",
        NOTE.replace("\n\n", "\n\t\n\n"),
        resigned(bytes(64)),
        resigned(b"short"),
        NOTE + resigned(bytes(64)).rpartition("\n\n")[2],
        NOTE + "— someone AAAAAAAA\n" * 200,
    ],
)
def test_what_is_no_note_of_this_key_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        open_checkpoint(note, SIGNER.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "order-ledger/other\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
        f"{ORIGIN}\n0\nAAAA\n",
        f"{ORIGIN}\n0\n",
        "\n",
    ],
)
def test_a_note_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        open_checkpoint(SIGNER.sign(text), SIGNER.verifier)


@pytest.mark.parametrize(
    "vkey",
    ["", PETER[:-4], PETER.replace("c74f20a3", "c74f20a4"), PETER.replace("Peter", "Pete"), "a b+" + PETER, "x+y+z"],
)
def test_what_is_no_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        Verifier.parse(vkey)
