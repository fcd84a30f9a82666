"""`order-ledger project`: run the projectors on their own, or build read models anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from api.connect import Stopped, check_there, database_of, pool_of, ready_pool, stop_event, stop_on_signals
from api.progress_bar import Bars
from ledger.errors import LedgerError
from ledger.pool import WORK_WITHIN
from ledger.settings import Settings
from ledger.store import Vault

CONNECTIONS = 2


def project(settings: Settings, *, rebuild: str | None, once: bool, as_json: bool = False) -> None:
    """Run until SIGINT or SIGTERM; with `once` until caught up; with `rebuild` (a name or `all`) until rebuilt."""
    names = _names(rebuild) if rebuild is not None else ()
    if names:
        check_there(settings)
    stop_on_signals()
    try:
        with database_of(settings, shared=True) as dsn:
            asyncio.run(_project(settings, dsn, names, once=once, as_json=as_json))
    except Stopped:
        if names:
            raise LedgerError("stopped; what was in use still is, and the next rebuild begins anew") from None


def _names(wanted: str) -> Sequence[str]:
    from projections import NAMES

    if wanted == "all":
        return NAMES
    if wanted not in NAMES:
        raise LedgerError(f"there is no projection {wanted!r}; there are: {', '.join(NAMES)}, and all")
    return (wanted,)


async def _project(settings: Settings, dsn: str, names: Sequence[str], *, once: bool, as_json: bool) -> None:
    from projections.following import run_forever, run_until_caught_up
    from projections.rebuild import rebuild

    async with ready_pool(settings, dsn) as pool:
        vault = Vault(*settings.master_keys())
        if names:
            with Bars(*names) as bars:
                await rebuild(pool, vault, names, bars.show)
            print(json.dumps({"rebuilt": names}) if as_json else f"Rebuilt: {', '.join(names)}.")
        elif once:
            with Bars("projecting") as bars:
                await run_until_caught_up(pool, vault, lambda done, total: bars.show("projecting", done, total))
            if as_json:
                print('{"state": "caught up"}')
        else:
            print('{"state": "projecting"}' if as_json else "Projecting; Ctrl-C stops.", flush=True)
            async with pool_of(dsn, CONNECTIONS, WORK_WITHIN) as working:
                await run_forever(working, vault, stop_event())
