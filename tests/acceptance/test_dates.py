"""Dates in every form the contract has (section 1, DateTime in and out)."""

from __future__ import annotations

import pytest

from tests.acceptance.bodies import NO_TIME, a_draft, a_drawer_event, an_order
from tests.acceptance.server import Server


def kept(server: Server, sent: str) -> str:
    """A CreationDate as it comes back."""
    draft = a_draft(CreationDate=sent)
    server.post("Order/PostOpenOrder", draft)
    found: str = server.order(draft)["CreationDate"]
    return found


@pytest.mark.parametrize(("sent", "out"), [
    ("2026-11-23T11:42:07.1234567", "2026-11-23T11:42:07.123456+01:00"),
    ("2026-11-23T11:42:07", "2026-11-23T11:42:07+01:00"),
    ("2026-11-23 11:42:07.5", "2026-11-23T11:42:07.500000+01:00"),
    ("2026-07-01T11:42:07", "2026-07-01T11:42:07+02:00"),
    ("2026-11-23T11:42:07.1234567+01:00", "2026-11-23T11:42:07.123456+01:00"),
    ("2026-11-23T23:59:59.9999999", "2026-11-23T23:59:59.999999+01:00"),
    # The autumn hour that happens twice: the first of the two. The spring gap: shifted forward.
    ("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"),
    ("2026-10-25T03:00:00", "2026-10-25T03:00:00+01:00"),
    ("2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00"),
])  # fmt: skip
def test_a_local_time_gets_its_offset(server: Server, sent: str, out: str) -> None:
    assert kept(server, sent) == out


@pytest.mark.parametrize("sent", ["2026-11-23T10:42:07Z", "2026-11-23T10:42:07.0000000Z", "2026-11-23T12:42:07+02:00"])
def test_one_instant_is_one_document_however_it_is_written(server: Server, sent: str) -> None:
    draft = a_draft(CreationDate="2026-11-23T11:42:07")
    server.post("Order/PostOpenOrder", draft)
    server.again("Order/PostOpenOrder", draft | {"CreationDate": sent})


@pytest.mark.parametrize("sent", [NO_TIME, "0001-01-01T00:00:00.0000000", f"{NO_TIME}Z", "", None])
def test_there_are_many_ways_to_say_no_time(server: Server, sent: str | None) -> None:
    order = an_order(CreationDate=sent, InvoiceDate=sent, DeliveryDate=sent)
    server.post("Order/PostOrder", order)
    found = server.order(order)
    assert (found["CreationDate"], found["InvoiceDate"], found["DeliveryDate"]) == (NO_TIME, None, None)
    server.again("Order/PostOrder", order | {"CreationDate": NO_TIME, "InvoiceDate": None})


@pytest.mark.parametrize("sent", [
    "yesterday", "2026-13-01T00:00:00", "2026-02-30T00:00:00", "2026-11-23T25:00:00", "2026-11-23T11:42:07.12345678",
    "2026-11-23", "11/23/2026 14:05:00", "2026-11-23T11:42:07+25:00", 20261123, {}, True,
])  # fmt: skip
def test_what_is_no_date_is_refused(server: Server, sent: object) -> None:
    server.refused("Order/PostOpenOrder", a_draft(CreationDate=sent), at="$.CreationDate")


@pytest.mark.parametrize(("before", "after"), [
    ("2020-11-23 14:05:00", "2020-11-23 14:05:01"),
    ("11/23/2020 14:05:00", "11/23/2020 14:05:01"),
    ("11/23/2020 2:05:00 PM", "11/23/2020 2:05:01 PM"),
    ("2020-11-23T14:05:00", "2020-11-23T14:05:01"),
    ("2020-11-23T14:05:00.9999999", "2020-11-23T14:05:01.0000000"),
    ("2020-11-23T13:05:00Z", "2020-11-23T13:05:01Z"),
    ("2020-11-23T14:05:00+01:00", "2020-11-23T14:05:01+01:00"),
    ("2020-11-23T14:05:00 01:00", "2020-11-23T14:05:01 01:00"),
    ("2020-11-23T08:05:00-05:00", "2020-11-23T08:05:01-05:00"),
    ("2020-11-23", "2020-11-24"),
    ("", "2020-11-24"),
    (NO_TIME, "2020-11-24"),
])  # fmt: skip
def test_a_query_takes_dates_in_every_form(server: Server, before: str, after: str) -> None:
    event = a_drawer_event(ActivityDate="2020-11-23T14:05:01")
    terminal = event["CashDrawer"]["TerminalId"]
    server.post("CashDrawerLog/PostCashDrawerLog", event)
    dates = {"TerminalId": terminal, "CurrentDate": "2020-12-31"}
    assert len(server.get("CashDrawerLog/GetCashDrawerLog", LastExecutedDate=before, **dates)) == 1
    assert server.get("CashDrawerLog/GetCashDrawerLog", LastExecutedDate=after, **dates) == []


@pytest.mark.parametrize(
    "value", ["soon", "2026-13-01", "13/13/2026", "2026-11-23T25:00:00", "1.5", "11/23/2026 13:00:00 PM"]
)
@pytest.mark.parametrize("name", ["LastExecutedDate", "CurrentDate", "dates_LastExecutedDate"])
def test_a_query_with_no_date_is_bad(server: Server, name: str, value: str) -> None:
    server.bad("Order/GetOpenOrder", **{name: value})
