"""Random documents of a till, in the members that tests' oracle reasons about."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from tests.property.oracle import Body

OUTLETS = ["6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01", "6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a02"]
MONTH = datetime(2026, 11, 1)
CATEGORIES = ["Drycker", "Mat", "Bakverk"]
PRODUCTS = [
    {"Id": str(UUID(int=number)), "Description": f"Vara {number}", "Unit": 2 if number % 5 == 0 else 0,
     "CategoryId": number % 3, "Category": CATEGORIES[number % 3]}
    for number in range(1, 13)
]  # fmt: skip


class Moments(dict[str, datetime]):
    """The clock on the wall at each date text; here they are the same."""

    def __missing__(self, text: str) -> datetime:
        return datetime.fromisoformat(text)


class Documents:
    """What one till writes, told from others' by its number; `random` decides everything."""

    def __init__(self, till: int, random: Random) -> None:
        self.till, self.random = till, random
        self.terminal, self.customer = str(UUID(int=2**64 + till)), str(UUID(int=2**65 + till))
        self._ids, self._receipts = 0, 0

    def new_id(self) -> str:
        """A Guid that nobody else uses, and the same again from the same seed."""
        self._ids += 1
        return str(UUID(int=(self.till + 1) << 96 | self._ids))

    def moment(self) -> str:
        """A time of the month, to the minute."""
        at = MONTH + timedelta(minutes=self.random.randrange(28 * 24 * 60))
        return at.isoformat()

    def line(self, direction: int = 1) -> Body:
        """A line of an order."""
        product = self.random.choice(PRODUCTS)
        return {
            "Id": self.new_id(), "ItemId": product["Id"], "Product": product, "Direction": direction,
            "Quantity": Decimal(self.random.choice(["1", "2", "3", "0.485"])),
            "UnitPrice": Decimal(self.random.randint(500, 30000)) / 100,
            "ItemDiscount": Decimal(self.random.choice(["0", "0", "0", "4.50"])),
            "TaxPercent": Decimal(self.random.choice([6, 12, 25])), "Active": 1, "IsCoupon": 0, "ItemType": 0,
            "Category": None, "IngredientItems": [],
        }  # fmt: skip

    def order(self, **changes: Any) -> Body:
        """A completed sale, paid and with a receipt number of this terminal."""
        at = self.moment()
        self._receipts += 1
        lines = [self.line() for _ in range(self.random.randint(1, 4))]
        total = Decimal(self.random.randint(1000, 90000)) / 100
        return {
            "Id": self.new_id(), "Status": 13, "Type": 0, "OrderTotal": total, "TerminalId": self.terminal,
            "OutletId": self.random.choice(OUTLETS), "CustomerId": None, "CreationDate": at, "InvoiceDate": at,
            "PaymentStatus": 1, "InvoiceGenerated": 0, "InvoiceNumber": None, "ExternalID": "", "OrderIntID": None,
            "OrderNoOfDay": "", "IsOnlineOrder": False, "TrainingMode": self.random.random() < 0.05,
            "IsVismaInvoiceGenerated": False, "OrderLines": lines, "Payments": [self.payment(total)],
            "Receipts": [{"ReceiptId": self.new_id(), "ReceiptNumber": self._receipts}],
        } | changes  # fmt: skip

    def payment(self, amount: Decimal) -> Body:
        """One payment of all of it."""
        return {"Id": self.new_id(), "PaidAmount": amount, "PaymentRef": None, "TypeId": 4}

    def draft_of(self, order: Body) -> Body:
        """The order while it was still open, with fewer lines and nothing paid."""
        lines = order["OrderLines"][: self.random.randint(1, len(order["OrderLines"]))]
        open_: Body = {"Status": 3, "PaymentStatus": 2, "Payments": None, "Receipts": None, "InvoiceDate": None}
        return {**order, **open_, "OrderLines": lines, "OrderTotal": Decimal(self.random.randint(1, 10**6)) / 100}

    def amendment_of(self, order: Body) -> Body:
        """The order with a line more, and another total."""
        lines = [*order["OrderLines"], self.line()]
        return {**order, "OrderLines": lines, "OrderTotal": Decimal(self.random.randint(1, 10**6)) / 100}

    def return_of(self, order: Body) -> Body:
        """Another order that brings a line back."""
        line = {**self.random.choice(order["OrderLines"]), "Id": self.new_id(), "Direction": -1}
        return self.order(Status=15, Type=5, OrderLines=[line], OutletId=order["OutletId"])

    def cart(self) -> Body:
        """A web shop's order before it is paid."""
        fresh: Body = {"Status": 0, "PaymentStatus": 0, "Payments": [], "Receipts": [], "InvoiceDate": None}
        return self.order(**fresh, CustomerId=self.customer, IsOnlineOrder=True)

    def callback(self, order: Body) -> Body:
        """Swish says that an order is paid."""
        swish_id, paid = UUID(self.new_id()).hex.upper(), UUID(order["Id"]).hex.upper()
        return {
            "id": swish_id, "payeePaymentReference": paid, "paymentReference": f"REF{swish_id}",
            "amount": order["OrderTotal"], "currency": "SEK", "status": "PAID",
        }  # fmt: skip

    def drawer_entry(self) -> Body:
        """Something happens to the drawer."""
        return {
            "Id": self.new_id(), "ActivityType": self.random.choice([1, 3, 5, 9]), "ActivityDate": self.moment(),
            "Amount": Decimal(self.random.randint(1, 10**6)) / 100, "OrderId": str(UUID(int=0)),
            "CashDrawer": {"TerminalId": self.terminal},
        }  # fmt: skip
