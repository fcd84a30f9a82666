"""The description of the API: complete, valid, and made of what the server runs on."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.requests import Request
from starlette.responses import Response

from api.app import ROUTES
from api.described import described, one
from api.openapi import examples, schemas
from api.openapi.answers import Written
from api.openapi.document import document, is_of_the_api
from api.problems import OUTCOMES
from api.routing import command, query
from ledger import full_records
from ledger.codec import encoder
from ledger.roles import ROLES
from tests.acceptance import bodies
from tests.described import Described, Operation

DOCUMENT: dict[str, Any] = msgspec.json.decode(encoder.encode(document(ROUTES)))
DESCRIBED = Described(DOCUMENT)
OPERATIONS = DESCRIBED.operations()
NOBODY: frozenset[str] = frozenset()
SOLD = bodies.an_order()
# As tills, web shops and Swish write them.
SENT = [
    ("Order", bodies.a_draft()), ("Order", SOLD), ("Order", bodies.a_return()), ("Order", bodies.a_web_order()),
    ("CustomerInvoice", bodies.an_invoice(SOLD)), ("CashDrawerLog", bodies.a_drawer_event()),
    ("TerminalStatusLog", bodies.a_z_report()), ("SwishPayment", bodies.a_swish_record(SOLD)),
    ("SwishCallback", bodies.a_callback(SOLD)),
]  # fmt: skip
TEXT = encoder.encode(DOCUMENT).decode()


async def handler(request: Request) -> Response:
    """Says nothing."""
    return Response()


def named(operations: list[Operation]) -> pytest.MarkDecorator:
    """A parameter for each operation, under its name."""
    return pytest.mark.parametrize("operation", operations, ids=str)


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_route_is_described_and_nothing_else() -> None:
    routes = [(route.method, route.path) for route in ROUTES if is_of_the_api(route)]
    assert [(one.method, one.path) for one in OPERATIONS] == routes


def test_a_route_that_is_not_described_says_what_to_add() -> None:
    with pytest.raises(
        LookupError, match=r"GET /v1/new is not described: put `@described\(.*before its handler handler"
    ):
        document([query("/v1/new", handler, NOBODY)])


@pytest.mark.parametrize(("said", "lacks"), [
    (described("Orders", summary="New."), r"answers=\[…\]"),
    (described("Orders", answers=[one(Written, "It.")]), r"a summary"),
])  # fmt: skip
def test_a_description_that_lacks_something_says_what(said: Any, lacks: str) -> None:
    async def quiet(request: Request) -> Response:
        return Response()

    with pytest.raises(LookupError, match=f"POST /v1/new: its `@described` lacks {lacks}"):
        document([command("POST", "/v1/new", said(quiet), NOBODY)])


@named(OPERATIONS)
def test_the_parts_of_a_path_are_described(operation: Operation) -> None:
    parts = re.findall(r"\{(\w+)\}", operation.path)
    assert [part["name"] for part in operation.parameters("path")] == parts
    assert all(part["required"] and "example" in part for part in operation.parameters("path"))


@named(OPERATIONS)
def test_examples_are_what_they_are_examples_of(operation: Operation) -> None:
    for parameter in operation.about["parameters"]:
        if "example" in parameter:
            assert DESCRIBED.faults(parameter["schema"], parameter["example"]) == [], parameter["name"]
        # A page of the description fills examples in: of what may be left out they would only be in the way.
        needed = parameter.get("required", False) or operation.about["operationId"] == "ProveInclusion"
        assert "example" in parameter if parameter.get("required") else "example" not in parameter or needed
    contents = [*operation.about.get("requestBody", {}).get("content", {}).values()]
    for response in operation.about["responses"].values():
        contents.extend(DESCRIBED.found(response).get("content", {}).values())
    for content in contents:
        for name, example in content.get("examples", {}).items():
            assert DESCRIBED.faults(content["schema"], example["value"]) == [], name


@named([one for one in OPERATIONS if one.method == "POST" or one.path.startswith(("/api/", "/v1/"))])
def test_bodies_and_answers_have_examples(operation: Operation) -> None:
    contents = [*operation.about.get("requestBody", {}).get("content", {}).values()]
    contents.extend(operation.about["responses"]["200"]["content"].values())
    for content in contents:
        assert content.get("examples") or content["schema"].get("format") == "binary"


@named(OPERATIONS)
def test_who_may_use_it_is_said_three_times(operation: Operation) -> None:
    (route,) = [one for one in ROUTES if (one.method, one.path) == (operation.method, operation.path)]
    roles = [role for role in ROLES if role in route.roles]
    assert operation.about["x-roles"] == roles
    assert [one for one in operation.about["security"] if one] == [{"bearer": [role]} for role in roles]
    for_whom = f"For the roles {', '.join(roles)}." if roles else "For everybody"
    assert for_whom in operation.about["description"]


def test_every_problem_is_described() -> None:
    responses = DOCUMENT["components"]["responses"]
    for outcome in OUTCOMES.values():
        for status in {outcome.command, outcome.query}:
            (content,) = responses[f"Problem{status}"]["content"].values()
            example = content["examples"][outcome.name]["value"]
            assert (example["type"], example["status"]) == (f"urn:order-ledger:{outcome.name}", status)
            assert DESCRIBED.faults(content["schema"], example) == []


def test_a_write_can_be_repeated_and_a_read_can_wait() -> None:
    for operation in OPERATIONS:
        headers = {one["name"] for one in operation.parameters("header")}
        assert "X-Correlation-Id" in headers
        writes = "417" in operation.about["responses"]
        assert ("Idempotency-Key" in headers) == writes
        if operation.path.startswith(("/api/", "/v1/")) and operation.about["x-roles"]:
            assert ("Ledger-Min-Position" in headers) != writes


class TestSchemas:
    """Records as the wire has them."""

    ALL: dict[str, Any] = DOCUMENT["components"]["schemas"]

    def test_each_is_used(self) -> None:
        unused = [name for name in self.ALL if f'"#/components/schemas/{name}"' not in TEXT]
        assert unused == []

    def test_each_has_words(self) -> None:
        assert [name for name, schema in self.ALL.items() if not schema["description"]] == []

    def test_every_note_is_about_a_member(self) -> None:
        for note in schemas.NOTES:
            record, _, member = note.partition(".")
            found = [self.ALL[name] for name in (record, f"Full{record}") if name in self.ALL]
            assert found and all(member in schema["properties"] for schema in found), note

    def test_nothing_of_how_we_keep_things_shows(self) -> None:
        assert '"$extra"' not in TEXT and '"extra"' not in TEXT and "contract" not in TEXT
        assert not any("title" in member for schema in self.ALL.values() for member in schema["properties"].values())

    def test_a_body_may_leave_out_what_has_a_default_and_bring_what_nobody_knows(self) -> None:
        assert self.ALL["Order"]["required"] == ["Id"]
        assert self.ALL["Payment"]["required"] == ["Id", "PaidAmount"]
        assert self.ALL["Order"]["additionalProperties"] is True

    @pytest.mark.parametrize("name", [name for name in ALL if name.startswith("Full")])
    def test_an_answer_has_every_member(self, name: str) -> None:
        twin = getattr(full_records, name)
        members = [field.encode_name for field in msgspec.structs.fields(twin) if field.name != "extra"]
        assert sorted(self.ALL[name]["properties"]) == sorted(members) == sorted(self.ALL[name]["required"])

    def test_types(self) -> None:
        order, shown, payment = self.ALL["Order"], self.ALL["FullOrder"], self.ALL["Payment"]
        assert order["properties"]["OrderTotal"]["type"] == "number"
        assert order["properties"]["Id"] == {"type": "string", "format": "uuid"}
        assert order["properties"]["CustomerInvoiceId"] == {"type": ["string", "null"], "format": "uuid"}
        assert shown["properties"]["OrderLines"]["anyOf"][0]["items"]["$ref"].endswith("/FullOrderLine")
        assert shown["properties"]["InvoiceDate"]["type"] == ["string", "null"]
        assert payment["properties"]["CreditCardNo"]["type"] == ["string", "null"]
        assert 13 in order["properties"]["Status"]["enum"] and 12 not in order["properties"]["Status"]["enum"]

    @pytest.mark.parametrize(("name", "body"), SENT, ids=range(len(SENT)))
    def test_what_tills_and_shops_send_is_described(self, name: str, body: dict[str, Any]) -> None:
        assert DESCRIBED.faults({"$ref": f"#/components/schemas/{name}"}, body) == []

    @pytest.mark.parametrize("change", [
        {"Id": "x"}, {"OrderTotal": "98"}, {"Status": 12}, {"OrderLines": [{}]}, {"Payments": [{"Id": examples.NO_ID}]},
        {"IsPickup": 1}, {"OrderNoOfDay": "x" * 201},
    ])  # fmt: skip
    def test_what_is_no_order_is_told(self, change: dict[str, Any]) -> None:
        (content,) = DOCUMENT["paths"]["/api/Order/PostOrder"]["post"]["requestBody"]["content"].values()
        assert DESCRIBED.faults(content["schema"], examples.SALE) == []
        assert DESCRIBED.faults(content["schema"], examples.SALE | change) != []
