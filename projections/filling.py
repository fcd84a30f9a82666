"""A generation of read models that nobody reads yet, filled from the log as fast as the machine allows.

The log is read and decoded once; while PostgreSQL takes the rows of one page in, the next one is read and folded. Each
lane has a connection of its own for some of the projections. What they do commits with their checkpoints, but waits for
no disk: a generation that is lost in a crash is begun anew, and the commit that brings it into use (`rebuild`) waits
until all that was written before it is on the disk too, for PostgreSQL's log is written in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence

from ledger.database import queries
from ledger.errors import LedgerError
from ledger.events import Recorded
from ledger.store import Pool, Vault
from projections.projection import Projection
from projections.runner import Runner, read_lean
from projections.schemas import schema_of

_SQL = queries("projections/filling.sql")
# Some 2 MB of the log, where `read_log` stops anyway. Smaller pages cost more round trips.
EVENTS_AT_ONCE = 2000
PAGES_A_COMMIT = 4
# Pages that wait for the slower lane.
AHEAD = 2
# The orders' documents are half of all that is written.
_LANES = (frozenset({"orders"}),)

# Called with the position that a projection has come to.
Moved = Callable[[str, int], None]
_Page = Sequence[Recorded]


class _Lane:
    """Projections that share a connection, and the pages they have still to apply; None ends them."""

    def __init__(self, projections: Sequence[Projection], suffix: str) -> None:
        self.projections, self.suffix = projections, suffix
        self.names = [projection.name + suffix for projection in projections]
        self.schemas = ", ".join(map(schema_of, self.names))
        self.pages = asyncio.Queue[_Page | None](AHEAD)


async def fill(
    pool: Pool, vault: Vault, projections: Sequence[Projection], suffix: str, tenant_id: int, after: int, moved: Moved
) -> None:
    """Applies a tenant's log from position `after` + 1 on, where all these projections stand, to its end.

    Whatever goes wrong is raised, with the checkpoints where they were: `Runner` finds out what it is.
    """
    lanes = [_Lane(some, suffix) for some in _lanes(projections)]
    with collecting_seldom():
        await _fill(pool, vault, lanes, tenant_id, after, moved)


async def _fill(pool: Pool, vault: Vault, lanes: Sequence[_Lane], tenant_id: int, after: int, moved: Moved) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_read(pool, vault, tenant_id, after, lanes))
        for lane in lanes:
            group.create_task(_apply(pool, vault, lane, tenant_id, after, moved))


@contextlib.contextmanager
def collecting_seldom() -> Iterator[None]:
    """Records hold no cycles: looking for some in every thousand of them takes a tenth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _lanes(projections: Sequence[Projection]) -> list[list[Projection]]:
    apart = [[one for one in projections if one.name in names] for names in _LANES]
    rest = [one for one in projections if not any(one.name in names for names in _LANES)]
    return [some for some in (*apart, rest) if some]


async def _read(pool: Pool, vault: Vault, tenant_id: int, after: int, lanes: Sequence[_Lane]) -> None:
    async with pool.acquire() as connection:
        await connection.act_for(tenant_id)
        while page := await read_lean(connection, tenant_id, after, EVENTS_AT_ONCE, vault):
            if page[0].position != after + 1:
                raise LedgerError(f"event {after + 1} is missing")
            after = page[-1].position
            for lane in lanes:
                await lane.pages.put(page)
    for lane in lanes:
        await lane.pages.put(None)


async def _apply(pool: Pool, vault: Vault, lane: _Lane, tenant_id: int, after: int, moved: Moved) -> None:
    runner = Runner(pool, vault, lane.projections, suffix=lane.suffix)
    async with pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute(_SQL["begin"], lane.schemas, tenant_id)
            await runner.add_checkpoints(connection, tenant_id)
        page = await lane.pages.get()
        while page:
            async with connection.transaction():
                await connection.execute(_SQL["begin"], lane.schemas, tenant_id)
                for _ in range(PAGES_A_COMMIT):
                    for name in lane.names:
                        await runner.hand_over(connection, tenant_id, name, page)
                    until = page[-1].position
                    page = await lane.pages.get()
                    if not page:
                        break
                if await connection.fetchval(_SQL["move"], tenant_id, lane.names, after, until) != len(lane.names):
                    raise LedgerError("somebody else fills the same generation")
            after = until
            for projection in lane.projections:
                moved(projection.name, after)
