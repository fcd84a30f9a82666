"""Records to the JSON that endpoints give back: every known member, and what a client sent beside them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from ledger import full_records
from ledger.codec import encoder
from ledger.records import CustomerInvoice, Order, Record, SwishPayment
from ledger.till_records import CashDrawerLog, Report, TerminalStatusLog

# Unknown members lie under this name in the record they came with (`records`). Inside a JSON text the quotes would be
# escaped, so these bytes are found only where there is such a member.
_EXTRA = b'"$extra":'
_FULL: dict[type[Record], Callable[[bytes], Record]] = {
    record: msgspec.json.Decoder(getattr(full_records, f"Full{record.__name__}"), float_hook=Decimal).decode
    for record in (Order, CustomerInvoice, CashDrawerLog, TerminalStatusLog, Report, SwishPayment)
}
_loose = msgspec.json.Decoder(float_hook=Decimal).decode


def document(record: Record) -> bytes:
    """The record's JSON as the contract has it: every known member, unknown ones beside them.

    A full record (`FullOrder` …) is encoded as it is; a compact one goes through its full twin first.
    """
    full = _FULL.get(type(record))
    return ready(encoder.encode(record if full is None else full(encoder.encode(record))))


def ready(encoded: bytes) -> bytes:
    """A full record's JSON with unknown members at the level they came from; the same bytes where there are none."""
    # One character is found ten times as fast as nine, and hardly any document holds this one.
    return encoder.encode(_flattened(_loose(encoded))) if b"$" in encoded and _EXTRA in encoded else encoded


def members(record: Record) -> dict[str, Any]:
    """The members of the record's `document`, for one that answers with some of them or with more."""
    found: dict[str, Any] = _loose(document(record))
    return found


def _flattened(value: Any) -> Any:
    """The same tree with unknown members at the level they came from; what a client sent in them is not looked into."""
    if isinstance(value, list):
        return [_flattened(item) for item in value]
    if not isinstance(value, dict):
        return value
    extra = value.pop("$extra", {})
    known = {name: _flattened(item) for name, item in value.items()}
    return known | {name: item for name, item in extra.items() if name not in known}
