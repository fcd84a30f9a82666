"""The shapes of answers that are put together from ready parts, where no record and no struct has them.

A test compares each with what the running server gives.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from ledger.codec import Metadata
from ledger.records import Key, Moment, Text
from ledger.records import SwishPayment as SwishRecord
from ledger.till_records import Report, ReportRow, TerminalStatusLog


class Written(msgspec.Struct):
    """Where a command's last event lies in the log. `Duplicate`: it was there before, and nothing was written."""

    Position: int
    Duplicate: bool


class Fault(msgspec.Struct):
    """What is wrong with one member or parameter; `path` is `$.OrderLines[2].Quantity`, or the parameter's name."""

    path: str
    message: str


class Problem(msgspec.Struct, omit_defaults=True):
    """What went wrong (RFC 9457). `retryable`: the same request can succeed later, after `Retry-After` seconds.

    `error` is there for whoever asks for a token, and is the code of RFC 6749.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault]
    retryable: bool
    error: str = ""


class SwishCallback(msgspec.Struct):
    """What Swish itself sends: a payment, a refund (`originalPaymentReference`) or a payout
    (`payoutInstructionUUID`). Only `status` decides. Whatever else is in it is kept.
    """

    status: str
    id: Text = None
    payoutInstructionUUID: Text = None
    originalPaymentReference: Text = None
    payeePaymentReference: Text = None
    paymentReference: Text = None
    callbackUrl: Text = None
    callbackIdentifier: Text = None
    payerAlias: Text = None
    payeeAlias: Text = None
    amount: float | str | None = None
    currency: Text = None
    message: Text = None
    dateCreated: Text = None
    datePaid: Text = None
    errorCode: Text = None
    errorMessage: Text = None
    additionalInformation: Text = None


class SwishShown(msgspec.Struct):
    """A Swish payment, refund or payout as it stands. `Status` is the callbacks', null before the first.

    `Flags` are what a person should look at: orphan, amount_mismatch, duplicate_payment, after_final.
    """

    Id: UUID
    SwishId: Key
    Kind: Literal["payment", "refund", "payout"]
    Status: Text
    Amount: Decimal
    Currency: Text
    OrderId: UUID
    PaymentReference: Text
    PayeePaymentReference: Text
    OriginalPaymentReference: Text
    DatePaid: Moment
    Flags: list[Literal["orphan", "amount_mismatch", "duplicate_payment", "after_final"]]
    SwishPayment: SwishRecord


class ReportShown(Report):
    """An X (0) or Z (1) report with its rows."""

    ReportData: list[ReportRow] = msgspec.field(default_factory=list)


_APART = {"TerminalId", "Report", "ReportData", "extra"}
Terminal = msgspec.defstruct(
    "Terminal",
    [
        ("TerminalId", UUID),
        ("LastSeen", str),
        *((one.name, one.type) for one in msgspec.structs.fields(TerminalStatusLog) if one.name not in _APART),
        ("LastXReport", ReportShown | None),
        ("LastZReport", ReportShown | None),
    ],
    namespace={
        "__doc__": "A terminal: when it was last heard from, by our clock, its last health and its last reports."
    },
)


class LoggedEvent(msgspec.Struct):
    """A fact. `OccurredAt` is the till's clock, `RecordedAt` the ledger's; `Data` is as it was written, opened."""

    Position: int
    EventId: UUID
    Stream: str
    Version: int
    Type: str
    SchemaVersion: int
    OccurredAt: str
    RecordedAt: str
    Metadata: MetadataShown
    Data: dict[str, Any]


MetadataShown = Metadata


class EventPage(msgspec.Struct):
    """Events in order. `Next` is the `after` of the next page; there is nothing yet after `Head`."""

    Events: list[LoggedEvent]
    Next: int
    Head: int


class Checkpoint(msgspec.Struct):
    """A signed note over the first `size` events."""

    size: int
    note: str


class Checkpoints(msgspec.Struct):
    """Signed notes, smallest first."""

    checkpoints: list[Checkpoint]


class Inclusion(msgspec.Struct):
    """That a leaf is in the tree of a signed checkpoint (RFC 9162, 2.1.3). Hashes are Base64 of 32 bytes."""

    leaf_index: int
    tree_size: int
    leaf_hash: str
    path: list[str]
    checkpoint: str


class Consistency(msgspec.Struct):
    """That one tree begins with another (RFC 9162, 2.1.4). Hashes are Base64 of 32 bytes."""

    smaller: int = msgspec.field(name="from")
    to: int
    path: list[str]


class Live(msgspec.Struct):
    """The process lives."""

    status: Literal["live"]


class Stop(msgspec.Struct):
    """Where a projection has stopped, and at what place in the code."""

    tenant: int
    position: int
    error: str


class ProjectionHealth(msgspec.Struct):
    """How far a read model is behind."""

    name: str
    lag_events: int
    lag_seconds: float
    stopped: list[Stop]


class DatabaseHealth(msgspec.Struct):
    """Whether the database answers."""

    answers: bool


class Unsealed(msgspec.Struct):
    """A log that is not what was signed."""

    tenant: int
    reason: str


class SealerHealth(msgspec.Struct):
    """Logs that are not signed any more, and how many this process refuses to sign."""

    stopped: list[Unsealed]
    refuses: int


class Ready(msgspec.Struct):
    """Whether the server can do its work, and what is the matter where it cannot."""

    status: Literal["ready", "not ready"]
    database: DatabaseHealth
    projections: list[ProjectionHealth]
    sealer: SealerHealth


class TokenForm(msgspec.Struct):
    """A form (RFC 6749): a user's name and password, or the refresh token of an earlier answer."""

    grant_type: Literal["password", "refresh_token"]
    username: str = ""
    password: str = ""
    refresh_token: str = ""


class TokenPair(msgspec.Struct):
    """`access_token` goes into `Authorization: Bearer …` for `expires_in` seconds."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    refresh_token: str
