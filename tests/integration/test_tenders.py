"""How sales were paid: payments count with their order and on its day, over a real database."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ledger.events import (
    Event,
    OrderAmended,
    OrderDrafted,
    OrderFinalised,
    OrderStatusChanged,
    OutletSet,
    PaymentCaptured,
    PaymentVoided,
)
from ledger.records import Payment
from projections.tenders_reads import of_days, of_today
from tests.integration.books import NORTH, NOW, SOUTH, Books, line, log, order
from tests.integration.conftest import Till

D = Decimal
CASH, CARD, SWISH = 1, 4, 10
AT, THAT_DAY = "2026-11-23T11:51:40+01:00", date(2026, 11, 23)


@pytest.fixture
def books(till: Till) -> Books:
    """Empty read models."""
    return Books(till)


def paid(number: int, amount: str, type_: int = CARD, swish: str | None = None, direction: int = 1) -> Event:
    """A payment of that number."""
    payment = Payment(Id=UUID(int=number), TypeId=type_, PaidAmount=D(amount), Direction=direction)
    return PaymentCaptured(payment=payment, swish=swish)


def finalised(number: int, outlet: UUID = SOUTH, at: str = AT, **members: Any) -> Event:
    return OrderFinalised(order=order(number, outlet, at, line("100"), **members))


async def seen(till: Till, first: date = THAT_DAY, last: date = THAT_DAY, outlet: UUID | None = None) -> list[Any]:
    """The tenders of some days: type, kronor, number."""
    async with till.pool.acquire() as connection:
        return list(await of_days(connection, till.tenant.tenant_id, first, last, outlet))


async def test_a_day_is_told_by_type(till: Till, books: Books) -> None:
    await books.apply(
        log(
            (1, finalised(1)), (1, paid(1, "60")), (1, paid(2, "40", CASH)),
            (2, finalised(2, NORTH)), (2, paid(3, "100", SWISH)),
            (3, finalised(3, Status=15, Type=5)), (3, paid(4, "25.50", CASH, direction=-1)),
            (4, finalised(4, at="2026-11-22T11:00:00+01:00")), (4, paid(5, "7")),
            (5, finalised(5, TrainingMode=True)), (5, paid(6, "1000")),
        )
    )  # fmt: skip
    assert await seen(till) == [(SWISH, 100, 1), (CARD, 60, 1), (CASH, D("14.50"), 2)]
    assert await seen(till, outlet=NORTH) == [(SWISH, 100, 1)]
    assert await seen(till, first=date(2026, 11, 1)) == [(SWISH, 100, 1), (CARD, 67, 2), (CASH, D("14.50"), 2)]
    async with till.pool.acquire() as connection:
        assert await of_today(connection, till.tenant.tenant_id, NOW) == await seen(till)
        next_day = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Europe/Stockholm"))
        assert await of_today(connection, till.tenant.tenant_id, next_day) == []


async def test_an_order_takes_its_payments_along(till: Till, books: Books) -> None:
    events = [(1, OrderDrafted(order=order(1, SOUTH, AT, line("100"), Status=3))), (1, paid(1, "100", SWISH, "S1"))]
    await books.apply(log(*events))
    assert await seen(till) == []
    for event, expected in (
        (finalised(1), [(SWISH, 100, 1)]),
        (paid(2, "10", CASH), [(SWISH, 100, 1), (CASH, 10, 1)]),
        (paid(2, "12", CARD), [(SWISH, 100, 1), (CARD, 12, 1)]),
        (OrderStatusChanged(status=14), []),
        (OrderStatusChanged(status=13), [(SWISH, 100, 1), (CARD, 12, 1)]),
        (OrderStatusChanged(status=10), [(SWISH, 100, 1), (CARD, 12, 1)]),
        (OrderAmended(order=order(1, SOUTH, "2026-11-22T09:00:00+01:00", line("1"))), []),
        (OrderAmended(order=order(1, NORTH, AT, line("1"))), [(SWISH, 100, 1), (CARD, 12, 1)]),
        (PaymentVoided(payment_id=UUID(int=2)), [(SWISH, 100, 1)]),
    ):
        events.append((1, event))
        await books.forget()
        await books.apply(log(*events), at_once=1)
        assert await seen(till) == expected, event


async def test_what_was_paid_for_a_draft_stays_only_where_swish_brought_it(till: Till, books: Books) -> None:
    again = OrderDrafted(order=order(1, SOUTH, AT, line("100"), Status=3))
    cancelled = OrderStatusChanged(status=14)
    await books.apply(
        log(
            (1, finalised(1)), (1, paid(1, "70")), (1, paid(2, "30", SWISH, "S1")), (1, cancelled), (1, again),
            (1, finalised(1)), (1, paid(3, "70", CASH)),
        )
    )  # fmt: skip
    assert await seen(till) == [(CASH, 70, 1), (SWISH, 30, 1)]


async def test_a_day_begins_when_the_outlet_says(till: Till, books: Books) -> None:
    night = OutletSet(outlet_id=SOUTH, name="Natt", zone="Europe/Stockholm", day_starts=5)
    at = "2026-11-24T02:00:00+01:00"
    await books.apply(log((90, night), (1, finalised(1, at=at)), (1, paid(1, "100"))))
    assert await seen(till) == [(CARD, 100, 1)]
