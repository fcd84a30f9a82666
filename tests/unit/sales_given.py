"""Orders for tests of the sales: events in, totals out, no database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.events import Event, OrderDrafted, OrderFinalised, OrderStatusChanged, OutletSet, Recorded
from ledger.records import Order, OrderLine
from projections.sales_fold import Book, Changes, fold

D = Decimal
NOON = "2026-11-23T12:00:00+01:00"
SHOP, ORDER = UUID(int=1), UUID(int=2)
COMPLETED, CANCELLED, RETURNED = 13, 14, 15


def line(price: str = "10", **members: Any) -> OrderLine:
    """A line of one piece without VAT, in normal form."""
    given: dict[str, Any] = {"Quantity": D(1), "Direction": 1, "TaxPercent": D(0), "Category": "Mat"} | members
    return OrderLine(Id=UUID(int=9), ItemId=UUID(int=8), UnitPrice=D(price), **given)


def order(*lines: OrderLine, **members: Any) -> Order:
    """A completed order at noon."""
    given: dict[str, Any] = {"Status": COMPLETED, "InvoiceDate": NOON, "OutletId": SHOP} | members
    return Order(Id=given.pop("Id", ORDER), OrderLines=list(lines), **given)


def log(*events: Event, first: int = 1) -> list[Recorded]:
    """The events in a log; those of orders in the streams of their orders, statuses in ORDER's."""
    found = []
    for position, event in enumerate(events, first):
        document = getattr(event, "order", None)
        stream = "outlet-x" if isinstance(event, OutletSet) else f"order-{document.Id if document else ORDER}"
        found.append(Recorded(position, stream, position, 0, 1_800_000_000_000_000, event))
    return found


def after(*events: Event) -> Changes:
    """What the events change in empty sales."""
    return fold(Book(), log(*events))


def totals(changes: Changes) -> dict[tuple[Any, ...], tuple[Decimal, Decimal]]:
    """Gross and net by outlet, day, hour and category, of those that have a sale."""
    return {
        (*place, category): (total.gross, total.net)
        for place, groups in changes.totals.items()
        for category, total in groups.items()
        if total.entries
    }


def gross(*events: Event) -> Decimal | None:
    """The gross total of all sales; None when there is no sale."""
    found = [amount for amount, _ in totals(after(*events)).values()]
    return sum(found, D(0)) if found else None


def finalised(*lines: OrderLine, **members: Any) -> OrderFinalised:
    """A sale."""
    return OrderFinalised(order=order(*lines, **members))


def drafted(*lines: OrderLine, **members: Any) -> OrderDrafted:
    """An open order."""
    return OrderDrafted(order=order(*lines, **{"Status": 3} | members))


def status(number: int) -> OrderStatusChanged:
    """A status for ORDER."""
    return OrderStatusChanged(status=number)
