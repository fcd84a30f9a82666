"""What becomes of an order at the till: sold, edited on two devices, amended, cancelled, brought back. Pure and seeded.

Each function is given the till's shift and a moment of its day, and gives the steps in the order they are taken.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from api.simulate import baskets, documents
from api.simulate.documents import CANCELLED, COMPLETED, DELETED, RETURNED, Place
from api.simulate.shift import DUPLICATE, READ, REFUSED, STALE, Life, Shift, Step
from api.simulate.town import Document

_LATER = timedelta(minutes=1)


def by_card(shift: Shift, at: datetime) -> Life:
    """The usual."""
    order = shift.paid_by_card(shift.draft(at), at)
    return Life([Step("PostOrder", order)], (order["Id"],))


def in_cash(shift: Shift, at: datetime) -> Life:
    """In cash, which the drawer tells as well."""
    order, entry = shift.paid_cash(shift.draft(at), at)
    return Life([Step("PostOrder", order), Step("Order/PostCashDrawerLog", entry)], (order["Id"],))


def at_table(shift: Shift, at: datetime) -> Life:
    """A table that two devices write for; one that has not seen what the other wrote is refused, and looks again."""
    first = shift.draft(at, TableId=shift.random.randint(1, 20), Type=2)
    tills = shift.place.outlet.tills
    other = tills[shift.place.till.number % len(tills)]
    more = shift.with_lines(first, [*first["OrderLines"], _another(shift, first)])
    second = {**more, "UserId": "8", "TerminalId": other.terminal}
    steps = [Step("PostOpenOrder", first), Step("PostOpenOrder", second, match=READ)]
    if shift.faults and shift.chance(0.5):
        unaware = shift.with_lines(first, [*first["OrderLines"], _another(shift, first)])
        steps.append(Step("PostOpenOrder", unaware, REFUSED, STALE))
    third = shift.with_lines(first, [*more["OrderLines"], _another(shift, first)])
    steps.append(Step("PostOpenOrder", third, match=READ))
    if shift.chance(0.08):
        return Life(steps, (first["Id"],))  # the guests sit on
    order = shift.paid_by_card(third, at + timedelta(minutes=shift.random.randint(10, 50)))
    steps.append(Step("PostOrder", order))
    if shift.faults and shift.chance(0.1):
        steps.append(Step("PostOpenOrder", first, DUPLICATE))  # a draft that was under way all the time
    return Life(steps, (order["Id"],))


def amended(shift: Shift, at: datetime) -> Life:
    """Something was forgotten, or not served: the till sends the order once more."""
    order = shift.paid_by_card(shift.draft(at), at)
    lines = order["OrderLines"]
    better = lines[1:] if len(lines) > 1 and shift.chance(0.5) else [*lines, _another(shift, order)]
    changed = shift.with_lines(order, better)
    payment = {**order["Payments"][0], "PaidAmount": changed["OrderTotal"]}
    return Life([Step("PostOrder", order), Step("PostOrder", {**changed, "Payments": [payment]})], (order["Id"],))


def cancelled(shift: Shift, at: datetime) -> Life:
    """Taken back after it was paid: by its status alone, or by a document that says so."""
    order = shift.paid_by_card(shift.draft(at), at)
    steps = [Step("PostOrder", order)]
    if shift.chance(0.5):
        steps.append(Step("UpdateOrderStatus", {"Id": order["Id"], "Status": CANCELLED}))
    else:
        steps.append(Step("PostOrder", {**order, "Status": CANCELLED, "Type": 6}))
    return Life(steps, (order["Id"],))


def returned(shift: Shift, at: datetime) -> Life:
    """Somebody brings things back, as an order of its own in one of the two spellings."""
    draft = shift.draft(at)
    source = shift.last_lines or draft["OrderLines"]
    lines = [
        {**line, "Id": baskets.new_id(shift.random), "OrderId": draft["Id"], "Direction": -1}
        for line in source[: shift.random.randint(1, 2)]
    ]
    order, entry = shift.paid_cash(shift.with_lines(draft, lines), at)
    order = {**order, "Type": 5, "Status": RETURNED if shift.chance(0.5) else COMPLETED}
    return Life([Step("PostOrder", order), Step("Order/PostCashDrawerLog", entry)], (order["Id"],))


def in_training(shift: Shift, at: datetime) -> Life:
    """Somebody learns to use the till: nothing of it counts."""
    sold = shift.sold
    order = {**shift.paid_by_card(shift.draft(at), at), "TrainingMode": True}
    shift.sold = sold
    return Life([Step("PostOrder", order)], (order["Id"],))


def on_account(shift: Shift, at: datetime) -> Life:
    """A company that gets an invoice at the end of the day; the till may know which, or leave it to the invoice."""
    company = shift.town.companies[(shift.day.toordinal() + shift.random.randrange(2)) % len(shift.town.companies)]
    changes = {"PaymentStatus": 2, "InvoiceGenerated": 0}
    if shift.chance(0.5):
        changes["CustomerId"] = company["Id"]
    order = shift.completed(shift.draft(at), at, [], **changes)
    shift.on_account.setdefault(company["Id"], []).append(order)
    return Life([Step("PostOrder", order)])


def left_open(shift: Shift, at: datetime) -> Life:
    """Parked, and forgotten."""
    order = shift.draft(at)
    return Life([Step("PostOpenOrder", order)], (order["Id"],))


def dropped(shift: Shift, at: datetime) -> Life:
    """The guest went away before he paid."""
    order = shift.draft(at)
    steps = [Step("PostOpenOrder", order)]
    if shift.chance(0.5):
        steps.append(Step("UpdateOrderStatus", {"Id": order["Id"], "Status": DELETED}))
    else:
        steps.append(Step("PostOrder", {**order, "Status": CANCELLED}))
    return Life(steps, (order["Id"],))


def first_day(shift: Shift, at: datetime) -> Life:
    """The till is tried out on everything there is: nothing counts, and every category has been named after it."""
    order, outlet = shift.draft(at), shift.place.outlet
    lines = [baskets.line(product, order["Id"], shift.random) for product in (*outlet.products, outlet.coupon)]
    for line, product in zip(lines, (*outlet.products, outlet.coupon), strict=True):
        named = product.item.category if product.shown["CategoryId"] else None
        line["Product"] = {**product.shown, "Category": named}
    tried = {**shift.paid_by_card(shift.with_lines(order, lines), at), "TrainingMode": True}
    shift.sold = shift.sold - tried["OrderTotal"]
    return Life([Step("PostOrder", tried)], (tried["Id"],))


def opening(shift: Shift, at: datetime) -> Life:
    """The float is counted, perhaps wrongly at first, and the terminal says how it is."""
    till, random = shift.place.till, shift.random
    entry = documents.drawer_entry(till, at, documents.OPENING, documents.FLOAT, random)
    shift.drawer += documents.FLOAT
    steps = [Step("CashDrawerLog/PostCashDrawerLog", entry)]
    if shift.chance(0.1):
        miscounted = {**entry, "Amount": documents.FLOAT + random.randint(1, 100)}
        steps.insert(0, Step("CashDrawerLog/PostCashDrawerLog", miscounted))
    return Life([*steps, Step("PostReports", documents.health(till, at, random))])


def closing(shift: Shift, at: datetime) -> list[Life]:
    """Most of the cash goes to the safe, the drawer is closed, the Z report is printed, invoices are written."""
    till, random = shift.place.till, shift.random
    drop = shift.drawer - documents.FLOAT
    drawer = [
        documents.drawer_entry(till, at, documents.DROP, -drop, random),
        documents.drawer_entry(till, at + _LATER, documents.CLOSE, shift.drawer - drop, random),
    ]
    report = documents.z_report(till, at + _LATER, shift.day.toordinal(), shift.sold, random)
    steps = [Step("CashDrawerLog/PostCashDrawerLog", entry) for entry in drawer]
    return [Life([*steps, Step("PostReports", report)]), *_invoices(shift, at)]


def _invoices(shift: Shift, at: datetime) -> list[Life]:
    """One for each company; some list an order too many, and are corrected."""
    found = []
    for company in shift.town.companies:
        orders = shift.on_account.get(company["Id"], [])
        if orders:
            invoice = documents.invoice(Place(shift.place.outlet, shift.place.till), at, company, orders, shift.random)
            steps = [Step("PostCustomerInvoice", invoice)]
            if len(orders) > 1 and shift.chance(0.3):
                listed = {"OrdersGuid": invoice["OrdersGuid"][1:], "Remarks": "Rättad"}
                steps.append(Step("PostCustomerInvoice", {**invoice, **listed}))
            found.append(Life(steps, tuple(order["Id"] for order in orders)))
    return found


def _another(shift: Shift, order: Document) -> Document:
    return baskets.line(shift.random.choice(shift.place.outlet.products), order["Id"], shift.random)
