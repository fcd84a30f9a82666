"""Bodies read the quick way: as nearly all clients write them, with every member of its own type. Pure.

An order holds some fifty decimals, nearly all of them seen before. Made a Decimal each and then looked up by value,
they took longer than all the rest of reading. In these twins of the records a decimal may be anything, so that the text
of each is looked up while it is read, and the one object that stands for it is what comes out. What is no number with a
point (a whole one, a string) is looked at afterwards, when the twin becomes the record it stands for.

The product in a line is the same JSON in one order after the other, a third of the whole: it is looked up as well.

There are three families of twins: members have the contract's names, and are null only where the contract says so; or
they may be null wherever they may be left out (.NET: a list that nobody made); or that, and names in camel case. A body
with members that we do not know is read by twins that pass these over, and they are taken from the whole as it is.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from types import NoneType
from typing import Any, NamedTuple, TypeVar, cast, get_args

import msgspec
from msgspec import UNSET
from msgspec.structs import FieldInfo

from ledger import scalars, tolerant
from ledger.amounts import Known, canonical_text
from ledger.annotations import getter, is_list, record_in
from ledger.errors import BadInput
from ledger.records import CustomerInvoice, Order, Product, Record, SwishPayment
from ledger.till_records import CashDrawerLog, TerminalStatusLog

R = TypeVar("R", bound=Record)
Getter = Callable[[Record], tuple[Any, ...]]

_ON_THEIR_OWN: tuple[type[Record], ...] = (
    Order, CustomerInvoice, CashDrawerLog, TerminalStatusLog, SwishPayment, Product,
)  # fmt: skip
_NUL = b"\\u0000"
_USUAL = {Decimal}
# What msgspec says of a member that a strict twin does not have; were it to say it otherwise, these would be slow.
_UNKNOWN = "unknown field"
_CAMEL_CASE = re.compile(rb'\s*\{\s*"[a-z]')


class _Plan(NamedTuple):
    """How a twin becomes its record: its decimals and what else may be null that must not, by name; what a null means;
    and what is within it.
    """

    record: type[Record]
    decimals: tuple[str, ...]
    of_decimals: Getter
    others: tuple[str, ...]
    of_others: Getter
    unsent: dict[str, Callable[[], Any]]
    of_parts: Getter


_PLANS: dict[type[Record], _Plan] = {}


class _Names(NamedTuple):
    """The names that a record's members are sent by, and these in lower case; and of those members that are records or
    lists of them, but for products, their own names and those that they are sent by.
    """

    names: frozenset[str]
    folded: frozenset[str]
    children: tuple[tuple[str, str], ...]


class _Family:
    """Twins of the records, and decoders for those that come on their own."""

    def __init__(
        self, name: str, *, nullable: bool = True, rename: Callable[[str], str] = str, strict: bool = True
    ) -> None:
        self._name, self._nullable, self._rename, self._strict = name, nullable, rename, strict
        self._sent_as: dict[type[Record], _Names] = {}
        self._decode = {record: self._decoder(record) for record in _ON_THEIR_OWN}

    def read(self, record: type[R], body: bytes) -> R:
        """msgspec.DecodeError, ValueError, TypeError, ArithmeticError: it is written in another way, or wrong."""
        found: R = self._decode[record](body)
        _settle([found])
        return found

    def read_with_unknown(self, record: type[R], body: bytes) -> R:
        """Also what we do not know of it; the same errors."""
        found = self.read(record, body)
        if record is Product and (body.count(b"{") > 1 or b"[" in body):
            raise ValueError("may be nested too deep, within its order")
        try:
            whole = tolerant.loose(body)
        except BadInput as error:
            raise ValueError(str(error)) from None  # of the whole order its place is named
        self._take_unknown(found, whole)
        return found

    def _take_unknown(self, record: Any, sent: dict[str, Any]) -> None:
        names, folded, children = self._sent_as[type(record)]
        if not sent.keys() <= names:
            extra: dict[str, Any] = {}
            problems: tolerant.Problems = []
            for name, member in sent.items():
                if name in names:
                    continue
                if name.lower() in folded:
                    raise ValueError(f"{name} is a member in another spelling")
                tolerant.keep_unknown(extra, name, member, "$", problems)
            if problems:
                raise ValueError(problems[0][1])
            record.extra = extra or UNSET
        for name, sent_as in children:
            part = getattr(record, name)
            if type(part) is list:
                for one, sent_one in zip(part, sent[sent_as] if part else (), strict=True):
                    self._take_unknown(one, sent_one)
            elif part is not None:
                self._take_unknown(part, sent[sent_as])

    def _decoder(self, record: type[Record]) -> Callable[[bytes], Any]:
        return msgspec.json.Decoder(globals()[self._twin(record)], float_hook=canonical_text.__getitem__).decode

    def _twin(self, record: type[Record]) -> str:
        """The name, in this module, of the record's twin: the same members, what they may hold is looser."""
        name = f"{self._name}{record.__name__}"
        if record not in self._sent_as:
            fields = msgspec.structs.fields(record)
            self._sent_as[record] = _names_sent(fields, self._rename)
            members = [(field.name, self._annotation(field), self._field(field)) for field in fields]
            made = msgspec.defstruct(
                name, members, bases=(record,), module=__name__, forbid_unknown_fields=self._strict
            )
            twin = cast(type[Record], made)
            globals()[name] = twin
            _PLANS[twin] = self._plan(record, fields)
        return name

    def _annotation(self, field: FieldInfo) -> Any:
        kind = field.type
        if _is_decimal(field):
            return Any
        if field.name == "extra":
            return msgspec.UnsetType  # ours: nobody can send it
        record = record_in(kind)
        if record is Product:
            return msgspec.Raw
        if record is not None:
            kind = f"list[{self._twin(record)}]" if is_list(kind) else self._twin(record)
            return f"{kind} | None" if self._may_be_null(field) or NoneType in get_args(field.type) else kind
        return kind | None if self._may_be_null(field) else kind

    def _may_be_null(self, field: FieldInfo) -> bool:
        """Here, and not in the record."""
        return self._nullable and not field.required and field.name != "extra" and NoneType not in get_args(field.type)

    def _field(self, field: FieldInfo) -> Any:
        name = field.encode_name if field.name == "extra" else self._rename(field.name)
        default: dict[str, Any] = {"default": field.default, "default_factory": field.default_factory}
        return msgspec.field(name=name, **default)

    def _plan(self, record: type[Record], fields: Iterable[FieldInfo]) -> _Plan:
        decimals = tuple(field.name for field in fields if _is_decimal(field))
        others = tuple(field.name for field in fields if self._may_be_null(field) and field.name not in decimals)
        unsent = {field.name: _default(field) for field in fields if not field.required}
        parts = tuple(field.name for field in fields if record_in(field.type) is not None)
        return _Plan(record, decimals, getter(decimals), others, getter(others), unsent, getter(parts))


def _names_sent(fields: Iterable[FieldInfo], rename: Callable[[str], str]) -> _Names:
    members = {field.name: rename(field.name) for field in fields if field.name != "extra"}
    records = [field.name for field in fields if record_in(field.type) not in (None, Product)]
    folded = frozenset(name.lower() for name in members)
    return _Names(frozenset(members.values()), folded, tuple((name, members[name]) for name in records))


def _is_decimal(field: FieldInfo) -> bool:
    return field.type in (Decimal, Decimal | None)


def _default(field: FieldInfo) -> Callable[[], Any]:
    if field.default_factory is not msgspec.NODEFAULT:
        return cast(Callable[[], Any], field.default_factory)
    return lambda: field.default


def camel_case(name: str) -> str:
    """As .NET writes it: `PLU` is `plu`, `OrderIntID` is `orderIntID`, and `WC_ID` is `wC_ID`."""
    at = 1
    while at < len(name) and name[at].isupper() and (at + 1 == len(name) or name[at + 1].isupper()):
        at += 1
    return name[:at].lower() + name[at:]


_TYPED = _Family("Posted", nullable=False)
_NULLABLE = _Family("PostedNullable")
_CAMEL = _Family("PostedCamel", rename=camel_case)
_NULLABLE_AND_MORE = _Family("PostedMore", strict=False)
_CAMEL_AND_MORE = _Family("PostedCamelMore", rename=camel_case, strict=False)


def read_posted(record: type[R], body: bytes) -> R:
    """A body as a record, its decimals canonical; whatever else makes the normal form is still to be done.

    msgspec.DecodeError, ValueError, TypeError, ArithmeticError: it is written in another way, or wrong.
    """
    if b"\\" in body and _NUL in body:
        raise ValueError("may hold U+0000")
    body = body.removeprefix(tolerant.BYTE_ORDER_MARK)
    try:
        return _TYPED.read(record, body)
    except msgspec.ValidationError as error:
        told = str(error)
    strict, lenient = (_CAMEL, _CAMEL_AND_MORE) if _CAMEL_CASE.match(body) else (_NULLABLE, _NULLABLE_AND_MORE)
    if strict is _CAMEL or _UNKNOWN not in told:
        with contextlib.suppress(msgspec.ValidationError):
            return strict.read(record, body)
    return lenient.read_with_unknown(record, body)


def _product(json: bytes) -> Product | None:
    return read_posted(Product, json) if json != b"null" else None


# JSON -> the one product that stands for it, which nobody changes.
_products = Known[bytes, Product | None](_product, 1 << 12, largest=1 << 10)
# The same decimals by a whole number or a string.
_spelled = Known[int | str, Decimal](scalars.decimal, 1 << 14)


def _settle(records: list[Any]) -> None:
    """Makes twins, all of one kind, the records they stand for, with all that is within them."""
    kind, decimals, of_decimals, others, of_others, unsent, of_parts = _PLANS[type(records[0])]
    for record in records:
        record.__class__ = kind  # the very same members
        values = of_decimals(record)
        if not _USUAL.issuperset(map(type, values)):
            for name, value in zip(decimals, values, strict=True):
                if type(value) is not Decimal:
                    setattr(record, name, unsent[name]() if value is None and name in unsent else _exact(value))
        if others and NoneType in map(type, values := of_others(record)):
            for name, value in zip(others, values, strict=True):
                if value is None:
                    setattr(record, name, unsent[name]())
        for part in of_parts(record):
            if not part:
                continue
            if type(part) is msgspec.Raw:
                record.Product = _products[bytes(part)]
            else:
                _settle(part if type(part) is list else [part])


def _exact(value: Any) -> Decimal:
    if type(value) is not int and type(value) is not str:
        raise TypeError("must be a number")
    return _spelled[value]
