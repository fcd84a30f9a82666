"""The command line: one tree of commands. What fails, fails with one line and exit code 1; what is no command, 2."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

import asyncpg

from api import logs
from api.cli import audit, customers, keys, master_keys, processes, replay, tenants, users
from api.cli.tree import ENVIRONMENT, Tree
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.telling import told

_ABOUT = "A ledger for tills: every order kept as it came, read models built from it."
_EXAMPLES = """\
examples:
  order-ledger serve                      everything in one process, data in ./var
  order-ledger serve --port 9000 --data-dir /srv/till
  order-ledger project --rebuild all      build every read model anew, without downtime

a shop on the internet:
  order-ledger tenant create kafe
  order-ledger outlet set 6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01 --name "Kafé Södermalm"
  order-ledger key create --role terminal --label "till 1"
  DEMO=off HOST=0.0.0.0 order-ledger serve

'order-ledger COMMAND --help' tells more.

"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Gives the exit code: 0, 1 when it failed, 2 (from argparse) when it was not understood."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environ(os.environ | _given(options))
        logs.configure(settings)
        options.run(settings, options)
    except LedgerError as error:
        return _fail(str(error))
    except asyncpg.PostgresError as error:
        return _fail(f"PostgreSQL refuses: {told(error)}")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _fail(message: str) -> int:
    print(f"order-ledger: {' '.join(message.split())}", file=sys.stderr)
    return 1


def _given(options: argparse.Namespace) -> Mapping[str, str]:
    """The options that stand for a variable of the environment."""
    given = {"HOST": "host", "PORT": "port", "DATA_DIR": "data_dir"}
    values = {name: getattr(options, option, None) for name, option in given.items()}
    return {name: value for name, value in values.items() if value is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "order-ledger",
        description=_ABOUT,
        epilog=_EXAMPLES + ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tree = Tree(parser)
    for branch in (processes, replay, tenants, keys, users, customers, master_keys, audit):
        branch.add_to(tree)
    return parser
