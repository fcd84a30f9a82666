"""Exports and their verification, with what they need around them: a database, a terminal to show progress on."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.connect import Stopped, database_of, ready_pool, stop_on_signals
from ledger.audit import live, verify
from ledger.audit.export import Exported
from ledger.audit.export import export as export_log
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.store import Pool, Vault
from ledger.tenants import Tenant, all_tenants


def export(settings: Settings, directory: Path, tenant: str | None, *, gz: bool) -> Exported:
    """Exports the log of a tenant (the only one, where none is named). LedgerError: it cannot be."""
    stop_on_signals()
    try:
        with database_of(settings, shared=True) as dsn, _bar("exporting") as progress:
            return asyncio.run(_export(settings, dsn, directory, tenant, gz, progress))
    except Stopped:
        raise LedgerError("stopped; the next export into the directory goes on") from None


async def _export(
    settings: Settings, dsn: str, directory: Path, tenant: str | None, gz: bool, progress: verify.Progress
) -> Exported:
    async with ready_pool(settings, dsn) as pool:
        return await export_log(pool, await _tenant(pool, settings, tenant), directory, gz=gz, progress=progress)


def verify_export(directory: Path, vkey: str | None, checkpoints: Sequence[Path]) -> verify.Report:
    """Verifies an export; asks no database."""
    with _bar("verifying") as progress:
        return verify.verify(directory, vkey=vkey, checkpoints=checkpoints, progress=progress)


def verify_live(settings: Settings, tenant: str | None, vkey: str | None, checkpoints: Sequence[Path]) -> verify.Report:
    """Verifies the log of a tenant (the only one, where none is named) in the running database."""
    stop_on_signals()
    try:
        with database_of(settings, shared=True) as dsn, _bar("verifying") as progress:
            return asyncio.run(_verify_live(settings, dsn, tenant, vkey, checkpoints, progress))
    except Stopped:
        raise LedgerError("stopped") from None


async def _verify_live(
    settings: Settings, dsn: str, tenant: str | None, vkey: str | None, checkpoints: Sequence[Path],
    progress: verify.Progress,
) -> verify.Report:  # fmt: skip
    async with ready_pool(settings, dsn) as pool:
        whose = await _tenant(pool, settings, tenant)
        return await live.verify_live(pool, whose, vkey=vkey, checkpoints=checkpoints, progress=progress)


async def _tenant(pool: Pool, settings: Settings, name: str | None) -> Tenant:
    tenants = await all_tenants(pool, Vault(*settings.master_keys()))
    names = ", ".join(tenant.name for tenant in tenants)
    if name is None and len(tenants) != 1:
        raise LedgerError(f"whose log? --tenant takes one of: {names}" if tenants else "there is no tenant yet")
    found = [tenant for tenant in tenants if name in (None, tenant.name)]
    if not found:
        raise LedgerError(f"there is no tenant {name}; there are: {names}")
    return found[0]


@contextlib.contextmanager
def _bar(what: str) -> Iterator[verify.Progress]:
    """A progress bar on standard error, where somebody sees it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
