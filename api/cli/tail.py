"""`order-ledger tail`: the log as it grows."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from api.cli.desk import Desk, add_json_option, add_tenant_option, at_log
from api.cli.tree import Tree, WrongUse

if TYPE_CHECKING:
    from ledger.settings import Settings

_ABOUT = """\
Follow a tenant's log: each event with its position, when the ledger recorded it (by the tenant's clock), its stream and
type, who wrote it, and what it is in words. It begins with the last ten, with the first of a stream, or --after a
position, misses none and shows none twice; a server that is started again is waited for. Ctrl-C ends it.

What is personal is left out, as GET /v1/events leaves it out for an integrator. --personal opens it in what --json
prints, and needs the master key; the lines for people say nothing personal anyway.

With --json one object a line, those of GET /v1/events: Position, EventId, Stream, Version, Type, SchemaVersion,
OccurredAt, RecordedAt, Metadata, Data.
"""
_EXAMPLES = """\
examples:
  order-ledger tail
  order-ledger tail --type order.finalised --type payment.captured
  order-ledger tail --stream order-5e1f0000-0000-4000-8000-000000000001 --no-follow
  order-ledger tail --after 4711 --no-follow --json > since-4711.jsonl

"""
_ALONE = (
    "no server runs on DATA_DIR, so nothing will come: start `order-ledger serve`, or read what is there with "
    "--no-follow"
)


def add_to(tree: Tree) -> None:
    """Declares the command."""
    command = tree.command("tail", "follow the log", _ABOUT, _EXAMPLES, _tail)
    add_tenant_option(command)
    command.add_argument("--after", type=_position, metavar="POSITION", help="begin after this one; 0: with the first")
    command.add_argument(
        "--type", action="append", default=[], metavar="NAME", help="only events of this type; any number of them"
    )
    command.add_argument("--stream", metavar="NAME", help="only events of this stream, like order-<Guid>")
    command.add_argument(
        "--follow", action=argparse.BooleanOptionalAction, default=True, help="wait for what comes, or end at the end"
    )
    command.add_argument("--personal", action="store_true", help="with --json, what is personal too")
    add_json_option(command, "print one JSON object a line, for programs")


def _position(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"{text!r} is no position: it is a whole number from 0")
    return int(text)


def _tail(settings: Settings, options: argparse.Namespace) -> None:
    from ledger.events import STORED

    known = sorted({name for name, _ in STORED})
    options.type = [name.strip() for names in options.type for name in names.split(",") if name.strip()]
    for name in options.type:
        if name not in known:
            raise WrongUse(f"there is no event {name!r}; there are {', '.join(known)}")
    at_log(_follow, beside=_ALONE if options.follow else None)(settings, options)


async def _follow(desk: Desk) -> None:
    from api.cli.tail_lines import follow

    await follow(desk)
