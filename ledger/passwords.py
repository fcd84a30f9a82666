"""Passwords: argon2id, slow on purpose, and as slow for a name that nobody has."""

from __future__ import annotations

import functools
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.errors import LedgerError

SHORTEST, LONGEST = 8, 1024
# OWASP's first choice with little memory: 19 MiB, two rounds, about 50 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """What is kept of a password. LedgerError: it is too short or too long to be one."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise LedgerError(f"a password has {SHORTEST} to {LONGEST} characters")
    return _HASHER.hash(_normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether it is the password; `kept` None, for nobody's, takes as long and is False."""
    try:
        return _HASHER.verify(kept or _nobodys(), _normal(password)[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """One form for letters that keyboards compose differently (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash("nobody's password")
