"""Everything that can be read under `/api`, as methods (the contract, sections 3 and 4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import Any, Unpack
from urllib.parse import quote

from .paging import Pages, Window
from .wire import Guid, Json


class Reads(ABC):
    """The contract's reads. What they give reflects `position`, or a later one."""

    position: int

    @abstractmethod
    async def read(self, path: str, query: Mapping[str, object] | None = None, *, at_least: int = 0) -> Any:
        """The JSON under a path, as it is at that position or later; parameters of None are left out."""

    def get_open_order(self, **window: Unpack[Window]) -> Pages:
        """Orders in progress, with their lines and products."""
        return self._pages("/api/Order/GetOpenOrder", window)

    def get_customer_invoice(self, **window: Unpack[Window]) -> Pages:
        """Invoices, each with the ids of its orders."""
        return self._pages("/api/Order/GetCustomerInvoice", window)

    def get_orders_without_external_id(self, **window: Unpack[Window]) -> Pages:
        """Completed orders that no integrator has given an ExternalID, oldest first."""
        return self._pages("/api/Order/GetOrdersWithoutExternalID", window)

    def get_orders_without_customer_and_external_id(self, **window: Unpack[Window]) -> Pages:
        """Those of them that have no customer either."""
        return self._pages("/api/Order/GetOrdersWithoutCustomerAndExternalID", window)

    def get_return_orders_without_external_id(self, **window: Unpack[Window]) -> Pages:
        """Return orders that no integrator has given an ExternalID."""
        return self._pages("/api/Order/GetReturnOrdersWithoutExternalID", window)

    def get_invice_generated_open_order(self, **window: Unpack[Window]) -> Pages:
        """Orders with a customer and an invoice that the bookkeeping has not taken over."""
        return self._pages("/api/Order/GetInviceGeneratedOpenOrder", window)

    def get_cash_drawer_log(self, **window: Unpack[Window]) -> Pages:
        """Drawer events, newest first."""
        return self._pages("/api/CashDrawerLog/GetCashDrawerLog", window)

    async def get_orders_history(self, customer_id: Guid, *, all_orders: bool = False) -> list[Json]:
        """A customer's online orders, oldest first; with `all_orders` the till's too."""
        return await self._list(f"/api/Order/GetOrdersHistory/{segment(customer_id)}", all=all_orders)

    async def get_customer_cart_order(self, customer_id: Guid) -> Json | None:
        """A customer's newest cart."""
        found: Json | None = await self.read(f"/api/Order/GetCustomerCartOrder/{segment(customer_id)}")
        return found

    async def get_outlets(self) -> list[Json]:
        """`{"Id", "Name"}` of all outlets together, then of each."""
        return await self._list("/api/Sale/GetOutlets")

    async def get_today_sale(self) -> Json:
        """The business day that is running and its month, by outlet."""
        return await self._one("/api/Sale/GetTodaySale")

    async def get_sale_by_month(self, month: int) -> Json:
        """The business day that is running, and a month (1 to 12) of this year, by outlet."""
        return await self._one("/api/Sale/GetSaleByMonth", month=month)

    async def get_current_month_sale(self) -> Json:
        """The month that is running, by category, day and hour."""
        return await self._one("/api/Sale/GetCurrentMonthSale")

    async def get_monthaly_sale(self, year: int, month: int, *, outlet: Guid | None = None) -> Json:
        """A month of an outlet or of all, by category, day and hour."""
        return await self._one("/api/Sale/GetMonthalySale", outletId=outlet, year=year, month=month)

    async def get_daily_sale(self, day: date | None = None, *, outlet: Guid | None = None) -> Json:
        """A day (the one that is running without `day`) of an outlet or of all, by category and hour."""
        return await self._one("/api/Sale/GetDailySale", outletId=outlet, dt=day)

    async def get_hourly_sale(self, day: date, *, outlet: Guid | None = None) -> list[Json]:
        """The hours of a day with a sale, of an outlet or of all."""
        parts = {"year": day.year, "month": day.month, "day": day.day}
        return await self._list("/api/Sale/GetHourlySale", outletId=outlet, **parts)

    async def _one(self, path: str, **query: object) -> Json:
        found: Json = await self.read(path, query)
        return found

    async def _list(self, path: str, **query: object) -> list[Json]:
        found: list[Json] = await self.read(path, query)
        return found

    def _pages(self, path: str, window: Window) -> Pages:
        wanted = {
            "LastExecutedDate": window.get("since"),
            "CurrentDate": window.get("until"),
            "TerminalId": window.get("terminal"),
            "PageSize": window.get("page_size"),
        }
        return Pages(lambda number: self._list(path, PageNo=number, **wanted))


def segment(value: object) -> str:
    """A value as one segment of a path."""
    return quote(str(value), safe="")
