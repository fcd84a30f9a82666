"""What must become of Swish payments and refunds (contract, section 5). Pure, and none of the server's own code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from api.simulate.accounts import PAID, Account, Document
from api.simulate.sums import ZERO

_FINAL = {"PAID", "DECLINED", "ERROR", "CANCELLED"}


@dataclass
class SwishEntry:
    """A payment or refund as it must stand. `payee` is the order that Swish names, as 32 hex digits."""

    kind: str = "payment"
    status: str | None = None
    amount: Decimal = ZERO
    order_id: str = ""
    vendor_order: str = ""
    payee: str = ""
    original: str = ""
    reference: str = ""
    flags: set[str] = field(default_factory=set)


class SwishBooks:
    """All of them. `accounts` are the orders that may still change."""

    def __init__(self, accounts: dict[str, Account], changed: Callable[[str], None]) -> None:
        self.entries: dict[str, SwishEntry] = {}
        self._accounts, self._changed = accounts, changed
        self._waiting: dict[str, list[str]] = {}
        self._by_reference: dict[str, str] = {}

    def take(self, document: Document) -> None:
        """The vendor's record, or a callback that says something new."""
        swish_id = document.get("SwishId") or document["id"]
        entry = self.entries.setdefault(swish_id, SwishEntry())
        if "SwishId" in document:
            entry.vendor_order = document["OrderId"]
        elif entry.status in _FINAL:
            entry.flags.add("after_final")
            return
        else:
            self._called_back(swish_id, entry, document)
        self._tie(swish_id, entry)
        self._settle(entry)

    def order_came(self, order_id: str) -> None:
        """An order that payments may have waited for."""
        for swish_id in self._waiting.pop(order_id.replace("-", ""), []):
            entry = self.entries[swish_id]
            entry.order_id = order_id
            entry.flags.discard("orphan")
            self._accounts[order_id].tied = True
            self._settle(entry)

    def _called_back(self, swish_id: str, entry: SwishEntry, document: Document) -> None:
        entry.original = document.get("originalPaymentReference") or ""
        entry.kind = "refund" if entry.original else "payment"
        entry.status, entry.amount = document["status"], Decimal(document["amount"])
        entry.payee = (document["payeePaymentReference"] or "").lower()
        entry.reference = document["paymentReference"] or ""
        if entry.reference:
            self._by_reference[entry.reference] = swish_id

    def _tie(self, swish_id: str, entry: SwishEntry) -> None:
        if entry.order_id:
            return
        wanted = entry.vendor_order.replace("-", "") or entry.payee
        found = _dashed(wanted)
        if entry.original in self._by_reference:
            found = self.entries[self._by_reference[entry.original]].order_id
        if found in self._accounts:
            entry.order_id = found
            self._accounts[found].tied = True
        else:
            entry.flags.add("orphan")
            self._waiting.setdefault(wanted, []).append(swish_id)

    def _settle(self, entry: SwishEntry) -> None:
        """A payment that fits what the order owes pays it; any other is flagged."""
        account = self._accounts.get(entry.order_id)
        if account is None or entry.kind != "payment" or entry.status != "PAID" or entry.reference in account.swish:
            return
        posted = [amount for reference, amount in account.payments if reference == entry.reference]
        if posted == [entry.amount] or account.owes == entry.amount:
            account.payments = [one for one in account.payments if one[0] != entry.reference]
            account.swish[entry.reference] = entry.amount
            self._changed(entry.order_id)
        else:
            entry.flags.add("duplicate_payment" if account.payment_status == PAID else "amount_mismatch")


def _dashed(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
