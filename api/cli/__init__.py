"""The command line: one tree of commands. What fails, fails with one line and exit code 1; what is no command, 2."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from api.cli import (
    audit,
    completion,
    customers,
    demo,
    keys,
    master_keys,
    processes,
    replay,
    show,
    simulate,
    status,
    tail,
    tenants,
    users,
)
from api.cli.tree import ENVIRONMENT, Parser, Tree

_ABOUT = "A ledger for tills: every order kept as it came, read models built from it."
_EXAMPLES = """\
examples:
  order-ledger serve                      everything there is, data in ./var
  order-ledger serve --port 9000 --data-dir /srv/till
  order-ledger status                     how it is, on one screen
  order-ledger tail                       what happens, as it happens
  order-ledger show order 17              an order, and everything that happened to it
  order-ledger rebuild all                build every read model anew, without downtime

a shop on the internet:
  order-ledger tenant create kafe
  order-ledger outlet set 6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01 --name "Kafé Södermalm"
  order-ledger key create --role terminal --label "till 1"
  DEMO=off HOST=0.0.0.0 order-ledger serve

'order-ledger COMMAND --help' tells more. Every command takes --json, and prints one JSON value then, or one object a
line where it goes on. Exit codes: 0 done, 1 failed or not well (a line on standard error says what and what to do),
2 the command line was not understood. NO_COLOR=1 wants no colours; where no terminal is, there are none anyway.

"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Gives the exit code: 0, 1 when it failed, 2 (from argparse too) when it was not understood."""
    options = parser().parse_args(arguments)
    from api.cli.running import run

    return run(options)


def parser() -> argparse.ArgumentParser:
    """The whole tree."""
    made = Parser(
        "order-ledger",
        description=_ABOUT,
        epilog=_EXAMPLES + ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tree = Tree(made)
    branches = (
        processes, demo, simulate, status, tail, show, tenants, keys, users, customers, master_keys, audit, replay,
        completion,
    )  # fmt: skip
    for branch in branches:
        branch.add_to(tree)
    return made
