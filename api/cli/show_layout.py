"""How a document of the API is laid out for people: what it holds, and nothing of what it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from rich.text import Text

from api.cli.screen import BAD, DIM, GOOD, STRONG, cell_of, table_of, text_of
from ledger.business_time import NO_TIME
from ledger.order import COMPLETED, RETURNED, VOID
from ledger.records import NO_ID
from ledger.wording import ACTIVITY, UNSPOKEN, kronor, plain, status

Document = dict[str, Any]

_PAYMENT_STATUS = {0: "not yet paid", 1: "paid", 2: "unpaid"}
_NOTHING: tuple[object, ...] = (None, "", 0, False, NO_TIME, str(NO_ID), [], {})
# Shown above, or in a table of its own.
_TOLD = frozenset({"Id", "Status", "PaymentStatus", "OrderLines", "Payments", "Receipts", "OrderTotal", "Version"})
loose = msgspec.json.Decoder(float_hook=Decimal).decode


def shown(kind: str, document: Document) -> Iterator[Text]:
    """The lines of a document; `kind` is what its stream begins with."""
    if kind == "order":
        yield from _order(document)
        return
    yield text_of((f"{kind} {document.get('Id') or document.get('TerminalId')}", STRONG))
    if kind == "drawer":
        activity = document.get("ActivityType", 0)
        yield text_of(f"{ACTIVITY.get(activity, activity)}: {kronor(Decimal(document['Amount']))}")
    yield from members(document, frozenset({"Id"}))


def _order(order: Document) -> Iterator[Text]:
    state = order["Status"]
    colour = GOOD if state in (COMPLETED, RETURNED) else BAD if state in VOID else ""
    paid = _PAYMENT_STATUS.get(order["PaymentStatus"], str(order["PaymentStatus"]))
    yield text_of((f"order {order['Id']}", STRONG), "  ", (status(state), colour), f", {paid}, ",
                  (kronor(Decimal(order["OrderTotal"])), STRONG), f"  (version {order['Version']})")  # fmt: skip
    outlet = (order.get("Outlet") or {}).get("Name")
    yield from members(order | {"Outlet": outlet}, _TOLD)
    for name, row in (("OrderLines", _line), ("Payments", _payment), ("Receipts", _receipt)):
        rows = [row(item) for item in order.get(name) or ()]
        if rows:
            yield text_of((f"\n{_label(name)}: {len(rows)}", STRONG))
            yield from table_of(rows)


def _line(line: Document) -> dict[str, object]:
    product = line.get("Product") or {}
    quantity, price = Decimal(line["Quantity"]), Decimal(line["UnitPrice"])
    gross = line["Direction"] * (quantity * price - abs(Decimal(line["ItemDiscount"])))
    return {
        "quantity": plain(quantity * line["Direction"]),
        "item": line.get("ItemDescription") or product.get("Description") or line["ItemId"],
        "price": kronor(price),
        "discount": kronor(Decimal(line["ItemDiscount"])) if line["ItemDiscount"] else None,
        "sum": kronor(gross) if line["Active"] == 1 else ("not active", DIM),
        "VAT": f"{plain(Decimal(line['TaxPercent']))} %",
    }


def _payment(payment: Document) -> dict[str, object]:
    amount = Decimal(payment["PaidAmount"]) * payment["Direction"]
    kind = payment.get("ProductName") or f"type {payment['TypeId']}"
    return {
        "amount": kronor(amount), "how": kind, "reference": payment.get("PaymentRef"),
        "card": payment.get("CreditCardNo"), "when": _value(payment.get("PaymentDate")), "id": payment["Id"],
    }  # fmt: skip


def _receipt(receipt: Document) -> dict[str, object]:
    return {
        "number": receipt["ReceiptNumber"], "terminal": _value(receipt.get("TerminalId")),
        "gross": kronor(Decimal(receipt["GrossAmount"])), "VAT": kronor(Decimal(receipt["VatAmount"])),
        "control unit": receipt.get("ControlUnitName"), "code": receipt.get("ControlUnitCode"),
        "printed": _value(receipt.get("PrintDate")),
    }  # fmt: skip


def members(document: Mapping[str, Any], told: frozenset[str] = frozenset()) -> Iterator[Text]:
    """What a document says, a member a line, and its lists as tables below."""
    plain_members = dict(_flat(document, told))
    width = max((len(name) for name in plain_members), default=0)
    for name, value in plain_members.items():
        yield text_of((f"{name:{width}}  ", DIM), cell_of(_text(value)))
    for name, value in document.items():
        if name not in told and isinstance(value, list) and value and isinstance(value[0], dict):
            yield text_of((f"\n{_label(name)}: {len(value)}", STRONG))
            yield from table_of(_rows(value))


def _flat(document: Mapping[str, Any], told: frozenset[str], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if name in told or name in UNSPOKEN or value in _NOTHING:
            continue
        if isinstance(value, dict):
            yield from _flat(value, frozenset(), f"{prefix}{name}.")
        elif not (isinstance(value, list) and isinstance(value[0], dict)):
            yield f"{prefix}{name}", value


def _rows(found: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """The rows of a list, in the columns that say something in any of them."""
    columns = [name for name in found[0] if any(row.get(name) not in _NOTHING for row in found)]
    return [{name: _text(_value(row.get(name))) for name in columns} for row in found]


def _value(value: Any) -> Any:
    return None if value in _NOTHING else value


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return "" if value is None else "yes" if value is True else str(value)


def _label(name: str) -> str:
    return {"OrderLines": "lines", "ReportData": "rows"}.get(name, name.lower())
