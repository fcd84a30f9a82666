"""`order-ledger export` and `verify`: what an auditor takes along, and what he does with it."""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.desk import Desk, at_log
from api.cli.tree import Tree, WrongUse, add_json_option, add_tenant_option

if TYPE_CHECKING:
    from ledger.audit.export import Exported
    from ledger.audit.verify import Report
    from ledger.settings import Settings

_EXPORT = """\
Write the sealed log into a directory that stands alone: every event up to the newest signed checkpoint, the checkpoint,
and the key's public half. Called again, it adds what is new. Needs no more memory for a large log than for a small one,
and is safe to stop: the next call goes on. `docs/audit.md` says what an auditor does with it.
"""
_EXPORT_EXAMPLES = """\
examples:
  order-ledger export /srv/audit/kafe
  order-ledger export --gzip --json /media/stick/kafe

"""

_VERIFY = """\
Verify an export, or with --live the running database: every hash, the root, signatures, positions, versions of streams,
ids, and that every saved checkpoint is of this very log. An export is verified without a database. One line on standard
error for each finding; exit code 0: all holds, 1: it does not, 2: wrong use.

The key and checkpoints to trust are those that you saved, not those that the export brings.
"""
_VERIFY_EXAMPLES = """\
examples:
  order-ledger verify /srv/audit/kafe --vkey kafe.vkey --checkpoint 2026-10.checkpoint
  order-ledger verify --live --tenant kafe --checkpoint 2026-10.checkpoint

"""
_STOPPED = "stopped before the end: nothing is proved"


def add_to(tree: Tree) -> None:
    """Declares the two."""
    run = at_log(_export, stopped="stopped; the next export into the directory goes on")
    export = tree.command("export", "write the sealed log into a directory", _EXPORT, _EXPORT_EXAMPLES, run)
    export.add_argument("directory", type=Path, metavar="DIR", help="made where there is none")
    add_tenant_option(export)
    export.add_argument("--gzip", action="store_true", help="compress new files with gzip, not zstd")
    add_json_option(export)
    verify = tree.command("verify", "prove that a log was not changed", _VERIFY, _VERIFY_EXAMPLES, _verify)
    verify.add_argument("directory", type=Path, metavar="DIR", nargs="?", help="an export")
    verify.add_argument("--live", action="store_true", help="the running database instead of an export")
    verify.add_argument("--tenant", help="with --live: whose log (may be left out while there is one)")
    verify.add_argument("--vkey", type=Path, metavar="FILE", help="the key to trust")
    verify.add_argument(
        "--checkpoint", type=Path, metavar="FILE", action="append", default=[], help="a saved one; any number of them"
    )
    add_json_option(verify)


async def _export(desk: Desk) -> None:
    from api.progress_bar import Bars
    from ledger.audit.export import export

    tenant, options = await desk.known_tenant(), desk.options
    with Bars("exporting") as bars:
        done = await export(
            desk.pool, tenant, options.directory, gz=options.gzip,
            progress=lambda done, total: bars.show("exporting", done, total),
        )  # fmt: skip
    _show_export(done, options)


def _show_export(done: Exported, options: argparse.Namespace) -> None:
    if options.json:
        shown = {"origin": done.origin, "size": done.size, "root": b64encode(done.root).decode(), "added": done.added}
        print(json.dumps(shown | {"directory": str(options.directory)}))
    else:
        print(f"{options.directory}: {done.size} events of {done.origin}, {done.added} of them new")


def _verify(settings: Settings, options: argparse.Namespace) -> None:
    if options.live == (options.directory is not None):
        raise WrongUse("verify either a directory, or the running database with --live")
    if options.tenant is not None and not options.live:
        raise WrongUse("--tenant goes with --live: an export is of one tenant")
    if options.directory is not None and not options.directory.is_dir():
        raise WrongUse(f"{options.directory} is no directory; `order-ledger export` makes one")
    from ledger.audit.verify import NoKey

    try:
        options.trusted = None if options.vkey is None else options.vkey.read_text("utf-8")
        if options.live:
            at_log(_verify_live, stopped=_STOPPED)(settings, options)
        else:
            _verify_export(options)
    except (NoKey, OSError, UnicodeDecodeError) as error:
        raise WrongUse(str(error)) from error


def _verify_export(options: argparse.Namespace) -> None:
    from api.progress_bar import Bars
    from ledger.audit.verify import verify

    with Bars("verifying") as bars:
        report = verify(
            options.directory, vkey=options.trusted, checkpoints=options.checkpoint,
            progress=lambda done, total: bars.show("verifying", done, total),
        )  # fmt: skip
    _show(report, options)


async def _verify_live(desk: Desk) -> None:
    from api.progress_bar import Bars
    from ledger.audit.live import verify_live

    tenant, options = await desk.known_tenant(), desk.options
    with Bars("verifying") as bars:
        report = await verify_live(
            desk.pool, tenant, vkey=options.trusted, checkpoints=options.checkpoint,
            progress=lambda done, total: bars.show("verifying", done, total),
        )  # fmt: skip
    _show(report, options)


def _show(report: Report, options: argparse.Namespace) -> None:
    for finding in report.findings:
        print(finding, file=sys.stderr)
    if options.json:
        print(json.dumps(_as_json(report)))
    elif report.holds:
        print(f"{report.origin}: all {report.size} events hold.")
        if report.own_key:
            print("The key was the log's own: give the one that you trust with --vkey, for this alone proves nothing.")
    if not report.holds:
        raise SystemExit(1)


def _as_json(report: Report) -> dict[str, object]:
    root = None if report.root is None else b64encode(report.root).decode()
    return {
        "holds": report.holds, "origin": report.origin, "size": report.size, "root": root,
        "trusted_key": not report.own_key, "findings": report.findings,
    }  # fmt: skip
