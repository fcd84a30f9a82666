"""The catalogue: outlets, products and categories, learnt from the orders that name them (contract, section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.customer import is_document
from ledger.database import queries
from ledger.events import Event, OutletSet, Recorded
from ledger.store import Connection
from projections.counted import DOCUMENTS
from projections.learnt import NamedProduct, Shop, learn_categories, learn_products, learn_shop, products_within

_SQL = queries("projections/catalogue.sql")


class Outlets(NamedTuple):
    """The tenant's outlets as (id, name), by name, and the log position up to which the catalogue has come."""

    outlets: list[tuple[UUID, str]]
    position: int


class Taught(msgspec.Struct):
    """The products (by the `int` of their id) and categories that a batch names; some may be known already, and then
    stay as they are.
    """

    products: dict[int, NamedProduct] = {}
    categories: dict[int, str] = {}


def teach(events: Sequence[Recorded]) -> Taught:
    """The products and categories of the orders in a batch, each as first named there."""
    taught = Taught()
    for recorded in events:
        if is_document(recorded.event):
            within = products_within(recorded.event.order)
            learn_products(taught.products, within)
            learn_categories(taught.categories, within)
    return taught


def teach_outlets(shops: dict[UUID, Shop], events: Sequence[Recorded]) -> dict[UUID, Shop]:
    """What a batch brings of outlets; `shops` are the known ones and go along."""
    news: dict[UUID, Shop] = {}
    for recorded in events:
        event = recorded.event
        if is_document(event):
            if not event.order.OutletId.int:
                continue
            id_, shop = event.order.OutletId, learn_shop(shops, event.order)
        elif isinstance(event, OutletSet):
            id_, shop = event.outlet_id, learn_shop(shops, event)
        else:
            continue
        if shop is not None:
            shops[id_] = news[id_] = shop
    return news


class _Catalogue:
    name = "catalogue"
    handles: frozenset[type[Event]] = frozenset({*DOCUMENTS, OutletSet})

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """Applies a batch; the caller holds the checkpoint and commits."""
        taught = teach(events)
        ids = {recorded.event.order.OutletId for recorded in events if is_document(recorded.event)}
        shops: dict[UUID, Shop] = {}
        for id_, name, product_id, category_id in await connection.fetch(
            _SQL["known"], tenant_id, list(ids), _uuids(taught.products), list(taught.categories)
        ):
            if id_ is not None:
                shops[id_] = Shop(name)
            if product_id is not None:
                taught.products.pop(product_id.int, None)
            taught.categories.pop(category_id, None)
        await _save(connection, tenant_id, taught, teach_outlets(shops, events))


PROJECTION = _Catalogue()


async def _save(connection: Connection, tenant_id: int, taught: Taught, shops: dict[UUID, Shop]) -> None:
    if shops:
        names = [shop.name for shop in shops.values()]
        await connection.execute(_SQL["save_outlets"], tenant_id, list(shops), names)
    if taught.products:
        columns = zip(*taught.products.values(), strict=True)
        await connection.execute(_SQL["add_products"], tenant_id, _uuids(taught.products), *columns)
    if taught.categories:
        await connection.execute(_SQL["add_categories"], tenant_id, *zip(*taught.categories.items(), strict=True))


def _uuids(numbers: Iterable[int]) -> list[UUID]:
    return [UUID(int=number) for number in numbers]


async def outlets(connection: Connection, tenant_id: int) -> Outlets:
    """Every outlet of the tenant by name; one that nobody has named yet goes by its id."""
    rows = await connection.fetch(_SQL["outlets_by_name"], tenant_id)
    return Outlets([(id_, name) for _, id_, name in rows if id_ is not None], rows[0]["position"])
