"""Terminals: health, X and Z reports, and what can be read of them (contract, sections 3 and 6)."""

from __future__ import annotations

import pytest

from tests.acceptance.bodies import NO_ID, a_health_report, a_z_report, camel, new_id
from tests.acceptance.server import Json, Server

PATH = "Order/PostReports"


def reports(server: Server, log: Json) -> list[Json]:
    """The reports of the log's terminal."""
    found: list[Json] = server.get("/v1/reports", terminalId=log["TerminalId"])
    return found


def terminal(server: Server, log: Json) -> Json:
    """The log's terminal as it is shown."""
    found: list[Json] = [row for row in server.get("/v1/terminals") if row["TerminalId"] == log["TerminalId"]]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("styled", [dict, camel])
def test_a_terminal_shows_its_last_health(server: Server, styled: type[dict[str, object]]) -> None:
    log = a_health_report()
    server.post(PATH, styled(log))
    found = terminal(server, log)
    assert (found["BatteryLevel"], found["IsCharging"], found["StorageFree"]) == (87, True, 21474836480)
    assert (found["AppVersion"], found["LastXReport"], found["LastZReport"]) == ("4.7.1", None, None)
    assert reports(server, log) == []


def test_the_last_health_is_the_latest_by_the_terminals_clock(server: Server) -> None:
    evening = a_health_report(BatteryLevel=20)
    morning = a_health_report(TerminalId=evening["TerminalId"], ActivityDate="2026-11-23T07:00:00", BatteryLevel=99)
    server.post(PATH, evening)
    server.post(PATH, morning)
    assert terminal(server, evening)["BatteryLevel"] == 20


def test_a_z_report_is_kept_with_its_rows(server: Server) -> None:
    log = a_z_report()
    server.post(PATH, log)
    (found,) = reports(server, log)
    assert (found["ReportType"], found["ReportNumber"]) == (1, 211)
    assert (found["Id"], found["TerminalId"]) == (log["Report"]["Id"], log["TerminalId"])
    rows = [(row["DataType"], row["TextValue"], row["Value"], row["TaxPercent"]) for row in found["ReportData"]]
    assert rows == [("TotalSale", None, 30214.5, None), ("VATPercent", "12", 2431.22, 12)]
    assert found["ReportData"][0]["DateValue"] is None
    assert terminal(server, log)["LastZReport"] == found
    assert terminal(server, log)["LastXReport"] is None


def test_x_and_z_reports_are_newest_first(server: Server) -> None:
    z_log = a_z_report()
    x_log = a_z_report(TerminalId=z_log["TerminalId"])
    x_log["Report"] |= {"ReportType": 0, "ReportNumber": 12, "CreationDate": "2026-11-23T23:00:00"}
    server.post(PATH, x_log)
    server.post(PATH, z_log)
    assert [(row["ReportType"], row["ReportNumber"]) for row in reports(server, z_log)] == [(0, 12), (1, 211)]
    found = terminal(server, z_log)
    assert (found["LastXReport"]["ReportNumber"], found["LastZReport"]["ReportNumber"]) == (12, 211)


def test_reports_of_all_terminals_can_be_read(server: Server) -> None:
    logs = [a_z_report(), a_z_report()]
    for log in logs:
        server.post(PATH, log)
    found = {row["Id"] for row in server.get("/v1/reports")}
    assert {log["Report"]["Id"] for log in logs} <= found


def test_a_report_again_is_one_report(server: Server) -> None:
    log = a_z_report()
    server.post(PATH, log)
    server.again(PATH, log)
    server.post(PATH, log | {"BatteryLevel": 12})
    server.again(PATH, log)
    assert len(reports(server, log)) == 1
    assert terminal(server, log)["BatteryLevel"] == 12


@pytest.mark.parametrize(("changes", "at"), [
    ({"Id": None}, "$.Id"), ({"TerminalId": NO_ID}, "$.TerminalId"), ({"TerminalId": None}, "$.TerminalId"),
    ({"Status": "x"}, "$.Status"), ({"StorageFree": 2**63}, "$.StorageFree"), ({"Report": []}, "$.Report"),
    ({"ReportData": [{"Value": "0.1234567"}]}, "$.ReportData[0].Value"),
    ({"ReportData": [{"Id": "x"}]}, "$.ReportData[0].Id"),
    ({"ReportData": [{"DateValue": "x"}]}, "$.ReportData[0].DateValue"),
])  # fmt: skip
def test_a_report_that_cannot_be_read_is_refused(server: Server, changes: Json, at: str) -> None:
    server.refused(PATH, a_z_report(**changes), at=at)


def test_nulls_and_unknown_members_are_no_trouble(server: Server) -> None:
    log = a_z_report(ReportData=None, Synced=None, BatteryLevel=None, StorageFree=None, Network="4G", UserId=None)
    server.post(PATH, log)
    found = terminal(server, log)
    assert (found["BatteryLevel"], found["StorageFree"], found["Network"]) == (0, 0, "4G")
    assert [row["ReportData"] for row in reports(server, log)] == [[]]


def test_an_unknown_terminal_has_no_reports(server: Server) -> None:
    assert server.get("/v1/reports", terminalId=new_id()) == []
