"""`order-ledger status`: how the ledger is, on one screen."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from api.cli.desk import Desk, add_json_option, at_log
from api.cli.tree import Tree

if TYPE_CHECKING:
    from ledger.settings import Settings

_ABOUT = """\
Show how the ledger is: each tenant's events and how far they are sealed, how far each read model has come and what it
lags behind, and whether anything is wrong. It looks at the database only, and changes nothing: beside a running server,
with DATABASE_URL, or alone.

Exit code 0: all is well, 1: it is not, or there is nothing to look at. Not well is what /health/ready calls not ready:
a read model that has stopped or lags by more than a minute, a log that is not what was signed.

With --json one object: version, postgresql, database, connected (other processes of this ledger), well, wrong (what is,
in words), tenants: each with tenant, head, seal (size, signed_seconds, waiting_seconds, origin, stopped) and
projections (projection, checkpoint, lag_events, lag_seconds, error). With --watch one object each time.
"""
_EXAMPLES = """\
examples:
  order-ledger status
  order-ledger status --watch 5
  order-ledger status --json | jq .wrong

"""
_ALONE = (
    "no server runs on DATA_DIR, so there is nothing to watch: start `order-ledger serve`, or look once, without "
    "--watch"
)


def add_to(tree: Tree) -> None:
    """Declares the command."""
    command = tree.command("status", "show how the ledger is", _ABOUT, _EXAMPLES, _status)
    command.add_argument("--tenant", metavar="NAME", help="only this one")
    add_json_option(command)
    command.add_argument(
        "--watch",
        type=_seconds,
        nargs="?",
        const=2.0,
        metavar="SECONDS",
        help="look again every so often (2), until Ctrl-C",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.1 to 3600")
    return seconds


def _status(settings: Settings, options: argparse.Namespace) -> None:
    at_log(_look, beside=_ALONE if options.watch is not None else None)(settings, options)


async def _look(desk: Desk) -> None:
    from api.cli.status_screen import look, watch

    well = await (look(desk) if desk.options.watch is None else watch(desk))
    if not well:
        raise SystemExit(1)
