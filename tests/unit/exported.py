"""Exports made by hand, for tests: a few events, whatever shape they are to have, and a key to sign with."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit import files
from ledger.audit.leaf import leaf, leaf_hash
from ledger.audit.lines import Line, encode_line
from ledger.audit.note import Checkpoint, Signer
from ledger.audit.tree import root_of
from ledger.audit.verify import Report, verify

ORIGIN = "order-ledger/shop"
SIGNER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STRANGER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
BEGAN = 1_763_906_400_000_000


def event(position: int, **members: object) -> Line:
    """An event of a fixed little log, three to a stream; the data of every fifth holds what JSON escapes."""
    number, version = divmod(position - 1, 3)
    text = 'Räksmörgås "extra" \\ \n\t' if position % 5 == 0 else "Kanelbulle"
    data = msgspec.json.encode({"order": {"Id": number, "OrderTotal": position, "Comments": text}}).decode()
    plain = Line(
        position, f"019ab000-0000-7000-8000-{position:012x}", f"order-{number:08}", version + 1,
        ("order.finalised", "payment.captured", "receipt.issued")[version], 1, BEGAN + position,
        BEGAN + 2 * position, '{"actor":"key:1"}' if position % 2 else "{}", data,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **members)


def events(count: int) -> list[Line]:
    """The first so many."""
    return [event(position) for position in range(1, count + 1)]


def hashed(line: Line) -> bytes:
    """The hash of an event's leaf."""
    id_ = bytes.fromhex(line.event_id.replace("-", ""))
    strings = [one.encode() for one in (line.stream, line.type, line.metadata, line.data)]
    stream, type_, metadata, data = strings
    times = line.schema_version, line.occurred_at, line.recorded_at
    return leaf_hash(leaf(id_, stream, line.version, type_, *times, metadata, data))


def signed(lines: Sequence[Line], signer: Signer = SIGNER) -> str:
    """The checkpoint of these events."""
    root = root_of([hashed(line) for line in lines])
    return signer.sign(Checkpoint(signer.verifier.name, len(lines), root).text)


def packed(raw: bytes, kind: str = "zst") -> bytes:
    """A frame, or member."""
    return gzip.compress(raw, mtime=0) if kind == "gz" else zstandard.ZstdCompressor(level=1).compress(raw)


def written(lines: Iterable[Line]) -> bytes:
    """The lines as bytes."""
    return b"".join(encode_line(line) + b"\n" for line in lines)


class Export:
    """A directory with an export in it, or what somebody has made of one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / files.EVENTS).mkdir(parents=True)

    @classmethod
    def of(cls, directory: Path, lines: Sequence[Line], *, per_file: int = 8, kind: str = "zst") -> Export:
        """Made as it should be."""
        made = cls(directory)
        for at in range(0, len(lines), per_file):
            made.put(at + 1, packed(written(lines[at : at + per_file]), kind), kind)
        made.sign(lines)
        return made

    def put(self, first: int, content: bytes, kind: str = "zst") -> None:
        """A file of events."""
        self.path(first, kind).write_bytes(content)

    def path(self, first: int, kind: str = "zst") -> Path:
        """Where it lies."""
        return self.directory / files.EVENTS / files.file_name(first, kind)

    def sign(self, lines: Sequence[Line], signer: Signer = SIGNER) -> None:
        """Checkpoint and vkey."""
        (self.directory / files.CHECKPOINT).write_text(signed(lines, signer), "utf-8")
        (self.directory / files.VKEY).write_text(signer.verifier.vkey + "\n", "utf-8")

    def save(self, name: str, lines: Sequence[Line], signer: Signer = SIGNER) -> Path:
        """A checkpoint that an auditor kept."""
        path = self.directory.parent / name
        path.write_text(signed(lines, signer), "utf-8")
        return path

    def verify(self, *checkpoints: Path, processes: int = 0) -> Report:
        """Against the right key."""
        vkey = SIGNER.verifier.vkey
        return verify(self.directory, vkey=vkey, checkpoints=checkpoints, processes=processes)

    def findings(self, *checkpoints: Path) -> list[str]:
        """What is wrong."""
        return self.verify(*checkpoints).findings


def root_in(note: str) -> bytes:
    """The root that a checkpoint names."""
    return base64.b64decode(note.split("\n")[2])
