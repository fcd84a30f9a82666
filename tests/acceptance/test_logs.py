"""The server's log: one line of JSON for what went wrong, with the request it belongs to and nothing a client sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.acceptance.bodies import a_callback, a_payment, a_swish_record, an_invoice, an_order, new_id
from tests.acceptance.server import Json, Server, serving
from tests.acceptance.swish import PATH

NAME, MAIL, PHONE, CARD, SSN = (
    "Tuva Hemligsson",
    "tuva@hemlig.example",
    "46700112233",
    "4571997766551234",
    "197501088327",
)
SECRETS = (NAME, "Hemligsson", MAIL, PHONE, CARD, SSN)
CUSTOMER = {"Id": new_id(), "Name": NAME, "Email": MAIL, "Phone": PHONE, NAME: MAIL}


class Logged(NamedTuple):
    """A server that logs all it has to say."""

    server: Server
    file: Path

    def lines(self) -> list[Json]:
        """The log, line by line."""
        found: list[Json] = [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]
        return found

    def of(self, request: str) -> list[Json]:
        """The lines of one request."""
        return [line for line in self.lines() if line.get("correlation") == request]


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    """A server of this test's own."""
    file = tmp_path / "server.log"
    with serving(tmp_path / "data", file, LOG_LEVEL="DEBUG") as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Logged(Server(client), file)


def documents() -> Iterator[tuple[str, object]]:
    """Bodies full of personal data: right ones, and others that are wrong in every place it can stand in."""
    order = an_order(Customer=CUSTOMER, Comments=NAME, Payments=[a_payment(CreditCardNo=CARD, PayerRef=PHONE)])
    yield "Order/PostOrder", order
    yield "Order/PostCustomerInvoice", an_invoice(CustomerName=NAME, Email=MAIL)
    yield PATH, a_callback(order, payerAlias=PHONE, message=NAME, payeeSSN=SSN)
    yield PATH, a_swish_record(order, SwishResponse=json.dumps({"payeeSSN": SSN, "payer": PHONE}), payeeSSN=SSN)
    wrong: list[Any] = [NAME, CARD, [MAIL], {NAME: SSN}, {"Id": NAME}]
    for value in wrong:
        for member in (
            "Id",
            "Status",
            "OrderTotal",
            "CreationDate",
            "Customer",
            "OrderLines",
            "Payments",
            "CustomerId",
        ):
            yield "Order/PostOrder", order | {member: value, NAME: value}
        yield "Order/PostCustomerInvoice", an_invoice(OrdersGuid=value)
        yield "CashDrawerLog/PostCashDrawerLog", {"Id": new_id(), "ActivityType": 1, "ActivityDate": value}
        yield PATH, {"SwishId": value, "payeeSSN": SSN}
    yield "Order/PostOrder", f'{{"Id": "{NAME} {CARD}'.encode()
    yield "Order/PostOrder", f'"{NAME}\\u0000"'.encode()
    yield f"Order/{NAME}", order


def test_no_line_holds_anything_of_a_document(logged: Logged) -> None:
    statuses = [logged.server.send("POST", path, body).status_code for path, body in documents()]
    assert statuses[:4] == [200] * 4 and set(statuses[4:]) == {200, 404, 417}
    for path in (
        f"Order/GetOrdersHistory/{NAME}",
        f"Order/UpdateOrderStatus/{NAME}/13",
        f"Sale/GetDailySale?dt={CARD}",
    ):
        assert logged.server.ask(path).status_code in (400, 417)
    text = logged.file.read_text(encoding="utf-8")
    assert [secret for secret in SECRETS if secret in text] == []
    refused = [line for line in logged.lines() if line["message"] == "refused"]
    assert len(refused) == len([status for status in statuses if status != 200]) + 3


def test_a_refused_request_has_one_line_and_a_successful_one_none(logged: Logged) -> None:
    said = logged.server.send("POST", "Order/PostOrder", an_order(Status=99), X_Correlation_Id="till-7/4711")
    assert (said.status_code, said.headers["X-Correlation-Id"]) == (417, "till-7/4711")
    (line,) = logged.of("till-7/4711")
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO", "logger": "order_ledger.api", "message": "refused", "correlation": "till-7/4711",
        "route": "/api/Order/PostOrder", "status": 417, "problem": "bad-input",
    }  # fmt: skip
    said = logged.server.send("POST", "Order/PostOrder", an_order())
    assert said.status_code == 200
    assert logged.of(said.headers["X-Correlation-Id"]) == []
    assert logged.server.send("GET", "nowhere").status_code == 404
    assert (logged.lines()[-1]["route"], logged.lines()[-1]["status"]) == ("-", 404)


def test_a_request_without_an_id_gets_one(logged: Logged) -> None:
    found = {logged.server.send("GET", "Sale/GetOutlets").headers["X-Correlation-Id"] for _ in range(3)}
    assert len(found) == 3
    foreign = logged.server.send("GET", "Sale/GetOutlets", X_Correlation_Id=f"{NAME} {SSN}")
    assert NAME not in foreign.headers["X-Correlation-Id"]
