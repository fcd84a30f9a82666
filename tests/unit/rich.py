"""One rich example of every record: each member has a value, and none its default."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st

from ledger.records import (
    Customer,
    CustomerInvoice,
    Order,
    OrderLine,
    Outlet,
    Payment,
    Product,
    Receipt,
    Record,
    SwishPayment,
)
from ledger.till_records import CashDrawer, CashDrawerLog, Report, ReportRow, TerminalStatusLog
from tests.unit.given import number

D = Decimal
R = TypeVar("R", bound=Record)
# What may never lie in the log in the clear: every value of a personal member below holds this mark.
SECRET = "Göteborgska"
# Numbers as they are read: exact, in one spelling.
UNKNOWN: dict[str, Any] = {
    "Loyalty": {"Level": D(3), "Names": [SECRET, None, True], "Points": D("1.5")},
    "é": D("1E-7"),
}


def a_customer() -> Customer:
    """A person."""
    return Customer(
        Id=number(0xC0), Name=f"Anna {SECRET}", Email=f"anna@{SECRET}.se", Phone=f"070-{SECRET}",
        Address1=f"{SECRET}vägen 1", Address2=f"c/o {SECRET}", ZipCode=f"116 {SECRET}", City=f"{SECRET}stad",
        Country=f"{SECRET}land", CustomerNo=f"K-{SECRET}", Active=True, extra=UNKNOWN,
    )  # fmt: skip


def a_product() -> Product:
    """A latte."""
    return Product(
        Id=number(7), Description="Caffè latte", Price=D("49.9"), PurchasePrice=D("17.15"), Tax=D(12), BarCode="731",
        PLU="7", Unit=1, CategoryId=3, Category="Drycker", AccountingId=3001, Active=True, Deleted=True, ItemType=2,
        ReceiptMethod=1, SKU="LATTE", ExternalID="p-7", extra=UNKNOWN,
    )  # fmt: skip


def a_line(id_: int = 100, **parts: Any) -> OrderLine:
    """A latte that comes back; `parts` are its ingredients and details."""
    return OrderLine(
        Id=number(id_), OrderId=number(1), ItemId=number(7), Quantity=D("1.5"), UnitPrice=D("49.9"),
        DiscountedUnitPrice=D("44.9"), PurchasePrice=D("17.15"), ItemDiscount=D("-7.5"), DiscountPercentage=D(10),
        TaxPercent=D(12), Active=0, ItemComments=f"till {SECRET}", UnitsInPackage=6, ItemStatus=3, IsCoupon=1,
        Direction=-1, DiscountType=2, DiscountDescription="Personal", ItemType=1, GroupId=number(0x91),
        GroupKey=number(0x92), IngredientMode="+", IsInventoryAdjusted=True, WC_ID=55, ItemDescription="Latte",
        Category="Kaffe", Product=a_product(), extra=UNKNOWN, **parts,
    )  # fmt: skip


def a_payment() -> Payment:
    """By card, with a tip."""
    return Payment(
        Id=number(200), OrderId=number(1), TypeId=4, PaidAmount=D("74.85"), ReturnAmount=D("0.15"),
        PaymentDate="2026-11-23T11:51:40.810000+01:00", PaymentRef="Kort", CreditCardNo="************4242",
        TipAmount=D(5), CashCollected=D(80), CashChange=D("5.15"), IsCashSaleDropped=1, Direction=-1,
        ProductName="VISA", DeviceTotal=D("79.85"), PayerRef=f"4670{SECRET}", extra=UNKNOWN,
    )  # fmt: skip


def a_receipt() -> Receipt:
    """As the control unit signed it."""
    return Receipt(
        ReceiptId=number(300), TerminalId=number(0x7E), TerminalNo=2, ReceiptNumber=10_000_000_017, OrderId=number(1),
        ReceiptCopies=1, GrossAmount=D("74.85"), VatAmount=D("8.02"), VatDetail="12%: 8.02",
        PrintDate="2026-11-23T11:51:41.000001+01:00", ControlUnitName="CU-1", ControlUnitCode="A1B2",
        CustomerPaymentReceipt=f"KUND {SECRET}", MerchantPaymentReceipt=f"BUTIK {SECRET}", IsSignature=True,
        extra=UNKNOWN,
    )  # fmt: skip


def a_swish_payment() -> SwishPayment:
    """The vendor's record."""
    return SwishPayment(
        Id=number(0x5A), SwishId="AB" * 16, SwishPaymentId="p1", SwishPaymentStatus="PAID",
        SwishResponse=f"201 {SECRET}", SwishLocation="https://swish/p1", SwishToken="t0k3n", OrderId=number(1),
        extra=UNKNOWN,
    )  # fmt: skip


def an_order() -> Order:
    """Everything an order can hold."""
    line = a_line(IngredientItems=[a_line(101, ItemDetails=[a_line(102)])], ItemDetails=[a_line(103)])
    return Order(
        Id=number(1), TableId=12, CustomerId=number(0xC0), CreationDate="2026-11-23T11:42:07.123456+01:00",
        OrderTotal=D("74.85"), OrderNoOfDay="20261123-7", Status=13, PaymentStatus=1, Updated=1, UserId="u-1",
        TaxPercent=D("10.71"), InvoiceNumber="F-17", InvoiceDate="2026-11-23T11:51:39+01:00", InvoiceGenerated=1,
        TipAmount=D(5), IsInInvoice=True, OrderSource=2, Comments=f"{SECRET} ringer", ShiftNo=3, ShiftOrderNo=41,
        ShiftClosed=1, TipAmountType=1, ZPrinted=1, CheckOutUserId="u-2", OrderComments=f"allergi: {SECRET}", Type=1,
        CustomerInvoiceId=number(0xF1), Bong="41", DailyBong="7", TerminalId=number(0x7E), OutletId=number(0x0A),
        Outlet=Outlet(Id=number(0x0A), Name="Kafé Södermalm", extra=UNKNOWN), TrainingMode=True,
        RoundedAmount=D("0.15"), OrderLines=[a_line(99), line], Receipts=[a_receipt()], Payments=[a_payment()],
        ExternalID="V-1", FnResponse="OK", IsVismaInvoiceGenerated=True, WC_ID=9001, DiscountTotal=D("7.5"),
        DiscountTax=D("0.9"), OrderIntID=44, IsOnlineOrder=True, Customer=a_customer(), Customr=a_customer(),
        DeliveryDate="2026-11-24T12:00:00+01:00", IsPickup=True, SwishPayment=a_swish_payment(), Version=7,
        extra=UNKNOWN,
    )  # fmt: skip


def an_invoice() -> CustomerInvoice:
    """Two orders of one customer."""
    return CustomerInvoice(
        Id=number(0xF1), InvoiceNumber=5_000_000_001, CustomerId=number(0xC0), CustomerName=f"{SECRET} AB",
        Address1=f"{SECRET}gatan 1", Address2=f"hus {SECRET}", ZipCode=f"411 {SECRET}", City=SECRET,
        Country=f"{SECRET}land", Email=f"faktura@{SECRET}.se", PaymentTerms=30, Remarks=f"märk {SECRET}",
        InvoiceTotal=D("149.7"), CreationDate="2026-11-23T12:00:00+01:00", Synced=True, PaymentStatus=2,
        PaidDate="2026-12-01T00:00:00+01:00", DueDate="2026-12-23T00:00:00+01:00", OutletId=number(0x0A),
        TerminalId=number(0x7E), OrdersGuid=[number(1), number(2)], extra=UNKNOWN,
    )  # fmt: skip


def a_drawer_entry() -> CashDrawerLog:
    """A cash drop."""
    drawer = CashDrawer(Id=number(0xD0), Name="Låda 1", UserId="u-1", TerminalId=number(0x7E), extra=UNKNOWN)
    return CashDrawerLog(
        Id=number(0xD1), ActivityType=4, CashDrawerId=number(0xD0), CashDrawer=drawer,
        ActivityDate="2026-11-23T15:00:00+01:00", UserId="u-1", Amount=D("-500.5"), OrderId=number(1), Synced=1,
        extra=UNKNOWN,
    )  # fmt: skip


def a_terminal_log() -> TerminalStatusLog:
    """A terminal's health, with a Z report of one row."""
    head = Report(
        Id=number(0xE0), CreationDate="2026-11-23T22:00:00+01:00", ReportType=1, ReportNumber=6_000_000_001,
        TerminalId=number(0x7E), extra=UNKNOWN,
    )  # fmt: skip
    row = ReportRow(
        Id=number(0xE1), ReportId=number(0xE0), DataType="Sale", TextValue="Moms 12%", ForeignId=12, Value=D("8.02"),
        TaxPercent=D(12), DateValue="2026-11-23T00:00:00+01:00", SortOrder=3, extra=UNKNOWN,
    )  # fmt: skip
    return TerminalStatusLog(
        Id=number(0xE2), TerminalId=number(0x7E), ActivityDate="2026-11-23T22:00:01+01:00", UserId="u-1",
        ReportId=number(0xE0), Status=1, Synced=1, BatteryLevel=D("87.5"), IsCharging=True, StorageFree=9_000_000_000,
        StorageTotal=64_000_000_000, AppVersion="4.2", Report=head, ReportData=[row], extra=UNKNOWN,
    )  # fmt: skip


def thinned(example: R, always: tuple[str, ...] = (), never: tuple[str, ...] = ()) -> st.SearchStrategy[R]:
    """Records with some of the example's members; the required ones and `always` (`OrderLine.Id`) are among them."""

    def pick(draw: st.DrawFn, record: Any) -> Any:
        kept: dict[str, Any] = {}
        for field in msgspec.structs.fields(type(record)):
            value = getattr(record, field.name)
            kept_always = field.required or f"{type(record).__name__}.{field.name}" in always
            if field.name in never or not (kept_always or draw(st.booleans())):
                continue
            if isinstance(value, Record):
                value = pick(draw, value)
            elif isinstance(value, list) and value and isinstance(value[0], Record):
                value = [pick(draw, item) for item in value if draw(st.booleans())]
            kept[field.name] = value
        return type(record)(**kept)

    strategy: st.SearchStrategy[R] = st.composite(pick)(example)
    return strategy
