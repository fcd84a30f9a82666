"""API keys: which machine this is, what it may do, and for how long.

A key is `ol_<tenant id>_<256 random bits>`. It is shown once and kept nowhere: the database holds its SHA-256, by which
it is found. So nothing is compared byte by byte with a secret, and how long a look-up takes tells nothing about one.
"""

from __future__ import annotations

import base64
import hashlib
import math
import os
import re
import uuid
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.database import queries, reading
from ledger.errors import LedgerError
from ledger.roles import ROLES
from ledger.store import Pool

# Seconds for which a server believes what it looked up: whoever revokes a credential waits as long, and then it holds
# everywhere, also at a server that cannot be reached.
LEASE = 1.0

_SQL = queries("ledger/credentials.sql")
_KEY = re.compile(r"ol_([1-9][0-9]{0,8})_[A-Za-z0-9_-]{43}", re.ASCII)
_SECRET_BYTES = 32


class Credential(NamedTuple):
    """Who somebody is. `seconds` are left of its life; 0 or less: it was revoked, or has expired."""

    actor: str
    role: str
    terminal: UUID | None
    seconds: float = math.inf


class ApiKey(NamedTuple):
    """A key as its owner sees it again: never the key itself."""

    key_id: UUID
    label: str
    role: str
    terminal: UUID | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def new_key(tenant_id: int) -> str:
    """A key nobody has."""
    secret = base64.urlsafe_b64encode(os.urandom(_SECRET_BYTES)).rstrip(b"=").decode()
    return f"ol_{tenant_id}_{secret}"


def digest(text: bytes) -> bytes:
    """What is known of a key."""
    return hashlib.sha256(text).digest()


def tenant_of_key(text: str) -> int | None:
    """Whose key it claims to be; None: it is no key."""
    found = _KEY.fullmatch(text)
    return int(found[1]) if found else None


def check_role(role: str) -> None:
    """LedgerError: there is no such role."""
    if role not in ROLES:
        raise LedgerError(f"there is no role {role!r}; there are: {', '.join(ROLES)}")


async def make_key(
    pool: Pool,
    tenant_id: int,
    role: str,
    *,
    label: str = "",
    terminal: UUID | None = None,
    expires_at: datetime | None = None,
) -> tuple[UUID, str]:
    """A new key: its id, by which it is revoked, and the key itself, which nobody sees again."""
    check_role(role)
    key_id, key = uuid.uuid4(), new_key(tenant_id)
    async with reading(pool, tenant_id) as connection:
        hashed = digest(key.encode())
        await connection.execute(_SQL["add_key"], tenant_id, key_id, hashed, label, role, terminal, expires_at)
    return key_id, key


async def find_key(pool: Pool, tenant_id: int, hashed: bytes) -> Credential | None:
    """Whose key has this digest; None: nobody's."""
    row = await pool.fetchrow(_SQL["find_key"], tenant_id, hashed)
    return Credential(f"key:{row['key_id']}", *row[1:]) if row is not None else None


async def keys_of(pool: Pool, tenant_id: int) -> list[ApiKey]:
    """Every key of a tenant, oldest first, revoked ones too."""
    async with reading(pool, tenant_id) as connection:
        return [ApiKey(*row) for row in await connection.fetch(_SQL["keys_of"], tenant_id)]


async def revoke_key(pool: Pool, tenant_id: int, key_id: UUID) -> bool:
    """Ends a key, which holds everywhere after LEASE. False: the tenant has no such key."""
    async with reading(pool, tenant_id) as connection:
        return await connection.fetchval(_SQL["revoke_key"], tenant_id, key_id) is not None
