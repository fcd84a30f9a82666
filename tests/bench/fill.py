"""A log of any size, written through the library: what a chain of cafés does, day after day, the same every day."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ledger import database, reading, swish_door
from ledger.append import fingerprint
from ledger.commands import Command, LogDrawerEntry, ReportTerminal, SaveInvoice, TakeSwish
from ledger.post_order import PostOrder
from ledger.records import Order
from ledger.tenants import Tenant
from ledger.writer import Context, Writer
from ledger.written import write
from projections.following import run_until_caught_up
from tests.bench.bodies import (
    CUSTOMERS,
    DRAFT,
    DRAWER,
    INVOICE,
    ONLINE,
    ORDER,
    OUTLETS,
    REPORT,
    RETURN,
    SWISH,
    TERMINALS,
    Template,
    fresh,
)
from tests.bench.stand import SQL, Books, Stand, first_tenant, opened

# A day's orders lie evenly over this many seconds from 8 o'clock on.
OPEN_SECONDS = 12 * 3600
AT_ONCE = 256
ZONE = ZoneInfo("Europe/Stockholm")
# Of so many orders, these are no plain sales.
BLOCK = 100
_KINDS: dict[int, Template] = {7: RETURN, 23: DRAFT, 61: DRAFT, 42: ONLINE}


class Calendar(NamedTuple):
    """When orders were made: `a_day` of them each day, the first ones today, the next ones the day before, and so on.

    So an answer about this day, this month or yesterday is the same however long the log is.
    """

    today: datetime
    a_day: int

    def moment(self, index: int) -> datetime:
        """When the order of this number was made, on the wall of its outlet."""
        day, place = divmod(index, self.a_day)
        return self.today - timedelta(days=day) + timedelta(hours=8, seconds=place * OPEN_SECONDS // self.a_day)


def calendar(smallest: int) -> Calendar:
    """The smallest log is a month long."""
    return Calendar(
        datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None), -(-smallest // 31)
    )


class Filled(NamedTuple):
    """Orders a second into the log, their decoding included, and events a second from there into all read models."""

    orders: float
    events: float


def _zone(_: uuid.UUID) -> ZoneInfo:
    return ZONE


def command_of(tenant: Tenant, body: bytes) -> PostOrder:
    """What the endpoint makes of an order's body."""
    order = reading.read_order(body, _zone)
    made = write(order)
    known_by = fingerprint(tenant.secret, "order", made.whole)
    return PostOrder(
        order=order, zone=ZONE, swish_type=10, online=order.IsOnlineOrder, bare=made.bare, parts=made.parts,
        fingerprint=known_by,
    )  # fmt: skip


class Filler:
    """Commands for the orders from one number to another, and what goes with them."""

    def __init__(self, tenant: Tenant, calendar: Calendar) -> None:
        self._tenant, self._calendar = tenant, calendar

    def commands(self, first: int, end: int) -> Iterator[list[Command]]:
        """Commands that may be handled at once; those of the next list may need them."""
        for at in range(first, end, AT_ONCE):
            orders = [command_of(self._tenant, self._order(index)) for index in range(at, min(at + AT_ONCE, end))]
            yield list(orders)
            yield [command for index, one in enumerate(orders, at) for command in self._beside(index, one.order)]

    def _order(self, index: int) -> bytes:
        template = _KINDS.get(index % BLOCK, ORDER)
        customer = CUSTOMERS[index // BLOCK % len(CUSTOMERS)] if index % BLOCK in (11, 42) else None
        return self._body(template, index, **({"customer": customer} if customer else {}))

    def _beside(self, index: int, order: Order) -> Iterator[Command]:
        """Now and then an invoice for the order, a drawer entry, a Swish payment, a terminal's Z report."""
        secret = self._tenant.secret
        match index % BLOCK:
            case 11:
                text = self._body(INVOICE, index, order=str(order.Id), customer=str(order.CustomerId))
                invoice = reading.read_invoice(text, _zone)
                yield SaveInvoice(invoice=invoice, fingerprint=fingerprint(secret, "invoice", invoice))
            case 17:
                entry = reading.read_drawer_log(self._body(DRAWER, index), _zone)
                yield LogDrawerEntry(entry=entry, first_wins=False, fingerprint=fingerprint(secret, "drawer", entry))
            case 42:
                said = reading.read_swish_payment(self._body(SWISH, index))
                yield TakeSwish(
                    stream=f"swish-{said.SwishId}", said=said, swish_type=10, door=swish_door.OPEN,
                    fingerprint=fingerprint(secret, "swish", said),
                )  # fmt: skip
            case 99:
                log = reading.read_terminal_log(self._body(REPORT, index), _zone)
                yield ReportTerminal(log=log, fingerprint=fingerprint(secret, "log", log))

    def _body(self, template: Template, index: int, **fixed: str) -> bytes:
        usual = {
            "at": self._calendar.moment(index).isoformat(), "terminal": TERMINALS[index % len(TERMINALS)],
            "outlet": OUTLETS[index % len(OUTLETS)],
        }  # fmt: skip
        return next(fresh(template, index + 1, **usual | fixed))


async def fill(
    stand: Stand, books: Books, when: Calendar, first: int, end: int, progress: Callable[[int], None]
) -> Filled:
    """Adds orders of these numbers to the log, and brings the read models up."""
    async with opened(books.dsn) as pool:
        begun = time.perf_counter()
        vault = stand.vault()
        tenant = await first_tenant(pool, vault)
        writer = Writer(pool, vault)
        done = first
        for number, commands in enumerate(Filler(tenant, when).commands(first, end)):
            context = Context(actor="cli", source="127.0.0.1", correlation=str(number))
            await asyncio.gather(*(writer.submit(tenant, command, context) for command in commands))
            done = min(end, done + AT_ONCE) if number % 2 == 0 else done
            progress(done)
        await writer.close()
        async with database.reading(pool, tenant.tenant_id) as connection:
            events = await connection.fetchval(SQL["behind"], tenant.tenant_id)
        written = time.perf_counter()
        await run_until_caught_up(pool, vault)
        return Filled((end - first) / (written - begun), events / (time.perf_counter() - written))
