"""The day that runs beside the same weekday a week before by the same minute, over a real database."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ledger.business_time import business_day
from ledger.events import OrderFinalised, OutletSet
from projections.today import Compared, HourDay, Today, today
from tests.integration.books import NAMES, NORTH, NOW, SOUTH, TOKYO, Books, line, log, order, sold
from tests.integration.conftest import Till

D = Decimal
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def books(till: Till) -> Books:
    """Empty read models."""
    return Books(till)


async def seen(till: Till, now: datetime = NOW, outlet: UUID | None = None) -> Today:
    """The day as it is read."""
    async with till.pool.acquire() as connection:
        return await today(connection, till.tenant.tenant_id, now, outlet)


def hours(*found: tuple[int, int, int]) -> list[HourDay]:
    """Hours of these amounts."""
    return [HourDay(hour, D(now), D(before)) for hour, now, before in found]


async def test_nothing_was_sold(till: Till) -> None:
    assert await seen(till) == Today(0, date(2026, 11, 23), 0, Compared(), [], [], [])


async def test_a_week_before_counts_up_to_the_same_minute(till: Till, books: Books) -> None:
    await books.apply(
        sold(
            order(1, SOUTH, "2026-11-23T11:51:40+01:00", line("112")),
            order(2, SOUTH, "2026-11-16T20:59:59+01:00", line("1")),
            order(3, SOUTH, "2026-11-16T21:00:00+01:00", line("10")),
            order(4, SOUTH, "2026-11-16T21:00:00.000001+01:00", line("100", "Sent")),
            order(5, SOUTH, "2026-11-16T22:30:00+01:00", line("1000", "Sent")),
            order(6, SOUTH, "2026-11-22T12:00:00+01:00", line("5000", "Igår")),
            order(7, NORTH, "2026-11-16T08:00:00+01:00", line("20", "Mat"), Status=15, Type=5),
        )
    )
    found = await seen(till)
    assert found.total == Compared(D(112), D(100), D(31), D("27.678571"))
    assert [(one.name, one.day, one.compared.gross, one.compared.gross_before) for one in found.outlets] == [
        ("Kafé Södermalm", date(2026, 11, 23), D(112), D(11)), ("Kafé Vasastan", date(2026, 11, 23), D(0), D(20)),
    ]  # fmt: skip
    assert [(name, compared.gross, compared.gross_before) for name, compared in found.categories] == [
        ("Mat", D(112), D(31))
    ]
    # An hour shows the whole of it, and what is to come.
    assert found.hours == hours((8, 0, 20), (11, 112, 0), (20, 0, 1), (21, 0, 110), (22, 0, 1000))
    assert (await seen(till, outlet=NORTH)).total == Compared(D(0), D(0), D(20), D("17.857143"))


async def test_each_outlet_has_its_own_day(till: Till, books: Books) -> None:
    night = OutletSet(outlet_id=NORTH, name="Kafé Vasastan", zone="Europe/Stockholm", day_starts=5)
    tokyo = OutletSet(outlet_id=TOKYO, name="Tokyo", zone="Asia/Tokyo", day_starts=0)
    sales = [
        order(1, NORTH, "2026-11-23T02:00:00+01:00", line("1", "Natt")),  # still Sunday
        order(2, NORTH, "2026-11-23T06:00:00+01:00", line("2", "Natt")),
        order(3, NORTH, "2026-11-17T01:00:00+01:00", line("4", "Natt")),  # Monday's last hours, a week ago
        order(4, TOKYO, "2026-11-24T04:00:00+09:00", line("8", "Natt")),  # Tuesday there, this minute
        order(5, TOKYO, "2026-11-17T04:59:00+09:00", line("16", "Natt")),
        order(6, TOKYO, "2026-11-17T05:01:00+09:00", line("32", "Natt")),
    ]
    await books.apply(log((90, night), (91, tokyo), *((one.Id.int, OrderFinalised(order=one)) for one in sales)))
    found = await seen(till)
    assert (found.day, found.day_starts) == (date(2026, 11, 24), 0)
    assert {one.name: (one.day, one.compared.gross, one.compared.gross_before) for one in found.outlets} == {
        "Kafé Vasastan": (date(2026, 11, 23), D(2), D(0)), "Tokyo": (date(2026, 11, 24), D(8), D(16)),
    }  # fmt: skip
    alone = await seen(till, outlet=NORTH)
    assert (alone.day_starts, alone.hours) == (5, hours((6, 2, 0), (1, 0, 4)))
    past_midnight = datetime(2026, 11, 24, 1, 30, tzinfo=STOCKHOLM)
    assert (await seen(till, past_midnight, NORTH)).total[::2] == (D(2), D(4))


@pytest.mark.parametrize("now", [
    datetime(2026, 11, 23, 20, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 11, 1, 1, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 15, tzinfo=UTC), datetime(2026, 4, 5, 0, 30, tzinfo=UTC),
], ids=str)  # fmt: skip
async def test_any_day_is_what_a_count_by_hand_says(till: Till, books: Books, now: datetime) -> None:
    chance = random.Random(str(now))
    moments = [now - timedelta(days=chance.choice((0, 7)), minutes=chance.randrange(-600, 1500)) for _ in range(150)]
    sales = [
        order(n, chance.choice((SOUTH, NORTH)), moment.isoformat(), line(str(chance.randrange(1, 500))))
        for n, moment in enumerate(moments, 1)
    ]
    await books.apply(sold(*sales))
    found = await seen(till, now)
    wall = now.astimezone(STOCKHOLM).replace(tzinfo=None) - timedelta(days=7)
    # A time that the clock showed twice is its second, and one that it left out comes after the gap.
    until = max((wall.replace(tzinfo=STOCKHOLM, fold=fold) for fold in (0, 1)), key=datetime.timestamp)
    day = business_day(now, STOCKHOLM)[0]

    def total(fits: Callable[[datetime], bool], outlet: UUID | None = None) -> Decimal:
        chosen = [one for one, moment in zip(sales, moments, strict=True) if fits(moment)]
        return sum(
            (one.OrderLines[0].UnitPrice for one in chosen if one.OrderLines and outlet in (None, one.OutletId)), D(0)
        )

    def was_today(moment: datetime) -> bool:
        return business_day(moment, STOCKHOLM)[0] == day

    def was_before(moment: datetime) -> bool:
        return business_day(moment, STOCKHOLM)[0] == day - timedelta(days=7) and moment.timestamp() <= until.timestamp()

    assert found.total[::2] == (total(was_today), total(was_before))
    assert {one.outlet_id: one.compared[::2] for one in found.outlets} == {
        outlet: amounts for outlet in NAMES if any(amounts := (total(was_today, outlet), total(was_before, outlet)))
    }
