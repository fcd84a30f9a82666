"""The town's books: what a document adds, what a later one moves, and sums that are the same however they are made."""

from __future__ import annotations

import ast
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.simulate import days, hours, integrator
from api.simulate.accounts import INVOICES, NAMELESS, OPEN, RETURNS, SALES, wall_clock
from api.simulate.books import Books, Sum
from api.simulate.documents import Place
from api.simulate.shift import REFUSED, Shift, Step
from api.simulate.sums import amounts, to_krona, to_ore
from api.simulate.town import Town, build

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 30)
TOWN = build("test", 3, 2)
PURE = ("menu", "town", "hours", "baskets", "documents", "shift", "lives", "lives_online", "days", "calendar",
        "sums", "accounts", "swish_books", "books", "integrator", "comparing")  # fmt: skip


def shift(seed: object = 1, town: Town = TOWN, outlet: int = 0) -> Shift:
    """A till's day."""
    place = Place(town.outlets[outlet], town.outlets[outlet].tills[0])
    return Shift(town, place, DAY, Random(f"{seed}"), faults=True)


def steps_of(one: Shift, count: int) -> list[Step]:
    """All that a day of so many orders posts, in order."""
    times = hours.times(one.place.outlet.kind, DAY, count, one.random)
    found = days.day(one, times, days.Memory(), is_first=True)
    return [step for life in found for step in life.steps if step.expect == "taken"]


def entered(books: Books, *steps: Step | tuple[str, Any]) -> Books:
    """The books after these."""
    for step in steps:
        books.enter(step[0], step[1])
    return books


def sale(**changes: Any) -> dict[str, Any]:
    """A completed order of one line: two at 49.90, a tenth off, 12 % VAT."""
    one = shift()
    order = one.paid_by_card(one.draft(NOON), NOON)
    line = {**order["OrderLines"][0], "Quantity": Decimal(2), "UnitPrice": Decimal("49.90"), "Direction": 1,
            "ItemDiscount": Decimal("9.98"), "TaxPercent": Decimal(12), "Active": 1, "IsCoupon": 0,
            "IngredientItems": [], "Category": None,
            "Product": {**order["OrderLines"][0]["Product"], "Category": "Mat", "Unit": 0}}  # fmt: skip
    return {**order, "OrderLines": [line], "OrderTotal": Decimal("89.82")} | changes


def test_a_sale() -> None:
    order = sale()
    books = entered(Books(), ("PostOrder", order))
    ((place, sum_),) = books.sales.items()
    assert place == (order["OutletId"], DAY, 12, "Mat")
    assert sum_ == Sum(Decimal("89.820000"), Decimal("80.196429"), 1)
    assert books.stock == {(order["OutletId"], order["OrderLines"][0]["ItemId"]): Decimal(-2)}
    assert {name for name, orders in books.lists.items() if order["Id"] in orders} == {SALES, NAMELESS}


def test_an_amendment_moves_the_difference_and_a_cancellation_all_of_it() -> None:
    order = sale()
    line = {**order["OrderLines"][0], "Quantity": Decimal(1), "ItemDiscount": Decimal(0)}
    books = entered(Books(), ("PostOrder", order), ("PostOrder", {**order, "OrderLines": [line]}))
    assert [sum_.gross for sum_ in books.sales.values()] == [Decimal("49.900000")]
    entered(books, ("UpdateOrderStatus", {"Id": order["Id"], "Status": 14}))
    assert list(books.sales.values()) == [Sum()]
    assert not any(books.stock.values()) and not any(books.lists.values())


@pytest.mark.parametrize(("changes", "lists"), [
    ({"Status": 15}, {RETURNS}), ({"Type": 5}, {RETURNS}), ({"TrainingMode": True}, set()),
    ({"ExternalID": "V-1"}, set()), ({"CustomerId": "1"}, {SALES, INVOICES}), ({"Status": 3}, {OPEN}),
    ({"CustomerId": "1", "InvoiceGenerated": 0}, {SALES}), ({"Status": 16}, set()),
    ({"IsOnlineOrder": True, "Status": 0, "PaymentStatus": 0, "Payments": []}, set()),
])  # fmt: skip
def test_lists(changes: dict[str, Any], lists: set[str]) -> None:
    order = sale(**changes)
    books = entered(Books(), ("PostOrder", order))
    assert {name for name, orders in books.lists.items() if order["Id"] in orders} == lists


def test_an_ingredient_adds_money_and_no_stock() -> None:
    order = sale()
    line = order["OrderLines"][0]
    extra = {**line, "IngredientMode": "+", "UnitPrice": Decimal("15.00"), "Quantity": Decimal(1), "TaxPercent": None,
             "ItemDiscount": Decimal(0), "Direction": None}  # fmt: skip
    without = {**extra, "IngredientMode": "-", "UnitPrice": Decimal(99)}
    books = entered(Books(), ("PostOrder", {**order, "OrderLines": [{**line, "IngredientItems": [extra, without]}]}))
    assert [(sum_.gross, sum_.lines) for sum_ in books.sales.values()] == [(Decimal("104.820000"), 2)]
    assert list(books.stock.values()) == [Decimal(-2)]


def test_an_invoice_gathers_orders_and_a_correction_lets_one_go() -> None:
    first, second = sale(InvoiceGenerated=0), {**sale(InvoiceGenerated=0), "Id": "other"}
    invoice = {"Id": "i", "CustomerId": "company", "OrdersGuid": [first["Id"], "other"], "InvoiceTotal": Decimal(1)}
    books = entered(Books(), ("PostOrder", first), ("PostOrder", second), ("PostCustomerInvoice", invoice))
    assert set(books.lists[INVOICES]) == {first["Id"], "other"} and not books.lists[NAMELESS]
    entered(books, ("PostCustomerInvoice", {**invoice, "OrdersGuid": ["other"]}))
    assert set(books.lists[INVOICES]) == {"other"}


@pytest.mark.parametrize(("text", "clock"), [
    ("2026-11-23T11:42:07.1234567", "11:42"), ("2026-11-23T11:42:07.123+01:00", "11:42"),
    ("2026-11-23T10:42:07.123456Z", "11:42"), ("2026-07-01T10:42:07.123456Z", "12:42"),
])  # fmt: skip
def test_a_moment_is_told_by_the_clock_on_the_wall(text: str, clock: str) -> None:
    assert f"{wall_clock(text):%H:%M}" == clock


@given(
    st.sampled_from([1, -1]), st.decimals(0, 100, places=3), st.decimals(0, 10_000, places=2),
    st.decimals(-500, 500, places=4), st.sampled_from([0, 6, 12, 25]),
)  # fmt: skip
def test_amounts_are_exact_and_halves_go_away_from_zero(
    direction: int, quantity: Decimal, price: Decimal, discount: Decimal, tax: int
) -> None:
    gross = direction * (Fraction(quantity) * Fraction(price) - abs(Fraction(discount)))
    found = amounts(direction, quantity, price, discount, Decimal(tax))
    for amount, exact in ((found.gross, gross), (found.net, gross * 100 / (100 + tax))):
        scaled = abs(exact) * 10**6
        whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        assert abs(amount) == Decimal(whole).scaleb(-6) and (amount >= 0) == (exact >= 0 or not whole)


def test_rounding_goes_away_from_zero() -> None:
    assert (to_ore(Decimal("0.005")), to_ore(Decimal("-0.005"))) == (Decimal("0.01"), Decimal("-0.01"))
    assert (to_krona(Decimal("2.50")), to_krona(Decimal("-2.50"))) == (Decimal(3), Decimal(-3))


@given(st.integers(0, 10**9), st.integers(0, 2))
def test_sums_moved_order_by_order_are_those_of_what_counts_in_the_end(seed: int, outlet: int) -> None:
    """The books forget an order when it is over; here its newest document and status are kept, and all summed anew."""
    books, documents, status, again = Books(), dict[str, Any](), dict[str, int](), Books()
    for step in steps_of(shift(seed, outlet=outlet), 25):
        books.enter(step.endpoint, step.document)
        if step.endpoint in ("PostOrder", "PostOpenOrder", "PostOnlineOrder"):
            documents[step.document["Id"]] = step.document
            status[step.document["Id"]] = step.document["Status"]
        elif step.endpoint == "UpdateOrderStatus":
            status[step.document["Id"]] = step.document["Status"]
    again.enter("PostOrder", next(one for one in documents.values() if one["TrainingMode"]))
    for id_, document in documents.items():
        if status[id_] in (10, 13, 15):
            again.enter("PostOrder", {**document, "Status": 13 if document["Status"] != 15 else 15})
    kept = {place: sum_ for place, sum_ in books.sales.items() if sum_.lines}
    assert kept == dict(again.sales)
    assert {key: moved for key, moved in books.stock.items() if moved} == {k: m for k, m in again.stock.items() if m}


def test_the_integrator_empties_most_of_the_queues_and_asks_for_nothing_twice() -> None:
    books = entered(Books(), *steps_of(shift(7), 300))
    waiting = len(books.lists[SALES])
    entered(books, *integrator.due(books))
    assert 0 < len(books.lists[SALES]) < waiting / 3
    assert [post for post in integrator.due(books) if post.endpoint != "UpdateInviceGeneratedOpenOrder"] == []


def test_nothing_of_the_server_keeps_the_books() -> None:
    folder = Path(integrator.__file__).parent
    allowed = {"api.simulate", "__future__", "collections", "dataclasses", "datetime", "decimal", "functools",
               "hashlib", "random", "typing", "zoneinfo"}  # fmt: skip
    for name in PURE:
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text("utf-8"))):
            found = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in found:
                root = "api.simulate" if module.startswith("api.simulate") else module.partition(".")[0]
                assert root in allowed, f"{name} imports {module}"
                assert root != "api.simulate" or module.split(".")[-1] in (*PURE, "simulate")


def test_a_stale_draft_is_what_is_refused() -> None:
    found = [life for seed in range(30) for life in days.day(shift(seed), [NOON] * 20, days.Memory())]
    refused = [step for life in found for step in life.steps if step.expect == REFUSED]
    assert refused and {(step.endpoint, step.match) for step in refused} == {("PostOpenOrder", "stale")}
