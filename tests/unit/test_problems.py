"""What goes wrong, and how it is said: problems, foreign pages, and the way to a handler."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from api.app import ROUTES
from api.load import Load
from api.problems import (
    BodyTooLarge,
    Forbidden,
    Kind,
    NotFound,
    OtherTerminal,
    Problem,
    TooManyRequests,
    Unauthorised,
    WrongMethod,
    fail_as,
    problem,
)
from api.routing import Dispatcher, Route, command, query
from api.wire import body, json_answer
from ledger.errors import BadInput, OutcomeUnknown, Refused, Unavailable
from ledger.settings import Settings

Call = Callable[..., Awaitable[httpx.Response]]
NOBODY: frozenset[str] = frozenset()


def content(found: Problem) -> dict[str, Any]:
    """The JSON of a problem."""
    decoded: dict[str, Any] = msgspec.json.decode(found.body)
    return decoded


class TestTable:
    """Each error has one answer to a command and one to a query (contract, Answers)."""

    @pytest.mark.parametrize(
        ("error", "as_command", "as_query", "retryable"),
        [
            (Refused("closed"), 417, 400, False),
            (BadInput.at("$.Id", "is missing"), 417, 400, False),
            (Unavailable("the queue is full"), 417, 503, True),
            (ConnectionRefusedError("nobody there"), 417, 503, True),
            (TimeoutError(), 417, 503, True),
            (asyncpg.TooManyConnectionsError("full"), 417, 503, True),
            (asyncpg.CannotConnectNowError("starting"), 417, 503, True),
            (asyncpg.AdminShutdownError("stopping"), 417, 503, True),
            (asyncpg.ConnectionDoesNotExistError("gone"), 417, 503, True),
            (asyncpg.InterfaceError("pool is closing"), 417, 503, True),
            (asyncpg.DeadlockDetectedError("deadlock"), 417, 503, True),
            (asyncpg.DiskFullError("full"), 417, 503, True),
            (Unauthorised("unknown"), 401, 401, False),
            (Forbidden("foreign"), 403, 403, False),
            (OtherTerminal("another till's"), 403, 403, False),
            (TooManyRequests(8), 429, 429, True),
            (NotFound("nothing"), 404, 404, False),
            (WrongMethod("PUT", ["GET"]), 405, 405, False),
            (BodyTooLarge(10), 413, 413, False),
            (asyncpg.UndefinedTableError("a bug"), 500, 500, False),
            (KeyError("a bug"), 500, 500, False),
        ],
    )
    def test_status(self, error: Exception, as_command: int, as_query: int, retryable: bool) -> None:
        for kind, status in ((Kind.COMMAND, as_command), (Kind.QUERY, as_query)):
            found = problem(error, kind)
            assert found.status == content(found)["status"] == status
            assert content(found)["retryable"] is retryable
            assert (b"retry-after" in dict(found.headers)) is retryable
            assert dict(found.headers)[b"content-type"] == b"application/problem+json"

    def test_members_at_fault(self) -> None:
        found = content(problem(BadInput.at("$.OrderLines[2].Quantity", "must be a number"), Kind.COMMAND))
        assert found["errors"] == [{"path": "$.OrderLines[2].Quantity", "message": "must be a number"}]
        assert set(found) == {"type", "title", "status", "detail", "errors", "retryable"}

    def test_how_long_to_wait(self) -> None:
        assert dict(problem(Unavailable("later", retry_after=7), Kind.QUERY).headers)[b"retry-after"] == b"7"

    def test_a_bug_is_logged_and_not_shown(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.ERROR):
            found = problem(KeyError("the secret"), Kind.COMMAND)
        assert b"secret" not in found.body
        assert caplog.messages == ["unexpected: KeyError"]


async def _echo(request: Request) -> Response:
    return json_answer(await body(request), 1)


async def _who(request: Request) -> Response:
    return json_answer(msgspec.json.encode([request.state.correlation, request.path_params]))


def _raises(error: Exception) -> Callable[[Request], Awaitable[Response]]:
    async def handler(request: Request) -> Response:
        raise error

    return handler


async def _callback(request: Request) -> Response:
    fail_as(request, Kind.QUERY)
    raise OSError


class _Application(Starlette):
    def build_middleware_stack(self) -> ASGIApp:
        routes = [
            command("POST", "/api/Order/PostOrder", _echo, NOBODY),
            query("/api/Order/GetOpenOrder", _who, NOBODY),
            command("GET", "/api/Order/UpdateOrderStatus/{orderId}/{status}", _who, NOBODY),
            query("/v1/orders/{id}", _who, NOBODY),
            query("/v1/orders/{id}/history", _who, NOBODY),
            query("/v1/orders", _who, NOBODY),
            command("POST", "/refused", _raises(Refused("no")), NOBODY),
            command("POST", "/away", _raises(OSError("gone")), NOBODY),
            command("POST", "/callback", _callback, NOBODY),
            command("POST", "/unknown", _raises(OutcomeUnknown("who knows")), NOBODY),
            query("/bug", _raises(ZeroDivisionError()), NOBODY),
        ]
        return Dispatcher([route._replace(open=True) for route in routes], otherwise=self.router)


@pytest.fixture
def call() -> Call:
    """Sends one request to the application above."""
    app = _Application()
    app.state.settings = Settings(max_body_bytes=1024)
    app.state.load = Load(1 << 20)

    async def send(method: str, path: str, **arguments: Any) -> httpx.Response:
        base = "http://localhost:8000"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base) as client:
            return await client.request(method, path, **arguments)

    return send


class TestPaths:
    """Matched without regard to case; parameters come through as they were."""

    @pytest.mark.parametrize("path", ["/api/Order/PostOrder", "/API/order/POSTORDER", "//api//order/postorder/"])
    async def test_any_spelling(self, call: Call, path: str) -> None:
        answer = await call("POST", f"http://localhost:8000{path}", content=b"{}")
        assert (answer.status_code, answer.content) == (200, b"{}")

    async def test_parameters(self, call: Call) -> None:
        answer = await call("GET", "/api/order/updateorderstatus/%7BABC%7D/13")
        assert answer.json()[1] == {"orderId": "{ABC}", "status": "13"}
        assert (await call("GET", "/V1/Orders/Å")).json()[1] == {"id": "Å"}
        assert (await call("GET", "/v1/orders/")).json()[1] == {}
        for path in ("/v1/orders/aB/history", "/V1//Orders/aB/History/"):
            assert (await call("GET", path)).json()[1] == {"id": "aB"}
        assert (await call("GET", "/v1/orders/{}")).json()[1] == {"id": "{}"}

    @pytest.mark.parametrize(
        "path",
        ["/", "/api", "/api/Order/Nothing", "/api/Order/UpdateOrderStatus/1", "/v1/orders/1/2"],
    )
    async def test_unknown(self, call: Call, path: str) -> None:
        answer = await call("GET", path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)

    async def test_wrong_method(self, call: Call) -> None:
        answer = await call("DELETE", "/api/Order/PostOrder")
        assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")
        assert answer.json()["retryable"] is False

    async def test_head_reads_and_never_writes(self, call: Call) -> None:
        assert (await call("HEAD", "/api/Order/GetOpenOrder")).status_code == 200
        assert (await call("HEAD", "/api/Order/UpdateOrderStatus/1/13")).status_code == 405

    async def test_options(self, call: Call) -> None:
        answer = await call("OPTIONS", "/api/Order/GetOpenOrder")
        assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")

    def test_every_endpoint_of_the_contract_is_there(self) -> None:
        assert len([route for route in ROUTES if route.path.startswith("/api/") and route.path != "/api/Token"]) == 28
        assert len({(route.method, route.path.lower()) for route in ROUTES}) == len(ROUTES)
        assert all(isinstance(route, Route) for route in ROUTES)


class TestFailures:
    """From an error in a handler to an answer, or to none."""

    async def test_as_a_command_and_as_a_callback(self, call: Call) -> None:
        refused, away, callback = [await call("POST", path) for path in ("/refused", "/away", "/callback")]
        assert (refused.status_code, away.status_code, callback.status_code) == (417, 417, 503)
        assert (refused.json()["retryable"], away.json()["retryable"]) == (False, True)

    async def test_an_unknown_outcome_is_no_answer(self, call: Call) -> None:
        with pytest.raises(OutcomeUnknown):
            await call("POST", "/unknown")

    async def test_a_bug(self, call: Call) -> None:
        assert (await call("GET", "/bug")).status_code == 500

    async def test_too_large(self, call: Call) -> None:
        answer = await call("POST", "/api/Order/PostOrder", content=b"x" * 1025)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)


class TestGuard:
    """The demo keeps web pages of elsewhere out, and every request has an id."""

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:8000", "[::1]:8000", "till.localhost:1"])
    async def test_hosts_of_this_machine(self, call: Call, host: str) -> None:
        headers = {"Host": host, "Origin": f"http://{host}"}
        assert (await call("GET", "/api/Order/GetOpenOrder", headers=headers)).status_code == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "evillocalhost", "10.0.0.1"]
    )
    async def test_foreign_hosts_and_origins(self, call: Call, host: str) -> None:
        for headers in ({"Host": host}, {"Origin": f"https://{host}"}):
            assert (await call("GET", "/api/Order/GetOpenOrder", headers=headers)).status_code == 403

    @pytest.mark.parametrize("headers", [{"Origin": "null"}, {"Origin": ""}, {"Sec-Fetch-Site": "cross-site"}])
    async def test_pages_from_elsewhere(self, call: Call, headers: dict[str, str]) -> None:
        assert (await call("GET", "/api/Order/UpdateOrderStatus/1/14", headers=headers)).status_code == 403

    @pytest.mark.parametrize(
        ("sent", "kept"), [("till-7:42", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ('a"b', False)]
    )
    async def test_correlation_ids(self, call: Call, sent: str, kept: bool) -> None:
        answer = await call("GET", "/api/Order/GetOpenOrder", headers={"X-Correlation-ID": sent})
        assert (answer.json()[0] == sent) is kept

    async def test_every_request_has_its_own(self, call: Call) -> None:
        first, second = [(await call("GET", "/v1/orders")).json()[0] for _ in range(2)]
        assert first != second
