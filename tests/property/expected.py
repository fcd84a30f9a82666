"""What every list and total must show, worked out anew from the oracle's orders (contract, sections 3 and 4)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.property.oracle import CLOSED, VOID, Body, Oracle

SIX = Decimal("0.000001")
Amounts = tuple[Decimal, Decimal]


def listed(oracle: Oracle, which: str) -> set[str]:
    """The ids of the orders on a list."""
    return {id_ for id_, order in oracle.orders.items() if _is_listed(which, order, oracle.shown(id_))}


def _is_listed(which: str, order: Body, shown: Body) -> bool:
    is_new = bool(shown["IsOnlineOrder"] and shown["Status"] == 0)
    if which == "open":
        cart = is_new and not shown["Payments"] and shown["PaymentStatus"] != 1
        return not (order["sale"] or shown["Status"] in CLOSED or cart)
    if which == "invoice generated":
        invoiced = order["document"]["InvoiceGenerated"] or shown["CustomerInvoiceId"]
        waits = shown["CustomerId"] and invoiced and not shown["IsVismaInvoiceGenerated"]
        # The contract does not say so, but nobody books the invoice of an order that is void or was made in training.
        return bool(waits and shown["Status"] not in VOID and not order["document"]["TrainingMode"])
    if which == "basket":
        return is_new and shown["PaymentStatus"] == 0
    if which == "online":
        return bool(shown["IsOnlineOrder"])
    if shown["ExternalID"] or order["document"]["TrainingMode"]:
        return False
    if which == "returns":
        return bool(order["sale"] == "return")
    return bool(order["sale"] == "sale" and (which == "sales" or not shown["CustomerId"]))


def business_time(oracle: Oracle, id_: str) -> datetime:
    """When an order was: InvoiceDate, else CreationDate; the wall clock at its outlet."""
    body = oracle.orders[id_]["document"]
    return oracle.moments[body["InvoiceDate"] or body["CreationDate"]]


def _counted(oracle: Oracle) -> list[tuple[str, Body, Body]]:
    return [
        (id_, order["document"], line)
        for id_, order in oracle.orders.items()
        if order["sale"] and not order["document"]["TrainingMode"]
        for line in order["document"]["OrderLines"]
        if _counts(line)
    ]


def _counts(line: Body) -> bool:
    return bool(line["Active"] == 1 and line["IsCoupon"] != 1 and line["ItemType"] == 0)


def stock(oracle: Oracle) -> dict[tuple[str, str], Decimal]:
    """By product and outlet: what was sold of piece goods, as a negative number."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for _, body, line in _counted(oracle):
        if line["Product"] is None or line["Product"]["Unit"] == 0:
            found[line["ItemId"], body["OutletId"]] -= Decimal(line["Quantity"]) * line["Direction"]
    return {key: quantity for key, quantity in found.items() if quantity}


def sales(oracle: Oracle, day_starts: dict[str, int], categories: dict[int, str]) -> dict[str, dict[Any, Amounts]]:
    """Exact gross and net by category, by business day, by hour and by outlet.

    `day_starts` is the local hour the day of an outlet starts at, `categories` are the names learnt.
    """
    found: dict[str, dict[Any, Amounts]] = {kind: {} for kind in ("category", "day", "hour", "outlet")}
    for id_, body, line in _counted(oracle):
        at = business_time(oracle, id_)
        day = (at - timedelta(hours=day_starts[body["OutletId"]])).date()
        added = [item for item in line["IngredientItems"] if item["IngredientMode"] == "+" and _counts(item)]
        for part in (line, *added):
            gross, net = _amounts(part, line)
            keys = {"category": _category(line, categories), "day": day, "hour": at.hour, "outlet": body["OutletId"]}
            for kind, key in keys.items():
                before = found[kind].get(key, (Decimal(0), Decimal(0)))
                found[kind][key] = before[0] + gross, before[1] + net
    return found


def _amounts(part: Body, line: Body) -> Amounts:
    price = Decimal(part["Quantity"]) * Decimal(part["UnitPrice"]) - abs(Decimal(part["ItemDiscount"]))
    gross = line["Direction"] * price
    net = gross / (1 + Decimal(line["TaxPercent"]) / 100)
    return gross.quantize(SIX, ROUND_HALF_UP), net.quantize(SIX, ROUND_HALF_UP)


def _category(line: Body, categories: dict[int, str]) -> str:
    product = line["Product"] or {}
    learnt = categories.get(product.get("CategoryId") or 0)
    return product.get("Category") or line["Category"] or learnt or "Uncategorised"
