"""Bodies to records in normal form. Pure.

`decoding` makes a body a record, whatever its spelling; then comes one walk over the record: instants get their offset,
decimals become canonical, cards are masked, and what the wire leaves open is filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger import swish_door, tolerant
from ledger.amounts import ZERO
from ledger.business_time import NO_TIME, local_instant
from ledger.cards import mask, masked_number
from ledger.decoding import decode
from ledger.errors import BadInput
from ledger.records import (
    NO_ID,
    CustomerInvoice,
    ExternalInformation,
    Order,
    OrderLine,
    Payment,
    Receipt,
    Record,
    SwishPayment,
)
from ledger.till_records import CashDrawerLog, TerminalStatusLog

Path = tuple[str | int, ...]
Zones = Callable[[UUID], ZoneInfo]

LOWEST_TAX = Decimal(-100)
# 7 and 12 are no statuses (contract, section 2).
KNOWN_STATUSES = frozenset(range(22)) - {7, 12}


def read_order(body: bytes, zones: Zones) -> Order:
    """An Order body in normal form. BadInput otherwise."""
    return decode(Order, body, lambda order: _order(order, zones))


def read_invoice(body: bytes, zones: Zones) -> CustomerInvoice:
    """A CustomerInvoice body in normal form. BadInput otherwise."""
    return decode(CustomerInvoice, body, lambda invoice: _invoice(invoice, zones))


def read_drawer_log(body: bytes, zones: Zones) -> CashDrawerLog:
    """A CashDrawerLog body in normal form. BadInput otherwise."""
    return decode(CashDrawerLog, body, lambda entry: _drawer_log(entry, zones))


def read_terminal_log(body: bytes, zones: Zones) -> TerminalStatusLog:
    """A TerminalStatusLog body in normal form. BadInput otherwise."""
    return decode(TerminalStatusLog, body, lambda log: _terminal_log(log, zones))


def read_swish_payment(body: bytes) -> SwishPayment:
    """A vendor's SwishPayment body in normal form. BadInput otherwise."""
    return decode(SwishPayment, body, _swish_payment)


def read_external_information(body: bytes) -> ExternalInformation:
    """The members of an Order body that an integrator may set. BadInput otherwise."""
    information = tolerant.convert(ExternalInformation, tolerant.loose(body))
    mask(information)
    _need_id("$.Id", information.Id)
    return information


def read_external_informations(body: bytes) -> list[ExternalInformation]:
    """The same for an array of Orders. BadInput otherwise."""
    values = tolerant.loose(body)
    if not isinstance(values, list):
        raise BadInput.at("$", "must be an array of orders")
    if len(values) > tolerant.PARTS_AT_MOST:
        raise tolerant.too_many("$")
    found = [tolerant.convert(ExternalInformation, value, f"$[{index}]") for index, value in enumerate(values)]
    for index, information in enumerate(found):
        mask(information)
        _need_id(f"$[{index}].Id", information.Id)
    return found


def _need_id(path: str, value: UUID) -> None:
    if not value.int:
        raise BadInput.at(path, "is missing")


def _moment(text: str | None, zone: ZoneInfo) -> str:
    return local_instant(text, zone) if text else NO_TIME


def _maybe_moment(text: str | None, zone: ZoneInfo) -> str | None:
    found = local_instant(text, zone) if text else NO_TIME
    return None if found == NO_TIME else found


def _one_none(record: Record | None, *members: str) -> None:
    """Makes every Guid that is none the one object `NO_ID`: msgspec leaves out defaults by identity, and by the bytes
    that are left a document is known again.
    """
    for member in members if record is not None else ():
        if not getattr(record, member).int:
            setattr(record, member, NO_ID)


def _maybe_id(value: UUID | None) -> UUID | None:
    return value if value is not None and value.int else None


def _order(order: Order, zones: Zones) -> None:
    _need_id("$.Id", order.Id)
    if order.Status not in KNOWN_STATUSES:
        raise BadInput.at("$.Status", f"{order.Status} is no order status")
    for part in (order.Outlet, order.Customer, order.Customr):
        _one_none(part, "Id")
    _one_none(order, "CustomerId", "TerminalId")
    if not order.OutletId.int:
        order.OutletId = order.Outlet.Id if order.Outlet else NO_ID
    zone = zones(order.OutletId)
    order.CreationDate = _moment(order.CreationDate, zone)
    order.InvoiceDate = _maybe_moment(order.InvoiceDate, zone)
    order.DeliveryDate = _maybe_moment(order.DeliveryDate, zone)
    if order.TaxPercent <= LOWEST_TAX:
        raise BadInput.at("$.TaxPercent", "must be more than -100")
    order.CustomerInvoiceId = _maybe_id(order.CustomerInvoiceId)
    order.Version = 0
    order.OrderLines = order.OrderLines or []
    if order.SwishPayment is not None:
        _swish_payment(order.SwishPayment, "$.SwishPayment")
    for index, line in enumerate(order.OrderLines):
        if not line.Id.int:
            _need_id(f"$.OrderLines[{index}].Id", line.Id)
        _line(line, order.Id, 1, ZERO, ("OrderLines", index))
        if not line.ItemId.int:
            _need_id(f"$.OrderLines[{index}].ItemId", line.ItemId)
    for index, payment in enumerate(order.Payments or ()):
        _payment(payment, order.Id, zone, index)
    for index, receipt in enumerate(order.Receipts or ()):
        _receipt(receipt, order.Id, zone, index)


def _line(line: OrderLine, order: UUID, direction: int, tax_percent: Decimal, path: Path) -> None:
    """Ingredients have their line's direction and VAT where they have none of their own."""
    # The body itself is the first level, and a line may hold one more: a list or a Product.
    if len(path) >= tolerant.DEEPEST:
        raise tolerant.too_deep()
    if line.TaxPercent is None:
        line.TaxPercent = tax_percent
    elif line.TaxPercent <= LOWEST_TAX:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
        raise BadInput.at(f"${place}.TaxPercent", "must be more than -100")
    line.Direction = line.Direction or direction
    # Each of `_one_none`, written out: there are many lines.
    if not line.Id.int:
        line.Id = NO_ID
    if not line.GroupId.int:
        line.GroupId = NO_ID
    if line.GroupKey is not None:
        line.GroupKey = _maybe_id(line.GroupKey)
    if not line.OrderId.int:
        line.OrderId = order
    product = line.Product
    if product is not None and not product.Id.int:
        product.Id = NO_ID
    if not line.ItemId.int:
        line.ItemId = product.Id if product is not None else NO_ID
    for name, items in (("IngredientItems", line.IngredientItems), ("ItemDetails", line.ItemDetails)):
        for index, item in enumerate(items):
            _line(item, order, line.Direction, line.TaxPercent, (*path, name, index))


def _payment(payment: Payment, order: UUID, zone: ZoneInfo, index: int) -> None:
    _need_id(f"$.Payments[{index}].Id", payment.Id)
    if not payment.OrderId.int:
        payment.OrderId = order
    payment.Direction = payment.Direction or 1
    payment.PaymentDate = _moment(payment.PaymentDate, zone)
    if payment.CreditCardNo:
        payment.CreditCardNo = masked_number(payment.CreditCardNo)


def _receipt(receipt: Receipt, order: UUID, zone: ZoneInfo, index: int) -> None:
    _need_id(f"$.Receipts[{index}].ReceiptId", receipt.ReceiptId)
    if not receipt.OrderId.int:
        receipt.OrderId = order
    _one_none(receipt, "TerminalId")
    receipt.PrintDate = _moment(receipt.PrintDate, zone)


def _invoice(invoice: CustomerInvoice, zones: Zones) -> None:
    _need_id("$.Id", invoice.Id)
    zone = zones(invoice.OutletId)
    invoice.CreationDate = _moment(invoice.CreationDate, zone)
    invoice.PaidDate = _maybe_moment(invoice.PaidDate, zone)
    invoice.DueDate = _maybe_moment(invoice.DueDate, zone)
    _one_none(invoice, "CustomerId", "OutletId", "TerminalId")
    # The same order twice is linked once.
    invoice.OrdersGuid = list(dict.fromkeys(invoice.OrdersGuid or []))
    for index, order in enumerate(invoice.OrdersGuid):
        _need_id(f"$.OrdersGuid[{index}]", order)


def _drawer_log(entry: CashDrawerLog, zones: Zones) -> None:
    _need_id("$.Id", entry.Id)
    entry.ActivityDate = _moment(entry.ActivityDate, zones(NO_ID))
    _one_none(entry, "OrderId")
    _one_none(entry.CashDrawer, "Id", "TerminalId")
    if not entry.CashDrawerId.int:
        entry.CashDrawerId = entry.CashDrawer.Id if entry.CashDrawer else NO_ID


def _terminal_log(log: TerminalStatusLog, zones: Zones) -> None:
    _need_id("$.Id", log.Id)
    _need_id("$.TerminalId", log.TerminalId)
    zone = zones(NO_ID)
    log.ActivityDate = _moment(log.ActivityDate, zone)
    log.ReportData = log.ReportData or []
    _one_none(log, "ReportId")
    _one_none(log.Report, "Id", "TerminalId")
    if log.Report is not None:
        log.Report.CreationDate = _moment(log.Report.CreationDate, zone)
    for row in log.ReportData:
        _one_none(row, "Id", "ReportId")
        row.DateValue = _maybe_moment(row.DateValue, zone)


def _swish_payment(payment: SwishPayment, path: str = "$") -> None:
    if not payment.Id.int and not payment.SwishId:
        raise BadInput.at(f"{path}.Id", "is missing")
    payment.OrderId = _maybe_id(payment.OrderId)
    payment.SwishId = payment.SwishId and payment.SwishId.upper()
    payment.SwishResponse = payment.SwishResponse and swish_door.text_without_secrets(payment.SwishResponse)
