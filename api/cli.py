"""The command line: `order-ledger serve`, `project` and `migrate`. What fails, fails with one line and exit code 1."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence

import asyncpg

from ledger.errors import LedgerError
from ledger.parent import signal_at_parents_end
from ledger.settings import Settings

_ENVIRONMENT = """\
environment (an option on the command line wins):
  HOST                 address to listen on, this machine only (127.0.0.1)
  PORT                 port to listen on, 0 for any that is free (8000)
  DATA_DIR             where the embedded PostgreSQL and master.key lie (./var)
  DATABASE_URL         an outside PostgreSQL 15 or newer instead of the embedded one
  MASTER_KEY           32 bytes in base64 that wrap the keys of personal data (DATA_DIR/master.key, made if missing)
  MAX_BODY_BYTES       largest request body (1048576)
  PAGE_SIZE            rows of a page when a request names no size (1000)
  PAGE_LIMIT           rows a page has at most (5000)
  MIN_POSITION_WAIT    seconds a read waits for Ledger-Min-Position (2)
  SWISH_PAYMENT_TYPE   payment type of a Swish payment (10)
  LOG_LEVEL            DEBUG, INFO, WARNING or ERROR (INFO)
"""

_ABOUT = "A ledger for tills: every order kept as it came, read models built from it."
_EXAMPLES = """\
examples:
  order-ledger serve                      everything in one process, data in ./var
  order-ledger serve --port 9000 --data-dir /srv/till
  order-ledger project --rebuild all      build every read model anew, without downtime

'order-ledger COMMAND --help' tells more.

"""

_SERVE = """\
Serve the API. Alone, this one command is everything: it starts a PostgreSQL of its own below DATA_DIR, makes the
tables and a demo tenant with two outlets, runs the projectors, and prints one curl to try. Ctrl-C or SIGTERM stops
all of it cleanly; even kill -9 leaves no PostgreSQL behind and loses nothing that was acknowledged.
"""
_SERVE_EXAMPLES = """\
examples:
  order-ledger serve
  PORT=0 DATA_DIR=/tmp/till order-ledger serve
  DATABASE_URL=postgresql://ledger:secret@db/ledger order-ledger serve --no-projectors

"""

_PROJECT = """\
Keep the read models up to date. `serve` does this by itself; run it apart, as many times as wanted, beside
`serve --no-projectors`. Every event is applied exactly once, whoever runs. Without DATABASE_URL the database of the
`serve` that runs on DATA_DIR is used, or started when there is none.
"""
_PROJECT_EXAMPLES = """\
examples:
  order-ledger project                    until Ctrl-C or SIGTERM
  order-ledger project --once             until everything is caught up
  order-ledger project --rebuild orders   build one anew beside the live one, then switch

"""

_MIGRATE = """\
Bring the database to this version's schema and make the demo tenant. `serve` and `project` do this at their start; run
it apart to see it succeed first. It is safe at any time, and does nothing when nothing is to be done.
"""
_MIGRATE_EXAMPLES = """\
example:
  DATABASE_URL=postgresql://ledger:secret@db/ledger order-ledger migrate

"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Gives the exit code: 0, 1 when it failed, 2 (from argparse) when it was not understood."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environ(os.environ | _given(options))
        logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(message)s")
        logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLogger().level))
        _COMMANDS[options.command](settings, options)
    except LedgerError as error:
        return _fail(str(error))
    except asyncpg.PostgresError as error:
        return _fail(f"PostgreSQL refuses: {error}")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _fail(message: str) -> int:
    print(f"order-ledger: {' '.join(message.split())}", file=sys.stderr)
    return 1


def _serve(settings: Settings, options: argparse.Namespace) -> None:
    from api.serve import serve

    if options.stop_with_parent:
        signal_at_parents_end(signal.SIGTERM)
    serve(settings, projectors=not options.no_projectors)


def _project(settings: Settings, options: argparse.Namespace) -> None:
    from api.project import project

    project(settings, rebuild=options.rebuild, once=options.once)


def _migrate(settings: Settings, options: argparse.Namespace) -> None:
    from api.connect import database_of, prepare

    with database_of(settings, shared=True) as dsn:
        major = asyncio.run(prepare(settings, dsn))
    print(f"The schema is up to date (PostgreSQL {major}).")


_COMMANDS = {"serve": _serve, "project": _project, "migrate": _migrate}


def _given(options: argparse.Namespace) -> Mapping[str, str]:
    """The options that stand for a variable of the environment."""
    given = {"HOST": "host", "PORT": "port", "DATA_DIR": "data_dir"}
    values = {name: getattr(options, option, None) for name, option in given.items()}
    return {name: value for name, value in values.items() if value is not None}


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "order-ledger", description=_ABOUT, epilog=_EXAMPLES + _ENVIRONMENT, formatter_class=layout
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, line: str, about: str, examples: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=line, description=about, formatter_class=layout, epilog=examples + _ENVIRONMENT
        )
        made.add_argument("--data-dir", metavar="DIR", help="where the embedded PostgreSQL keeps its data")
        return made

    serve = command("serve", "serve the API, with all it needs", _SERVE, _SERVE_EXAMPLES)
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", help="port to listen on; 0 takes any that is free (8000)")
    serve.add_argument("--no-projectors", action="store_true", help="leave the read models to `order-ledger project`")
    serve.add_argument("--stop-with-parent", action="store_true", help="stop when the starting process ends (Linux)")
    project = command("project", "keep read models up to date, or rebuild them", _PROJECT, _PROJECT_EXAMPLES)
    project.add_argument("--rebuild", metavar="NAME|all", help="build this read model, or all, anew and exit")
    project.add_argument("--once", action="store_true", help="exit when everything is caught up")
    command("migrate", "bring the database to this version's schema", _MIGRATE, _MIGRATE_EXAMPLES)
    return parser
