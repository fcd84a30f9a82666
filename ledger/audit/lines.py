"""One event as a line of an export, and back. Pure.

A line is a JSON object of ten members; `metadata` and `data` are strings that hold the stored bytes. We write one form
of it; read is any JSON that says the same, for an export may come from somebody else's program.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from ledger.errors import LedgerError

LARGEST_VERSION, LARGEST_SCHEMA_VERSION = 2**64 - 1, 2**32 - 1
_LARGEST_INSTANT = 2**63 - 1
_NUMBERS = {
    "position": (1, _LARGEST_INSTANT),
    "version": (1, LARGEST_VERSION),
    "schema_version": (0, LARGEST_SCHEMA_VERSION),
    "occurred_at": (-(2**63), _LARGEST_INSTANT),
    "recorded_at": (-(2**63), _LARGEST_INSTANT),
}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class LineError(LedgerError):
    """A line that is no event; the message ends a sentence that begins with its place."""


class Head(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A line without the two members that are long. Times in microseconds since 1970 UTC."""

    position: int
    event_id: str
    stream: str
    version: int
    type: str
    schema_version: int
    occurred_at: int
    recorded_at: int


class Line(Head, gc=False, forbid_unknown_fields=True):
    """A whole line."""

    metadata: str
    data: str

    def head(self) -> Head:
        """The eight short members."""
        return Head(
            self.position, self.event_id, self.stream, self.version, self.type, self.schema_version,
            self.occurred_at, self.recorded_at,
        )  # fmt: skip


_MEMBERS = frozenset(Line.__struct_fields__)
encode_line = msgspec.json.Encoder().encode


def read_line(line: bytes) -> Line:
    """The event of a line, given without its LF. LineError: it is none; what is at fault is named."""
    if line.endswith(b"\r"):
        raise LineError("ends with CR LF, not with LF alone")
    try:
        found = json.loads(line.decode(), object_pairs_hook=_Members)
    except UnicodeDecodeError:
        raise LineError("is not UTF-8") from None
    except (ValueError, RecursionError):
        raise LineError("is not JSON") from None
    if not isinstance(found, _Members):
        raise LineError("is not an object of JSON")
    return _checked(dict(found), len(found))


class _Members(list[tuple[str, Any]]):
    """An object's members as they stand: one that is there twice is seen."""


def _checked(found: dict[str, Any], count: int) -> Line:
    for name in sorted(_MEMBERS - found.keys()):
        raise LineError(f"has no member {name}")
    for name in sorted(found.keys() - _MEMBERS):
        raise LineError(f"has a member that no event has: {name[:40]!r}")
    if count != len(found):
        raise LineError("has a member twice")
    for name, value in found.items():
        if name in _NUMBERS:
            low, high = _NUMBERS[name]
            if type(value) is not int or not low <= value <= high:
                raise LineError(f"has no number of an event in {name}")
        elif not isinstance(value, str) or not _is_text(value):
            raise LineError(f"has no text in {name}")
    if not _UUID.fullmatch(found["event_id"]):
        raise LineError("has no UUID in event_id")
    for name in ("metadata", "data"):
        check_document(found[name].encode(), name)
    return Line(**found)


def check_document(document: bytes, name: str) -> None:
    """LineError: these stored bytes are no object of JSON in UTF-8."""
    try:
        document.decode()
        _an_object(document)
    except (UnicodeDecodeError, msgspec.MsgspecError):
        raise LineError(f"has something else than an object of JSON in {name}") from None


class _Object(msgspec.Struct, gc=False):
    """Any object: its members are checked to be JSON and passed over."""


objects = msgspec.json.Decoder(_Object)
_an_object = objects.decode


def _is_text(value: str) -> bool:
    """Not half of a surrogate pair, which has no bytes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
