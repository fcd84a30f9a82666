"""The Dates query: windows, terminals and pages (contract, section 1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.acceptance.bodies import (
    NO_ID,
    NO_TIME,
    a_draft,
    a_drawer_event,
    a_return,
    a_web_order,
    an_invoice,
    an_order,
    new_id,
)
from tests.acceptance.server import Json, Server

LISTS = [
    "Order/GetOpenOrder", "Order/GetCustomerInvoice", "Order/GetOrdersWithoutExternalID",
    "Order/GetOrdersWithoutCustomerAndExternalID", "Order/GetReturnOrdersWithoutExternalID",
    "Order/GetInviceGeneratedOpenOrder", "CashDrawerLog/GetCashDrawerLog",
]  # fmt: skip


def now() -> str:
    """This instant, in ISO 8601."""
    return datetime.now(UTC).isoformat()


def three_drafts(server: Server, terminal: str) -> list[str]:
    """The ids of three drafts of a terminal, a minute apart."""
    drafts = [a_draft(TerminalId=terminal, CreationDate=f"2026-11-23T08:0{minute}:00") for minute in range(3)]
    for draft in reversed(drafts):
        server.post("Order/PostOpenOrder", draft)
    return [draft["Id"] for draft in drafts]


def ids(found: list[Json]) -> list[str]:
    """The ids of a list."""
    return [row["Id"] for row in found]


def test_a_till_asks_in_the_style_of_dot_net(server: Server) -> None:
    terminal = new_id()
    drafts = three_drafts(server, terminal)
    query = (
        f"dates.LastExecutedDate=2026-11-23T08:00:00.0000000&dates.CurrentDate=2026-11-23 08:01:59.9999999"
        f"&dates.TerminalId={terminal.upper()}&PageNo=0&PageSize=10"
    )
    assert ids(server.get(f"Order/GetOpenOrder?{query}")) == [drafts[1]]


def test_a_web_client_asks_in_its_own_style(server: Server) -> None:
    terminal = new_id()
    drafts = three_drafts(server, terminal)
    query = f"lastExecutedDate=2026-11-23T07:00:00Z&currentDate=2026-11-23T07:01:00Z&terminalId={terminal}"
    assert ids(server.get(f"Order/GetOpenOrder?{query}&pageNo=0&pageSize=10")) == [drafts[1]]


@pytest.mark.parametrize("plus", ["+", "%2B", " ", "%20"])
def test_an_unescaped_plus_is_read_as_one(server: Server, plus: str) -> None:
    terminal = new_id()
    drafts = three_drafts(server, terminal)
    query = f"LastExecutedDate=2026-11-23T08:01:00{plus}01:00&CurrentDate=2026-11-23T08:02:00{plus}01:00"
    assert ids(server.get(f"Order/GetOpenOrder?{query}&TerminalId={terminal}")) == [drafts[2]]


@pytest.mark.parametrize("from_", [None, "", NO_TIME])
@pytest.mark.parametrize("to", [None, "", NO_TIME])
def test_missing_bounds_are_no_bounds(server: Server, from_: str | None, to: str | None) -> None:
    terminal = new_id()
    drafts = three_drafts(server, terminal)
    query = {"LastExecutedDate": from_, "CurrentDate": to, "TerminalId": terminal}
    assert ids(server.get("Order/GetOpenOrder", **query)) == drafts


@pytest.mark.parametrize("terminal", [None, "", NO_ID])
def test_no_terminal_is_every_terminal(server: Server, terminal: str | None) -> None:
    drafts = [*three_drafts(server, new_id()), *three_drafts(server, new_id())]
    found = server.get("Order/GetOpenOrder", TerminalId=terminal, PageSize=5000, LastExecutedDate=NO_TIME)
    assert set(drafts) <= set(ids(found))


def test_pages_follow_each_other_until_an_empty_one(server: Server) -> None:
    terminal = new_id()
    drafts = three_drafts(server, terminal)
    pages = [ids(server.get("Order/GetOpenOrder", TerminalId=terminal, PageNo=n, PageSize=2)) for n in range(3)]
    assert pages == [drafts[:2], drafts[2:], []]


@pytest.mark.parametrize("size", [None, "", 0, 5000, 1_000_000, "99999999999999999999"])
def test_a_page_size_that_is_missing_or_too_large_is_the_servers(server: Server, size: object) -> None:
    terminal = new_id()
    drafts = three_drafts(server, terminal)
    assert ids(server.get("Order/GetOpenOrder", TerminalId=terminal, PageSize=size)) == drafts


@pytest.mark.parametrize("page", [10**6, 10**18, 10**40])
def test_a_page_far_out_is_empty(server: Server, page: int) -> None:
    assert server.get("Order/GetOpenOrder", PageNo=page, PageSize=10) == []


@pytest.mark.parametrize("query", [
    {"TerminalId": "x"}, {"PageNo": "-1"}, {"PageNo": "x"}, {"PageSize": "-5"}, {"PageSize": "1.5"},
    {"dates_TerminalId": "123"}, {"LastExecutedDate": "x"}, {"CurrentDate": "2026-02-30"}, {"PageSize": "٣"},
    {"CurrentDate": "2026-11-23T00:00:00\0"}, {"LastExecutedDate": "1800-01-01"},
])  # fmt: skip
@pytest.mark.parametrize("path", LISTS)
def test_a_bad_parameter_is_400(server: Server, path: str, query: dict[str, str]) -> None:
    server.bad(path, **query)


def recorded(kind: str, terminal: str) -> tuple[str, Json, str]:
    """How to post something old, and where it is listed."""
    old: Any = {"TerminalId": terminal, "CreationDate": "2020-05-05T10:00:00"}
    sale = old | {"InvoiceDate": "2020-05-05T10:05:00"}
    drawer = {"Id": new_id(), "Name": "Kassa", "TerminalId": terminal}
    return {
        "draft": ("Order/PostOpenOrder", a_draft(**old), "Order/GetOpenOrder"),
        "sale": ("Order/PostOrder", an_order(**sale), "Order/GetOrdersWithoutExternalID"),
        "nameless": ("Order/PostOrder", an_order(**sale), "Order/GetOrdersWithoutCustomerAndExternalID"),
        "return": ("Order/PostOrder", a_return(**sale), "Order/GetReturnOrdersWithoutExternalID"),
        "invoiced": ("Order/PostOrder", an_order(**sale, CustomerId=new_id(), InvoiceGenerated=1),
                     "Order/GetInviceGeneratedOpenOrder"),
        "invoice": ("Order/PostCustomerInvoice", an_invoice(**old), "Order/GetCustomerInvoice"),
        "drawer": ("CashDrawerLog/PostCashDrawerLog",
                   a_drawer_event(ActivityDate="2020-05-05T10:00:00", CashDrawer=drawer),
                   "CashDrawerLog/GetCashDrawerLog"),
    }[kind]  # fmt: skip


KINDS = ["draft", "sale", "nameless", "return", "invoiced", "invoice", "drawer"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_offline_till_sends_late_is_seen_by_a_poller(server: Server, kind: str) -> None:
    terminal = new_id()
    post, body, read = recorded(kind, terminal)
    before = now()
    server.post(post, body)
    after = now()
    window = {"TerminalId": terminal}
    assert ids(server.get(read, LastExecutedDate=before, CurrentDate=after, **window)) == [body["Id"]]
    assert ids(server.get(read, LastExecutedDate=before, **window)) == [body["Id"]]
    assert server.get(read, LastExecutedDate=after, **window) == []
    assert server.get(read, LastExecutedDate="2020-05-06", CurrentDate=before, **window) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_time_of_business_decides_too(server: Server, kind: str) -> None:
    terminal = new_id()
    post, body, read = recorded(kind, terminal)
    server.post(post, body)
    window = {"TerminalId": terminal}
    day = {"LastExecutedDate": "2020-05-05", "CurrentDate": "2020-05-05T23:59:59.9999999"}
    assert ids(server.get(read, **day, **window)) == [body["Id"]]
    next_day = {"LastExecutedDate": "2020-05-06", "CurrentDate": "2020-05-07"}
    assert server.get(read, **next_day, **window) == []


def test_a_window_is_open_at_its_start_and_closed_at_its_end(server: Server) -> None:
    terminal = new_id()
    drafts = three_drafts(server, terminal)
    found = server.get(
        "Order/GetOpenOrder",
        TerminalId=terminal, LastExecutedDate="2026-11-23T08:00:00", CurrentDate="2026-11-23T08:01:00",
    )  # fmt: skip
    assert ids(found) == [drafts[1]]


def test_an_orders_time_is_its_invoice_date_before_its_creation(server: Server) -> None:
    order = an_order(CreationDate="2019-01-01T10:00:00", InvoiceDate="2019-02-01T10:00:00")
    server.post("Order/PostOrder", order)
    read = {"path": "Order/GetOrdersWithoutExternalID", "TerminalId": order["TerminalId"]}
    assert server.get(**read, LastExecutedDate="2018-12-31", CurrentDate="2019-01-02") == []
    assert len(server.get(**read, LastExecutedDate="2019-01-31", CurrentDate="2019-02-02")) == 1


def test_every_later_change_brings_a_record_back_to_the_poller(server: Server) -> None:
    order = a_web_order(Status=1, PaymentStatus=2)
    server.post("Order/PostOnlineOrder", order)
    cursor = now()
    terminal = order["TerminalId"]
    assert server.get("Order/GetOpenOrder", LastExecutedDate=cursor, TerminalId=terminal) == []
    server.set_status(order, 3)
    assert ids(server.get("Order/GetOpenOrder", LastExecutedDate=cursor, TerminalId=terminal)) == [order["Id"]]


def test_a_page_of_large_orders_is_refused_and_smaller_ones_are_given(server: Server) -> None:
    terminal = new_id()
    drafts = [a_draft(TerminalId=terminal, Comments="x" * 1_000_000) for _ in range(66)]
    try:
        for draft in drafts:
            server.post("Order/PostOpenOrder", draft)
        (error,) = server.bad("Order/GetOpenOrder", TerminalId=terminal)["errors"]
        assert error == {"path": "PageSize", "message": "what this asks for is more than 64 MB; ask for fewer"}
        pages = [server.get("Order/GetOpenOrder", TerminalId=terminal, PageSize=40, PageNo=page) for page in range(3)]
        assert [len(page) for page in pages] == [40, 26, 0]
        assert {order["Id"] for page in pages for order in page} == {draft["Id"] for draft in drafts}
    finally:
        for draft in drafts:
            server.set_status(draft, 14)  # other tests ask for the open orders of every terminal
