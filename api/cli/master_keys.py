"""`order-ledger master-key`: the key that wraps all others."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.tree import Tree, add_json_option
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.settings import Settings

_KEYS = """\
The master key wraps the keys of personal data and the secrets of tenants. Whoever has it and the database reads
everything; without it names and addresses are lost. It is MASTER_KEY, else the file master.key in DATA_DIR.
"""
_EXAMPLES = """\
examples:
  order-ledger master-key rotate                      the file: makes a new key, while no server runs
  MASTER_KEY=$NEW MASTER_KEY_OLD=$OLD order-ledger master-key rotate

"""
_ROTATE = """\
Wrap every key anew, under a new master key. No event is touched, however many there are, and it may be interrupted at
any moment: run it again and it goes on.

With the file master.key it makes the new key itself, and needs every server stopped: what a server holds in memory is
the old key. With MASTER_KEY: set MASTER_KEY to the new key and MASTER_KEY_OLD to the old one, restart every server with
both, run this beside them, and drop MASTER_KEY_OLD when it is done.
"""


def add_to(tree: Tree) -> None:
    """Declares the command."""
    keys = tree.group("master-key", "change the master key", _KEYS, _EXAMPLES)
    rotate = keys.command("rotate", "wrap every key anew under a new master key", _ROTATE, _EXAMPLES, _rotate)
    add_json_option(rotate)


def _rotate(settings: Settings, options: argparse.Namespace) -> None:
    from api.connect import Stopped, check_there, stop_on_signals

    check_there(settings)
    stop_on_signals()
    try:
        if settings.keys:
            changed, said = _by_settings(settings)
        else:
            changed, said = _by_file(settings, settings.data_dir / "master.key")
    except Stopped:
        raise KeyboardInterrupt from None
    print(json.dumps({"wrapped_anew": changed}) if options.json else f"{changed} keys are wrapped anew. {said}")


def _by_settings(settings: Settings) -> tuple[int, str]:
    import asyncio

    from api.connect import database_of

    if not settings.old_keys:
        raise LedgerError(
            "MASTER_KEY_OLD is not set: set MASTER_KEY to the new key and MASTER_KEY_OLD to the one it replaces, "
            "restart every server with both, and run this again"
        )
    with database_of(settings, shared=True) as dsn:
        changed = asyncio.run(_rewrap(settings, dsn, settings.master_keys(), alone=False))
    return changed, "MASTER_KEY_OLD is needed no more."


def _by_file(settings: Settings, path: Path) -> tuple[int, str]:
    import asyncio

    from api.connect import database_of
    from ledger import embedded
    from ledger.rotation import begin_in_file, end_in_file

    if settings.database_url is None and embedded.attach(settings.data_dir) is not None:
        raise LedgerError(f"a server runs on {settings.data_dir}, with the old key in its memory: stop it first")
    with database_of(settings, shared=False) as dsn:
        asyncio.run(_check(settings, dsn))
        keys = begin_in_file(path)
        changed = asyncio.run(_rewrap(settings, dsn, keys, alone=True))
        end_in_file(path, keys)
    return changed, f"{path} holds the new master key: back it up; backups need the old one."


async def _check(settings: Settings, dsn: str) -> None:
    """Before anything changes: the schema and the key are those of this database, and nobody else is at work."""
    from api.connect import ready_pool
    from ledger.rotation import check_alone
    from ledger.store import Vault
    from ledger.tenants import all_tenants

    async with ready_pool(settings, dsn) as pool:
        await check_alone(pool)
        await all_tenants(pool, Vault(*settings.master_keys()))


async def _rewrap(settings: Settings, dsn: str, keys: tuple[bytes, ...], *, alone: bool) -> int:
    from api.connect import ready_pool
    from api.progress_bar import Bars
    from ledger.rotation import check_alone, rewrap
    from ledger.store import Vault

    async with ready_pool(settings, dsn) as pool:
        with Bars("keys") as bars:
            changed = await rewrap(pool, Vault(*keys), lambda done, total: bars.show("keys", done, total))
        if alone:
            # One that came meanwhile may have read the file before the new key was in it.
            await check_alone(pool)
        return changed
