"""`order-ledger replay`: whether what is shown follows from the events."""

from __future__ import annotations

from pathlib import Path

from api.cli.desk import Desk, add_json_option, add_tenant_option, at_scratch
from api.cli.tree import Tree
from ledger.errors import LedgerError

_REPLAY = """\
Build every read model anew from the events, of an export or of the database itself, in scratch schemas, and compare it
row by row with the one in use, which is only read. What has come since the export is read from the database. What
differs is named to the member. With changed projection code this shows what a deployment would change before it is
deployed; where the schema has changed too, `order-ledger migrate` comes first. Works beside a running server. Exit code
0: nothing differs, 1: something does, 2: wrong use.
"""
_EXAMPLES = """\
examples:
  order-ledger replay --live
  order-ledger replay /srv/audit/kafe
  order-ledger replay --live --tenant kafe-sodermalm --json

"""


class DifferentError(LedgerError):
    """What is shown is not what follows from the events."""


def add_to(tree: Tree) -> None:
    """Declares the command."""
    command = tree.command("replay", "compare the read models with the events", _REPLAY, _EXAMPLES, at_scratch(_replay))
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="the events of an export")
    source.add_argument("--live", action="store_true", help="the events of the database itself")
    add_tenant_option(command)
    add_json_option(command)


async def _replay(desk: Desk) -> None:
    from api.progress_bar import Bars
    from ledger.audit.rows import ExportedRows
    from projections.replay import replay
    from projections.runner import read_lean

    source = ExportedRows(desk.options.directory) if desk.options.directory is not None else None
    if source is not None and desk.options.tenant is None:
        desk.options.tenant = source.origin.split("/")[1]
    tenant = await desk.tenant()
    if source is not None and source.origin.split("/")[:2] != ["order-ledger", tenant.name]:
        raise LedgerError(f"{desk.options.directory} is an export of {source.origin}, not of {tenant.name}")
    with Bars("replaying") as bars:
        tables = await replay(
            desk.pool,
            desk.vault,
            tenant.tenant_id,
            lambda done, total: bars.show("replaying", done, total),
            source.read if source is not None else read_lean,
        )
    shown = [{"table": table.name, "rows": table.rows, "different": table.differ} for table in tables]
    if desk.options.json:
        desk.show([one | {"differences": table.differences} for one, table in zip(shown, tables, strict=True)])
    else:
        desk.show(shown)
        for table in tables:
            for line in table.differences:
                desk.screen.line(f"{table.name} {line}")
    wrong = sum(table.differ for table in tables)
    if wrong:
        raise DifferentError(f"{wrong} rows in use are not what follows from the events of {tenant.name}")
