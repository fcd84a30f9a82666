"""Logs: one line per event, as JSON for machines or as text for people, each with the request it belongs to.

Nothing that a client sent may stand in a line. Of exceptions a line tells type and place (`ledger.telling`), also where
a library hands one over as an argument; whoever logs puts what is worth searching for into `extra={"fields": {...}}`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

from ledger.settings import Settings
from ledger.telling import causes, frames, message, told

# The correlation id of the request at hand, `""` outside of one.
correlation: ContextVar[str] = ContextVar("correlation", default="")


def configure(settings: Settings) -> None:
    """Send all logs of this process to standard error, in the settings' format and from their level on."""
    wanted = settings.log_format or ("text" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if wanted == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, root.level))


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """A record as what may be shown of it, in order; times in UTC."""
    found: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname,
        "logger": record.name,
        "message": _message(record),
    }
    if request := correlation.get():
        found["correlation"] = request
    found |= getattr(record, "fields", {})
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        found["exception"] = [
            {"type": type(one).__name__, "message": message(one), "frames": frames(one)} for one in causes(error)
        ]
    return found


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return msgspec.json.encode(fields_of(record)).decode()


class TextLines(logging.Formatter):
    """The same for people: `11:42:07.123 WARNING the database is away error=… [correlation]`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; the way of an exception stands on lines of its own."""
        found = fields_of(record)
        head = [found.pop("time")[11:-1], found.pop("level"), found.pop("message")]
        found.pop("logger")
        request, error = found.pop("correlation", ""), found.pop("exception", ())
        line = " ".join(
            [*head, *(f"{name}={value}" for name, value in found.items()), *([f"[{request}]"] * bool(request))]
        )
        below = [f"  {one['type']}: {one['message']}\n    " + "\n    ".join(one["frames"]) for one in error]
        return "\n".join([line, *below])


class _Told:
    """An exception among a message's arguments, so that neither %s nor %r shows its text."""

    def __init__(self, error: BaseException) -> None:
        self._text = told(error)

    def __repr__(self) -> str:
        return self._text


def _message(record: logging.LogRecord) -> str:
    """The message's first line: further ones are a library's, and show objects as they are."""
    arguments: Any = record.args or ()
    if isinstance(arguments, Mapping):
        arguments = {name: _safe(value) for name, value in arguments.items()}
    else:
        arguments = tuple(map(_safe, arguments))
    text = _safe(record.msg)
    return (str(text) % arguments if arguments else str(text)).partition("\n")[0]


def _safe(value: Any) -> Any:
    return _Told(value) if isinstance(value, BaseException) else value
