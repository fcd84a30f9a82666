"""`order-ledger project`: run the projectors on their own, or build read models anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from api.connect import Stopped, database_of, pool_of, ready_pool, stop_event, stop_on_signals
from api.progress_bar import Bars
from ledger.errors import LedgerError
from ledger.pool import WORK_WITHIN
from ledger.settings import Settings
from ledger.store import Vault

CONNECTIONS = 2


def project(settings: Settings, *, rebuild: str | None, once: bool) -> None:
    """Run until SIGINT or SIGTERM; with `once` until caught up; with `rebuild` (a name or `all`) until rebuilt."""
    names = _names(rebuild) if rebuild is not None else ()
    stop_on_signals()
    try:
        with database_of(settings, shared=True) as dsn:
            asyncio.run(_project(settings, dsn, names, once=once))
    except Stopped:
        return


def _names(wanted: str) -> Sequence[str]:
    from projections import NAMES

    if wanted == "all":
        return NAMES
    if wanted not in NAMES:
        raise LedgerError(f"there is no projection {wanted!r}; there are: {', '.join(NAMES)}, and all")
    return (wanted,)


async def _project(settings: Settings, dsn: str, names: Sequence[str], *, once: bool) -> None:
    from projections.rebuild import rebuild
    from projections.runner import run_forever, run_until_caught_up

    async with ready_pool(settings, dsn) as pool:
        vault = Vault(*settings.master_keys())
        if names:
            with Bars() as bars:
                await rebuild(pool, vault, names, bars.show)
        elif once:
            await run_until_caught_up(pool, vault)
        else:
            print("Projecting; Ctrl-C stops.", flush=True)
            async with pool_of(dsn, CONNECTIONS, WORK_WITHIN) as working:
                await run_forever(working, vault, stop_event())
