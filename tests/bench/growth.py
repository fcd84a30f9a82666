"""The same figures at every size of the log, as a plot. Both axes are logarithmic; a flat line is what is wanted."""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.bench.figures import Report, short

SHOWN = (
    "Order/GetOpenOrder, a day", "Order/GetOrdersWithoutExternalID, a day",
    "Order/GetOrdersWithoutExternalID, first page", "Order/GetOrdersHistory", "Sale/GetTodaySale",
    "Sale/GetMonthalySale", "v1/stock", "v1/orders/{id}", "decode and append in process", "projectors",
)  # fmt: skip
_NAMED = re.compile(r"(.+), ([\d,]+) orders")
_COLOURS = (
    "#1b6ca8",
    "#c8553d",
    "#2e8b57",
    "#8a4fa0",
    "#b8860b",
    "#444444",
    "#008b8b",
    "#d1477a",
    "#6b8e23",
    "#5d6d7e",
)
LEFT, TOP, WIDTH, HEIGHT, LINE = 70, 50, 560, 420, 20
COPIES = "What lies beyond the first orders is copies of them, made in the database."
Series = dict[str, dict[int, float]]


def draw(report: Report, path: Path, note: str = "") -> None:
    """Writes the plot of some reads, and of how quickly the log was filled; `note` stands below the title."""
    series: Series = {}
    for figure in report.figures:
        found = _NAMED.fullmatch(figure.name)
        if found and found[1] in SHOWN:
            series.setdefault(f"{found[1]} ({figure.unit})", {})[int(found[2].replace(",", ""))] = figure.value
    grown = {name: values for name, values in series.items() if len(values) > 1}
    path.parent.mkdir(exist_ok=True)
    path.write_text(svg(grown or series, note) + "\n", "utf-8")


def svg(series: Series, note: str = "") -> str:
    """The plot: one line a series over the number of orders."""
    sizes = sorted({size for values in series.values() for size in values})
    values = [value for one in series.values() for value in one.values()]
    across = _scale(min(sizes), max(sizes), LEFT, LEFT + WIDTH)
    up = _scale(10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values))), TOP + HEIGHT, TOP)
    image = ElementTree.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": "1000", "height": "540", "font-family": "sans-serif",
        "font-size": "12",
    })  # fmt: skip
    ElementTree.SubElement(image, "rect", {"width": "100%", "height": "100%", "fill": "white"})
    _text(image, LEFT, 28, "The same figures as the log grows", {"font-size": "16"})
    _text(image, LEFT, 44, note, {"fill": "#555555"})
    _text(image, LEFT + WIDTH / 2, TOP + HEIGHT + 45, "orders in the log", {"text-anchor": "middle"})
    for size in sizes:
        _rule(image, across(size), TOP, across(size), TOP + HEIGHT)
        _text(image, across(size), TOP + HEIGHT + 20, f"{size:,}", {"text-anchor": "middle"})
    for power in range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1):
        _rule(image, LEFT, up(10.0**power), LEFT + WIDTH, up(10.0**power))
        _text(image, LEFT - 8, up(10.0**power) + 4, f"{10.0**power:g}", {"text-anchor": "end"})
    for number, (name, points) in enumerate(sorted(series.items())):
        _line(image, number, name, [(across(size), up(value)) for size, value in sorted(points.items())], points)
    return ElementTree.tostring(image, "unicode")


def _scale(low: float, high: float, start: float, end: float) -> Any:
    span = math.log(high / low) or 1.0
    return lambda value: start + (end - start) * math.log(value / low) / span


def _line(
    image: ElementTree.Element, number: int, name: str, points: list[tuple[float, float]], values: dict[int, float]
) -> None:
    colour = _COLOURS[number % len(_COLOURS)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    ElementTree.SubElement(image, "polyline", {"points": path, "fill": "none", "stroke": colour, "stroke-width": "2"})
    for x, y in points:
        ElementTree.SubElement(image, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3", "fill": colour})
    first, last = values[min(values)], values[max(values)]
    y = TOP + 10 + number * 2 * LINE
    _text(image, LEFT + WIDTH + 20, y, name, {"fill": colour})
    _text(image, LEFT + WIDTH + 20, y + 15, f"{short(first)} → {short(last)}", {"fill": colour})


def _rule(image: ElementTree.Element, x1: float, y1: float, x2: float, y2: float) -> None:
    at = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    ElementTree.SubElement(image, "line", at | {"stroke": "#dddddd"})


def _text(image: ElementTree.Element, x: float, y: float, text: str, more: dict[str, str]) -> None:
    ElementTree.SubElement(image, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}"} | more).text = text


def main() -> None:
    """`python -m tests.bench.growth bench.json growth.svg` draws again what was measured."""
    found: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    report = Report()
    for one in found["figures"]:
        report.add(one["chapter"], one["name"], one["unit"], one["rounds"])
    copies = set(found["settings"]["chapters"]) <= {"read", "growth"}
    draw(report, Path(sys.argv[2]), COPIES if copies else "")


if __name__ == "__main__":
    main()
