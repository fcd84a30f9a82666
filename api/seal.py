"""`order-ledger seal`: the sealer on its own, with its own key and a user that may do nothing else."""

from __future__ import annotations

import asyncio

from api.connect import Stopped, database_of, pool_of, prepare, stop_event, stop_on_signals
from ledger import database
from ledger.audit.memory import Memory
from ledger.audit.sealer import Sealer
from ledger.pool import WORK_WITHIN
from ledger.settings import Settings


def seal(settings: Settings, *, as_json: bool = False) -> None:
    """Seals until SIGINT or SIGTERM, and says so as it begins. Raises LedgerError and OSError at the start."""
    stop_on_signals()
    try:
        with database_of(settings, shared=True) as dsn:
            asyncio.run(_seal(settings, dsn, as_json))
    except Stopped:
        return


async def _seal(settings: Settings, dsn: str, as_json: bool) -> None:
    async with pool_of(dsn, 1, role=database.SEALER) as pool:
        is_current = await database.is_current(pool)
    if not is_current:
        # Whoever may only seal may not migrate; the database says so.
        await prepare(settings, dsn)
    async with pool_of(dsn, 1, WORK_WITHIN, database.SEALER) as pool:
        print('{"state": "sealing"}' if as_json else "Sealing; Ctrl-C stops.", flush=True)
        await Sealer(pool, Memory(settings.seal_dir)).run(stop_event())
