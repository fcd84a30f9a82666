"""What commands on the log share: the database they work on, beside a running server or without one, and the tenant."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from api.cli.tree import Run, add_json_option, add_tenant_option
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from api.cli.screen import Screen
    from ledger.settings import Settings
    from ledger.store import Pool, Vault
    from ledger.tenants import Known, Tenant

__all__ = [
    "ACTOR",
    "Desk",
    "add_json_option",
    "add_tenant_option",
    "at_desk",
    "at_log",
    "at_scratch",
    "some_of",
    "until_everywhere",
]

ACTOR = "cli"
NAMED_AT_MOST = 20
_MARGIN = 0.1  # seconds, for a clock that is told in steps


class Desk:
    """A database, what was asked for, and where the answer goes."""

    def __init__(self, pool: Pool, settings: Settings, options: argparse.Namespace) -> None:
        self.pool, self.settings, self.options = pool, settings, options

    @functools.cached_property
    def vault(self) -> Vault:
        """The keys to what is personal. SettingsError: the master key is damaged."""
        from ledger.store import Vault

        return Vault(*self.settings.master_keys())

    @functools.cached_property
    def screen(self) -> Screen:
        """Standard output."""
        from api.cli.screen import Screen

        return Screen()

    async def tenant(self) -> Tenant:
        """The tenant of `--tenant`, with its secret. LedgerError: which one? Or the master key is not its."""
        from ledger.tenants import find_tenant_named

        known = await self.known_tenant()
        found = await find_tenant_named(self.pool, self.vault, known.name)
        assert found is not None, "tenants are never taken away"
        return found

    async def known_tenant(self) -> Known:
        """The tenant of `--tenant`, which may be left out while there is one. LedgerError: which one?"""
        from ledger.tenants import known_tenants

        tenants = await known_tenants(self.pool)
        wanted: str | None = self.options.tenant
        found = [tenant for tenant in tenants if wanted in (None, tenant.name)]
        if len(found) == 1:
            return found[0]
        if not tenants:
            raise LedgerError("there is no tenant yet: make one with `order-ledger tenant create NAME`")
        names = some_of([tenant.name for tenant in tenants])
        if wanted is None:
            raise LedgerError(f"say which tenant with --tenant; there are: {names}")
        raise LedgerError(f"there is no tenant {wanted!r}; there are: {names}")

    def show(self, rows: Sequence[Mapping[str, object]]) -> None:
        """A table on stdout, or with `--json` an array."""
        if self.options.json:
            self.screen.json(rows)
        else:
            self.screen.table(rows)

    def show_one(self, facts: Mapping[str, object]) -> None:
        """One thing, a member a line, lists as tables below; with `--json` an object."""
        if self.options.json:
            self.screen.json(facts)
            return
        lists = {name: value for name, value in facts.items() if isinstance(value, list)}
        self.screen.facts({name: value for name, value in facts.items() if name not in lists})
        for name, rows in lists.items():
            self.screen.line(f"\n{name}: {len(rows)}")
            self.screen.table(rows)

    def tell(self, facts: Mapping[str, object], line: str) -> None:
        """What has happened: a line for a person; with `--json` the facts."""
        if self.options.json:
            self.screen.json(facts)
        else:
            self.screen.line(line)


def some_of(names: Sequence[str]) -> str:
    """Names in a sentence: the first ones, where they are many."""
    more = f" and {len(names) - NAMED_AT_MOST} more (order-ledger tenant list)" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more


Work = Callable[[Desk], Awaitable[None]]
Opened: TypeAlias = "AbstractAsyncContextManager[Pool]"
Door: TypeAlias = "Callable[[Settings, str], Opened]"


def at_desk(work: Work, *, anew: bool = False, stopped: str | None = None) -> Run:
    """Runs `work` on the database of DATABASE_URL, of the `serve` that runs on DATA_DIR, or on one it starts.

    The database is brought to this version's schema. `anew`: where there is no ledger yet, one is made. `stopped` is
    what there is to say when it is interrupted.
    """
    return functools.partial(_run, work, door=_ready, anew=anew, stopped=stopped)


def at_scratch(work: Work) -> Run:
    """The same for work that takes its time and makes what it needs; it refuses another version's schema."""
    return functools.partial(_run, work, door=_as_it_should_be)


def at_log(work: Work, *, beside: str | None = None, stopped: str | None = None) -> Run:
    """The same for work that only reads: the database is taken as it is, and nothing in it is changed.

    `beside`: what to say where no server runs, for work that waits for what one writes.
    """
    return functools.partial(_run, work, door=_as_it_is, beside=beside, stopped=stopped)


def _run(
    work: Work,
    settings: Settings,
    options: argparse.Namespace,
    *,
    door: Door,
    anew: bool = False,
    stopped: str | None = None,
    beside: str | None = None,
) -> None:
    import asyncio

    from api.connect import Stopped, check_there, database_of, stop_on_signals
    from ledger import embedded

    if not anew:
        check_there(settings)
    if beside and settings.database_url is None and embedded.attach(settings.data_dir) is None:
        raise LedgerError(beside)
    stop_on_signals()
    try:
        with database_of(settings, shared=True) as dsn:
            asyncio.run(_work(work, settings, options, door(settings, dsn)))
    except Stopped:
        if stopped is not None:
            raise LedgerError(stopped) from None
        raise KeyboardInterrupt from None


async def _work(work: Work, settings: Settings, options: argparse.Namespace, opened: Opened) -> None:
    async with opened as pool:
        await work(Desk(pool, settings, options))


def _ready(settings: Settings, dsn: str) -> Opened:
    import dataclasses

    from api.connect import ready_pool

    # Whoever makes a tenant of their own wants no demo beside it.
    return ready_pool(dataclasses.replace(settings, demo_wanted=False), dsn)


def _as_it_should_be(settings: Settings, dsn: str) -> Opened:
    from api.connect import pool_to_compare

    return pool_to_compare(dsn)


def _as_it_is(settings: Settings, dsn: str) -> Opened:
    from api.connect import pool_to_read

    return pool_to_read(dsn)


async def until_everywhere() -> None:
    """Waits until every server has looked up anew what was changed before."""

    import asyncio

    from ledger.credentials import LEASE

    await asyncio.sleep(LEASE + _MARGIN)
