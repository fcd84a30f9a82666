"""Lines of an export to a `Hasher`, a chunk at a time. Pure.

Lines as we write them are read with few steps an event: the two long members are cut out where they stand, and what is
checked is checked of many lines at once. A chunk in which any line is otherwise (and may still be right) is read line
by line.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from uuid import UUID

import msgspec

from ledger.audit.digest import Hasher
from ledger.audit.lines import Head, LineError, check_document, encode_line, objects, read_line

_METADATA, _DATA, _END = b',"metadata":"', b'","data":"', b'"}'
_ID_LENGTH, _DASHES = 36, (8, 13, 18, 23)
_heads = msgspec.json.Decoder(Head)
_decode_escapes = codecs.escape_decode
_encode_lines = msgspec.json.Encoder().encode_lines
_an_object = objects.decode
_text = msgspec.json.Decoder(str)


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
            yield read_line(line).head()
        except LineError:
            yield Head(0, "", "", 0, "", 0, 0, 0)


def _add_line(hasher: Hasher, line: bytes, name: str) -> None:
    number = hasher.place - hasher.first
    try:
        read = read_line(line)
        ids = UUID(read.event_id).bytes
        hasher.add([read.head()], ids, [read.metadata.encode()], [read.data.encode()])
    except LineError as error:
        hasher.add_unreadable(f"line {number} of {name} {error}")


def _usual(chunk: bytes) -> tuple[list[Head], bytes, list[bytes], list[bytes]]:
    """The events of lines in our own form: heads, ids one after the other, metadata, data."""
    short, long, find, start, end = [], [], chunk.find, 0, len(chunk)
    while start < end:
        middle = find(_METADATA, start)
        last = find(_DATA, middle)
        stop = find(b"\n", last)
        if middle < 0 or last < 0 or chunk[stop - 2 : stop] != _END:
            raise _OtherwiseError
        short.append(chunk[start:middle])
        long.append(chunk[middle + 13 : last])
        long.append(chunk[last + 10 : stop - 2])
        start = stop + 1
    heads, ids = _heads_of(short)
    documents = _unescaped(long)
    return heads, ids, documents[::2], documents[1::2]


def _heads_of(short: list[bytes]) -> tuple[list[Head], bytes]:
    """The eight short members, in the one form we write them in; and the ids apart."""
    joined = b"}\n".join(short) + b"}\n"
    try:
        heads: list[Head] = _heads.decode_lines(joined)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _OtherwiseError from None
    if len(heads) != len(short) or _encode_lines(heads) != joined:
        raise _OtherwiseError
    return heads, _ids([head.event_id for head in heads])


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


def _unescaped(long: list[bytes]) -> list[bytes]:
    """The stored bytes of members that hold them as strings; each is an object of JSON in UTF-8."""
    joined = b"\n".join(long)
    try:
        plain = _decode_escapes(joined)[0]
    except (ValueError, DeprecationWarning):
        return [_read(text) for text in long]
    documents = plain.split(b"\n")
    escapes = joined.count(b"\\")
    # What Python calls escapes is more than quotes. Here there are no others: of each one byte is gone (so it was none
    # by number, and no end of a line), none was a backslash or an apostrophe, tab or CR; the rest are no JSON. And as
    # many as there are quotes: so each was escaped.
    if (
        len(joined) - len(plain) != escapes or plain.count(b'"') != escapes or len(documents) != len(long)
        or b"\\" in plain or b"'" in joined or b"\t" in plain or b"\r" in plain
    ):  # fmt: skip
        return [_read(text) for text in long]
    try:
        plain.decode()
        for document in documents:
            _an_object(document)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _OtherwiseError from None
    return documents


def _read(text: bytes) -> bytes:
    """A string with other escapes in it than those of quotes."""
    quoted = b'"%b"' % text
    try:
        found = _text.decode(quoted)
        if encode_line(found) != quoted:
            raise _OtherwiseError
        document = found.encode()
        check_document(document, "")
    except (msgspec.MsgspecError, UnicodeDecodeError, LineError):
        raise _OtherwiseError from None
    return document
