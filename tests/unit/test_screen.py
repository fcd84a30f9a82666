"""What is printed for people: columns that line up, and nothing that a terminal would obey."""

from __future__ import annotations

import io

import pytest

from api.cli.screen import BAD, cell_of, console, table_of, text_of, visible


def test_a_table_lines_up_whatever_is_in_it() -> None:
    rows = [{"name": "Kafé", "events": 7, "note": None}, {"name": "Å" * 6, "events": 4711, "note": ("bad", BAD)}]
    assert [line.plain for line in table_of(rows)] == [
        "name    events  note", "Kafé         7  -", "ÅÅÅÅÅÅ    4711  bad",
    ]  # fmt: skip
    assert table_of([]) == []


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "a\rb", "a\x9b31mb", "a\u202eb", "a\x00b", "a\x08b", "a\tb"])
def test_what_a_client_sent_moves_no_cursor(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text) and "\ufffd" in shown
    assert text_of(text).plain == shown
    assert "\x1b" not in table_of([{"a": text}])[1].plain


def test_a_cell_is_one_line() -> None:
    assert cell_of("two\nlines") == "two lines"
    assert cell_of("") == cell_of(None) == "-"


def test_what_is_no_terminal_gets_no_colours_and_no_wrapping() -> None:
    file = io.StringIO()
    console(file).print(text_of(("x" * 300, BAD)))
    assert file.getvalue() == "x" * 300 + "\n"
