"""Reads of what the server answers, over several lines at once, each waiting until it shows all that was posted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from api.simulate.comparing import Told
from api.simulate.line import Line, Server
from ledger.errors import LedgerError

T = TypeVar("T", bound=msgspec.Struct)
_LINES, _TRIES, _PAUSE = 8, 300, 0.2
_PAGE = 5000


class OutletSale(msgspec.Struct):
    """As in the contract, section 2; so are all of these, with the members that are compared."""

    OutletId: str
    SaleDate: str
    GrossTotal: Decimal
    NetTotal: Decimal


class SaleDetail(msgspec.Struct):
    """One group of a day or month."""

    GroupName: str
    GrossTotal: Decimal
    NetTotal: Decimal
    SaleDay: int
    SaleHour: int


class CategorySale(msgspec.Struct):
    """A day or a month; lists it does not have are empty."""

    GrandTotal: Decimal
    NetTotal: Decimal
    Categories: list[SaleDetail]
    HourlySales: list[SaleDetail]
    DailySales: list[SaleDetail] = []
    OutletSales: list[OutletSale] = []


class ByOutlet(msgspec.Struct):
    """A part of the dashboard's first page."""

    OutletSale: list[OutletSale]


class Dashboard(msgspec.Struct):
    """The dashboard's first page."""

    DailySale: ByOutlet
    MonthlySale: ByOutlet


class Order(msgspec.Struct):
    """An order on a list."""

    Id: str
    OrderTotal: Decimal
    PaymentStatus: int
    Payments: list[Payment] | None


class Payment(msgspec.Struct):
    """A payment of an order."""

    PaidAmount: Decimal
    Direction: int


class Level(msgspec.Struct):
    """The stock of a product."""

    ProductId: str
    Quantity: Decimal


class DrawerEntry(msgspec.Struct):
    """Something that happened to a drawer."""

    ActivityType: int
    Amount: Decimal


class ReportRow(msgspec.Struct):
    """A row of a report."""

    DataType: str
    Value: Decimal


class Report(msgspec.Struct):
    """An X or Z report."""

    ReportNumber: int
    ReportData: list[ReportRow]


class Invoice(msgspec.Struct):
    """A customer's invoice."""

    Id: str
    InvoiceTotal: Decimal
    OrdersGuid: list[str]


class Swish(msgspec.Struct):
    """A Swish payment or refund."""

    Kind: str
    Status: str | None
    Amount: Decimal
    OrderId: str
    Flags: list[str]


class Outlet(msgspec.Struct):
    """An outlet to choose from."""

    Id: str
    Name: str


class Reader:
    """Asks on several lines; every answer reflects `position`."""

    def __init__(self, server: Server, position: int) -> None:
        self._headers = f"Ledger-Min-Position: {position}\r\n"
        self._lines = [Line(server) for _ in range(_LINES)]
        self._room = asyncio.Semaphore(_LINES)

    async def get(self, path: str, kind: Any, **query: object) -> Any:
        """An answer as `kind`, which is a type of the above or a list of it. LedgerError: there is none."""
        url = f"{path}?{urlencode(query)}" if query else path
        async with self._room:
            line = self._lines.pop()
            try:
                for _ in range(_TRIES):
                    answer = await line.ask("GET", url, headers=self._headers)
                    if answer.status != 503:
                        break
                    await asyncio.sleep(_PAUSE)
            finally:
                self._lines.append(line)
        if answer.status != 200:
            raise LedgerError(f"{url} is answered with {answer.status}: {answer.body[:200].decode(errors='replace')}")
        return msgspec.json.decode(answer.body, type=kind)

    async def pages(self, path: str, kind: type[list[T]], terminal: str) -> list[T]:
        """All of a list of a terminal, page by page."""
        found: list[T] = []
        while True:
            query = {"dates.TerminalId": terminal, "PageNo": len(found) // _PAGE, "PageSize": _PAGE}
            page: list[T] = await self.get(path, kind, **query)
            found += page
            if len(page) < _PAGE:
                return found

    def close(self) -> None:
        """Hangs up."""
        for line in self._lines:
            line.close()


async def all_of(parts: Iterable[Coroutine[None, None, Told]]) -> Told:
    """What all of them tell, asked at once; the lines say how many are under way."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
    return {key: value for task in tasks for key, value in task.result().items()}
