"""What tests of Swish look at."""

from __future__ import annotations

from tests.acceptance.bodies import an_unpaid_order
from tests.acceptance.server import Json, Server

PATH = "SwishOnlinePayment/PostSwishOnlinePayment"


def placed(server: Server, order: Json | None = None) -> Json:
    """An unpaid order the server knows."""
    found = order or an_unpaid_order()
    server.post("Order/PostOrder", found)
    return found


def paid(server: Server, order: Json) -> list[tuple[float, str, int]]:
    """The payments of an order that says it is paid; nothing of one that does not."""
    found = server.order(order)
    payments = [(row["PaidAmount"], row["PaymentRef"], row["TypeId"]) for row in found["Payments"]]
    return payments if found["PaymentStatus"] == 1 else []


def seen(server: Server, order: Json) -> list[tuple[str, str | None, list[str]]]:
    """Kind, status and flags of everything Swish that an order has."""
    return [(row["Kind"], row["Status"], row["Flags"]) for row in server.swish(order)]
