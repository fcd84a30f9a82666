"""What can be asked about orders, invoices, drawers, Swish and terminals. Thin: parameters, wait, read, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from api import etags
from api.bookmarks import Bookmarks
from api.described import DATES, GUID, SWITCH, Answer, Parameter, described, in_path, one, rows
from api.freshness import reached
from api.openapi import examples, shown
from api.openapi.answers import ReportShown, SwishShown, Terminal
from api.own_rows import own_rows
from api.problems import NotFound
from api.routing import Handler
from api.wire import Query, json_answer, list_answer, path_guid
from ledger.database import has_other_servers
from ledger.full_records import FullCashDrawerLog, FullCustomerInvoice, FullOrder
from ledger.store import Connection
from projections import drawer, invoices, orders_reads, swish, terminals
from projections.window import Page, Window

WindowRead = Callable[[Connection, int, Window], Awaitable[Page]]


def _in_window(projection: str, read: WindowRead) -> Handler:
    """The handler of a list that is asked for with the Dates query (contract, section 1)."""

    async def answer(request: Request) -> Response:
        asked = Query(request).window()
        bookmarks: Bookmarks = request.app.state.bookmarks
        reader = request.state.tenant.tenant_id, request.state.actor, read
        with bookmarks.turn(reader, asked) as turn:
            if asked.until is None and turn.window != asked and await has_other_servers(request.app.state.pool):
                # The page before may have been another's, and the bookmark one of an earlier round that asked the same.
                turn.window = asked
            tag = etags.tag_of(request)
            tag.add(turn.window.behind)
            try:
                await reached(request, projection, windowed=True)
            except etags.NotModified as same:
                turn.ended_as_before(same.tag)
                raise
            async with own_rows(request) as (connection, tenant_id):
                page = await read(connection, tenant_id, turn.window)
            turn.ended(page, tag.at(page.position))
        return list_answer(page)

    return answer


ORDERS = rows(FullOrder, "Orders, each with its lines, payments and receipts.", sale=shown.a_sale)
_CUSTOMER = in_path("customerId", "The customer's Id.", examples.CUSTOMER)


def _listing(projection: str, read: WindowRead, tag: str, summary: str, words: str, answer: Answer) -> Handler:
    return described(tag, words, summary=summary, parameters=DATES, answers=[answer])(_in_window(projection, read))


get_open_order = _listing(
    "orders", orders_reads.open_orders, "Orders", "Orders in progress.",
    "Open orders of a terminal (or of all), for other devices to go on with. Carts are not listed.", ORDERS,
)  # fmt: skip
get_orders_without_external_id = _listing(
    "orders", orders_reads.without_external_id, "Queues", "Completed orders that no integrator has taken over yet.",
    "Orders that are Completed, no returns, no training, and have no ExternalID; oldest first. An order leaves the "
    "queue with `PostOrderExternalInformation`.", ORDERS,
)  # fmt: skip
get_orders_without_customer = _listing(
    "orders", orders_reads.without_customer_and_external_id, "Queues", "The same, of orders without a customer.",
    "Completed orders that have neither a customer nor an ExternalID; oldest first.", ORDERS,
)  # fmt: skip
get_return_orders_without_external_id = _listing(
    "orders", orders_reads.returns_without_external_id, "Queues", "Returns that no integrator has taken over yet.",
    "Return orders without an ExternalID; oldest first. One leaves the queue with "
    "`PostReturnOrderExternalInformation`.", ORDERS,
)  # fmt: skip
get_invice_generated_open_order = _listing(
    "orders", orders_reads.invoice_generated, "Queues", "Invoiced orders that the bookkeeping has not taken over yet.",
    "Orders with a customer and an invoice, with `Customer` filled in. They leave the queue with "
    "`UpdateInviceGeneratedOpenOrder`.", ORDERS,
)  # fmt: skip
get_customer_invoice = _listing(
    "invoices", invoices.invoices, "Invoices", "Invoices created in a window.", "Each with the orders it gathers.",
    rows(FullCustomerInvoice, "Invoices.", invoice=shown.an_invoice),
)  # fmt: skip
get_cash_drawer_log = _listing(
    "drawer", drawer.entries, "Drawer", "Drawer events in a window, newest first.",
    "The terminal is that of the drawer, else that of the order. Of a corrected entry the newest content.",
    rows(FullCashDrawerLog, "Drawer events.", opening=shown.a_drawer_entry),
)  # fmt: skip


@described(
    "Orders",
    "Empty where there are none: a customer is known by his orders only. More than 64 MB are a 400.",
    parameters=[_CUSTOMER, Parameter("all", SWITCH, "`true`: the till's orders too.")],
    answers=[rows(FullOrder, "Orders, by CreationDate ascending.", order=shown.a_web_order)],
)
async def get_orders_history(request: Request) -> Response:
    """A customer's online orders, oldest first; with `all` the till's too."""
    customer, everything = path_guid(request, "customerId"), Query(request).boolean("all")
    await reached(request, "orders")
    async with own_rows(request) as (connection, tenant_id):
        page = await orders_reads.history(connection, tenant_id, customer, everything)
        return list_answer(page)


@described(
    "Orders",
    "The newest online order of the customer with Status 0 and PaymentStatus 0.",
    parameters=[_CUSTOMER],
    answers=[one(FullOrder, "The cart, or null.", maybe=True, cart=shown.a_cart, none=None)],
)
async def get_customer_cart_order(request: Request) -> Response:
    """A customer's newest cart, or `null`."""
    customer = path_guid(request, "customerId")
    await reached(request, "orders")
    async with own_rows(request) as (connection, tenant_id):
        page = await orders_reads.cart(connection, tenant_id, customer)
        return json_answer(page.documents[0] if page.documents else b"null", page.position)


async def get_order(request: Request) -> Response:
    """One order as it stands. NotFound: there is none of that Id."""
    order = path_guid(request, "id")
    await reached(request, "orders")
    async with own_rows(request) as (connection, tenant_id):
        page = await orders_reads.order(connection, tenant_id, order)
    if not page.documents:
        raise NotFound(f"there is no order {order}")
    return json_answer(page.documents[0], page.position)


@described(
    "Swish",
    name="ListSwish",
    parameters=[Parameter("orderId", GUID, "Of one order.")],
    answers=[rows(SwishShown, "The newest 5000, or 64 MB, newest first.", payment=shown.a_swish_payment)],
)
async def get_swish(request: Request) -> Response:
    """Swish payments, refunds and payouts; of one order where `orderId` is given."""
    order = Query(request).guid("orderId")
    await reached(request, "swish")
    async with own_rows(request) as (connection, tenant_id):
        return list_answer(await swish.payments(connection, tenant_id, order))


@described("Terminals", answers=[rows(Terminal, "Terminals, by their Id.", terminal=shown.a_terminal)])
async def get_terminals(request: Request) -> Response:
    """Every terminal with its last health report and its last X or Z report."""
    await reached(request, "terminals")
    async with own_rows(request) as (connection, tenant_id):
        return list_answer(await terminals.terminals(connection, tenant_id))


@described(
    "Terminals",
    parameters=[Parameter("terminalId", GUID, "Of one terminal.")],
    answers=[rows(ReportShown, "The newest 5000 reports, or 64 MB, newest first.", z=shown.a_report)],
)
async def get_reports(request: Request) -> Response:
    """X and Z reports with their rows; of one terminal where `terminalId` is given."""
    terminal = Query(request).guid("terminalId")
    await reached(request, "terminals")
    async with own_rows(request) as (connection, tenant_id):
        return list_answer(await terminals.reports(connection, tenant_id, terminal))
