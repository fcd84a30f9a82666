"""`order-ledger simulate`: a town of tills that sells, and compares its own books with the server's answers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from api.cli.tree import Tree, WrongUse, add_json_option

if TYPE_CHECKING:
    from api.simulate.calendar import Options
    from api.simulate.comparing import Compared
    from api.simulate.run import Run
    from ledger.settings import Settings

_SIMULATE = """\
Let a town of tills sell against a running server: baskets by weight and with discounts, rush hours, cash in whole
kronor, cards and Swish, tables that two devices write for, returns, amendments, cancellations, training, web orders,
invoices, drawers and Z reports. With faults, which are on unless told otherwise, lines are cut before the answer is
read, tills go offline and post late, documents come again days later, and Swish calls back late, twice or wrongly.

The town keeps its own books, by the contract and by none of the server's code. At the end every answer of the server
is compared with them, to the öre: sales by day, hour, category and month, stock, lists, drawers, reports, invoices and
Swish. Exit code 0: they agree; 1: they differ, and every difference is named; 2: wrong use.

The same seed and options send the same documents, byte for byte; run again on the same server they are all duplicates,
and agree. Everything else is another town with outlets, tills, products and customers of its own, so that any number of
runs find room in one database. Live, documents carry the time that is, and every run is a town of its own.

Ctrl-C ends the selling after what is at hand, and compares; a second one ends at once.
"""
_EXAMPLES = """\
examples:
  order-ledger simulate                                    the last week, 3 outlets with 2 tills each
  order-ledger simulate --day 2026-11-23 --seed 7          one whole day
  order-ledger simulate --month 2026-11 --orders 100000    a month, so many orders
  order-ledger simulate --days 3 --orders-per-minute 10    the last days, and then live, until Ctrl-C
  order-ledger simulate --orders-per-minute 60 --minutes 5 --faults off --json

"""
_MOST_OUTLETS, _MOST_TILLS, _MOST_DAYS, _MOST_ORDERS = 50, 20, 400, 1_000_000


def add_to(tree: Tree) -> None:
    """Declares the command."""
    line = "let a town of tills sell, and compare its books"
    command = tree.command("simulate", line, _SIMULATE, _EXAMPLES, _simulate)
    command.add_argument(
        "--outlets", type=whole(1, _MOST_OUTLETS), default=3, metavar="N", help="shops in the town (3)"
    )
    command.add_argument("--tills", type=whole(1, _MOST_TILLS), default=2, metavar="N", help="tills in a shop (2)")
    when = command.add_mutually_exclusive_group()
    when.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="one whole day, as fast as it goes")
    when.add_argument("--month", type=_month, metavar="YYYY-MM", help="one whole month, as fast as it goes")
    days = "so many days up to now (7); with --orders up to last midnight"
    when.add_argument("--days", type=whole(1, _MOST_DAYS), metavar="N", help=days)
    command.add_argument(
        "--orders", type=whole(1, _MOST_ORDERS), metavar="N", help="orders in all, instead of what is usual"
    )
    command.add_argument(
        "--orders-per-minute", type=_number, metavar="N", help="a live pace, after the days if there are"
    )
    command.add_argument("--minutes", type=_number, metavar="N", help="how long the live pace lasts (until Ctrl-C)")
    command.add_argument("--seed", default="1", help="another seed is another town (1)")
    command.add_argument("--url", help="the server (http://HOST:PORT of the environment, else http://127.0.0.1:8000)")
    command.add_argument("--key", help="an admin's key, where the server wants a credential (the demo wants none)")
    command.add_argument("--faults", choices=("on", "off"), default="on", help="whether things go wrong (on)")
    command.add_argument("--check", choices=("on", "off"), default="on", help="whether the books are compared (on)")
    add_json_option(command)


def _simulate(settings: Settings, options: argparse.Namespace) -> None:
    import uvloop

    from api.cli.screen import Screen
    from api.cli.town import agree, tell
    from api.progress_bar import Bars
    from api.simulate.line import Server
    from api.simulate.run import Run

    url = options.url or f"http://{settings.host}:{settings.port}"
    chosen = _chosen(options)
    with Bars() as bars:
        run = Run(Server(url, options.key), chosen, bars.show)
        compared = uvloop.run(_run(run, check=options.check == "on"))
    tell(Screen(), run, compared, as_json=options.json)
    agree(run, compared)


async def _run(run: Run, *, check: bool) -> list[Compared] | None:
    from api.cli.town import ending_on_signals, plainly

    ending_on_signals(run)
    await plainly(run.sell())
    return await plainly(run.compare()) if check else None


def _chosen(options: argparse.Namespace) -> Options:
    """What is asked for; wrong use ends here."""
    from api.simulate.calendar import Options, days_of
    from api.simulate.hours import ZONE

    now = datetime.now(ZONE).replace(tzinfo=None)
    live = options.orders_per_minute or 0.0
    if options.minutes and not live:
        raise WrongUse("--minutes says how long --orders-per-minute lasts: give both, or neither")
    days: tuple[date, ...] = ()
    until = None
    if options.day:
        days = (options.day,)
    elif options.month:
        following = (options.month + timedelta(days=31)).replace(day=1)
        days = days_of(options.month, following - timedelta(days=1))
    elif options.days or options.orders or not live:
        last = now.date() - timedelta(days=1) if options.orders else now.date()
        days = days_of(last - timedelta(days=(options.days or 7) - 1), last)
        until = None if options.orders else now
    return Options(
        options.seed, options.outlets, options.tills, options.faults == "on", days, until, orders=options.orders,
        per_minute=live, minutes=options.minutes,
    )  # fmt: skip


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number between two, both included."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text[:9]) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low} to {high}")
        return int(text)

    return read


def _number(text: str) -> float:
    try:
        found = Decimal(text)
    except ArithmeticError:
        found = Decimal(0)
    if not (found.is_finite() and 0 < found <= 100_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0, and at most 100000")
    return float(found)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2026-11-23") from None
    if not 2000 <= found.year <= 2199:
        raise argparse.ArgumentTypeError("a day lies in the years 2000 to 2199")
    return found


def _month(text: str) -> date:
    try:
        return _day(f"{text}-01")
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is no month like 2026-11") from None
