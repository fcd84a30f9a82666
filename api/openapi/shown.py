"""Examples of answers. A document is its body's example, read and shown as the server does it: never out of step."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from api.openapi import examples
from api.openapi.examples import DRAFT_ID, LATTE, NO_ID, OUTLET, SALE_ID, TERMINAL
from ledger import reading
from ledger.records import Record
from projections.documents import members

Json = dict[str, Any]
Made = Callable[[], Json]

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SOLD_AT, HEARD_AT = "2026-11-23T11:51:40.810000+01:00", "2026-11-23T10:51:41.203544+00:00"
EVENT_ID = "019ab4c7-52f1-7c3a-9d11-6f0d7a1b2c3d"
# What a hash looks like.
_HASH = base64.b64encode(bytes(range(32))).decode()
A_NOTE = f"demo.order-ledger\n4711\n{_HASH}\n\n— demo.order-ledger Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoR\n"
A_VKEY = "demo.order-ledger+0d6f3f4a+AVrOfLkCJQh7zN1nAe0M1WwXzb6m7o6nSm1X9t0Z5ZpV"


def _zones(outlet: UUID) -> ZoneInfo:
    return STOCKHOLM


def _of(read: Callable[[bytes, reading.Zones], Record], body: Json, **more: Any) -> Made:
    """What the server shows of a body, with what it adds itself."""
    return lambda: members(read(msgspec.json.encode(body), _zones)) | more


a_draft = _of(reading.read_order, examples.DRAFT, Version=1)
a_sale = _of(reading.read_order, examples.SALE, Version=3)
a_web_order = _of(
    reading.read_order, examples.WEB_ORDER, Version=2, IsOnlineOrder=True, OrderIntID=1, OrderNoOfDay="20261123-1"
)
a_cart = _of(reading.read_order, examples.CART, Version=2, IsOnlineOrder=True, OrderIntID=2, OrderNoOfDay="20261123-2")
an_invoice = _of(reading.read_invoice, examples.INVOICE)
a_drawer_entry = _of(reading.read_drawer_log, examples.OPENING)


def a_report() -> Json:
    """A Z report as it stands under `/v1/reports`."""
    log = _of(reading.read_terminal_log, examples.Z_REPORT)()
    return {**log["Report"], "ReportData": log["ReportData"]}


def a_terminal() -> Json:
    """A terminal with the health and the report it has sent."""
    health = _of(reading.read_terminal_log, examples.HEALTH)()
    del health["TerminalId"], health["Report"], health["ReportData"]
    return {"TerminalId": TERMINAL, "LastSeen": HEARD_AT} | health | {"LastXReport": None, "LastZReport": a_report()}


def a_swish_payment() -> Json:
    """A payment that was recorded and paid."""
    return {
        "Id": examples.SWISH_RECORD["Id"], "SwishId": examples.SWISH_ID, "Kind": "payment", "Status": "PAID",
        "Amount": 98.00, "Currency": "SEK", "OrderId": examples.WEB_ID,
        "PaymentReference": examples.SWISH_PAID["paymentReference"],
        "PayeePaymentReference": examples.SWISH_PAID["payeePaymentReference"], "OriginalPaymentReference": None,
        "DatePaid": "2026-11-23T09:16:09+00:00", "Flags": [],
        "SwishPayment": members(reading.read_swish_payment(msgspec.json.encode(examples.SWISH_RECORD))),
    }  # fmt: skip


def _entry(document: Made, kind: str, said: str) -> Made:
    return lambda: {
        "Position": 4711, "Version": 1, "Type": kind, "EventId": EVENT_ID, "OccurredAt": SOLD_AT,
        "RecordedAt": HEARD_AT, "Actor": "key:till 1", "Source": "203.0.113.7", "Correlation": None, "Erased": False,
        "Changes": [said], "Document": document(),
    }  # fmt: skip


an_order_event = _entry(a_sale, "order.finalised", "The order was completed: 134.50 kr.")
an_invoice_event = _entry(an_invoice, "invoice.saved", "The invoice was saved: 134.50 kr.")
a_drawer_event = _entry(a_drawer_entry, "drawer.logged", "Opening balance: 2000.00 kr.")
a_swish_event = _entry(a_swish_payment, "swish.status_received", "Swish says PAID: 98.00 SEK.")

A_LEVEL: Json = {
    "ProductId": LATTE, "OutletId": OUTLET, "Description": "Caffè latte", "Unit": 0, "Quantity": -42,
}  # fmt: skip
OUTLETS: list[Json] = [{"Id": NO_ID, "Name": "All"}, {"Id": OUTLET, "Name": "Kafé Södermalm"}]
_BY_OUTLET: Json = {
    "OutletId": OUTLET, "SaleDate": "2026-11-23T00:00:00+01:00", "OutletName": "Kafé Södermalm", "GrossTotal": 134.50,
    "NetTotal": 120.09,
}  # fmt: skip
A_DETAIL: Json = {
    "GroupName": "11.00", "GrossTotal": 134.50, "NetTotal": 120.09, "CreationDate": "2026-11-23T11:00:00+01:00",
    "SaleDay": 23, "SaleHour": 11, "DataType": 0, "OutletId": OUTLET,
}  # fmt: skip
_CATEGORY = A_DETAIL | {"GroupName": "Drycker", "GrossTotal": 98.00, "NetTotal": 87.50, "SaleHour": 0}
_TOTALS: Json = {"GrandTotal": 134.50, "NetTotal": 120.09}
A_DAY: Json = {"Description": "23 November 2026", **_TOTALS, "Categories": [_CATEGORY], "HourlySales": [A_DETAIL]}
A_MONTH: Json = A_DAY | {
    "Description": "November 2026", "DailySales": [A_DETAIL | {"GroupName": "23", "SaleHour": 0}],
    "OutletSales": [_BY_OUTLET],
}  # fmt: skip
TODAY: Json = {
    "DailySale": {"Description": "23 November 2026", **_TOTALS, "OutletSale": [_BY_OUTLET]},
    "MonthlySale": {"Description": "November 2026", "SaleMonth": "Nov", **_TOTALS, "OutletSale": [_BY_OUTLET]},
}  # fmt: skip
_TOTAL: Json = {"Gross": 98.0, "Net": 87.5, "GrossTotal": 98.00, "NetTotal": 87.50}
AN_EXPLANATION: Json = {
    "OutletId": NO_ID, "From": "2026-11-23", "To": "2026-11-23", "Category": "Drycker", "Hour": None, "Position": 4711,
    "Total": _TOTAL,
    "Entries": [
        {"OrderId": SALE_ID, "LineId": examples.SALE["OrderLines"][0]["Id"], "OutletId": OUTLET, "Day": "2026-11-23",
         "Hour": 11, "Category": "Drycker", "Gross": 98.0, "Net": 87.5, "Positions": [4711],
         "InvoiceNumber": "20260001", "ReceiptNumber": 1001},
    ],
    "Next": None, "Now": {"Position": 4711, "Total": _TOTAL}, "Changes": [], "NextChange": None,
}  # fmt: skip

AN_EVENT: Json = {
    "Position": 4711, "EventId": EVENT_ID, "Stream": f"order-{DRAFT_ID}", "Version": 2, "Type": "order.status_changed",
    "SchemaVersion": 1, "OccurredAt": SOLD_AT, "RecordedAt": HEARD_AT, "Metadata": {"actor": "key:till 1"},
    "Data": {"status": 6},
}  # fmt: skip
EVENTS: Json = {"Events": [AN_EVENT], "Next": 4711, "Head": 4711}
_EVENT_TEXT = msgspec.json.encode(AN_EVENT).decode()
NDJSON_TEXT = f"{_EVENT_TEXT}\n"
SSE_TEXT = f"retry: 1000\n\nid: 4711\nevent: order.status_changed\ndata: {_EVENT_TEXT}\n\n: still here\n\n"

CHECKPOINTS: Json = {"checkpoints": [{"size": 4711, "note": A_NOTE}]}
AN_INCLUSION: Json = {
    "leaf_index": 4710, "tree_size": 4711, "leaf_hash": _HASH, "path": [_HASH, _HASH], "checkpoint": A_NOTE,
}  # fmt: skip
A_CONSISTENCY: Json = {"from": 4000, "to": 4711, "path": [_HASH, _HASH]}

LIVE: Json = {"status": "live"}
_PROJECTION: Json = {"name": "orders", "lag_events": 0, "lag_seconds": 0.0, "stopped": []}
READY: Json = {
    "status": "ready", "database": {"answers": True}, "projections": [_PROJECTION],
    "sealer": {"stopped": [], "refuses": 0},
}  # fmt: skip
NOT_READY: Json = {
    "status": "not ready", "database": {"answers": False}, "projections": [], "sealer": {"stopped": [], "refuses": 0},
}  # fmt: skip
METRICS_TEXT = '# TYPE order_ledger_log_head gauge\norder_ledger_log_head{tenant="demo"} 4711.0\n'
WRITTEN: Json = {"Position": 4711, "Duplicate": False}
WRITTEN_BEFORE: Json = {"Position": 4711, "Duplicate": True}
TOKENS: Json = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token_type": "bearer", "expires_in": 900,
    "refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.bmV3",
}  # fmt: skip
