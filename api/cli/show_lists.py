"""What is listed by a customer or a terminal: from the read models."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from api.cli.desk import Desk
from api.cli.screen import BAD, STRONG, WARN
from api.cli.show_layout import loose, members
from ledger.codec import encoder
from ledger.customer import stream_of
from ledger.database import reading
from ledger.errors import LedgerError
from ledger.feed import Wanted, read_chunk
from ledger.store import head
from ledger.till_records import Report, ReportRow, TerminalStatusLog
from ledger.wording import kronor, status
from projections import orders_reads, terminals

Document = dict[str, Any]
REPORTS = 10
# Of an order, what says nothing of a person.
_LISTED = (
    "Id", "OrderIntID", "OrderNoOfDay", "InvoiceNumber", "CreationDate", "InvoiceDate", "Status", "PaymentStatus",
    "Type", "OrderTotal", "IsOnlineOrder", "OutletId", "TerminalId", "ExternalID", "Version",
)  # fmt: skip
# Whatever else a till sends of itself is nobody's to say whether it is personal.
_KNOWN = {
    *TerminalStatusLog.__struct_fields__, *Report.__struct_fields__, *ReportRow.__struct_fields__,
    "LastSeen", "LastXReport", "LastZReport",
}  # fmt: skip


async def show_customer(desk: Desk) -> None:
    """A customer's orders and cart. LedgerError: nothing names the customer."""
    tenant, customer_id, personal = await desk.known_tenant(), desk.options.id, desk.options.personal
    async with reading(desk.pool, tenant.tenant_id) as connection:
        found = await orders_reads.history(connection, tenant.tenant_id, customer_id, everything=True)
        basket = await orders_reads.cart(connection, tenant.tenant_id, customer_id)
        stream = Wanted(stream=stream_of(customer_id))
        chunk = await read_chunk(connection, tenant.tenant_id, 0, 1, stream, None)
    if not found.documents and not chunk.lines:
        raise LedgerError(f"no order of {tenant.name} names customer {customer_id}, who was not erased either")
    orders, carts = ([_listed(one, personal) for one in page.documents] for page in (found, basket))
    erased = chunk.lines[0].position if chunk.lines else None
    if desk.options.json:
        told = {"Tenant": tenant.name, "CustomerId": customer_id, "Erased": erased, "Position": found.position}
        print(encoder.encode(told | {"Orders": orders, "Cart": carts[0] if carts else None}).decode())
        return
    desk.screen.line((f"customer {customer_id}", STRONG))
    if erased is not None:
        desk.screen.line((f"erased at position {erased}", BAD))
    named = (one for order in reversed(orders) if (one := order.get("Customer") or order.get("Customr")))
    for line in members(next(named, {})):
        desk.screen.console.print(line)
    for name, rows in (("orders", orders), ("cart", carts)):
        desk.screen.line((f"\n{name}: {len(rows)}", STRONG))
        desk.screen.table([_order_row(order) for order in rows])
    _say_lag(desk, found.position, chunk.head)


def _listed(document: bytes, personal: bool) -> Document:
    order: Document = loose(document)
    return order if personal else {name: order[name] for name in _LISTED}


def _order_row(order: Document) -> dict[str, object]:
    number = order["OrderIntID"] or order["OrderNoOfDay"] or order["InvoiceNumber"]
    return {
        "created": order["CreationDate"], "number": number, "status": status(order["Status"]),
        "total": kronor(Decimal(order["OrderTotal"])), "online": "yes" if order["IsOnlineOrder"] else "",
        "order": order["Id"],
    }  # fmt: skip


async def show_terminal(desk: Desk) -> None:
    """A terminal's health and reports. LedgerError: it never reported."""
    tenant, terminal_id = await desk.known_tenant(), desk.options.id
    async with reading(desk.pool, tenant.tenant_id) as connection:
        found = await terminals.terminals(connection, tenant.tenant_id)
        page = await terminals.reports(connection, tenant.tenant_id, terminal_id, REPORTS)
        newest = await head(connection, tenant.tenant_id)
    known: list[Document] = [loose(document) for document in found.documents]
    mine = next((one for one in known if one["TerminalId"] == str(terminal_id)), None)
    if mine is None:
        names = ", ".join(one["TerminalId"] for one in known[:REPORTS]) or "none yet"
        raise LedgerError(f"terminal {terminal_id} of {tenant.name} has never reported; those that have: {names}")
    reports: list[Document] = [loose(document) for document in page.documents]
    if not desk.options.personal:
        mine, reports = _known(mine), _known(reports)
    if desk.options.json:
        told = {"Tenant": tenant.name, "Position": found.position, "Terminal": mine, "Reports": reports}
        print(encoder.encode(told).decode())
        return
    desk.screen.line((f"terminal {terminal_id}", STRONG))
    for line in members(mine, frozenset({"TerminalId", "LastXReport", "LastZReport"})):
        desk.screen.console.print(line)
    desk.screen.line((f"\nlast reports: {len(reports)}", STRONG))
    desk.screen.table([_report_row(report) for report in reports])
    _say_lag(desk, found.position, newest)


def _report_row(report: Document) -> dict[str, object]:
    kind = {0: "X", 1: "Z"}.get(report["ReportType"], str(report["ReportType"]))
    rows: Sequence[Any] = report.get("ReportData") or ()
    return {"created": report["CreationDate"], "report": kind, "number": report["ReportNumber"], "rows": len(rows),
            "id": report["Id"]}  # fmt: skip


def _known(value: Any) -> Any:
    """The same without members that the ledger does not know."""
    if isinstance(value, list):
        return [_known(item) for item in value]
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items() if name in _KNOWN}
    return value


def _say_lag(desk: Desk, position: int, head: int) -> None:
    if position < head:
        desk.screen.line((f"\nAs of position {position}; the log has come to {head} (order-ledger status).", WARN))
