"""What was measured: each figure with its rounds, and beside the limit it is held against; and the bars."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

K = TypeVar("K")


@dataclass
class Figure:
    """One line of the table. `against` is the figure of the same rounds that it is a ratio of."""

    chapter: str
    name: str
    unit: str
    rounds: list[float]
    against: Figure | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.rounds)

    @property
    def ratio(self) -> float | None:
        """The median of the ratios round by round, for a noisy machine is slow for both; None: there is no limit."""
        if self.against is None:
            return None
        if len(self.rounds) != len(self.against.rounds):
            return self.value / self.against.value
        return statistics.median(
            mine / limit for mine, limit in zip(self.rounds, self.against.rounds, strict=True) if limit
        )

    def as_json(self) -> dict[str, Any]:
        """For bench.json."""
        found: dict[str, Any] = {
            "chapter": self.chapter, "name": self.name, "unit": self.unit, "median": self.value, "rounds": self.rounds,
        }  # fmt: skip
        if self.against is not None:
            found |= {"against": self.against.name, "against_median": self.against.value, "ratio": self.ratio}
        return found | ({"note": self.note} if self.note else {})


@dataclass
class Bar:
    """What issue and team ask for. `at_least`: more is better."""

    name: str
    measured: float
    wanted: float
    unit: str = ""
    at_least: bool = True

    @property
    def is_met(self) -> bool:
        """Whether it was reached."""
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted

    def __str__(self) -> str:
        word = "at least" if self.at_least else "at most"
        wanted = f"{word} {self.wanted:g}{self.unit}" + ("" if self.is_met else "  (not met)")
        return f"bar {self.name}: measured {short(self.measured)}{self.unit}, wanted {wanted}"


@dataclass
class Report:
    """All figures and bars of a run; `say` is told of each as it comes."""

    say: Callable[[str], None] = lambda line: None
    figures: list[Figure] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.time)

    def add(
        self, chapter: str, name: str, unit: str, rounds: list[float], against: Figure | None = None, note: str = ""
    ) -> Figure:
        """A figure."""
        figure = Figure(chapter, name, unit, rounds, against, note)
        self.figures.append(figure)
        ratio = f"  ({figure.ratio:.2f} of {against.name})" if against is not None and figure.ratio else ""
        self.say(f"{chapter}: {name}  {short(figure.value)} {unit}{ratio}")
        return figure

    def add_sizes(self, chapter: str, name: str, unit: str, rounds: Mapping[int, list[float]]) -> None:
        """A figure of logs of several sizes, each beside that of the smallest, which comes first."""
        smallest: Figure | None = None
        for size, some in rounds.items():
            figure = self.add(chapter, f"{name}, {size:,} orders", unit, some, smallest)
            smallest = smallest or figure

    def bar(self, name: str, measured: float, wanted: float, unit: str = "", *, at_least: bool = True) -> None:
        """A bar and what was measured for it."""
        self.bars.append(Bar(name, measured, wanted, unit, at_least))
        self.say(str(self.bars[-1]))

    def lacks(self, what: str) -> None:
        """Something that could not be measured, and why."""
        self.missing.append(what)
        self.say(what)

    def find(self, chapter: str, name: str) -> Figure | None:
        """A figure by its name; None: it was not measured."""
        return next((one for one in self.figures if (one.chapter, one.name) == (chapter, name)), None)

    def write(self, path: Path, settings: Mapping[str, object]) -> None:
        """Everything, as JSON."""
        document = {
            "begun": self.begun, "seconds": time.time() - self.begun, "python": platform.python_version(),
            "machine": {"system": platform.platform(), "cores": cores(), "load": load_average()},
            "settings": dict(settings), "figures": [figure.as_json() for figure in self.figures],
            "bars": [{"name": bar.name, "measured": bar.measured, "wanted": bar.wanted, "met": bar.is_met}
                     for bar in self.bars],
            "missing": self.missing,
        }  # fmt: skip
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def interleaved(rounds: int, runs: Mapping[K, Callable[[], float]]) -> dict[K, list[float]]:
    """Each run once a round, one after the other: what disturbs the machine for a while disturbs all of them."""
    found: dict[K, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(run())
    return found


def cores() -> int:
    """How many this machine lets us use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_average() -> float:
    """How busy the machine was in the last minute."""
    return round(os.getloadavg()[0], 2)


def short(number: float) -> str:
    """A number as people read it."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
