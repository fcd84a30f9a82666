"""Cash drawers: what happened to them, first write or newest content (contract, sections 3 and 4)."""

from __future__ import annotations

import pytest

from tests.acceptance.bodies import NO_ID, NO_TIME, a_draft, a_drawer_event, an_order, camel, new_id
from tests.acceptance.server import Json, Server

ORDER_PATH, DRAWER_PATH = "Order/PostCashDrawerLog", "CashDrawerLog/PostCashDrawerLog"
MEMBERS = {
    "Id", "CashDrawerId", "CashDrawer", "ActivityDate", "ActivityType", "UserId", "Amount", "OrderId", "Synced",
}  # fmt: skip


def listed(server: Server, terminal: str, **query: object) -> list[Json]:
    """The drawer events of a terminal."""
    found: list[Json] = server.get("CashDrawerLog/GetCashDrawerLog", TerminalId=terminal, **query)
    return found


def terminal_of(event: Json) -> str:
    """The terminal of the event's drawer."""
    found: str = event["CashDrawer"]["TerminalId"]
    return found


@pytest.mark.parametrize("path", [ORDER_PATH, DRAWER_PATH])
@pytest.mark.parametrize("styled", [dict, camel])
def test_a_drawer_event_is_listed(server: Server, path: str, styled: type[dict[str, object]]) -> None:
    event = a_drawer_event()
    server.post(path, styled(event))
    (found,) = listed(server, terminal_of(event))
    assert set(found) == MEMBERS
    assert (found["Amount"], found["ActivityType"], found["UserId"]) == (2000, 1, "7")
    assert found["ActivityDate"] == "2026-11-23T07:00:03+01:00"
    assert found["CashDrawer"]["Name"] == "Kassa 2"


def test_a_bare_event_is_enough(server: Server) -> None:
    event: Json = {"Id": new_id(), "ActivityType": 11, "CashDrawer": {"Id": new_id(), "TerminalId": new_id()}}
    server.post(DRAWER_PATH, event)
    (found,) = listed(server, terminal_of(event))
    assert {name for name, value in found.items() if value is None} <= {"UserId"}
    assert (found["ActivityDate"], found["OrderId"], found["Amount"]) == (NO_TIME, NO_ID, 0)


@pytest.mark.parametrize("kind", range(1, 12))
def test_every_kind_of_event_is_kept(server: Server, kind: int) -> None:
    event = a_drawer_event(ActivityType=kind, Amount="-12.50")
    server.post(ORDER_PATH, event)
    assert [(row["ActivityType"], row["Amount"]) for row in listed(server, terminal_of(event))] == [(kind, -12.5)]


def test_under_an_order_the_first_write_wins(server: Server) -> None:
    event = a_drawer_event()
    server.post(ORDER_PATH, event)
    server.again(ORDER_PATH, event)
    server.refused(ORDER_PATH, event | {"Amount": 1})
    assert [row["Amount"] for row in listed(server, terminal_of(event))] == [2000]


def test_captured_offline_the_newest_content_shows(server: Server) -> None:
    event = a_drawer_event()
    server.post(ORDER_PATH, event)
    server.again(DRAWER_PATH, event)
    server.post(DRAWER_PATH, event | {"Amount": 1900})
    server.again(DRAWER_PATH, event | {"Amount": "1900.00"})
    server.again(DRAWER_PATH, event)
    server.refused(ORDER_PATH, event | {"Amount": 1})
    assert [row["Amount"] for row in listed(server, terminal_of(event))] == [1900]


def test_a_correction_may_move_the_event_to_another_drawer(server: Server) -> None:
    event, other = a_drawer_event(), a_drawer_event()
    server.post(DRAWER_PATH, event)
    server.post(DRAWER_PATH, event | {"CashDrawer": other["CashDrawer"]})
    assert listed(server, terminal_of(event)) == []
    assert len(listed(server, terminal_of(other))) == 1


def test_events_are_newest_first_and_paged(server: Server) -> None:
    drawer = a_drawer_event()["CashDrawer"]
    events = [a_drawer_event(CashDrawer=drawer, ActivityDate=f"2026-11-23T0{hour}:00:00") for hour in (8, 7, 9)]
    for event in events:
        server.post(DRAWER_PATH, event)
    first, second, third = events[2]["Id"], events[0]["Id"], events[1]["Id"]
    assert [row["Id"] for row in listed(server, drawer["TerminalId"])] == [first, second, third]
    pages = [[row["Id"] for row in listed(server, drawer["TerminalId"], PageNo=n, PageSize=2)] for n in range(3)]
    assert pages == [[first, second], [third], []]


@pytest.mark.parametrize("drawer", [None, {"Id": new_id(), "Name": "Kassa 3", "TerminalId": NO_ID}])
@pytest.mark.parametrize("order_first", [True, False])
def test_without_a_drawers_terminal_it_is_that_of_the_order(
    server: Server, drawer: Json | None, order_first: bool
) -> None:
    order = an_order()
    event = a_drawer_event(CashDrawer=drawer, OrderId=order["Id"], ActivityType=6, Amount=98)
    for path, body in [("Order/PostOrder", order), (ORDER_PATH, event)][:: 1 if order_first else -1]:
        server.post(path, body)
    assert [row["Id"] for row in listed(server, order["TerminalId"])] == [event["Id"]]


def test_an_order_that_moves_takes_its_events_along(server: Server) -> None:
    draft = a_draft()
    event = a_drawer_event(CashDrawer=None, OrderId=draft["Id"])
    server.post("Order/PostOpenOrder", draft)
    server.post(ORDER_PATH, event)
    server.post("Order/PostOpenOrder", moved := a_draft(Id=draft["Id"]))
    assert listed(server, draft["TerminalId"]) == []
    assert [row["Id"] for row in listed(server, moved["TerminalId"])] == [event["Id"]]


@pytest.mark.parametrize("path", [ORDER_PATH, DRAWER_PATH])
@pytest.mark.parametrize(("changes", "at"), [
    ({"Id": None}, "$.Id"), ({"Id": NO_ID}, "$.Id"), ({"Id": "x"}, "$.Id"), ({"ActivityType": None}, "$.ActivityType"),
    ({"ActivityType": "open"}, "$.ActivityType"), ({"Amount": "0.0000001"}, "$.Amount"),
    ({"CashDrawer": 7}, "$.CashDrawer"), ({"ActivityDate": "now"}, "$.ActivityDate"), ({"OrderId": "7"}, "$.OrderId"),
])  # fmt: skip
def test_an_event_that_cannot_be_read_is_refused(server: Server, path: str, changes: Json, at: str) -> None:
    server.refused(path, a_drawer_event(**changes), at=at)


def test_the_drawer_may_be_named_by_its_own_record(server: Server) -> None:
    event = a_drawer_event(CashDrawerId=NO_ID)
    server.post(DRAWER_PATH, event)
    assert listed(server, terminal_of(event))[0]["CashDrawerId"] == event["CashDrawer"]["Id"]


def test_unknown_members_come_back(server: Server) -> None:
    event = a_drawer_event(Reason="växel")
    event["CashDrawer"]["ConnectionString"] = "COM3"
    server.post(DRAWER_PATH, event)
    (found,) = listed(server, terminal_of(event))
    assert (found["Reason"], found["CashDrawer"]["ConnectionString"]) == ("växel", "COM3")
