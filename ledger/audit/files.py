"""An export's directory: the names in it, its compressed lines, and how files come into it whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import zstandard

from ledger.errors import LedgerError

CHECKPOINT, VKEY, EVENTS = "checkpoint", "vkey", "events"
# Lines of a file, whose first position is one more than a multiple of it: a complete subtree, and work for one core.
EVENTS_PER_FILE = 16_384
CHUNK = 1 << 17
_UNFINISHED = ".unfinished"
_NAME = re.compile(r"([0-9]{9,18})\.jsonl\.(zst|gz)")
# Of compressed bytes at once: a few of them may stand for very many.
_READ = {"zst": 8192, "gz": 1 << 16}
_ZSTD_FRAME, _GZIP_MEMBER = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_LONGEST_LINE = 1 << 28


class FileError(LedgerError):
    """A file of an export that cannot be read as one; the message ends a sentence that begins with its name."""


class EventsFile(NamedTuple):
    """A file of events, by the position that its name says."""

    path: Path
    first: int

    @property
    def name(self) -> str:
        """As it is shown."""
        return f"{EVENTS}/{self.path.name}"


def file_name(first: int, kind: str) -> str:
    """The name of the file whose first line is this position; `kind` is zst or gz."""
    return f"{first:09}.jsonl.{kind}"


def events_files(directory: Path) -> tuple[list[EventsFile], list[str]]:
    """The files of events in order, and what lies among them that is none."""
    found, others = [], []
    folder = directory / EVENTS
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        if name is None or path.is_symlink() or not path.is_file() or file_name(int(name[1]), name[2]) != path.name:
            others.append(f"{EVENTS}/{path.name}")
        else:
            found.append(EventsFile(path, int(name[1])))
    return sorted(found, key=lambda file: (file.first, file.path.name)), others


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file in chunks of whole ones. FileError: it is damaged, or holds more or less than lines."""
    pieces, size = list[bytes](), 0
    with path.open("rb") as file:
        for piece in _decompressed(file, path.suffix[1:]):
            pieces.append(piece)
            size += len(piece)
            end = piece.rfind(b"\n") + 1 if size >= CHUNK else 0
            if end:
                pieces[-1] = piece[:end]
                yield b"".join(pieces)
                pieces, size = [piece[end:]], len(piece) - end
            elif size > _LONGEST_LINE:
                raise FileError("has a line that is too long for an event")
    rest = b"".join(pieces)
    end = rest.rfind(b"\n") + 1
    if end:
        yield rest[:end]
    if end < len(rest):
        raise FileError("does not end with the LF of its last line")


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given beyond its end."""
        ...

    def decompress(self, data: bytes, /) -> bytes:
        """What so many bytes stand for."""
        ...


def _decompressed(file: BinaryIO, kind: str) -> Iterator[bytes]:
    """Frames (zstd) or members (gzip), one after the other and nothing besides them."""
    magic = _ZSTD_FRAME if kind == "zst" else _GZIP_MEMBER
    rest = b""
    while True:
        while len(rest) < len(magic) and (more := file.read(_READ[kind])):
            rest += more
        if not rest:
            return
        if not rest.startswith(magic):
            raise FileError(f"has bytes that are no {kind} data")
        frame = _decompressor(kind)
        while not frame.eof:
            try:
                yield frame.decompress(rest)
            except (zstandard.ZstdError, zlib.error):
                raise FileError(f"is damaged: not to be decompressed as {kind}") from None
            rest = frame.unused_data if frame.eof else file.read(_READ[kind])
            if not rest and not frame.eof:
                raise FileError("is cut off: its compressed data has no end")


def _decompressor(kind: str) -> _Decompressor:
    if kind == "gz":
        return zlib.decompressobj(wbits=31)
    return zstandard.ZstdDecompressor().decompressobj(write_size=1 << 16)


@contextlib.contextmanager
def replacing(path: Path, directory: Path) -> Iterator[BinaryIO]:
    """Writes a file that is there as a whole and durably when the block has ended well, and else not at all.

    `directory` is the export's, where it lies until it is whole.
    """
    unfinished = directory / _UNFINISHED
    with unfinished.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    for folder in {path.parent, directory}:
        sync_directory(folder)


def sync_directory(directory: Path) -> None:
    """Makes durable which files a directory holds."""
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
