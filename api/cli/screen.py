"""Standard output for people: tables, facts and lines; colours on a terminal only, and none with NO_COLOR.

What a client has sent is shown as it is but for characters that a terminal would obey.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import IO, Literal, TypeAlias

from rich.console import Console
from rich.text import Text

# A piece of a line: plain, or with its style.
Piece: TypeAlias = str | tuple[str, str]

GOOD, BAD, WARN, DIM, STRONG = "green", "bold red", "yellow", "dim", "bold"
# C0 and C1 but for the newline, and the marks that turn the direction of what follows.
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text with nothing in it that moves a cursor, changes a colour or hides what follows."""
    return _OBEYED.sub("\ufffd", text)


def console(file: IO[str], *, wraps: bool = False) -> Console:
    """What is written to for a person: no colours unless it is a terminal, and none with NO_COLOR."""
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(file=file, color_system=colours, markup=False, emoji=False, highlight=False, soft_wrap=not wraps)


class Screen:
    """Where the answer of a command goes."""

    def __init__(self) -> None:
        self.console = console(sys.stdout)

    def line(self, *pieces: Piece) -> None:
        """One line, or several."""
        self.console.print(text_of(*pieces))

    def json(self, value: object) -> None:
        """One value on one line."""
        print(json.dumps(value, default=str, ensure_ascii=False), flush=True)

    def table(self, rows: Sequence[Mapping[str, object]]) -> None:
        """A table with a head; nothing where there are no rows."""
        for line in table_of(rows):
            self.console.print(line)

    def facts(self, facts: Mapping[str, object]) -> None:
        """A member a line."""
        width = max(map(len, facts), default=0)
        for name, value in facts.items():
            self.line((f"{name:{width}}  ", DIM), cell_of(value))


def table_of(rows: Sequence[Mapping[str, object]]) -> list[Text]:
    """The lines of a table. A value is text, or a piece with its style; numbers stand to the right."""
    if not rows:
        return []
    cells = [[text_of(cell_of(value)) for value in row.values()] for row in rows]
    right = [all(isinstance(row[name], int | float) for row in rows) for name in rows[0]]
    lines = [[Text(name, STRONG) for name in rows[0]], *cells]
    widths = [max(cell.cell_len for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        for cell, width, is_right in zip(line, widths, right, strict=True):
            cell.align("right" if is_right else "left", width)
    made = [Text("  ").join(line) for line in lines]
    for one in made:
        one.rstrip()
    return made


def cell_of(value: object) -> Piece:
    """A value as a piece: `-` for none."""
    if isinstance(value, tuple):
        text, style = value
        return str(text), str(style)
    return "-" if value is None or value == "" else " ".join(str(value).splitlines())


def text_of(*pieces: Piece) -> Text:
    """The pieces as one text."""
    made = Text()
    for piece in pieces:
        text, style = (piece, "") if isinstance(piece, str) else piece
        made.append(visible(text), style)
    return made
