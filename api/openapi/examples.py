"""Examples of bodies: one café, one day. They can be posted one after the other, in the order of the routes."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

NO_ID = "00000000-0000-0000-0000-000000000000"
OUTLET = "6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01"
TERMINAL = "3c1d5b72-0f5e-4d0a-9a39-5f8f7a3f2b10"
CUSTOMER = "b7a1de50-6a44-4f0c-8a51-7d3a2f9c0e21"
LATTE, BUN = "c0ffee00-1a2b-4c3d-8e4f-000000000001", "c0ffee00-1a2b-4c3d-8e4f-000000000002"
DRAFT_ID, SALE_ID, RETURN_ID, WEB_ID, CART_ID = (f"0de70000-5a1e-4000-8000-00000000000{n}" for n in range(1, 6))
INVOICE_ID, DRAWER, DRAWER_ENTRY, ADDED_ENTRY = (f"0de70000-b111-4000-8000-00000000000{n}" for n in range(1, 5))
HEALTH_ID, REPORT_ID = "0de70000-4ea1-4000-8000-000000000001", "0de70000-4ea1-4000-8000-000000000002"
SWISH_ID, REFUND_ID = "5A7B0C2D4E6F48109A2B3C4D5E6F7081", "6B8C1D3E5F704921AB3C4D5E6F708192"


def _line(number: int, order: str, **members: Any) -> Json:
    return {"Id": f"{order[:24]}{number:02}{order[26:]}", "ItemId": LATTE, "Quantity": 1} | members


LATTES: Json = {
    "UnitPrice": 49.00, "Quantity": 2, "TaxPercent": 12,
    "Product": {"Id": LATTE, "Description": "Caffè latte", "Price": 49.00, "Tax": 12, "Category": "Drycker"},
}  # fmt: skip
BUNS: Json = {
    "ItemId": BUN, "UnitPrice": 36.50, "TaxPercent": 12,
    "Product": {"Id": BUN, "Description": "Kardemummabulle", "Price": 36.50, "Tax": 12, "Category": "Bakverk"},
}  # fmt: skip
OUTLET_SENT: Json = {"Id": OUTLET, "Name": "Kafé Södermalm"}

DRAFT: Json = {
    "Id": DRAFT_ID, "CreationDate": "2026-11-23T11:42:07.1234567", "Status": 3, "PaymentStatus": 2, "Type": 2,
    "TableId": 4, "OrderTotal": 98.00, "UserId": "7", "TerminalId": TERMINAL, "OutletId": OUTLET,
    "OrderLines": [_line(1, DRAFT_ID, **LATTES)],
}  # fmt: skip

SALE: Json = {
    "Id": SALE_ID, "CreationDate": "2026-11-23T11:48:30", "InvoiceDate": "2026-11-23T11:51:40.81", "Status": 13,
    "PaymentStatus": 1, "OrderTotal": 134.50, "InvoiceNumber": "20260001", "UserId": "7", "ShiftNo": 1,
    "CustomerId": CUSTOMER, "TerminalId": TERMINAL, "OutletId": OUTLET, "Outlet": OUTLET_SENT,
    "OrderLines": [_line(1, SALE_ID, **LATTES), _line(2, SALE_ID, **BUNS)],
    "Payments": [
        {"Id": f"{SALE_ID[:-2]}a1", "TypeId": 4, "PaidAmount": 134.50, "PaymentDate": "2026-11-23T11:51:40.81",
         "PaymentRef": "Kort", "CreditCardNo": "************4242"},
    ],
    "Receipts": [
        {"ReceiptId": f"{SALE_ID[:-2]}b1", "TerminalId": TERMINAL, "TerminalNo": 2, "ReceiptNumber": 1001,
         "GrossAmount": 134.50, "VatAmount": 14.41, "VatDetail": "12 %", "PrintDate": "2026-11-23T11:51:40.81",
         "ControlUnitName": "CleanCash", "ControlUnitCode": "WSS5N7DRQO6EJL"},
    ],
}  # fmt: skip

RETURN: Json = {
    "Id": RETURN_ID, "CreationDate": "2026-11-23T13:02:11", "InvoiceDate": "2026-11-23T13:02:40", "Status": 15,
    "Type": 5, "PaymentStatus": 1, "OrderTotal": -36.50, "TerminalId": TERMINAL, "OutletId": OUTLET,
    "OrderLines": [_line(1, RETURN_ID, **BUNS, Direction=-1)],
    "Payments": [
        {"Id": f"{RETURN_ID[:-2]}a1", "TypeId": 1, "PaidAmount": -36.50, "PaymentDate": "2026-11-23T13:02:40"},
    ],
}  # fmt: skip

BUYER: Json = {"Id": CUSTOMER, "Name": "Astrid Ek", "Email": "astrid@example.com", "Phone": "0701740605"}
CART: Json = {
    "Id": CART_ID, "CreationDate": "2026-11-23T09:15:00", "Status": 0, "PaymentStatus": 0, "OrderTotal": 98.00,
    "CustomerId": CUSTOMER, "Customer": BUYER, "OutletId": OUTLET, "OrderLines": [_line(1, CART_ID, **LATTES)],
}  # fmt: skip
WEB_ORDER: Json = CART | {
    "Id": WEB_ID, "Status": 13, "DeliveryDate": "2026-11-23T17:30:00", "IsPickup": True,
    "OrderLines": [_line(1, WEB_ID, **LATTES)],
}  # fmt: skip

INVOICE: Json = {
    "Id": INVOICE_ID, "InvoiceNumber": 20260001, "CustomerId": CUSTOMER, "CustomerName": "Astrid Ek",
    "Address1": "Bondegatan 1", "ZipCode": "116 23", "City": "Stockholm", "Email": "astrid@example.com",
    "PaymentTerms": 30, "InvoiceTotal": 134.50, "CreationDate": "2026-11-23T15:00:00",
    "DueDate": "2026-12-23T00:00:00", "OutletId": OUTLET, "TerminalId": TERMINAL, "OrdersGuid": [SALE_ID],
}  # fmt: skip

OPENING: Json = {
    "Id": DRAWER_ENTRY, "ActivityType": 1, "Amount": 2000.00, "ActivityDate": "2026-11-23T07:00:03", "UserId": "7",
    "CashDrawer": {"Id": DRAWER, "Name": "Kassa 2", "TerminalId": TERMINAL},
}  # fmt: skip
CASH_SALE: Json = OPENING | {
    "Id": ADDED_ENTRY, "ActivityType": 6, "Amount": 36.50, "ActivityDate": "2026-11-23T13:02:40", "OrderId": RETURN_ID,
}  # fmt: skip

HEALTH: Json = {
    "Id": HEALTH_ID, "TerminalId": TERMINAL, "ActivityDate": "2026-11-23T14:00:00", "BatteryLevel": 87,
    "IsCharging": True, "StorageFree": 21474836480, "StorageTotal": 64424509440, "AppVersion": "4.7.1",
}  # fmt: skip
Z_REPORT: Json = HEALTH | {
    "Id": REPORT_ID, "ActivityDate": "2026-11-23T22:03:11",
    "Report": {"Id": REPORT_ID, "CreationDate": "2026-11-23T22:03:10", "ReportType": 1, "ReportNumber": 211,
               "TerminalId": TERMINAL},
    "ReportData": [
        {"Id": f"{REPORT_ID[:-1]}a", "ReportId": REPORT_ID, "DataType": "TotalSale", "Value": 30214.50, "SortOrder": 1},
        {"Id": f"{REPORT_ID[:-1]}b", "ReportId": REPORT_ID, "DataType": "VATPercent", "TextValue": "12",
         "Value": 3237.27, "TaxPercent": 12, "SortOrder": 2},
    ],
}  # fmt: skip

SALE_REFERENCE: Json = {"Id": SALE_ID, "ExternalID": "VISMA-4711", "FnResponse": "booked"}
RETURN_REFERENCE: Json = {"Id": RETURN_ID, "ExternalID": "VISMA-4712"}
SYNCED: list[Json] = [{"Id": SALE_ID, "ExternalID": "VISMA-4711"}]

SWISH_RECORD: Json = {
    "Id": "0de70000-5715-4000-8000-000000000001", "SwishId": SWISH_ID, "SwishPaymentStatus": "CREATED",
    "SwishToken": "f34df6c4f0d54bbcb3f9d5c0a8e9d7b1", "OrderId": WEB_ID,
}  # fmt: skip
SWISH_PAID: Json = {
    "id": SWISH_ID, "payeePaymentReference": WEB_ID.replace("-", "").upper(),
    "paymentReference": "1E2FC19E5E5E4E18916609B7F8911C12", "payerAlias": "46701740605", "payeeAlias": "1231181189",
    "amount": 98.00, "currency": "SEK", "message": "Kafé Södermalm", "status": "PAID",
    "dateCreated": "2026-11-23T09:16:00.000Z", "datePaid": "2026-11-23T09:16:09.000Z", "errorCode": None,
    "errorMessage": None,
}  # fmt: skip
SWISH_REFUNDED: Json = {
    "id": REFUND_ID, "originalPaymentReference": "1E2FC19E5E5E4E18916609B7F8911C12", "payerAlias": "1231181189",
    "payeeAlias": "46701740605", "amount": 49.00, "currency": "SEK", "status": "PAID",
    "dateCreated": "2026-11-23T10:00:00.000Z", "datePaid": "2026-11-23T10:00:02.000Z",
}  # fmt: skip

BY_PASSWORD: Json = {"grant_type": "password", "username": "anna@kafe.example", "password": "a long sentence of hers"}
BY_REFRESH_TOKEN: Json = {"grant_type": "refresh_token", "refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}
