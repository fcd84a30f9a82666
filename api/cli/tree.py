"""How commands are declared: each with the function that runs it, a help that teaches, and the options all share.

Everything here, and every module that declares commands, imports only what is light: `--help`, completion and a
mistyped option answer at once. What a command needs is imported when it runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from ledger.settings import Settings

Run: TypeAlias = "Callable[[Settings, argparse.Namespace], None]"

ENVIRONMENT = """\
environment (an option on the command line wins):
  HOST                 address to listen on; in the demo this machine's own only (127.0.0.1)
  PORT                 port to listen on, 0 for any that is free (8000)
  DATA_DIR             where the embedded PostgreSQL and master.key lie (./var)
  DATABASE_URL         an outside PostgreSQL 15 or newer instead of the embedded one
  SEAL_DIR             where the sealer's key and last checkpoints lie (DATA_DIR/seal)
  MASTER_KEY           32 bytes in base64 that wrap the keys of personal data (DATA_DIR/master.key, made if missing)
  MASTER_KEY_OLD       while `order-ledger master-key rotate` is under way: the key that MASTER_KEY replaces (none)
  DEMO                 on: a demo tenant, and whoever sends no credential is its admin; off: everybody needs one
                       (on, unless there is a DATABASE_URL)
  TRUSTED_PROXIES      addresses and networks of proxies whose X-Forwarded-For is believed (none)
  MAX_BODY_BYTES       largest request body (1048576)
  BODIES_BYTES         bodies that are being worked on, all together (33554432)
  QUEUED_COMMANDS      commands that wait to be written (4096)
  HEAD_SECONDS         how long a client may take to send a request's head (10)
  BODY_SECONDS         the same for its body (30)
  ANSWER_SECONDS       the same to read an answer (30)
  PAGE_SIZE            rows of a page when a request names no size (1000)
  PAGE_LIMIT           rows a page has at most (5000)
  MIN_POSITION_WAIT    seconds a read waits for Ledger-Min-Position (2)
  SWISH_PAYMENT_TYPE   payment type of a Swish payment (10)
  SWISH_ADDRESSES      addresses and networks Swish calls back from, with commas between them
  METRICS_TOKEN        bearer token that shows all tenants' metrics
  LOG_LEVEL            DEBUG, INFO, WARNING or ERROR (INFO)
  LOG_FORMAT           json or text (text on a terminal, else json)
"""
_OF_THE_DATABASE = """\
environment, as for `order-ledger serve`: DATA_DIR, or DATABASE_URL, and MASTER_KEY.
"""
_LAYOUT = argparse.RawDescriptionHelpFormatter


class Parser(argparse.ArgumentParser):
    """argparse's, but what it does not understand is one line, which says where to look."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` tells more\n")


class WrongUse(Exception):
    """A command line that argparse lets through and that makes no sense all the same: exit code 2."""


class Tree:
    """The commands below a parser: single ones (`serve`), and groups of them (`tenant create`)."""

    def __init__(self, parser: argparse.ArgumentParser, environment: str = ENVIRONMENT) -> None:
        self._environment = environment
        self._commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        self, name: str, line: str, about: str, examples: str, run: Run, also: Sequence[str] = ()
    ) -> argparse.ArgumentParser:
        """A command and what runs it; `line` is its help in the list, `about` and `examples` that of its own.

        `also` are older spellings, which work as well.
        """
        made = self._commands.add_parser(
            name,
            help=line,
            description=about,
            formatter_class=_LAYOUT,
            epilog=examples + self._environment,
            aliases=also,
        )
        made.add_argument("--data-dir", metavar="DIR", help="where the embedded PostgreSQL keeps its data")
        made.set_defaults(run=run)
        return made

    def group(self, name: str, line: str, about: str, examples: str) -> Tree:
        """A word that commands follow."""
        made = self._commands.add_parser(name, help=line, description=about, formatter_class=_LAYOUT, epilog=examples)
        return Tree(made, _OF_THE_DATABASE)


def add_tenant_option(command: argparse.ArgumentParser) -> None:
    """`--tenant NAME`."""
    command.add_argument("--tenant", metavar="NAME", help="whose; may be left out while there is one tenant")


def add_json_option(command: argparse.ArgumentParser, what: str = "print JSON, one value, for programs") -> None:
    """`--json`; `what` it prints."""
    command.add_argument("--json", action="store_true", help=what)


def commands(
    parser: argparse.ArgumentParser, words: Sequence[str] = ()
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command of a tree: `tenant create`, and its parser; older spellings too."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield " ".join(words), parser
    for group in groups:
        for name, below in group.choices.items():
            yield from commands(below, [*words, name])


def lines(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Every group and command of a tree, with its line in the list of those beside it."""
    for group in parser._actions:
        if isinstance(group, argparse._SubParsersAction):
            for choice in group._choices_actions:
                yield group.choices[choice.dest], choice.help or ""
                yield from lines(group.choices[choice.dest])
