"""A state that is folded when somebody looks at it."""

from __future__ import annotations

import pytest

from ledger.events import Event, OrderAmended, OrderDrafted, OrderInvoiced, OrderStatusChanged, SwishTied
from ledger.folding import Later, empty
from ledger.order import OrderState
from ledger.records import Customer
from tests.unit.given import an_order, number

OURS, HERS, HIS = number(70), number(71), number(72)


@pytest.mark.parametrize(
    "events",
    [
        [OrderDrafted(order=an_order())],
        [OrderDrafted(order=an_order(CustomerId=HERS)), OrderStatusChanged(status=10)],
        [OrderDrafted(order=an_order(Customer=Customer(Id=HERS))), OrderAmended(order=an_order(13, CustomerId=HIS))],
        [OrderDrafted(order=an_order()), OrderInvoiced(invoice_id=number(3), customer_id=HIS)],
    ],
)
@pytest.mark.parametrize("before", [OrderState(), OrderState(order=an_order(), version=1, owners=frozenset({OURS}))])
def test_whose_an_order_was_is_known_without_folding_it(before: OrderState, events: list[Event]) -> None:
    later = Later("order-1", before)
    for position, event in enumerate(events, 1):
        later.add(position, event, None)
        folded = later.folded()
        assert isinstance(folded, OrderState) and later.owners == folded.owners


def test_nobody_owns_anything_else() -> None:
    later = Later("swish-1", empty("swish-1"))
    later.add(1, SwishTied(order_id=number(1)), None)
    assert later.owners == set()
