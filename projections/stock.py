"""Stock: what every order moves of each product at its outlet (contract, section 3, PostOrder). Piece goods only.

Like the sales: per order one sheet with a movement per counted line, the stock is their sum, and whatever happens to an
order takes its old movements out and puts its new ones in. A retry appends no event, so it moves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from ledger.amounts import EXACT, ZERO
from ledger.arrays import columns
from ledger.codec import encoder
from ledger.customer import is_document
from ledger.database import queries
from ledger.events import Event, OrderStatusChanged, Recorded
from ledger.order import stream_of
from ledger.records import Order
from ledger.store import Connection
from projections.counted import HANDLES, NEW, Standing, counts, orders_before, standing_after, standing_with
from projections.rows import Table, write

_SQL = queries("projections/stock.sql")
_SHEETS = Table(_SQL["add_sheets"], _SQL["save_sheets"])
_AGAINST = Decimal(-1)


class Movement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one line takes out of stock (negative) or brings back, in pieces."""

    line_id: UUID
    product_id: UUID
    quantity: Decimal
    description: str | None


class Sheet(msgspec.Struct, frozen=True, gc=False):
    """An order as the stock sees it; its movements count while it does. `position` is of the event that made it so."""

    order_id: UUID
    standing: Standing
    outlet_id: UUID
    movements: list[Movement]
    position: int


class Total(msgspec.Struct, gc=False):
    """What a product at an outlet has gained, and what the newest line called it."""

    quantity: Decimal = ZERO
    description: str | None = None


class Changes(msgspec.Struct):
    """What a batch changes: sheets by stream, and stock by outlet and product.

    A product is the `int` of its id there: a UUID is hashed and compared in Python, too slow for every line.
    """

    sheets: dict[str, Sheet] = {}
    totals: dict[UUID, defaultdict[int, Total]] = {}


def fold(sheets: dict[str, Sheet], events: Sequence[Recorded]) -> Changes:
    """The changes that events bring to the stock, in the order of the log; `sheets` by stream go along."""
    changes = Changes()
    for recorded in events:
        before = sheets.get(recorded.stream)
        after = _after(before, recorded)
        if after is not None:
            sheets[recorded.stream] = changes.sheets[recorded.stream] = after
            _move(changes, before, after)
    return changes


def _after(before: Sheet | None, recorded: Recorded) -> Sheet | None:
    """The order's sheet after one more event; None where nothing changes."""
    event = recorded.event
    if is_document(event):
        order, standing = event.order, standing_after(before.standing if before else NEW, event)
        return Sheet(order.Id, standing, order.OutletId, movements_of(order), recorded.position)
    if not isinstance(event, OrderStatusChanged):
        return None
    assert before is not None, "the first event of an order's stream is a document"
    standing = standing_with(before.standing, event.status)
    if standing == before.standing:
        return None
    return msgspec.structs.replace(before, standing=standing, position=recorded.position)


def movements_of(order: Order) -> list[Movement]:
    """A movement per counted line that sells pieces, against the line's Quantity x Direction."""
    found = []
    for line in order.OrderLines or ():
        product = line.Product
        if not counts(line) or (product is not None and product.Unit != 0):
            continue
        pieces = EXACT.multiply(line.Quantity, _AGAINST if line.Direction in (1, None) else Decimal(-line.Direction))
        description = (product.Description if product is not None else None) or line.ItemDescription or None
        found.append(Movement(line.Id, line.ItemId, pieces, description))
    return found


def _move(changes: Changes, before: Sheet | None, after: Sheet) -> None:
    if before is not None and before.standing.counts:
        if after.standing.counts and after.movements is before.movements:
            return  # Another status that counts too: nothing moves, and no line is newer.
        at = changes.totals.setdefault(before.outlet_id, defaultdict(Total))
        for movement in before.movements:
            total = at[movement.product_id.int]
            total.quantity = EXACT.subtract(total.quantity, movement.quantity)
    if after.standing.counts:
        at = changes.totals.setdefault(after.outlet_id, defaultdict(Total))
        for movement in after.movements:
            total = at[movement.product_id.int]
            total.quantity = EXACT.add(total.quantity, movement.quantity)
            total.description = movement.description or total.description


class _Stock:
    name = "stock"
    handles: frozenset[type[Event]] = HANDLES

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """Applies a batch; the caller holds the checkpoint and commits."""
        ids = orders_before(events)
        rows = await connection.fetch(_SQL["sheets"], tenant_id, ids) if ids else []
        sheets = {}
        for order_id, sale, type_, training, outlet_id, movements, position in rows:
            standing = Standing(sale, type_, training)
            sheets[stream_of(order_id)] = Sheet(order_id, standing, outlet_id, _movements(movements), position)
        known = set(sheets)
        await _save(connection, tenant_id, fold(sheets, events), known)


PROJECTION = _Stock()

_movements = msgspec.json.Decoder(list[Movement]).decode


async def _save(connection: Connection, tenant_id: int, changes: Changes, known: Set[str]) -> None:
    """Writes what a batch changes; `known` are the streams that have a sheet already."""
    new, changed = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for stream, s in changes.sheets.items():
        row = (s.order_id, *s.standing, s.outlet_id, encoder.encode(s.movements), s.position)
        (changed if stream in known else new).append(row)
    await write(connection, _SHEETS, tenant_id, new, changed)
    moved = [
        (UUID(int=product), outlet_id, total.quantity, total.description)
        for outlet_id, at in changes.totals.items()
        for product, total in at.items()
    ]
    if moved:
        await connection.execute(_SQL["move_stock"], tenant_id, *columns(moved))
