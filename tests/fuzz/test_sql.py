"""SQL in every string of every record: nothing happens to the tables, and the strings come back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
import pytest

from ledger.records import CustomerInvoice, Order, Record, SwishPayment
from ledger.till_records import CashDrawerLog, TerminalStatusLog
from tests.acceptance.bodies import new_id
from tests.acceptance.server import Json
from tests.fuzz.conftest import Target
from tests.fuzz.documents import SQL

# Members that mean more than their text: ids in text, dates, what is looked up, what a write may not set.
NOT_FREE = {"OrderNoOfDay", "CreditCardNo", "SwishId", "SwishPaymentStatus"}
TABLES = """SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema ~ '^(ledger|read_)' ORDER BY 1, 2"""


def full_of(record: type[Record], text: str, depth: int = 0) -> Json:
    """A document with the text in every string it has, unknown members and their names too."""
    found: Json = {text: {text: [text]}, "Unknown": text}
    for field in msgspec.structs.fields(record):
        if field.name in NOT_FREE | {"extra"}:
            continue
        if field.name == "Id" or field.name in ("ReceiptId", "ItemId", "TerminalId", "CashDrawerId"):
            found[field.name] = new_id()
        elif (inner := _record_in(field.type)) is not None:
            is_list = "list[" in str(field.type)
            value = full_of(inner, text, depth + 1) if depth < 3 else None
            found[field.name] = ([value] if value else []) if is_list else value
        elif "str" in str(field.type) and "moment" not in str(field.type) and "int" not in str(field.type):
            found[field.name] = text
    return found | {"Quantity": 1, "PaidAmount": 1, "ActivityType": 1}


def _record_in(annotation: Any) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    if get_origin(annotation) is None and not get_args(annotation):
        return None
    return next(filter(None, map(_record_in, get_args(annotation))), None)


def differences(sent: Any, found: Any, path: str = "$") -> Iterator[str]:
    """Where a text that was sent is not what came back."""
    if isinstance(sent, dict):
        for name, value in sent.items():
            if name not in found:
                yield f"{path}.{name} is missing"
            else:
                yield from differences(value, found[name], f"{path}.{name}")
    elif isinstance(sent, list):
        for index, (one, other) in enumerate(zip(sent, found, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif isinstance(sent, str) and sent != found:
        yield f"{path}: {sent!r} became {found!r}"


@pytest.fixture(scope="module")
def tables(target: Target) -> Iterator[None]:
    """The tables are the same before and after."""
    before = target.ask(TABLES)
    assert len(before) > 20
    yield
    assert target.ask(TABLES) == before


@pytest.mark.parametrize("text", SQL)
@pytest.mark.usefixtures("tables")
def test_an_order_full_of_sql_comes_back_as_it_was(target: Target, text: str) -> None:
    order = full_of(Order, text) | {"Status": 13, "ExternalID": text, "SwishPayment": None}
    target.server.post("Order/PostOrder", order)
    assert list(differences(order, target.server.order(order))) == []
    target.server.again("Order/PostOrder", order)


@pytest.mark.parametrize("text", SQL)
@pytest.mark.usefixtures("tables")
def test_so_do_the_other_documents(target: Target, text: str) -> None:
    server = target.server
    invoice = full_of(CustomerInvoice, text) | {"OrdersGuid": []}
    server.post("Order/PostCustomerInvoice", invoice)
    entry = full_of(CashDrawerLog, text)
    server.post("CashDrawerLog/PostCashDrawerLog", entry)
    log = full_of(TerminalStatusLog, text)
    server.post("Order/PostReports", log)
    server.post("SwishOnlinePayment/PostSwishOnlinePayment", full_of(SwishPayment, text) | {"OrderId": new_id()})
    server.post(
        "SwishOnlinePayment/PostSwishOnlinePayment", {"id": new_id(), "status": text, "message": text, text: text}
    )
    found = {each["Id"]: each for each in server.get("Order/GetCustomerInvoice", PageSize=5000)}
    assert list(differences(invoice, found[invoice["Id"]])) == []
    found = {each["Id"]: each for each in server.get("CashDrawerLog/GetCashDrawerLog", PageSize=5000)}
    assert list(differences(entry, found[entry["Id"]])) == []
    (terminal,) = [each for each in server.get("/v1/terminals") if each["TerminalId"] == log["TerminalId"]]
    assert terminal["AppVersion"] == text


@pytest.mark.parametrize("text", SQL)
@pytest.mark.usefixtures("tables")
def test_sql_in_parameters_and_headers_is_text_or_refused(target: Target, text: str) -> None:
    asked = target.server.ask
    for name in ("LastExecutedDate", "CurrentDate", "TerminalId", "PageNo", "PageSize"):
        assert asked("Order/GetOpenOrder", **{name: text}).status_code == 400
    for path in ("/v1/stock", "/v1/swish", "/v1/reports"):
        assert asked(path, productId=text, orderId=text, terminalId=text).status_code == 400
    sale: Json = {"Id": new_id(), "Status": 13}
    if text.isascii():
        first = target.server.send("POST", "Order/PostOrder", sale, Idempotency_Key=text.strip())
        again = target.server.send("POST", "Order/PostOrder", sale, Idempotency_Key=text.strip())
        assert (first.status_code, first.json()["Duplicate"]) == (200, False)
        assert (again.status_code, again.json()["Duplicate"]) == (200, True)
