"""A till's or a web shop's order, from draft to amendment: the command that nearly every request is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ledger import order, order_decisions, receipts
from ledger.business_time import NO_TIME
from ledger.commands import NO_PARTS, Asked
from ledger.erasure import look_ups
from ledger.events import Encoded, Event, OrderNumbered
from ledger.order import OrderState
from ledger.reactions import names_of, settle_order
from ledger.records import Order
from ledger.view import ORPHAN, Decision, Pair, View

ORDER_INT_ID = "OrderIntID"


class PostOrder(Asked, frozen=True, kw_only=True):
    """PostOpenOrder (`draft_only`), PostOrder, and PostOnlineOrder (`online`: draws the numbers the order lacks).

    `zone` is the outlet's; `swish_type` the TypeId of payments that Swish brings; `bare` the order without payments and
    receipts, and `parts` the JSON of its events, if it was made already (see `written`).
    """

    order: Order
    zone: ZoneInfo
    swish_type: int
    draft_only: bool = False
    online: bool = False
    expected: int | None = None
    bare: Order | None = None
    parts: Mapping[int, Encoded] = NO_PARTS
    # What the order may be called by, what it looks at, and the receipts it brings; the same however often it is asked.
    stream: str = ""
    names: Sequence[str] = ()
    lookups: Sequence[Pair] = ()
    receipts: Sequence[str] = ()

    def __post_init__(self) -> None:
        names = names_of(self.order)
        issued = self.order.Receipts or () if self.order.Status in order.CLOSED else ()
        numbers = receipts.keys_of(issued, self.order.TerminalId)
        for member, value in (
            ("stream", f"order-{names[0]}"),
            ("names", names),
            ("lookups", [*receipts.lookups(numbers), *look_ups(self.order)]),
            ("receipts", numbers),
        ):
            msgspec.structs.force_setattr(self, member, value)

    def decide(self, view: View, now: datetime) -> Decision:
        stream = self.stream
        day = f"OrderNoOfDay/{self._day(now)}" if self.online else ""
        orphans = [(ORPHAN, name) for name in self.names]
        view.need((stream,), self.lookups, orphans, (ORDER_INT_ID, day) if self.online else ())
        state = view.order(stream)
        if self.draft_only and self.order.Status in order.CLOSED:
            order_decisions.decide_draft(state, self.order, None)  # refuses: the body itself is wrong here
        draft = self.order.Status not in order.CLOSED
        position = order.known(state, self.fingerprint or "", self.earlier, draft=draft)
        if position is not None:
            return Decision(duplicate=position)
        events = order_decisions.decide_document(state, self.order, self.expected, self.bare)
        numbers = self.receipts
        if self.order.Receipts is None:  # then those of its draft are
            numbers = receipts.keys_of(receipts.issued(events), self.order.TerminalId)
            view.need((), receipts.lookups(numbers))
        decision = Decision(claims=receipts.claims(view, stream, numbers))
        if self.online:
            events[1:1] = self._numbers(view, state, day, decision)
        settle_order(view, stream, events, self.names, self.swish_type, decision)
        return decision

    def _day(self, now: datetime) -> str:
        date = self.order.CreationDate
        return (now.astimezone(self.zone).isoformat() if date == NO_TIME else date)[:10].replace("-", "")

    def _numbers(self, view: View, state: OrderState, day: str, decision: Decision) -> list[Event]:
        """Draws what neither the document nor the order has. A number that was sent does not move the counter."""
        standing = state.order or self.order
        int_id = number = None
        if not (self.order.OrderIntID or standing.OrderIntID):
            int_id = decision.counters[ORDER_INT_ID] = view.counter(ORDER_INT_ID) + 1
        if not (self.order.OrderNoOfDay or standing.OrderNoOfDay):
            count = decision.counters[day] = view.counter(day) + 1
            number = f"{day.partition('/')[2]}-{count}"
        return [OrderNumbered(order_int_id=int_id, order_no_of_day=number)] if int_id or number else []
