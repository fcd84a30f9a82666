"""From a command line that was understood to an exit code: settings, logs, and what is said of a failure."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

import asyncpg

from api import logs
from api.cli.tree import WrongUse
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.telling import told

FAILED, WRONG_USE, INTERRUPTED, READER_GONE = 1, 2, 130, 141


def run(options: argparse.Namespace) -> int:
    """Runs the command. One line on standard error says why it failed."""
    try:
        settings = Settings.from_environ(os.environ | _given(options))
        logs.configure(settings)
        options.run(settings, options)
        sys.stdout.flush()
    except WrongUse as error:
        return _fail(str(error), WRONG_USE)
    except LedgerError as error:
        return _fail(str(error))
    except asyncpg.PostgresError as error:
        return _fail(f"PostgreSQL refuses: {told(error)}")
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does. What is still in the buffer would fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _fail(message: str, code: int = FAILED) -> int:
    line = " ".join(message.split())
    if sys.stderr.isatty():
        from api.cli.screen import BAD, console, text_of

        console(sys.stderr).print(text_of(("order-ledger: ", BAD), line))
    else:
        print(f"order-ledger: {line}", file=sys.stderr)
    return code


def _given(options: argparse.Namespace) -> Mapping[str, str]:
    """The options that stand for a variable of the environment."""
    given = {"HOST": "host", "PORT": "port", "DATA_DIR": "data_dir"}
    values = {name: getattr(options, option, None) for name, option in given.items()}
    return {name: value for name, value in values.items() if value is not None}
