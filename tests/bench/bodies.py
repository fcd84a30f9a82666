"""What tills post, with every member written out as .NET clients do; fresh ids are put into a text made once."""

from __future__ import annotations

import itertools
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from ledger.demo import DEMO_OUTLETS
from ledger.posted import camel_case

Json = dict[str, Any]

NO_ID = "00000000-0000-0000-0000-000000000000"
OUTLETS = [str(outlet.outlet_id) for outlet in DEMO_OUTLETS]
TERMINALS = [str(uuid.UUID(int=0x7E << 100 | number)) for number in range(8)]
CUSTOMERS = [str(uuid.UUID(int=0xC << 100 | number)) for number in range(500)]
MENU = [("Latte", 49.0, 12.0, "Drycker"), ("Räksmörgås", 129.0, 12.0, "Mat"), ("Kanelbulle", 35.0, 12.0, "Bakverk"),
        ("Lättöl 33 cl", 40.0, 25.0, "Drycker")]  # fmt: skip
_MARK = re.compile(rb"@(\w+)@")


class Template:
    """A JSON text with marks like `@order@` in it."""

    def __init__(self, text: bytes) -> None:
        self._parts = _MARK.split(text)
        self.names = [part.decode() for part in self._parts[1::2]]

    @classmethod
    def of(cls, body: Json, *, escaped: bool = False) -> Template:
        """From a document; what stands for a number is written without quotes."""
        text = json.dumps(body, ensure_ascii=escaped, separators=(",", ":"))
        return cls(text.replace('"@number@"', "@number@").encode())

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """The text with `values` for its marks."""
        parts = self._parts.copy()
        parts[1::2] = [values[name] for name in self.names]
        return b"".join(parts)


def fresh(template: Template, first_number: int, **fixed: str) -> Iterator[bytes]:
    """Bodies that nobody has posted yet, without end: `id…` are new Guids, `number` counts on."""
    names = sorted({name for name in template.names if name.startswith("id")})
    values = {name: text.encode() for name, text in (usual() | fixed).items()}
    for number in itertools.count(first_number):
        values["number"] = b"%d" % number
        values |= zip(names, _guids(len(names)), strict=True)
        yield template.filled(values)


def _guids(count: int) -> Iterator[bytes]:
    """Random ones, as .NET's are, made quicker than `uuid` makes them: the client shares the machine."""
    text = os.urandom(16 * count).hex().encode()
    for at in range(0, 32 * count, 32):
        one = text[at : at + 32]
        yield b"%b-%b-4%b-8%b-%b" % (one[:8], one[8:12], one[13:16], one[17:20], one[20:])


def usual() -> dict[str, str]:
    """What stands for marks that are no ids, where nothing else is wanted."""
    return {"at": "2026-11-23T11:51:40.8100000", "terminal": TERMINALS[0], "outlet": OUTLETS[0], "customer": NO_ID}


def _product(number: int) -> Json:
    name, price, tax, category = MENU[number % len(MENU)]
    return {
        "Id": str(uuid.UUID(int=0x9 << 100 | number)), "Description": name, "Price": price,
        "PurchasePrice": round(price * 0.35, 2), "Tax": tax, "PLU": str(100 + number), "BarCode": f"73100{number:08}",
        "Unit": 0, "CategoryId": number % 3 + 1, "Category": category, "AccountingId": 1, "Active": True,
        "Deleted": False, "ItemType": 0, "ReceiptMethod": 0,
        "SKU": None, "ExternalID": None,
    }  # fmt: skip


def _line(number: int, direction: int = 1) -> Json:
    product = _product(number)
    return {
        "Id": f"@id{number}@", "OrderId": "@id@", "ItemId": product["Id"], "Quantity": 1.0 + number % 2,
        "DiscountedUnitPrice": product["Price"], "PurchasePrice": product["PurchasePrice"], "ItemDiscount": 0.0,
        "TaxPercent": product["Tax"], "Active": 1, "ItemComments": None, "UnitPrice": product["Price"],
        "DiscountPercentage": 0.0, "UnitsInPackage": 0, "ItemStatus": 3, "IsCoupon": 0, "Direction": direction,
        "DiscountType": 0, "DiscountDescription": None, "ItemType": 0, "GroupId": NO_ID, "GroupKey": None,
        "IngredientMode": None, "IngredientItems": [], "ItemDetails": [], "IsInventoryAdjusted": False, "WC_ID": 0,
        "ItemDescription": None, "Category": product["Category"], "Product": product,
    }  # fmt: skip


def _payment(total: float) -> Json:
    return {
        "Id": "@idpayment@", "OrderId": "@id@", "TypeId": 4, "PaidAmount": total, "ReturnAmount": 0.0,
        "PaymentDate": "@at@", "PaymentRef": "Kort", "CreditCardNo": "************4242", "TipAmount": 0.0,
        "CashCollected": 0.0, "CashChange": 0.0, "IsCashSaleDropped": 0, "Direction": 1, "ProductName": "Visa",
        "DeviceTotal": total, "PayerRef": None,
    }  # fmt: skip


def _receipt(total: float, slip: str | None = None) -> Json:
    return {
        "ReceiptId": "@idreceipt@", "TerminalId": "@terminal@", "TerminalNo": 2, "ReceiptNumber": "@number@",
        "OrderId": "@id@", "ReceiptCopies": 0, "GrossAmount": total, "VatAmount": round(total * 0.12, 2),
        "VatDetail": "12%", "PrintDate": "@at@", "ControlUnitName": "CleanCash", "ControlUnitCode": "WSS5N7DRQO6EJL",
        "CustomerPaymentReceipt": slip,
        "MerchantPaymentReceipt": slip, "IsSignature": False,
    }  # fmt: skip


def _draft(direction: int = 1) -> Json:
    lines = [_line(number, direction) for number in range(len(MENU))]
    return {
        "Id": "@id@", "TableId": 0, "CustomerId": "@customer@", "CreationDate": "@at@", "OrderTotal": _total(lines),
        "OrderNoOfDay": "", "Status": 3, "PaymentStatus": 2, "Updated": 1, "UserId": "7", "TaxPercent": 0.0,
        "InvoiceNumber": None, "InvoiceDate": None, "InvoiceGenerated": 0, "TipAmount": 0.0, "IsInInvoice": False,
        "OrderSource": 0, "Comments": None, "ShiftNo": 1, "ShiftOrderNo": 12, "ShiftClosed": 0, "TipAmountType": 0,
        "ZPrinted": 0, "CheckOutUserId": None, "OrderComments": None, "Type": 0, "CustomerInvoiceId": None,
        "Bong": "12", "DailyBong": "12", "TerminalId": "@terminal@", "OutletId": "@outlet@",
        "Outlet": {"Id": "@outlet@", "Name": "Kafé Södermalm"}, "TrainingMode": False, "RoundedAmount": 0.0,
        "OrderLines": lines, "Receipts": [], "Payments": [], "ExternalID": None, "FnResponse": None,
        "IsVismaInvoiceGenerated": False, "WC_ID": 0, "DiscountTotal": 0.0, "DiscountTax": 0.0, "OrderIntID": None,
        "IsOnlineOrder": False, "Customr": None, "DeliveryDate": None, "IsPickup": False,
    }  # fmt: skip


def _total(lines: list[Json]) -> float:
    return float(sum(line["UnitPrice"] * line["Quantity"] * line["Direction"] for line in lines))


def _final(**changes: Any) -> Json:
    body = _draft(changes.pop("direction", 1))
    total = body["OrderTotal"]
    paid = {
        "Status": 13, "PaymentStatus": 1, "InvoiceDate": "@at@", "CheckOutUserId": "7",
        "Payments": [_payment(total)], "Receipts": [_receipt(total)],
    }  # fmt: skip
    return body | paid | changes


def _online() -> Json:
    web = {"Status": 0, "PaymentStatus": 0, "IsOnlineOrder": True, "OrderSource": 2, "IsPickup": True}
    customer = {"Id": "@customer@", "Name": "Test Kund", "Email": "kund@example.com", "Phone": "0701740605"}
    return _draft() | web | {"Customer": customer, "DeliveryDate": "@at@"}


def _in_camel_case(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel_case(name): _in_camel_case(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_in_camel_case(item) for item in value] or None
    return value


_DRAWER: Json = {
    "Id": "@id@", "CashDrawerId": TERMINALS[-1], "ActivityDate": "@at@", "ActivityType": 6, "UserId": "7",
    "CashDrawer": {"Id": TERMINALS[-1], "Name": "Kassa 2", "UserId": None, "TerminalId": "@terminal@"},
    "Amount": 129.0, "OrderId": NO_ID, "Synced": 0,
}  # fmt: skip
_SWISH: Json = {
    "Id": "@id@", "SwishId": "@idswish@", "SwishPaymentId": None, "SwishPaymentStatus": 0, "SwishResponse": "CREATED",
    "SwishLocation": "https://mss.example/api/v1/paymentrequests/@idswish@", "SwishToken": "@idtoken@",
    "OrderId": "@idorder@",
}  # fmt: skip
_INVOICE: Json = {
    "Id": "@id@", "InvoiceNumber": "@number@", "CustomerId": "@customer@", "CustomerName": "Test Kund AB",
    "Address1": "Götgatan 1", "Address2": None, "ZipCode": "118 46", "City": "Stockholm", "Country": "SE",
    "Email": "faktura@example.com", "PaymentTerms": 30, "Remarks": "Frukostmöte", "InvoiceTotal": 582.0,
    "CreationDate": "@at@", "Synced": False, "PaymentStatus": 0, "PaidDate": None, "DueDate": None,
    "OutletId": "@outlet@", "TerminalId": "@terminal@", "OrdersGuid": ["@order@"],
}  # fmt: skip
_REPORT: Json = {
    "Id": "@id@", "TerminalId": "@terminal@", "ActivityDate": "@at@", "UserId": "7", "ReportId": "@idreport@",
    "Status": 0, "Synced": 0, "BatteryLevel": 87.0, "IsCharging": True, "StorageFree": 21474836480,
    "StorageTotal": 64424509440, "AppVersion": "4.7.1",
    "Report": {"Id": "@idreport@", "CreationDate": "@at@", "ReportType": 1, "ReportNumber": "@number@",
               "TerminalId": "@terminal@"},
    "ReportData": [],
}  # fmt: skip

ORDER = Template.of(_final())
# A card's slip is personal: it is sealed under a key that the order gets of its own.
SLIP = Template.of(_final(Receipts=[_receipt(1.0, "VISA CONTACTLESS, BUTIKSNR 4711, AID A0000000031010")]))
# As System.Text.Json writes it by itself; and as a web client does, whose lists nobody made.
ESCAPED = Template.of(_final(), escaped=True)
CAMEL_CASE = Template.of(_in_camel_case(_final()), escaped=True)
RETURN = Template.of(_final(direction=-1, Status=15, Type=5))
DRAFT = Template.of(_draft())
ONLINE = Template.of(_online())
DRAWER = Template.of(_DRAWER)
SWISH = Template.of(_SWISH)
INVOICE = Template.of(_INVOICE)
REPORT = Template.of(_REPORT)

# What is posted over HTTP: a path, and the bodies for it.
POSTS: dict[str, tuple[str, Template]] = {
    "PostOrder": ("/api/Order/PostOrder", ORDER),
    "PostOpenOrder": ("/api/Order/PostOpenOrder", DRAFT),
    "drawer": ("/api/CashDrawerLog/PostCashDrawerLog", DRAWER),
    "Swish": ("/api/SwishOnlinePayment/PostSwishOnlinePayment", SWISH),
}
