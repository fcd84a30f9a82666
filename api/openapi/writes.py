"""What the writing endpoints take and give. Their handlers are in `api/commands.py`, under the same names."""

from __future__ import annotations

from api.described import described, in_header, in_path, json_body, one
from api.openapi import examples, shown
from api.openapi.answers import Written
from ledger.reading import KNOWN_STATUSES
from ledger.records import CustomerInvoice, ExternalInformation, Order
from ledger.till_records import CashDrawerLog, TerminalStatusLog

ACCEPTED = one(
    Written,
    "It is in the log, and on the disk; or it was there before.",
    written=shown.WRITTEN,
    duplicate=shown.WRITTEN_BEFORE,
)
_IF_MATCH = in_header(
    "If-Match",
    "The `Version` of the order that was changed. Is it another by now, the answer is 417 and says which; without it "
    "the last one wins. The `ETag` of an answer is for `If-None-Match` alone: here it is 417.",
)
_ENTRY = json_body(CashDrawerLog, opening=examples.OPENING)
_REFERENCE = "An order that is unknown, or an ExternalID that is empty, is 417."

post_open_order = described(
    "Orders",
    "Kept with its lines for other devices. Posted again it replaces the draft: lines gone from the body are gone from "
    "the draft, and stay in the history. A Status that is closed, or an order that is closed or was finalised, is 417.",
    parameters=[_IF_MATCH],
    bodies=[json_body(Order, draft=examples.DRAFT)],
    answers=[ACCEPTED],
)

post_order = described(
    "Orders",
    "Order, lines, payments, receipts and stock in one transaction, or 417 and none of it. Posted again with another "
    "content it is an amendment: stock, money and sales move by the difference. A receipt number that its terminal has "
    "used for another order is 417. With an open Status it is a draft, and nothing is counted.",
    parameters=[_IF_MATCH],
    bodies=[json_body(Order, sale=examples.SALE, refund=examples.RETURN)],
    answers=[ACCEPTED],
)

post_online_order = described(
    "Orders",
    "As `PostOrder`, of a web shop or an app. Draws OrderIntID (1, 2, 3 …) and OrderNoOfDay (`20261123-1`) where they "
    "are missing. With Status 0 and nothing paid it is a cart: kept, not counted.",
    summary="Takes a web order, which draws the numbers it lacks.",
    parameters=[_IF_MATCH],
    bodies=[json_body(Order, order=examples.WEB_ORDER, cart=examples.CART)],
    answers=[ACCEPTED],
)

post_customer_invoice = described(
    "Invoices",
    "Every order of OrdersGuid is linked to the invoice, and gets its customer where it has none; an update unlinks "
    "orders that it no longer lists. One that is unknown is 417, and nothing is saved.",
    bodies=[json_body(CustomerInvoice, invoice=examples.INVOICE)],
    answers=[ACCEPTED],
)

post_reports = described(
    "Terminals",
    bodies=[json_body(TerminalStatusLog, health=examples.HEALTH, z=examples.Z_REPORT)],
    answers=[ACCEPTED],
    summary="Takes a terminal's health and its X or Z report.",
)

post_order_cash_drawer_log = described(
    "Drawer",
    "A second post of the same Id with another content is 417.",
    name="PostOrderCashDrawerLog",
    summary="Takes a drawer event raised while posting an order: the first write wins.",
    bodies=[_ENTRY],
    answers=[ACCEPTED],
)

post_cash_drawer_log = described(
    "Drawer",
    "The read model shows the newest content, the history all of them.",
    summary="Takes a drawer event captured offline: another content corrects it.",
    bodies=[json_body(CashDrawerLog, sale=examples.CASH_SALE)],
    answers=[ACCEPTED],
)

post_order_external_information = described(
    "Queues",
    f"ExternalID, and FnResponse and WC_ID where they are sent; nothing else of the body is taken. The order leaves "
    f"the queues. {_REFERENCE}",
    summary="Sets an integrator's reference for an order.",
    bodies=[json_body(ExternalInformation, reference=examples.SALE_REFERENCE)],
    answers=[ACCEPTED],
)

post_return_external_information = described(
    "Queues",
    f"As `PostOrderExternalInformation`. {_REFERENCE} So is an order that is no return.",
    summary="Sets an integrator's reference for a return order.",
    bodies=[json_body(ExternalInformation, reference=examples.RETURN_REFERENCE)],
    answers=[ACCEPTED],
)

update_invice_generated_open_order = described(
    "Queues",
    "Each is marked as synced and takes its ExternalID. One that is unknown is 417 and named, and none is marked.",
    bodies=[json_body(ExternalInformation, many=True, synced=examples.SYNCED)],
    answers=[ACCEPTED],
)

update_order_status = described(
    "Orders",
    "A GET that writes, as tills send it; never cached. Closing by status does what it says: Completed counts the "
    "sale, Cancelled takes it out. The status it has already is a duplicate.",
    parameters=[
        in_path("orderId", "The order's Id.", examples.DRAFT_ID),
        in_path("status", "One of an order's statuses.", 6, {"type": "integer", "enum": sorted(KNOWN_STATUSES)}),
    ],
    answers=[ACCEPTED],
)
