"""Card numbers never reach the disk: whatever a client sends, wherever it puts them, the last four digits at most are
kept (PCI DSS 3.4: no more of the number may be stored readable). Pure.

A card number is 13 to 19 digits, in one or in the groups they are embossed in, that begin as a card network's do and
end with the check digit of Luhn (ISO/IEC 7812), and are no part of a longer number, of a Guid or of hexadecimal digits.
On a terminal's slip they need no check digit, and where a member is named for cards all that is in it is masked. What
identifies a product or a document is not looked into: a barcode or an OCR number may well have that check digit too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args

import msgspec

from ledger.annotations import getter
from ledger.records import Outlet, Payment, Product, Record

SHORTEST = 13
_SEPARATOR = "[ \t\u00a0\u202f.\u2013-]"
# In one; in groups of four; as American Express and Diners write theirs.
_CARD = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9A-Fa-f]-)(?=("
    rf"\d{{13,19}}|\d{{4}}({_SEPARATOR})\d{{4}}\2\d{{4}}\2\d{{1,4}}(?:\2\d{{1,3}})?|\d{{4}}({_SEPARATOR})\d{{6}}\3\d{{4,5}}"
    r")(?![0-9A-Za-z_]|-[0-9A-Fa-f]))",
    re.ASCII,
)
# Diners, American Express and JCB; Visa; Mastercard and Maestro; Mir and Mastercard; Discover, UnionPay and Maestro.
_NETWORK = re.compile(r"3[04-9]|4|5[0-8]|220[0-4]|22[2-9]|2[3-6]|27[01]|2720|6")
_NOT_A_DIGIT = re.compile(r"\D")
_DIGIT = re.compile(r"\d")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
# Members that hold something else, by their folded names.
_NO_CARDS = frozenset({
    "amount", "barcode", "category", "controlunitcode", "controlunitname", "datatype", "ean", "ean13", "externalid",
    "gtin", "id", "ingredientmode", "invoicenumber", "itemid", "ocr", "ocrnumber", "orderid", "ordernoofday",
    "originalpaymentreference", "payeepaymentreference", "paymentreference", "plu", "receiptnumber", "sku", "swishid",
    "swishpaymentid", "swishpaymentstatus", "swishtoken", "wcid",
})  # fmt: skip
_CARDS_ONLY = frozenset({
    "cardno", "cardnr", "cardnumber", "cardpan", "creditcardno", "creditcardnumber", "debitcardnumber", "kortnr",
    "kortnummer", "maskedcardnumber", "maskedpan", "pan", "primaryaccountnumber",
})  # fmt: skip
_SLIPS = frozenset({"CustomerPaymentReceipt", "MerchantPaymentReceipt"})
# What is for sale and where, over and over again.
_FOR_SALE = (Product, Outlet)
_FILLING = str.maketrans("", "", " _-.")


def masked_number(number: str) -> str:
    """A card number, however it is spelled, with every digit but the last four as `*`."""
    digits = len(_DIGIT.findall(number))
    return _DIGIT.sub("*", number, count=digits - 4) if digits > 4 else number


def masked(text: str, *, is_slip: bool = False) -> str:
    """A text with the card numbers in it masked."""
    if len(text) < SHORTEST:
        return text
    # From the last on: places before stay what they are.
    for found in reversed(list(_CARD.finditer(text))):
        start = found.start(1)
        # A card's last group, or what follows it: `4539 5787 6362 1486 12/27`.
        for number in (found[1], found[1][:19]):
            if is_card(_NOT_A_DIGIT.sub("", number), is_slip=is_slip):
                text = text[:start] + masked_number(number) + text[start + len(number) :]
                break
    return text


def is_card(digits: str, *, is_slip: bool = False) -> bool:
    """Whether these digits can be a card's: their number, their beginning, and but for a slip's the check digit."""
    if not SHORTEST <= len(digits) <= 19 or not digits.isdecimal() or _NETWORK.match(digits) is None:
        return False
    if is_slip:
        return True
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def mask(record: Record) -> None:
    """Masks the card numbers in the known members of a record and of those within it, in place."""
    members_of, names, nothing = _plan(type(record))
    members = members_of(record)
    if members == nothing:
        return
    for name, member in zip(names, members, strict=True):
        if not member:
            continue
        if type(member) is str:
            if len(member) >= SHORTEST:
                setattr(record, name, masked(member, is_slip=name in _SLIPS))
        elif type(member) is list:
            for part in member:
                mask(part)
        else:
            mask(member)


def mask_unknown(name: str, value: Any) -> tuple[str, Any]:
    """A member that we do not know, with the card numbers in its name and all of its value masked."""
    folded = name.translate(_FILLING).lower()
    if folded in _CARDS_ONLY and isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        return name, masked_number(str(value))
    return masked(name), value if folded in _NO_CARDS else _masked(value)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return dict(mask_unknown(name, member) for name, member in value.items())
    if isinstance(value, (int, Decimal)) and is_card(str(value)):
        return masked_number(str(value))
    return value


@functools.cache
def _plan(kind: type[Record]) -> tuple[Callable[[Record], tuple[Any, ...]], tuple[str, ...], tuple[Any, ...]]:
    """How to look through a record: a getter of its texts and parts, their names, and what it gives of a bare one."""
    fields = [field for field in msgspec.structs.fields(kind) if field.name.lower() not in _NO_CARDS]
    names = [field.name for field in fields if _is_text(field.type) or _holds(field.type, Record)]
    if kind is Payment:
        names.remove("CreditCardNo")  # masked whatever it looks like
    bare = {field.name: [] if field.default is msgspec.NODEFAULT else field.default for field in fields}
    return getter(tuple(names)), tuple(names), tuple(bare[name] for name in names)


def _holds(annotation: Any, kind: type) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, kind) and annotation not in _FOR_SALE
    return any(_holds(part, kind) for part in get_args(annotation))


def _is_text(annotation: Any) -> bool:
    """`Text`, `Key` and `Note`: a string or None. A moment is none."""
    kinds = [part for outer in (annotation, *get_args(annotation)) for part in (outer, *get_args(outer))]
    is_moment = any(isinstance(kind, msgspec.Meta) and kind.title == "moment" for kind in kinds)
    return str in kinds and type(None) in kinds and not is_moment
