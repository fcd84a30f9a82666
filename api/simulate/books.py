"""What the server must answer, kept while the tills post: pure sums, in memory that grows with days, not with orders.

Every step that was acknowledged is entered once, as the endpoint and the document that was sent; retries and refused
documents are not. An order that is over is forgotten: only its part of the sums stays, and its place on a list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from api.simulate import accounts
from api.simulate.accounts import Account, Document
from api.simulate.sums import ZERO
from api.simulate.swish_books import SwishBooks


@dataclass
class Sum:
    """Kronor, and how many lines they come from."""

    gross: Decimal = ZERO
    net: Decimal = ZERO
    lines: int = 0


class Listed(NamedTuple):
    """An order on a list."""

    terminal: str
    total: Decimal


@dataclass
class Paid:
    """What an order that Swish had to do with must show."""

    status: int
    amount: Decimal


@dataclass
class Reports:
    """Z reports of a terminal."""

    count: int = 0
    last: int = 0
    sold: Decimal = ZERO


class Books:
    """The town's own bookkeeping."""

    def __init__(self) -> None:
        self.sales: defaultdict[tuple[str, date, int, str], Sum] = defaultdict(Sum)
        self.stock: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        # Orders on a list of the server, by the list's name and their id.
        self.lists: defaultdict[str, dict[str, Listed]] = defaultdict(dict)
        # By terminal and activity: how many entries, and what they add up to.
        self.drawer: defaultdict[tuple[str, int], Sum] = defaultdict(Sum)
        self.reports: defaultdict[str, Reports] = defaultdict(Reports)
        self.invoices: dict[str, Document] = {}
        self.history: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self.baskets: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self.paid: dict[str, Paid] = {}
        self.orders: dict[str, Account] = {}
        self.swish = SwishBooks(self.orders, self._follow)
        self._categories: dict[int, str] = {}
        self._entries: dict[str, tuple[tuple[str, int], Decimal]] = {}
        self._ways: dict[str, Callable[[Any], None]] = {
            "PostOpenOrder": self._order, "PostOrder": self._order, "PostOnlineOrder": self._order,
            "UpdateOrderStatus": self._status, "PostCustomerInvoice": self._invoice, "PostReports": self._report,
            "Order/PostCashDrawerLog": self._drawer, "CashDrawerLog/PostCashDrawerLog": self._drawer,
            "PostOrderExternalInformation": self._external, "PostReturnOrderExternalInformation": self._external,
            "UpdateInviceGeneratedOpenOrder": self._synced,
            "SwishOnlinePayment/PostSwishOnlinePayment": self._swish,
        }  # fmt: skip

    def enter(self, endpoint: str, document: Any) -> None:
        """Something the server has taken for the first time."""
        self._ways[endpoint](document)

    def forget(self, order_id: str) -> None:
        """Nothing more will happen to an order but what an integrator does."""
        account = self.orders.pop(order_id, None)
        if account is not None and account.tied:
            self.paid[order_id] = Paid(account.payment_status, account.paid)

    def _order(self, document: Document) -> None:
        id_ = document["Id"]
        account = self.orders.setdefault(id_, Account())
        self._learn(document)
        account.take(document)
        if document["IsOnlineOrder"]:
            self.history[document["CustomerId"]][id_] = accounts.wall_clock(document["CreationDate"])
        self._count(account)
        self._follow(id_)
        self.swish.order_came(id_)

    def _status(self, document: Document) -> None:
        account = self.orders[document["Id"]]
        account.set_status(document["Status"])
        self._count(account)
        self._follow(document["Id"])

    def _learn(self, document: Document) -> None:
        for line in document["OrderLines"]:
            product = line["Product"]
            if product["Category"] and product["CategoryId"]:
                self._categories.setdefault(product["CategoryId"], product["Category"])

    def _count(self, account: Account) -> None:
        """Takes the order's old part out of the sums, and puts the new one in."""
        self._add(account, -1)
        account.entries = accounts.entries(account.document, self._categories) if account.counts else []
        account.moves = accounts.moves(account.document) if account.counts else []
        self._add(account, 1)

    def _add(self, account: Account, sign: int) -> None:
        for outlet, day, hour, category, (gross, net) in account.entries:
            sum_ = self.sales[outlet, day, hour, category]
            sum_.gross += sign * gross
            sum_.net += sign * net
            sum_.lines += sign
        for outlet, product, quantity in account.moves:
            self.stock[outlet, product] += sign * quantity

    def _follow(self, id_: str) -> None:
        """The lists an order stands on now."""
        account = self.orders[id_]
        document, listed = account.document, account.listed()
        for name in account.lists - listed:
            del self.lists[name][id_]
        for name in listed:
            self.lists[name][id_] = Listed(document["TerminalId"], document["OrderTotal"])
        account.lists = listed
        if document["IsOnlineOrder"]:
            basket = self.baskets[document["CustomerId"]]
            basket.pop(id_, None)
            if account.is_basket():
                basket[id_] = accounts.wall_clock(document["CreationDate"])

    def _external(self, document: Document) -> None:
        self._leave(document["Id"], accounts.SALES, accounts.NAMELESS, accounts.RETURNS)
        if account := self.orders.get(document["Id"]):
            account.external = document["ExternalID"]
            self._follow(document["Id"])

    def _synced(self, documents: list[Document]) -> None:
        for document in documents:
            self._external(document)
            self._leave(document["Id"], accounts.INVOICES)
            if account := self.orders.get(document["Id"]):
                account.synced = True
                self._follow(document["Id"])

    def _leave(self, id_: str, *names: str) -> None:
        if id_ not in self.orders:
            for name in names:
                self.lists[name].pop(id_, None)

    def _invoice(self, document: Document) -> None:
        before = self.invoices.get(document["Id"])
        self.invoices[document["Id"]] = document
        for id_ in before["OrdersGuid"] if before else ():
            if id_ not in document["OrdersGuid"] and self.orders[id_].invoice == document["Id"]:
                self.orders[id_].invoice = ""
                self._follow(id_)
        for id_ in document["OrdersGuid"]:
            account = self.orders[id_]
            account.invoice, account.customer = document["Id"], account.customer or document["CustomerId"]
            self._follow(id_)

    def _drawer(self, document: Document) -> None:
        drawer = document["CashDrawer"]
        terminal = drawer["TerminalId"] if drawer else self.orders[document["OrderId"]].document["TerminalId"]
        key = (terminal, document["ActivityType"])
        if before := self._entries.get(document["Id"]):
            self._move_drawer(*before, -1)
        if drawer:
            self._entries[document["Id"]] = key, document["Amount"]
        self._move_drawer(key, document["Amount"], 1)

    def _move_drawer(self, key: tuple[str, int], amount: Decimal, sign: int) -> None:
        self.drawer[key].gross += sign * amount
        self.drawer[key].lines += sign

    def _report(self, document: Document) -> None:
        report = document.get("Report")
        if report is not None:
            found = self.reports[document["TerminalId"]]
            found.count += 1
            found.last = max(found.last, report["ReportNumber"])
            found.sold += document["ReportData"][0]["Value"]

    def _swish(self, document: Document) -> None:
        self.swish.take(document)
