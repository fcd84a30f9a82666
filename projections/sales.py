"""Sales: the read model's rows for `sales_fold`, read and written a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ledger.arrays import columns
from ledger.codec import encoder
from ledger.customer import is_document
from ledger.database import queries
from ledger.events import Event, OutletSet, Recorded
from ledger.order import stream_of
from ledger.records import Order
from ledger.store import Connection
from projections.counted import HANDLES, Standing, orders_before
from projections.learnt import Shop, products_within
from projections.rows import Table, write
from projections.sales_fold import Book, Changes, Entry, Sheet, fold

_SQL = queries("projections/sales.sql")
_SHEETS = Table(_SQL["add_sheets"], _SQL["save_sheets"])
read_entries = msgspec.json.Decoder(list[Entry]).decode


class _Sales:
    name = "sales"
    handles: frozenset[type[Event]] = HANDLES | {OutletSet}

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """Applies a batch; the caller holds the checkpoint and commits."""
        book = await _open(connection, tenant_id, events)
        known = set(book.sheets)
        changes = fold(book, events)
        await _save_names(connection, tenant_id, changes)
        await _save_sheets(connection, tenant_id, changes, known)
        await _move_totals(connection, tenant_id, changes)


PROJECTION = _Sales()


async def _open(connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> Book:
    """What the read model knows of the orders, outlets and categories of a batch."""
    ids = orders_before(events)
    sheets = [_sheet(row) for row in await connection.fetch(_SQL["sheets"], tenant_id, ids)] if ids else []
    orders = [recorded.event.order for recorded in events if is_document(recorded.event)]
    outlets = {order.OutletId for order in orders} | {sheet.outlet_id for sheet in sheets}
    book = Book(sheets={stream_of(sheet.order_id): sheet for sheet in sheets})
    rows = await connection.fetch(_SQL["known"], tenant_id, list(outlets), list(_category_ids(orders, sheets)))
    for outlet_id, category_id, name, zone, day_starts in rows:
        if outlet_id is not None:
            book.shops[outlet_id] = Shop(name, zone, day_starts)
        elif category_id is not None:
            book.categories[category_id] = name
        else:
            book.zone = ZoneInfo(zone)
    return book


def _sheet(row: Iterable[Any]) -> Sheet:
    order_id, sale, type_, training, outlet_id, moment, entries, position, written, day, hour = row
    standing = Standing(sale, type_, training)
    return Sheet(order_id, standing, outlet_id, moment, read_entries(entries), position, written, day, hour)


def _category_ids(orders: Iterable[Order], sheets: Iterable[Sheet]) -> set[int]:
    """The categories that may have to be named or learnt."""
    ids = {product.CategoryId for order in orders for product, _ in products_within(order)}
    for sheet in sheets:
        ids.update(source for entry in sheet.entries for source in entry.sources if isinstance(source, int))
    return ids - {0}


async def _save_names(connection: Connection, tenant_id: int, changes: Changes) -> None:
    if changes.shops:
        shops = [(id_, *shop) for id_, shop in changes.shops.items()]
        await connection.execute(_SQL["save_shops"], tenant_id, *zip(*shops, strict=True))
    if changes.categories:
        await connection.execute(_SQL["save_categories"], tenant_id, *zip(*changes.categories.items(), strict=True))


async def _save_sheets(connection: Connection, tenant_id: int, changes: Changes, known: Set[str]) -> None:
    """Writes the orders as they are; `known` are the streams that have a sheet already."""
    new, changed = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for stream, s in changes.sheets.items():
        place = (s.order_id, *s.standing, s.outlet_id, s.moment)
        row = (*place, encoder.encode(s.entries), s.position, s.written, s.day, s.hour)
        (changed if stream in known else new).append(row)
    await write(connection, _SHEETS, tenant_id, new, changed)
    past = [
        (s.order_id, s.outlet_id, s.day, s.hour, encoder.encode(s.entries), s.position, s.written, until)
        for s, until in changes.past
    ]
    if past:
        await connection.execute(_SQL["add_past"], tenant_id, *columns(past))


async def _move_totals(connection: Connection, tenant_id: int, changes: Changes) -> None:
    moved = [
        (*place, category, total.gross, total.net, total.entries)
        for place, groups in changes.totals.items()
        for category, total in groups.items()
        if total.entries or total.gross or total.net
    ]
    if not moved:
        return
    await connection.execute(_SQL["move_totals"], tenant_id, *columns(moved))
    fewer = [(*place, category) for *place, category, _, _, entries in moved if entries < 0]
    if fewer:
        await connection.execute(_SQL["drop_empty_totals"], tenant_id, *columns(fewer))
