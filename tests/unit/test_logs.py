"""Log lines: what stands in them, and above all what never does."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec
import pytest

from api import logs
from ledger.errors import BadInput, CannotDecode, Unavailable
from ledger.settings import Settings
from ledger.telling import place, told

SECRET = "Anna Andersson 19750108-8327"


def raised(error: Exception) -> Exception:
    """An exception with the way it took."""
    try:
        raise error
    except Exception as caught:
        return caught


def postgres(kind: type[asyncpg.PostgresError], message: str) -> Exception:
    """An error as the server sends it, with the row it is about."""
    fields = {"S": "ERROR", "C": kind.sqlstate, "M": message, "D": f"Failing row contains ({SECRET}).", "W": SECRET}
    made: Exception = kind.new(fields)
    return made


def record(message: object, *arguments: object, error: Exception | None = None, **fields: object) -> logging.LogRecord:
    """A record of our own logger."""
    exc_info: Any = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("order_ledger.api", logging.WARNING, __file__, 1, message, arguments, exc_info)
    made.fields = fields
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    """The JSON line of a record."""
    line = logs.JsonLines().format(made)
    assert "\n" not in line
    found: dict[str, Any] = msgspec.json.decode(line)
    return found


def test_a_line_is_one_json_object() -> None:
    found = as_json(record("%s of %d", "one", 2, route="/api/Order/PostOrder", status=417))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert found == {
        "level": "WARNING", "logger": "order_ledger.api", "message": "one of 2",
        "route": "/api/Order/PostOrder", "status": 417,
    }  # fmt: skip


def test_a_line_names_its_request() -> None:
    token = logs.correlation.set("request-7")
    try:
        assert as_json(record("refused"))["correlation"] == "request-7"
        assert (
            logs.TextLines().format(record("refused", status=417)).endswith(" WARNING refused status=417 [request-7]")
        )
    finally:
        logs.correlation.reset(token)


@pytest.mark.parametrize(
    "error",
    [
        KeyError(SECRET), ValueError(SECRET), BadInput.at("$.Name", SECRET), asyncpg.InterfaceError(SECRET),
        postgres(asyncpg.UniqueViolationError, "duplicate key value"), postgres(asyncpg.NotNullViolationError, "null"),
        postgres(asyncpg.InvalidTextRepresentationError, f"invalid input syntax: {SECRET}"),
        ExceptionGroup(SECRET, [ValueError(SECRET)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [logs.JsonLines, logs.TextLines])
def test_no_line_quotes_what_an_exception_says(error: Exception, form: Callable[[], logging.Formatter]) -> None:
    caught = raised(error)
    made = raised(RuntimeError(SECRET))
    made.__cause__ = caught
    for one in (record("%r %s", caught, caught, error=made), record(caught), record("%(it)s", {"it": caught})):
        line = form().format(one)
        assert SECRET not in line and type(error).__name__ in line
    assert SECRET not in told(caught)


def test_an_exception_is_told_by_type_and_place() -> None:
    made = raised(RuntimeError(SECRET))
    made.__cause__ = raised(OSError(111, "Connection refused"))
    first, second = as_json(record("it went wrong", error=made))["exception"]
    assert (first["type"], first["message"], second["message"]) == (
        "RuntimeError",
        "",
        "[Errno 111] Connection refused",
    )
    assert re.fullmatch(r"tests/unit/test_logs\.py:\d+ raised", first["frames"][-1])
    assert re.fullmatch(r"tests/unit/test_logs\.py:\d+", place(made))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Unavailable("too many commands"), "Unavailable: too many commands"),
        (CannotDecode("event 7: order.finalised"), "CannotDecode: event 7: order.finalised"),
        (postgres(asyncpg.UniqueViolationError, "duplicate key"), "UniqueViolationError: duplicate key"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_what_cannot_quote_a_document_is_told(error: Exception, text: str) -> None:
    assert told(error) == text


def test_a_library_shows_objects_on_further_lines() -> None:
    found = as_json(record(f"Task exception was never retrieved\nfuture: <Task exception=KeyError({SECRET!r})>"))
    assert found["message"] == "Task exception was never retrieved"


def test_the_format_is_json_where_nobody_reads_along(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        for chosen, is_terminal, form in (
            (None, False, logs.JsonLines), (None, True, logs.TextLines), ("json", True, logs.JsonLines),
            ("text", False, logs.TextLines),
        ):  # fmt: skip
            monkeypatch.setattr(sys.stderr, "isatty", lambda is_terminal=is_terminal: is_terminal)
            logs.configure(Settings(log_format=chosen))
            assert [type(handler.formatter) for handler in root.handlers] == [form]
    finally:
        root.handlers[:] = before
        root.setLevel(level)
