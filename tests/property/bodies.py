"""Random bodies as tills, web shops and Swish send them, and other spellings of the same."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tests.property.oracle import Body


def guid(kind: str, number: int) -> str:
    """A Guid that tells what it is; `kind` is a hexadecimal digit."""
    return f"{kind * 8}-abcd-4abc-8abc-00000000000{number}"


ORDERS = [guid("a", number) for number in range(1, 5)]
LISTS = [guid("b", number) for number in (1, 2)]
DRAWS = [guid("c", number) for number in (1, 2)]
TILLS = [guid("d", number) for number in (1, 2)]
OUTLETS = [guid("e", number) for number in (1, 2)]
CUSTOMERS = [guid("f", number) for number in (1, 2)]
NOBODY = str(UUID(int=0))
DAY_STARTS = {OUTLETS[0]: 0, OUTLETS[1]: 5}
CATEGORIES = {3: "Drycker", 9: "Deli"}

# What a till writes, and what the clock on the wall showed. Naive is local time: of the autumn hour that happens twice
# the first, the spring gap shifted forward; fractions finer than a microsecond are cut off.
MOMENTS = {
    "2021-11-23T10:00:00": datetime(2021, 11, 23, 10),
    "2021-11-23T23:59:59.9999999": datetime(2021, 11, 23, 23, 59, 59, 999999),
    "2021-11-24T00:00:00": datetime(2021, 11, 24),
    "2021-11-24T03:30:00Z": datetime(2021, 11, 24, 4, 30),
    "2021-11-24 05:00:00.1234567+01:00": datetime(2021, 11, 24, 5, 0, 0, 123456),
    "2021-10-31T02:30:00": datetime(2021, 10, 31, 2, 30),
    "2021-03-28T02:30:00": datetime(2021, 3, 28, 3, 30),
}
MONTHS = [datetime(2021, month, 1).date() for month in (3, 10, 11)]

PRODUCTS: list[Body | None] = [
    {"Id": guid("1", 1), "Description": "Caffè latte", "Unit": 0, "CategoryId": 3, "Category": "Drycker"},
    {"Id": guid("1", 2), "Description": "Västerbotten", "Unit": 2, "CategoryId": 9, "Category": None},
    {"Id": guid("1", 3), "Description": "Bulle", "Unit": 0, "CategoryId": 0, "Category": None},
    None,
]


def mostly(usual: Any, *rare: Any) -> st.SearchStrategy[Any]:
    """The usual value three times out of four."""
    return st.sampled_from([usual] * 3 * len(rare) + list(rare))


@st.composite
def lines(draw: st.DrawFn, number: int) -> Body:
    """One line; `number` tells it from the others of its order."""
    product = draw(st.sampled_from(PRODUCTS))
    ingredient = {
        "Quantity": draw(st.sampled_from([Decimal(1), Decimal("0.5")])), "UnitPrice": Decimal("5.005"),
        "ItemDiscount": Decimal(0), "IngredientMode": draw(mostly("+", "-", None)), "Active": draw(mostly(1, 0)),
        "IsCoupon": 0, "ItemType": 0,
    }  # fmt: skip
    return {
        "Id": guid("2", number), "ItemId": product["Id"] if product else guid("1", 4), "Product": product,
        "Quantity": draw(st.sampled_from([Decimal(1), Decimal(2), Decimal("0.485")])),
        "UnitPrice": draw(st.sampled_from([Decimal(50), Decimal("49.90"), Decimal("289.333333")])),
        "ItemDiscount": draw(mostly(Decimal(0), Decimal("19.5"), Decimal("-19.5"))),
        "TaxPercent": draw(st.sampled_from([Decimal(12), Decimal(25), Decimal(0)])),
        "Direction": draw(mostly(1, -1)), "Active": draw(mostly(1, 0)), "IsCoupon": draw(mostly(0, 1)),
        "ItemType": draw(mostly(0, 1)), "Category": draw(mostly(None, "Övrigt")),
        "IngredientItems": draw(mostly([], [ingredient])),
    }  # fmt: skip


def payment(number: int, amount: Decimal, reference: str | None = None) -> Body:
    """A payment of an order; `reference` may be that of a Swish payment."""
    return {"Id": guid("3", number), "PaidAmount": amount, "PaymentRef": reference, "TypeId": 1}


@st.composite
def orders(draw: st.DrawFn, online: bool = False) -> Body:
    """An Order body; a web shop's is more often a cart."""
    id_, total = draw(st.sampled_from(ORDERS)), draw(st.sampled_from([Decimal(50), Decimal("80.00")]))
    payments = draw(st.sampled_from([
        None, None, [], [payment(1, total)], [payment(1, Decimal(30)), payment(2, total - 30)],
        [payment(2, Decimal(50), "REFA")], [payment(1, Decimal(10))],
    ]))  # fmt: skip
    paid = payments is not None and sum(one["PaidAmount"] for one in payments) == total
    number = draw(mostly(None, 1, 2, 3, 0))
    receipt = {"ReceiptId": guid("4", number or 0), "ReceiptNumber": number}
    return {
        "Id": id_, "Status": draw(st.sampled_from([0, 0, 3, 13] if online else [0, 3, 10, 13, 13, 13, 13, 14, 15, 20])),
        "Type": draw(mostly(0, 1, 5)), "OrderTotal": total, "TerminalId": draw(st.sampled_from(TILLS)),
        "OutletId": draw(st.sampled_from(OUTLETS)), "CustomerId": draw(st.sampled_from([None, *CUSTOMERS])),
        "CreationDate": draw(st.sampled_from(list(MOMENTS))), "InvoiceDate": draw(mostly(None, *MOMENTS)),
        "PaymentStatus": 1 if paid else draw(st.sampled_from([0, 2])), "InvoiceGenerated": draw(mostly(0, 1)),
        "InvoiceNumber": draw(st.sampled_from([None, "10017", "10018"])), "ExternalID": draw(mostly("", "TILL")),
        "OrderIntID": draw(mostly(None, 70)), "OrderNoOfDay": draw(mostly("", "A-1")),
        "IsOnlineOrder": online and draw(st.booleans()), "TrainingMode": draw(mostly(False, True)),
        "Payments": payments, "Receipts": None if number is None else [receipt],
        "OrderLines": [draw(lines(number)) for number in range(draw(st.integers(0, 3)))],
        "IsVismaInvoiceGenerated": False, "FromTheFuture": draw(mostly(None, {"Points": Decimal("12.50")})),
    }  # fmt: skip


invoices = st.fixed_dictionaries({
    "Id": st.sampled_from(LISTS), "CustomerId": st.sampled_from([None, *CUSTOMERS]),
    "OrdersGuid": st.lists(st.sampled_from(ORDERS), unique=True, max_size=3),
    "InvoiceTotal": st.sampled_from([Decimal(50), Decimal(253)]), "CreationDate": st.sampled_from(list(MOMENTS)),
    "TerminalId": st.sampled_from(TILLS), "CustomerName": st.sampled_from([None, "Test Kund AB"]),
})  # fmt: skip

drawer_entries = st.fixed_dictionaries({
    "Id": st.sampled_from(DRAWS), "ActivityType": st.sampled_from([1, 3]),
    "Amount": st.sampled_from([Decimal(20), Decimal(5)]),
    "ActivityDate": st.sampled_from(list(MOMENTS)), "OrderId": st.sampled_from([NOBODY, *ORDERS]),
    "CashDrawer": st.sampled_from([None, {"TerminalId": TILLS[0]}, {"TerminalId": NOBODY}]),
})  # fmt: skip

# One by the order's Guid, one by an InvoiceNumber, one by an OrderIntID.
SWISH = {"A": ORDERS[0].replace("-", "").upper(), "B": "10017", "C": "1"}


@st.composite
def swish_records(draw: st.DrawFn) -> tuple[str, Body]:
    """The vendor's record of a Swish payment, by its id."""
    swish_id = draw(st.sampled_from(list(SWISH)))
    order = draw(st.sampled_from([None, ORDERS[0]])) if swish_id == "A" else None
    record = {"Id": guid("5", 1), "SwishId": swish_id, "SwishPaymentStatus": "CREATED", "OrderId": order}
    return swish_id, {**record, "SwishToken": draw(st.sampled_from([None, "token"]))}


@st.composite
def callbacks(draw: st.DrawFn) -> tuple[str, Body]:
    """A genuine callback, by its id."""
    swish_id = draw(st.sampled_from(list(SWISH)))
    return swish_id, {
        "id": swish_id, "payeePaymentReference": SWISH[swish_id], "paymentReference": f"REF{swish_id}",
        "amount": draw(mostly(Decimal(50), Decimal(80), Decimal(30))), "currency": "SEK",
        "status": draw(st.sampled_from(["CREATED", "PAID", "PAID", "PAID", "DECLINED", "SURPRISE"])),
    }  # fmt: skip


@st.composite
def refunds(draw: st.DrawFn) -> tuple[str, Body]:
    """A callback of the refund of payment A, by its id; it may name an order itself, perhaps another one."""
    return "D", {
        "id": "D", "originalPaymentReference": "REFA", "payeePaymentReference": draw(st.sampled_from([None, "10018"])),
        "paymentReference": "REFD", "amount": Decimal(50),
        "status": draw(st.sampled_from(["DEBITED", "PAID", "ERROR"])),
    }  # fmt: skip


def respelled(value: Any, name: str = "") -> Any:
    """The same body as another client would write it: camelCase, Guids in braces, decimals as text, flags as words."""
    if name == "FromTheFuture":
        return value
    if isinstance(value, dict):
        spelled = {key: key if key == "FromTheFuture" else key[:1].lower() + key[1:] for key in reversed(value)}
        return {spelled[key]: respelled(value[key], key) for key in spelled}
    if isinstance(value, list):
        return [respelled(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:.6f}"
    if isinstance(value, bool) or name in ("InvoiceGenerated", "IsCoupon"):
        return str(bool(value)).lower()
    if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
        return f"{{{value.upper()}}}"
    return value
