"""Records to JSON in every spelling that the contract allows (section 1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import NODEFAULT, UNSET

from ledger.business_time import NO_TIME
from ledger.records import NO_ID, Flag, Moment, Record

STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Speller:
    """Writes JSON: plainly, as a till does, or (with `random`) in spellings drawn anew for each value."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random

    def body(self, record: Record) -> bytes:
        """A request's body; a byte order mark may come first."""
        mark = str(self._pick("", "\ufeff"))
        return (mark + self.record(record)).encode()

    def record(self, record: Record) -> str:
        """An object; unknown members (`extra`) lie beside the known ones."""
        members = []
        for field in msgspec.structs.fields(type(record)):
            value = getattr(record, field.name)
            if field.name == "extra":
                known = [] if value is UNSET else value.items()
                members += [f"{self._text(name)}:{self._unknown(member)}" for name, member in known]
            elif not self._is_default(field, value):
                members.append(f"{self._name(field.name)}:{self._value(field.type, value)}")
            elif self._pick(False, True):
                text = self._pick("null", self._value(field.type, value))
                members.append(f"{self._name(field.name)}:{text}")
        if self._random:
            self._random.shuffle(members)
        return "{" + str(self._pick(",", " ,\n")).join(members) + "}"

    def _pick(self, *options: Any) -> Any:
        return self._random.choice(options) if self._random else options[0]

    def _is_default(self, field: msgspec.structs.FieldInfo, value: Any) -> bool:
        default = field.default_factory() if field.default_factory is not NODEFAULT else field.default
        return not field.required and bool(value == default)

    def _name(self, name: str) -> str:
        mixed = "".join(self._pick(letter, letter.swapcase()) for letter in name)
        return f'"{self._pick(name, name.lower(), name.upper(), name[0].lower() + name[1:], mixed)}"'

    def _value(self, annotation: Any, value: Any) -> str:
        match value:
            case None:
                return "null"
            case Record():
                return self.record(value)
            case list():
                return "[" + ",".join(self._value(None, item) for item in value) + "]"
            case UUID():
                return self._guid(value)
            case bool():
                word = str(value).lower()
                return str(self._pick(word, str(int(value)), f'"{word}"', f'"{value}"', f'"{int(value)}"'))
            case int():
                return self._integer(annotation, value)
            case Decimal():
                return self._decimal(value, '"')
        return self._moment(value) if annotation in (Moment, Moment | None) else self._text(value)

    def _guid(self, value: UUID) -> str:
        none = ["", "0" * 32] if value == NO_ID else []
        spellings = [f"{value}", value.hex, f"{{{value}}}", f"{{{value.hex}}}", f"{value}".upper(), f" {value} ", *none]
        return f'"{self._pick(*spellings)}"'

    def _integer(self, annotation: Any, value: int) -> str:
        words = [str(bool(value)).lower(), f'"{bool(value)}"'] if annotation == Flag and value in (0, 1) else []
        return str(self._pick(f"{value}", f'"{value}"', f"{value}.0", f'" {value}.00"', *words))

    def _decimal(self, value: Decimal, quote: str = "") -> str:
        plain = format(value, "f")
        zeros = plain + ("000" if "." in plain else ".00")
        moved = f"{format(value.scaleb(9), 'f')}{self._pick('e', 'E')}-9"
        shifted = f"{format(value.scaleb(-2), 'f')}E+2"
        number = self._pick(plain, zeros, moved, shifted)
        return str(self._pick(number, f"{quote}{number}{quote}"))

    def _moment(self, text: str) -> str:
        if text == NO_TIME:
            return f'"{self._pick(text, "", f"{text}Z", f"{text}.0000000", f"{text}+01:00")}"'
        at = datetime.fromisoformat(text)
        zone = self._pick(at.tzinfo, UTC, timezone(timedelta(hours=5, minutes=30)))
        moved = at.astimezone(zone).isoformat()
        if zone is UTC:
            moved = self._pick(moved, moved.replace("+00:00", "Z"))
        elif self._pick(False, True):
            moved = at.astimezone(STOCKHOLM).replace(tzinfo=None).isoformat()
        whole, _, rest = moved.partition(".")
        if rest and rest[:6].isdigit():
            moved = f"{whole}.{rest[:6]}{self._pick('', '0', '9')}{rest[6:]}"
        return f'"{moved.replace("T", self._pick("T", " ", "t"))}"'

    def _text(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=self._pick(False, True))

    def _unknown(self, value: Any) -> str:
        match value:
            case dict():
                members = [f"{self._text(name)}:{self._unknown(member)}" for name, member in value.items()]
                if self._random:
                    self._random.shuffle(members)
                return "{" + ",".join(members) + "}"
            case list():
                return "[" + ",".join(map(self._unknown, value)) + "]"
            case Decimal():
                return self._decimal(value)
        return self._text(value) if isinstance(value, str) else json.dumps(value)
