"""Bodies and parameters as the ledger reads them: decimals exact, instants with their zone, ids as Guids. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

# What comes from the ledger: decimals with a point are Decimal, whole numbers int.
Json = dict[str, Any]
# What goes to it: JSON, and besides Decimal, UUID, date and aware datetime.
Document = Mapping[str, Any]
Guid = UUID | str
Moment = datetime | date | str

_text = json.JSONEncoder(ensure_ascii=False).encode


def encode(value: object) -> str:
    """A document as JSON; a Decimal becomes a number with all of its digits, which `json` cannot write.

    ValueError: a datetime without a zone, or a number that is none. TypeError: something JSON has no form for.
    """
    match value:
        case str() | None | bool():
            return _text(value)
        case int():
            return int.__repr__(value)
        case Decimal() | float():
            if not math.isfinite(value):
                raise ValueError(f"{value} is no number that JSON knows")
            return str(value) if isinstance(value, Decimal) else float.__repr__(value)
        case UUID() | date():
            return f'"{plain(value)}"'
        case dict() | Mapping():
            return "{" + ",".join(f"{_name(name)}:{encode(member)}" for name, member in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(encode, value)) + "]"
    raise TypeError(f"a {type(value).__name__} cannot be sent as JSON")


def decode(content: bytes) -> Any:
    """JSON with exact decimals. ValueError: it is none."""
    return json.loads(content, parse_float=Decimal)


def plain(value: object) -> str:
    """A value as a parameter is written. ValueError: a datetime without a zone."""
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError(f"{value.isoformat()} has no zone: use an aware datetime")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def parameters(values: Mapping[str, object]) -> dict[str, str]:
    """Query parameters: those that are None are left out."""
    return {name: plain(value) for name, value in values.items() if value is not None}


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a member's name must be a text, not {name!r}")
    return _text(name)
