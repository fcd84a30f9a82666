"""Bars: from amounts to places in a picture, in percent of it, so that one drawing fits every width. Pure.

The drawing itself is `columns` and `bar` in `templates/macros.html`. Of the chart libraries that can draw without a
script, those looked at put styles into the page, which its policy forbids, or stretch their letters with the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from ledger.amounts import ZERO

TICKS_AT_MOST = 5
# Of a column's share of the width, what is drawn.
_FILLED = 0.72


class Column(NamedTuple):
    """What a column stands for: kronor, and kronor of the time it is compared with (None: with nothing).

    `label` is short and stands below, `told` is the whole of it in words, `link` where it leads, `""` for nowhere.
    """

    label: str
    amount: Decimal
    before: Decimal | None
    told: str
    link: str


class Box(NamedTuple):
    """A rectangle, in percent of the picture."""

    x: float
    y: float
    width: float
    height: float


class Drawn(NamedTuple):
    """A column with its boxes; the older one is wider, and lies behind."""

    column: Column
    middle: float
    box: Box
    behind: Box | None


class Tick(NamedTuple):
    """A line across the picture: where, and the amount it stands for."""

    y: float
    amount: Decimal


class Columns(NamedTuple):
    """A chart of columns, ready to be drawn."""

    columns: list[Drawn]
    ticks: list[Tick]


def columns(found: Sequence[Column]) -> Columns:
    """Columns on a scale that holds all of them, and zero."""
    amounts = [amount for column in found for amount in (column.amount, column.before) if amount is not None]
    lowest, highest = min([ZERO, *amounts]), max([ZERO, *amounts])
    step = _step(highest - lowest)
    low, high = step * math.floor(lowest / step), step * max(1, math.ceil(highest / step))
    ticks = [low + step * number for number in range(int((high - low) / step) + 1)]
    share = 100 / max(1, len(found))
    return Columns(
        [_drawn(column, number * share, share, low, high) for number, column in enumerate(found)],
        [Tick(_place(amount, low, high), amount) for amount in ticks],
    )


class Bar(NamedTuple):
    """A line of a table of bars: kronor, and of the time it is compared with (None: with nothing).

    `link` is where it leads, `""` for nowhere. The lengths are in percent of the longest.
    """

    name: str
    amount: Decimal
    before: Decimal | None
    link: str
    length: float
    length_before: float | None


def bars(found: Iterable[tuple[str, Decimal, Decimal | None, str]]) -> list[Bar]:
    """Bars of name, amount, what it is compared with, and link: the largest first."""
    rows = sorted(found, key=lambda row: (-row[1], -(row[2] or ZERO), row[0]))
    longest = max((max(row[1], row[2] or ZERO) for row in rows), default=ZERO)
    return [Bar(*row, part(row[1], longest), None if row[2] is None else part(row[2], longest)) for row in rows]


def part(amount: Decimal, largest: Decimal) -> float:
    """How long a bar is, in percent of the largest; one that is less than nothing has no length."""
    return round(float(max(ZERO, amount) / largest * 100), 2) if largest > 0 else 0.0


def _drawn(column: Column, left: float, share: float, low: Decimal, high: Decimal) -> Drawn:
    behind = None if column.before is None else _box(left, share, 0.94, column.before, low, high)
    return Drawn(column, round(left + share / 2, 3), _box(left, share, _FILLED, column.amount, low, high), behind)


def _box(left: float, share: float, filled: float, amount: Decimal, low: Decimal, high: Decimal) -> Box:
    top, bottom = _place(max(amount, ZERO), low, high), _place(min(amount, ZERO), low, high)
    return Box(round(left + share * (1 - filled) / 2, 3), top, round(share * filled, 3), round(bottom - top, 3))


def _place(amount: Decimal, low: Decimal, high: Decimal) -> float:
    return round(float((high - amount) / (high - low) * 100), 3)


def _step(span: Decimal) -> Decimal:
    """The smallest of 1, 2, 5, 10, 20 … kronor by which a span has no more than TICKS_AT_MOST lines."""
    tens = Decimal(10) ** max(0, span.adjusted() - 1)
    steps = (tens * factor for factor in (1, 2, 5, 10, 20, 50, 100))
    return next(step for step in steps if span / step <= TICKS_AT_MOST - 1)
