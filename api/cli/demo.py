"""`order-ledger demo`: a server with a town that has sold for a month, and goes on selling."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.cli.simulate import whole
from api.cli.tree import Tree, add_json_option
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from api.progress_bar import Bars
    from ledger.settings import Settings

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
_STOP_WITHIN = 60.0  # seconds
_MOST_DAYS = 180


def add_to(tree: Tree) -> None:
    """Declares the command."""
    demo = tree.command("demo", "serve a town that has sold for a month and goes on", _DEMO, _EXAMPLES, _demo)
    days = whole(1, _MOST_DAYS)
    demo.add_argument("--days", type=days, default=28, metavar="N", help="how long a new town has sold already (28)")
    add_json_option(demo, "print what was posted and compared as one JSON object, for programs")


def _demo(settings: Settings, options: argparse.Namespace) -> None:
    import uvloop

    from api.progress_bar import Bars

    with _serving(options) as url, Bars() as bars:
        uvloop.run(_sell(url, bars, options.days, as_json=options.json))


@contextlib.contextmanager
def _serving(options: argparse.Namespace) -> Iterator[str]:
    """The URL of a server of our own, stopped at the end. LedgerError: it has not started; it has said why."""
    import os
    import subprocess
    import sys

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


async def _sell(url: str, bars: Bars, days: int, *, as_json: bool) -> None:
    from api.cli.screen import Screen
    from api.cli.town import agree, ending_on_signals, plainly, tell
    from api.simulate.demo import PER_MINUTE, demo_run
    from api.simulate.line import Server

    run, is_new = await plainly(demo_run(Server(url, None), days, bars.show))
    ending_on_signals(run)
    say = (lambda _: None) if as_json else Screen().line
    say(f"The server is at {url}. The town sells {'a month' if is_new else 'what is missing since'} ...")
    await plainly(run.fast_forward())
    if run.stop.is_set():
        return
    compared = await plainly(run.compare()) if is_new else None
    tell(Screen(), run, compared, as_json=as_json)
    say(f"Open {url}/ in a browser. The town goes on selling; Ctrl-C stops everything.")
    await plainly(run.live(PER_MINUTE))
    agree(run, compared)
