"""Documents that have a stream of their own, read from the log: as of some time, with their events and their proof."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from api.cli.desk import Desk
from api.cli.screen import BAD, DIM, GOOD, STRONG, WARN, Piece, Screen
from api.cli.show_layout import loose, shown
from api.cli.tree import WrongUse
from ledger import swish
from ledger.audit import proofs
from ledger.business_time import query_instant
from ledger.codec import encoder
from ledger.database import reading
from ledger.document import DocumentState
from ledger.errors import LedgerError
from ledger.finding import AT_MOST, orders_numbered, receipts_numbered
from ledger.order import OrderState, stream_of
from ledger.store import Connection, Vault
from ledger.swish import SwishState
from ledger.tenants import Known
from ledger.tolerant import guid
from projections import history
from projections.history import DOCUMENT, NOW, ORDER, SWISH, AsOf, Kind

S = TypeVar("S", OrderState, DocumentState, SwishState)

PAGE = 1000
_KINDS = {"order-int-id": "OrderIntID", "order-no-of-day": "OrderNoOfDay", "invoice-number": "InvoiceNumber"}


class Happened(msgspec.Struct):
    """An event of a history, without the document it gave."""

    Position: int
    Version: int
    Type: str
    EventId: UUID
    OccurredAt: datetime
    RecordedAt: datetime
    Actor: str
    Source: str | None
    Correlation: str | None
    Erased: bool
    Changes: list[str]


class Sealed(msgspec.Struct):
    """Whether the newest event is in the signed tree of `Size`: `Holds` is null where it is not in yet."""

    Size: int
    Holds: bool | None
    Stopped: str | None


_happened = msgspec.json.Decoder(Happened).decode


async def show_order(desk: Desk) -> None:
    """An order by its Guid or one of its numbers. LedgerError: there is none, or more than one."""
    tenant = await desk.known_tenant()
    async with reading(desk.pool, tenant.tenant_id) as connection:
        await _show(desk, connection, tenant, ORDER, await _order_stream(connection, tenant, desk.options.id.strip()))


async def _order_stream(connection: Connection, tenant: Known, text: str) -> str:
    try:
        found = guid(text)
    except ValueError:
        found = UUID(int=0)
    if found.int:
        return stream_of(found)
    orders = await orders_numbered(connection, tenant.tenant_id, text)
    if not orders:
        raise LedgerError(
            f"no order of {tenant.name} has the number {text!r}: it is a Guid, an OrderIntID, an OrderNoOfDay or an "
            "InvoiceNumber; `order-ledger tail` shows what came last"
        )
    if len(orders) > 1:
        named = (
            f"{order.stream.removeprefix('order-')} ({', '.join(_KINDS[kind] for kind in order.kinds)})"
            for order in orders
        )
        raise LedgerError(f"{_many(len(orders))} orders have the number {text!r}; say which: {', '.join(named)}")
    return orders[0].stream


async def show_receipt(desk: Desk) -> None:
    """The order of a receipt. LedgerError: there is none, or more than one terminal printed one of that number."""
    tenant, number, terminal = await desk.known_tenant(), desk.options.number, desk.options.terminal
    async with reading(desk.pool, tenant.tenant_id) as connection:
        found = await receipts_numbered(connection, tenant.tenant_id, number, terminal)
        if not found:
            where = f"terminal {terminal}" if terminal is not None else "any terminal"
            raise LedgerError(f"{where} of {tenant.name} has printed no receipt {number} of a finished order")
        if len(found) > 1:
            terminals = ", ".join(str(one.terminal) for one in found)
            raise LedgerError(
                f"{_many(len(found))} terminals have printed a receipt {number}; say which with --terminal: {terminals}"
            )
        if not desk.options.json:
            desk.screen.line((f"receipt {number}", STRONG), f" of terminal {found[0].terminal}\n")
        await _show(desk, connection, tenant, ORDER, found[0].stream)


def _many(count: int) -> str:
    return f"{count} or more" if count >= AT_MOST else str(count)


async def show_document(desk: Desk, prefix: str) -> None:
    """An invoice or a drawer entry."""
    tenant = await desk.known_tenant()
    async with reading(desk.pool, tenant.tenant_id) as connection:
        await _show(desk, connection, tenant, DOCUMENT, f"{prefix}-{desk.options.id}")


async def show_swish(desk: Desk) -> None:
    """A Swish payment, refund or payout."""
    tenant = await desk.known_tenant()
    async with reading(desk.pool, tenant.tenant_id) as connection:
        await _show(desk, connection, tenant, SWISH, swish.stream_of(desk.options.id))


async def _show(desk: Desk, connection: Connection, tenant: Known, kind: Kind[S], stream: str) -> None:
    when = _as_of(desk, tenant)
    vault = desk.vault.uncached() if desk.options.personal else Vault()
    found = await history.as_of(connection, tenant.tenant_id, vault, kind, stream, when)
    if found.document is None:
        then = "" if when == NOW else f" as of {desk.options.as_of}"
        raise LedgerError(f"there is no {stream} in the log of {tenant.name}{then}")
    events = [event async for event in _events(connection, tenant, vault, kind, stream) if _holds(when, event)]
    newest = max(event.Position for event in events)
    sealed = await _sealed(connection, tenant, newest)
    if desk.options.json:
        told = {
            "Tenant": tenant.name, "Stream": stream, "Document": msgspec.Raw(found.document), "Position": newest,
            "Head": found.head, "Sealed": sealed, "Events": events,
        }  # fmt: skip
        print(encoder.encode(told).decode())
        return
    for line in shown(stream.partition("-")[0], loose(found.document)):
        desk.screen.console.print(line)
    desk.screen.line((f"\nevents: {len(events)}", STRONG))
    for event in events:
        _print_event(desk.screen, event, tenant)
    desk.screen.line(*_standing(newest, found.head, sealed))


def _as_of(desk: Desk, tenant: Known) -> AsOf:
    """What `--as-of` names: all digits are a position, anything else an instant."""
    text: str | None = desk.options.as_of
    if text is None:
        return NOW
    if text.isascii() and text.isdigit():
        return AsOf(position=int(text[:18]))
    try:
        return AsOf(instant=query_instant(text, tenant.zone), clock=desk.options.clock)
    except ValueError as error:
        raise WrongUse(f"--as-of {text}: a position, or an instant that {error}") from None


async def _events(
    connection: Connection, tenant: Known, vault: Vault, kind: Kind[S], stream: str
) -> AsyncIterator[Happened]:
    """Everything that happened to a stream, a page at a time."""
    version = 0
    while True:
        told = await history.history(connection, tenant.tenant_id, vault, kind, stream, version, PAGE)
        for entry in told.entries or ():
            event = _happened(entry)
            version = event.Version
            yield event
        if not told.entries:
            return


def _holds(when: AsOf, event: Happened) -> bool:
    if when.position is not None:
        return event.Position <= when.position
    at = event.OccurredAt if when.clock == "occurred" else event.RecordedAt
    return when.instant is None or at <= when.instant


async def _sealed(connection: Connection, tenant: Known, position: int) -> Sealed | None:
    """Whether an event is sealed; None: nothing of the log is."""
    found = await proofs.standing(connection, tenant.tenant_id, position)
    return None if found is None else Sealed(found.size, found.holds, found.stopped)


def _print_event(screen: Screen, event: Happened, tenant: Known) -> None:
    recorded, occurred = (_local(at, tenant) for at in (event.RecordedAt, event.OccurredAt))
    source = f" from {event.Source}" if event.Source else ""
    screen.line(
        (f"{event.Version:>5}  ", STRONG), (f"{event.Type:<26}", ""), (f" position {event.Position}", DIM),
        (f"  recorded {recorded}, till's clock {occurred}", DIM), f"  by {event.Actor}{source}",
    )  # fmt: skip
    for said in event.Changes:
        screen.line(f"         {said}")


def _local(at: datetime, tenant: Known) -> str:
    return at.astimezone(tenant.zone).isoformat(" ", "seconds")


def _standing(newest: int, head: int, sealed: Sealed | None) -> Sequence[Piece]:
    return [("\nlog: ", STRONG), f"newest event {newest} of {head}, ", *_seal_pieces(sealed)]


def _seal_pieces(sealed: Sealed | None) -> Iterator[Piece]:
    if sealed is None:
        yield ("not sealed: nothing of this log is yet", WARN)
    elif sealed.Holds:
        yield (f"sealed: its proof holds in the signed tree of {sealed.Size} events", GOOD)
    elif sealed.Holds is False:
        yield (f"NOT WHAT WAS SEALED: no proof leads from it to the signed tree of {sealed.Size} events", BAD)
    else:
        yield (f"not sealed yet: the signed tree has {sealed.Size} events", WARN)
    if sealed is not None and sealed.Stopped:
        yield (f"; the log is not signed any more: {sealed.Stopped}", BAD)
