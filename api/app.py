"""The application: every route on one screen."""

from __future__ import annotations

import functools
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.types import ASGIApp

from api import commands, reads, sales, swish
from api.lifespan import running
from api.routing import Dispatcher, Route, callback, command, query, sign_in
from api.token import post_token
from api.wire import Load
from ledger.settings import Settings

ROUTES: list[Route] = [
    command("POST", "/api/Order/PostOpenOrder", commands.post_open_order),
    query("/api/Order/GetOpenOrder", reads.get_open_order),
    command("POST", "/api/Order/PostOrder", commands.post_order),
    query("/api/Order/GetCustomerInvoice", reads.get_customer_invoice),
    command("POST", "/api/Order/PostCustomerInvoice", commands.post_customer_invoice),
    command("POST", "/api/Order/PostReports", commands.post_reports),
    command("POST", "/api/Order/PostCashDrawerLog", commands.post_order_cash_drawer_log),
    query("/api/Order/GetOrdersWithoutExternalID", reads.get_orders_without_external_id),
    query("/api/Order/GetOrdersWithoutCustomerAndExternalID", reads.get_orders_without_customer),
    command("POST", "/api/Order/PostOrderExternalInformation", commands.post_order_external_information),
    query("/api/Order/GetReturnOrdersWithoutExternalID", reads.get_return_orders_without_external_id),
    command("POST", "/api/Order/PostReturnOrderExternalInformation", commands.post_return_order_external_information),
    query("/api/Order/GetInviceGeneratedOpenOrder", reads.get_invice_generated_open_order),
    command("POST", "/api/Order/UpdateInviceGeneratedOpenOrder", commands.update_invice_generated_open_order),
    command("GET", "/api/Order/UpdateOrderStatus/{orderId}/{status}", commands.update_order_status),
    command("POST", "/api/Order/PostOnlineOrder", commands.post_online_order),
    query("/api/Order/GetOrdersHistory/{customerId}", reads.get_orders_history),
    query("/api/Order/GetCustomerCartOrder/{customerId}", reads.get_customer_cart_order),
    query("/api/CashDrawerLog/GetCashDrawerLog", reads.get_cash_drawer_log),
    command("POST", "/api/CashDrawerLog/PostCashDrawerLog", commands.post_cash_drawer_log),
    query("/api/Sale/GetOutlets", sales.get_outlets),
    query("/api/Sale/GetTodaySale", sales.get_today_sale),
    query("/api/Sale/GetSaleByMonth", sales.get_sale_by_month),
    query("/api/Sale/GetCurrentMonthSale", sales.get_current_month_sale),
    query("/api/Sale/GetMonthalySale", sales.get_monthaly_sale),
    query("/api/Sale/GetDailySale", sales.get_daily_sale),
    query("/api/Sale/GetHourlySale", sales.get_hourly_sale),
    callback("/api/SwishOnlinePayment/PostSwishOnlinePayment", swish.post_swish),
    query("/v1/orders/{id}", reads.get_order),
    query("/v1/stock", sales.get_stock),
    query("/v1/swish", reads.get_swish),
    query("/v1/terminals", reads.get_terminals),
    query("/v1/reports", reads.get_reports),
    sign_in("/Token", post_token),
    sign_in("/api/Token", post_token),
]


def build(settings: Settings, dsn: str, *, projectors: bool) -> Starlette:
    """The ASGI application on the prepared database at `dsn`; with `projectors` it keeps the read models up itself."""
    app = _Application(lifespan=functools.partial(running, settings=settings, dsn=dsn, projectors=projectors))
    app.state.settings = settings
    app.state.load = Load(settings.bodies_bytes)
    app.state.clock = lambda: datetime.now(UTC)
    return app


class _Application(Starlette):
    """Starlette with our dispatcher in place of its middlewares: errors become answers there, in one table."""

    def build_middleware_stack(self) -> ASGIApp:
        return Dispatcher(ROUTES, otherwise=self.router)
