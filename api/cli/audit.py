"""`order-ledger export` and `verify`: what an auditor takes along, and what he does with it."""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from api.cli.tree import Tree
from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.audit.export import Exported
    from ledger.audit.verify import Report

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
_WRONG_USE = 2


def add_to(tree: Tree) -> None:
    """Declares the two."""
    export = tree.command("export", "write the sealed log into a directory", _EXPORT, _EXPORT_EXAMPLES, _export)
    export.add_argument("directory", type=Path, metavar="DIR", help="made where there is none")
    export.add_argument("--tenant", help="whose log (may be left out while there is one)")
    export.add_argument("--gzip", action="store_true", help="compress new files with gzip, not zstd")
    export.add_argument("--json", action="store_true", help="say what came out as JSON")
    verify = tree.command("verify", "prove that a log was not changed", _VERIFY, _VERIFY_EXAMPLES, _verify)
    verify.add_argument("directory", type=Path, metavar="DIR", nargs="?", help="an export")
    verify.add_argument("--live", action="store_true", help="the running database instead of an export")
    verify.add_argument("--tenant", help="with --live: whose log (may be left out while there is one)")
    verify.add_argument("--vkey", type=Path, metavar="FILE", help="the key to trust")
    verify.add_argument(
        "--checkpoint", type=Path, metavar="FILE", action="append", default=[], help="a saved one; any number of them"
    )
    verify.add_argument("--json", action="store_true", help="say what came out as JSON")


def _export(settings: Settings, options: argparse.Namespace) -> None:
    from api.audit import export

    _show_export(export(settings, options.directory, options.tenant, gz=options.gzip), options)


def _show_export(done: Exported, options: argparse.Namespace) -> None:
    if options.json:
        shown = {"origin": done.origin, "size": done.size, "root": b64encode(done.root).decode(), "added": done.added}
        print(json.dumps(shown | {"directory": str(options.directory)}))
    else:
        print(f"{options.directory}: {done.size} events of {done.origin}, {done.added} of them new")


def _verify(settings: Settings, options: argparse.Namespace) -> None:
    if options.live == (options.directory is not None):
        _wrong_use("either a directory or --live is to be verified")
    if options.tenant is not None and not options.live:
        _wrong_use("--tenant goes with --live: an export is of one tenant")
    if options.directory is not None and not options.directory.is_dir():
        _wrong_use(f"{options.directory} is no directory")
    from api import audit
    from ledger.audit.verify import NoKey

    try:
        vkey = None if options.vkey is None else options.vkey.read_text("utf-8")
        if options.live:
            report = audit.verify_live(settings, options.tenant, vkey, options.checkpoint)
        else:
            report = audit.verify_export(options.directory, vkey, options.checkpoint)
    except (NoKey, OSError, UnicodeDecodeError) as error:
        _wrong_use(str(error))
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


def _wrong_use(message: str) -> NoReturn:
    print(f"order-ledger verify: {message}", file=sys.stderr)
    raise SystemExit(_WRONG_USE)
