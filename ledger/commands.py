"""What clients ask for, and what follows from it across streams. Pure: a command sees the ledger through a `View`.

`decide` first names everything it will look at (`view.need`, which loads it and asks again), then gives the events of
every stream concerned in one decision. Events of the stream a command addresses come last, so that a retry is answered
with the position the first answer named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from ledger import document, order, order_decisions, receipts, swish, swish_door
from ledger.business_time import is_zone
from ledger.errors import BadInput, Refused
from ledger.events import Encoded, Event, InvoiceSaved, OutletSet, SwishStatusReceived
from ledger.reactions import refund_lookups, settle_swish
from ledger.records import CustomerInvoice, ExternalInformation, SwishPayment
from ledger.retries import Earlier, never
from ledger.till_records import CashDrawerLog, TerminalStatusLog
from ledger.view import PAYMENT_REFERENCE, REFERENCE_KINDS, REFUND_OF, Decision, View

_NAME_AT_MOST = 200
NO_PARTS: Mapping[int, Encoded] = {}


class Command(Protocol):
    """One thing a client asks for."""

    @property
    def fingerprint(self) -> str | None:
        """By what its document is known again; None where there is none."""

    def earlier(self) -> Sequence[str]:
        """By what it was known before, if that may have been something else (see `retries`)."""

    @property
    def parts(self) -> Mapping[int, Encoded]:
        """The JSON of its document's events, if it was made already, by the `id` of their record (see `written`)."""

    def decide(self, view: View, now: datetime) -> Decision:
        """What follows, or `Refused`. `now` is an aware datetime."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What every command of a client is."""

    fingerprint: str | None = None
    earlier: Earlier = never

    @property
    def parts(self) -> Mapping[int, Encoded]:
        return NO_PARTS


class AssignExternalId(Asked, frozen=True, kw_only=True):
    """PostOrderExternalInformation, and with `of_return` PostReturnOrderExternalInformation."""

    sent: ExternalInformation
    of_return: bool = False

    def decide(self, view: View, now: datetime) -> Decision:
        stream = order.stream_of(self.sent.Id)
        view.need([stream])
        state = view.order(stream)
        position = state.documents.get(self.fingerprint or "")
        if position is not None:
            return Decision(duplicate=position)
        events = order_decisions.decide_external_id(state, self.sent, of_return=self.of_return)
        return Decision(events=[(stream, event) for event in events])


class MarkSynced(Asked, frozen=True, kw_only=True):
    """UpdateInviceGeneratedOpenOrder: all of the orders or none."""

    sent: list[ExternalInformation]

    def decide(self, view: View, now: datetime) -> Decision:
        streams = [order.stream_of(information.Id) for information in self.sent]
        view.need(streams)
        unknown = [str(one.Id) for one, name in zip(self.sent, streams, strict=True) if view.order(name).order is None]
        if unknown:
            raise Refused(f"unknown: {', '.join(unknown)}", [("$", f"order {name} is unknown") for name in unknown])
        last = dict(zip(streams, self.sent, strict=True))
        # An order that had nothing to change has no event of the list, but the list was taken as a whole.
        taken = [at for name in last if (at := view.order(name).documents.get(self.fingerprint or "")) is not None]
        if taken:
            return Decision(duplicate=max(taken))
        events = [
            (name, event)
            for name, one in last.items()
            for event in order_decisions.decide_synced(view.order(name), one)
        ]
        if not events:
            return Decision(duplicate=max((view.order(name).position for name in last), default=0))
        return Decision(events=events)


class SetStatus(Asked, frozen=True, kw_only=True):
    """UpdateOrderStatus/{orderId}/{status}."""

    order_id: UUID
    status: int

    def decide(self, view: View, now: datetime) -> Decision:
        stream = order.stream_of(self.order_id)
        view.need([stream])
        state = view.order(stream)
        events = order_decisions.decide_status(state, self.order_id, self.status)
        if not events:
            return Decision(duplicate=state.position)
        terminal_id = order_decisions.existing(state, self.order_id).TerminalId
        numbers = receipts.keys_of(receipts.issued(events), terminal_id)
        view.need((), receipts.lookups(numbers))
        claims = receipts.claims(view, stream, numbers)
        return Decision(events=[(stream, event) for event in events], claims=claims)


class SaveInvoice(Asked, frozen=True, kw_only=True):
    """PostCustomerInvoice: links and unlinks orders in the same append."""

    invoice: CustomerInvoice

    def decide(self, view: View, now: datetime) -> Decision:
        stream = f"invoice-{self.invoice.Id}"
        view.need([stream])
        state = view.document(stream)
        position = document.known(state, self.fingerprint or "", self.earlier)
        if position is not None:
            return Decision(duplicate=position)
        wanted = [order.stream_of(order_id) for order_id in self.invoice.OrdersGuid or ()]
        gone = [name for name in document.previous_orders(state) if name not in set(wanted)]
        view.need([*wanted, *gone])
        unknown = [name.removeprefix("order-") for name in wanted if view.order(name).order is None]
        if unknown:
            problems = [("$.OrdersGuid", f"order {name} is unknown") for name in unknown]
            raise Refused(f"the invoice lists unknown orders: {', '.join(unknown)}", problems)
        events: list[tuple[str, Event]] = []
        for name in wanted:
            linked = order_decisions.decide_invoiced(view.order(name), self.invoice.Id, self.invoice.CustomerId)
            events += [(name, event) for event in linked]
        for name in gone:
            events += [(name, event) for event in order_decisions.decide_uninvoiced(view.order(name), self.invoice.Id)]
        return Decision(events=[*events, (stream, InvoiceSaved(invoice=self.invoice))])


class LogDrawerEntry(Asked, frozen=True, kw_only=True):
    """PostCashDrawerLog: `first_wins` under /api/Order, a correction is welcome under /api/CashDrawerLog."""

    entry: CashDrawerLog
    first_wins: bool

    def decide(self, view: View, now: datetime) -> Decision:
        stream = f"drawer-{self.entry.Id}"
        view.need([stream])
        state = view.document(stream)
        position = document.known(state, self.fingerprint or "", self.earlier)
        if position is not None:
            return Decision(duplicate=position)
        events = document.decide_drawer_entry(state, self.entry, first_wins=self.first_wins)
        return Decision(events=[(stream, event) for event in events])


class ReportTerminal(Asked, frozen=True, kw_only=True):
    """PostReports."""

    log: TerminalStatusLog

    def decide(self, view: View, now: datetime) -> Decision:
        stream = f"report-{self.log.Id}"
        view.need([stream])
        position = document.known(view.document(stream), self.fingerprint or "", self.earlier)
        if position is not None:
            return Decision(duplicate=position)
        return Decision(events=[(stream, event) for event in document.decide_terminal_log(self.log)])


class TakeSwish(Asked, frozen=True, kw_only=True):
    """PostSwishOnlinePayment: the vendor's record, or a genuine callback for a Swish id.

    `door` says who brings it, `identifier` what a record's callbacks will bring along (`swish_door.keyed_hash`).
    """

    stream: str
    said: SwishPayment | SwishStatusReceived
    swish_type: int
    door: swish_door.Door
    identifier: str | None = None

    def decide(self, view: View, now: datetime) -> Decision:
        # The orders it may mean, and the refunds that may wait for it, are looked up with it, and not after it.
        heard = swish.heard_of(self.said)
        names = swish.references(heard)
        orders = [f"order-{name}" for name in names]
        lookups = [(kind, name) for name in names for kind in REFERENCE_KINDS]
        view.need([self.stream, *orders], shared=[*lookups, *refund_lookups([heard])])
        state = view.swish(self.stream)
        swish_door.admit(self.door, state.callback_identifier)
        position = state.documents.get(self.fingerprint or "")
        if position is not None:
            return Decision(duplicate=position)
        if isinstance(self.said, SwishPayment):
            events = swish.decide_record(self.said, self.identifier)
        else:
            events = swish.decide_callback(state, self.said)
        decision = Decision()
        settle_swish(view, self.stream, events, self.swish_type, decision)
        if isinstance(self.said, SwishStatusReceived):
            own, original = self.said.payment_reference, self.said.original_payment_reference
            named = ((PAYMENT_REFERENCE, own), (REFUND_OF, original))
            decision.shared += [(kind, value, self.stream) for kind, value in named if value]
        return decision


class SetOutlet(Asked, frozen=True, kw_only=True):
    """An outlet's name, zone and start of day, by its owner; nothing when all is as it was.

    What is None stays as it is. Of a new outlet the name is needed, and `zone_else` is the zone if none is given.
    """

    outlet_id: UUID
    name: str | None = None
    zone: str | None = None
    day_starts: int | None = None
    zone_else: str | None = None

    def decide(self, view: View, now: datetime) -> Decision:
        stream = f"outlet-{self.outlet_id}"
        view.need([stream])
        state = view.document(stream)
        outlet = self._changed(state.document if isinstance(state.document, OutletSet) else None)
        if state.document == outlet:
            return Decision(duplicate=state.position)
        return Decision(events=[(stream, outlet)])

    def _changed(self, before: OutletSet | None) -> OutletSet:
        """What it is from now on. A zone or an hour that is none would stop every reader of the event: Refused."""
        name, zone = self.name, self.zone
        if before is not None:
            name, zone = name if name is not None else before.name, zone or before.zone
        zone = zone or self.zone_else or ""
        hour = self.day_starts if self.day_starts is not None else before.day_starts if before is not None else 0
        name = (name or "").strip()
        if not name or len(name) > _NAME_AT_MOST or not name.isprintable():
            raise BadInput.at("name", f"an outlet has a name of 1 to {_NAME_AT_MOST} characters")
        if not is_zone(zone):
            raise BadInput.at("zone", f"there is no time zone {zone!r}; it is a name like Europe/Stockholm")
        if not 0 <= hour <= 23:
            raise BadInput.at("day_starts", "the business day starts at an hour from 0 to 23")
        return OutletSet(outlet_id=self.outlet_id, name=name, zone=zone, day_starts=hour)
