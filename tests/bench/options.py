"""How much is measured: a quick look by default, the whole with FULL=1; each number from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# Orders that all passes through one log go over, if there is more than one.
LONG = 300_000
CHAPTERS = ("limits", "append", "post", "read", "project", "audit", "live", "growth")


@dataclass(frozen=True)
class Options:
    """`sizes` are orders in the log when reads are measured, the smallest first; `seconds` is one round of a load."""

    rounds: int
    seconds: float
    connections: tuple[int, ...]
    sizes: tuple[int, ...]
    lag_seconds: float
    memory_seconds: float
    appends: int
    tenants: int
    chapters: frozenset[str]
    wrk: bool

    def asks_for(self, *chapters: str) -> bool:
        """Whether one of these is measured; of a log at every size, each is."""
        return bool(self.chapters & {*chapters, "growth"})

    def passes(self, size: int) -> int:
        """How often a log of so many orders is gone through: a long one evens out what disturbs a short one."""
        return max(1, min(self.rounds, LONG // size))

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Options:
        """The usual ones, and what the environment changes."""
        wanted = set(environ.get("ONLY", "").replace(",", " ").split())
        full, growth = _on(environ, "FULL"), _on(environ, "GROWTH") or "growth" in wanted
        orders = int(environ.get("ORDERS") or (1_000_000 if full else 20_000))
        small = min(10_000 if full else 2_000, orders)
        usual = {"limits", "append", "post", "read", "project", "audit", "live"}
        return cls(
            rounds=int(environ.get("ROUNDS") or (5 if full else 3)),
            seconds=float(environ.get("SECONDS") or (5 if full else 2)),
            connections=tuple(map(int, (environ.get("CONNECTIONS") or "1 16 64 256").split())),
            sizes=_steps(small, orders) if growth else tuple(sorted({small, orders})),
            lag_seconds=float(environ.get("LAG_SECONDS") or (60 if full else 15)),
            memory_seconds=float(environ.get("MEMORY_SECONDS") or 60),
            appends=int(environ.get("APPENDS") or (8_000 if full else 3_000)),
            tenants=int(environ.get("TENANTS") or 100),
            chapters=frozenset(wanted or usual | ({"growth"} if growth else set())),
            wrk=environ.get("WRK", "1") not in ("0", "off"),
        )

    def as_json(self) -> dict[str, Any]:
        """For bench.json."""
        return asdict(self) | {"chapters": sorted(self.chapters)}


def _on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "") not in ("", "0", "off")


def _steps(small: int, large: int) -> tuple[int, ...]:
    sizes = [small]
    while sizes[-1] * 10 < large:
        sizes.append(sizes[-1] * 10)
    return (*sizes, large) if large > sizes[-1] else tuple(sizes)
