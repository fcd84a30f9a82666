"""Everything that writes, as methods. What becomes of a write is the affair of who inherits: sent, or queued."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

from .wire import Document, Guid, encode

T = TypeVar("T")


class Answer(NamedTuple):
    """Where a write stands in the log, and whether it stood there before."""

    position: int
    duplicate: bool


class Write(NamedTuple):
    """A write as it is sent, however often: `headers` hold its Idempotency-Key."""

    method: str
    path: str
    body: str
    headers: dict[str, str]


class Commands(ABC, Generic[T]):
    """The writes of the ledger. Each raises ValueError or TypeError for a document that cannot be sent as JSON.

    `key` is the Idempotency-Key: made anew where there is none; who repeats a call by himself gives the same.
    `version` is that of the order the change was made to: where it has another one by now, the write is refused.
    """

    @abstractmethod
    async def write(self, write: Write) -> T:
        """Takes a write."""

    async def post_open_order(self, order: Document, *, version: int | None = None, key: str | None = None) -> T:
        """Stores or replaces an order in progress."""
        return await self._order("/api/Order/PostOpenOrder", order, version, key)

    async def post_order(self, order: Document, *, version: int | None = None, key: str | None = None) -> T:
        """Finalises, amends or cancels an order, with its lines, payments and receipts."""
        return await self._order("/api/Order/PostOrder", order, version, key)

    async def post_online_order(self, order: Document, *, version: int | None = None, key: str | None = None) -> T:
        """The same for a web or mobile order, which draws the numbers it lacks."""
        return await self._order("/api/Order/PostOnlineOrder", order, version, key)

    async def post_customer_invoice(self, invoice: Document, *, key: str | None = None) -> T:
        """Creates or updates an invoice and links its orders."""
        return await self._post("/api/Order/PostCustomerInvoice", invoice, key)

    async def post_reports(self, log: Document, *, key: str | None = None) -> T:
        """A terminal's health, and its X or Z report."""
        return await self._post("/api/Order/PostReports", log, key)

    async def post_order_cash_drawer_log(self, entry: Document, *, key: str | None = None) -> T:
        """A drawer event raised while posting an order: the first write wins."""
        return await self._post("/api/Order/PostCashDrawerLog", entry, key)

    async def post_cash_drawer_log(self, entry: Document, *, key: str | None = None) -> T:
        """A drawer event captured offline: another content corrects it."""
        return await self._post("/api/CashDrawerLog/PostCashDrawerLog", entry, key)

    async def post_order_external_information(self, sent: Document, *, key: str | None = None) -> T:
        """An integrator's ExternalID for the order of that Id, and what else of his belongs to it."""
        return await self._post("/api/Order/PostOrderExternalInformation", sent, key)

    async def post_return_order_external_information(self, sent: Document, *, key: str | None = None) -> T:
        """The same for a return order."""
        return await self._post("/api/Order/PostReturnOrderExternalInformation", sent, key)

    async def update_invice_generated_open_order(self, sent: Sequence[Document], *, key: str | None = None) -> T:
        """Marks invoiced orders as taken over by the bookkeeping: all of them or none."""
        return await self._post("/api/Order/UpdateInviceGeneratedOpenOrder", sent, key)

    async def update_order_status(self, order_id: Guid, status: int, *, key: str | None = None) -> T:
        """Sets an order's status."""
        path = f"/api/Order/UpdateOrderStatus/{quote(str(order_id), safe='')}/{status}"
        return await self.write(Write("GET", path, "", _headers(key)))

    async def post_swish_online_payment(
        self,
        payment: Document,
        *,
        tenant: str | None = None,
        callback_identifier: str | None = None,
        key: str | None = None,
    ) -> T:
        """The vendor's record of a Swish payment; without a credential of one's own, a callback as Swish sends it.

        `tenant` is the callback key in the callback's URL, `callback_identifier` what was agreed on with Swish.
        """
        path = "/api/SwishOnlinePayment/PostSwishOnlinePayment"
        query = f"?{urlencode({'tenant': tenant})}" if tenant else ""
        headers = {"callbackIdentifier": callback_identifier} if callback_identifier else {}
        return await self._post(path + query, payment, key, headers)

    async def _order(self, path: str, order: Document, version: int | None, key: str | None) -> T:
        return await self._post(path, order, key, {} if version is None else {"If-Match": str(version)})

    async def _post(self, path: str, body: object, key: str | None, headers: dict[str, str] | None = None) -> T:
        return await self.write(Write("POST", path, encode(body), _headers(key) | (headers or {})))


def _headers(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid4()), "Content-Type": "application/json"}
