"""However the log is cut into batches, these read models come out the same, and as the sum of their parts."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

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
from ledger.records import NO_ID, Order, Outlet, Payment, Product
from tests.integration.books import NORTH, SOUTH, Books, line, log, order
from tests.integration.conftest import Till

D = Decimal


def any_day(number: int, chance: random.Random) -> Order:
    """A document of an order somewhere in a night and a day."""
    at = datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(minutes=chance.randrange(30 * 60))
    category = chance.choice(["Mat", "Dryck", None, None])
    product = Product(
        Id=UUID(int=chance.randrange(80, 84)),
        Description=chance.choice([None, "Bulle", "Te"]),
        Category=category,
        CategoryId=chance.randrange(4),
        Unit=chance.choice([0, 0, 1]),
    )
    extra = line("3.333333", IngredientMode="+", Product=None)
    lines = [
        line(str(chance.randrange(100)), quantity=chance.choice(["1", "0.125"]), Direction=chance.choice([1, -1]),
             ItemId=product.Id, Product=chance.choice([product, product, None]), IngredientItems=[extra][: n % 2])
        for n in range(chance.randrange(4))
    ]  # fmt: skip
    outlet = chance.choice([SOUTH, NORTH, NO_ID])
    known = chance.choice([None, Outlet(Id=outlet, Name=chance.choice(["A", "B"]))])
    return order(number, outlet, at.isoformat(), *lines, Outlet=known, TrainingMode=chance.random() < 0.1)


def any_event(number: int, known: set[int], chance: random.Random) -> Event:
    """Something that happens to an order."""
    if number > 90:
        return OutletSet(outlet_id=chance.choice([SOUTH, NORTH]), name="Satt", zone="Asia/Tokyo",
                         day_starts=chance.randrange(6))  # fmt: skip
    if number in known and chance.random() < 0.5:
        return OrderStatusChanged(status=chance.choice([3, 13, 14, 15]))
    if number in known and chance.random() < 0.5:
        return any_payment(chance)
    document = any_day(number, chance)
    document.Status = chance.choice([3, 13, 15])
    known.add(number)
    if document.Status == 3:
        return OrderDrafted(order=document)
    return chance.choice([OrderFinalised(order=document), OrderAmended(order=document)])


def any_payment(chance: random.Random) -> Event:
    """Money that comes, comes back, or comes otherwise than was said before."""
    id_ = UUID(int=chance.randrange(100, 103))
    if chance.random() < 0.3:
        return PaymentVoided(payment_id=id_)
    payment = Payment(
        Id=id_,
        TypeId=chance.choice([1, 4, 10]),
        PaidAmount=D(chance.randrange(100)),
        Direction=chance.choice([1, 1, -1]),
    )
    return PaymentCaptured(payment=payment, swish=chance.choice([None, None, "S"]))


async def test_batches_of_any_size_give_the_same_and_every_number_is_the_sum_of_its_parts(till: Till) -> None:
    books = Books(till)
    for seed in range(4):
        chance, known = random.Random(seed), set[int]()
        numbers = [chance.choice([*range(10, 18), 91]) for _ in range(120)]
        events = log(*((number, any_event(number, known, chance)) for number in numbers))
        found = []
        for at_once in (1, 7, 120):
            await books.forget()
            await books.apply(events, at_once)
            found.append(await books.rows())
        assert found[0] == found[1] == found[2]
        assert_sums(found[0])


def assert_sums(found: dict[str, list[Any]]) -> None:
    """Totals and stock are what entries, payments and movements add up to; an order has one day in all of them."""
    sums: dict[tuple[Any, ...], list[Decimal]] = {}
    for _, _, outlet, day, hour, category, gross, net, *_ in found["sales_entries"]:
        total = sums.setdefault((outlet, day, hour, category), [D(0), D(0), D(0)])
        total[:] = [total[0] + gross, total[1] + net, total[2] + 1]
    assert {tuple(row[:4]): list(row[4:]) for row in found["sales_totals"]} == sums and sums
    paid: dict[tuple[Any, ...], list[Any]] = {}
    for _, outlet, day, payments in found["tender_orders"]:
        for _, type_, amount, _ in json.loads(payments, parse_float=D, parse_int=D) if day is not None else ():
            tender = paid.setdefault((outlet, day, type_), [D(0), 0])
            tender[:] = [tender[0] + amount, tender[1] + 1]
    assert {tuple(row[:3]): list(row[3:]) for row in found["tender_totals"]} == paid and paid
    days = {row[0]: row[3] for row in found["sales_entries"]}
    assert {row[0]: row[2] for row in found["tender_orders"] if row[0] in days} == days
    moved: dict[tuple[Any, ...], Decimal] = {tuple(row[:2]): D(0) for row in found["stock"]}
    for _, _, product, outlet, quantity, _, _ in found["stock_movements"]:
        moved[product, outlet] += quantity
    assert {tuple(row[:2]): row[2] for row in found["stock"]} == moved
