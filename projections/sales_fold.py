"""What every order adds to the totals of its outlet, day, hour and category (contract, section 4). Pure.

Per order there is one sheet with an entry per counted line, and the totals are the sum of all sheets: whatever happens
to an order, its old entries are taken out of the totals and its new ones put in, so totals move by the difference.
Outlet settings and learnt category names hold from their position in the log on: a sheet is dated and its entries are
named when the order begins to count and with each later document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from ledger.amounts import EXACT, ZERO, line_amount
from ledger.business_time import business_day, to_datetime
from ledger.customer import Document, is_document
from ledger.events import OrderStatusChanged, OutletSet, Recorded
from ledger.records import Order, OrderLine
from ledger.store import from_microseconds
from projections.counted import NEW, Standing, counts, ingredients, standing_after, standing_with
from projections.learnt import Shop, learn_categories, learn_shop, products_within

UNCATEGORISED = "Uncategorised"
DEFAULT_ZONE = ZoneInfo("Europe/Stockholm")


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line's part of the sales, kronor to six decimals.

    `sources` is empty where the line names its category; else what the category comes from while the order begins to
    count: ids to look up among the learnt names, perhaps ending in a name to fall back on.
    """

    line_id: UUID
    category: str
    sources: tuple[int | str, ...]
    gross: Decimal
    net: Decimal


class Sheet(msgspec.Struct, frozen=True, gc=False):
    """An order as the sales see it. `day` and `hour` are None while it does not count.

    `position` is that of the event which made it so, `written` that of the document its entries come from.
    """

    order_id: UUID
    standing: Standing
    outlet_id: UUID
    moment: datetime
    entries: list[Entry]
    position: int
    written: int
    day: date | None = None
    hour: int | None = None


class Past(NamedTuple):
    """A sheet that counted until the event at a position put another in its place."""

    sheet: Sheet
    until: int


class Total(msgspec.Struct, gc=False):
    """What a place of the totals has gained: kronor, and the number of entries."""

    gross: Decimal = ZERO
    net: Decimal = ZERO
    entries: int = 0


# Outlet, business day, hour of the wall clock.
Place = tuple[UUID, date, int]


class Book(msgspec.Struct):
    """What a batch needs to know, and `fold` keeps up to date. `zone` holds where an outlet has none of its own."""

    zone: ZoneInfo = DEFAULT_ZONE
    sheets: dict[str, Sheet] = {}
    shops: dict[UUID, Shop] = {}
    categories: dict[int, str] = {}


class Changes(msgspec.Struct):
    """What a batch changes: rows to write as they are, totals to move by category, and what counted until then."""

    sheets: dict[str, Sheet] = {}
    shops: dict[UUID, Shop] = {}
    categories: dict[int, str] = {}
    totals: dict[Place, dict[str, Total]] = {}
    past: list[Past] = []


def fold(book: Book, events: Sequence[Recorded]) -> Changes:
    """The changes that events bring to the sales, in the order of the log; `book` goes along."""
    changes = Changes()
    for recorded in events:
        event = recorded.event
        if is_document(event):
            _learn_shop(book, changes, event.order.OutletId, event.order)
            changes.categories.update(learn_categories(book.categories, products_within(event.order)))
            before = book.sheets.get(recorded.stream)
            sheet = _sheet(book, before, recorded, event)
            _replace(book, changes, recorded.stream, before, sheet)
        elif isinstance(event, OrderStatusChanged):
            _follow_status(book, changes, recorded, event)
        elif isinstance(event, OutletSet):
            _learn_shop(book, changes, event.outlet_id, event)
    return changes


def _learn_shop(book: Book, changes: Changes, outlet_id: UUID, seen: Order | OutletSet) -> None:
    news = learn_shop(book.shops, seen)
    if news is not None:
        book.shops[outlet_id] = changes.shops[outlet_id] = news


def _follow_status(book: Book, changes: Changes, recorded: Recorded, event: OrderStatusChanged) -> None:
    before = book.sheets[recorded.stream]
    standing = standing_with(before.standing, event.status)
    if standing == before.standing:
        return
    sheet = msgspec.structs.replace(before, standing=standing, position=recorded.position)
    if standing.counts != before.standing.counts:
        day, hour = _dated(book, standing, before.outlet_id, before.moment)
        entries = _categorised(book, before.entries) if standing.counts else before.entries
        sheet = msgspec.structs.replace(sheet, day=day, hour=hour, entries=entries)
    _replace(book, changes, recorded.stream, before, sheet)


def _replace(book: Book, changes: Changes, stream: str, before: Sheet | None, after: Sheet) -> None:
    book.sheets[stream] = changes.sheets[stream] = after
    if before is not None:
        _move(changes, before, EXACT.subtract, -1)
        if before.day is not None and before.entries:
            changes.past.append(Past(before, after.position))
    _move(changes, after, EXACT.add, 1)


def _move(changes: Changes, sheet: Sheet, moved: Callable[[Decimal, Decimal], Decimal], count: int) -> None:
    """Puts a sheet's entries into the totals, or takes them out."""
    if sheet.day is None or sheet.hour is None:
        return
    place = changes.totals.setdefault((sheet.outlet_id, sheet.day, sheet.hour), {})
    for entry in sheet.entries:
        total = place.get(entry.category)
        if total is None:
            total = place[entry.category] = Total()
        total.gross = moved(total.gross, entry.gross)
        total.net = moved(total.net, entry.net)
        total.entries += count


def _sheet(book: Book, before: Sheet | None, recorded: Recorded, event: Document) -> Sheet:
    order = event.order
    standing = standing_after(before.standing if before else NEW, event)
    amended = before.moment if before is not None and before.standing.counts else None
    moment = moment_of(order, recorded, amended)
    day, hour = _dated(book, standing, order.OutletId, moment)
    entries = _categorised(book, entries_of(order))
    return Sheet(order.Id, standing, order.OutletId, moment, entries, recorded.position, recorded.position, day, hour)


def moment_of(order: Order, recorded: Recorded, amended: datetime | None) -> datetime:
    """The moment of a sale (contract, section 4): the document's; where it has none, that of the sale it amends.

    A new document without a date was made when it was recorded; an amendment does not move the sale.
    """
    own = to_datetime(order.InvoiceDate) or to_datetime(order.CreationDate)
    return own or amended or from_microseconds(recorded.recorded_at)


def _dated(book: Book, standing: Standing, outlet_id: UUID, moment: datetime) -> tuple[date | None, int | None]:
    """The business day and hour of an order by the clock its outlet has now; none while it does not count."""
    if not standing.counts:
        return None, None
    shop = book.shops[outlet_id]
    return business_day(moment, ZoneInfo(shop.zone) if shop.zone else book.zone, shop.day_starts)


def _categorised(book: Book, entries: list[Entry]) -> list[Entry]:
    """The entries under the categories that are known now."""
    return [
        msgspec.structs.replace(entry, category=_learnt(book.categories, entry.sources)) if entry.sources else entry
        for entry in entries
    ]


def _learnt(names: dict[int, str], sources: tuple[int | str, ...]) -> str:
    found = (names.get(source) if isinstance(source, int) else source for source in sources)
    return next(filter(None, found), UNCATEGORISED)


def entries_of(order: Order) -> list[Entry]:
    """An entry per line that counts, and one per ingredient with the VAT and category of its own or its line's."""
    found = []
    for line in order.OrderLines or ():
        if not counts(line):
            continue
        sources = _sources(line)
        found.append(_entry(line, sources))
        if line.IngredientItems:
            for item in ingredients(line):
                own = _sources(item)
                found.append(_entry(item, own if own and isinstance(own[-1], str) else own + sources))
    return found


def _sources(line: OrderLine) -> tuple[int | str, ...]:
    """Where a line's category comes from: its product's, else its own, else the name of its product's CategoryId."""
    product = line.Product
    name = (product.Category if product is not None else None) or line.Category
    if name:
        return (name,)
    return (product.CategoryId,) if product is not None and product.CategoryId else ()


def _entry(line: OrderLine, sources: tuple[int | str, ...]) -> Entry:
    direction = 1 if line.Direction is None else line.Direction
    gross, net = line_amount(direction, line.Quantity, line.UnitPrice, line.ItemDiscount, line.TaxPercent or ZERO)
    if sources and isinstance(sources[0], str):
        return Entry(line.Id, sources[0], (), gross, net)
    return Entry(line.Id, UNCATEGORISED, sources, gross, net)
