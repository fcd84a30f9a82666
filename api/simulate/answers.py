"""What the server answers, in the members that are compared; names as in the contract, section 2."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class OutletSale(msgspec.Struct):
    """An outlet's part of a day or month."""

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
    """A part of the dashboard's first page; it says in words which day or month it is."""

    Description: str
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
