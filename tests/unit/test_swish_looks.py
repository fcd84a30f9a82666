"""What is looked at when an order or a Swish payment comes: all at once, and never more with every day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.unit.given import Books, an_order, number, posted
from tests.unit.test_swish_settlement import flags, pay


class Counting(Books):
    """Notes the streams that decisions look at, together or one after the other."""

    needed: list[set[str]]

    def need(self, streams: Iterable[str], *others: Any, **more: Any) -> None:
        names = set(streams)
        self.needed.append(names)
        super().need(names, *others, **more)


def test_orders_that_go_by_the_number_of_every_day_are_not_all_looked_at() -> None:
    """Tills begin with 17 again each day. One payment that names nothing else must not make each of them dearer."""
    books = Counting()
    books.needed = []
    for day in range(100, 140):
        books.take(posted(an_order(3, Id=number(day), OrderNoOfDay="17")))
    pay(books, reference="17")
    books.needed.clear()
    books.take(posted(an_order(3, OrderNoOfDay="17")))
    assert flags(books) == ("orphan",) and not books.order_of().PaymentStatus
    assert max(map(len, books.needed)) < 5


def test_orphans_of_an_order_are_read_at_once() -> None:
    books = Counting()
    books.needed = []
    waiting = {f"swish-{name}" for name in ("A1", "B2", "C3")}
    for name in sorted(waiting):
        pay(books, swish_id=name.removeprefix("swish-"))
    books.needed.clear()
    books.take(posted(an_order(3)))
    assert [names for names in books.needed if names & waiting] == [waiting]
