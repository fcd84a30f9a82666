"""Until nothing of an erased customer is left in any read model: all of them have passed the event that says so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ledger import database
from ledger.database import queries
from ledger.errors import LedgerError
from ledger.store import Pool, Vault
from projections import ALL, NAMES
from projections.rebuild import NEXT, RebuildRuns, throw_away_leftovers
from projections.runner import Runner

_SQL = queries("projections/forgetting.sql")
_PAUSE = 0.05


class StillShown(LedgerError):
    """A read model has stopped before the erasure, so that it may still show the customer."""

    def __init__(self, projection: str, position: int, erased_at: int) -> None:
        super().__init__(
            f"the customer is erased from the log (position {erased_at}), but read model {projection} has stopped "
            f"after position {position} and may still show personal data: find out why (order-ledger project --once), "
            "then run this again"
        )


# Called with how many events of how many the read models have seen, all together.
Report = Callable[[int, int], None]


async def forget_everywhere(
    pool: Pool, vault: Vault, tenant_id: int, position: int, report: Report = lambda done, total: None
) -> None:
    """Returns when every read model, one in the making too, has passed `position`. StillShown: one has stopped.

    It projects by itself what nobody else does. Afterwards the old versions of rows are vacuumed away, as far as rights
    and other readers allow.
    """
    runner = Runner(pool, vault, ALL)
    while behind := await pool.fetch(_SQL["behind"], tenant_id, position, list(NAMES), NEXT):
        for projection, at, stopped in behind:
            if stopped and not projection.endswith(NEXT):
                raise StillShown(projection, at, position)
        missing = sum(position - at for _, at, _ in behind)
        report(position * len(NAMES) - missing, position * len(NAMES))
        if all(projection.endswith(NEXT) for projection, _, _ in behind):
            # A rebuild that runs will pass the event like everybody; of one that was killed only its tables are left.
            with contextlib.suppress(RebuildRuns):
                await throw_away_leftovers(pool)
        if not await runner.step(tenant_id):
            await asyncio.sleep(_PAUSE)
    await database.vacuum(pool, await pool.fetchval(_SQL["personal_tables"]))
