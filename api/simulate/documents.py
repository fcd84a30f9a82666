"""The documents of tills, web shops and Swish, spelt as real clients spell them. Pure and seeded.

Moments are naive and by the wall clock; a till writes them with seven digits and no offset, with one, or in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import NamedTuple

from api.simulate.baskets import new_id
from api.simulate.hours import ZONE
from api.simulate.sums import ZERO, to_krona, to_ore
from api.simulate.town import NO_ID, Document, Outlet, Till

CARD, CASH, SWISH = 4, 1, 10
FLOAT = Decimal(2000)  # what a drawer holds in the morning
OPENING, DROP, CASH_SALE, CLOSE = 1, 4, 6, 11
DRAFT, NEW, SERVED, COMPLETED, CANCELLED, RETURNED, DELETED = 3, 0, 10, 13, 14, 15, 16
_NOTES = (Decimal(100), Decimal(200), Decimal(500))
_ORDER: Document = {
    "Id": NO_ID, "TableId": 0, "CustomerId": NO_ID, "CreationDate": None, "OrderTotal": ZERO, "OrderNoOfDay": "",
    "Status": DRAFT, "PaymentStatus": 2, "Updated": 1, "UserId": "7", "TaxPercent": ZERO, "InvoiceNumber": None,
    "InvoiceDate": None, "InvoiceGenerated": 0, "TipAmount": ZERO, "IsInInvoice": False, "OrderSource": 0,
    "Comments": None, "ShiftNo": 1, "ShiftOrderNo": 0, "ShiftClosed": 0, "TipAmountType": 0, "ZPrinted": 0,
    "CheckOutUserId": None, "OrderComments": None, "Type": 0, "CustomerInvoiceId": None, "Bong": "", "DailyBong": "",
    "TerminalId": NO_ID, "OutletId": NO_ID, "Outlet": None, "TrainingMode": False, "RoundedAmount": ZERO,
    "OrderLines": [], "Receipts": None, "Payments": None, "ExternalID": None, "FnResponse": None,
    "IsVismaInvoiceGenerated": False, "WC_ID": 0, "DiscountTotal": ZERO, "DiscountTax": ZERO, "OrderIntID": None,
    "IsOnlineOrder": False, "Customr": None, "DeliveryDate": None, "IsPickup": False,
}  # fmt: skip
_PAYMENT: Document = {
    "Id": NO_ID, "OrderId": NO_ID, "TypeId": CARD, "PaidAmount": ZERO, "ReturnAmount": ZERO, "PaymentDate": None,
    "PaymentRef": None, "CreditCardNo": None, "TipAmount": ZERO, "CashCollected": ZERO, "CashChange": ZERO,
    "IsCashSaleDropped": 0, "Direction": 1, "ProductName": None, "DeviceTotal": ZERO, "PayerRef": None,
}  # fmt: skip


class Place(NamedTuple):
    """Where a document is written."""

    outlet: Outlet
    till: Till


def written(moment: datetime, till: Till) -> str:
    """A moment as this till writes it."""
    style = till.number % 3
    if style == 1:
        return f"{moment.isoformat(timespec='microseconds')}0"
    aware = moment.replace(tzinfo=ZONE)
    if style == 2:
        return aware.isoformat(timespec="milliseconds")
    return f"{aware.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z"


def draft(place: Place, order_id: str, at: datetime, number: int, lines: list[Document], total: Decimal) -> Document:
    """An order in progress; `number` counts the till's orders of the day."""
    outlet, till = place
    return {
        **_ORDER, "Id": order_id, "CreationDate": written(at, till), "OrderTotal": total, "ShiftOrderNo": number,
        "Bong": str(number), "DailyBong": str(number), "TerminalId": till.terminal, "OutletId": outlet.id,
        "Outlet": {"Id": outlet.id, "Name": outlet.name}, "OrderLines": lines,
    }  # fmt: skip


def completed(order: Document, till: Till, at: datetime, payments: list[Document], receipt: Document) -> Document:
    """The order when it is paid."""
    return {
        **order, "Status": COMPLETED, "PaymentStatus": 1, "InvoiceDate": written(at, till), "InvoiceGenerated": 1,
        "InvoiceNumber": str(receipt["ReceiptNumber"]), "CheckOutUserId": "7", "Payments": payments,
        "Receipts": [receipt],
    }  # fmt: skip


def card(order: Document, till: Till, at: datetime, random: Random) -> Document:
    """By card, all of it; sometimes with a tip on top."""
    asked = order["OrderTotal"]
    tip = to_krona(asked / 10) if random.random() < 0.1 else ZERO
    return {
        **_PAYMENT, "Id": new_id(random), "OrderId": order["Id"], "PaidAmount": asked, "PaymentRef": "Kort",
        "PaymentDate": written(at, till), "CreditCardNo": f"************{random.randrange(10000):04}",
        "TipAmount": tip, "DeviceTotal": asked + tip,
    }  # fmt: skip


def cash(order: Document, till: Till, at: datetime, random: Random) -> Document:
    """In whole kronor: what is handed over and what comes back."""
    asked = to_krona(order["OrderTotal"])
    note = random.choice(_NOTES)
    handed = asked if asked <= 0 or random.random() < 0.3 else -(-asked // note) * note
    return {
        **_PAYMENT, "Id": new_id(random), "OrderId": order["Id"], "TypeId": CASH, "PaidAmount": asked,
        "PaymentRef": "Kontant", "PaymentDate": written(at, till), "CashCollected": handed,
        "CashChange": handed - asked,
    }  # fmt: skip


def by_swish(order: Document, till: Till, at: datetime, reference: str, random: Random) -> Document:
    """By Swish, under the reference that Swish gave it."""
    return {
        **_PAYMENT, "Id": new_id(random), "OrderId": order["Id"], "TypeId": SWISH, "PaidAmount": order["OrderTotal"],
        "PaymentRef": reference, "PaymentDate": written(at, till),
    }  # fmt: skip


def receipt(order: Document, till: Till, at: datetime, number: int, random: Random) -> Document:
    """What the control unit prints."""
    asked = order["OrderTotal"]
    return {
        "ReceiptId": new_id(random), "TerminalId": till.terminal, "TerminalNo": till.number, "ReceiptNumber": number,
        "OrderId": order["Id"], "ReceiptCopies": 0, "GrossAmount": asked, "VatAmount": to_ore(asked * 12 / 112),
        "VatDetail": "12%", "PrintDate": written(at, till), "ControlUnitName": "CleanCash",
        "ControlUnitCode": f"{random.getrandbits(128):032X}", "CustomerPaymentReceipt": None,
        "MerchantPaymentReceipt": None, "IsSignature": False,
    }  # fmt: skip


def drawer_entry(till: Till, at: datetime, activity: int, amount: Decimal, random: Random) -> Document:
    """Something happens to the drawer."""
    drawer = {"Id": till.drawer, "Name": f"Kassa {till.number}", "UserId": None, "TerminalId": till.terminal}
    return {
        "Id": new_id(random), "CashDrawerId": till.drawer, "CashDrawer": drawer, "ActivityDate": written(at, till),
        "ActivityType": activity, "UserId": "7", "Amount": amount, "OrderId": NO_ID, "Synced": 0,
    }  # fmt: skip


def cash_in_drawer(till: Till, at: datetime, order: Document, amount: Decimal, random: Random) -> Document:
    """Cash of a sale; only the order says at which terminal."""
    entry = drawer_entry(till, at, CASH_SALE, amount, random)
    return {**entry, "CashDrawer": None, "OrderId": order["Id"]}


def health(till: Till, at: datetime, random: Random) -> Document:
    """How the terminal is."""
    return {
        "Id": new_id(random), "TerminalId": till.terminal, "ActivityDate": written(at, till), "UserId": "7",
        "ReportId": NO_ID, "Status": 0, "Synced": 0, "BatteryLevel": Decimal(random.randint(15, 100)),
        "IsCharging": random.random() < 0.5, "StorageFree": random.randrange(10**9, 6 * 10**10),
        "StorageTotal": 64424509440, "AppVersion": "4.7.1",
    }  # fmt: skip


def z_report(till: Till, at: datetime, number: int, sold: Decimal, random: Random) -> Document:
    """The same with the Z report of the day."""
    log, report = health(till, at, random), new_id(random)
    row: Document = {"ReportId": report, "TextValue": None, "ForeignId": None, "TaxPercent": None, "DateValue": None}
    head = {"Id": report, "CreationDate": written(at, till), "ReportType": 1, "ReportNumber": number}
    return log | {
        "ReportId": report, "Report": head | {"TerminalId": till.terminal},
        "ReportData": [row | {"Id": new_id(random), "DataType": "TotalSale", "Value": sold, "SortOrder": 1}],
    }  # fmt: skip


def invoice(place: Place, at: datetime, company: Document, orders: list[Document], random: Random) -> Document:
    """An invoice that gathers orders."""
    outlet, till = place
    return {
        "Id": new_id(random), "InvoiceNumber": random.randrange(10**4, 10**9), "CustomerId": company["Id"],
        "CustomerName": company["Name"], "Address1": "Götgatan 1", "Address2": None, "ZipCode": "118 46",
        "City": "Stockholm", "Country": "SE", "Email": company["Email"], "PaymentTerms": 30, "Remarks": "Beställning",
        "InvoiceTotal": sum((order["OrderTotal"] for order in orders), ZERO), "CreationDate": written(at, till),
        "Synced": False, "PaymentStatus": 0, "PaidDate": None, "DueDate": None, "OutletId": outlet.id,
        "TerminalId": till.terminal, "OrdersGuid": [order["Id"] for order in orders],
    }  # fmt: skip


def swish_record(swish_id: str, order_id: str, random: Random) -> Document:
    """What the till's own software keeps of a payment it has asked for."""
    return {
        "Id": new_id(random), "SwishId": swish_id, "SwishPaymentId": None, "SwishPaymentStatus": 0,
        "SwishResponse": "CREATED", "SwishLocation": f"https://swish.example/api/v1/paymentrequests/{swish_id}",
        "SwishToken": f"{random.getrandbits(128):032x}", "OrderId": order_id,
    }  # fmt: skip


def swish_callback(swish_id: str, reference: str, order_id: str, amount: Decimal, at: datetime) -> Document:
    """Swish says that an order is paid."""
    moment = f"{at.replace(tzinfo=ZONE).astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"
    return {
        "id": swish_id, "payeePaymentReference": order_id.replace("-", "").upper(), "paymentReference": reference,
        "callbackUrl": "https://till.example/api/SwishOnlinePayment/PostSwishOnlinePayment",
        "payerAlias": "46712345678", "payeeAlias": "1231181189", "amount": amount, "currency": "SEK",
        "message": "Tack", "status": "PAID", "dateCreated": moment, "datePaid": moment, "errorCode": None,
        "errorMessage": None,
    }  # fmt: skip
