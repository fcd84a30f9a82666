"""What commands on tenants and credentials share: the database they work on, beside a running server or without one."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from api.cli.tree import Run
from ledger.credentials import LEASE
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.store import Pool, Vault
from ledger.tenants import Tenant, all_tenants

ACTOR = "cli"
_MARGIN = 0.1  # seconds, for a clock that is told in steps


class Desk(NamedTuple):
    """A database that is ready, and the keys to it."""

    pool: Pool
    vault: Vault
    options: argparse.Namespace

    async def tenant(self) -> Tenant:
        """The tenant of `--tenant`, which may be left out while there is one. LedgerError: which one?"""
        tenants = await all_tenants(self.pool, self.vault)
        wanted: str | None = self.options.tenant
        found = [tenant for tenant in tenants if wanted in (None, tenant.name)]
        if len(found) == 1:
            return found[0]
        if not tenants:
            raise LedgerError("there is no tenant yet: make one with `order-ledger tenant create NAME`")
        names = ", ".join(tenant.name for tenant in tenants)
        if wanted is None:
            raise LedgerError(f"say which tenant with --tenant; there are: {names}")
        raise LedgerError(f"there is no tenant {wanted!r}; there are: {names}")

    def show(self, rows: Sequence[Mapping[str, object]]) -> None:
        """A table on stdout, or with `--json` an array."""
        if self.options.json:
            print(json.dumps(rows, default=str, ensure_ascii=False))
        elif rows:
            cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
            widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
            for line in cells:
                print("  ".join(map(str.ljust, line, widths)).rstrip())

    def show_one(self, facts: Mapping[str, object]) -> None:
        """One thing, a member a line, lists as tables below; with `--json` an object."""
        if self.options.json:
            print(json.dumps(facts, default=str, ensure_ascii=False))
            return
        width = max(map(len, facts))
        lists = {name: value for name, value in facts.items() if isinstance(value, list)}
        for name in [name for name in facts if name not in lists]:
            print(f"{name:{width}}  {_text(facts[name])}")
        for name, rows in lists.items():
            print(f"\n{name}: {len(rows)}")
            self.show(rows)

    def tell(self, facts: Mapping[str, object], line: str) -> None:
        """What has happened: a line for a person; with `--json` the facts."""
        print(json.dumps(facts, default=str, ensure_ascii=False) if self.options.json else line)


def at_desk(work: Callable[[Desk], Awaitable[None]]) -> Run:
    """Runs `work` on the database of DATABASE_URL, of the `serve` that runs on DATA_DIR, or on one it starts."""

    def run(settings: Settings, options: argparse.Namespace) -> None:
        from api.connect import Stopped, database_of, stop_on_signals

        stop_on_signals()
        try:
            with database_of(settings, shared=True) as dsn:
                asyncio.run(_work(work, settings, dsn, options))
        except Stopped:
            raise KeyboardInterrupt from None

    return run


async def _work(
    work: Callable[[Desk], Awaitable[None]], settings: Settings, dsn: str, options: argparse.Namespace
) -> None:
    from api.connect import ready_pool

    # Whoever makes a tenant of their own wants no demo beside it.
    async with ready_pool(dataclasses.replace(settings, demo_wanted=False), dsn) as pool:
        await work(Desk(pool, Vault(*settings.master_keys()), options))


async def until_everywhere() -> None:
    """Waits until every server has looked up anew what was changed before."""
    await asyncio.sleep(LEASE + _MARGIN)


def add_tenant_option(command: argparse.ArgumentParser) -> None:
    """`--tenant NAME`."""
    command.add_argument("--tenant", metavar="NAME", help="whose; may be left out while there is one tenant")


def add_json_option(command: argparse.ArgumentParser) -> None:
    """`--json`."""
    command.add_argument("--json", action="store_true", help="print JSON, for programs")


def _text(value: object) -> str:
    return "-" if value is None or value == "" else str(value)
