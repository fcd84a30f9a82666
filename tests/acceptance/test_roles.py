"""Who may do what: the complete matrix of roles and routes, as a table."""

from __future__ import annotations

import re

import httpx
import pytest

from api.app import ROUTES
from api.problems import Kind
from api.routing import Route
from tests.acceptance.bodies import NO_ID, a_drawer_event, a_z_report, an_invoice, an_order, new_id
from tests.acceptance.shops import TILL, Shops

# Route -> who may use it beside the admin: t(erminal), i(ntegrator), a(uditor).
MAY = {
    "POST /api/Order/PostOpenOrder": "t",
    "GET /api/Order/GetOpenOrder": "tia",
    "POST /api/Order/PostOrder": "t",
    "GET /api/Order/GetCustomerInvoice": "tia",
    "POST /api/Order/PostCustomerInvoice": "ti",
    "POST /api/Order/PostReports": "t",
    "POST /api/Order/PostCashDrawerLog": "t",
    "GET /api/Order/GetOrdersWithoutExternalID": "ia",
    "GET /api/Order/GetOrdersWithoutCustomerAndExternalID": "ia",
    "POST /api/Order/PostOrderExternalInformation": "i",
    "GET /api/Order/GetReturnOrdersWithoutExternalID": "ia",
    "POST /api/Order/PostReturnOrderExternalInformation": "i",
    "GET /api/Order/GetInviceGeneratedOpenOrder": "ia",
    "POST /api/Order/UpdateInviceGeneratedOpenOrder": "i",
    "GET /api/Order/UpdateOrderStatus/{orderId}/{status}": "ti",
    "POST /api/Order/PostOnlineOrder": "ti",
    "GET /api/Order/GetOrdersHistory/{customerId}": "tia",
    "GET /api/Order/GetCustomerCartOrder/{customerId}": "tia",
    "GET /api/CashDrawerLog/GetCashDrawerLog": "tia",
    "POST /api/CashDrawerLog/PostCashDrawerLog": "t",
    "GET /api/Sale/GetOutlets": "tia",
    "GET /api/Sale/GetTodaySale": "ia",
    "GET /api/Sale/GetSaleByMonth": "ia",
    "GET /api/Sale/GetCurrentMonthSale": "ia",
    "GET /api/Sale/GetMonthalySale": "ia",
    "GET /api/Sale/GetDailySale": "ia",
    "GET /api/Sale/GetHourlySale": "ia",
    "POST /api/SwishOnlinePayment/PostSwishOnlinePayment": "t",
    "GET /v1/orders/{id}": "tia",
    "GET /v1/orders/{id}/history": "a",
    "GET /v1/invoices/{id}": "tia",
    "GET /v1/invoices/{id}/history": "a",
    "GET /v1/drawer/{id}": "tia",
    "GET /v1/drawer/{id}/history": "a",
    "GET /v1/sales/explain": "ia",
    "GET /v1/stock": "ia",
    "GET /v1/swish": "tia",
    "GET /v1/swish/{swishId}": "tia",
    "GET /v1/swish/{swishId}/history": "a",
    "GET /v1/terminals": "ia",
    "GET /v1/reports": "ia",
    "GET /v1/events": "ia",
    "GET /metrics": "a",
    "GET /v1/log/vkey": "ta",
    "GET /v1/log/checkpoint": "ta",
    "GET /v1/log/checkpoints": "a",
    "GET /v1/log/proof/inclusion": "ta",
    "GET /v1/log/proof/consistency": "ta",
    "GET /v1/log/tile/{level}/{n}": "a",
    "GET /v1/log/tile/{level}/{n}/{o}": "a",
    "GET /v1/log/tile/{level}/{n}/{o}/{p}": "a",
    "GET /v1/log/tile/{level}/{n}/{o}/{p}/{q}": "a",
    "GET /v1/log/tile/{level}/{n}/{o}/{p}/{q}/{r}": "a",
}
OPEN = {"POST /Token", "POST /api/Token"}
ROLES = {"terminal": "t", "integrator": "i", "auditor": "a", "admin": ""}


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def ask(shops: Shops, credential: str | None, route: str) -> httpx.Response:
    """The route with nothing in it: whoever may use it hears that something is missing."""
    method, path = route.split()
    body = {"content": b"{}"} if method == "POST" else {}
    return shops.send(credential, method, re.sub(r"\{\w+\}", NO_ID, path), **body)


def test_the_table_is_complete() -> None:
    guarded = {name(route) for route in ROUTES if route.roles and route.kind is not Kind.PAGE}
    assert guarded == set(MAY)
    assert {name(route) for route in ROUTES if not route.roles} >= OPEN


@pytest.mark.parametrize("route", MAY)
def test_each_role_may_what_the_table_says_and_nothing_else(two_shops: Shops, route: str) -> None:
    for shop in (two_shops.first, two_shops.second):
        for role, letter in ROLES.items():
            answer = ask(two_shops, shop.keys[role], route)
            if letter in MAY[route]:
                assert answer.status_code in {200, 400, 404, 417}, (role, answer.text)
            else:
                assert answer.status_code == 403, (role, answer.text)
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert answer.json()["type"].endswith("forbidden")


@pytest.mark.parametrize("route", MAY)
def test_nobody_else_may_anything(two_shops: Shops, route: str) -> None:
    key = two_shops.first.keys["admin"]
    unknown = [f"ol_1_{'A' * 43}", f"ol_99999_{key[-43:]}", f"{key[:-1]}?", "x", "ol_1_", key.replace("ol_1_", "ol_2_")]
    for credential in (None, two_shops.first.keys["expired"], two_shops.second.keys["revoked"], *unknown):
        answer = ask(two_shops, credential, route)
        assert answer.status_code == 401, (credential, answer.text)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("value", ["{}", "Basic {}", "Bearer: {}", "bearer {}x", "Bearer {} {}"])
def test_a_key_sent_otherwise_is_none(two_shops: Shops, value: str) -> None:
    headers = {"Authorization": value.replace("{}", two_shops.first.keys["admin"])}
    assert two_shops.send(None, "GET", "/api/Sale/GetOutlets", headers=headers).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_scheme_is_read_in_any_case(two_shops: Shops, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {two_shops.first.keys['admin']}"}
    assert two_shops.send(None, "GET", "/api/Sale/GetOutlets", headers=headers).status_code == 200


def test_foreign_hosts_are_no_strangers_where_everybody_has_a_credential(two_shops: Shops) -> None:
    headers = {"Host": "pos.example", "Origin": "https://shop.example"}
    answer = two_shops.send(two_shops.first.keys["auditor"], "GET", "/api/Sale/GetOutlets", headers=headers)
    assert answer.status_code == 200


OTHER = new_id()


@pytest.mark.parametrize(("path", "own", "foreign"), [
    ("Order/PostOpenOrder", an_order(TerminalId=str(TILL), Status=3), an_order(TerminalId=OTHER, Status=3)),
    ("Order/PostOrder", an_order(TerminalId=str(TILL)), an_order(TerminalId=OTHER)),
    ("Order/PostOrder", an_order(TerminalId=NO_ID), an_order(TerminalId=OTHER)),
    ("Order/PostOnlineOrder", an_order(TerminalId=str(TILL)), an_order(TerminalId=OTHER)),
    ("Order/PostOrder", an_order(TerminalId=str(TILL)),
     (order := an_order(TerminalId=str(TILL))) | {"Receipts": [order["Receipts"][0] | {"TerminalId": OTHER}]}),
    ("Order/PostCustomerInvoice", an_invoice(TerminalId=str(TILL)), an_invoice(TerminalId=OTHER)),
    ("Order/PostReports", a_z_report(TerminalId=str(TILL)), a_z_report(TerminalId=OTHER)),
    ("Order/PostReports", (report := a_z_report(TerminalId=str(TILL))),
     report | {"Id": new_id(), "Report": report["Report"] | {"TerminalId": OTHER}}),
    ("CashDrawerLog/PostCashDrawerLog", a_drawer_event(CashDrawer={"TerminalId": str(TILL)}), a_drawer_event()),
    ("Order/PostCashDrawerLog", a_drawer_event(CashDrawer=None), a_drawer_event()),
])  # fmt: skip
async def test_a_key_of_a_terminal_posts_documents_of_that_terminal_only(
    two_shops: Shops, path: str, own: dict[str, object], foreign: dict[str, object]
) -> None:
    till = two_shops.client(two_shops.first.keys["bound"])
    before = await two_shops.pool.fetch("SELECT * FROM ledger.heads()")
    answer = till.send("POST", path, foreign)
    assert answer.status_code == 403, answer.text
    assert answer.json()["type"] == "urn:order-ledger:other-terminal"
    assert str(TILL) in answer.json()["detail"]
    assert await two_shops.pool.fetch("SELECT * FROM ledger.heads()") == before
    till.post(path, own)
