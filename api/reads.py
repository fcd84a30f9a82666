"""What can be asked about orders, invoices, drawers, Swish and terminals. Thin: parameters, wait, read, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from api.freshness import reached
from api.problems import NotFound
from api.routing import Handler
from api.wire import Query, json_answer, list_answer, path_guid
from ledger.database import reading
from ledger.store import Connection
from projections import drawer, invoices, orders_reads, swish, terminals
from projections.window import Page, Window

WindowRead = Callable[[Connection, int, Window], Awaitable[Page]]


def _in_window(projection: str, read: WindowRead) -> Handler:
    """The handler of a list that is asked for with the Dates query (contract, section 1)."""

    async def answer(request: Request) -> Response:
        window = Query(request).window()
        await reached(request, projection, windowed=True)
        async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
            return list_answer(await read(connection, request.state.tenant.tenant_id, window))

    return answer


get_open_order = _in_window("orders", orders_reads.open_orders)
get_orders_without_external_id = _in_window("orders", orders_reads.without_external_id)
get_orders_without_customer = _in_window("orders", orders_reads.without_customer_and_external_id)
get_return_orders_without_external_id = _in_window("orders", orders_reads.returns_without_external_id)
get_invice_generated_open_order = _in_window("orders", orders_reads.invoice_generated)
get_customer_invoice = _in_window("invoices", invoices.invoices)
get_cash_drawer_log = _in_window("drawer", drawer.entries)


async def get_orders_history(request: Request) -> Response:
    """A customer's online orders, oldest first; with `all` the till's too."""
    customer, everything = path_guid(request, "customerId"), Query(request).boolean("all")
    await reached(request, "orders")
    async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
        page = await orders_reads.history(connection, request.state.tenant.tenant_id, customer, everything)
        return list_answer(page)


async def get_customer_cart_order(request: Request) -> Response:
    """A customer's newest cart, or `null`."""
    customer = path_guid(request, "customerId")
    await reached(request, "orders")
    async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
        page = await orders_reads.cart(connection, request.state.tenant.tenant_id, customer)
        return json_answer(page.documents[0] if page.documents else b"null", page.position)


async def get_order(request: Request) -> Response:
    """One order as it stands. NotFound: there is none of that Id."""
    order = path_guid(request, "id")
    await reached(request, "orders")
    async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
        page = await orders_reads.order(connection, request.state.tenant.tenant_id, order)
    if not page.documents:
        raise NotFound(f"there is no order {order}")
    return json_answer(page.documents[0], page.position)


async def get_swish(request: Request) -> Response:
    """Swish payments, refunds and payouts; of one order where `orderId` is given."""
    order = Query(request).guid("orderId")
    await reached(request, "swish")
    async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
        return list_answer(await swish.payments(connection, request.state.tenant.tenant_id, order))


async def get_terminals(request: Request) -> Response:
    """Every terminal with its last health report and its last X or Z report."""
    await reached(request, "terminals")
    async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
        return list_answer(await terminals.terminals(connection, request.state.tenant.tenant_id))


async def get_reports(request: Request) -> Response:
    """X and Z reports with their rows; of one terminal where `terminalId` is given."""
    terminal = Query(request).guid("terminalId")
    await reached(request, "terminals")
    async with reading(request.app.state.pool, request.state.tenant.tenant_id) as connection:
        return list_answer(await terminals.reports(connection, request.state.tenant.tenant_id, terminal))
