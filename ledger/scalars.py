"""How a single value may be spelled in JSON, and what it is then. Pure; ValueError says what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ledger.amounts import canonical
from ledger.swish_door import is_secret, text_without_secrets

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_WORDS = {"true": True, "false": False, "1": True, "0": False}
# Powers of ten: what a double still holds, and from where on a number is written with an exponent.
_FARTHEST, _WRITTEN_OUT = 300, 30
_LONGEST = 10**_WRITTEN_OUT


def integer(bits: int) -> Callable[[Any], int]:
    """A reader of whole numbers of so many bits."""
    bound = 1 << (bits - 1)

    def read(value: Any) -> int:
        found = value if isinstance(value, int) and not isinstance(value, bool) else number(value)
        if found != int(found):
            raise ValueError("must be a whole number")
        if not -bound <= found < bound:
            raise ValueError(f"does not fit a {bits} bit integer")
        return int(found)

    return read


def decimal(value: Any) -> Decimal:
    """A number within the bounds of the contract (section 1, Decimal), in canonical form."""
    return canonical[number(value)]


def number(value: Any) -> Decimal:
    """Any spelling of a number, within what may be computed with; the bounds of its type are still to be checked."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise ValueError("must be a number")
    if abs(value.adjusted()) > 400:
        raise ValueError("has more than 18 digits" if value.adjusted() > 0 else "has more than 6 decimals")
    return value


def boolean(value: Any) -> bool:
    """True or false, also as 0 and 1 and as a word."""
    if isinstance(value, (bool, int, Decimal)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    raise ValueError("must be true or false")


def flag(value: Any) -> int:
    """A whole number; true and false are 1 and 0."""
    if isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in _WORDS):
        return int(boolean(value))
    return integer(32)(value)


def text(value: Any) -> str:
    """A string without U+0000; a number as it is written."""
    if isinstance(value, Decimal):
        value = format(number(value), "f")  # bounded: 1e999999999 would be a gigabyte of zeros
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if "\0" in value:
        raise ValueError("must not contain U+0000")
    return value


def short(limit: int) -> Callable[[Any], str]:
    """A reader of strings of at most `limit` characters."""

    def read(value: Any) -> str:
        found = text(value)
        if len(found) > limit:
            raise ValueError(f"is longer than {limit} characters")
        return found

    return read


def status(value: Any) -> int | str:
    """A status as it was sent, number or name."""
    return short(200)(value) if isinstance(value, str) else integer(32)(value)


def unknown(value: Any) -> Any:
    """A member we do not know, kept as it is: no bound but that of other readers, who take numbers for doubles.

    Numbers are written in one way, so that a retry is known again.
    """
    if isinstance(value, dict):
        return {text(name): unknown(member) for name, member in value.items() if not is_secret(name)}
    if isinstance(value, list):
        return [unknown(member) for member in value]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return _shortest(value)
    return text_without_secrets(text(value)) if isinstance(value, str) else value


def _shortest(value: int | Decimal) -> int | Decimal:
    """The same number, exactly, without trailing zeros, and without an exponent where it is whole and short."""
    if isinstance(value, int) and -_LONGEST < value < _LONGEST:
        return value
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
