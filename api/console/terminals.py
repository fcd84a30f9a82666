"""*Terminals*: when each till was last heard of, its battery and storage, and the X and Z reports they sent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.console.pages import show
from api.own_rows import own_rows
from api.wire import Query
from ledger.business_time import to_datetime
from projections import terminals

REPORTS = 20
LOW_BATTERY, LOW_STORAGE = 20, 5  # percent


class ReportRow(msgspec.Struct):
    """A row of a report."""

    DataType: str | None
    TextValue: str | None
    Value: Decimal | None
    TaxPercent: Decimal | None
    DateValue: str | None


class Report(msgspec.Struct):
    """An X (0) or Z (1) report."""

    Id: UUID
    TerminalId: UUID
    ReportType: int
    ReportNumber: int
    CreationDate: str
    ReportData: list[ReportRow] | None

    @property
    def at(self) -> datetime | None:
        """When it was made."""
        return to_datetime(self.CreationDate)


class Terminal(msgspec.Struct):
    """A till as it last told; battery in percent, storage in bytes."""

    TerminalId: UUID
    LastSeen: datetime
    BatteryLevel: Decimal
    IsCharging: bool
    StorageFree: int
    StorageTotal: int
    AppVersion: str | None
    LastZReport: Report | None

    @property
    def charge(self) -> float:
        """The battery in percent, 0 to 100."""
        return float(min(max(self.BatteryLevel, Decimal(0)), Decimal(100)))

    @property
    def free(self) -> float | None:
        """The free part of the storage in percent; None where it was not told."""
        return min(max(self.StorageFree / self.StorageTotal * 100, 0.0), 100.0) if self.StorageTotal > 0 else None

    @property
    def is_low(self) -> bool:
        """Whether its battery runs out."""
        return self.charge < LOW_BATTERY and not self.IsCharging

    @property
    def is_full(self) -> bool:
        """Whether its storage runs out."""
        return self.free is not None and self.free < LOW_STORAGE


_terminal, _report = msgspec.json.Decoder(Terminal).decode, msgspec.json.Decoder(Report).decode


async def get_terminals(request: Request) -> Response:
    """The page: every terminal, the one heard of last first, and the newest reports, of a `terminal` or of all."""
    terminal = Query(request).guid("terminal")
    async with own_rows(request) as (connection, tenant_id):
        found = await terminals.terminals(connection, tenant_id)
        reports = await terminals.reports(connection, tenant_id, terminal, REPORTS)
    known = [_terminal(document) for document in found.documents]
    return show(
        request,
        "terminals.html",
        now=request.app.state.clock(),
        terminals=sorted(known, key=lambda one: (one.LastSeen, one.TerminalId), reverse=True),
        terminal=terminal,
        reports=[_report(document) for document in reports.documents],
        moment=to_datetime,
    )
