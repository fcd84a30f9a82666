"""The records as answers and read models show them: every member written, also those that have their default.

Read models make many orders into documents and look at few of their members: `LeanOrder` and its parts are full records
whose other members stay the JSON that they are stored as, which is neither read nor written anew.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast, get_args, get_origin

import msgspec

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

R = TypeVar("R", bound=Record)


def _full_text(annotation: Any) -> str | None:
    """The annotation with its record replaced by the record's full twin, as text; None where there is no record."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return f"Full{annotation.__name__}"
    inner = next(filter(None, map(_full_text, get_args(annotation))), None)
    if inner is None:
        return None
    return f"list[{inner}]" if get_origin(annotation) is list else f"{inner} | None"


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return (
        field.default
        if field.default is not msgspec.NODEFAULT
        else msgspec.field(default_factory=field.default_factory)
    )


def _full(record: type[R]) -> type[R]:
    """The same record, written with every member; it reads the compact form too, and is a subclass."""
    fields = [
        (field.name, text, _default(field))
        for field in msgspec.structs.fields(record)
        if (text := _full_text(field.type))
    ]
    twin = msgspec.defstruct(f"Full{record.__name__}", fields, bases=(record,), module=__name__, omit_defaults=False)
    return cast(type[R], twin)


def _lean(full: type[R], carried: str, **parts: str) -> type[R]:
    """A full record that carries these members on as JSON, and has lean records for its `parts`."""
    members: list[tuple[str, Any, Any]] = []
    for field in msgspec.structs.fields(full):
        if field.name in parts:
            members.append((field.name, parts[field.name], _default(field)))
        elif field.name in carried.split():
            members.append((field.name, msgspec.Raw, _as_json(field)))
    name = full.__name__.replace("Full", "Lean")
    return cast(type[R], msgspec.defstruct(name, members, bases=(full,), module=__name__, omit_defaults=False))


def _as_json(field: msgspec.structs.FieldInfo) -> Any:
    """The member's default, as events would store it."""
    return msgspec.field() if field.required else msgspec.Raw(_JSON.encode(field.default))


_JSON = msgspec.json.Encoder(decimal_format="number")

FullOutlet = _full(Outlet)
FullCustomer = _full(Customer)
FullSwishPayment = _full(SwishPayment)
FullProduct = _full(Product)
FullOrderLine = _full(OrderLine)
FullPayment = _full(Payment)
FullReceipt = _full(Receipt)
FullOrder = _full(Order)
FullCustomerInvoice = _full(CustomerInvoice)
FullCashDrawer = _full(CashDrawer)
FullCashDrawerLog = _full(CashDrawerLog)
FullReport = _full(Report)
FullReportRow = _full(ReportRow)
FullTerminalStatusLog = _full(TerminalStatusLog)

LeanProduct = _lean(
    FullProduct,
    "Price PurchasePrice Tax BarCode PLU AccountingId Active Deleted ItemType ReceiptMethod SKU ExternalID",
)
LeanOrderLine = _lean(
    FullOrderLine,
    "OrderId DiscountedUnitPrice PurchasePrice DiscountPercentage ItemComments UnitsInPackage ItemStatus DiscountType "
    "DiscountDescription GroupId GroupKey IsInventoryAdjusted WC_ID",
    Product="LeanProduct | None",
)
LeanPayment = _lean(
    FullPayment,
    "OrderId ReturnAmount PaymentDate CreditCardNo TipAmount CashCollected CashChange IsCashSaleDropped ProductName "
    "DeviceTotal PayerRef",
)
LeanReceipt = _lean(
    FullReceipt,
    "TerminalId TerminalNo OrderId ReceiptCopies GrossAmount VatAmount VatDetail PrintDate ControlUnitName "
    "ControlUnitCode CustomerPaymentReceipt MerchantPaymentReceipt IsSignature",
)
LeanOrder = _lean(
    FullOrder,
    "TableId Updated UserId TaxPercent TipAmount IsInInvoice OrderSource Comments ShiftNo ShiftOrderNo ShiftClosed "
    "TipAmountType ZPrinted CheckOutUserId OrderComments Bong DailyBong RoundedAmount DiscountTotal DiscountTax "
    "DeliveryDate IsPickup",
    OrderLines="list[LeanOrderLine] | None",
    Payments="list[LeanPayment] | None",
    Receipts="list[LeanReceipt] | None",
)
