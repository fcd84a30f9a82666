"""What the log must prove, checked: signed notes (C2SP signed-note, tlog-checkpoint), and the tree of RFC 6962. Pure.

Nothing here is shared with the server that makes the proofs, and nothing is believed that it says. Every function
raises ProofFailed with what does not hold.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from .errors import ProofFailed

_SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ED25519 = b"\x01"
_HASH_BYTES = 32


class Verifier(NamedTuple):
    """A key that checkpoints are signed with: its name, which is the log's, and its public half."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """By what its signatures are told from others'."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]


class Checkpoint(NamedTuple):
    """A log at some time: so many events under this root; `note` is what was signed, to be kept."""

    origin: str
    size: int
    root: bytes
    note: str


def verifier_of(vkey: str) -> Verifier:
    """The key in the one line that a vkey is."""
    name, _, rest = vkey.strip().partition("+")
    key_hash, _, encoded = rest.partition("+")
    key = unpacked(encoded, 33, "the vkey's key")
    found = Verifier(name, key[1:])
    if not name or re.search(r"\s", name) or key[:1] != _ED25519 or found.key_hash.hex() != key_hash:
        raise ProofFailed("this is no vkey of Ed25519, or its hash is not that of its key")
    return found


def checkpoint_of(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that the key has signed; others' signatures are ignored."""
    text, blank, lines = note.rpartition("\n\n")
    origin, size, root = [*text.split("\n"), "", "", ""][:3]
    found = [_SIGNATURE.fullmatch(line) for line in lines.removesuffix("\n").split("\n")]
    if not blank or not lines.endswith("\n") or None in found or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise ProofFailed("the checkpoint is no signed note")
    signatures = [unpacked(one[2], None, "a signature") for one in found if one and one[1] == verifier.name]
    own = [signature[4:] for signature in signatures if signature[:4] == verifier.key_hash]
    if not own:
        raise ProofFailed(f"the checkpoint is not signed by {verifier.name} with the key that is trusted")
    if not all(_is_signed(verifier, f"{text}\n".encode(), signature) for signature in own):
        raise ProofFailed(f"the signature of {verifier.name} on the checkpoint is wrong")
    if origin != verifier.name or not _SIZE.fullmatch(size):
        raise ProofFailed(f"the note is no checkpoint of {verifier.name}")
    return Checkpoint(origin, int(size), unpacked(root, _HASH_BYTES, "the checkpoint's root"), note)


def leaf_hash_of(line: Mapping[str, Any]) -> bytes:
    """The hash of an event, from its ten members in a line of an export (docs/audit.md)."""
    try:
        texts = [line[name].encode() for name in ("stream", "type", "metadata", "data")]
        stream, type_, metadata, data = (struct.pack(">I", len(text)) + text for text in texts)
        numbers = struct.pack(">Iqq", line["schema_version"], line["occurred_at"], line["recorded_at"])
        head = b"order-ledger/event/v1\n" + UUID(line["event_id"]).bytes + stream + struct.pack(">Q", line["version"])
    except (KeyError, AttributeError, TypeError, ValueError, struct.error) as error:
        raise ProofFailed(f"the line is no event of an export: {error}") from None
    return hashlib.sha256(b"\x00" + head + type_ + numbers + metadata + data).digest()


def check_inclusion(leaf: bytes, index: int, path: Sequence[bytes], checkpoint: Checkpoint) -> None:
    """That the leaf of this hash is leaf `index` (from 0) of the checkpoint's tree (RFC 9162, 2.1.3.2)."""
    node, last, found = index, checkpoint.size - 1, leaf
    holds = 0 <= index < checkpoint.size
    for sibling in path:
        holds = holds and last != 0  # else the path is longer than the way
        if node & 1 or node == last:
            found = _node(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = _node(found, sibling)
        node, last = node >> 1, last >> 1
    if not (holds and last == 0 and found == checkpoint.root):
        raise ProofFailed(f"event {index + 1} is not in the log of {checkpoint.size} events that was signed")


def check_consistency(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> None:
    """That the new tree begins with the old one: nothing was changed or taken away (RFC 9162, 2.1.4.2)."""
    if old.size > new.size:
        raise ProofFailed(f"{old.size} events were signed, and the log has only {new.size}: the rest is gone")
    if old.size in (0, new.size):
        nothing = hashlib.sha256().digest()
        holds = not path and old.root == (new.root if old.size == new.size else nothing)
    else:
        holds = _roots(old, new.size, path) == (old.root, new.root)
    if not holds:
        raise ProofFailed(f"the first {old.size} events are not those that were signed: the log was rewritten")


def unpacked(text: object, size: int | None, what: str) -> bytes:
    """Canonical base64 of so many bytes."""
    try:
        found = base64.b64decode(str(text), validate=True)
    except ValueError:
        raise ProofFailed(f"{what} is not base64") from None
    if base64.b64encode(found).decode() != text or size not in (None, len(found)):
        raise ProofFailed(f"{what} is not {size} bytes in canonical base64")
    return found


def _roots(old: Checkpoint, size: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of the old tree and of the one of `size` that a path leads to; None: it leads nowhere."""
    nodes = [old.root, *path] if old.size & (old.size - 1) == 0 else list(path)
    node, last = old.size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    of_old = of_new = nodes[0] if nodes else b""
    for sibling in nodes[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            of_old, of_new = _node(sibling, of_old), _node(sibling, of_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            of_new = _node(of_new, sibling)
        node, last = node >> 1, last >> 1
    return (of_old, of_new) if last == 0 else None


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _is_signed(verifier: Verifier, message: bytes, signature: bytes) -> bool:
    try:  # not at the top: who checks no proofs needs no cryptography
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise ProofFailed("no signature can be checked here: install cryptography") from None
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
