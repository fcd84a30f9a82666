"""The bookkeeping that gives orders their external ids by night, and leaves some where they are. Pure.

What becomes of an order is in its id: the same orders are taken whenever the same day ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from api.simulate.accounts import INVOICES, RETURNS, SALES, Document
from api.simulate.books import Books
from api.simulate.shift import Step

_ONE_BY_ONE, _IN_BATCHES, _RETURNS, _INVOICES = 0.1, 0.85, 0.6, 0.5
_BATCH = 40


def due(books: Books) -> list[Step]:
    """What is to be sent for the orders that wait now."""
    sales = {id_: _fate(id_) for id_ in sorted(books.lists[SALES])}
    found = [Step("PostOrderExternalInformation", _named(id_)) for id_, fate in sales.items() if fate < _ONE_BY_ONE]
    for id_ in sorted(books.lists[RETURNS]):
        if _fate(id_) < _RETURNS:
            found.append(Step("PostReturnOrderExternalInformation", _named(id_)))
    batch = {id_ for id_, fate in sales.items() if _ONE_BY_ONE <= fate < _IN_BATCHES}
    batch |= {id_ for id_ in books.lists[INVOICES] if _fate(id_) < _INVOICES}
    return [*found, *_batches(sorted(batch))]


def _batches(ids: list[str]) -> Iterable[Step]:
    for first in range(0, len(ids), _BATCH):
        yield Step("UpdateInviceGeneratedOpenOrder", [_named(id_) for id_ in ids[first : first + _BATCH]])


def _named(id_: str) -> Document:
    return {"Id": id_, "ExternalID": f"V-{id_[:8]}", "FnResponse": "bokförd"}


def _fate(id_: str) -> float:
    return int(id_[:4], 16) / 0x10000
