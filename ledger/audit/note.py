"""Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint), with Ed25519. Pure.

A note is text, a blank line, and signature lines `— <key name> <base64 of key hash and signature>`. The text of a
checkpoint is its origin, the tree's size and the root's hash; its key is named by its origin.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.errors import LedgerError

_ED25519 = b"\x01"
_KEY_HASH_BYTES, _PUBLIC_BYTES, _SIGNATURE_BYTES, _ROOT_BYTES = 4, 32, 64, 32
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LONGEST, _MOST_SIGNATURES = 1_000_000, 100


class NoteError(LedgerError):
    """A note, checkpoint or key that is malformed, or not signed by the key that it must be signed by."""


class Verifier(NamedTuple):
    """A key's name and its public half: what a vkey says."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """By what signatures of the key are told from others'."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_HASH_BYTES]

    @property
    def vkey(self) -> str:
        """The key as one line of text."""
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """A key from its vkey. NoteError: it is none."""
        name, _, rest = vkey.strip().partition("+")
        key_hash, _, encoded = rest.partition("+")
        key = _decoded(encoded, "the key")
        if not name or re.search(r"\s", name) or len(key) != 1 + _PUBLIC_BYTES or key[:1] != _ED25519:
            raise NoteError("this is no vkey of Ed25519")
        found = cls(name, key[1:])
        if found.key_hash.hex() != key_hash:
            raise NoteError("the vkey's hash is not that of its key")
        return found


class Signer:
    """A private key under a name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = Verifier(name, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, text: str) -> str:
        """`text`, which ends in a newline, as a signed note. The same text gives the same note."""
        signature = base64.b64encode(self.verifier.key_hash + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.verifier.name} {signature}\n"


class Checkpoint(NamedTuple):
    """The state of a log: so many leaves, under this root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def open_note(note: str, verifier: Verifier) -> str:
    """The text of a note that `verifier` has signed; others' signatures are ignored.

    NoteError: it is malformed, not signed by this key, or the key's signature is wrong.
    """
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n") or len(note) > _LONGEST or _is_unclean(note):
        raise NoteError("this is no signed note")
    lines = signatures[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteError("the note has too many signatures")
    signed = False
    for line in lines:
        found = _SIGNATURE.fullmatch(line)
        signature = _decoded(found[2], "a signature") if found else b""
        if found is None or len(signature) <= _KEY_HASH_BYTES:
            raise NoteError("a signature line of the note is malformed")
        if found[1] == verifier.name and signature[:_KEY_HASH_BYTES] == verifier.key_hash:
            _check(verifier, text + "\n", signature[_KEY_HASH_BYTES:])
            signed = True
    if not signed:
        raise NoteError(f"the note is not signed by {verifier.name}")
    return text + "\n"


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note signed by `verifier`, whose name is its origin. NoteError: see `open_note`."""
    # Lines after the third are extensions: nobody asks for any, and none changes what the first three say.
    origin, size, root = [*open_note(note, verifier).split("\n")[:-1], "", ""][:3]
    decoded = _decoded(root, "the root")
    if origin != verifier.name or not _SIZE.fullmatch(size) or len(decoded) != _ROOT_BYTES:
        raise NoteError("the note is no checkpoint of this log")
    return Checkpoint(origin, int(size), decoded)


def _check(verifier: Verifier, text: str, signature: bytes) -> None:
    try:
        if len(signature) != _SIGNATURE_BYTES:
            raise InvalidSignature
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, text.encode())
    except InvalidSignature:
        raise NoteError(f"the signature of {verifier.name} is wrong") from None


def _is_unclean(note: str) -> bool:
    """Control characters other than a newline are not allowed in a note."""
    return any(character < " " and character != "\n" for character in note)


def _decoded(text: str, what: str) -> bytes:
    """Canonical base64 only: one text for one value."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(f"{what} is not base64") from None
    if base64.b64encode(found).decode() != text:
        raise NoteError(f"{what} is not canonical base64")
    return found
