"""The records as answers and read models show them: every member written, also those that have their default."""

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
