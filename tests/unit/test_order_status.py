"""An order moved by its status: UpdateOrderStatus, which any known status may be given to."""

from __future__ import annotations

import pytest

from ledger.events import (
    OrderAmended,
    OrderDrafted,
    OrderStatusChanged,
    PaymentCaptured,
    PaymentVoided,
    ReceiptIssued,
)
from ledger.order_decisions import decide_document, decide_status
from tests.unit.given import ORDER, a_payment, an_order, given, given_in, number
from tests.unit.test_order import DRAFT, PAID, SIGNED, SOLD


def test_closing_by_status_does_what_it_says() -> None:
    drafted = given([OrderDrafted(order=DRAFT)])
    completed = drafted.when(lambda state: decide_status(state, ORDER, 13)).then(OrderStatusChanged(status=13))
    assert completed.sale == "sale"
    sold = given(SOLD)
    sold.when(lambda state: decide_status(state, ORDER, 13)).then()
    cancelled = sold.when(lambda state: decide_status(state, ORDER, 14)).then(OrderStatusChanged(status=14))
    assert cancelled.sale == ""
    delivered = sold.when(lambda state: decide_status(state, ORDER, 10)).then(OrderStatusChanged(status=10))
    assert delivered.sale == "sale"
    refused = given().when(lambda state: decide_status(state, ORDER, 13)).refused("is unknown")
    assert refused.problems == (("orderId", f"order {ORDER} is unknown"),), "the request has no body"


@pytest.mark.parametrize("status", [13, 15])
def test_what_a_draft_says_happens_when_a_status_makes_a_sale_of_it(status: int) -> None:
    """Payments and receipts are events of their own from then on; what Swish paid is one already."""
    by_swish = PaymentCaptured(payment=a_payment(201), swish="S1")
    drafted = given([OrderDrafted(order=an_order(Payments=[PAID], Receipts=[SIGNED])), by_swish])
    drafted.when(lambda state: decide_status(state, ORDER, 10)).then(OrderStatusChanged(status=10))
    drafted.when(lambda state: decide_status(state, ORDER, 14)).then(OrderStatusChanged(status=14))
    sold = [OrderStatusChanged(status=status), PaymentCaptured(payment=PAID), ReceiptIssued(receipt=SIGNED)]
    state = drafted.when(lambda state: decide_status(state, ORDER, status)).then(*sold)
    assert state.captured and state.order is not None
    assert {payment.Id for payment in state.order.Payments or ()} == {PAID.Id, number(201)}
    again = given_in(state, [OrderStatusChanged(status=14)])
    again.when(lambda state: decide_status(state, ORDER, status)).then(OrderStatusChanged(status=status))
    unpaid = an_order(status, Payments=[], Receipts=[SIGNED])
    bare = an_order(status, Payments=None, Receipts=None)
    given_in(state).when(lambda state: decide_document(state, unpaid, None)).then(
        OrderAmended(order=bare), PaymentVoided(payment_id=PAID.Id)
    )
