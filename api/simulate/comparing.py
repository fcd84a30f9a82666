"""Two columns of figures side by side: what the books say and what the server answers. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from api.simulate.books import Sum
from api.simulate.sums import to_ore

# What is known under each name, by the books or by the server.
Told = dict[Hashable, Any]
_NAMED = 20  # differences of a kind that are named; all are counted


class Compared(NamedTuple):
    """One kind of answers: how many figures were compared, how many differ, and the first of those in words."""

    answer: str
    figures: int
    differ: int
    differences: list[str]


def compared(answer: str, books: Told, server: Told) -> Compared:
    """Every figure of either column that the other does not have as well."""
    keys = sorted({*books, *server}, key=_text)
    wrong = [key for key in keys if books.get(key) != server.get(key) or (key in books) != (key in server)]
    lines = [f"{_text(key)}: books {_text(books.get(key))}, server {_text(server.get(key))}" for key in wrong[:_NAMED]]
    return Compared(answer, len(keys), len(wrong), lines)


def add(sum_: Sum, more: Sum) -> None:
    """Adds a sum to another."""
    sum_.gross += more.gross
    sum_.net += more.net
    sum_.lines += more.lines


def rounded(sums: Mapping[Any, Sum]) -> Told:
    """Sums as an answer tells them, in öre; a group without a line is not told."""
    return {key: (to_ore(sum_.gross), to_ore(sum_.net)) for key, sum_ in sums.items() if sum_.lines}


def _text(found: object) -> str:
    if found is None:
        return "nothing"
    if isinstance(found, Decimal):
        return f"{found:f}"
    return " ".join(map(_text, found)) if isinstance(found, (tuple, list)) else str(found)
