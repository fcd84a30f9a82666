"""The description of the API against the running server: every route does what is said of it, errors included."""

from __future__ import annotations

import asyncio
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from api.app import ROUTES
from api.openapi.document import document
from ledger import users
from ledger.codec import encoder
from ledger.passwords import hashed
from tests.acceptance.bodies import a_return, an_invoice, an_order, new_id
from tests.acceptance.server import Server, serving
from tests.acceptance.shops import Shops, an_address
from tests.described import Described, Operation

Json = dict[str, Any]
Sent = dict[str, str]

AT_MOST = 8000
NEVER = "?!\0"
DESCRIBED = Described(httpx.Response(200, content=encoder.encode(document(ROUTES))).json())
OPERATIONS = DESCRIBED.operations()
READS = [one for one in OPERATIONS if "417" not in one.about["responses"] and one.method == "GET"]
WRITES = [one for one in OPERATIONS if "417" in one.about["responses"]]
GUARDED = [one for one in OPERATIONS if one.about["x-roles"]]


class Place(NamedTuple):
    """A server, what it says of itself, and a client that has posted every example."""

    server: Server
    described: Described

    def ask(self, operation: Operation, query: Json | None = None, headers: Sent | None = None) -> httpx.Response:
        """The operation with its examples: the path's, what it needs of its query, its first body."""
        body = next(operation.bodies(), None)
        return self.send(operation, operation.path, body, needed(operation) | (query or {}), headers)

    def send(
        self, operation: Operation, path: str, body: Any, query: Json, headers: Sent | None = None
    ) -> httpx.Response:
        """The operation, with some other path, body, query or headers."""
        said: Json = {}
        if body is not None:
            form = body[0] == "application/x-www-form-urlencoded"
            said = {"data" if form else "json": body[1]}
        url = f"{filled(operation, path)}?{urllib.parse.urlencode(query)}"
        return self.server.client.request(operation.method, url, headers=headers, **said)


def needed(operation: Operation) -> Json:
    """The examples of the parameters it cannot do without."""
    found = {one["name"]: one["example"] for one in operation.parameters("query") if one.get("required")}
    return found or ({"position": 1} if operation.about["operationId"] == "ProveInclusion" else {})


def filled(operation: Operation, path: str) -> str:
    """A path with examples in its places."""
    examples = {one["name"]: str(one["example"]) for one in operation.parameters("path")}
    return re.sub(r"\{(\w+)\}", lambda found: examples[found[1]], path)


def named(operations: list[Operation]) -> pytest.MarkDecorator:
    """A parameter for each operation, under its name."""
    return pytest.mark.parametrize("operation", operations, ids=str)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server of their own, and every example of a body posted to it, in the order of the document."""
    directory = tmp_path_factory.mktemp("described")
    with (
        serving(directory / "data", directory / "server.log", MAX_BODY_BYTES=str(AT_MOST)) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        answer = client.get("/openapi.json")
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        found = Place(Server(client), Described(answer.json()))
        for operation in WRITES:
            bodies: list[Any] = [*operation.bodies()] or [None]
            for body in bodies:
                answer = found.send(operation, operation.path, body, {})
                assert answer.json()["Duplicate"] is False, (str(operation), answer.text)
                found.described.check(operation, answer)
                found.server.position = answer.json()["Position"]
        # The queues are empty by now: something to read for each.
        for order in (a_return(), an_order()):
            found.server.post("Order/PostOrder", order)
        invoiced = an_order(CustomerId=new_id())
        found.server.post("Order/PostOrder", invoiced)
        found.server.post("Order/PostCustomerInvoice", an_invoice(invoiced))
        yield found
    assert '"level":"ERROR"' not in (directory / "server.log").read_text("utf-8")


def test_it_is_made_of_the_routes(place: Place) -> None:
    assert place.described.document == DESCRIBED.document


@named([one for one in OPERATIONS if "304" in one.about["responses"] and not one.about["x-roles"]])
def test_what_is_kept_is_known_again(place: Place, operation: Operation) -> None:
    first = place.ask(operation)
    assert first.headers["Cache-Control"] in ("no-cache", "public, max-age=86400")
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    for sent, status in ((first.headers["ETag"], 304), (f'"other", W/{first.headers["ETag"]}', 304), ('"other"', 200)):
        answer = place.ask(operation, headers={"If-None-Match": sent})
        assert (answer.status_code, answer.headers["ETag"]) == (status, first.headers["ETag"])
        place.described.check(operation, answer)


@pytest.mark.parametrize(("path", "kind"), [
    ("/docs", "text/html; charset=utf-8"), ("/DOCS/", "text/html; charset=utf-8"),
    ("/docs/swagger-ui.css", "text/css; charset=utf-8"), ("/docs/favicon-32x32.png", "image/png"),
    ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"), ("/docs/index.html", None),
    ("/docs/..%2f..%2fdocs.py", None),
])  # fmt: skip
def test_the_page_and_its_files(place: Place, path: str, kind: str | None) -> None:
    answer = place.server.client.get(path)
    assert answer.headers["Content-Type"] == (kind or "application/problem+json")
    assert answer.status_code == (200 if kind else 404)
    assert ("default-src 'none'" in answer.headers.get("Content-Security-Policy", "")) is (path.lower() in _PAGE)
    assert "://" not in (answer.text if path.lower() in _PAGE else ""), "nothing from elsewhere"


_PAGE = ("/docs", "/docs/")


@named(WRITES)
def test_an_example_posted_again_is_a_duplicate(place: Place, operation: Operation) -> None:
    answer = place.ask(operation)
    place.described.check(operation, answer)
    assert answer.json()["Duplicate"] is True


@named(READS)
def test_a_read_answers_as_it_is_described(place: Place, operation: Operation) -> None:
    waits = any(one["name"] == "Ledger-Min-Position" for one in operation.parameters("header"))
    answer = place.ask(operation, headers={"Ledger-Min-Position": str(place.server.position)} if waits else {})
    tile = operation.path.startswith("/v1/log/tile/")
    assert answer.status_code == 200 or (tile and answer.status_code == 404), answer.text
    place.described.check(operation, answer)
    if answer.headers["Content-Type"].startswith("application/json"):
        assert answer.json() is not None and answer.json() != [], "there is something to compare"


@pytest.mark.parametrize(("accept", "format_"), [("application/x-ndjson", "ndjson"), ("text/event-stream", "sse")])
def test_the_log_comes_in_the_forms_that_are_described(place: Place, accept: str, format_: str) -> None:
    (operation,) = [one for one in READS if one.path == "/v1/events"]
    for headers, query in (({"Accept": accept}, {}), ({}, {"format": format_})):
        with place.server.client.stream("GET", operation.path, headers=headers, params=query) as answer:
            assert answer.headers["Content-Type"].partition(";")[0] == accept
            assert "X-Correlation-Id" in answer.headers and answer.headers["Cache-Control"] == "no-store"
            assert "order" in next(text for text in answer.iter_text() if "order" in text)


PARAMETERS = [
    (operation, parameter)
    for operation in OPERATIONS
    for place_ in ("query", "header", "path")
    for parameter in operation.parameters(place_)
    if parameter["name"] not in ("X-Correlation-Id", "callbackIdentifier", "file", "If-None-Match")
]
each_parameter = pytest.mark.parametrize(
    ("operation", "parameter"), PARAMETERS, ids=[f"{one}-{parameter['name']}" for one, parameter in PARAMETERS]
)
# What stands where nothing can be wrong: such a part of a path leads to nothing, such a tenant is nobody's.
ELSEWHERE = {"swishId": 404, "level": 404, "n": 404, "o": 404, "p": 404, "q": 404, "r": 404, "tenant": 401}


def misused(place: Place, operation: Operation, parameter: Json, value: str) -> httpx.Response:
    """The operation with one parameter that makes no sense."""
    name, body = parameter["name"], next(operation.bodies(), None)
    if parameter["in"] == "query":
        return place.ask(operation, {name: value})
    if parameter["in"] == "header":
        sent = "x" * 201 if name == "Idempotency-Key" else "x"
        return place.ask(operation, headers={name: sent, "Accept": "text/event-stream" if "Last" in name else "*/*"})
    path = operation.path.replace(f"{{{name}}}", urllib.parse.quote("x"))
    return place.send(operation, path, body, needed(operation))


@each_parameter
def test_every_parameter_that_is_described_is_read(place: Place, operation: Operation, parameter: Json) -> None:
    answer = misused(place, operation, parameter, NEVER)
    expected = ELSEWHERE.get(parameter["name"], 417 if "417" in operation.about["responses"] else 400)
    assert answer.status_code == expected, answer.text
    place.described.check(operation, answer)
    if expected in (400, 417):
        assert parameter["name"].removeprefix("dates.") in [error["path"] for error in answer.json()["errors"]]


BOUNDED = [one for one in PARAMETERS if one[1]["in"] == "query" and "minimum" in one[1]["schema"]]


@pytest.mark.parametrize(("operation", "parameter"), BOUNDED, ids=[f"{one}-{about['name']}" for one, about in BOUNDED])
def test_the_bounds_of_a_number_are_those_that_are_described(
    place: Place, operation: Operation, parameter: Json
) -> None:
    schema, name = parameter["schema"], parameter["name"]
    beyond = [schema["minimum"] - 1, *([schema["maximum"] + 1] if "maximum" in schema else [])]
    assert [place.ask(operation, {name: value}).status_code for value in beyond] == [400] * len(beyond)
    within = [schema["minimum"], *([schema["maximum"]] if "maximum" in schema else [])]
    # No tree is so large or so small, and a day so late is in no month of the example.
    for value in within if name not in ("size", "from", "to", "day") else []:
        answer = place.ask(operation, {name: value})
        assert answer.status_code in (200, 404), answer.text


@named(OPERATIONS)
def test_another_method_and_another_path(place: Place, operation: Operation) -> None:
    responses = place.described.document["components"]["responses"]
    path = filled(operation, operation.path)
    answer = place.server.client.put(path)
    assert answer.status_code == 405 and operation.method in answer.headers["Allow"]
    place.described.check_response(responses["Problem405"], answer)
    answer = place.server.client.get(f"{path}/none/such/there/is/none")
    assert answer.status_code == 404
    place.described.check_response(responses["Problem404"], answer)


@named([one for one in OPERATIONS if one.method == "POST"])
def test_bodies_that_are_nothing_and_bodies_that_are_too_large(place: Place, operation: Operation) -> None:
    for content, status in ((b"[]", 417), (b"{", 417), (b"x" * (AT_MOST + 1), 413)):
        answer = place.server.client.post(operation.path, content=content)
        emptied = operation.path == "/api/Order/UpdateInviceGeneratedOpenOrder" and content == b"[]"
        assert answer.status_code == (
            200 if emptied else 400 if status == 417 and operation in READS_BY_POST else status
        )
        place.described.check(operation, answer)


READS_BY_POST = [one for one in OPERATIONS if one.method == "POST" and "417" not in one.about["responses"]]


async def test_a_read_that_cannot_show_a_position_says_when_to_come_again(place: Place) -> None:
    waiting = [
        one for one in READS if any(header["name"] == "Ledger-Min-Position" for header in one.parameters("header"))
    ]
    async with httpx.AsyncClient(base_url=place.server.client.base_url, timeout=60) as client:

        async def ask(operation: Operation) -> httpx.Response:
            path, query = filled(operation, operation.path), needed(operation)
            return await client.get(path, params=query, headers={"Ledger-Min-Position": str(10**15)})

        answers = await asyncio.gather(*map(ask, waiting))
    assert len(waiting) == len([one for one in GUARDED if one in READS and one.path != "/metrics"])
    for operation, answer in zip(waiting, answers, strict=True):
        assert answer.status_code == 503 or operation.path.startswith("/v1/log/tile"), (operation.path, answer.text)
        place.described.check(operation, answer)


@named(OPERATIONS)
def test_a_page_from_elsewhere_is_kept_out_of_a_demo(place: Place, operation: Operation) -> None:
    answer = place.ask(operation, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    place.described.check(operation, answer)


@named(GUARDED)
def test_roles_are_those_that_are_described(two_shops: Shops, operation: Operation) -> None:
    path = filled(operation, operation.path)
    body: Json = {"content": b"{}"} if operation.method == "POST" else {}
    nobody = two_shops.send(None, operation.method, path, **body)
    assert nobody.status_code == 401
    DESCRIBED.check(operation, nobody)
    for role in ("terminal", "integrator", "auditor", "admin"):
        answer = two_shops.send(two_shops.first.keys[role], operation.method, path, **body)
        assert (answer.status_code == 403) is (role not in operation.about["x-roles"]), answer.text
        DESCRIBED.check(operation, answer)


async def test_tokens_and_guesses(two_shops: Shops) -> None:
    operation, other = [one for one in OPERATIONS if one.about["tags"] == ["Credentials"]]
    name = f"{new_id()}@kafe.example"
    await users.add_user(two_shops.pool, two_shops.first.tenant.tenant_id, name, hashed("bulle med bulle"), "auditor")
    form = {"grant_type": "password", "username": name, "password": "bulle med bulle"}
    for one, sent, status in ((operation, form, 200), (other, form, 200), (operation, {}, 400),
                              (operation, form | {"password": "x"}, 401)):  # fmt: skip
        answer = two_shops.send(None, "POST", one.path, data=sent)
        assert answer.status_code == status, answer.text
        DESCRIBED.check(one, answer)
    guesser = {"X-Forwarded-For": an_address()}
    answers = [two_shops.send(None, "POST", operation.path, data=form | {"password": "x"}, headers=guesser)
               for _ in range(8)]  # fmt: skip
    assert answers[-1].status_code == 429
    DESCRIBED.check(operation, answers[-1])
