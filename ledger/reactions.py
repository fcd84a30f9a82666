"""What an order and a Swish payment do to each other, in the same decision. Pure; contract, section 5."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from ledger import order, swish
from ledger.customer import is_document
from ledger.events import Event, OrderNumbered, OrderSwishChanged, PaymentCaptured, ReceiptIssued, SwishTied
from ledger.folding import State, empty
from ledger.order import OrderState
from ledger.records import Order
from ledger.swish import SwishState
from ledger.view import ERASED, ORPHAN, PAYMENT_REFERENCE, REFERENCE_KINDS, REFUND_OF, Decision, Pair, View

_NO_ORDER = empty("order-")
# Tills begin anew with their numbers each day: of more orders than these that were ever called the same, one cannot be
# told from the others, and to look at all of them would take longer each day.
_LOOKED_AT = 16
# What leaves the names alone that an order can be found by.
_NAMELESS = (PaymentCaptured, ReceiptIssued)


def names_of(found: Order) -> list[str]:
    """All that a Swish payment may call this order by."""
    return [str(found.Id), *(value for _, value in order.references(found))]


def new_references(before: OrderState, after: OrderState) -> list[Pair]:
    """The shared claims by which an order can be found from now on."""
    had = order.references(before.order) if before.order else []
    return [pair for pair in order.references(after.order) if pair not in had] if after.order else []


def new_names(
    decision: Decision, state_of: Callable[[str], State], order_of: Callable[[str], OrderState]
) -> Callable[[], list[tuple[str, str, str]]]:
    """By what a decision's orders can be found from now on (kind, value, stream), to be asked once its events have
    happened. `state_of` and `order_of` tell the state of a stream as it is when they are called.
    """
    events: dict[str, list[Event]] = {}
    for stream, event in decision.events:
        events.setdefault(stream, []).append(event)
    found: list[tuple[str, str, str]] = []
    before: list[tuple[str, OrderState]] = []
    for stream, (first, *others) in events.items():
        state = state_of(stream)
        if state is _NO_ORDER and is_document(first) and all(type(one) in _NAMELESS for one in others):
            # A new order is its document: nothing needs to be folded for it.
            found += [(kind, value, stream) for kind, value in order.references(first.order)]
        elif isinstance(state, OrderState):
            before.append((stream, state))
    return lambda: [
        *found,
        *((kind, value, stream) for stream, one in before for kind, value in new_references(one, order_of(stream))),
    ]


def settle_order(
    view: View, stream: str, events: list[Event], names: Sequence[str], swish_type: int, decision: Decision
) -> None:
    """Adds an order's events, and what follows for orphans that waited for it; `names` are those of its document."""
    numbers = [n for e in events if type(e) is OrderNumbered for n in (e.order_int_id, e.order_no_of_day) if n]
    lookups = [(ORPHAN, value) for value in (*names, *map(str, numbers))]
    if numbers:
        view.need([stream], shared=lookups)
    orphans = dict.fromkeys(name for lookup in lookups for name in view.shared(*lookup))
    if orphans:
        view.need(orphans)
        _refunds_of(view, map(view.swish, orphans))  # read at once for all of them
    events = [*events, *_shown_anew(view, stream, events)]
    for name in orphans:
        state = view.swish(name)
        after = view.after(stream, events)
        assert isinstance(after, OrderState) and after.order is not None, "an order's events leave an order"
        called = set(order.references(after.order))
        is_tied = state.order_id is not None or _is_in(decision, name)
        if is_tied or _order_for(view, state, {stream: called}) != stream:
            continue
        tied = swish.decide_tie(state, after.order.Id)
        there = view.after(name, tied)
        assert isinstance(there, SwishState)
        more, on_order = swish.decide_settlement(there, name.removeprefix("swish-"), after, swish_type)
        decision.events += [(name, event) for event in [*tied, *more]]
        decision.releases += [(ORPHAN, value, name) for value in swish.references(state)]
        _tie_refunds(view, there, decision)
        events = [*events, *on_order]
    decision.events += [(stream, event) for event in events]


def _shown_anew(view: View, stream: str, events: Sequence[Event]) -> list[Event]:
    """A document may bring what the Swish payment that its order shows already has lacked so far."""
    before = view.order(stream)
    if before.others.swish_payment is None:
        return []
    after, name = view.after(stream, events), swish.record_stream(before.others.swish_payment)
    assert isinstance(after, OrderState)
    if after.swish_sent == before.swish_sent:
        return []
    view.need([name])
    shown = swish.shown_on_order(view.swish(name), name.removeprefix("swish-"), after.swish_sent)
    return [] if shown == before.others.swish_payment else [OrderSwishChanged(swish_payment=shown)]


def settle_swish(view: View, stream: str, events: list[Event], swish_type: int, decision: Decision) -> None:
    """Adds a Swish stream's events, and what follows for the order it names; without one it is kept as an orphan."""
    before, state = view.swish(stream), view.after(stream, events)
    assert isinstance(state, SwishState)
    order_id = state.order_id or _found_id(view, state)
    tie = swish.decide_tie(state, order_id)
    state = view.after(stream, [*events, *tie])
    assert isinstance(state, SwishState)
    more: list[Event] = []
    # A callback that comes too late changes nothing, on the order neither.
    is_news = (state.order_id, state.received, state.record) != (before.order_id, before.received, before.record)
    if state.order_id is not None and is_news:
        name = order.stream_of(state.order_id)
        view.need([name], [(ERASED, name)])
        more, on_order = swish.decide_settlement(state, stream.removeprefix("swish-"), view.order(name), swish_type)
        decision.events += [(name, event) for event in on_order]
        _tie_refunds(view, state, decision)
    if state.order_id is None:
        decision.shared += [(ORPHAN, value, stream) for value in swish.references(state)]
    decision.events += [(stream, event) for event in [*events, *tie, *more]]


def refund_lookups(payments: Iterable[SwishState]) -> list[Pair]:
    """By what the refunds of these payments are found."""
    received = [payment.received for payment in payments if payment.kind == swish.PAYMENT]
    return [(REFUND_OF, one.payment_reference) for one in received if one is not None and one.payment_reference]


def _refunds_of(view: View, payments: Iterable[SwishState]) -> Iterable[str]:
    lookups = refund_lookups(payments)
    view.need([], shared=lookups)
    found = dict.fromkeys(name for lookup in lookups for name in view.shared(*lookup))
    view.need(found)
    return found


def _tie_refunds(view: View, payment: SwishState, decision: Decision) -> None:
    """Refunds that came before their payment was tied follow it to its order, also from one that they named themselves:
    it must not matter what came first.
    """
    assert payment.order_id is not None, "refunds follow a payment that is tied"
    for name in _refunds_of(view, [payment]):
        state = view.swish(name)
        is_elsewhere = state.kind == swish.REFUND and state.order_id != payment.order_id
        if is_elsewhere and not _is_in(decision, name):
            decision.events.append((name, SwishTied(order_id=payment.order_id)))
            decision.releases += [(ORPHAN, value, name) for value in swish.references(state)]


def _is_in(decision: Decision, stream: str) -> bool:
    return any(name == stream for name, _ in decision.events)


def _found_id(view: View, state: SwishState) -> UUID | None:
    original = state.received.original_payment_reference if state.received else None
    if original:
        view.need([], shared=[(PAYMENT_REFERENCE, original)])
        payments = view.shared(PAYMENT_REFERENCE, original)
        view.need(payments)
        tied = {view.swish(name).order_id for name in payments} - {None}
        if len(tied) == 1:
            return tied.pop()
    stream = _order_for(view, state, {})
    return UUID(stream.removeprefix("order-")) if stream else None


def _order_for(view: View, state: SwishState, arriving: dict[str, set[Pair]]) -> str | None:
    """The one order a Swish payment names: by its id, InvoiceNumber, OrderNoOfDay or OrderIntID, in this order.

    `arriving` are orders of this very decision with the names they go by. None: no such order, or more than one.
    """
    for value in swish.references(state):
        by_id = f"order-{value}"
        view.need([by_id], shared=[(kind, value) for kind in REFERENCE_KINDS])
        if by_id in arriving or view.order(by_id).order is not None:
            return by_id
        for kind in REFERENCE_KINDS:
            claimed = view.shared(kind, value)
            if len(claimed) > _LOOKED_AT:
                return None
            view.need(claimed)
            # A claim outlives the name: an order that goes by another one now is not meant.
            names = {name: set(order.references(o)) for name in claimed if (o := view.order(name).order)} | arriving
            found = [name for name, its in names.items() if (kind, value) in its]
            if found:
                return found[0] if len(found) == 1 else None
    return None
