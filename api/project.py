"""`order-ledger project`: run the projectors on their own, or build read models anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from api.connect import Stopped, database_of, pool_of, ready_pool, stop_event, stop_on_signals
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
            with _Bars() as bars:
                await rebuild(pool, vault, names, bars.show)
        elif once:
            await run_until_caught_up(pool, vault)
        else:
            print("Projecting; Ctrl-C stops.", flush=True)
            async with pool_of(dsn, CONNECTIONS, WORK_WITHIN) as working:
                await run_forever(working, vault, stop_event())


class _Bars:
    """One progress bar per read model, in events done of events there are."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, name: str, done: int, total: int) -> None:
        """Move the bar of one read model."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name)
        self._progress.update(self._tasks[name], completed=done, total=total)
