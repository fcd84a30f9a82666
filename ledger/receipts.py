"""Receipt numbers: each of a terminal's is the order's that it was first issued for. Pure; contract, section 3."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from ledger.errors import Refused
from ledger.events import Event, ReceiptIssued
from ledger.records import Receipt
from ledger.view import RECEIPT, Pair, View


def keys_of(receipts: Iterable[Receipt], terminal_id: UUID) -> list[str]:
    """Their numbers as they are claimed, `terminal/number`; `terminal_id` is the order's. Number 0 is none."""
    return [
        f"{r.TerminalId if r.TerminalId.int else terminal_id}/{r.ReceiptNumber}" for r in receipts if r.ReceiptNumber
    ]


def issued(events: Sequence[Event]) -> list[Receipt]:
    """The receipts that an order's events issue."""
    return [event.receipt for event in events if type(event) is ReceiptIssued]


def lookups(keys: Sequence[str]) -> list[Pair]:
    """What a view needs for them."""
    return [(RECEIPT, key) for key in keys]


def claims(view: View, stream: str, keys: Sequence[str]) -> list[tuple[str, str, str]]:
    """Those of the numbers, which the view has, that the order has not yet. Refused: another order has one."""
    holders = [view.claim(RECEIPT, key) for key in keys]
    for key, holder in zip(keys, holders, strict=True):
        if holder is not None and holder != stream:
            number = key.rpartition("/")[2]
            raise Refused(
                f"receipt {number} of this terminal belongs to another order",
                [("$.Receipts", f"receipt number {number} is taken")],
            )
    return [(RECEIPT, key, stream) for key, holder in zip(keys, holders, strict=True) if holder is None]
