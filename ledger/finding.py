"""Orders by the numbers that people know them by: from the claims that were made with them. I/O."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from ledger.database import queries
from ledger.store import Connection
from ledger.view import REFERENCE_KINDS

_SQL = queries("ledger/finding.sql")
AT_MOST = 20


class Numbered(NamedTuple):
    """An order's stream, and which of its numbers it was found by: `order-int-id`, `invoice-number` …"""

    stream: str
    kinds: list[str]


class Printed(NamedTuple):
    """The terminal that printed a receipt, and the stream of the order it is of."""

    terminal: UUID
    stream: str


async def orders_numbered(connection: Connection, tenant_id: int, number: str) -> list[Numbered]:
    """The orders with this OrderIntID, OrderNoOfDay or InvoiceNumber, AT_MOST of them."""
    rows = await connection.fetch(_SQL["by_reference"], tenant_id, number, list(REFERENCE_KINDS), AT_MOST)
    return [Numbered(*row) for row in rows]


async def receipts_numbered(
    connection: Connection, tenant_id: int, number: int, terminal: UUID | None
) -> list[Printed]:
    """The receipts with this number, of one terminal or of any, AT_MOST of them."""
    if terminal is not None:
        rows = await connection.fetch(_SQL["by_receipt"], tenant_id, str(terminal), str(number))
    else:
        rows = await connection.fetch(_SQL["by_receipt_anywhere"], tenant_id, str(number), AT_MOST)
    return [Printed(UUID(row["terminal"]), row["stream"]) for row in rows]
