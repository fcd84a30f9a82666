"""The same figures at every size of the log, as a plot: a panel for each kind of unit, a line for each figure.

Both axes are logarithmic; a flat line is what is wanted. `python -m tests.bench.plot bench.json growth.svg` draws again
what was measured.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.bench.figures import Report, short

# Of all that is read; of other chapters everything is shown.
READS = (
    "Order/GetOpenOrder, a day", "Order/GetOrdersWithoutExternalID, a day",
    "Order/GetOrdersWithoutExternalID, first page", "Order/GetOrdersHistory", "Sale/GetTodaySale",
    "Sale/GetMonthalySale", "v1/stock", "v1/orders/{id}",
)  # fmt: skip
# What a panel is called, and the units in it.
PANELS = (("orders and events a second", ("/s", "orders/s", "events/s")), ("answers", ("ms",)),
          ("a start, seconds", ("s",)), ("memory, MB", ("MB",)))  # fmt: skip
_NAMED = re.compile(r"(.+), ([\d,]+) orders")
_COLOURS = (
    "#1b6ca8", "#c8553d", "#2e8b57", "#8a4fa0", "#b8860b", "#444444", "#008b8b", "#d1477a", "#6b8e23", "#5d6d7e",
    "#a0522d", "#4169e1", "#708238",
)  # fmt: skip
LEFT, WIDTH, LINE, GAP, DECADE = 70, 480, 32, 70, 60
Series = dict[str, dict[int, float]]


def draw(report: Report, path: Path) -> None:
    """Writes the plot."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(svg(_panels(report)) + "\n", "utf-8")


def _panels(report: Report) -> dict[str, Series]:
    """What grows, by panel: values by size, by the name and unit of the figure."""
    panels: dict[str, Series] = {}
    for title, units in PANELS:
        series: Series = {}
        for figure in report.figures:
            found = _NAMED.fullmatch(figure.name)
            if found and figure.unit in units and (figure.chapter != "read" or found[1] in READS):
                sizes = series.setdefault(f"{found[1]} ({figure.unit})", {})
                sizes[int(found[2].replace(",", ""))] = figure.value
        if grown := {name: sizes for name, sizes in series.items() if len(sizes) > 1}:
            panels[title] = grown
    return panels


def svg(panels: dict[str, Series]) -> str:
    """The plot, over the number of orders."""
    image = ElementTree.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": "1000", "font-family": "sans-serif", "font-size": "12",
    })  # fmt: skip
    ElementTree.SubElement(image, "rect", {"width": "100%", "height": "100%", "fill": "white"})
    _text(image, LEFT, 28, "The same figures as the log grows", {"font-size": "16"})
    top = 60.0
    for title, series in panels.items():
        top = _panel(image, top, title, series) + GAP
    image.set("height", f"{top:.0f}")
    return ElementTree.tostring(image, "unicode")


def _panel(image: ElementTree.Element, top: float, title: str, series: Series) -> float:
    """Draws one, and gives where it ends."""
    sizes = sorted({size for values in series.values() for size in values})
    values = [value for one in series.values() for value in one.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    bottom = top + max((high - low) * DECADE, len(series) * LINE)
    across = _scale(min(sizes), max(sizes), LEFT, LEFT + WIDTH)
    up = _scale(10.0**low, 10.0**high, bottom, top)
    _text(image, LEFT, top - 10, title, {"font-weight": "bold"})
    _text(image, LEFT + WIDTH / 2, bottom + 36, "orders in the log", {"text-anchor": "middle"})
    for size in sizes:
        _rule(image, across(size), top, across(size), bottom)
        _text(image, across(size), bottom + 18, f"{size:,}", {"text-anchor": "middle"})
    for power in range(low, high + 1):
        _rule(image, LEFT, up(10.0**power), LEFT + WIDTH, up(10.0**power))
        _text(image, LEFT - 8, up(10.0**power) + 4, f"{10.0**power:,.12g}", {"text-anchor": "end"})
    # Names stand in the order in which the lines end.
    for number, (name, points) in enumerate(sorted(series.items(), key=lambda one: -one[1][max(one[1])])):
        places = [(across(size), up(value)) for size, value in sorted(points.items())]
        _line(image, _COLOURS[number % len(_COLOURS)], places)
        _name(image, top + 8 + number * LINE, _COLOURS[number % len(_COLOURS)], name, points)
    return bottom


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    span = math.log(high / low) or 1.0
    return lambda value: start + (end - start) * math.log(value / low) / span


def _line(image: ElementTree.Element, colour: str, places: Iterable[tuple[float, float]]) -> None:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    ElementTree.SubElement(image, "polyline", {"points": path, "fill": "none", "stroke": colour, "stroke-width": "2"})
    for x, y in places:
        ElementTree.SubElement(image, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3", "fill": colour})


def _name(image: ElementTree.Element, y: float, colour: str, name: str, points: dict[int, float]) -> None:
    _text(image, LEFT + WIDTH + 20, y, name, {"fill": colour})
    values = " → ".join(short(value) for _, value in sorted(points.items()))
    _text(image, LEFT + WIDTH + 20, y + 14, values, {"fill": colour})


def _rule(image: ElementTree.Element, x1: float, y1: float, x2: float, y2: float) -> None:
    at = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    ElementTree.SubElement(image, "line", at | {"stroke": "#dddddd"})


def _text(image: ElementTree.Element, x: float, y: float, text: str, more: dict[str, str]) -> None:
    ElementTree.SubElement(image, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}"} | more).text = text


def main() -> None:
    """Reads what was measured, and draws it."""
    found: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    report = Report()
    for one in found["figures"]:
        report.add(one["chapter"], one["name"], one["unit"], one["rounds"])
    draw(report, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
