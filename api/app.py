"""The application: every route on one screen."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.types import ASGIApp

from api import commands, docs, etags, explain, feed, health, history, log, metrics, reads, sales, swish
from api.bookmarks import Bookmarks
from api.console import (
    drawer,
    explained,
    ledger,
    live,
    month,
    order,
    orders,
    queues,
    static_files,
    tenders,
    terminals,
    today,
    work,
)
from api.console import sign_in as console_door
from api.console import swish as swish_page
from api.console.pages import form, open_form, open_page, page, prepare
from api.lifespan import running
from api.load import Load
from api.problems import Kind
from api.routing import Dispatcher, Route, callback, command, may, open_to_all, query, sign_in, watched
from api.tally import Tally
from api.token import post_token
from ledger.settings import Settings

# Who may what: least privilege, and the table of the README.
TILLS = may("terminal")
BOOKS = may("integrator")
SELLERS = may("terminal", "integrator")
READERS = may("integrator", "auditor")
AUDITORS = may("auditor")
PROVERS = may("terminal", "auditor")
ALL = may("terminal", "integrator", "auditor")

ROUTES: list[Route] = [
    command("POST", "/api/Order/PostOpenOrder", commands.post_open_order, TILLS),
    query("/api/Order/GetOpenOrder", reads.get_open_order, ALL),
    command("POST", "/api/Order/PostOrder", commands.post_order, TILLS),
    query("/api/Order/GetCustomerInvoice", reads.get_customer_invoice, ALL),
    command("POST", "/api/Order/PostCustomerInvoice", commands.post_customer_invoice, SELLERS),
    command("POST", "/api/Order/PostReports", commands.post_reports, TILLS),
    command("POST", "/api/Order/PostCashDrawerLog", commands.post_order_cash_drawer_log, TILLS),
    query("/api/Order/GetOrdersWithoutExternalID", reads.get_orders_without_external_id, READERS),
    query("/api/Order/GetOrdersWithoutCustomerAndExternalID", reads.get_orders_without_customer, READERS),
    command("POST", "/api/Order/PostOrderExternalInformation", commands.post_order_external_information, BOOKS),
    query("/api/Order/GetReturnOrdersWithoutExternalID", reads.get_return_orders_without_external_id, READERS),
    command("POST", "/api/Order/PostReturnOrderExternalInformation", commands.post_return_external_information, BOOKS),
    query("/api/Order/GetInviceGeneratedOpenOrder", reads.get_invice_generated_open_order, READERS),
    command("POST", "/api/Order/UpdateInviceGeneratedOpenOrder", commands.update_invice_generated_open_order, BOOKS),
    command("GET", "/api/Order/UpdateOrderStatus/{orderId}/{status}", commands.update_order_status, SELLERS),
    command("POST", "/api/Order/PostOnlineOrder", commands.post_online_order, SELLERS),
    query("/api/Order/GetOrdersHistory/{customerId}", reads.get_orders_history, ALL),
    query("/api/Order/GetCustomerCartOrder/{customerId}", reads.get_customer_cart_order, ALL),
    query("/api/CashDrawerLog/GetCashDrawerLog", reads.get_cash_drawer_log, ALL),
    command("POST", "/api/CashDrawerLog/PostCashDrawerLog", commands.post_cash_drawer_log, TILLS),
    query("/api/Sale/GetOutlets", sales.get_outlets, ALL),
    query("/api/Sale/GetTodaySale", sales.get_today_sale, READERS),
    query("/api/Sale/GetSaleByMonth", sales.get_sale_by_month, READERS),
    query("/api/Sale/GetCurrentMonthSale", sales.get_current_month_sale, READERS),
    query("/api/Sale/GetMonthalySale", sales.get_monthaly_sale, READERS),
    query("/api/Sale/GetDailySale", sales.get_daily_sale, READERS),
    query("/api/Sale/GetHourlySale", sales.get_hourly_sale, READERS),
    callback("/api/SwishOnlinePayment/PostSwishOnlinePayment", swish.post_swish, TILLS),
    query("/v1/orders/{id}", history.get_order, ALL),
    query("/v1/orders/{id}/history", history.get_order_history, AUDITORS),
    query("/v1/invoices/{id}", history.get_invoice, ALL),
    query("/v1/invoices/{id}/history", history.get_invoice_history, AUDITORS),
    query("/v1/drawer/{id}", history.get_drawer_entry, ALL),
    query("/v1/drawer/{id}/history", history.get_drawer_entry_history, AUDITORS),
    query("/v1/sales/explain", explain.get_explanation, READERS),
    query("/v1/stock", sales.get_stock, READERS),
    query("/v1/swish", reads.get_swish, ALL),
    query("/v1/swish/{swishId}", history.get_swish, ALL),
    query("/v1/swish/{swishId}/history", history.get_swish_history, AUDITORS),
    query("/v1/terminals", reads.get_terminals, READERS),
    query("/v1/reports", reads.get_reports, READERS),
    query("/v1/events", feed.get_events, READERS),
    open_to_all("/health/live", health.get_live),
    open_to_all("/health/ready", health.get_ready),
    watched("/metrics", metrics.get_metrics, AUDITORS),
    query("/v1/log/vkey", log.get_vkey, PROVERS),
    query("/v1/log/checkpoint", log.get_checkpoint, PROVERS),
    query("/v1/log/checkpoints", log.get_checkpoints, AUDITORS),
    query("/v1/log/proof/inclusion", log.get_inclusion, PROVERS),
    query("/v1/log/proof/consistency", log.get_consistency, PROVERS),
    *(query(f"/v1/log/tile/{{level}}{number}", log.get_tile, AUDITORS) for number in log.TILE_NUMBERS),
    sign_in("/Token", post_token),
    sign_in("/api/Token", post_token),
    open_to_all("/openapi.json", docs.get_openapi),
    open_to_all("/docs", docs.get_docs),
    open_to_all("/docs/{file}", docs.get_file),
    # The console, for people.
    open_page("/", console_door.get_home),
    open_page("/sign-in", console_door.get_sign_in),
    open_form("/sign-in", console_door.post_sign_in),
    open_form("/sign-out", console_door.post_sign_out),
    open_form("/console/language", console_door.post_language),
    open_page("/console/static/{name}", static_files.get_static),
    page("/console/live", live.get_live, ALL),
    page("/today", today.get_today, READERS),
    page("/month", month.get_month, READERS),
    page("/explain", explained.get_explained, READERS),
    page("/paid", tenders.get_paid, READERS),
    page("/orders", orders.get_orders, READERS),
    page("/orders/{id}", order.get_order, ALL),
    page("/queues", queues.get_queues, READERS),
    page("/drawer", drawer.get_drawer, ALL),
    page("/terminals", terminals.get_terminals, READERS),
    page("/swish", swish_page.get_swish, ALL),
    page("/ledger", ledger.get_ledger, AUDITORS),
    form("/ledger/verify", ledger.post_verify, AUDITORS),
    form("/ledger/export", ledger.post_export, AUDITORS),
    page("/ledger/export", ledger.get_export, AUDITORS),
    form("/ledger/stop", ledger.post_stop, AUDITORS),
]


def build(settings: Settings, dsn: str, *, projectors: bool, sealer: bool) -> Starlette:
    """The ASGI application on the prepared database at `dsn`.

    With `projectors` it keeps the read models up itself, with `sealer` it seals the log.
    """
    lifespan = functools.partial(running, settings=settings, dsn=dsn, projectors=projectors, sealer=sealer)
    app = _Application(lifespan=lifespan)
    app.state = _Shared()
    app.state.settings = settings
    app.state.tally = Tally()
    app.state.load = Load(settings.bodies_bytes)
    app.state.stopping = False
    app.state.version = etags.version(settings)
    app.state.generations = {}
    app.state.bookmarks = Bookmarks()
    app.state.published = docs.Published(ROUTES)
    prepare()
    app.state.pulse = live.Pulse()
    app.state.works = work.Works(dsn)
    app.state.page_roles = {route.path: route.roles for route in ROUTES if route.kind is Kind.PAGE}
    app.state.clock = lambda: datetime.now(UTC)
    return app


class _Shared(State):
    """Starlette's `State` with plain attributes: there each look is a call in Python, and a request takes ten."""

    def __setattr__(self, key: Any, value: Any) -> None:
        object.__setattr__(self, key, value)


class _Application(Starlette):
    """Starlette with our dispatcher in place of its middlewares: errors become answers there, in one table."""

    def build_middleware_stack(self) -> ASGIApp:
        return Dispatcher(ROUTES, otherwise=self.router, tally=self.state.tally)
