"""What can be read under `/v1`, as methods: things as they stand or stood, their histories, and what explains a sum."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Literal, TypedDict, Unpack

from .paging import following
from .reads import Reads, segment
from .wire import Guid, Json

# The ledger's clock, or the tills'.
Clock = Literal["recorded", "occurred"]
# A position in the log, or an instant.
AsOf = int | datetime | None
_PAGE = 1000


class Cell(TypedDict, total=False):
    """Which of the sales: of one outlet, hour (0 to 23) or category; of all where there is none."""

    outlet: Guid | None
    hour: int | None
    category: str | None


class Past(Reads):
    """The ledger's own reads."""

    async def get_order(self, order_id: Guid, *, as_of: AsOf = None, clock: Clock | None = None) -> Json:
        """An order as it stands or stood; Problem with status 404: there is or was none."""
        return await self._one(f"/v1/orders/{segment(order_id)}", as_of=as_of, clock=clock)

    async def get_invoice(self, invoice_id: Guid, *, as_of: AsOf = None, clock: Clock | None = None) -> Json:
        """An invoice as it stands or stood."""
        return await self._one(f"/v1/invoices/{segment(invoice_id)}", as_of=as_of, clock=clock)

    async def get_drawer_entry(self, entry_id: Guid, *, as_of: AsOf = None, clock: Clock | None = None) -> Json:
        """A drawer event as it stands or stood."""
        return await self._one(f"/v1/drawer/{segment(entry_id)}", as_of=as_of, clock=clock)

    async def get_swish_payment(self, swish_id: str, *, as_of: AsOf = None, clock: Clock | None = None) -> Json:
        """A Swish payment, refund or payout as it stands or stood."""
        return await self._one(f"/v1/swish/{segment(swish_id)}", as_of=as_of, clock=clock)

    def order_history(self, order_id: Guid, *, after: int = 0) -> AsyncIterator[Json]:
        """What happened to an order after version `after`: who, from where, when, what changed, and what it became."""
        return self._history(f"/v1/orders/{segment(order_id)}", after)

    def invoice_history(self, invoice_id: Guid, *, after: int = 0) -> AsyncIterator[Json]:
        """The same of an invoice."""
        return self._history(f"/v1/invoices/{segment(invoice_id)}", after)

    def drawer_entry_history(self, entry_id: Guid, *, after: int = 0) -> AsyncIterator[Json]:
        """The same of a drawer event."""
        return self._history(f"/v1/drawer/{segment(entry_id)}", after)

    def swish_payment_history(self, swish_id: str, *, after: int = 0) -> AsyncIterator[Json]:
        """The same of a Swish payment."""
        return self._history(f"/v1/swish/{segment(swish_id)}", after)

    async def explain_sales(
        self,
        first: date,
        last: date,
        *,
        as_of: AsOf = None,
        after: str | None = None,
        changes_after: int | None = None,
        limit: int | None = None,
        **cell: Unpack[Cell],
    ) -> Json:
        """What adds up to the sales of these days: the total, a page of its entries, and what has changed it since.

        `after` and `changes_after` take the page's Next and NextChange, `as_of` its Position: so pages fit together.
        """
        span = {"from": first, "to": last, "as_of": as_of, "limit": limit}
        which = {"outletId": cell.get("outlet"), "hour": cell.get("hour"), "category": cell.get("category")}
        return await self._one("/v1/sales/explain", **span, **which, after=after, changesAfter=changes_after)

    async def sales_entries(
        self, first: date, last: date, *, as_of: AsOf = None, **cell: Unpack[Cell]
    ) -> AsyncIterator[Json]:
        """All entries of that total, one by one, as they stand when the first is read, whatever is sold meanwhile."""
        after: str | None = ""
        while after is not None:
            page = await self.explain_sales(first, last, as_of=as_of, after=after or None, limit=_PAGE, **cell)
            for entry in page["Entries"]:
                yield entry
            as_of, after = page["Position"], page["Next"]

    async def sales_changes(self, first: date, last: date, *, as_of: AsOf, **cell: Unpack[Cell]) -> AsyncIterator[Json]:
        """What has changed that total since a position or an instant, one by one: events, with what each added."""
        after: int | None = 0
        while after is not None:
            page = await self.explain_sales(first, last, as_of=as_of, changes_after=after, limit=_PAGE, **cell)
            for change in page["Changes"]:
                yield change
            as_of, after = page["Position"], page["NextChange"]

    async def get_stock(self, *, product: Guid | None = None, outlet: Guid | None = None) -> list[Json]:
        """The sum of all movements, by product and outlet; sales are negative."""
        return await self._list("/v1/stock", productId=product, outletId=outlet)

    async def get_swish(self, *, order: Guid | None = None) -> list[Json]:
        """Swish payments, refunds and payouts with their flags; of one order, or all."""
        return await self._list("/v1/swish", orderId=order)

    async def get_terminals(self) -> list[Json]:
        """Every terminal with its last health report and its last X or Z report."""
        return await self._list("/v1/terminals")

    async def get_reports(self, *, terminal: Guid | None = None) -> list[Json]:
        """X and Z reports with their rows."""
        return await self._list("/v1/reports", terminalId=terminal)

    def _history(self, path: str, after: int) -> AsyncIterator[Json]:
        return following(lambda last: self._list(f"{path}/history", after=last, limit=_PAGE), "Version", after)
