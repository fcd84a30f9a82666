"""What integrators have not fetched yet, for people: how many orders wait, and which have waited longest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ledger.database import queries
from ledger.store import Connection
from projections.orders_reads import Light

_SQL = queries("projections/queues_reads.sql")
_SALES, _OF_NOBODY, _RETURNS = "sale", "sale of nobody", "return"


class Queue(NamedTuple):
    """Orders that wait: how many, counted no farther than to a bound, and the oldest of them by business time."""

    waiting: int
    oldest: list[Light]


class Queues(NamedTuple):
    """By the endpoint that lists them: GetOrdersWithoutExternalID, GetOrdersWithoutCustomerAndExternalID,
    GetReturnOrdersWithoutExternalID and GetInviceGeneratedOpenOrder.
    """

    sales: Queue
    of_nobody: Queue
    returns: Queue
    invoiced: Queue


async def queues(connection: Connection, tenant_id: int, bound: int, oldest: int) -> Queues:
    """All of them, counted up to `bound`, each with its `oldest` so many."""
    names = [_SALES, _OF_NOBODY, _RETURNS]
    rows = await connection.fetch(_SQL["external"], tenant_id, names, bound, oldest)
    found = {name: _queue(row for row in rows if row["queue"] == name) for name in names}
    both = found[_SALES].oldest + found[_OF_NOBODY].oldest
    return Queues(
        sales=Queue(
            min(bound, found[_SALES].waiting + found[_OF_NOBODY].waiting),
            sorted(both, key=lambda order: (order.business_time, order.order_id))[:oldest],
        ),
        of_nobody=found[_OF_NOBODY],
        returns=found[_RETURNS],
        invoiced=_queue(await connection.fetch(_SQL["invoiced"], tenant_id, bound, oldest)),
    )


def _queue(found: Iterable[Any]) -> Queue:
    rows = list(found)
    orders = [Light(*(row[name] for name in Light._fields)) for row in rows if row["order_id"] is not None]
    return Queue(rows[0]["waiting"], orders)
