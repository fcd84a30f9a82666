"""Every GET at two sizes of the log or more, in turn: the same questions, and nearly the same answers."""

from __future__ import annotations

import json
import statistics
import time
from datetime import timedelta
from urllib.parse import urlencode

from tests.bench.asking import Line
from tests.bench.bodies import CUSTOMERS, NO_ID, OUTLETS, TERMINALS
from tests.bench.figures import Report
from tests.bench.fill import Calendar
from tests.bench.options import Options
from tests.bench.posts import OFF, stopping
from tests.bench.stand import Books, Served, Stand

CHAPTER = "read"
AT_MOST = 1.3
# A poller's page; seconds for one question to one log in one round, and how often it is asked at least.
PAGE, EACH, AT_LEAST = 100, 0.3, 7
# In these the answer itself may hold what the bar is about.
_BARRED = ("/api/", "/v1/stock")


def questions(when: Calendar, line: Line) -> dict[str, str]:
    """Path and query by the name each has in the table."""
    yesterday = when.today - timedelta(days=1)
    day = {"LastExecutedDate": yesterday.isoformat(), "CurrentDate": when.today.isoformat()}
    page = {"PageNo": 0, "PageSize": PAGE}
    found = {}
    for name in _LISTS:
        found[f"{name}, a day"] = f"/api/{name}?{urlencode(day | page)}"
        found[f"{name}, first page"] = f"/api/{name}?{urlencode(page)}"
    queue, ever = "Order/GetOrdersWithoutExternalID", {"LastExecutedDate": "2000-01-01"}
    found[f"{queue}, since 2000"] = f"/api/{queue}?{urlencode(ever | page)}"
    found[f"{queue}, of a till"] = f"/api/{queue}?{urlencode(page | {'TerminalId': TERMINALS[0]})}"
    found[f"{queue}, page 10"] = f"/api/{queue}?{urlencode(page | {'PageNo': 9})}"
    month = {"year": when.today.year, "month": when.today.month, "outletId": NO_ID}
    today = month | {"day": when.today.day}
    found |= {
        "Order/GetOrdersHistory": f"/api/Order/GetOrdersHistory/{CUSTOMERS[0]}",
        "Order/GetCustomerCartOrder": f"/api/Order/GetCustomerCartOrder/{CUSTOMERS[0]}",
        "Sale/GetOutlets": "/api/Sale/GetOutlets",
        "Sale/GetTodaySale": "/api/Sale/GetTodaySale",
        "Sale/GetSaleByMonth": f"/api/Sale/GetSaleByMonth?month={when.today.month}",
        "Sale/GetCurrentMonthSale": "/api/Sale/GetCurrentMonthSale",
        "Sale/GetMonthalySale": f"/api/Sale/GetMonthalySale?{urlencode(month)}",
        "Sale/GetDailySale": f"/api/Sale/GetDailySale?outletId={OUTLETS[0]}",
        "Sale/GetHourlySale": f"/api/Sale/GetHourlySale?{urlencode(today)}",
        "v1/stock": "/v1/stock",
        "v1/terminals": "/v1/terminals",
        "v1/reports": "/v1/reports?" + urlencode(page),
        "v1/events, 100 after 1,000": "/v1/events?after=1000&limit=100",
    }
    return found | _of_an_order(line)


_LISTS = (
    "Order/GetOpenOrder", "Order/GetCustomerInvoice", "Order/GetOrdersWithoutExternalID",
    "Order/GetOrdersWithoutCustomerAndExternalID", "Order/GetReturnOrdersWithoutExternalID",
    "Order/GetInviceGeneratedOpenOrder", "CashDrawerLog/GetCashDrawerLog",
)  # fmt: skip


def _of_an_order(line: Line) -> dict[str, str]:
    """Questions about the oldest sale."""
    status, body = line.get("/api/Order/GetOrdersWithoutExternalID?PageNo=0&PageSize=1")
    found = json.loads(body)
    assert status == 200 and found, body[:500]
    order = found[0]["Id"]
    return {
        "v1/orders/{id}": f"/v1/orders/{order}",
        "v1/orders/{id}/history": f"/v1/orders/{order}/history",
        "v1/swish of an order": f"/v1/swish?orderId={order}",
    }


def measure(stand: Stand, books: dict[int, Books], when: Calendar, options: Options, report: Report) -> None:
    """All of the chapter; a server on each of the logs."""
    servers = {size: stand.serve(one, *OFF) for size, one in books.items()}
    with stopping(*servers.values()):
        _ask(servers, {size: one.keys[0] for size, one in books.items()}, when, options, report)


def _ask(servers: dict[int, Served], keys: dict[int, str], when: Calendar, options: Options, report: Report) -> None:
    lines = {size: Line(server.url, keys[size]) for size, server in servers.items()}
    asked = {size: questions(when, line) for size, line in lines.items()}
    smallest, largest = min(lines), max(lines)
    worst: tuple[float, str] = (0.0, "")
    for name in asked[smallest]:
        rounds: dict[int, list[float]] = {size: [] for size in lines}
        for _ in range(options.rounds):
            for size, median in _in_turn(
                lines, {size: asked[size][name] for size in lines}, min(EACH, options.seconds / 6)
            ).items():
                rounds[size].append(median)
        weight = {size: len(line.get(asked[size][name])[1]) for size, line in lines.items()}
        note = f"{weight[smallest]:,} bytes"
        small = report.add(CHAPTER, f"{name}, {smallest:,} orders", "ms", rounds[smallest], note=note)
        for size in sorted(rounds)[1:]:
            title = f"{name}, {size:,} orders"
            figure = report.add(CHAPTER, title, "ms", rounds[size], small, f"{weight[size]:,} bytes")
            # A small log may have less than a page to show: that it is quicker then says nothing.
            alike = weight[size] <= 1.1 * weight[smallest] + 100
            if alike and size == largest and figure.ratio and asked[size][name].startswith(_BARRED):
                worst = max(worst, (figure.ratio, name))
    if largest > smallest:
        name = f"slowest growth of a list or sales answer ({worst[1]}), {largest:,} orders against {smallest:,}"
        report.bar(name, worst[0], AT_MOST, at_least=False)
    for line in lines.values():
        line.__exit__(None, None, None)


def _in_turn(lines: dict[int, Line], paths: dict[int, str], seconds: float) -> dict[int, float]:
    """The median answer of each log, in ms; one question to each after the other, for what slows all of them."""
    found: dict[int, list[float]] = {size: [] for size in lines}
    until = time.perf_counter() + seconds * len(lines)
    while time.perf_counter() < until or len(found[min(lines)]) < AT_LEAST:
        for size, line in lines.items():
            found[size].append(line.seconds(paths[size]))
    return {size: statistics.median(times) * 1000 for size, times in found.items()}
