"""Pollers: an answer that would be the same again is 304, and a new one comes as soon as it would not."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.acceptance.bodies import an_order
from tests.acceptance.server import Server

ORDER = "5e1f0000-0000-4000-8000-00000000e7a6"
CUSTOMER = "5e1f0000-0000-4000-8000-00000000e7a7"
DATES = "?dates.LastExecutedDate=2020-01-01&PageNo=0&PageSize=10"
MONTH = "?year=2026&month=11"
READS = [
    *(f"/api/Order/{name}{DATES}" for name in (
        "GetOpenOrder", "GetCustomerInvoice", "GetOrdersWithoutExternalID", "GetOrdersWithoutCustomerAndExternalID",
        "GetReturnOrdersWithoutExternalID", "GetInviceGeneratedOpenOrder",
    )),
    f"/api/Order/GetOrdersHistory/{CUSTOMER}", f"/api/Order/GetCustomerCartOrder/{CUSTOMER}",
    f"/api/CashDrawerLog/GetCashDrawerLog{DATES}",
    "/api/Sale/GetOutlets", "/api/Sale/GetTodaySale", "/api/Sale/GetSaleByMonth?month=3",
    "/api/Sale/GetCurrentMonthSale",
    f"/api/Sale/GetMonthalySale{MONTH}", "/api/Sale/GetDailySale", f"/api/Sale/GetHourlySale{MONTH}&day=23",
    "/v1/stock", "/v1/swish", "/v1/terminals", "/v1/reports", "/v1/sales/explain?from=2026-11-23&to=2026-11-23",
    f"/v1/orders/{ORDER}", f"/v1/orders/{ORDER}?as_of=1000000", f"/v1/orders/{ORDER}/history", "/v1/events?limit=5",
    "/v1/log/checkpoint", "/v1/log/checkpoints",
]  # fmt: skip


def ask(server: Server, path: str, tag: str | None = None, position: int = 0, method: str = "GET") -> httpx.Response:
    """An answer that reflects everything up to a position; `tag` is of the one that is there already."""
    headers = {"Ledger-Min-Position": str(position)} | ({"If-None-Match": tag} if tag else {})
    return server.client.request(method, path, headers=headers)


@pytest.fixture
def sold(server: Server) -> int:
    """The position of an order that was sold just now."""
    position: int = server.post("Order/PostOrder", an_order(Id=ORDER))["Position"]
    return position


@pytest.mark.parametrize("path", READS)
def test_what_is_there_already_is_not_sent_again(server: Server, sold: int, path: str) -> None:
    for _ in range(20):  # the sealer, or another test's last write, may come in between
        first = ask(server, path, position=sold)
        again = ask(server, path, first.headers["ETag"], sold)
        if again.status_code == 304:
            break
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    for name in ("ETag", "Ledger-Position", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name], name
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert ask(server, path, '"other"', sold).status_code == 200


@pytest.mark.parametrize("path", READS)
def test_a_write_ends_it(server: Server, sold: int, path: str) -> None:
    before = ask(server, path, position=sold)
    position = server.post("Order/PostOrder", an_order())["Position"]
    after = ask(server, path, before.headers["ETag"], position)
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    assert int(after.headers["Ledger-Position"]) >= position or "as_of" in path


def test_each_question_has_a_tag_of_its_own(server: Server, sold: int) -> None:
    path = "/api/Order/GetOrdersWithoutExternalID?PageNo=0&PageSize="
    tag = ask(server, path + "1", position=sold).headers["ETag"]
    assert ask(server, path + "2", tag, sold).status_code == 200


def test_a_head_is_as_good(server: Server, sold: int) -> None:
    tag = ask(server, "/v1/stock", position=sold).headers["ETag"]
    assert ask(server, "/v1/stock", tag, sold, "HEAD").status_code == 304


def test_one_of_several_tags_will_do_and_a_weak_one_too(server: Server, sold: int) -> None:
    tag = ask(server, "/v1/stock", position=sold).headers["ETag"]
    assert ask(server, "/v1/stock", f'"other", W/{tag}', sold).status_code == 304


def test_a_get_that_writes_has_none(server: Server, sold: int) -> None:
    path = f"/api/Order/UpdateOrderStatus/{ORDER}/10"
    for _ in range(2):
        answer = ask(server, path, "*")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "ETag" not in answer.headers


def test_what_is_not_there_has_none(server: Server) -> None:
    answer = ask(server, f"/v1/orders/{uuid4()}", '"any"')
    assert answer.status_code == 404 and "ETag" not in answer.headers
