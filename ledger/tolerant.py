"""The slow way in: any spelling the contract allows (names in any case, Guids in braces, flags as words, unknown
members) becomes a record, and every member at fault is named with its JSON path. Pure.

Real bodies nearly always fit a record as they stand and never come here (see `reading`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ledger import records, scalars
from ledger.annotations import is_list, record_in
from ledger.business_time import instant
from ledger.cards import mask_unknown, masked
from ledger.errors import BadInput
from ledger.swish_door import is_secret

Problems = list[tuple[str, str]]
# A value in some spelling -> what it is, UNSET for as good as not sent. ValueError says what it must be.
Reader = Callable[[Any], Any]
R = TypeVar("R", bound=records.Record)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_GUID = re.compile(r"\{[0-9a-f-]{32,36}\}|[0-9a-f-]{32,36}", re.ASCII | re.IGNORECASE)
# An escape in a string. Where there is a group, it is half a character: JavaScript sends such where a text was cut.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_ANY_ZONE = ZoneInfo("UTC")
# Objects and arrays inside one another, the outermost counted, as .NET's own reader has it. What is stored is walked
# again by every reader, each at a depth of its own stack: without a bound here, some event could stop a projection.
DEEPEST = 64
# Order lines, payments, rows … of one document, and values of any kind in it.
PARTS_AT_MOST = 5000
VALUES_AT_MOST = 100_000
# Members at fault that an answer names, and characters of a name that are shown.
_NAMED_AT_MOST, _NAME_SHOWN = 100, 100


class _Member(NamedTuple):
    """A member of a record: a value with the rule to `read` it; else a `part`, or a list of such."""

    name: str
    read: Reader | None
    part: Any
    is_list: bool


def loose(body: bytes) -> Any:
    """JSON with exact decimals, a byte order mark allowed, half a character (a lone surrogate) read as U+FFFD.

    BadInput: not JSON, nested too deep, or too many values.
    """
    try:
        value = _whole(body.removeprefix(BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput.at("$", str(error)) from None
    except ArithmeticError:
        raise BadInput.at("$", "holds a number that nobody can read") from None
    except RecursionError:
        raise too_deep() from None
    if len(body) < VALUES_AT_MOST and body.count(b"{") + body.count(b"[") < DEEPEST:
        return value  # too short for as many, too flat to be as deep
    level, count = [value], 0
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        count += len(level)
    if count > VALUES_AT_MOST:
        raise BadInput.at("$", f"holds more than {VALUES_AT_MOST} values")
    if any(isinstance(inner, (dict, list)) for inner in level):
        raise too_deep()
    return value


def _whole(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)
        if mended == body:
            raise
        return _DECODER.decode(mended)


def too_deep() -> BadInput:
    """The error of a body that goes deeper than `DEEPEST`."""
    return BadInput.at("$", "is nested too deep")


def too_many(path: str) -> BadInput:
    """The error of a list that is longer than `PARTS_AT_MOST`, what is within its parts counted."""
    return BadInput.at(path, f"has more than {PARTS_AT_MOST} parts")


def convert(record: type[R], value: Any, path: str = "$") -> R:
    """A decoded JSON object as a record. BadInput names every member at fault."""
    problems: Problems = []
    try:
        result: R = _record(record, value, path, problems)
    except RecursionError:
        raise BadInput.at(path, "is nested too deep") from None
    except ValueError as error:
        problems.append((path, str(error)))
    if problems:
        raise BadInput("; ".join(f"{where} {what}" for where, what in problems[:5]), problems[:_NAMED_AT_MOST])
    return result


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def guid(value: Any) -> UUID:
    """A Guid in any of its spellings; none is all zeros. ValueError: no Guid."""
    if value is None or value == "":
        return records.NO_ID
    if isinstance(value, str) and _GUID.fullmatch(value.strip()):
        digits = value.strip().strip("{}").replace("-", "")
        if len(digits) == 32:
            return UUID(hex=digits)
    raise ValueError("must be a Guid")


def _record(record: type[records.Record], value: Any, path: str, problems: Problems) -> Any:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    members, required, keeps_unknown = _members(record)
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    wrong: set[str] = set()
    for name, member in value.items():
        found = members.get(name) or members.get(name.lower())
        if found is None:
            keep_unknown(extra, name, member, path, problems)
            continue
        # Of a member that comes twice, in whatever case, the last one counts, also when it is null: not sent.
        known.pop(found.name, None)
        wrong.discard(found.name)
        if member is None:
            continue
        try:
            if found.read is not None:
                read = found.read(member)
            else:
                read_part = _list if found.is_list else _record
                read = read_part(found.part, member, _place(path, name), problems)
            if read is not msgspec.UNSET:
                known[found.name] = read
        except ValueError as error:
            wrong.add(found.name)
            problems.append((_place(path, name), str(error)))
    problems += [(f"{path}.{name}", "is missing") for name in required if name not in known and name not in wrong]
    if extra and keeps_unknown:
        known["extra"] = extra
    return None if problems else record(**known)


def _place(path: str, name: str) -> str:
    return f"{path}.{masked(name[:_NAME_SHOWN])}"


def keep_unknown(extra: dict[str, Any], name: str, member: Any, path: str, problems: Problems) -> None:
    """Adds a member that we do not know to those of its record, unless it is a secret."""
    if is_secret(name):
        return
    try:
        kept_name, kept = mask_unknown(scalars.text(name), scalars.unknown(member))
        extra[kept_name] = kept
    except ValueError as error:
        problems.append((_place(path, name), str(error)))


@functools.cache
def _members(record: type[records.Record]) -> tuple[dict[str, _Member], tuple[str, ...], bool]:
    """Members by name, as it is and in lower case; the names that must be there; whether unknown members are kept."""
    fields = [field for field in msgspec.structs.fields(record) if field.name != "extra"]
    members = [_member(field) for field in fields]
    table = {member.name.lower(): member for member in members} | {member.name: member for member in members}
    required = tuple(field.name for field in fields if field.required)
    return table, required, len(fields) < len(record.__struct_fields__)


def _member(field: msgspec.structs.FieldInfo) -> _Member:
    """By its annotation in `records`."""
    rule = next((rule for known, rule in _RULES if field.type == known), None)
    return _Member(field.name, rule, record_in(field.type) or UUID, is_list(field.type))


def _list(item: Any, value: Any, path: str, problems: Problems) -> Any:
    if not isinstance(value, list):
        raise ValueError("must be an array")
    if len(value) > PARTS_AT_MOST:
        raise ValueError(f"has more than {PARTS_AT_MOST} parts")
    result = []
    for index, member in enumerate(value):
        place = f"{path}[{index}]"
        try:
            if member is None:
                raise ValueError("must not be null")
            result.append(guid(member) if item is UUID else _record(item, member, place, problems))
        except ValueError as error:
            problems.append((place, str(error)))
    return result


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a date and time as text")
    if not value.strip():
        return msgspec.UNSET
    instant(value, _ANY_ZONE)  # only for its error: the outlet, and so the zone, may not be known yet
    return value


def _maybe_guid(value: Any) -> Any:
    found = guid(value)
    return found if found.int else msgspec.UNSET


_RULES: tuple[tuple[Any, Reader], ...] = (
    (UUID, guid),
    (UUID | None, _maybe_guid),
    (Decimal, scalars.decimal),
    (Decimal | None, scalars.decimal),
    (records.Flag, scalars.flag),
    (records.Int, scalars.integer(32)),
    (records.Int | None, scalars.integer(32)),
    (records.Long, scalars.integer(64)),
    (bool, scalars.boolean),
    (records.Moment, _moment),
    (records.Moment | None, _moment),
    (records.StatusText, scalars.status),
    (records.Key, scalars.short(200)),
    (records.Note, scalars.short(250)),
    (records.Text, scalars.text),
)
