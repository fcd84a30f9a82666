"""The documents a till sends beside its orders: drawer events, health, X and Z reports (contract, section 2)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import UNSET

from ledger.amounts import ZERO
from ledger.business_time import NO_TIME
from ledger.records import NO_ID, Extra, Flag, Int, Key, Long, Moment, Record, Text


class CashDrawer(Record):
    """A till's cash drawer."""

    Id: UUID = NO_ID
    Name: Key = None
    UserId: Key = None
    TerminalId: UUID = NO_ID
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


MaybeCashDrawer = CashDrawer | None


class CashDrawerLog(Record):
    """Something that happened to a drawer. `Amount` in kronor; ActivityType 1..11 (contract, section 2)."""

    Id: UUID
    ActivityType: Int
    CashDrawerId: UUID = NO_ID
    CashDrawer: MaybeCashDrawer = None
    ActivityDate: Moment = NO_TIME
    UserId: Key = None
    Amount: Decimal = ZERO
    OrderId: UUID = NO_ID
    Synced: Flag = 0
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


class Report(Record):
    """Head of an X (0) or Z (1) report."""

    Id: UUID = NO_ID
    CreationDate: Moment = NO_TIME
    ReportType: Int = 0
    ReportNumber: Long = 0
    TerminalId: UUID = NO_ID
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


MaybeReport = Report | None


class ReportRow(Record):
    """One row of a report's data."""

    Id: UUID = NO_ID
    ReportId: UUID = NO_ID
    DataType: Key = None
    TextValue: Text = None
    ForeignId: Int | None = None
    Value: Decimal | None = None
    TaxPercent: Decimal | None = None
    DateValue: Moment | None = None
    SortOrder: Int = 0
    extra: Extra = msgspec.field(default=UNSET, name="$extra")


class TerminalStatusLog(Record):
    """A terminal's health and, at the end of a shift, its report. Storage in bytes, battery in percent."""

    Id: UUID
    TerminalId: UUID
    ActivityDate: Moment = NO_TIME
    UserId: Key = None
    ReportId: UUID = NO_ID
    Status: Int = 0
    Synced: Flag = 0
    BatteryLevel: Decimal = ZERO
    IsCharging: bool = False
    StorageFree: Long = 0
    StorageTotal: Long = 0
    AppVersion: Key = None
    Report: MaybeReport = None
    ReportData: list[ReportRow] | None = msgspec.field(default_factory=list)
    extra: Extra = msgspec.field(default=UNSET, name="$extra")
