"""What the contract says the ledger must answer and show, in plain dicts. Written from the contract, not from the code.

It knows nothing of events: of every order, invoice, drawer entry and Swish payment it keeps what was said last, and
works what follows out anew when it is asked (lists and totals: `expected`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

Body = dict[str, Any]

NEW, DUPLICATE, REFUSED = "new", "duplicate", "refused"
COMPLETED, RETURNED = 13, 15
VOID = {14, 16, 20, 21}
CLOSED = VOID | {COMPLETED, RETURNED}
FINAL = {"PAID", "DECLINED", "ERROR", "CANCELLED"}


def same(body: Any) -> str:
    """Equal for the same documents."""
    return json.dumps(body, sort_keys=True, default=str)


class Oracle:
    """A tenant. `moments` tells the wall clock at the outlet of each date text."""

    def __init__(self, moments: dict[str, datetime]) -> None:
        self.moments = moments
        self.orders: dict[str, Body] = {}
        self.invoices: dict[str, Body] = {}
        self.drawer: dict[str, Body] = {}
        self.swish: dict[str, Body] = {}
        self.documents: dict[str, set[str]] = defaultdict(set)
        self.receipts: dict[tuple[str, int], str] = {}
        self.counters: dict[str, int] = defaultdict(int)

    # -- orders -------------------------------------------------------------------------------------------------

    def post_order(self, body: Body, *, draft_only: bool = False, online: bool = False, stale: bool = False) -> str:
        """PostOpenOrder, PostOrder, PostOnlineOrder; `stale`: with an If-Match that is none of the order's now."""
        body = {**body, "IsOnlineOrder": body["IsOnlineOrder"] or online}
        id_, closes = body["Id"], body["Status"] in CLOSED
        order = self.orders.get(id_)
        is_open = order is None or not (order["sale"] or order["Status"] in CLOSED)
        if draft_only and closes:
            return REFUSED
        current = order is not None and order["draft"] == same(body)
        if same(body) in self.documents[id_] and (closes or not is_open or current):
            return DUPLICATE
        # A draft's receipts are issued when it is closed, unless the document says otherwise.
        drafted = order["drafted"] if order is not None else []
        numbers = self._numbers(body, drafted if body["Receipts"] is None else body["Receipts"]) if closes else {}
        if self._are_taken(numbers) or stale or not (closes or is_open):
            return REFUSED
        self.receipts |= numbers
        self.documents[id_].add(same(body))
        self._keep(body, order or {}, online)
        for swish_id in sorted(self.swish):
            self._tie(swish_id, id_)
        self._follow()
        return NEW

    def _numbers(self, body: Body, receipts: list[Body]) -> dict[tuple[str, int], str]:
        return {(body["TerminalId"], one["ReceiptNumber"]): body["Id"] for one in receipts if one["ReceiptNumber"]}

    def _are_taken(self, numbers: dict[tuple[str, int], str]) -> bool:
        return any(self.receipts.get(number, id_) != id_ for number, id_ in numbers.items())

    def _keep(self, body: Body, before: Body, online: bool) -> None:
        order = {
            "sale": "", "draft": None, "drafted": [], "ours": {}, "others": {}, **before,
            "document": body, "Status": body["Status"],
        }  # fmt: skip
        if body["Status"] not in CLOSED:
            order["draft"] = same(body)
            order["drafted"] = order["drafted"] if body["Receipts"] is None else body["Receipts"]
        else:
            order["drafted"] = []
        if body["Payments"] is not None:
            # What Swish paid is listed again under the till's own Id, or under the reference Swish gave it.
            paid = order["others"].get("payments", {}).values()
            known = {one["Id"] for one in paid} | {one["PaymentRef"] for one in paid}
            order["ours"] = {p["Id"]: p for p in body["Payments"] if not {p["Id"], p["PaymentRef"]} & (known - {None})}
        order["others"] = {"payments": {}, **order["others"]}
        # A web order keeps a number that it was sent once.
        keeps = before and (body["IsOnlineOrder"] or before["document"]["IsOnlineOrder"])
        shown = self.shown(body["Id"]) if keeps else {}
        order["sent"] = {number: body[number] or shown.get(number) for number in ("OrderIntID", "OrderNoOfDay")}
        self.orders[body["Id"]] = order
        self._sale(order)
        if online:
            self._draw(order)

    def _sale(self, order: Body) -> None:
        if order["Status"] in VOID:
            order["sale"] = ""
        elif order["Status"] in (COMPLETED, RETURNED):
            is_return = order["Status"] == RETURNED or order["document"]["Type"] in (4, 5)
            order["sale"] = "return" if is_return else "sale"

    def _draw(self, order: Body) -> None:
        others, day = order["others"], f"{self.moments[order['document']['CreationDate']]:%Y%m%d}"
        if not (others.get("OrderIntID") or order["sent"]["OrderIntID"]):
            self.counters["id"] += 1
            others["OrderIntID"] = self.counters["id"]
        if not (others.get("OrderNoOfDay") or order["sent"]["OrderNoOfDay"]):
            self.counters[day] += 1
            others["OrderNoOfDay"] = f"{day}-{self.counters[day]}"

    def shown(self, id_: str) -> Body:
        """The members of an order that somebody may have changed."""
        order = self.orders[id_]
        body, others = order["document"], order["others"]
        payments = [*others["payments"].values(), *order["ours"].values()]
        return {
            **{name: body[name] for name in ("OrderTotal", "InvoiceNumber", "IsOnlineOrder", "Type")},
            "Status": order["Status"],
            "PaymentStatus": 1 if others["payments"] else body["PaymentStatus"],
            "ExternalID": others.get("ExternalID") or body["ExternalID"],
            "CustomerId": body["CustomerId"] or others.get("CustomerId"),
            "CustomerInvoiceId": others.get("CustomerInvoiceId"),
            "IsVismaInvoiceGenerated": others.get("synced", False),
            "OrderIntID": others.get("OrderIntID") or order["sent"]["OrderIntID"],
            "OrderNoOfDay": others.get("OrderNoOfDay") or order["sent"]["OrderNoOfDay"] or "",
            "Payments": sorted((Decimal(p["PaidAmount"]), p["PaymentRef"] or "") for p in payments),
            "OrderLines": sorted((line["Id"], Decimal(line["Quantity"])) for line in body["OrderLines"]),
            "Swish": others.get("swish"),
        }

    def owes(self, id_: str) -> Decimal:
        """OrderTotal + RoundedAmount - the payments by their direction."""
        shown = self.shown(id_)
        return Decimal(shown["OrderTotal"]) - sum((amount for amount, _ in shown["Payments"]), Decimal(0))

    def set_status(self, id_: str, status: int) -> str:
        """UpdateOrderStatus."""
        order = self.orders.get(id_)
        if order is None:
            return REFUSED
        if order["Status"] == status:
            return DUPLICATE
        if status in (COMPLETED, RETURNED):
            numbers = self._numbers(order["document"], order["drafted"])
            if self._are_taken(numbers):
                return REFUSED
            self.receipts |= numbers
            order["drafted"] = []
        order["Status"] = status
        self._sale(order)
        return NEW

    def assign(self, id_: str, external_id: str, of_return: bool) -> str:
        """PostOrderExternalInformation and PostReturnOrderExternalInformation."""
        order = self.orders.get(id_)
        if order is not None and f"external {external_id}" in self.documents[id_]:
            return DUPLICATE
        if order is None or not external_id or (of_return and order["sale"] != "return"):
            return REFUSED
        self.documents[id_].add(f"external {external_id}")
        order["others"]["ExternalID"] = external_id
        return NEW

    def mark_synced(self, ids: list[str], external_id: str | None) -> str:
        """UpdateInviceGeneratedOpenOrder."""
        if any(id_ not in self.orders for id_ in ids):
            return REFUSED
        if same([ids, external_id]) in self.documents["synced"]:
            return DUPLICATE
        if all(self._is_synced(id_, external_id) for id_ in ids):
            return DUPLICATE
        self.documents["synced"].add(same([ids, external_id]))
        for id_ in ids:
            others = self.orders[id_]["others"]
            others["synced"] = True
            others["ExternalID"] = external_id or others.get("ExternalID")
        return NEW

    def _is_synced(self, id_: str, external_id: str | None) -> bool:
        shown = self.shown(id_)
        return bool(shown["IsVismaInvoiceGenerated"]) and external_id in (None, shown["ExternalID"])

    def post_invoice(self, body: Body) -> str:
        """PostCustomerInvoice."""
        id_ = body["Id"]
        if same(body) in self.documents[id_]:
            return DUPLICATE
        if any(order not in self.orders for order in body["OrdersGuid"]):
            return REFUSED
        self.documents[id_].add(same(body))
        for order in body["OrdersGuid"]:
            others = self.orders[order]["others"]
            if not self.shown(order)["CustomerId"]:
                others["CustomerId"] = body["CustomerId"]
            others["CustomerInvoiceId"] = id_
        for order in self.invoices.get(id_, {}).get("OrdersGuid", []):
            others = self.orders[order]["others"]
            if order not in body["OrdersGuid"] and others.get("CustomerInvoiceId") == id_:
                others["CustomerInvoiceId"] = None
        self.invoices[id_] = body
        return NEW

    def post_drawer(self, body: Body, first_wins: bool) -> str:
        """PostCashDrawerLog under /api/Order (`first_wins`) and under /api/CashDrawerLog."""
        if same(body) in self.documents[body["Id"]]:
            return DUPLICATE
        if first_wins and body["Id"] in self.drawer:
            return REFUSED
        self.documents[body["Id"]].add(same(body))
        self.drawer[body["Id"]] = body
        return NEW

    # -- Swish --------------------------------------------------------------------------------------------------

    def post_swish(self, swish_id: str, body: Body) -> str:
        """The vendor's record (it has an OrderId, perhaps none) or a genuine callback."""
        payment = self.swish.setdefault(
            swish_id,
            {"status": None, "order": None, "vendor": {}, "payee": None, "amount": None, "flags": set()},
        )
        if same(body) in self.documents[f"swish {swish_id}"]:
            return DUPLICATE
        self.documents[f"swish {swish_id}"].add(same(body))
        if "SwishId" in body:
            said = payment["vendor"] | {name: member for name, member in body.items() if member is not None}
            if said == payment["vendor"] and payment["order"]:
                return NEW  # it says nothing new, so what has come for the order since is newer
            payment["vendor"] = said
        elif payment["status"] in FINAL:
            payment["flags"].add("after_final")
            return NEW
        else:
            payment |= {
                "status": body["status"], "amount": Decimal(body["amount"]), "payee": body["payeePaymentReference"],
                "reference": body["paymentReference"], "original": body.get("originalPaymentReference"),
            }  # fmt: skip
        self._tie(swish_id)
        self._settle(swish_id)
        self._follow()
        return NEW

    def _follow(self) -> None:
        """Refunds are where their payment is, whatever they were tied to before."""
        tied = {one.get("reference"): one["order"] for one in self.swish.values() if one["order"]}
        for one in self.swish.values():
            if one.get("original") in tied.keys() - {None}:
                one["order"] = tied[one["original"]]
                one["flags"].discard("orphan")

    def _tie(self, swish_id: str, arrived: str | None = None) -> None:
        """Looks for the order of a payment; when an order has arrived, only for that one."""
        payment = self.swish[swish_id]
        if payment["order"]:
            return
        found = self._order_for(payment["vendor"].get("OrderId")) or self._order_for(payment["payee"])
        if found and arrived in (None, found):
            payment["order"] = found
            payment["flags"].discard("orphan")
            self._settle(swish_id)
        elif not found:
            payment["flags"].add("orphan")

    def _order_for(self, reference: str | None) -> str | None:
        by_id = reference and reference.lower().replace("-", "")
        for id_ in self.orders:
            if id_.replace("-", "") == by_id:
                return id_
        for name in ("InvoiceNumber", "OrderNoOfDay", "OrderIntID"):
            found = [id_ for id_ in self.orders if str(self.shown(id_)[name] or "") == reference]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def _settle(self, swish_id: str) -> None:
        payment = self.swish[swish_id]
        if not payment["order"] or payment.get("original"):
            return
        order, reference = self.orders[payment["order"]], f"REF{swish_id}"
        order["others"]["swish"] = payment["status"] if payment["status"] else "CREATED"
        if payment["status"] != "PAID" or payment["flags"] & {"amount_mismatch", "duplicate_payment"}:
            return
        if any(paid["PaymentRef"] == reference for paid in order["others"]["payments"].values()):
            return
        sent = (payment["amount"], reference)
        posted = [
            id_ for id_, paid in order["ours"].items() if (Decimal(paid["PaidAmount"]), paid["PaymentRef"]) == sent
        ]
        if posted or payment["amount"] == self.owes(payment["order"]):
            taken = {"Id": next(iter(posted), None), "PaidAmount": payment["amount"], "PaymentRef": reference}
            order["others"]["payments"][swish_id] = taken
            order["ours"] = {id_: paid for id_, paid in order["ours"].items() if id_ not in posted}
        else:
            is_paid = self.shown(payment["order"])["PaymentStatus"] == 1
            payment["flags"].add("duplicate_payment" if is_paid else "amount_mismatch")
