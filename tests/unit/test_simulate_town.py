"""The town: the same documents from the same seed, numbers that never come twice, and all that happens in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.simulate import calendar, days, hours, lives, lives_online
from api.simulate.calendar import Options, days_of
from api.simulate.comparing import compared
from api.simulate.documents import Place
from api.simulate.shift import DUPLICATE, Life, Shift
from api.simulate.tills import encode
from api.simulate.town import Town, build

WEEK = days_of(date(2026, 11, 16), date(2026, 11, 22))
START = datetime(2026, 11, 27, 14, 5)


def options(**changes: Any) -> Options:
    """A week of a small town."""
    return Options("s", 3, 2, True, WEEK, orders=400)._replace(**changes)


def lived(chosen: Options) -> Iterator[tuple[Shift, Life]]:
    """All that happens, till by till, day by day."""
    town = build(chosen.key(START), chosen.outlets, chosen.tills)
    memories: dict[str, days.Memory] = {}
    for day in calendar.till_days(chosen, town):
        for terminal, (shift, moments) in day.items():
            memory = memories.setdefault(terminal, days.Memory())
            until = chosen.until if chosen.until and shift.day == chosen.until.date() else None
            for life in days.day(shift, moments, memory, is_first=shift.day == chosen.days[0], until=until):
                yield shift, life


def posted(chosen: Options) -> list[bytes]:
    """Every body, in order."""
    return [encode(step.document) for _, life in lived(chosen) for step in life.steps]


def test_the_same_seed_and_options_are_the_same_documents_byte_for_byte() -> None:
    assert posted(options()) == posted(options())


@pytest.mark.parametrize("changes", [
    {"seed": "t"}, {"outlets": 2}, {"tills": 1}, {"faults": False}, {"orders": 401}, {"days": WEEK[1:]},
])  # fmt: skip
def test_anything_else_is_another_town(changes: dict[str, Any]) -> None:
    def ids(chosen: Options) -> set[str]:
        town = build(chosen.key(START), chosen.outlets, chosen.tills)
        return {id_ for shop in town.outlets for id_ in (shop.id, shop.web.terminal, *(t.terminal for t in shop.tills))}

    assert not ids(options()) & ids(options(**changes))


def test_live_every_run_is_a_town_of_its_own() -> None:
    later = START + timedelta(microseconds=1)
    for live in (Options("s", 1, 1, True, per_minute=1.0), options(per_minute=1.0)):
        assert live.key(START) != live.key(later)
    assert options().key(START) == options().key(later)


def test_a_day_that_runs_is_the_beginning_of_the_same_day_later() -> None:
    noon, evening = (
        posted(options(orders=None, until=datetime(2026, 11, 22, hour), days=WEEK[-1:], tills=1, outlets=1))
        for hour in (12, 18)
    )
    assert 5 < len(noon) < len(evening) and evening[: len(noon)] == noon


def test_as_many_orders_as_were_asked_for() -> None:
    assert sum(life.is_order for _, life in lived(options())) == 400
    assert calendar.expected(options(orders=None), town_of(options(orders=None))) == sum(
        life.is_order for _, life in lived(options(orders=None))
    )


def town_of(chosen: Options) -> Town:
    """The town of these options."""
    return build(chosen.key(START), chosen.outlets, chosen.tills)


def test_no_receipt_number_comes_twice_at_a_terminal() -> None:
    numbers: Counter[tuple[str, int]] = Counter()
    seen = set()
    for _, life in lived(options()):
        for step in life.steps:
            for receipt in step.document.get("Receipts") or ():
                if receipt["ReceiptId"] not in seen:
                    seen.add(receipt["ReceiptId"])
                    numbers[receipt["TerminalId"], receipt["ReceiptNumber"]] += 1
    assert set(numbers.values()) == {1}


def test_live_runs_on_one_day_use_receipt_numbers_of_their_own() -> None:
    (day,) = calendar.till_days(options(days=WEEK[:1], orders=300), town_of(options()))
    shift = next(iter(day.values())).shift

    def number_at(moment: datetime) -> int:
        shift.go_on_at(moment)
        receipt = shift.paid_by_card(shift.draft(moment), moment)["Receipts"][0]
        return int(receipt["ReceiptNumber"])

    noon = datetime.combine(WEEK[0], datetime.min.time()) + timedelta(hours=12)
    first, second = number_at(noon), number_at(noon + timedelta(minutes=1))
    assert second - first >= 600


def test_everything_that_happens_in_a_town_happens() -> None:
    orders = [step for _, life in lived(options(orders=3000)) for step in life.steps]
    endpoints = Counter(step.endpoint for step in orders)
    assert len(endpoints) == 9
    documents = [step.document for step in orders if step.endpoint == "PostOrder"]
    lines = [line for order in documents for line in order["OrderLines"]]
    assert {line["TaxPercent"] for line in lines} == {Decimal(6), Decimal(12), Decimal(25)}
    assert any(line["Product"]["Unit"] for line in lines) and any(line["ItemDiscount"] for line in lines)
    assert any(line["IngredientItems"] for line in lines) and any(line["IsCoupon"] for line in lines)
    assert {(order["Status"], order["Type"]) for order in documents} >= {(13, 0), (15, 5), (13, 5), (14, 6), (13, 2)}
    assert any(order["RoundedAmount"] for order in documents) and any(order["TipAmount"] for order in documents)
    assert any(order["TrainingMode"] for order in documents)
    assert any(step.expect == DUPLICATE and step.endpoint == "PostOrder" for step in orders)
    assert any(life.offline for _, life in lived(options()))


def test_without_faults_nothing_goes_wrong() -> None:
    found = [life for _, life in lived(options(faults=False, orders=2000))]
    assert not any(life.offline for life in found)
    assert {step.expect for life in found for step in life.steps} == {"taken"}


def test_dates_are_written_in_three_ways() -> None:
    town = build("dates", 1, 3)
    dates = set()
    for till in town.outlets[0].tills:
        shift = Shift(town, Place(town.outlets[0], till), WEEK[0], Random(1), faults=False)
        (step, *_) = lives.by_card(shift, datetime(2026, 11, 16, 14, 5, 0, 120000)).steps
        dates.add(step.document["InvoiceDate"])
    assert dates == {"2026-11-16T14:05:00.1200000", "2026-11-16T14:05:00.120+01:00", "2026-11-16T13:05:00.120000Z"}


def test_a_swish_callback_names_its_order_and_amount() -> None:
    (day,) = calendar.till_days(options(days=WEEK[:1]), town_of(options()))
    shift = next(iter(day.values())).shift
    steps = [step for _ in range(60) for step in lives_online.by_swish(shift, START).steps]
    callbacks = [step.document for step in steps if "payeePaymentReference" in step.document]
    assert {one["status"] for one in callbacks} >= {"PAID", "CREATED", "DECLINED", "CANCELLED", "DEBITED"}


@given(st.integers(0, 10**6), st.lists(st.floats(0.01, 100), min_size=1, max_size=50))
def test_shares_sum_up_and_none_is_far_from_exact(total: int, weights: list[float]) -> None:
    found = hours.shares(total, weights)
    assert sum(found) == total
    for share, weight in zip(found, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) <= 1.001


def test_nobody_sells_in_the_hour_that_the_clocks_leave_out() -> None:
    kiosk = build("night", 3, 1).outlets[2].kind
    found = hours.times(kiosk._replace(hours=(0, 0, 1, *[0] * 21)), date(2026, 3, 29), 50, Random(1))
    assert {at.hour for at in found} == {3}


def test_a_difference_is_named_from_both_sides() -> None:
    found = compared("GetDailySale", {("Kafé", 1): Decimal("1.00"), "a": 1}, {("Kafé", 1): Decimal("1.01"), "b": 2})
    assert (found.figures, found.differ) == (3, 3)
    assert found.differences == [
        "Kafé 1: books 1.00, server 1.01", "a: books 1, server nothing", "b: books nothing, server 2",
    ]  # fmt: skip
    assert compared("x", {"a": None}, {}).differ == 1
