"""A day of sales: today up to now, and the same weekday a week ago, at two outlets; with its own sums."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.acceptance.bodies import SODERMALM, Json, a_line, a_payment, a_product, a_receipt, an_order, new_id
from tests.acceptance.server import Server

ZONE = ZoneInfo("Europe/Stockholm")
VASASTAN = SODERMALM[:-1] + "2"
OUTLETS = {SODERMALM: "Kafé Södermalm", VASASTAN: "Kafé Vasastan"}
# Name, price, category, VAT.
MENU = (
    ("Caffè latte", 49, "Drycker", 12), ("Bryggkaffe", 35, "Drycker", 12), ("Kanelbulle", 32, "Bakverk", 12),
    ("Räksmörgås", 149, "Smörgåsar", 12), ("Dagens soppa", 119, "Lunch", 12), ("Kaffebönor 250 g", 129, "Butik", 25),
)  # fmt: skip
CASH, CARD, SWISH = 1, 4, 10


class Sale(NamedTuple):
    """What was posted, and when it was sold."""

    moment: datetime
    body: Json

    @property
    def total(self) -> Decimal:
        """Kronor with VAT."""
        return Decimal(str(self.body["OrderTotal"]))

    def by_category(self) -> Iterator[tuple[str, Decimal]]:
        """Each line's category and amount."""
        for line in self.body["OrderLines"]:
            amount = Decimal(str(line["UnitPrice"])) * Decimal(str(line["Quantity"]))
            yield line["Product"]["Category"], amount


class Day(NamedTuple):
    """Everything that was sold."""

    today: list[Sale]
    week_ago: list[Sale]

    @staticmethod
    def total(sales: list[Sale]) -> Decimal:
        """Kronor of these sales."""
        return sum((sale.total for sale in sales), Decimal(0))

    @staticmethod
    def paid(sales: list[Sale], type_: int) -> Decimal:
        """Kronor of these sales that were paid in one way."""
        payments = [payment for sale in sales for payment in sale.body["Payments"] if payment["TypeId"] == type_]
        return sum((Decimal(str(payment["PaidAmount"])) for payment in payments), Decimal(0))

    @staticmethod
    def categories(sales: list[Sale]) -> dict[str, Decimal]:
        """Kronor by category."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for sale in sales:
            for category, amount in sale.by_category():
                found[category] += amount
        return dict(found)


def a_sale(chance: random.Random, moment: datetime) -> Sale:
    """A purchase of one to three things at one of the outlets."""
    outlet = chance.choice(list(OUTLETS))
    lines = []
    for name, price, category, vat in chance.sample(MENU, chance.choice((1, 1, 2, 3))):
        product = a_product(Description=name, Price=price, Category=category, Tax=vat, CategoryId=0)
        lines.append(a_line(Product=product, Quantity=chance.choice((1, 1, 2)), UnitPrice=price, TaxPercent=vat))
    total = sum(line["UnitPrice"] * line["Quantity"] for line in lines)
    said = moment.isoformat()
    payment = a_payment(PaidAmount=total, TypeId=chance.choice((CASH, CARD, CARD, SWISH)), PaymentDate=said)
    receipt = a_receipt(GrossAmount=total, PrintDate=said, TerminalId=new_id())
    body = an_order(
        OutletId=outlet, Outlet={"Id": outlet, "Name": OUTLETS[outlet]}, OrderTotal=total, OrderLines=lines,
        Payments=[payment], Receipts=[receipt], CreationDate=said, InvoiceDate=said,
    )  # fmt: skip
    return Sale(moment, body)


def sell(server: Server, sale: Sale) -> None:
    """Posts it, as a till would."""
    server.post("Order/PostOrder", sale.body)


def sell_a_day(server: Server, seed: int = 1) -> Day:
    """Sells from midnight until now, and all of the day a week ago; some of that in this very hour."""
    chance, now = random.Random(seed), datetime.now(ZONE)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    seconds = int((now - midnight).total_seconds())
    today = [a_sale(chance, now - timedelta(seconds=chance.randrange(min(seconds, 12 * 3600) + 1))) for _ in range(40)]
    before = midnight - timedelta(days=7)
    week_ago = [a_sale(chance, before + timedelta(hours=chance.uniform(7, 20))) for _ in range(40)]
    hour = before.replace(hour=now.hour)
    week_ago += [a_sale(chance, hour + timedelta(minutes=minute)) for minute in range(0, 60, 6)]
    for sale in today + week_ago:
        sell(server, sale)
    return Day(today, week_ago)
