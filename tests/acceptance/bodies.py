"""Bodies as tills, web shops and Swish send them: PascalCase, zero Guids for none, local times with seven digits.

Every builder gives a new document with ids of its own; changes are members by name.
"""

from __future__ import annotations

import itertools
import uuid
from typing import Any

Json = dict[str, Any]

NO_ID = "00000000-0000-0000-0000-000000000000"
NO_TIME = "0001-01-01T00:00:00"
SODERMALM = "6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01"
_receipt_numbers = itertools.count(10_001)


def new_id() -> str:
    """A Guid nobody has used."""
    return str(uuid.uuid4())


def swish_id() -> str:
    """32 hex digits in upper case, as Swish writes ids."""
    return uuid.uuid4().hex.upper()


def a_product(**changes: Any) -> Json:
    """A latte, by the piece."""
    return {
        "Id": new_id(), "Description": "Caffè latte", "Price": 49.0, "PurchasePrice": 17.15, "Tax": 12.0, "BarCode": "",
        "PLU": "", "Unit": 0, "CategoryId": 3, "Category": "Drycker", "AccountingId": 1, "Active": True,
        "Deleted": False, "ItemType": 0, "ReceiptMethod": 0, "SKU": None, "ExternalID": None,
    } | changes  # fmt: skip


def a_line(**changes: Any) -> Json:
    """Two lattes at 49 kronor, 12 % VAT."""
    product = changes.get("Product") or a_product()
    return {
        "Id": new_id(), "OrderId": NO_ID, "ItemId": product["Id"], "Quantity": 2.0, "DiscountedUnitPrice": 49.0,
        "PurchasePrice": 17.15, "ItemDiscount": 0.0, "TaxPercent": 12.0, "Active": 1, "ItemComments": None,
        "UnitPrice": 49.0, "DiscountPercentage": 0.0, "UnitsInPackage": 0, "ItemStatus": 3, "IsCoupon": 0,
        "Direction": 1, "DiscountType": 0, "DiscountDescription": None, "ItemType": 0, "GroupId": NO_ID,
        "GroupKey": None, "IngredientMode": None, "IsInventoryAdjusted": False, "WC_ID": 0, "ItemDescription": None,
        "Product": product,
    } | changes  # fmt: skip


def a_payment(**changes: Any) -> Json:
    """98 kronor by card."""
    return {
        "Id": new_id(), "OrderId": NO_ID, "TypeId": 4, "PaidAmount": 98.0, "ReturnAmount": 0.0,
        "PaymentDate": "2026-11-23T11:51:40.8100000", "PaymentRef": "Kort", "CreditCardNo": "************4242",
        "TipAmount": 0.0, "CashCollected": 0.0, "CashChange": 0.0, "IsCashSaleDropped": 0, "Direction": 1,
        "ProductName": None, "DeviceTotal": 98.0, "PayerRef": None,
    } | changes  # fmt: skip


def a_receipt(**changes: Any) -> Json:
    """A control unit's receipt with a number of its own."""
    return {
        "ReceiptId": new_id(), "TerminalId": NO_ID, "TerminalNo": 2, "ReceiptNumber": next(_receipt_numbers),
        "OrderId": NO_ID, "ReceiptCopies": 0, "GrossAmount": 98.0, "VatAmount": 10.5, "VatDetail": "12%",
        "PrintDate": "2026-11-23T11:51:40.8100000", "ControlUnitName": "CleanCash", "ControlUnitCode": "WSS5N7DRQO6EJL",
        "CustomerPaymentReceipt": None, "MerchantPaymentReceipt": None, "IsSignature": False,
    } | changes  # fmt: skip


def a_draft(**changes: Any) -> Json:
    """An order in the kitchen: two lattes, not paid."""
    outlet = changes.get("OutletId", SODERMALM)
    return {
        "Id": new_id(), "TableId": 0, "CustomerId": NO_ID, "CreationDate": "2026-11-23T11:42:07.1234567",
        "OrderTotal": 98.0, "OrderNoOfDay": "", "Status": 3, "PaymentStatus": 2, "Updated": 1, "UserId": "7",
        "TaxPercent": 0.0, "InvoiceNumber": None, "InvoiceDate": None, "InvoiceGenerated": 0, "TipAmount": 0.0,
        "IsInInvoice": False, "OrderSource": 0, "Comments": None, "ShiftNo": 1, "ShiftOrderNo": 12, "ShiftClosed": 0,
        "TipAmountType": 0, "ZPrinted": 0, "CheckOutUserId": None, "OrderComments": None, "Type": 0,
        "CustomerInvoiceId": None, "Bong": "12", "DailyBong": "12", "TerminalId": new_id(), "OutletId": outlet,
        "Outlet": {"Id": outlet, "Name": "Kafé Södermalm" if outlet == SODERMALM else f"Kafé {outlet[:8]}"},
        "TrainingMode": False, "RoundedAmount": 0.0, "OrderLines": [a_line()], "Receipts": None, "Payments": None,
        "ExternalID": None, "FnResponse": None, "IsVismaInvoiceGenerated": False, "WC_ID": 0, "DiscountTotal": 0.0,
        "DiscountTax": 0.0, "OrderIntID": None, "IsOnlineOrder": False, "Customr": None, "DeliveryDate": None,
        "IsPickup": False,
    } | changes  # fmt: skip


def an_order(**changes: Any) -> Json:
    """The same, completed and paid by card."""
    paid = {
        "Status": 13, "PaymentStatus": 1, "InvoiceDate": "2026-11-23T11:51:40.8100000", "CheckOutUserId": "7",
        "Payments": [a_payment()], "Receipts": [a_receipt()],
    }  # fmt: skip
    return a_draft() | paid | _named_outlet(changes)


def an_unpaid_order(**changes: Any) -> Json:
    """Completed, and nothing of it paid."""
    return an_order(PaymentStatus=0, Payments=[]) | changes


def a_return(**changes: Any) -> Json:
    """One latte comes back."""
    back: Json = {
        "Status": 15, "Type": 5, "OrderTotal": -49.0, "OrderLines": [a_line(Quantity=1.0, Direction=-1)],
        "Payments": [a_payment(PaidAmount=-49.0, TypeId=1)],
    }  # fmt: skip
    return an_order(**back | changes)


def a_web_order(**changes: Any) -> Json:
    """An order of a web shop, new and not paid: a cart."""
    customer = changes.get("CustomerId") or new_id()
    web: Json = {
        "Status": 0, "PaymentStatus": 0, "IsOnlineOrder": True, "OrderSource": 2, "CustomerId": customer,
        "Customer": a_customer(Id=customer), "Payments": [], "Receipts": [],
        "DeliveryDate": "2026-11-23T17:30:00", "IsPickup": True,
    }  # fmt: skip
    return a_draft(**web | changes)


def a_customer(**changes: Any) -> Json:
    """A customer with an address."""
    return {
        "Id": new_id(), "Name": "Test Kund", "Email": "kund@example.com", "Phone": "0701740605",
        "Address1": "Götgatan 1", "ZipCode": "118 46", "City": "Stockholm", "CustomerNo": "1042", "Active": True,
    } | changes  # fmt: skip


def an_invoice(*orders: Json, **changes: Any) -> Json:
    """An invoice for these orders."""
    return {
        "Id": new_id(), "InvoiceNumber": 5001, "CustomerId": new_id(), "CustomerName": "Test Kund AB",
        "Address1": "Götgatan 1", "Address2": None, "ZipCode": "118 46", "City": "Stockholm", "Country": "SE",
        "Email": "faktura@example.com", "PaymentTerms": 30, "Remarks": "Frukostmöte", "InvoiceTotal": 98.0,
        "CreationDate": "2026-11-23T12:00:00", "Synced": False, "PaymentStatus": 0, "PaidDate": None,
        "DueDate": "2026-12-23T00:00:00", "OutletId": SODERMALM, "TerminalId": new_id(),
        "OrdersGuid": [order["Id"] for order in orders],
    } | changes  # fmt: skip


def a_drawer_event(**changes: Any) -> Json:
    """The opening balance of a drawer at a terminal of its own."""
    drawer = new_id()
    return {
        "Id": new_id(), "CashDrawerId": drawer,
        "CashDrawer": {"Id": drawer, "Name": "Kassa 2", "UserId": None, "TerminalId": new_id()},
        "ActivityDate": "2026-11-23T07:00:03", "ActivityType": 1, "UserId": "7", "Amount": 2000.0, "OrderId": NO_ID,
        "Synced": 0,
    } | changes  # fmt: skip


def a_health_report(**changes: Any) -> Json:
    """A terminal that says how it is."""
    return {
        "Id": new_id(), "TerminalId": new_id(), "ActivityDate": "2026-11-23T22:03:11", "UserId": "7",
        "ReportId": NO_ID, "Status": 0, "Synced": 0, "BatteryLevel": 87.0, "IsCharging": True,
        "StorageFree": 21474836480, "StorageTotal": 64424509440, "AppVersion": "4.7.1",
    } | changes  # fmt: skip


def a_z_report(**changes: Any) -> Json:
    """The same with the Z report of its day, two rows long."""
    log, report = a_health_report(ReportId=new_id()) | changes, new_id()
    head = {"Id": report, "CreationDate": "2026-11-23T22:03:10", "ReportType": 1, "ReportNumber": 211}
    row = {"ReportId": report, "TextValue": None, "ForeignId": None, "TaxPercent": None, "DateValue": None}
    rows = [
        row | {"Id": new_id(), "DataType": "TotalSale", "Value": 30214.5, "SortOrder": 1},
        row | {"Id": new_id(), "DataType": "VATPercent", "TextValue": "12", "Value": 2431.22, "TaxPercent": 12.0,
               "SortOrder": 2},
    ]  # fmt: skip
    return {"Report": head | {"TerminalId": log["TerminalId"]}, "ReportData": rows} | log


def a_swish_record(order: Json, **changes: Any) -> Json:
    """What the vendor's client keeps of a payment it has asked for."""
    request = swish_id()
    return {
        "Id": new_id(), "SwishId": request, "SwishPaymentId": None, "SwishPaymentStatus": 0, "SwishResponse": "CREATED",
        "SwishLocation": f"https://mss.example/api/v1/paymentrequests/{request}", "SwishToken": uuid.uuid4().hex,
        "OrderId": order["Id"],
    } | changes  # fmt: skip


def a_callback(order: Json, **changes: Any) -> Json:
    """Swish itself: the order is paid."""
    return {
        "id": swish_id(), "payeePaymentReference": order["Id"].replace("-", "").upper(), "paymentReference": swish_id(),
        "callbackUrl": "https://pos.example/api/SwishOnlinePayment/PostSwishOnlinePayment",
        "payerAlias": "46712345678", "payeeAlias": "1231181189", "amount": order["OrderTotal"], "currency": "SEK",
        "message": "Order", "status": "PAID", "dateCreated": "2026-11-23T11:00:00.000Z",
        "datePaid": "2026-11-23T11:00:04.000Z", "errorCode": None, "errorMessage": None,
    } | changes  # fmt: skip


def camel(value: Any) -> Any:
    """A body in JavaScript style: camelCase members."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: camel(member) for name, member in value.items()}
    return [camel(member) for member in value] if isinstance(value, list) else value


def _named_outlet(changes: Json) -> Json:
    outlet = changes.get("OutletId")
    return ({"Outlet": {"Id": outlet, "Name": f"Kafé {outlet[:8]}"}} if outlet else {}) | changes
