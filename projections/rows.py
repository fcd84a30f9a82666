"""How rows get into a read model's tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ledger.arrays import columns
from ledger.store import Connection


class Table(NamedTuple):
    """The statements that add rows to a table with a row per order, and that replace them.

    Both take the tenant, and each column after it as an array (`ledger.arrays`): made a text in one go, and read by
    PostgreSQL, that takes less time of both than COPY does, which the driver feeds value by value.
    """

    add: str
    replace: str


async def write(
    connection: Connection,
    table: Table,
    tenant_id: int,
    new: Sequence[tuple[Any, ...]],
    changed: Sequence[tuple[Any, ...]],
) -> None:
    """Writes rows. `new` ones are certainly not there yet, and spare PostgreSQL the look; `changed` ones may be."""
    if new:
        await connection.execute(table.add, tenant_id, *columns(new))
    if changed:
        await connection.execute(table.replace, tenant_id, *columns(changed))
