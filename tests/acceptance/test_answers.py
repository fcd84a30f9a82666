"""Statuses, shapes and headers of answers, and who is let in (contract, section 1, Answers and Credentials)."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from api.app import ROUTES
from api.problems import Kind
from tests.acceptance.bodies import NO_ID, a_draft, an_order, new_id
from tests.acceptance.server import Server

CALLS = [
    (route.method, re.sub(r"\{\w+\}", NO_ID, route.path))
    for route in ROUTES
    if route.kind is Kind.COMMAND or (not route.open and route.kind is not Kind.PAGE)
]
POSTS = [path for method, path in CALLS if method == "POST"]
GETS = [path for method, path in CALLS if method == "GET"]
READS = [path for path in GETS if "UpdateOrderStatus" not in path]


def test_all_endpoints_are_there() -> None:
    assert len([path for _, path in CALLS if path.startswith("/api/")]) == 28


def test_a_refusal_names_the_member_at_fault(server: Server) -> None:
    order = an_order()
    order["OrderLines"] = [*order["OrderLines"], order["OrderLines"][0] | {"Id": new_id(), "Quantity": "1.2345678"}]
    found = server.refused("Order/PostOrder", order)
    (error,) = found["errors"]
    assert error["path"] == "$.OrderLines[1].Quantity"
    assert error["message"]
    assert found["detail"]


def test_a_refused_command_has_written_nothing(server: Server) -> None:
    order = an_order()
    server.refused("Order/PostOrder", order | {"Payments": [{"Id": "x"}]})
    assert server.ask(f"/v1/orders/{order['Id']}").status_code == 404
    server.post("Order/PostOrder", order)


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_no_json_is_417_everywhere(server: Server, path: str) -> None:
    server.refused(path, b"{not json")


@pytest.mark.parametrize("path", POSTS)
def test_an_empty_body_is_417_everywhere(server: Server, path: str) -> None:
    server.refused(path, b"")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "identity, br", "deflate"])
def test_a_compressed_body_is_417_and_told_why(server: Server, path: str, coding: str) -> None:
    order = an_order()
    compressed = gzip.compress(json.dumps(order).encode())
    found = server.refused(path, compressed, at="Content-Encoding", Content_Encoding=coding)
    assert "send it uncompressed" in found["detail"]
    assert server.ask(f"/v1/orders/{order['Id']}").status_code == 404


@pytest.mark.parametrize("coding", ["", "identity", "utf-8"])
def test_a_coding_that_compresses_nothing_is_no_hindrance(server: Server, coding: str) -> None:
    server.post("Order/PostOrder", an_order(), Content_Encoding=coding)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_another_method_is_405(server: Server, method: str, path: str) -> None:
    for other in {"GET", "POST", "PUT", "DELETE", "PATCH"} - {method}:
        answer = server.send(other, path, b"{}")
        assert answer.status_code == 405
        assert method in answer.headers["Allow"]


@pytest.mark.parametrize("path", [
    "/nowhere", "/api", "/api/Order", "/api/Order/PostOrders", "/api/Order/PostOrder/x", "/v1/orders", "/v2/stock",
    "/api/Order/UpdateOrderStatus", f"/api/Order/UpdateOrderStatus/{NO_ID}", "/api/Sale/GetOutlets/%2e%2e/x", "/%00",
])  # fmt: skip
def test_an_unknown_path_is_404(server: Server, path: str) -> None:
    assert server.send("GET", path).status_code == 404
    assert server.send("POST", path, b"{}").status_code == 404


@pytest.mark.parametrize("path", READS)
def test_paths_are_matched_in_any_case(server: Server, path: str) -> None:
    expected = server.send("GET", path).status_code
    assert expected in {200, 400, 404}
    assert server.send("GET", path.upper()).status_code == expected
    assert server.send("GET", path.lower()).status_code == expected


def test_a_body_over_the_limit_is_413(server: Server) -> None:
    large = json.dumps(an_order(Comments="x" * 2**20)).encode()
    assert server.send("POST", "Order/PostOrder", large).status_code == 413
    assert server.send("GET", "Sale/GetOutlets").status_code == 200


def test_a_body_near_the_limit_is_taken(server: Server) -> None:
    server.post("Order/PostOpenOrder", a_draft(Comments="x" * (2**20 - 10_000)))


REFLECTED = [path for path in READS if path.startswith("/api/")]


@pytest.mark.parametrize("path", [*REFLECTED, "/v1/stock", "/v1/swish", "/v1/terminals", "/v1/reports"])
def test_reads_say_which_position_they_reflect(server: Server, path: str) -> None:
    query = "?year=2026&month=11&day=23"
    server.post("Order/PostOrder", an_order())
    answer = server.client.get(path + query, headers={"Ledger-Min-Position": str(server.position)})
    assert answer.status_code == 200
    assert int(answer.headers["Ledger-Position"]) >= server.position


@pytest.mark.parametrize("path", ["/api/Order/GetOpenOrder", "/v1/stock"])
def test_a_read_that_cannot_reach_a_position_in_time_is_503(server: Server, path: str) -> None:
    answer = server.client.get(path, headers={"Ledger-Min-Position": str(10**12)})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["retryable"] is True


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 40])
def test_a_position_that_is_none_is_400(server: Server, value: str) -> None:
    answer = server.client.get("/api/Sale/GetOutlets", headers={"Ledger-Min-Position": value})
    assert answer.status_code == 400


@pytest.mark.parametrize("value", ["Bearer nobody", "bearer nobody", "Basic eDp5", "Bearer", "x"])
def test_an_unknown_credential_is_401(server: Server, value: str) -> None:
    for method, path in [("GET", "/api/Sale/GetOutlets"), ("POST", "/api/Order/PostOrder")]:
        answer = server.send(method, path, b"{}", Authorization=value)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("grant", [
    "grant_type=password&userName=x&password=y", "grant_type=password&username=x&password=y",
    "grant_type=refresh_token&refresh_token=x", "", "grant_type=other",
])  # fmt: skip
def test_nobody_has_a_password_yet(server: Server, grant: str) -> None:
    answer = server.send("POST", "/Token", grant.encode(), Content_Type="application/x-www-form-urlencoded")
    assert answer.status_code in {400, 401}


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_the_demo_answers_no_foreign_page(server: Server, header: dict[str, str]) -> None:
    assert server.send("GET", "/api/Sale/GetOutlets", **header).status_code == 403


def test_the_demo_answers_a_page_of_this_machine(server: Server) -> None:
    assert server.send("GET", "/api/Sale/GetOutlets", Origin="http://localhost:3000").status_code == 200


def test_a_status_update_is_never_cached(server: Server) -> None:
    draft = a_draft()
    server.post("Order/PostOpenOrder", draft)
    answer = server.send("GET", f"Order/UpdateOrderStatus/{draft['Id']}/6")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [
    "Order/GetOrdersHistory/x", "Order/GetCustomerCartOrder/123", "/v1/orders/x", "/v1/stock?productId=x",
    "/v1/stock?outletId=x", "/v1/swish?orderId=x", "/v1/reports?terminalId=x",
    f"Order/GetOrdersHistory/{NO_ID}?all=perhaps",
])  # fmt: skip
def test_a_bad_id_in_a_query_is_400(server: Server, path: str) -> None:
    server.bad(path)
