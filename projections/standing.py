"""Where the projections stand in each tenant's log: for those who watch over the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.database import queries
from ledger.store import Pool
from projections import NAMES

_SQL = queries("projections/standing.sql")


class Standing(NamedTuple):
    """One projection of one tenant. `waiting`: seconds since the oldest event was recorded that it has not applied.

    `error` says why it has stopped after `checkpoint`: event, type and place, nothing of what a document holds.
    """

    tenant_id: int
    tenant: str
    head: int
    projection: str
    checkpoint: int
    error: str | None
    waiting: float | None

    @property
    def lag(self) -> int:
        """How many events it has not applied yet."""
        return max(self.head - self.checkpoint, 0)

    @property
    def seconds(self) -> float:
        """For how long the oldest of them has waited; 0 where there is none."""
        return max(self.waiting or 0.0, 0.0)


def totals(standing: Sequence[Standing]) -> tuple[int, int]:
    """How many events of how many are applied, over all of these."""
    return sum(min(one.checkpoint, one.head) for one in standing), sum(one.head for one in standing)


async def standings(pool: Pool, *, behind: bool = False) -> list[Standing]:
    """Every projection of every tenant; or only those that are `behind`, or have stopped."""
    return [Standing(*row) for row in await pool.fetch(_SQL["standing"], list(NAMES), behind)]
