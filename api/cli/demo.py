"""`order-ledger demo`: a server with a town that has sold for a month, and goes on selling."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.cli.simulate import agreed, ending_on_signals, plainly
from api.cli.tree import Tree
from ledger.errors import LedgerError
from ledger.settings import Settings

if TYPE_CHECKING:
    from api.simulate.report import Progress

_DEMO = """\
Show what there is to see: start the server as `order-ledger serve` does, let a town of three shops sell as fast as it
goes for the four weeks up to now, compare its books with the server's answers, and then let it go on at a gentle pace,
so that pages move. Called again it fills only what is missing since. Ctrl-C stops everything cleanly.
"""
_EXAMPLES = """\
examples:
  order-ledger demo
  PORT=9000 order-ledger demo --data-dir /tmp/demo

"""
_STOP_WITHIN = 60.0


def add_to(tree: Tree) -> None:
    """Declares the command."""
    tree.command("demo", "serve a town that has sold for a month and goes on", _DEMO, _EXAMPLES, _demo)


def _demo(settings: Settings, options: argparse.Namespace) -> None:
    from api.simulate.report import Progress

    with _serving(options) as url, Progress() as progress:
        asyncio.run(_sell(url, progress))


@contextlib.contextmanager
def _serving(options: argparse.Namespace) -> Iterator[str]:
    """The URL of a server of our own, stopped at the end. LedgerError: it has not started; it has said why."""
    command = [sys.executable, "-c", "import sys, api.cli; sys.exit(api.cli.main())", "serve", "--stop-with-parent"]
    given = {"DATA_DIR": options.data_dir} if options.data_dir else {}
    # That a stale draft is refused is no news here.
    given |= {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    # A session of its own: Ctrl-C is for us, and the server ends when the tills have ended.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=os.environ | given
    ) as server:
        try:
            assert server.stdout is not None
            greeting = server.stdout.readline()
            if not greeting:
                raise LedgerError("the demo needs a server, and that did not start")
            yield greeting.strip().rpartition(" ")[2]
        finally:
            server.terminate()
            server.wait(_STOP_WITHIN)


async def _sell(url: str, progress: Progress) -> None:
    from api.simulate import report
    from api.simulate.demo import demo_run
    from api.simulate.line import Server

    run, is_new = await plainly(demo_run(Server(url, None), progress.show))
    ending_on_signals(run)
    progress.say(f"The server is at {url}; the town's {'month is' if is_new else 'days since are'} being sold ...")
    await plainly(run.fast_forward())
    if run.stop.is_set():
        return
    compared = await plainly(run.compare()) if is_new else None
    report.show(run, compared)
    progress.say(f"\nOpen {url}/ in a browser. The town goes on selling; Ctrl-C stops everything.\n")
    await plainly(run.live())
    agreed(run, compared)
