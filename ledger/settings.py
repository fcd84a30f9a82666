"""Everything that can be set, read once from the environment. A wrong value stops the start with one clear line."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from ledger import key_file
from ledger.errors import LedgerError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_LOG_FORMATS = ("json", "text")
_SWITCH = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}
_TOKEN_AT_LEAST = 16


class SettingsError(LedgerError):
    """A variable of the environment has a value it cannot have; the message names it and what it takes."""

    def __init__(self, name: str, value: str, takes: str) -> None:
        super().__init__(f"{name} takes {takes}, not {value!r}")
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process. Sizes in bytes, times in seconds.

    `keys` is MASTER_KEY as given, or empty: ask `master_keys()` for those in force; and `demo` whether it is on.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("var")
    seal_dir_given: Path | None = None
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
    # Addresses that Swish calls back from; proxies in front of us whose X-Forwarded-For is believed.
    swish_addresses: tuple[Network, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    demo_wanted: bool | None = None
    keys: tuple[bytes, ...] = ()
    old_keys: tuple[bytes, ...] = ()
    metrics_token: str | None = None
    log_level: str = "INFO"
    # `json` or `text`; None: json where no person reads along.
    log_format: str | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings; a variable that is absent or empty has its default. Raises SettingsError."""
        given: dict[str, Any] = {
            field: read(name, environ[name].strip())
            for name, (field, read) in _READERS.items()
            if environ.get(name, "").strip()
        }
        settings = cls(**given)
        if settings.demo_wanted and settings.database_url is not None:
            raise SettingsError("DEMO", "on", "off where DATABASE_URL is set: the demo lets everybody in")
        if len(settings.keys) > 1:
            raise SettingsError("MASTER_KEY", "…", "one key; those it replaces belong in MASTER_KEY_OLD")
        return replace(settings, page_size=min(settings.page_size, settings.page_limit))

    @property
    def demo(self) -> bool:
        """Whether requests without a credential act as the demo tenant's admin."""
        return self.database_url is None if self.demo_wanted is None else self.demo_wanted

    @property
    def seal_dir(self) -> Path:
        """Where the sealer's key and its last checkpoints lie: SEAL_DIR, else `seal` in DATA_DIR."""
        return self.seal_dir_given or self.data_dir / "seal"

    def master_keys(self) -> tuple[bytes, ...]:
        """Keys of 32 bytes that wrap all others, the one in force first: MASTER_KEY, else the file in DATA_DIR.

        The file `master.key` is made at the first call. Raises SettingsError when it is damaged and OSError when it
        cannot be read or written.
        """
        if self.keys:
            return self.keys + self.old_keys
        path = self.data_dir / "master.key"
        try:
            return key_file.read_keys(path)
        except ValueError:
            raise SettingsError(f"the file {path}", "…", f"{key_file.KEY_LENGTH} bytes in base64 a line") from None


def _keys(name: str, value: str) -> tuple[bytes, ...]:
    try:
        return tuple(key_file.decoded(text.strip()) for text in value.split(","))
    except ValueError:
        raise SettingsError(name, "…", f"{key_file.KEY_LENGTH} bytes in base64") from None


def _networks(name: str, value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text.strip()) for text in value.split(","))
    except ValueError:
        raise SettingsError(name, value, "addresses or networks like 10.0.0.1,192.168.0.0/24") from None


def _switch(name: str, value: str) -> bool:
    if value.lower() not in _SWITCH:
        raise SettingsError(name, value, "on or off")
    return _SWITCH[value.lower()]


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


def _log_format(name: str, value: str) -> str:
    if value.lower() not in _LOG_FORMATS:
        raise SettingsError(name, value, " or ".join(_LOG_FORMATS))
    return value.lower()


def _token(name: str, value: str) -> str:
    if len(value) < _TOKEN_AT_LEAST or not value.isascii():
        raise SettingsError(name, "…", f"at least {_TOKEN_AT_LEAST} ASCII characters that nobody guesses")
    return value


def _text(name: str, value: str) -> str:
    return value


def _path(name: str, value: str) -> Path:
    return Path(value)


_READERS: Mapping[str, tuple[str, Callable[[str, str], object]]] = {
    "HOST": ("host", _text),
    "PORT": ("port", _number(0, 65535, "a port from 1 to 65535, or 0 for any that is free")),
    "DATA_DIR": ("data_dir", _path),
    "SEAL_DIR": ("seal_dir_given", _path),
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
    "SWISH_ADDRESSES": ("swish_addresses", _networks),
    "TRUSTED_PROXIES": ("trusted_proxies", _networks),
    "DEMO": ("demo_wanted", _switch),
    "MASTER_KEY": ("keys", _keys),
    "MASTER_KEY_OLD": ("old_keys", _keys),
    "METRICS_TOKEN": ("metrics_token", _token),
    "LOG_LEVEL": ("log_level", _log_level),
    "LOG_FORMAT": ("log_format", _log_format),
}
