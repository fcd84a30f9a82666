"""*Swish*: payments, refunds and payouts, and what a person should look at: orphans, wrong amounts, duplicates."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.console.pages import show
from api.own_rows import own_rows
from api.wire import Query
from ledger.business_time import to_datetime
from ledger.errors import BadInput
from ledger.records import NO_ID
from ledger.swish import AFTER_FINAL, DUPLICATE, MISMATCH, ORPHAN
from projections import swish_reads
from projections.swish_reads import NEWEST

PATH = "/swish"
FLAGS = (ORPHAN, MISMATCH, DUPLICATE, AFTER_FINAL)
# What is chosen by a word of its own: whatever has a flag.
FLAGGED = "any"


class Payment(msgspec.Struct):
    """A payment, refund or payout; `Status` is the callbacks', None before the first."""

    SwishId: str | None
    Kind: str
    Status: str | None
    Amount: Decimal
    Currency: str | None
    OrderId: UUID
    PaymentReference: str | None
    PayeePaymentReference: str | None
    DatePaid: str
    Flags: list[str]

    @property
    def paid(self) -> datetime | None:
        """When the money moved."""
        return to_datetime(self.DatePaid)

    @property
    def order(self) -> UUID | None:
        """The order it is tied to; None for none."""
        return None if self.OrderId == NO_ID else self.OrderId


_payment = msgspec.json.Decoder(Payment).decode


async def get_swish(request: Request) -> Response:
    """The page: all, or those with a `flag`, or of one `orderId`; `before` is where the page before has ended."""
    query = Query(request)
    flag, order = query.text("flag"), query.guid("orderId")
    if flag and flag not in (*FLAGS, FLAGGED):
        raise BadInput.at("flag", f"must be one of {', '.join(FLAGS)} or {FLAGGED}")
    before = query.integer("before", 1, NEWEST) or NEWEST
    async with own_rows(request) as (connection, tenant_id):
        if order is not None:
            found = await swish_reads.of_order(connection, tenant_id, order, before)
        elif flag:
            chosen = swish_reads.ANY if flag == FLAGGED else flag
            found = await swish_reads.flagged(connection, tenant_id, chosen, before)
        else:
            found = await swish_reads.newest(connection, tenant_id, before)
    given = {"flag": flag, "orderId": order or "", "before": found.next}
    return show(
        request,
        "swish.html",
        payments=[_payment(document) for document in found.documents],
        choices=["", FLAGGED, *FLAGS],
        flag=flag,
        order=order,
        older=f"{PATH}?{urlencode({name: value for name, value in given.items() if value})}" if found.next else None,
    )
