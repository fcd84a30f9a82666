"""Pages of lists that change while they are read: nothing is passed over, nothing comes twice (contract, section 1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.bodies import a_draft, a_drawer_event, a_return, an_invoice, an_order, new_id
from tests.acceptance.server import Json, Server

SALES, SET = "Order/GetOrdersWithoutExternalID", "Order/PostOrderExternalInformation"
DRAWER = "CashDrawerLog/GetCashDrawerLog"


def at(minute: int) -> str:
    """An instant of a morning."""
    return f"2026-11-23T08:{minute:02}:00"


def booked(server: Server, order: Json) -> None:
    """An integrator gives an order its number."""
    server.post(SET, {"Id": order["Id"], "ExternalID": "B-1"})


def returned(server: Server, order: Json) -> None:
    """The same of a return."""
    server.post("Order/PostReturnOrderExternalInformation", {"Id": order["Id"], "ExternalID": "B-1"})


def synced(server: Server, order: Json) -> None:
    """The same of an order that is invoiced."""
    server.post("Order/UpdateInviceGeneratedOpenOrder", [{"Id": order["Id"], "ExternalID": "B-1"}])


def closed(server: Server, order: Json) -> None:
    """A guest pays."""
    server.post("Order/PostOrder", order | an_order(Id=order["Id"], TerminalId=order["TerminalId"]))


QUEUES = [
    pytest.param("GetOpenOrder", "PostOpenOrder", a_draft, closed, id="open"),
    pytest.param("GetOrdersWithoutExternalID", "PostOrder", an_order, booked, id="sales"),
    pytest.param("GetOrdersWithoutCustomerAndExternalID", "PostOrder", an_order, booked, id="sales of nobody"),
    pytest.param("GetReturnOrdersWithoutExternalID", "PostOrder", a_return, returned, id="returns"),
    pytest.param(
        "GetInviceGeneratedOpenOrder", "PostOrder",
        lambda **changes: an_order(CustomerId=new_id(), InvoiceGenerated=1, **changes), synced, id="invoiced",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("queue", "post", "made", "leave"), QUEUES)
def test_what_leaves_a_queue_while_it_is_read_takes_nothing_along(
    server: Server, queue: str, post: str, made: Callable[..., Json], leave: Callable[[Server, Json], None]
) -> None:
    terminal = new_id()
    orders = [made(TerminalId=terminal, CreationDate=at(n), InvoiceDate=at(n)) for n in range(7)]
    for order in orders:
        server.post(f"Order/{post}", order)
    found: list[Json] = []
    number = 0
    while page := server.get(f"Order/{queue}", TerminalId=terminal, PageNo=number, PageSize=2):
        found += page
        for order in page:
            leave(server, next(one for one in orders if one["Id"] == order["Id"]))
        number += 1
    assert [order["Id"] for order in found] == [order["Id"] for order in orders]


def pages(server: Server, path: str, terminal: str, between: Callable[[int], Any], **query: object) -> list[list[str]]:
    """The ids on three pages of two; something happens before each."""
    found = []
    for number in range(3):
        between(number)
        page = server.get(path, TerminalId=terminal, PageNo=number, PageSize=2, **query)
        found.append([row["Id"] for row in page])
    return found


def test_what_comes_in_front_of_a_page_moves_nothing_on(server: Server) -> None:
    terminal = new_id()
    entries = [
        a_drawer_event(ActivityDate=at(n), CashDrawer={"Id": new_id(), "TerminalId": terminal}) for n in range(8)
    ]
    first = [entry["Id"] for entry in reversed(entries[:4])]

    def another(number: int) -> None:
        for entry in [entries[:4], entries[4:6], entries[6:]][number]:
            server.post("CashDrawerLog/PostCashDrawerLog", entry)

    assert pages(server, DRAWER, terminal, another) == [first[:2], first[2:], []]
    newest = server.get(DRAWER, TerminalId=terminal, PageNo=0, PageSize=100)
    assert [row["Id"] for row in newest] == [entry["Id"] for entry in reversed(entries)]


@pytest.mark.parametrize(
    ("path", "post", "made"),
    [
        (DRAWER, "CashDrawerLog/PostCashDrawerLog", lambda terminal: a_drawer_event(
            ActivityDate=None, CashDrawer={"Id": new_id(), "TerminalId": terminal})),
        ("Order/GetCustomerInvoice", "Order/PostCustomerInvoice", lambda terminal: an_invoice(
            CreationDate=None, TerminalId=terminal)),
    ],
    ids=["drawer", "invoices"],
)  # fmt: skip
def test_what_has_no_date_is_paged_too(server: Server, path: str, post: str, made: Callable[[str], Json]) -> None:
    terminal = new_id()
    records = [made(terminal) for _ in range(4)]
    for record in records:
        server.post(post, record)
    ids = sorted(record["Id"] for record in records)
    assert pages(server, path, terminal, lambda _: None) == [ids[:2], ids[2:], []]


def test_an_order_that_came_late_and_is_changed_between_two_pages_hides_no_other(server: Server) -> None:
    terminal, begun = new_id(), datetime.now(UTC) - timedelta(minutes=1)
    orders = [an_order(TerminalId=terminal, InvoiceDate=at(n)) for n in range(4)]
    for order in orders:
        server.post("Order/PostOrder", order)
    until = server.client.get("/v1/events", params={"after": server.position - 1}).json()["Events"][0]["RecordedAt"]
    window = {"LastExecutedDate": begun.isoformat(), "CurrentDate": until}

    def changed(number: int) -> None:
        if number == 1:
            server.post("Order/PostOrder", orders[0] | {"OrderComments": "to take away"})

    found = pages(server, SALES, terminal, changed, **window)
    assert found == [[order["Id"] for order in orders[:2]], [order["Id"] for order in orders[2:]], []]


def test_an_answer_that_a_client_has_is_of_the_same_page(server: Server) -> None:
    terminal = new_id()
    for number in range(3):
        server.post("Order/PostOrder", an_order(TerminalId=terminal, InvoiceDate=at(number)))
    path = f"/api/{SALES}?TerminalId={terminal}&PageSize=2&PageNo="
    headers = {"Ledger-Min-Position": str(server.position)}
    counted_off = server.client.get(path + "1", headers=headers)
    server.client.get(path + "0", headers=headers)
    behind = server.client.get(path + "1", headers=headers | {"If-None-Match": counted_off.headers["ETag"]})
    assert behind.json() == counted_off.json(), "behind a page of this round, and not of the last one: so another tag"
    again = server.client.get(path + "1", headers=headers | {"If-None-Match": behind.headers["ETag"]})
    assert again.status_code == 304


def test_behind_a_page_that_a_client_has_the_next_one_begins(server: Server) -> None:
    terminal = new_id()
    orders = [an_order(TerminalId=terminal, InvoiceDate=at(n)) for n in range(4)]
    for order in orders:
        server.post("Order/PostOrder", order)
    path = f"/api/{SALES}?TerminalId={terminal}&PageSize=2&PageNo="
    headers = {"Ledger-Min-Position": str(server.position)}
    for number in "012":
        last = server.client.get(path + number, headers=headers)
    assert last.json() == []
    first = server.client.get(path + "0", headers=headers)
    assert server.client.get(path + "0", headers=headers | {"If-None-Match": first.headers["ETag"]}).status_code == 304
    for order in orders[:2]:
        booked(server, order)
    second = server.client.get(path + "1", headers={"Ledger-Min-Position": str(server.position)}).json()
    assert [order["Id"] for order in second] == [order["Id"] for order in orders[2:]]
