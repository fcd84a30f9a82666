"""`order-ledger serve`, `project`, `seal` and `migrate`: what runs, and what prepares it."""

from __future__ import annotations

import argparse
import json
import signal
from typing import TYPE_CHECKING

from api.cli.tree import Tree, add_json_option

if TYPE_CHECKING:
    from ledger.settings import Settings

_SERVE = """\
Serve the API. Alone, this one command is everything: it starts a PostgreSQL of its own below DATA_DIR, makes the
tables and a demo tenant with two outlets, runs the projectors beside the server, and prints one curl to try. Ctrl-C or
SIGTERM stops all of it cleanly; even kill -9 leaves nothing behind and loses nothing that was acknowledged. With
DEMO=off every request needs a credential (`order-ledger key create`), and any HOST may be listened on.
"""
_SERVE_EXAMPLES = """\
examples:
  order-ledger serve
  PORT=0 DATA_DIR=/tmp/till order-ledger serve
  DATABASE_URL=postgresql://ledger:secret@db/ledger order-ledger serve --no-projectors
  DEMO=off HOST=0.0.0.0 order-ledger serve

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

"""

_REBUILD = """\
Build a read model anew from the log, beside the one in use, and switch over when it is there: nobody waits, and nothing
half full is ever read. All of them read the log once together. Works beside running servers. `order-ledger project
--rebuild` is the same.
"""
_REBUILD_EXAMPLES = """\
examples:
  order-ledger rebuild orders
  order-ledger rebuild all --json

"""

_SEAL = """\
Seal the log of every tenant: keep a Merkle tree over all events, and sign its root every 256 events and every second.
What is signed once can never be changed unseen. `serve` does this by itself; run it apart, beside `serve --no-sealer`,
where the owner of the key shall not be the owner of the API. It needs a database user that may SET ROLE
order_ledger_sealer, no master key, and SEAL_DIR, which holds the key and the last checkpoint of each tenant:
back the key up, and keep the directory away from whoever owns the database. Two sealers do no harm: one waits.
"""
_SEAL_EXAMPLES = """\
examples:
  order-ledger seal                       until Ctrl-C or SIGTERM
  DATABASE_URL=postgresql://sealer:secret@db/ledger SEAL_DIR=/srv/seal order-ledger seal

"""

_MIGRATE = """\
Bring the database to this version's schema. `serve` and `project` do this at their start; run it apart to see it
succeed first. It is safe at any time, and does nothing when nothing is to be done.
"""
_MIGRATE_EXAMPLES = """\
example:
  DATABASE_URL=postgresql://ledger:secret@db/ledger order-ledger migrate

"""


def add_to(tree: Tree) -> None:
    """Declares them."""
    serve = tree.command("serve", "serve the API, with all it needs", _SERVE, _SERVE_EXAMPLES, _serve)
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", help="port to listen on; 0 takes any that is free (8000)")
    serve.add_argument("--no-projectors", action="store_true", help="leave the read models to `order-ledger project`")
    serve.add_argument("--no-sealer", action="store_true", help="leave the sealing of the log to `order-ledger seal`")
    serve.add_argument("--stop-with-parent", action="store_true", help="stop when the starting process ends (Linux)")
    line = "keep read models up to date"
    project = tree.command("project", line, _PROJECT, _PROJECT_EXAMPLES, _project)
    project.add_argument("--rebuild", metavar="NAME|all", help="build this read model, or all, anew and exit")
    project.add_argument("--once", action="store_true", help="exit when everything is caught up")
    rebuild = tree.command("rebuild", "build read models anew", _REBUILD, _REBUILD_EXAMPLES, _rebuild)
    rebuild.add_argument("read_model", metavar="NAME|all", help="the read model, or all of them")
    seal = tree.command("seal", "seal the log: sign what it holds", _SEAL, _SEAL_EXAMPLES, _seal)
    line = "bring the database to this version's schema"
    migrate = tree.command("migrate", line, _MIGRATE, _MIGRATE_EXAMPLES, _migrate)
    for command in (serve, project, seal):
        add_json_option(command, "say what began as one JSON object, for programs")
    for command in (rebuild, migrate):
        add_json_option(command)


# What a command needs is imported when it runs: `--help` and a mistyped option answer at once.
def _serve(settings: Settings, options: argparse.Namespace) -> None:
    from api.serve import serve
    from ledger.parent import signal_at_parents_end

    if options.stop_with_parent:
        signal_at_parents_end(signal.SIGTERM)
    serve(settings, projectors=not options.no_projectors, sealer=not options.no_sealer, as_json=options.json)


def _project(settings: Settings, options: argparse.Namespace) -> None:
    from api.project import project

    project(settings, rebuild=options.rebuild, once=options.once, as_json=options.json)


def _rebuild(settings: Settings, options: argparse.Namespace) -> None:
    from api.project import project

    project(settings, rebuild=options.read_model, once=False, as_json=options.json)


def _seal(settings: Settings, options: argparse.Namespace) -> None:
    from api.seal import seal

    seal(settings, as_json=options.json)


def _migrate(settings: Settings, options: argparse.Namespace) -> None:
    import asyncio

    from api.connect import database_of, prepare
    from api.progress_bar import Bars

    with database_of(settings, shared=True) as dsn, Bars("migrating"):
        major = asyncio.run(prepare(settings, dsn))
    said = f"The schema is up to date (PostgreSQL {major})."
    print(json.dumps({"schema": "up to date", "postgresql": major}) if options.json else said)
