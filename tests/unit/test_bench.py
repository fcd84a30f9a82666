"""What the bench says of its measurements, and that what it posts is what tills post."""

from __future__ import annotations

import itertools
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ledger.reading import read_order
from ledger.records import Order
from tests.bench import bodies
from tests.bench.figures import Bar, Report, interleaved
from tests.bench.load import Went
from tests.bench.options import Options
from tests.bench.plot import draw

ZONE = ZoneInfo("Europe/Stockholm")


def test_a_ratio_is_that_of_the_rounds_not_of_the_medians() -> None:
    report = Report()
    limit = report.add("post", "limit", "/s", [100.0, 10.0, 50.0])
    ours = report.add("post", "ours", "/s", [50.0, 5.0, 10.0], limit)
    assert (limit.value, ours.value, ours.ratio) == (50.0, 10.0, 0.5)
    assert limit.ratio is None


def test_a_bar_says_whether_it_is_met() -> None:
    assert str(Bar("a", 0.7, 0.65)) == "bar a: measured 0.7, wanted at least 0.65"
    assert str(Bar("b", 3.0, 2.0, " s", at_least=False)) == "bar b: measured 3 s, wanted at most 2 s  (not met)"


def test_rounds_are_interleaved() -> None:
    order: list[str] = []

    def run(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = interleaved(2, {"limit": lambda: run("limit"), "ours": lambda: run("ours")})
    assert order == ["limit", "ours", "limit", "ours"]
    assert found == {"limit": [1.0, 3.0], "ours": [2.0, 4.0]}


def test_orders_are_read_the_quick_way_and_have_every_member() -> None:
    for template in (bodies.ORDER, bodies.DRAFT, bodies.RETURN):
        for body in itertools.islice(bodies.fresh(template, 1), 2):
            msgspec.json.decode(body, type=Order)
            order = read_order(body, lambda _: ZONE)
            assert len(order.OrderLines or ()) == 4
    body = next(bodies.fresh(bodies.ORDER, 1))
    assert 5_500 < len(body) < 6_500
    assert len(order.Payments or ()) == len(order.Receipts or ()) == 1


def test_no_two_bodies_are_one_document() -> None:
    orders = [msgspec.json.decode(body) for body in itertools.islice(bodies.fresh(bodies.ORDER, 7), 50)]
    assert len({order["Id"] for order in orders}) == 50
    assert [order["Receipts"][0]["ReceiptNumber"] for order in orders] == list(range(7, 57))
    assert len({line["Id"] for order in orders for line in order["OrderLines"]}) == 200


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        ({}, (2_000, 20_000)), ({"FULL": "1"}, (10_000, 1_000_000)), ({"ORDERS": "500"}, (500,)),
        ({"FULL": "1", "GROWTH": "1"}, (10_000, 100_000, 1_000_000)), ({"ONLY": "growth"}, (2_000, 20_000)),
    ],
)  # fmt: skip
def test_how_much_is_measured(given: dict[str, str], sizes: tuple[int, ...]) -> None:
    assert Options.from_environ(given).sizes == sizes
    assert ("growth" in Options.from_environ(given).chapters) == ("growth" in str(given).lower())


def test_the_plot_has_a_line_for_each_figure_that_grows(tmp_path: Path) -> None:
    report = Report()
    for name in ("v1/stock", "v1/reports"):
        report.add_sizes("read", name, "ms", {10_000: [1.5], 100_000: [1.6]})
    report.add_sizes("live", "start to first answer", "s", {10_000: [0.5], 100_000: [0.75]})
    report.add("live", "memory of the server, 10,000 orders", "MB", [100.0])
    draw(report, tmp_path / "docs" / "growth.svg")
    drawn = (tmp_path / "docs" / "growth.svg").read_text("utf-8")
    assert drawn.count("<polyline") == 2, "one of the two answers is shown, and what has one size cannot grow"
    assert "v1/stock (ms)" in drawn and "start to first answer (s)" in drawn and "memory" not in drawn
    assert "100,000" in drawn and "0.5 → 0.75" in drawn


def test_a_figure_at_a_size_stands_beside_that_at_the_smallest() -> None:
    report = Report()
    report.add_sizes("post", "PostOrder", "/s", {10: [100.0], 1_000: [90.0]})
    assert [(one.name, one.ratio) for one in report.figures] == [
        ("PostOrder, 10 orders", None), ("PostOrder, 1,000 orders", 0.9),
    ]  # fmt: skip


def test_a_long_log_is_gone_through_less_often() -> None:
    usual = Options.from_environ({"ROUNDS": "5"})
    assert [usual.passes(size) for size in (20_000, 100_000, 1_000_000)] == [5, 3, 1]
    assert usual.asks_for("audit", "read") and not Options.from_environ({"ONLY": "post"}).asks_for("audit")
    assert Options.from_environ({"ONLY": "growth"}).asks_for("audit"), "everything grows"


def test_a_rate_is_of_the_time_it_took() -> None:
    assert Went(requests=300, seconds=1.5, failed=0, p50=0.0, p99=0.0).rate == 200.0
