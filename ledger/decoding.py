"""Bytes to a record, the quick way or the slow one; either way it is the same record. Pure.

One strict decode fits nearly every real body. Whatever it refuses, and the few texts for which it is no judge, is read
again by `tolerant`, which knows all spellings and names what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from ledger import cards, tolerant
from ledger.errors import BadInput
from ledger.posted import read_posted
from ledger.records import OrderLine, Record

R = TypeVar("R", bound=Record)

# A body of fewer bytes has no room for more parts than a document may have.
_TOO_SHORT_FOR_MANY = tolerant.PARTS_AT_MOST * len(b"{},")


def decode(record: type[R], body: bytes, normalise: Callable[[R], None]) -> R:
    """A body as a record, normal once `normalise` has been over it, its cards masked. BadInput names what is wrong."""
    found = _decode(record, body, normalise)
    cards.mask(found)
    return found


def _decode(record: type[R], body: bytes, normalise: Callable[[R], None]) -> R:
    try:
        found = read_posted(record, body)
        if len(body) > _TOO_SHORT_FOR_MANY:
            bound_parts(found)
        normalise(found)
    except (msgspec.DecodeError, BadInput, ValueError, TypeError, ArithmeticError, RecursionError):
        return _decode_slowly(record, body, normalise)
    return found


def bound_parts(record: Record) -> None:
    """BadInput: a list of more than `tolerant.PARTS_AT_MOST` parts, or as many order lines within one another."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, list):
            count = sum(1 for _ in _lines(value)) if name == "OrderLines" else len(value)
            if count > tolerant.PARTS_AT_MOST:
                raise tolerant.too_many(f"$.{name}")


def _lines(lines: list[OrderLine]) -> Iterator[OrderLine]:
    for line in lines:
        yield line
        yield from _lines(line.IngredientItems)
        yield from _lines(line.ItemDetails)


def _decode_slowly(record: type[R], body: bytes, normalise: Callable[[R], None]) -> R:
    found = tolerant.convert(record, tolerant.loose(body))
    bound_parts(found)
    try:
        normalise(found)
    except (ValueError, ArithmeticError) as error:
        raise BadInput.at("$", str(error)) from None
    return found
