"""A till's day: the numbers its documents share, and what it has sold. Pure and seeded."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from api.simulate import baskets, documents
from api.simulate.documents import Place
from api.simulate.sums import ZERO
from api.simulate.town import Document, Town

TAKEN, DUPLICATE, REFUSED = "taken", "duplicate", "refused"
READ, STALE = "read", "stale"
_FIRST_DAY, _A_DAY = date(2000, 1, 1), 10**6


class Step(NamedTuple):
    """One thing that is posted: a document, or a list of them. `expect` is what must come of it.

    `match` is where `If-Match` comes from: the version is READ anew, or that of the last reading is STALE by now.
    """

    endpoint: str
    document: Any
    expect: str = TAKEN
    match: str = ""


class Life(NamedTuple):
    """What happens one after the other, to an order (`is_order`) or else; of the orders in `over` nothing more will.

    It is held while the till is `offline`.
    """

    steps: list[Step]
    over: tuple[str, ...] = ()
    offline: bool = False
    is_order: bool = False


class Shift:
    """One till on one day. Everything follows from `random`; without `faults` nothing goes wrong."""

    def __init__(self, town: Town, place: Place, day: date, random: Random, *, faults: bool) -> None:
        self.town, self.place, self.day, self.random, self.faults = town, place, day, random, faults
        self.drawer = self.sold = ZERO
        self.on_account: dict[str, list[Document]] = {}
        # What an earlier guest took, so that somebody can bring it back.
        self.last_lines: list[Document] = []
        self._orders = 0
        self._receipt = _first_number(day)

    def draft(self, at: datetime, place: Place | None = None, **changes: Any) -> Document:
        """A new order with a basket."""
        self._orders += 1
        place = place or self.place
        order_id = baskets.new_id(self.random)
        lines = baskets.basket(place.outlet, order_id, self.random)
        return documents.draft(place, order_id, at, self._orders, lines, baskets.total(lines)) | changes

    def with_lines(self, order: Document, lines: list[Document]) -> Document:
        """The order with other lines."""
        return {**order, "OrderLines": lines, "OrderTotal": baskets.total(lines)}

    def completed(self, order: Document, at: datetime, payments: list[Document], **changes: Any) -> Document:
        """The order completed, with the next receipt number of the till."""
        till = self.place.till
        self._receipt += 1
        receipt = documents.receipt(order, till, at, self._receipt, self.random)
        self.sold += order["OrderTotal"]
        self.last_lines = order["OrderLines"]
        if self.place.outlet.kind.integrated:
            changes["ExternalID"] = f"T-{order['Id'][:8]}"
        return documents.completed(order, till, at, payments, receipt) | changes

    def paid_by_card(self, order: Document, at: datetime) -> Document:
        """Completed by card."""
        payment = documents.card(order, self.place.till, at, self.random)
        return self.completed(order, at, [payment], TipAmount=payment["TipAmount"])

    def paid_cash(self, order: Document, at: datetime) -> tuple[Document, Document]:
        """Completed in cash, rounded to whole kronor; and what the drawer has to say about it."""
        payment = documents.cash(order, self.place.till, at, self.random)
        amount: Decimal = payment["PaidAmount"]
        self.drawer += amount
        done = self.completed(order, at, [payment], RoundedAmount=amount - order["OrderTotal"])
        return done, documents.cash_in_drawer(self.place.till, at, done, amount, self.random)

    def chance(self, probability: float) -> bool:
        """Whether something happens this time."""
        return self.random.random() < probability

    def go_on_at(self, moment: datetime) -> None:
        """Leaves out receipt numbers, so that no two runs at the same till and day use the same ones."""
        tenths = (moment.hour * 3600 + moment.minute * 60 + moment.second) * 10
        self._receipt = max(self._receipt, _first_number(self.day) + _A_DAY // 10 + tenths)


def _first_number(day: date) -> int:
    return (day - _FIRST_DAY).days * _A_DAY
