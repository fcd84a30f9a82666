"""Bodies that no till would send, made from the records themselves: their members give the names and the types.

Everything is JSON text in bytes, so that it can be broken: numbers no double holds, halves of surrogates, names twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from ledger.records import CustomerInvoice, Order, Record, SwishPayment
from ledger.till_records import CashDrawerLog, TerminalStatusLog

Text = st.SearchStrategy[bytes]

RECORDS: tuple[type[Record], ...] = (Order, CustomerInvoice, CashDrawerLog, TerminalStatusLog, SwishPayment)
# So few that documents meet: the same order again, a payment for it, an invoice that lists it.
GUIDS = [str(UUID(int=(0xF022 << 112) + number)) for number in range(1, 13)]
NO_GUID = str(UUID(int=0))

SQL = [
    "'; DROP TABLE ledger.events; --", "' OR '1'='1", "\"; DELETE FROM read_orders.orders; --", "1); TRUNCATE x; --",
    "$1", "%s", "%(id)s", "{0}", "\\", "\\'", "''", "--", "/*", ";", "E'\\x41'", "$$", "::text", "pg_sleep(10)",
    "' UNION SELECT secret FROM ledger.tenants --", "NULL", "\\copy", "../../etc/passwd", "<script>", "\u202e",
]  # fmt: skip
NUMBERS = [
    b"0", b"-0", b"1", b"-1", b"0.1", b"-0.000001", b"0.0000001", b"1e2", b"1E-6", b"1e17", b"1e18", b"1e400",
    b"-1e400", b"1e999999999", b"1e-999999999", b"1e99999999999999999999", b"9" * 18, b"9" * 19, b"9" * 5000,
    b"0." + b"1" * 5000, b"999999999999.999999", b"2147483647", b"2147483648", b"-2147483648", b"9223372036854775807",
    b"9223372036854775808", b"-9223372036854775808", b"18446744073709551616", b"-100", b"-99.999999", b"5e-324",
]  # fmt: skip
# No value of any type, or one of the wrong type.
ODD = [
    *NUMBERS, b"null", b"true", b"false", b'""', b'" "', b"[]", b"{}", b"[null]", b"[[]]", b'{"":1}', b'{"a":{}}',
    b"NaN", b"Infinity", b"-Infinity", b"01", b"+1", b".5", b"1.", b"0x1", b"'x'", b"x", b"", b"[1,]", b'{"a":1,}',
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"a\x00b"', b'"\x1f"', b'"\xff"', b'"\xc3"', b'"\xed\xa0\x80"',
    b'"\\x"', b'"', b'"1_000"', '"１２"'.encode(), b'"NaN"', b'"Infinity"', b'"1e400"', b'"-"', b'"0x10"', b'"1,5"',
    b"[" * 70 + b"]" * 70, b'{"a":' * 70 + b"1" + b"}" * 70, b"[" * 5000, b'{"a":' * 5000, b"[{" * 40 + b"}]" * 40,
    b'"' + b"x" * 201 + b'"', b'"' + b"\xc3\xa5" * 40_000 + b'"', b"[" + b"0," * 3000 + b"0]", b"[" + b"{}," * 6000,
    b'"0001-01-01T00:00:00"', b'"9999-12-31T23:59:59.9999999"', b'"2026-02-30T00:00:00"', b'"2026-11-23T25:00:00"',
    b'"2026-11-23T10:00:00+99:99"', b'"0000-00-00T00:00:00"', b'"2026-11-23"', b'"11/23/2026"', b'"{}"', b'"{1}"',
    b'{"a":1,"a":2,"A":3}', b'{"$extra":1}', b'{"\\u0024extra":{"a":1}}', b'{"$type":"System.Windows.Data"}',
]  # fmt: skip
MOMENTS = [
    "2026-11-23T11:42:07.1234567", "2026-11-23T23:59:59.9999999", "2026-10-25T02:30:00", "2026-03-29T02:30:00",
    "2026-11-23 11:42:07Z", "1900-01-01T00:00:00", "2200-12-31T23:59:59-14:00", "0001-01-01T00:00:00",
    "2026-11-23T11:42:07+0100", "1916-05-14T23:30:00", "2026-02-29T00:00:00",
]  # fmt: skip


def quoted(text: str) -> bytes:
    """A text as JSON; what cannot be UTF-8 is escaped."""
    try:
        return json.dumps(text, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(text).encode()


def texts(limit: int = 60) -> Text:
    """Strings: of any characters, SQL, long ones."""
    free = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=limit)
    return st.one_of(free, st.sampled_from(SQL), st.just("å" * limit)).map(quoted)


def guids() -> Text:
    """Guids in their spellings."""
    spelled: list[Callable[[str], str]] = [str, str.upper, "{{{}}}".format, lambda text: text.replace("-", "")]
    return st.builds(lambda text, spell: quoted(spell(text)), st.sampled_from(GUIDS), st.sampled_from(spelled))


def decimals() -> Text:
    """Decimals within bounds, as numbers and as texts."""
    numbers = st.decimals(-(10**11), 10**11, places=6, allow_nan=False).map(lambda number: format(number, "f").encode())
    return st.one_of(st.integers(-1000, 1000).map(b"%d".__mod__), numbers, numbers.map(b'"%b"'.__mod__))


def whole(low: int, high: int) -> Text:
    """Whole numbers, small ones first."""
    return st.one_of(st.integers(0, 25), st.integers(low, high)).map(b"%d".__mod__)


def fitting(annotation: Any, name: str, depth: int) -> Text:
    """Values of a member that may well be taken, by its type in the records."""
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is list or (parts and get_origin(parts[0]) is list):
        item = parts[0] if get_origin(annotation) is list else get_args(parts[0])[0]
        one = fitting(item, name, depth + 1)
        return st.lists(one, max_size=3 if depth < 3 else 0).map(lambda found: b"[%b]" % b",".join(found))
    inner = parts[0] if parts and type(None) in get_args(annotation) else annotation
    if isinstance(inner, type) and issubclass(inner, Record):
        return objects(inner, depth + 1) if depth < 4 else st.just(b"null")
    if name == "Status":
        return st.sampled_from([0, 3, 13, 13, 13, 14, 15, 16, 20]).map(b"%d".__mod__)
    rules: list[tuple[str, Callable[[], Text]]] = [
        ("UUID", guids), ("Decimal", decimals), ("moment", lambda: st.sampled_from(MOMENTS).map(quoted)),
        ("flag", lambda: st.sampled_from([b"0", b"1", b"true", b'"false"'])),
        ("-9223", lambda: whole(-(2**63), 2**63 - 1)), ("-2147", lambda: whole(-(2**31), 2**31 - 1)),
        ("bool", lambda: st.sampled_from([b"true", b"false", b"0", b"1"])), ("str", texts),
    ]  # fmt: skip
    return next(make() for word, make in rules if word in str(annotation))


@st.composite
def objects(draw: st.DrawFn, record: type[Record], depth: int = 0, odd: float = 0.0) -> bytes:
    """An object of a record's shape: what must be there, some of what may be, and some that is unknown.

    `odd` is the share of members that get a value of any kind.
    """
    fields = [field for field in msgspec.structs.fields(record) if field.name != "extra"]
    needed = [f for f in fields if f.required or f.name in ("Id", "ItemId", "OrderLines", "Payments", "Status")]
    chosen = needed + draw(st.lists(st.sampled_from(fields), max_size=6 if depth < 2 else 2))
    members = []
    for field in chosen:
        value = st.sampled_from(ODD) if draw(st.floats(0, 1)) < odd else fitting(field.type, field.name, depth)
        name = (
            field.name if draw(st.integers(0, 9)) else draw(st.sampled_from([field.name.lower(), field.name.upper()]))
        )
        members.append(b"%b:%b" % (quoted(name), draw(value)))
    for _ in range(draw(st.integers(0, 1)) if depth < 2 else 0):
        members.append(b"%b:%b" % (draw(texts(20)), draw(st.sampled_from(ODD) if odd else texts())))
    return b"{%b}" % b",".join(members)


CALLBACK = ("id", "payeePaymentReference", "paymentReference", "amount", "status", "datePaid", "payoutInstructionUUID",
            "originalPaymentReference", "payerAlias", "message", "currency", "errorCode", "payeeSSN")  # fmt: skip


def callbacks() -> Text:
    """Bodies like those of Swish."""
    value = st.one_of(st.sampled_from(ODD), texts(), guids(), decimals(), st.sampled_from([b'"PAID"', b'"CREATED"']))
    members = st.lists(st.tuples(st.sampled_from(CALLBACK), value), max_size=8)
    return members.map(lambda found: b"{%b}" % b",".join(b"%b:%b" % (quoted(name), value) for name, value in found))


@st.composite
def broken(draw: st.DrawFn, document: Text) -> bytes:
    """A document that something has happened to on its way."""
    body = draw(document)
    at = draw(st.integers(0, len(body)))
    match draw(st.integers(0, 6)):
        case 0:
            return b"\xef\xbb\xbf" + body
        case 1:
            return body[:at]
        case 2:
            return body[:at] + draw(st.binary(max_size=4)) + body[at + 2 :]
        case 3:
            return body + draw(st.sampled_from([b"\0", b"{}", b" ", b"]", body]))
        case 4:
            return body.decode("utf-8", "replace").encode("utf-16")
        case 5:
            return b"[%b]" % body
        case _:
            return draw(st.sampled_from(ODD))


def bodies(path: str) -> Text:
    """Bodies for a route, by what its name says it takes; most fit, so that what comes after the reading is tried."""
    folded = path.lower()
    record = next((one for word, one in _TAKES if word in folded), None)
    of_kind = st.sampled_from(RECORDS).flatmap(objects) if record is None else objects(record)
    odd = objects(record or Order, 0, 0.15)
    if "swish" in folded:
        of_kind = st.one_of(of_kind, callbacks())
    if "updateinvice" in folded:
        of_kind = st.lists(of_kind, max_size=3).map(lambda found: b"[%b]" % b",".join(found))
    form = st.sampled_from([b"grant_type=password&username=u&password=p", b"grant_type=%ff&a", b"&&=;%", b"a=b" * 999])
    if "token" in folded:
        of_kind = form
    return st.one_of(of_kind, of_kind, odd, odd, broken(of_kind))


_TAKES: list[tuple[str, type[Record]]] = [
    ("customerinvoice", CustomerInvoice), ("postreports", TerminalStatusLog), ("cashdrawerlog", CashDrawerLog),
    ("swish", SwishPayment), ("order", Order),
]  # fmt: skip
