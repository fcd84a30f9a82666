"""Terminals and reports: the newest content of each log entry and each report."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.document import decide_terminal_log
from ledger.events import Recorded
from ledger.store import from_microseconds
from ledger.till_records import Report, ReportRow, TerminalStatusLog
from projections.terminals import Changes, fold

LOG, OTHER, TILL, REPORT = (UUID(int=number) for number in range(1, 5))
AT_TEN = "2026-11-23T22:00:00+01:00"


def posted(*logs: TerminalStatusLog) -> Changes:
    """What is kept after these posts, each recorded a microsecond after the other."""
    events = [event for log in logs for event in decide_terminal_log(log)]
    return fold([Recorded(position, "report-x", 1, 0, position, event) for position, event in enumerate(events, 1)])


def z_report(log: UUID = LOG, report: UUID = REPORT, value: str = "30214.5") -> TerminalStatusLog:
    """A log entry with the Z report of a day."""
    return TerminalStatusLog(
        Id=log,
        TerminalId=TILL,
        ActivityDate=AT_TEN,
        BatteryLevel=Decimal(87),
        ReportId=REPORT,
        Report=Report(Id=report, CreationDate=AT_TEN, ReportType=1, ReportNumber=211),
        ReportData=[ReportRow(DataType="TotalSale", Value=Decimal(value))],
    )


def document(row: Any) -> dict[str, Any]:
    """The JSON of a row."""
    found: dict[str, Any] = json.loads(row.document)
    return found


def test_health_is_kept_without_the_report() -> None:
    changes = posted(z_report())
    (health,) = changes.health
    shown = document(health)
    assert shown["BatteryLevel"] == 87 and shown["IsCharging"] is False and shown["ActivityDate"] == AT_TEN
    assert not {"Report", "ReportData", "TerminalId"} & set(shown)
    assert health.active_at == datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert changes.seen == {TILL: from_microseconds(1)}


def test_a_report_is_kept_with_its_terminal_and_rows() -> None:
    (report,) = posted(z_report()).reports
    shown = document(report)
    assert (shown["ReportType"], shown["ReportNumber"], shown["TerminalId"]) == (1, 211, str(TILL))
    (row,) = shown["ReportData"]
    assert (row["DataType"], row["Value"], row["TaxPercent"]) == ("TotalSale", 30214.5, None)


def test_health_alone_is_no_report() -> None:
    changes = posted(TerminalStatusLog(Id=LOG, TerminalId=TILL))
    assert changes.reports == [] and len(changes.health) == 1


def test_a_report_posted_again_with_other_content_replaces() -> None:
    changes = posted(z_report(), z_report(value="1"), z_report(log=OTHER, value="2"))
    (report,) = changes.reports
    assert document(report)["ReportData"][0]["Value"] == 2
    assert [row.log_id for row in changes.health] == [LOG, OTHER]


def test_a_report_without_an_id_goes_by_the_log_entry() -> None:
    (named,) = posted(z_report(report=UUID(int=0))).reports
    assert named.report_id == REPORT and document(named)["Id"] == str(REPORT)
    bare = z_report(report=UUID(int=0))
    bare.ReportId = UUID(int=0)
    (row,) = posted(bare).reports
    assert row.report_id == LOG


def test_a_report_without_a_date_is_as_old_as_its_log_entry() -> None:
    log = TerminalStatusLog(Id=LOG, TerminalId=TILL, ActivityDate=AT_TEN, Report=Report(Id=REPORT))
    (report,) = posted(log).reports
    assert report.created_at == datetime(2026, 11, 23, 21, tzinfo=UTC)


def test_unknown_members_stay_with_their_report() -> None:
    log = z_report()
    assert log.Report is not None
    log.Report.extra = {"Cashier": "Eva"}
    (report,) = posted(log).reports
    assert document(report)["Cashier"] == "Eva"
