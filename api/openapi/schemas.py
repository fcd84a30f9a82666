"""Records and structs as JSON Schema, told as the wire has them: decimals are numbers, unknown members are welcome.

One record has two schemas: `Order` for what is sent, where nearly everything may be left out, and `FullOrder` for what
comes back, where every member is there (`ledger/full_records.py`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from ledger import full_records
from ledger.events import STORED
from ledger.reading import KNOWN_STATUSES

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"
_TWINS = {name.removeprefix("Full"): name for name in vars(full_records) if re.match("Full[A-Z]", name)}
# What a struct leaves out where it has nothing to say; every other answer has all of its members.
_SPARSE = {"Problem", "Metadata"}
_SENT = "ISO 8601, with 0 to 7 fraction digits; local time at the outlet where it has no offset."
_SHOWN = "ISO 8601 with an offset; `0001-01-01T00:00:00` is none."
_SHOWN_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d:\d\d)?$"
_SOURCE = re.compile(r"\s*\(contract[^)]*\)")

# What a member's type does not say.
NOTES: dict[str, Schema] = {
    "Order.Status": {
        "enum": sorted(KNOWN_STATUSES),
        "description": "0 new, 1 pending, 2 SPO assigned, 3 assigned to kitchen or bar, 4 and 5 partly available, "
        "6 available, 8 packer assigned, 9 packed, 10 served, 11 ready to serve, **13 completed**, **14 cancelled**, "
        "**15 return**, **16 deleted**, 17 and 18 control unit failed (on a sale, on a return), 19 on hold, "
        "**20 rejected**, **21 rejected and seen**. Bold ones are closed.",
    },
    "Order.PaymentStatus": {"description": "0 partly or not yet, 1 paid, 2 unpaid."},
    "Order.Type": {
        "description": "0 standard, 1 take away, 2 table, 3 table take away, 4 take away return, 5 return, 6 cancel."
    },
    "Order.OrderTotal": {"description": "Kronor."},
    "Order.TrainingMode": {"description": "Kept, and counted nowhere."},
    "Order.Payments": {"description": "Not sent, or null: what is there stays."},
    "Order.Receipts": {"description": "Not sent, or null: what is there stays."},
    "Order.ExternalID": {"description": "An integrator's reference. Empty: it stands in the integrators' queue."},
    "Order.Version": {"description": "How many events the order has; what `If-Match` is compared with. Never taken."},
    "OrderLine.Id": {"description": "Needed, ingredients and details apart."},
    "OrderLine.Quantity": {"description": "Pieces, or kilograms, litres …: see `Product.Unit`."},
    "OrderLine.UnitPrice": {"description": "Kronor, VAT included."},
    "OrderLine.ItemDiscount": {"description": "Kronor off the whole line; its sign does not matter."},
    "OrderLine.TaxPercent": {"description": "VAT in percent; an ingredient without one has its line's."},
    "OrderLine.Active": {"description": "Only lines with 1 count; true and false are read as 1 and 0."},
    "OrderLine.ItemType": {"description": "Only lines with 0 count."},
    "OrderLine.ItemId": {"description": "The product. Needed, here or as `Product.Id`."},
    "OrderLine.Direction": {"description": "1, or -1 for what comes back."},
    "OrderLine.IngredientMode": {"description": "`+` or `-`; what is added is sold too."},
    "Payment.PaidAmount": {"description": "Kronor."},
    "Payment.CreditCardNo": {"description": "Kept with its last four digits at most, whatever is sent."},
    "Receipt.ReceiptNumber": {"description": "Used once at a terminal; 0 is none."},
    "Product.Unit": {"description": "0 is a piece; anything else is sold by weight or volume, and moves no stock."},
    "CustomerInvoice.OrdersGuid": {"description": "The orders it gathers; an update unlinks those it no longer lists."},
    "CustomerInvoice.PaymentTerms": {"description": "Days."},
    "CashDrawerLog.ActivityType": {
        "description": "1 opening balance, 2 paid to employee, 3 paid bill, 4 cash drop, 5 cash added, 6 cash by sale, "
        "7 cash by tip, 8 tip paid out, 9 banked, 10 float, 11 close."
    },
    "CashDrawerLog.CashDrawerId": {"description": "Here, or as `CashDrawer.Id`."},
    "Report.ReportType": {"description": "0 X, 1 Z."},
    "TerminalStatusLog.BatteryLevel": {"description": "Percent."},
    "TerminalStatusLog.StorageFree": {"description": "Bytes."},
    "TerminalStatusLog.StorageTotal": {"description": "Bytes."},
    "LoggedEvent.Type": {"enum": sorted({name for name, _ in STORED})},
}  # fmt: skip

# What a docstring says for whoever works on the ledger, said for whoever uses it.
WORDS = {
    "Metadata": "Who wrote the event (`actor` names the credential), from where (`source`), and what it belongs to.",
    "Order": "A sale from its first draft to its last amendment.",
    "FullOrder": "A sale from its first draft to its last amendment. Every member is there.",
}


def sent(types: Iterable[Any]) -> dict[str, Schema]:
    """The schemas of bodies, by name, with those of their parts."""
    return {name: _component(name, found, shown=False) for name, found in _generated(types).items()}


def shown(types: Iterable[Any]) -> dict[str, Schema]:
    """The schemas of answers, by name, with those of their parts."""
    found = _generated(types)
    return {name_shown(name): _component(name, schema, shown=True) for name, schema in found.items()}


def name_shown(name: str) -> str:
    """The name of an answer's schema: a record's is that of its full twin."""
    return _TWINS.get(name, name)


def _generated(types: Iterable[Any]) -> dict[str, Schema]:
    _, found = msgspec.json.schema_components(list(types), ref_template=REFERENCE + "{name}")
    return found


def _component(name: str, schema: Schema, *, shown: bool) -> Schema:
    plain = name.removeprefix("Full")
    members = {
        member: _member(found, shown=shown) | NOTES.get(f"{plain}.{member}", {})
        for member, found in schema["properties"].items()
        if member != "$extra"
    }
    made: Schema = {"type": "object", "description": _words(name, schema), "properties": members}
    needed = list(members) if shown and name not in _SPARSE else schema["required"]
    if needed:
        made["required"] = needed
    if "additionalProperties" in schema:
        # The strict decode forbids them, the tolerant one keeps them (`ledger/decoding.py`).
        made["additionalProperties"] = True
    return made


def _words(name: str, schema: Schema) -> str:
    """A docstring as Markdown. A twin has none of its own."""
    text = WORDS.get(name) or schema.get("description")
    if text is None and name in _TWINS.values():
        text = f"{inspect.cleandoc(getattr(full_records, name).__base__.__doc__)}\n\nEvery member is there."
    return _SOURCE.sub("", inspect.cleandoc(text or ""))


def _member(schema: Schema, *, shown: bool) -> Schema:
    """One member's schema as the wire has it, without what only confuses generators: titles, defaults of null."""
    made = {name: value for name, value in schema.items() if name not in ("title", "default")}
    if schema.get("format") == "decimal":
        made = {"type": "number"}
    elif schema.get("title") == "moment":
        made = {"type": "string", "description": _SHOWN, "pattern": _SHOWN_PATTERN} if shown else (
            {"type": "string", "description": _SENT, "maxLength": schema["maxLength"]}
        )  # fmt: skip
    elif schema.get("type") == "integer" and "minimum" in schema:
        made = {"type": "integer", "format": "int64" if schema["maximum"] >= 2**31 else "int32"}
        if schema.get("title") == "flag" and not shown:
            made["description"] = "0 or 1; true and false are read too."
    elif "enum" in schema:
        made = {"type": "string", "enum": schema["enum"]}
    elif "$ref" in schema and shown:
        made["$ref"] = REFERENCE + name_shown(schema["$ref"].removeprefix(REFERENCE))
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            made[name] = _member(schema[name], shown=shown)
    if "anyOf" in schema:
        made = _any_of([_member(one, shown=shown) for one in schema["anyOf"]])
    if not shown and schema.get("default") is not None:
        made["default"] = 0 if made.get("type") == "number" else schema["default"]
    return made


def _any_of(choices: list[Schema]) -> Schema:
    """A union; of one plain type and null the short form. Words stand at the union."""
    about = next((one.pop("description") for one in choices if "description" in one), None)
    kinds = [one for one in choices if one != {"type": "null"}]
    if len(kinds) == 1 and len(choices) == 2 and isinstance(kinds[0].get("type"), str) and kinds[0]["type"] != "array":
        made: Schema = kinds[0] | {"type": [kinds[0]["type"], "null"]}
    else:
        made = {"anyOf": choices}
    return made if about is None else made | {"description": about}
