"""The slow way in: any spelling the contract allows (names in any case, Guids in braces, flags as words, unknown
members) becomes a record, and every member at fault is named with its JSON path. Pure.

Real bodies nearly always fit a record as they stand and never come here (see `reading`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ledger import records
from ledger.amounts import canonical
from ledger.business_time import instant
from ledger.errors import BadInput

Problems = list[tuple[str, str]]
Reader = Callable[[Any, str, Problems], Any]
R = TypeVar("R", bound=records.Record)

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_GUID = re.compile(r"\{[0-9a-f-]{32,36}\}|[0-9a-f-]{32,36}", re.ASCII | re.IGNORECASE)
_WORDS = {"true": True, "false": False, "1": True, "0": False}
# Powers of ten: what a double still holds, and from where on a number is written with an exponent.
_FARTHEST, _WRITTEN_OUT = 300, 30
_ANY_ZONE = ZoneInfo("UTC")
# Objects and arrays inside one another, the outermost counted, as .NET's own reader has it. What is stored is walked
# again by every reader, each at a depth of its own stack: without a bound here, some event could stop a projection.
DEEPEST = 64


def loose(body: bytes) -> Any:
    """JSON with exact decimals, a byte order mark allowed. BadInput: not JSON, or nested too deep."""
    try:
        value = _DECODER.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput.at("$", str(error)) from None
    except RecursionError:
        raise too_deep() from None
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
    if any(isinstance(inner, (dict, list)) for inner in level):
        raise too_deep()
    return value


def too_deep() -> BadInput:
    """The error of a body that goes deeper than `DEEPEST`."""
    return BadInput.at("$", "is nested too deep")


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
        raise BadInput("; ".join(f"{where} {what}" for where, what in problems[:5]), problems)
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
    for name, member in value.items():
        place = f"{path}.{name}"
        found = members.get(name.lower())
        try:
            if found is None:
                extra[_text(name)] = _unknown(member)
            elif (read := found[1](member, place, problems)) is not msgspec.UNSET:
                known[found[0]] = read
            else:
                known.pop(found[0], None)
        except ValueError as error:
            problems.append((place, str(error)))
    # Of a member that comes twice, in whatever case, the last one counts, also when it is null.
    last = {name.lower(): member for name, member in value.items()}
    problems += [(f"{path}.{name}", "is missing") for name in required if last.get(name.lower()) is None]
    if extra and keeps_unknown:
        known["extra"] = extra
    return None if problems else record(**known)


@functools.cache
def _members(record: type[records.Record]) -> tuple[dict[str, tuple[str, Reader]], tuple[str, ...], bool]:
    """Folded name -> (name, how to read it); the names that must be there; whether unknown members are kept."""
    fields = [field for field in msgspec.structs.fields(record) if field.name != "extra"]
    table = {field.name.lower(): (field.name, _reader(field.type)) for field in fields}
    required = tuple(field.name for field in fields if field.required)
    return table, required, len(fields) < len(record.__struct_fields__)


def _reader(annotation: Any) -> Reader:
    """The rule for one member, by its annotation in `records`."""
    for known, rule in _RULES:
        if annotation == known:
            return rule
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    if get_origin(annotation) is list or (arguments and get_origin(arguments[0]) is list):
        item = arguments[0] if get_origin(annotation) is list else get_args(arguments[0])[0]
        return functools.partial(_list, _reader(item))
    inner = arguments[0] if arguments else annotation
    return functools.partial(_nested, inner)


def _list(item: Reader, value: Any, path: str, problems: Problems) -> Any:
    if value is None:
        return msgspec.UNSET
    if not isinstance(value, list):
        raise ValueError("must be an array")
    result = []
    for index, member in enumerate(value):
        place = f"{path}[{index}]"
        try:
            if member is None:
                raise ValueError("must not be null")
            result.append(item(member, place, problems))
        except ValueError as error:
            problems.append((place, str(error)))
    return result


def _nested(record: type[records.Record], value: Any, path: str, problems: Problems) -> Any:
    return msgspec.UNSET if value is None else _record(record, value, path, problems)


def _plain(read: Callable[[Any], Any]) -> Reader:
    """A member for which null means: not sent."""
    return lambda value, path, problems: msgspec.UNSET if value is None else read(value)


def _integer(bits: int) -> Callable[[Any], int]:
    bound = 1 << (bits - 1)

    def read(value: Any) -> int:
        number = value if isinstance(value, int) and not isinstance(value, bool) else _number(value)
        if number != int(number):
            raise ValueError("must be a whole number")
        if not -bound <= number < bound:
            raise ValueError(f"does not fit a {bits} bit integer")
        return int(number)

    return read


def _decimal(value: Any) -> Decimal:
    return canonical[_number(value)]


def _number(value: Any) -> Decimal:
    """Any spelling of a number, within what may be computed with; the bounds of its type are still to be checked."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise ValueError("must be a number")
    if abs(value.adjusted()) > 400:
        raise ValueError("has more than 18 digits")
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, (bool, int, Decimal)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    raise ValueError("must be true or false")


def _flag(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in _WORDS):
        return int(_boolean(value))
    return _integer(32)(value)


def _text(value: Any) -> str:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        value = format(value, "f") if isinstance(value, Decimal) else str(value)
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if "\0" in value:
        raise ValueError("must not contain U+0000")
    return value


def _short(limit: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = _text(value)
        if len(text) > limit:
            raise ValueError(f"is longer than {limit} characters")
        return text

    return read


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a date and time as text")
    if not value.strip():
        return msgspec.UNSET
    instant(value, _ANY_ZONE)  # only for its error: the outlet, and so the zone, may not be known yet
    return value


def _status(value: Any) -> int | str:
    return _short(200)(value) if isinstance(value, str) else _integer(32)(value)


def _maybe_guid(value: Any) -> Any:
    found = guid(value)
    return found if found.int else msgspec.UNSET


def _unknown(value: Any) -> Any:
    """A member we do not know, kept as it is: no bound but that of other readers, who take numbers for doubles.

    Numbers are written in one way, so that a retry is known again.
    """
    if isinstance(value, dict):
        return {_text(name): _unknown(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_unknown(member) for member in value]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return _shortest(value)
    return _text(value) if isinstance(value, str) else value


def _shortest(value: int | Decimal) -> Decimal:
    """The same number, exactly, without trailing zeros, and without an exponent where it is whole and short."""
    number = Decimal(value)
    sign, digits, exponent = number.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")
    if not kept:
        return Decimal(0)
    if abs(number.adjusted()) > _FARTHEST:
        raise ValueError("is no number that others can read")
    exponent = int(exponent) + len(digits) - len(kept)
    shortest = Decimal((sign, tuple(map(int, kept)), exponent))
    return Decimal(int(shortest)) if exponent > 0 and shortest.adjusted() < _WRITTEN_OUT else shortest


_RULES: tuple[tuple[Any, Reader], ...] = (
    (UUID, lambda value, path, problems: guid(value)),
    (UUID | None, _plain(_maybe_guid)),
    (Decimal, _plain(_decimal)),
    (Decimal | None, _plain(_decimal)),
    (records.Flag, _plain(_flag)),
    (records.Int, _plain(_integer(32))),
    (records.Int | None, _plain(_integer(32))),
    (records.Long, _plain(_integer(64))),
    (bool, _plain(_boolean)),
    (records.Moment, _plain(_moment)),
    (records.Moment | None, _plain(_moment)),
    (records.StatusText, _plain(_status)),
    (records.Key, _plain(_short(200))),
    (records.Note, _plain(_short(250))),
    (records.Text, _plain(_text)),
)
