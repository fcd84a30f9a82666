"""Random days with late orders, amendments, returns, cancellations, outlets that are renamed and begin their day at
another hour, categories learnt late, and the autumn hour that happens twice: every cell of every sales endpoint is
explained to the öre by its entries, now and as it was; and the events since make up the difference.

`HYPOTHESIS_PROFILE=large` looks at many more.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from ledger.commands import SetOutlet
from ledger.database import reading
from ledger.records import Order
from ledger.writer import Context
from projections import explain, history
from projections.history import ORDER, AsOf
from tests.integration.books import Books
from tests.property.bodies import guid
from tests.property.cells import NOBODY, Cell, cells, explained
from tests.property.oracle import Body
from tests.property.world import Ask, World

D = Decimal
LARGE = os.environ.get("HYPOTHESIS_PROFILE") == "large"
SEEDS, STEPS, LOOKS = range(60 if LARGE else 2), 90, 3
ORDERS = [guid("a", number) for number in range(1, 10)]
OUTLETS = [guid("e", number) for number in (1, 2)]
NOW = datetime(2021, 10, 31, 12, tzinfo=UTC)
MONTHS = [date(2021, 10, 1), date(2021, 11, 1)]
MOMENTS = [
    "2021-10-31T02:30:00+02:00", "2021-10-31T02:30:00+01:00", "2021-10-31T02:30:00", "2021-10-31T11:59:59.9999999",
    "2021-10-31T23:59:59.9999999", "2021-11-01T00:00:00", "2021-11-01T03:30:00", "2021-11-01T05:00:00", "2021-10-30",
]  # fmt: skip


class Chance(random.Random):
    """What a shop does, at random."""

    def line(self, number: int) -> Body:
        """A line, whose category is named by its product, by itself, by what was learnt, or by nobody."""
        category = self.choice([(3, "Drycker"), (3, None), (9, None), (9, "Deli & Söt"), (0, None), (0, 'Te "Earl"')])
        added = {"Quantity": D("0.5"), "UnitPrice": D("5.005"), "IngredientMode": "+", "Category": "Sås"}
        return {
            "Id": guid("2", number), "ItemId": guid("1", 1), "Quantity": self.choice([D(1), D(2), D("0.485")]),
            "UnitPrice": self.choice([D(50), D("49.90"), D("289.333333"), D("0.005")]),
            "ItemDiscount": self.choice([D(0), D(0), D("19.5"), D("-19.5")]), "IsCoupon": self.choice([0, 0, 0, 1]),
            "TaxPercent": self.choice([D(12), D(25), D(6), D(0)]), "Direction": self.choice([1, 1, 1, -1]),
            "Product": {"Id": guid("1", 1), "CategoryId": category[0], "Category": category[1]},
            "Category": self.choice([None, None, "Övrigt"]), "IngredientItems": self.choice([[], [], [added]]),
        }  # fmt: skip

    def order(self) -> Body:
        """A sale, a return, a draft or something void; often of an order that is known."""
        status = self.choice([13, 13, 13, 13, 15, 14, 3])
        moment = self.choice(MOMENTS)
        return {
            "Id": self.choice(ORDERS), "Status": status, "Type": self.choice([0, 0, 5]),
            "OutletId": self.choice([*OUTLETS, *OUTLETS, NOBODY]), "TrainingMode": self.random() < 0.1,
            "CreationDate": moment if "T" in moment else f"{moment}T10:00:00",
            "InvoiceNumber": self.choice([None, "10017"]), "IsOnlineOrder": False,
            "OrderLines": [self.line(number) for number in range(self.randint(0, 4))],
        }  # fmt: skip

    async def step(self, world: World) -> None:
        """Something happens."""
        if self.random() < 0.1:
            name, zone = self.choice(["Söder", "Norr", "Öster"]), self.choice([None, "Europe/Stockholm", "Asia/Tokyo"])
            settings = SetOutlet(
                outlet_id=UUID(self.choice(OUTLETS)), name=name, zone=zone, day_starts=self.choice([0, 0, 4, 5]),
                zone_else="Europe/Stockholm",
            )  # fmt: skip
            await world.writer.submit(world.tenant, settings, Context(actor="chance"))
        elif self.random() < 0.3:
            await world.ask(Ask("UpdateOrderStatus", (self.choice(ORDERS), self.choice([3, 10, 13, 14, 15]))))
        else:
            await world.ask(Ask(self.choice(["PostOrder", "PostOrder", "PostOpenOrder"]), self.order()))


@pytest.fixture
async def world(pool: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A ledger of one tenant, in which entries are looked for in small steps."""
    monkeypatch.setattr(explain, "ORDERS_AT_ONCE", 3)
    found = World(pool)
    await found.begin()
    yield found
    await found.writer.close()


async def look(world: World, books: Books) -> tuple[int, list[Cell]]:
    """The position, and every number that is shown now."""
    await world.catch_up()
    shown = await cells(books, MONTHS, [NOBODY, *OUTLETS], NOW)
    position: int = await world.pool.fetchval("SELECT max(position) FROM ledger.events")
    return position, shown


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_number_is_explained(world: World, seed: int) -> None:
    chance, books, looks = Chance(seed), Books(world), []
    for _ in range(LOOKS):
        for _ in range(STEPS // LOOKS):
            await chance.step(world)
        looks.append(await look(world, books))
    assert len(looks[-1][1]) > 20
    changed = 0
    for position, shown in looks:
        for cell in shown:
            found = await explained(books, cell, as_of=position, **chance.choice([{}, {"limit": 3}]))
            rounded = found["Total"]["GrossTotal"], found["Total"]["NetTotal"]
            assert (found["Position"], rounded) == (position, (cell.gross, cell.net)), cell
            changed += len(found["Changes"])
    assert changed > 20
    await lines_are_where_they_are_said_to_be(world, books, looks[0][0])


async def test_it_adds_up_while_orders_come_in(world: World) -> None:
    chance, books = Chance(7), Books(world)
    whole = Cell(NOBODY, MONTHS[0], MONTHS[-1].replace(day=30), None, None, D(0), D(0))

    async def sell() -> None:
        for _ in range(60):
            await chance.step(world)
            await world.catch_up()

    selling, positions = asyncio.create_task(sell()), set()
    while not selling.done():
        for query in ({}, {"limit": 7}, {"as_of": 20}):
            positions.add((await explained(books, whole, **query))["Now"]["Position"])
    await selling
    assert len(positions) > 5


async def lines_are_where_they_are_said_to_be(world: World, books: Books, position: int) -> None:
    """Every entry's line stands in its order at the position of its document; nothing is entered twice."""
    whole = Cell(NOBODY, MONTHS[0], MONTHS[-1].replace(day=30), None, None, D(0), D(0))
    entries = (await explained(books, whole, as_of=position))["Entries"]
    assert entries
    tenant_id = world.tenant.tenant_id
    async with reading(world.pool, tenant_id) as connection:
        for entry in entries:
            stream, at = f"order-{entry['OrderId']}", AsOf(position=entry["Positions"][0])
            found = await history.as_of(connection, tenant_id, world.vault, ORDER, stream, at)
            assert found.document is not None
            order = msgspec.json.decode(found.document, type=Order, strict=True)
            lines = [item for line in order.OrderLines or () for item in (line, *line.IngredientItems)]
            assert entry["LineId"] in {str(line.Id) for line in lines}
