"""Everything that can be set, read once from the environment. A wrong value stops the start with one clear line."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ledger.errors import LedgerError

KEY_LENGTH = 32
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(LedgerError):
    """A variable of the environment has a value it cannot have; the message names it and what it takes."""

    def __init__(self, name: str, value: str, takes: str) -> None:
        super().__init__(f"{name} takes {takes}, not {value!r}")
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process. Sizes in bytes, times in seconds.

    `key` is MASTER_KEY as given, or None: ask `master_key()` for the key in force.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("var")
    database_url: str | None = None
    max_body_bytes: int = 1_048_576
    bodies_bytes: int = 33_554_432
    queued_commands: int = 4096
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    answer_seconds: float = 30.0
    page_size: int = 1000
    page_limit: int = 5000
    min_position_wait: float = 2.0
    swish_payment_type: int = 10
    key: bytes | None = None
    log_level: str = "INFO"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings; a variable that is absent or empty has its default. Raises SettingsError."""
        given: dict[str, Any] = {
            field: read(name, environ[name].strip())
            for name, (field, read) in _READERS.items()
            if environ.get(name, "").strip()
        }
        settings = cls(**given)
        return replace(settings, page_size=min(settings.page_size, settings.page_limit))

    def master_key(self) -> bytes:
        """The 32 bytes that wrap every key of personal data: MASTER_KEY, else the file `master.key` in DATA_DIR.

        The file is made at the first call, readable by its owner only. Raises SettingsError when it is damaged
        and OSError when it cannot be read or written.
        """
        if self.key is not None:
            return self.key
        path = self.data_dir / "master.key"
        if not path.exists():
            _create_key(path)
        return _read_key(f"the file {path}", path.read_text(encoding="ascii", errors="replace").strip())


def _create_key(path: Path) -> None:
    """Write a new random key to `path`, whole or not at all; a file that came to be meanwhile stays and wins.

    A lost key makes every name and address in the log unreadable for ever, so it is on disk before it is used.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_LENGTH)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read_key(name: str, value: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_LENGTH:
        # The value itself is a secret, even a mistyped one, and must not reach a log.
        raise SettingsError(name, "…", f"{KEY_LENGTH} bytes in base64")
    return key


def _number(low: int, high: int, takes: str) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 12 and low <= int(value) <= high):
            raise SettingsError(name, value, takes)
        return int(value)

    return read


def _seconds(low: float, high: float) -> Callable[[str, str], float]:
    def read(name: str, value: str) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not low <= seconds <= high:
            raise SettingsError(name, value, f"a number of seconds from {low:g} to {high:g}")
        return seconds

    return read


def _database_url(name: str, value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise SettingsError(name, value.split("@")[-1], "a URL like postgresql://user:password@host:5432/database")
    return value


def _log_level(name: str, value: str) -> str:
    if value.upper() not in _LOG_LEVELS:
        raise SettingsError(name, value, "one of " + ", ".join(_LOG_LEVELS))
    return value.upper()


def _text(name: str, value: str) -> str:
    return value


def _path(name: str, value: str) -> Path:
    return Path(value)


_READERS: Mapping[str, tuple[str, Callable[[str, str], object]]] = {
    "HOST": ("host", _text),
    "PORT": ("port", _number(0, 65535, "a port from 1 to 65535, or 0 for any that is free")),
    "DATA_DIR": ("data_dir", _path),
    "DATABASE_URL": ("database_url", _database_url),
    "MAX_BODY_BYTES": ("max_body_bytes", _number(1024, 1 << 30, "a number of bytes from 1024 to 1073741824")),
    "BODIES_BYTES": ("bodies_bytes", _number(1024, 1 << 36, "a number of bytes from 1024 to 68719476736")),
    "QUEUED_COMMANDS": ("queued_commands", _number(1, 1_000_000, "a number of commands from 1 to 1000000")),
    "HEAD_SECONDS": ("head_seconds", _seconds(0.1, 3600)),
    "BODY_SECONDS": ("body_seconds", _seconds(0.1, 3600)),
    "ANSWER_SECONDS": ("answer_seconds", _seconds(0.1, 3600)),
    "PAGE_SIZE": ("page_size", _number(1, 100_000, "a number of rows from 1 to 100000")),
    "PAGE_LIMIT": ("page_limit", _number(1, 100_000, "a number of rows from 1 to 100000")),
    "MIN_POSITION_WAIT": ("min_position_wait", _seconds(0, 60)),
    "SWISH_PAYMENT_TYPE": ("swish_payment_type", _number(0, 10_000, "the number of a payment type")),
    "MASTER_KEY": ("key", _read_key),
    "LOG_LEVEL": ("log_level", _log_level),
}
