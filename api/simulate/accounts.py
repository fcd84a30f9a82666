"""An order as the books know it, while something may still happen to it. Pure; rules: contract, sections 3 to 5.

Written from the contract alone: nothing here is the server's own code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from api.simulate.sums import ZERO, Amounts, amounts

Document = Mapping[str, Any]
ZONE = ZoneInfo("Europe/Stockholm")
NO_ID = "00000000-0000-0000-0000-000000000000"
NEW, COMPLETED, RETURNED, PAID = 0, 13, 15, 1
VOID = frozenset({14, 16, 20, 21})
CLOSED = VOID | {COMPLETED, RETURNED}
OPEN, SALES, NAMELESS, RETURNS, INVOICES = "open", "sales", "nameless", "returns", "invoices"


class Entry(NamedTuple):
    """One line's part of the sales."""

    outlet: str
    day: date
    hour: int
    category: str
    amounts: Amounts


class Move(NamedTuple):
    """One line's part of the stock, in pieces."""

    outlet: str
    product: str
    quantity: Decimal


class Account:
    """Everything the books need to know of one order."""

    def __init__(self) -> None:
        self.document: Document = {}
        self.status, self.sale = NEW, ""
        self.external = self.customer = self.invoice = ""
        self.synced = self.tied = False
        # Payments by their reference: those Swish brought, which no later document takes back.
        self.swish: dict[str, Decimal] = {}
        self.payments: list[tuple[str, Decimal]] = []
        self.entries: list[Entry] = []
        self.moves: list[Move] = []
        # The lists it stands on; `tied`: Swish has had to do with it.
        self.lists: frozenset[str] = frozenset()

    def take(self, document: Document) -> None:
        """A new document of the order, drafts included."""
        self.document = document
        self.set_status(document["Status"])
        if document["Payments"] is not None:
            self.payments = [
                (payment["PaymentRef"] or "", payment["Direction"] * payment["PaidAmount"])
                for payment in document["Payments"]
                if payment["PaymentRef"] not in self.swish
            ]
        self.external = document["ExternalID"] or self.external
        if document["CustomerId"] != NO_ID:
            self.customer = document["CustomerId"]

    def set_status(self, status: int) -> None:
        """Completed or returned it counts, whatever comes after, until it is cancelled, deleted or rejected."""
        self.status = status
        if status in VOID:
            self.sale = ""
        elif status in (COMPLETED, RETURNED):
            self.sale = RETURNS if status == RETURNED or self.document["Type"] in (4, 5) else SALES

    @property
    def counts(self) -> bool:
        """Whether it is in the sales and moves stock."""
        return bool(self.sale) and not self.document["TrainingMode"]

    @property
    def paid(self) -> Decimal:
        """All payments, in kronor."""
        return sum((amount for _, amount in self.payments), ZERO) + sum(self.swish.values(), ZERO)

    @property
    def owes(self) -> Decimal:
        """What is left to pay."""
        owed: Decimal = self.document["OrderTotal"] + self.document["RoundedAmount"] - self.paid
        return owed

    @property
    def payment_status(self) -> int:
        """1 once Swish has paid, else what the newest document says."""
        return PAID if self.swish else int(self.document["PaymentStatus"])

    def listed(self) -> frozenset[str]:
        """The lists it stands on."""
        found = set()
        if not self.sale and self.status not in CLOSED and not self._is_cart():
            found.add(OPEN)
        if self.counts and not self.external:
            found.add(self.sale)
            if self.sale == SALES and not self.customer:
                found.add(NAMELESS)
        invoiced = self.document["InvoiceGenerated"] or self.invoice
        waits = invoiced and not self.synced and not self.document["TrainingMode"]
        if self.customer and waits and self.status not in VOID:
            found.add(INVOICES)
        return frozenset(found)

    def is_basket(self) -> bool:
        """Whether the customer can go on shopping with it."""
        return bool(self.document["IsOnlineOrder"]) and self.status == NEW and self.payment_status == 0

    def _is_cart(self) -> bool:
        web = bool(self.document["IsOnlineOrder"]) and self.status == NEW
        return web and self.payment_status != PAID and not self.payments


def entries(document: Document, categories: Mapping[int, str]) -> list[Entry]:
    """What the lines of a document add to the sales; `categories` are the names learnt of their numbers."""
    at = wall_clock(document["InvoiceDate"] or document["CreationDate"])
    day, hour, outlet = at.date(), at.hour, document["OutletId"]
    return [
        Entry(outlet, day, hour, category(line, categories), _amounts(part, line))
        for line in filter(_counts, document["OrderLines"])
        for part in (line, *_added(line))
    ]


def moves(document: Document) -> list[Move]:
    """What the lines of a document take out of the stock (negative) or bring back: piece goods only."""
    return [
        Move(document["OutletId"], line["ItemId"], -line["Direction"] * line["Quantity"])
        for line in document["OrderLines"]
        if _counts(line) and line["Product"]["Unit"] == 0
    ]


def category(line: Document, learnt: Mapping[int, str]) -> str:
    """The product's, else the line's own, else the one learnt for its number."""
    product = line["Product"]
    found: str | None = product["Category"] or line["Category"] or learnt.get(product["CategoryId"])
    return found or "Uncategorised"


@lru_cache(maxsize=1 << 12)
def wall_clock(text: str) -> datetime:
    """What the clock at the shop shows at a moment as a till writes it: with an offset, in UTC, or neither."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(ZONE).replace(tzinfo=None)


def _counts(line: Document) -> bool:
    return bool(line["Active"] == 1 and line["IsCoupon"] != 1 and line["ItemType"] == 0)


def _added(line: Document) -> Iterable[Document]:
    return (one for one in line["IngredientItems"] if one["IngredientMode"] == "+" and _counts(one))


def _amounts(part: Document, line: Document) -> Amounts:
    direction, tax = part["Direction"], part["TaxPercent"]
    return amounts(
        line["Direction"] if direction is None else direction,
        part["Quantity"],
        part["UnitPrice"],
        part["ItemDiscount"],
        line["TaxPercent"] if tax is None else tax,
    )
