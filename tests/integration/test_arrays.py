"""Arrays that go to PostgreSQL as one text come out as they went in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.arrays import columns, literal

ODD = [
    "",
    "a",
    "null",
    "NULL",
    "{}",
    ",",
    '"',
    "\\",
    '\\"',
    "'",
    " a ",
    "åäö 😀",
    "a\nb\tc\r",
    "\x01\x7f",
    "{a,b}",
    "\\n",
]
HOURS = [timezone(timedelta(hours=hours, minutes=minutes)) for hours, minutes in ((1, 0), (5, 30), (-3, 30))]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", []),
        ("text", ODD),
        ("text", [*ODD, None]),
        ("text", [None, None]),
        ("text", [f"order-{number}" for number in range(300)]),
        ("uuid", [uuid4(), UUID(int=0), None]),
        ("bigint", [0, -1, 2**62, None]),
        ("boolean", [True, False, None]),
        ("numeric", [Decimal("1E+3"), Decimal("-0.000001"), Decimal("49.90"), Decimal(10) ** 17, None]),
        ("date", [date(1900, 1, 1), date(2200, 12, 31), None]),
        ("timestamptz", [datetime(2026, 3, 29, 1, 59, 59, 999_999, zone) for zone in (UTC, *HOURS)]),
    ],
)
async def test_what_goes_in_comes_out(dsn: str, kind: str, values: Sequence[Any]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval(f"SELECT $1::text::{kind}[]", literal(values)) == list(values)
    finally:
        await connection.close()


def test_bytes_go_as_they_are() -> None:
    assert columns([(1, b"a", None), (2, b"b", "c")]) == ["{1,2}", (b"a", b"b"), '{null,"c"}']
