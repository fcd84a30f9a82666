"""How records are put into words: names of members, values as text, and what two versions of one differ in. Pure.

Decimals are exact, money has two decimals at least. What is personal is named and never repeated: it can be erased from
the log, but not from where somebody pasted a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from ledger.business_time import NO_TIME
from ledger.codec import PERSONAL
from ledger.records import NO_ID, Record

R = TypeVar("R", bound=Record)

STATUS = {
    0: "New", 1: "Pending", 2: "SPO assigned", 3: "assigned to kitchen/bar", 4: "partly available",
    5: "partly available", 6: "available", 8: "packer assigned", 9: "packed", 10: "served", 11: "ready to serve",
    13: "Completed", 14: "Cancelled", 15: "ReturnOrder", 16: "Deleted", 17: "control unit failed",
    18: "control unit failed on a return", 19: "on hold", 20: "Rejected", 21: "Rejected (seen)",
}  # fmt: skip
ACTIVITY = {
    1: "opening balance", 2: "paid to employee", 3: "paid bill", 4: "cash drop", 5: "cash added", 6: "cash by sale",
    7: "cash by tip", 8: "tip paid out", 9: "banked", 10: "float", 11: "close",
}  # fmt: skip
_TYPE = {
    0: "standard", 1: "take away", 2: "table", 3: "table take away", 4: "take away return", 5: "return", 6: "cancel",
}  # fmt: skip
_PAYMENT_STATUS = {0: "not yet paid", 1: "paid", 2: "unpaid"}
_CODES: dict[str, Mapping[int, str]] = {"Type": _TYPE, "PaymentStatus": _PAYMENT_STATUS, "ActivityType": ACTIVITY}
_MONEY = frozenset({
    "Amount", "CashChange", "CashCollected", "DeviceTotal", "DiscountTax", "DiscountTotal", "DiscountedUnitPrice",
    "GrossAmount", "InvoiceTotal", "ItemDiscount", "OrderTotal", "PaidAmount", "PurchasePrice", "ReturnAmount",
    "RoundedAmount", "TipAmount", "UnitPrice", "VatAmount",
})  # fmt: skip
# What a member is called where splitting its name would not do.
_LABELS = {
    "Customr": "customer", "ExternalID": "external id", "FnResponse": "the integrator's answer", "OrderIntID": "number",
    "IsVismaInvoiceGenerated": "taken over by the bookkeeping", "OrderNoOfDay": "number of the day", "ItemId": "item",
    "OrderTotal": "total", "Status": "Status", "UnitPrice": "price", "WC_ID": "web shop id", "IngredientItems":
    "ingredients", "ItemDetails": "details", "extra": "members that the ledger does not know", "OutletId": "outlet",
    "TerminalId": "terminal", "CustomerId": "customer id", "CustomerInvoiceId": "invoice", "OrderId": "order",
}  # fmt: skip
# What is said where there was none before.
_FIRST = {
    "ExternalID": "external id assigned", "OrderIntID": "number assigned", "CustomerInvoiceId": "put on invoice",
    "OrderNoOfDay": "number of the day assigned",
}  # fmt: skip
# Opens a door, so it stands in no sentence either.
UNSPOKEN = frozenset({"SwishToken", "SwishLocation"})
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST = 60


def plain(value: Decimal) -> str:
    """An exact decimal as people write it: no exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def kronor(value: Decimal) -> str:
    """An exact amount: `98.00 kr`, `0.333333 kr`."""
    whole, _, decimals = plain(value).partition(".")
    return f"{whole}.{decimals:0<2} kr"


def clipped(text: str) -> str:
    """Text of a client's, short enough for a sentence."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def is_none(value: object) -> bool:
    """Whether a member's value says nothing, in any of the contract's ways."""
    return value in (None, "", NO_TIME, NO_ID) or value is msgspec.UNSET or value == [] or value == {}


def differ(before: Any, after: Any) -> bool:
    """Whether two values of a member are different; compact and full records, and the ways of none, are not."""
    if isinstance(before, Record) and isinstance(after, Record):
        names = before.__struct_fields__
        return any(differ(getattr(before, name), getattr(after, name, None)) for name in names)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) != len(after) or any(map(differ, before, after))
    return bool(before != after) and not (is_none(before) and is_none(after))


def differences(before: Record, after: Record, apart: Iterable[str] = ()) -> list[str]:
    """A sentence for every member, but those `apart`, that two versions of a record differ in."""
    personal = {name for kind, names in PERSONAL.items() if isinstance(after, kind) for name in names} | UNSPOKEN
    unsaid = frozenset(apart)
    return [
        _sentence(name, old, new, hidden=name in personal)
        for name in after.__struct_fields__
        if name not in unsaid and differ(old := getattr(before, name), new := getattr(after, name))
    ]


def compared(
    before: Sequence[R] | None, after: Sequence[R] | None, key: Callable[[R], Hashable]
) -> list[tuple[R | None, R | None]]:
    """What was and what is, in pairs by `key`: (None, new) for what came, (old, None) for what is gone.

    Those that are the same are left out; of several with one key, the first goes with the first.
    """
    waiting: dict[Hashable, list[R]] = {}
    for old in reversed(before or ()):
        waiting.setdefault(key(old), []).append(old)
    pairs: list[tuple[R | None, R | None]] = []
    for new in after or ():
        found = waiting.get(key(new))
        pairs.append((found.pop() if found else None, new))
    pairs.extend((old, None) for left in waiting.values() for old in reversed(left))
    return [(old, new) for old, new in pairs if old is None or new is None or differ(old, new)]


def _sentence(name: str, before: Any, after: Any, *, hidden: bool) -> str:
    label = _LABELS.get(name) or _WORDS.sub(" ", name).lower()
    if hidden or isinstance(before, (Record, list, dict)) or isinstance(after, (Record, list, dict)):
        return f"{label} {'added' if is_none(before) else 'removed' if is_none(after) else 'changed'}"
    if isinstance(after, bool) and isinstance(before, bool):
        return f"{label}: {_text(name, after)}"
    if is_none(before):
        return f"{_FIRST.get(name, label)}: {_text(name, after)}"
    if is_none(after):
        return f"{label} removed: {_text(name, before)}"
    return f"{label} from {_text(name, before)} to {_text(name, after)}"


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return kronor(value) if name in _MONEY else plain(value)
    if isinstance(value, int):
        return status(value) if name == "Status" else _CODES.get(name, {}).get(value, str(value))
    if isinstance(value, (str, UUID)):
        return clipped(str(value))
    return "none" if value is None else type(value).__name__


def status(number: int) -> str:
    """The name of an order's Status."""
    return STATUS.get(number, str(number))
