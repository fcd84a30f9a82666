"""`order-ledger key seal`: the key that the sealer signs with."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from api.cli.desk import Desk, add_json_option, add_tenant_option, at_log
from api.cli.tree import Tree
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.settings import Settings

_SEALS = """\
Checkpoints of the log are signed with a key that lies in SEAL_DIR. Its public half, the vkey, is registered once for
each tenant: hand it to whoever shall verify. A log that is not what was signed is never signed again.
"""
_EXAMPLES = """\
examples:
  order-ledger key seal show > shop.vkey
  order-ledger key seal create shop --reason "restored from the backup of 3 May: 40 events are lost"

"""
_SHOW = "Print the vkey that a tenant's log is signed with, one line for each tenant."
_NEW = """\
Begin a new origin, order-ledger/TENANT/2 and so on, for a log that cannot go on under its old one: it was restored
from a backup, or the key or the last checkpoint is lost. The whole log is signed anew; old checkpoints and exports
keep their vkey, and nothing proves that both are of one log. The key in SEAL_DIR is used, or made where there is none.
"""


def add_to(keys: Tree) -> None:
    """Declares the commands, below `key`."""
    group = keys.group("seal", "the key that the log is signed with", _SEALS, _EXAMPLES)
    show = group.command("show", "print the vkey", _SHOW, _EXAMPLES, at_log(_show))
    add_tenant_option(show)
    add_json_option(show)
    new = group.command("create", "begin a new origin", _NEW, _EXAMPLES, _new, also=["new"])
    add_json_option(new)
    new.add_argument("tenant", metavar="TENANT", help="whose log")
    new.add_argument("--reason", required=True, metavar="TEXT", help="why; it is kept for ever")


async def _show(desk: Desk) -> None:
    from ledger.audit import seals

    wanted = desk.options.tenant
    found = [one for one in await seals.standing(desk.pool) if one.vkey and wanted in (None, one.name)]
    if not found:
        raise LedgerError("nothing is sealed yet: `order-ledger serve` and `order-ledger seal` do it")
    if desk.options.json:
        desk.show([{"tenant": one.name, "vkey": one.vkey, "size": one.size, "stopped": one.stopped} for one in found])
        return
    for one in found:
        print(one.vkey)


def _new(settings: Settings, options: argparse.Namespace) -> None:
    import asyncio

    from api.connect import Stopped, check_there, database_of, stop_on_signals

    check_there(settings)
    stop_on_signals()
    try:
        with database_of(settings, shared=True) as dsn:
            asyncio.run(_begin(settings, dsn, options))
    except Stopped:
        raise KeyboardInterrupt from None


async def _begin(settings: Settings, dsn: str, options: argparse.Namespace) -> None:
    from api.connect import pool_of
    from ledger.audit.generations import begin_anew
    from ledger.audit.memory import Memory
    from ledger.database import SEALER

    async with pool_of(dsn, 1, role=SEALER) as pool, pool.acquire() as connection:
        signer = await begin_anew(connection, Memory(settings.seal_dir), options.tenant, options.reason)
    if options.json:
        print(json.dumps({"tenant": options.tenant, "origin": signer.verifier.name, "vkey": signer.verifier.vkey}))
        return
    print(signer.verifier.vkey)
    print(f"The log is signed as {signer.verifier.name} from here on.", file=sys.stderr)
