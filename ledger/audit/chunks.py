"""Lines of an export to a `Hasher`, a chunk at a time. Pure.

Lines as we write them are read many at once, and are known to be such by being written again. A chunk in which any line
is otherwise (and may still be right) is read line by line.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from ledger.audit.digest import Hasher
from ledger.audit.lines import Head, Line, LineError, objects, read_line

_ID_LENGTH, _DASHES = 36, (8, 13, 18, 23)
_decode_lines = msgspec.json.Decoder(Line).decode_lines
_encode_lines = msgspec.json.Encoder().encode_lines
_an_object = objects.decode


class _OtherwiseError(Exception):
    """Not lines as we write them."""


def add_lines(hasher: Hasher, chunk: bytes, name: str) -> None:
    """Whole lines, each with its LF; findings name the file by `name`."""
    try:
        hasher.add(*_usual(chunk))
    except (_OtherwiseError, struct.error):
        for line in chunk[:-1].split(b"\n"):
            _add_line(hasher, line, name)


def read_chunk(chunk: bytes) -> Iterator[Head]:
    """What stands in whole lines, where it can be read; an event that cannot is position 0."""
    for line in chunk[:-1].split(b"\n"):
        try:
            yield read_line(line)
        except LineError:
            yield Head(0, "", "", 0, "", 0, 0, 0)


def _add_line(hasher: Hasher, line: bytes, name: str) -> None:
    number = hasher.place - hasher.first
    try:
        read = read_line(line)
        ids = UUID(read.event_id).bytes
        hasher.add([read], ids, [read.metadata.encode()], [read.data.encode()])
    except LineError as error:
        hasher.add_unreadable(f"line {number} of {name} {error}")


def _usual(chunk: bytes) -> tuple[Sequence[Line], bytes, list[bytes], list[bytes]]:
    """The events of lines in our own form: as they are, their ids one after the other, metadata, data."""
    try:
        lines: list[Line] = _decode_lines(chunk)
        # One form for each event: no member can be there twice, and no byte besides.
        if _encode_lines(lines) != chunk:
            raise _OtherwiseError
        metadata, data = [line.metadata.encode() for line in lines], [line.data.encode() for line in lines]
        for document in metadata:
            _an_object(document)
        for document in data:
            _an_object(document)
    except (msgspec.MsgspecError, UnicodeError):
        raise _OtherwiseError from None
    return lines, _ids([line.event_id for line in lines]), metadata, data


def _ids(texts: list[str]) -> bytes:
    """UUIDs, which must be in their canonical form."""
    joined, count = "".join(texts), len(texts)
    digits = joined.replace("-", "")
    # A text that is too long pushes the dashes of another one away from where they belong.
    if len(digits) != 32 * count or any(joined[at::_ID_LENGTH] != "-" * count for at in _DASHES):
        raise _OtherwiseError
    try:
        ids = bytes.fromhex(digits)
    except ValueError:
        raise _OtherwiseError from None
    if ids.hex() != digits:
        raise _OtherwiseError
    return ids
