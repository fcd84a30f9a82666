"""What the books have beside the sales, and what the server tells of it: lists, stock, drawers, reports, Swish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable

from api.simulate import accounts, answers
from api.simulate.asking import Reader, all_of
from api.simulate.books import Books, Sum
from api.simulate.comparing import Compared, Told, add, compared
from api.simulate.sums import ZERO
from api.simulate.town import NO_ID, Town

_ORDER = "/api/Order"
_LISTS = {
    "GetOpenOrder": accounts.OPEN, "GetOrdersWithoutExternalID": accounts.SALES,
    "GetOrdersWithoutCustomerAndExternalID": accounts.NAMELESS, "GetReturnOrdersWithoutExternalID": accounts.RETURNS,
    "GetInviceGeneratedOpenOrder": accounts.INVOICES,
}  # fmt: skip


class Rest:
    """All that is asked about one town but its sales."""

    def __init__(self, reader: Reader, town: Town, books: Books) -> None:
        self._reader, self._books = reader, books
        self._outlets = [outlet.id for outlet in town.outlets]
        self._terminals = [till.terminal for outlet in town.outlets for till in (*outlet.tills, outlet.web)]

    def parts(self) -> dict[str, Callable[[], Awaitable[Compared]]]:
        """What is compared, by the name of the answer."""
        found = {name: self._list(name, list_) for name, list_ in _LISTS.items()}
        return found | {
            "/v1/stock": self._stock, "GetCashDrawerLog": self._drawer, "/v1/reports": self._reports,
            "GetCustomerInvoice": self._invoices, "/v1/swish": self._swish, "/v1/orders": self._paid,
            "GetOrdersHistory": self._history, "GetCustomerCartOrder": self._carts,
        }  # fmt: skip

    def _list(self, name: str, list_: str) -> Callable[[], Awaitable[Compared]]:
        async def compare_list() -> Compared:
            wanted: Told = {(one.terminal, id_): one.total for id_, one in self._books.lists[list_].items()}

            async def ask(terminal: str) -> Told:
                found = await self._reader.pages(f"{_ORDER}/{name}", list[answers.Order], terminal)
                return {(terminal, order.Id): order.OrderTotal for order in found}

            return compared(name, wanted, await all_of(map(ask, self._terminals)))

        return compare_list

    async def _stock(self) -> Compared:
        async def ask(outlet: str) -> Told:
            found = await self._reader.get("/v1/stock", list[answers.Level], outletId=outlet)
            return {(outlet, level.ProductId): level.Quantity for level in found}

        told = await all_of(map(ask, self._outlets))
        # A product whose every movement was taken back may be told as 0, or not at all.
        wanted: Told = {key: quantity for key, quantity in self._books.stock.items() if quantity or key in told}
        return compared("/v1/stock", wanted, told)

    async def _drawer(self) -> Compared:
        async def ask(terminal: str) -> Told:
            sums: defaultdict[Hashable, Sum] = defaultdict(Sum)
            for entry in await self._reader.pages(
                "/api/CashDrawerLog/GetCashDrawerLog", list[answers.DrawerEntry], terminal
            ):
                add(sums[terminal, entry.ActivityType], Sum(entry.Amount, ZERO, 1))
            return {key: (sum_.lines, sum_.gross) for key, sum_ in sums.items()}

        wanted: Told = {key: (sum_.lines, sum_.gross) for key, sum_ in self._books.drawer.items()}
        return compared("GetCashDrawerLog", wanted, await all_of(map(ask, self._terminals)))

    async def _reports(self) -> Compared:
        async def ask(terminal: str) -> Told:
            found = await self._reader.get("/v1/reports", list[answers.Report], terminalId=terminal)
            if not found:
                return {}
            sold = sum((row.Value for report in found for row in report.ReportData), ZERO)
            return {terminal: (len(found), found[0].ReportNumber, sold)}

        wanted: Told = {id_: (one.count, one.last, one.sold) for id_, one in self._books.reports.items()}
        return compared("/v1/reports", wanted, await all_of(map(ask, self._terminals)))

    async def _invoices(self) -> Compared:
        async def ask(terminal: str) -> Told:
            found = await self._reader.pages(f"{_ORDER}/GetCustomerInvoice", list[answers.Invoice], terminal)
            return {one.Id: (one.InvoiceTotal, sorted(one.OrdersGuid)) for one in found}

        wanted: Told = {
            id_: (one["InvoiceTotal"], sorted(one["OrdersGuid"])) for id_, one in self._books.invoices.items()
        }
        return compared("GetCustomerInvoice", wanted, await all_of(map(ask, self._terminals)))

    async def _swish(self) -> Compared:
        async def ask(swish_id: str) -> Told:
            one = await self._reader.get(f"/v1/swish/{swish_id}", answers.Swish)
            return {swish_id: (one.Kind, one.Status, one.Amount, one.OrderId, sorted(one.Flags))}

        wanted: Told = {
            id_: (one.kind, one.status, one.amount, one.order_id or NO_ID, sorted(one.flags))
            for id_, one in self._books.swish.entries.items()
        }
        return compared("/v1/swish", wanted, await all_of(map(ask, self._books.swish.entries)))

    async def _paid(self) -> Compared:
        async def ask(order_id: str) -> Told:
            order = await self._reader.get(f"/v1/orders/{order_id}", answers.Order)
            amount = sum((one.Direction * one.PaidAmount for one in order.Payments or ()), ZERO)
            return {order_id: (order.PaymentStatus, amount)}

        wanted: Told = {id_: (one.status, one.amount) for id_, one in self._books.paid.items()}
        return compared("/v1/orders", wanted, await all_of(map(ask, self._books.paid)))

    async def _history(self) -> Compared:
        async def ask(customer: str) -> Told:
            found = await self._reader.get(f"{_ORDER}/GetOrdersHistory/{customer}", list[answers.Order])
            return {customer: [order.Id for order in found]}

        history = self._books.history
        wanted: Told = {id_: sorted(orders, key=lambda one: (orders[one], one)) for id_, orders in history.items()}
        return compared("GetOrdersHistory", wanted, await all_of(map(ask, history)))

    async def _carts(self) -> Compared:
        async def ask(customer: str) -> Told:
            found = await self._reader.get(f"{_ORDER}/GetCustomerCartOrder/{customer}", answers.Order | None)
            return {customer: found.Id if found else None}

        wanted: Told = {
            id_: max(carts, key=lambda one: (carts[one], one), default=None)
            for id_, carts in self._books.baskets.items()
        }
        return compared("GetCustomerCartOrder", wanted, await all_of(map(ask, self._books.baskets)))
