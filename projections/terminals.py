"""Terminals: each with its last health, and the X and Z reports they sent (contract, sections 3 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.business_time import to_datetime
from ledger.codec import encoder
from ledger.database import queries
from ledger.events import Event, Recorded, ReportReceived, TerminalReported
from ledger.store import Connection, from_microseconds
from ledger.till_records import TerminalStatusLog
from projections.documents import members
from projections.window import EVERYTHING, Page, page_of

_SQL = queries("projections/terminals.sql")


class HealthRow(NamedTuple):
    """A terminal's health at one moment of its own clock."""

    log_id: UUID
    terminal_id: UUID
    active_at: datetime | None
    position: int
    document: bytes


class ReportRow(NamedTuple):
    """An X (0) or Z (1) report with its rows."""

    report_id: UUID
    terminal_id: UUID
    report_type: int
    created_at: datetime | None
    position: int
    document: bytes


class Changes(NamedTuple):
    """What a batch changes: when each terminal was last heard from, health and reports."""

    seen: dict[UUID, datetime]
    health: list[HealthRow]
    reports: list[ReportRow]


def fold(events: Sequence[Recorded]) -> Changes:
    """The newest content of each log entry and each report of a batch."""
    seen: dict[UUID, datetime] = {}
    health: dict[UUID, HealthRow] = {}
    reports: dict[UUID, ReportRow] = {}
    for recorded in events:
        if isinstance(recorded.event, TerminalReported):
            log = recorded.event.log
            seen[log.TerminalId] = from_microseconds(recorded.recorded_at)
            health[log.Id] = _health(log, recorded.position)
        elif isinstance(recorded.event, ReportReceived):
            report = _report(recorded.event.log, recorded.position)
            reports[report.report_id] = report
    return Changes(seen, list(health.values()), list(reports.values()))


def _health(log: TerminalStatusLog, position: int) -> HealthRow:
    shown = members(log)
    # The terminal stands at the head of the answer, its reports at the end.
    for name in ("TerminalId", "Report", "ReportData"):
        del shown[name]
    return HealthRow(log.Id, log.TerminalId, to_datetime(log.ActivityDate), position, encoder.encode(shown))


def _report(log: TerminalStatusLog, position: int) -> ReportRow:
    report = log.Report
    assert report is not None, "a report is received only where there is one"
    # A till that gives its report no id of its own names it in the log entry, or not at all.
    report_id = next((id_ for id_ in (report.Id, log.ReportId) if id_.int), log.Id)
    shown = members(log)
    shown = shown["Report"] | {"Id": report_id, "TerminalId": log.TerminalId, "ReportData": shown["ReportData"]}
    created_at = to_datetime(report.CreationDate) or to_datetime(log.ActivityDate)
    return ReportRow(report_id, log.TerminalId, report.ReportType, created_at, position, encoder.encode(shown))


class _Terminals:
    name = "terminals"
    handles: frozenset[type[Event]] = frozenset({TerminalReported, ReportReceived})

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        changes = fold(events)
        if changes.seen:
            await connection.execute(_SQL["save_terminals"], tenant_id, changes.seen.keys(), changes.seen.values())
            await connection.execute(_SQL["save_health"], tenant_id, *zip(*changes.health, strict=True))
        if changes.reports:
            await connection.execute(_SQL["save_reports"], tenant_id, *zip(*changes.reports, strict=True))


PROJECTION = _Terminals()


async def terminals(connection: Connection, tenant_id: int) -> Page:
    """Each terminal by its id: `TerminalId`, `LastSeen` (our clock), the members of its last health report, and
    `LastXReport` and `LastZReport` as `reports` gives them, or null. BadInput: they are more than one answer holds.
    """
    found = await connection.fetchrow(_SQL["terminals"], tenant_id)
    page_of(found["health"], found["position"], "$", "the reports of one are at /v1/reports?terminalId=")
    columns = (found["terminal_ids"], found["seen"], found["health"], found["x_reports"], found["z_reports"])
    return Page([_terminal(*row) for row in zip(*columns, strict=True)], found["position"])


def _terminal(terminal_id: UUID, seen: datetime, health: bytes, last_x: bytes | None, last_z: bytes | None) -> bytes:
    head = encoder.encode({"TerminalId": terminal_id, "LastSeen": seen.isoformat()})
    reports = b'"LastXReport":%b,"LastZReport":%b' % (last_x or b"null", last_z or b"null")
    return b"%b,%b,%b}" % (head[:-1], health[1:-1], reports)


async def reports(connection: Connection, tenant_id: int, terminal_id: UUID | None, limit: int = EVERYTHING) -> Page:
    """The newest `limit` reports (and 64 MB), newest first: the Report's members, its terminal, its ReportData."""
    return Page(*await connection.fetchrow(_SQL["reports"], tenant_id, terminal_id, limit))
