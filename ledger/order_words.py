"""What an event changed of an order, in words. Pure; the sentences a shop owner would say."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from ledger.events import (
    Event,
    OrderAmended,
    OrderClosed,
    OrderDrafted,
    OrderFinalised,
    OrderInvoiced,
    OrderInvoiceSynced,
    OrderUninvoiced,
    PaymentCaptured,
    ReceiptIssued,
)
from ledger.order import OrderState
from ledger.records import Order, OrderLine, Payment, Receipt, SwishPayment
from ledger.wording import clipped, compared, differ, differences, is_none, kronor, plain

R = TypeVar("R", Payment, Receipt)

# Told apart from the other members.
_PARTS = ("OrderLines", "Payments", "Receipts", "SwishPayment", "Version")
# Of a first document these are told; the rest stands in the document.
_TOLD_AT_FIRST = frozenset({"Status", "Type", "OrderTotal", "TrainingMode", "OrderIntID", "OrderNoOfDay", "ExternalID"})
_FIRST = {OrderDrafted: "order begun", OrderFinalised: "order finished", OrderClosed: "order closed, never a sale"}
_AGAIN = {
    OrderDrafted: "drafted again, with nothing changed",
    OrderFinalised: "finished as it was drafted",
    OrderAmended: "amended, with nothing changed",
    OrderClosed: "closed, never a sale",
    OrderInvoiced: "listed by its invoice again",
    OrderUninvoiced: "taken off its invoice",
    OrderInvoiceSynced: "taken over by the bookkeeping again",
    PaymentCaptured: "the till's payment is the one that Swish brought",
}
_SALE = {"": "no longer counts", "sale": "counts as a sale", "return": "counts as a return"}
_TENDERS = {1: "in cash", 4: "by card", 10: "by Swish"}


def order_changes(before: OrderState, event: Event, after: OrderState) -> list[str]:
    """What an event changed of an order: at least one sentence."""
    new = after.order
    if new is None:
        return ["nothing changed"]
    begins = before.order is None
    old = Order(Id=new.Id) if before.order is None else before.order
    apart = [*_PARTS, *(set(new.__struct_fields__) - _TOLD_AT_FIRST if begins else ())]
    found = [_FIRST.get(type(event), "order taken")] if begins else []
    found += _lines(old, new) + _money(before, old, after, new) + _swish(old.SwishPayment, new.SwishPayment)
    found += differences(old, new, apart)
    if before.sale != after.sale:
        found.append(_SALE[after.sale])
    return found or [_again(event)]


def _again(event: Event) -> str:
    """What is said of an event that leaves the order as it was."""
    if type(event) is PaymentCaptured and event.swish is None:
        return tendered(event.payment)  # the draft said so, and a status made a sale of it
    if type(event) is ReceiptIssued:
        return f"{receipt_name(event.receipt)} issued"
    return _AGAIN.get(type(event), "nothing changed")


def _lines(old: Order, new: Order) -> list[str]:
    found = []
    for was, line in compared(old.OrderLines, new.OrderLines, _line_key):
        if line is None:
            found += [f"{_pieces(was)} removed"] if was is not None else []
        elif was is None:
            found.append(f"{_pieces(line)} {'added' if line.Direction != -1 else 'given back'}")
        else:
            found += [f"{_item(line)}: {said}" for said in differences(was, line)]
    if not found and differ(old.OrderLines, new.OrderLines):
        found.append("lines in another order")
    return found


def _line_key(line: OrderLine) -> Hashable:
    return line.Id if line.Id.int else (line.ItemId, _item(line))


def _pieces(line: OrderLine) -> str:
    return f"{plain(line.Quantity)} × {_item(line)}"


def _item(line: OrderLine) -> str:
    known = line.ItemDescription or (line.Product.Description if line.Product is not None else None)
    return clipped(known or "") or (f"item {line.ItemId}" if line.ItemId.int else "a line")


def _money(before: OrderState, old: Order, after: OrderState, new: Order) -> list[str]:
    paid = compared(old.Payments, new.Payments, lambda payment: payment.Id)
    issued = compared(old.Receipts, new.Receipts, lambda receipt: receipt.ReceiptId)
    found = []
    if after.captured and not before.captured and any(now is None for _, now in [*paid, *issued]):
        # Those of a finished order are facts of their own, which follow: nobody took anything back.
        paid, issued = [pair for pair in paid if pair[1]], [pair for pair in issued if pair[1]]
        found.append("the draft's payments and receipts give way to those that follow")
    for was, payment in paid:
        found += (
            _told(was, payment, _payment) if was is not None else [tendered(payment)] if payment is not None else []
        )
    for had, receipt in issued:
        found += (
            _told(had, receipt, receipt_name)
            if had is not None
            else [f"{receipt_name(receipt)} issued"]
            if receipt
            else []
        )
    return found


def _told(was: R, now: R | None, name: Callable[[R], str]) -> list[str]:
    """What became of something that was there."""
    return [f"{name(was)} taken back"] if now is None else [f"{name(was)}: {said}" for said in differences(was, now)]


def tendered(payment: Payment) -> str:
    """Money for an order, or back: `paid 98.00 kr by card`."""
    return f"paid {'' if payment.Direction != -1 else 'back '}{kronor(payment.PaidAmount)} {_tender(payment)}"


def _payment(payment: Payment) -> str:
    return f"payment of {kronor(payment.PaidAmount)} {_tender(payment)}"


def _tender(payment: Payment) -> str:
    """How it was paid: by the vendor's type where it is one everybody has, else by what it is called."""
    if payment.CashCollected:
        return "in cash"
    known = _TENDERS.get(payment.TypeId)
    named = clipped(payment.ProductName or "")
    return known or (f"by {named}" if named else f"by type {payment.TypeId}")


def receipt_name(receipt: Receipt) -> str:
    """What a receipt is called: `receipt 17`."""
    return f"receipt {receipt.ReceiptNumber}" if receipt.ReceiptNumber else "receipt without number"


def _swish(was: SwishPayment | None, now: SwishPayment | None) -> list[str]:
    if not differ(was, now):
        return []
    if now is None:
        return ["Swish payment removed"]
    if was is not None and was.SwishPaymentStatus == now.SwishPaymentStatus:
        return [f"Swish payment: {said}" for said in differences(was, now)]
    status = now.SwishPaymentStatus
    return ["Swish payment known" if is_none(status) else f"Swish payment {clipped(str(status))}"]
