"""The file that holds the master key where no setting does: made at the first start, lost never."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

KEY_LENGTH = 32


def read_keys(path: Path) -> tuple[bytes, ...]:
    """The keys of the file, one a line in base64, the one in force first; a file that is missing is made.

    ValueError: it holds something else. OSError: it cannot be read or written.
    """
    if not path.exists():
        write_keys(path, [secrets.token_bytes(KEY_LENGTH)], replace=False)
    lines = path.read_text(encoding="ascii", errors="replace").split()
    if not lines:
        raise ValueError("no key in it")
    return tuple(map(decoded, lines))


def decoded(text: str) -> bytes:
    """A key from its base64. ValueError (which does not repeat it: even a mistyped key is a secret): it is none."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_LENGTH:
        raise ValueError(f"not {KEY_LENGTH} bytes in base64")
    return key


def write_keys(path: Path, keys: Sequence[bytes], *, replace: bool) -> None:
    """Writes keys, one a line, as `write_durably` does.

    A lost key makes every name and address in the log unreadable for ever, so it is on disk before it is used.
    """
    write_durably(path, b"".join(base64.b64encode(key) + b"\n" for key in keys), replace=replace)


def write_durably(path: Path, content: bytes, *, replace: bool) -> None:
    """Writes a file whole or not at all, readable by its owner only; without `replace` one that is there stays.

    It is on the disk when this returns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
