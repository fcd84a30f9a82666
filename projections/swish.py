"""Swish payments, refunds and payouts as they stand, with what a person should look at (contract, sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.business_time import NO_TIME
from ledger.codec import encoder
from ledger.database import queries
from ledger.events import CustomerErased, Event, Recorded, SwishFlagged, SwishRecorded, SwishStatusReceived, SwishTied
from ledger.records import NO_ID, SwishPayment
from ledger.store import Connection
from ledger.swish import SwishState, evolve, shown_on_order
from projections.documents import members
from projections.window import EVERYTHING, Page

_SQL = queries("projections/swish.sql")
_STREAM = "swish-"
_state = msgspec.json.Decoder(SwishState, float_hook=Decimal).decode


class SwishRow(NamedTuple):
    """A Swish id as it is kept; `first_position` stands only where the id is new."""

    swish_id: str
    first_position: int
    order_id: UUID | None
    flags: str
    state: bytes
    document: bytes


def fold(known: Mapping[str, SwishState], events: Sequence[Recorded]) -> list[SwishRow]:
    """The Swish ids that a batch changes; `known` holds those that were there, by id."""
    states: dict[str, SwishState] = {}
    first: dict[str, int] = {}
    for recorded in events:
        swish_id = swish_id_of(recorded)
        first.setdefault(swish_id, recorded.position)
        before = states.get(swish_id) or known.get(swish_id) or SwishState()
        states[swish_id] = after(before, recorded)
    return [
        SwishRow(
            swish_id, first[swish_id], state.order_id, ",".join(state.flags), encoder.encode(state),
            document(swish_id, state),
        )
        for swish_id, state in states.items()
    ]  # fmt: skip


def swish_id_of(recorded: Recorded) -> str:
    """The Swish id that an event's stream is named after."""
    return recorded.stream.removeprefix(_STREAM)


def after(state: SwishState, recorded: Recorded) -> SwishState:
    """The state after one more event, without the payer and what a retry is known by."""
    return evolve(state, _kept(recorded))


def _kept(recorded: Recorded) -> Recorded:
    """The event without what the read model neither shows nor decides by: the payer, and documents for retries."""
    event = recorded.event
    if isinstance(event, SwishRecorded):
        # Compact, whichever way the log was read: the same state gives the same bytes.
        event = SwishRecorded(record=SwishPayment(**msgspec.structs.asdict(event.record)))
    elif isinstance(event, SwishStatusReceived):
        event = msgspec.structs.replace(event, payer_alias=None, message=None, callback={})
    return msgspec.structs.replace(recorded, event=event, fingerprint=None)


def document(swish_id: str, state: SwishState) -> bytes:
    """What is shown of a Swish id."""
    received = state.received or SwishStatusReceived(kind=state.kind, status="")
    shown = shown_on_order(state, swish_id)
    return encoder.encode(
        {
            "Id": shown.Id,
            "SwishId": shown.SwishId,
            "Kind": state.kind,
            # Of the callbacks; null before the first. The vendor's own word stands in its record.
            "Status": state.status,
            "Amount": received.amount or 0,
            "Currency": received.currency,
            "OrderId": state.order_id or NO_ID,
            "PaymentReference": received.payment_reference,
            "PayeePaymentReference": received.payee_payment_reference,
            "OriginalPaymentReference": received.original_payment_reference,
            "DatePaid": received.date_paid or NO_TIME,
            "Flags": state.flags,
            "SwishPayment": members(shown),
        }
    )


class _Swish:
    name = "swish"
    handles: frozenset[type[Event]] = frozenset(
        {SwishRecorded, SwishStatusReceived, SwishTied, SwishFlagged, CustomerErased}
    )
    streams = _STREAM

    async def apply(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        events = [recorded for recorded in events if not isinstance(recorded.event, CustomerErased)]
        if not events:
            return
        known = await connection.fetch(_SQL["states"], tenant_id, {swish_id_of(recorded) for recorded in events})
        await _save(connection, tenant_id, fold({row["swish_id"]: _state(row["state"]) for row in known}, events))

    async def renew(self, connection: Connection, tenant_id: int, events: Sequence[Recorded]) -> None:
        """The Swish ids of some streams, by all that happened to them."""
        await _save(connection, tenant_id, fold({}, events))


async def _save(connection: Connection, tenant_id: int, rows: Sequence[SwishRow]) -> None:
    if rows:
        await connection.execute(_SQL["save_payments"], tenant_id, *zip(*rows, strict=True))


PROJECTION = _Swish()


async def payments(connection: Connection, tenant_id: int, order_id: UUID | None, limit: int = EVERYTHING) -> Page:
    """The newest `limit` (and 64 MB) payments, refunds and payouts, of one order or of all; amounts in `Currency`."""
    return Page(*await connection.fetchrow(_SQL["payments"], tenant_id, order_id, limit))
