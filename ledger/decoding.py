"""Bytes to a record, the quick way or the slow one; either way it is the same record. Pure.

One strict decode fits nearly every real body. Whatever it refuses, and the few texts for which it is no judge, is read
again by `tolerant`, which knows all spellings and names what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from ledger import cards, tolerant
from ledger.errors import BadInput
from ledger.posted import read_posted
from ledger.records import CustomerInvoice, Order, OrderLine, Record, SwishPayment
from ledger.till_records import CashDrawerLog, TerminalStatusLog

R = TypeVar("R", bound=Record)

# A body of fewer bytes has no room for more parts than a document may have.
_TOO_SHORT_FOR_MANY = tolerant.PARTS_AT_MOST * len(b"{},")
_STRICT: dict[type[Record], Callable[[bytes], Any]] = {
    record: msgspec.json.Decoder(record).decode
    for record in (CustomerInvoice, CashDrawerLog, TerminalStatusLog, SwishPayment)
} | {Order: read_posted}
# U+0000, and our own name for unknown members, however it is escaped; and digits of other scripts.
_ODD_ESCAPE = re.compile(rb"\$extra|\\u(?!00|20)|\\u00(?:00|24|5[fF]|6|7)")
# What Python's Decimal may read as a number: digits of every script, underscores between them, blanks around, escapes.
_LIKE_A_NUMBER = re.compile(r"(?:\\.|[\s\d_.+a-fA-F-])+")


def decode(record: type[R], body: bytes, normalise: Callable[[R], None]) -> R:
    """A body as a record, normal once `normalise` has been over it, its cards masked. BadInput names what is wrong."""
    found = _decode(record, body, normalise)
    cards.mask(found)
    return found


def _decode(record: type[R], body: bytes, normalise: Callable[[R], None]) -> R:
    try:
        if not _is_plain(body):
            return _decode_slowly(record, body, normalise)
        found: R = _STRICT[record](body)
        if len(body) > _TOO_SHORT_FOR_MANY:
            bound_parts(found)
        normalise(found)
    except (msgspec.DecodeError, ValueError, TypeError, ArithmeticError, RecursionError):
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


def _is_plain(body: bytes) -> bool:
    """Whether the strict decode is a judge of these bytes. Each look is one over bytes, quick for usual bodies."""
    if (b"\\" in body or b"$" in body) and _ODD_ESCAPE.search(body):
        return False
    odd = _has_underscore(body)
    if not body.isascii():
        text = body.decode()
        try:
            text.encode("latin-1")  # below U+0100 there are no digits but ours, and most texts stay below it
        except UnicodeEncodeError:
            odd = True
    return not odd or not any(map(_is_odd_number, body.decode().split('"')))


def _is_odd_number(text: str) -> bool:
    """Whether Decimal may read a text as a number that is none in JSON."""
    return ("_" in text or not text.isascii()) and _LIKE_A_NUMBER.fullmatch(text) is not None


def _has_underscore(body: bytes) -> bool:
    """Whether there is any but that of `WC_ID`."""
    at = body.find(b"_")
    while at >= 0:
        if body[at + 1 : at + 2] != b"I":
            return True
        at = body.find(b"_", at + 1)
    return False


def _decode_slowly(record: type[R], body: bytes, normalise: Callable[[R], None]) -> R:
    found = tolerant.convert(record, tolerant.loose(body))
    bound_parts(found)
    try:
        normalise(found)
    except (ValueError, ArithmeticError) as error:
        raise BadInput.at("$", str(error)) from None
    return found
