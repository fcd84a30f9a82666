"""Invoices, drawer events, terminal logs, Swish records and integrators' answers: bodies to records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ledger import reading
from ledger.errors import BadInput
from ledger.records import Record
from tests.unit.given import ORDER, STOCKHOLM, number


def zones(outlet: UUID) -> ZoneInfo:
    """All outlets lie in one city."""
    return STOCKHOLM


def problems(read: Callable[..., object], *arguments: Any, **members: Any) -> dict[str, str]:
    """What is wrong, by place."""
    with pytest.raises(BadInput) as caught:
        read(*arguments, **members)
    return dict(caught.value.problems)


def other(read: Callable[..., Record], **members: Any) -> Record:
    """A record of another kind."""
    arguments = () if read is reading.read_swish_payment else (zones,)
    return read(json.dumps(members).encode(), *arguments)


@pytest.mark.parametrize(
    ("read", "members", "missing"),
    [
        (reading.read_invoice, {}, "$.Id"),
        (reading.read_invoice, {"Id": str(ORDER), "Remarks": "x" * 251}, "$.Remarks"),
        (reading.read_invoice, {"Id": str(ORDER), "OrdersGuid": ["x"]}, "$.OrdersGuid[0]"),
        (reading.read_invoice, {"Id": str(ORDER), "OrdersGuid": [""]}, "$.OrdersGuid[0]"),
        (reading.read_drawer_log, {"Id": str(ORDER)}, "$.ActivityType"),
        (reading.read_terminal_log, {"Id": str(ORDER)}, "$.TerminalId"),
        (reading.read_terminal_log, {"Id": str(ORDER), "TerminalId": ""}, "$.TerminalId"),
        (reading.read_swish_payment, {"OrderId": str(ORDER)}, "$.Id"),
    ],
)
def test_the_other_records_name_what_is_wrong_too(
    read: Callable[..., Record], members: dict[str, Any], missing: str
) -> None:
    assert missing in problems(other, read, **members)


def test_an_invoice_lists_an_order_once() -> None:
    body = {"Id": str(number(9)), "OrdersGuid": [str(ORDER), str(ORDER).upper()], "DueDate": "0001-01-01T00:00:00"}
    invoice = reading.read_invoice(json.dumps(body).encode(), zones)
    assert (invoice.OrdersGuid, invoice.DueDate) == ([ORDER], None)


def test_a_drawer_entry_names_its_drawer_in_either_place() -> None:
    body = {"Id": str(number(9)), "ActivityType": 1, "CashDrawer": {"Id": str(number(8))}}
    assert reading.read_drawer_log(json.dumps(body).encode(), zones).CashDrawerId == number(8)


def test_an_integrator_sets_only_what_is_its_own() -> None:
    sent = reading.read_external_information(b'{"id":"%b","externalid":"V-1","Status":99}' % str(ORDER).encode())
    assert (sent.Id, sent.ExternalID, sent.WC_ID) == (ORDER, "V-1", None)
    assert problems(reading.read_external_informations, b"{}") == {"$": "must be an array of orders"}
    assert "$[0].Id" in problems(reading.read_external_informations, b'[{"ExternalID":"V-1"}]')
