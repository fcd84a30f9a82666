"""What becomes of an order that is paid by Swish, or begun in the web shop. Pure and seeded.

Swish calls back when it likes: late, twice, before the order is there, with another amount, or about nobody's order.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from api.simulate import baskets, documents
from api.simulate.documents import COMPLETED, NEW, SERVED, Place
from api.simulate.shift import DUPLICATE, Life, Shift, Step
from api.simulate.town import Document

_SOON = timedelta(seconds=20)
_SWISH = "SwishOnlinePayment/PostSwishOnlinePayment"


class _Payment:
    """A payment that the till asks Swish for."""

    def __init__(self, shift: Shift, order: Document, at: datetime) -> None:
        self.id, self.reference = (f"{shift.random.getrandbits(128):032X}" for _ in range(2))
        amount: Decimal = order["OrderTotal"]
        self.record = Step(_SWISH, documents.swish_record(self.id, order["Id"], shift.random))
        self.callback = documents.swish_callback(self.id, self.reference, order["Id"], amount, at + _SOON)

    def told(self, **changes: object) -> Step:
        """Swish calls back: PAID unless said otherwise."""
        return Step(_SWISH, {**self.callback, **changes})


def by_swish(shift: Shift, at: datetime) -> Life:
    """An order at the till, paid by Swish in one of the ways that go well, or go wrong."""
    order = shift.draft(at)
    if order["OrderTotal"] <= 0:
        order = shift.paid_by_card(order, at)
        return Life([Step("PostOrder", order)], (order["Id"],))
    ways = _WAYS if shift.faults else _GOOD_WAYS
    (way,) = shift.random.choices(list(ways), list(ways.values()))
    return Life(way(shift, order, at), (order["Id"],))


def _paid(shift: Shift, order: Document, at: datetime, payment: _Payment) -> Document:
    paid = documents.by_swish(order, shift.place.till, at + _SOON, payment.reference, shift.random)
    return shift.completed(order, at + _SOON, [paid])


def _unpaid(shift: Shift, order: Document, at: datetime) -> Document:
    return shift.completed(order, at, [], PaymentStatus=0)


def _as_it_should(shift: Shift, order: Document, at: datetime) -> list[Step]:
    payment = _Payment(shift, order, at)
    done = Step("PostOrder", _paid(shift, order, at, payment))
    return [Step("PostOpenOrder", order), payment.record, payment.told(), done]


def _late(shift: Shift, order: Document, at: datetime) -> list[Step]:
    """The till has given up waiting and the order is completed; then the money comes."""
    payment = _Payment(shift, order, at)
    return [
        Step("PostOrder", _unpaid(shift, order, at)),
        payment.record,
        payment.told(status="CREATED"),
        payment.told(),
    ]


def _doubled(shift: Shift, order: Document, at: datetime) -> list[Step]:
    """The same callback again and again, and one that comes when all is over."""
    *steps, done = _as_it_should(shift, order, at)
    again = steps[-1]._replace(expect=DUPLICATE)
    if shift.chance(0.5):
        return [*steps, again, done, again]
    after = again._replace(document={**again.document, "status": "CANCELLED"}, expect="taken")
    return [*steps, again, done, after]


def _mismatched(shift: Shift, order: Document, at: datetime) -> list[Step]:
    payment = _Payment(shift, order, at)
    other = payment.told(amount=order["OrderTotal"] + 1)
    return [Step("PostOrder", _unpaid(shift, order, at)), payment.record, other]


def _too_early(shift: Shift, order: Document, at: datetime) -> list[Step]:
    """The callback is there before the order is."""
    payment = _Payment(shift, order, at)
    return [payment.told(amount=str(order["OrderTotal"])), Step("PostOrder", _unpaid(shift, order, at))]


def _paid_twice(shift: Shift, order: Document, at: datetime) -> list[Step]:
    second = _Payment(shift, order, at)
    return [*_as_it_should(shift, order, at), second.record, second.told()]


def _declined(shift: Shift, order: Document, at: datetime) -> list[Step]:
    payment = _Payment(shift, order, at)
    said = payment.told(status="DECLINED", paymentReference=None, datePaid=None)
    return [Step("PostOpenOrder", order), payment.record, said, Step("PostOrder", shift.paid_by_card(order, at))]


def _paid_back(shift: Shift, order: Document, at: datetime) -> list[Step]:
    payment, back = _Payment(shift, order, at), _Payment(shift, order, at)
    done = Step("PostOrder", _paid(shift, order, at, payment))
    refund = {"originalPaymentReference": payment.reference, "payeePaymentReference": None}
    refunded = [back.told(status=status, **refund) for status in ("DEBITED", "PAID")]
    return [Step("PostOpenOrder", order), payment.record, payment.told(), done, *refunded]


def _of_nobody(shift: Shift, order: Document, at: datetime) -> list[Step]:
    """Somebody pays for an order that nobody knows."""
    payment = _Payment(shift, order, at)
    reference = baskets.new_id(shift.random).replace("-", "").upper()
    return [payment.told(payeePaymentReference=reference), Step("PostOrder", shift.paid_by_card(order, at))]


_Way = Callable[[Shift, Document, datetime], list[Step]]
_GOOD_WAYS: dict[_Way, int] = {_as_it_should: 80, _declined: 10, _paid_back: 10}
_WAYS: dict[_Way, int] = {
    _as_it_should: 40, _declined: 6, _paid_back: 6, _late: 14, _doubled: 12, _mismatched: 8, _too_early: 8,
    _paid_twice: 4, _of_nobody: 2,
}  # fmt: skip


def in_the_web_shop(shift: Shift, at: datetime) -> Life:
    """A cart that is changed, and paid by card or Swish and served, or left behind."""
    random, outlet = shift.random, shift.place.outlet
    customer = random.choice(shift.town.customers)
    about = {"CustomerId": customer["Id"], "Customer": customer, "IsOnlineOrder": True, "OrderSource": 2}
    cart = shift.draft(at, Place(outlet, outlet.web), Status=NEW, PaymentStatus=0, Payments=[], Receipts=[], **about)
    steps = [Step("PostOnlineOrder", cart)]
    if shift.chance(0.4):
        more = baskets.line(random.choice(outlet.products), cart["Id"], random)
        cart = shift.with_lines(cart, [*cart["OrderLines"], more])
        steps.append(Step("PostOnlineOrder", cart))
    if not shift.chance(0.2):
        steps += _bought_online(shift, cart, at + timedelta(minutes=5))
    return Life(steps, (cart["Id"],))


def _bought_online(shift: Shift, cart: Document, at: datetime) -> list[Step]:
    web, steps = shift.place.outlet.web, []
    paid = documents.card(cart, web, at, shift.random)
    if cart["OrderTotal"] > 0 and shift.chance(0.35):
        payment = _Payment(shift, cart, at)
        steps = [payment.record, payment.told()]
        paid = documents.by_swish(cart, web, at, payment.reference, shift.random)
    done = {"Status": COMPLETED, "PaymentStatus": 1, "InvoiceDate": documents.written(at, web), "Payments": [paid]}
    steps.append(Step("PostOnlineOrder", {**cart, **done}))
    if shift.chance(0.5):
        steps.append(Step("UpdateOrderStatus", {"Id": cart["Id"], "Status": SERVED}))
    return steps
