"""How rows get into a read model's tables: upserted, or copied where they are certainly new and nobody looks yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


async def write(
    connection: Connection | Loading,
    statement: str,
    table: str,
    columns: Sequence[str],
    tenant_id: int,
    new: Sequence[tuple[Any, ...]],
    changed: Sequence[tuple[Any, ...]],
) -> None:
    """Writes rows of `columns`, which follow the tenant's; `statement` takes the tenant and each column as an array.

    `new` ones are certainly not there yet.
    """
    if new and isinstance(connection, Loading):
        await connection.copy(table, ("tenant_id", *columns), [(tenant_id, *row) for row in new])
        new = ()
    if rows := (*new, *changed):
        await connection.execute(statement, tenant_id, *zip(*rows, strict=True))
