"""People, and tills, that sign in with a name and a password, and what their sign-ins began."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from ledger.credentials import Credential, check_role
from ledger.database import queries, reading
from ledger.errors import LedgerError
from ledger.store import Pool

NAME_AT_MOST = 100

_SQL = queries("ledger/users.sql")
# Nobody is tenant 0: a name that nobody has is looked up there, so that it takes as long as any other.
_NO_TENANT = 0


class User(NamedTuple):
    """A user as an admin sees it."""

    user_id: UUID
    name: str
    role: str
    terminal: UUID | None
    created_at: datetime
    disabled_at: datetime | None


class SignInRow(NamedTuple):
    """What a sign-in is checked against."""

    tenant_id: int
    user_id: UUID
    password: str


class Session(NamedTuple):
    """A sign-in that holds: its `generation` of refresh tokens, and the seconds left of it."""

    user_id: UUID
    generation: int
    seconds: float


def folded(name: str) -> str:
    """The one spelling of a user's name."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


async def add_user(
    pool: Pool, tenant_id: int, name: str, password: str, role: str, terminal: UUID | None = None
) -> UUID:
    """A new user; `password` is a hash. LedgerError: the name is none, or somebody has it, at whatever tenant."""
    check_role(role)
    if not name or len(name) > NAME_AT_MOST or not name.isprintable():
        raise LedgerError(f"a user's name has 1 to {NAME_AT_MOST} characters")
    user_id = uuid.uuid4()
    try:
        async with reading(pool, tenant_id) as connection:
            await connection.execute(_SQL["add_user"], tenant_id, user_id, folded(name), password, role, terminal)
    except asyncpg.UniqueViolationError:
        raise LedgerError(f"there is a user {folded(name)!r} already; names are unique over all tenants") from None
    return user_id


async def users_of(pool: Pool, tenant_id: int) -> list[User]:
    """Every user of a tenant by name, disabled ones too."""
    async with reading(pool, tenant_id) as connection:
        return [User(*row) for row in await connection.fetch(_SQL["users_of"], tenant_id)]


async def tenant_of_user(pool: Pool, name: str) -> int | None:
    """The tenant of the user of this name; None: there is none."""
    found: int | None = await pool.fetchval(_SQL["tenant_of_user"], folded(name))
    return found


async def set_password(pool: Pool, tenant_id: int, name: str, password: str) -> None:
    """Another password (a hash); whoever is signed in with the old one is signed out after LEASE."""
    await _change_and_sign_out(pool, tenant_id, "set_password", folded(name), password)


async def disable_user(pool: Pool, tenant_id: int, name: str) -> None:
    """Nobody signs in as this user any more, and whoever did is signed out after LEASE."""
    await _change_and_sign_out(pool, tenant_id, "disable_user", folded(name))


async def _change_and_sign_out(pool: Pool, tenant_id: int, change: str, *values: str) -> None:
    async with reading(pool, tenant_id) as connection, connection.transaction():
        user_id = await connection.fetchval(_SQL[change], tenant_id, *values)
        await connection.execute(_SQL["end_sessions"], tenant_id, user_id)


async def sign_in_row(pool: Pool, name: str) -> SignInRow | None:
    """What the password for a name is checked against. A name nobody has takes as many look-ups."""
    tenant_id = await tenant_of_user(pool, name) or _NO_TENANT
    async with reading(pool, tenant_id) as connection:
        row = await connection.fetchrow(_SQL["sign_in_row"], tenant_id, folded(name))
    return SignInRow(tenant_id, *row) if row is not None else None


async def begin_session(pool: Pool, user: SignInRow, seconds: int) -> UUID | None:
    """A session that ends after `seconds`; None: since `user` was read it was disabled, or got another password."""
    session_id = uuid.uuid4()
    async with reading(pool, user.tenant_id) as connection:
        begun = await connection.fetchval(
            _SQL["begin_session"], user.tenant_id, session_id, user.user_id, user.password, float(seconds)
        )
    return session_id if begun is not None else None


async def renew_session(pool: Pool, tenant_id: int, session_id: UUID, generation: int) -> Session | None:
    """Trades a refresh token of `generation` for the next; None: the session is over, now or since long.

    The last but one gives the current generation again: an answer was lost, or two asked at once. An older one somebody
    else has kept, so nobody may have this session any longer.
    """
    async with reading(pool, tenant_id) as connection:
        row = await connection.fetchrow(_SQL["renew_session"], tenant_id, session_id, generation)
    return Session(*row) if row is not None and row["seconds"] > 0 else None


async def end_session(pool: Pool, tenant_id: int, session_id: UUID) -> None:
    """Signs out; others notice after LEASE."""
    async with reading(pool, tenant_id) as connection:
        await connection.execute(_SQL["end_session"], tenant_id, session_id)


async def find_session(pool: Pool, tenant_id: int, session_id: UUID) -> Credential | None:
    """Who signed in; None: there was no such session."""
    row = await pool.fetchrow(_SQL["find_session"], tenant_id, session_id)
    return Credential(f"user:{row['user_id']}", *row[1:]) if row is not None else None
