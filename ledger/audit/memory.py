"""What a sealer remembers outside the database: its key, and of each tenant the last checkpoint it has signed.

Whoever owns the database can give it back an older state, and would then get other events signed under sizes that were
signed before. The checkpoint here says what was; it is on the disk before anybody sees the note.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import key_file
from ledger.errors import LedgerError


class DamagedKey(LedgerError):
    """The file of the sealer's key holds something else."""


class Overtaken(LedgerError):
    """Another process has signed since the checkpoint was read."""


class Memory:
    """The files of a directory: `key`, and `<tenant>.checkpoint` with the note that was signed last.

    A process may sign only what extends that note, and `replace` is where it becomes true: of two processes that read
    the same note, one replaces it, and the other is told so. OSError: a file cannot be read or written.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def key(self) -> Ed25519PrivateKey | None:
        """The private key; None: there is none. DamagedKey: it is none."""
        path = self.directory / "key"
        if not path.exists():
            return None
        try:
            return Ed25519PrivateKey.from_private_bytes(key_file.read_keys(path)[0])
        except ValueError:
            raise DamagedKey(f"the file {path} is not {key_file.KEY_LENGTH} bytes in base64") from None

    def make_key(self) -> Ed25519PrivateKey:
        """A new key, durably; the one that is there when another process was quicker."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        key_file.write_keys(self.directory / "key", [secrets.token_bytes(key_file.KEY_LENGTH)], replace=False)
        key = self.key()
        assert key is not None
        return key

    def is_empty(self) -> bool:
        """Whether nothing was ever signed here."""
        return not self.directory.exists() or not any(self.directory.glob("*.checkpoint"))

    def last(self, tenant: str) -> str | None:
        """The note that was signed last for the tenant of this name; None: none was."""
        try:
            return self._path(tenant).read_bytes().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def replace(self, tenant: str, before: str | None, note: str) -> None:
        """`note` is the last one from here on, durably. Overtaken: the last one is not `before`, and stays."""
        with self._locked(tenant):
            if self.last(tenant) != before:
                raise Overtaken(f"another process signs the log of {tenant}")
            key_file.write_durably(self._path(tenant), note.encode(), replace=True)

    def _path(self, tenant: str) -> Path:
        return self.directory / f"{tenant}.checkpoint"

    @contextlib.contextmanager
    def _locked(self, tenant: str) -> Iterator[None]:
        """Nobody else replaces in the meantime; a process that ends, however it ends, lets go."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.directory / f".{tenant}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
