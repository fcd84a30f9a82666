"""How rows get into a read model's tables: upserted, or copied where they are certainly new and nobody looks yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ledger.store import Connection


class Loading:
    """A connection to tables that nobody else reads or writes: what is certainly new may be copied into them.

    For `Projection.apply`, which asks no more of a connection than this.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.execute, self.fetch = connection.execute, connection.fetch

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Adds rows; `table` is found as in any statement."""
        await self._connection.copy_records_to_table(table, columns=columns, records=rows)


class Table(NamedTuple):
    """A table with a row per order: its columns after the tenant's, and the statements that add rows and replace them.

    Both statements take the tenant, and each column as an array.
    """

    name: str
    columns: tuple[str, ...]
    add: str
    replace: str


async def write(
    connection: Connection | Loading,
    table: Table,
    tenant_id: int,
    new: Sequence[tuple[Any, ...]],
    changed: Sequence[tuple[Any, ...]],
) -> None:
    """Writes rows. `new` ones are certainly not there yet, and spare PostgreSQL the look; `changed` ones may be."""
    if new and isinstance(connection, Loading):
        columns = ("tenant_id", *table.columns)
        await connection.copy(table.name, columns, [(tenant_id, *row) for row in new])
    elif new:
        await connection.execute(table.add, tenant_id, *zip(*new, strict=True))
    if changed:
        await connection.execute(table.replace, tenant_id, *zip(*changed, strict=True))
