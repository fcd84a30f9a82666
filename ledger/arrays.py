"""Arrays as texts that PostgreSQL reads: `$1::text::uuid[]`. Pure.

Of each value of an array the driver looks whether it is an array itself, at the price of all the rest. The JSON of a
list is nearly what PostgreSQL reads as an array, and is made in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger.codec import encoder


def literal(values: Sequence[object]) -> str:
    """Ids, texts, numbers, dates, instants (at offsets of whole minutes), booleans and None, all of one kind."""
    json = encoder.encode(values).decode()
    if "\\" in json:  # texts: PostgreSQL knows no escapes but those of quotes and backslashes
        json = f"[{','.join(map(_quoted, values))}]"
    return f"{{{json[1:-1]}}}"


def columns(rows: Sequence[Sequence[Any]]) -> list[str | Sequence[bytes]]:
    """Rows, at least one, by column: literals, and bytes as they are."""
    by_column = zip(*rows, strict=True)
    return [column if type(column[0]) is bytes else literal(column) for column in by_column]


def _quoted(text: object) -> str:
    if text is None:
        return "null"
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
