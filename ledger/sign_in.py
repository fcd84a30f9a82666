"""Passwords and refresh tokens in, pairs of tokens out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger import passwords, tokens, users
from ledger.errors import LedgerError, Unavailable
from ledger.store import Pool
from ledger.tokens import ACCESS_SECONDS, SESSION_SECONDS, Claims

# A password costs 50 ms of a core and 19 MiB, whoever sends it: so many at once, and so many in waiting.
HASHED_AT_ONCE, WAITING_AT_MOST = 2, 64

SecretOf = Callable[[int], Awaitable[bytes | None]]


class SessionOver(LedgerError):
    """A genuine token of a session that has ended, or was ended."""


class Pair(NamedTuple):
    """What a sign-in gives."""

    access: str
    refresh: str


class SignIn:
    """Knows passwords and sessions. `secret_of` gives a tenant's secret, or None for no tenant."""

    def __init__(self, pool: Pool, secret_of: SecretOf, clock: Callable[[], float] = time.time) -> None:
        self._pool = pool
        self._secret_of = secret_of
        self._clock = clock
        self._hashing = asyncio.Semaphore(HASHED_AT_ONCE)
        self._waiting = 0

    async def with_password(self, name: str, password: str, check: Callable[[], None]) -> Pair | None:
        """Signs in; None: name and password do not fit. Unavailable: too many are being checked.

        `check` is called when it is this attempt's turn, and may refuse it: others may have failed meanwhile.
        """
        if self._waiting >= WAITING_AT_MOST:
            raise Unavailable("too many sign in at once; try again")
        self._waiting += 1
        try:
            async with self._hashing:
                check()
                user = await users.sign_in_row(self._pool, name)
                fits = await asyncio.to_thread(passwords.matches, user.password if user else None, password)
        finally:
            self._waiting -= 1
        if user is None or not fits:
            return None
        session = await users.begin_session(self._pool, user, SESSION_SECONDS)
        return await self._pair(user.tenant_id, session, user.user_id, 1, SESSION_SECONDS) if session else None

    async def with_refresh_token(self, text: str) -> Pair | None:
        """The next pair for a refresh token; None: it is none. SessionOver: it was one."""
        tenant_id = tokens.tenant_of_token(text)
        secret = await self._secret_of(tenant_id) if tenant_id is not None else None
        claims = tokens.read(text, secret, "refresh") if secret is not None else None
        if claims is None or tenant_id is None:
            return None
        session = None
        if claims.exp > self._clock():
            session = await users.renew_session(self._pool, tenant_id, claims.sid, claims.gen)
        if session is None:
            raise SessionOver("the session is over; sign in again")
        return await self._pair(tenant_id, claims.sid, claims.sub, session.generation, session.seconds)

    async def sign_out(self, refresh_token: str) -> None:
        """Ends the session of a genuine refresh token; anything else changes nothing."""
        tenant_id = tokens.tenant_of_token(refresh_token)
        secret = await self._secret_of(tenant_id) if tenant_id is not None else None
        claims = tokens.read(refresh_token, secret, "refresh") if secret is not None else None
        if claims is not None and tenant_id is not None:
            await users.end_session(self._pool, tenant_id, claims.sid)

    async def _pair(
        self, tenant_id: int, session_id: UUID, user_id: UUID, generation: int, seconds: float
    ) -> Pair | None:
        secret = await self._secret_of(tenant_id)
        if secret is None:
            return None
        now = int(self._clock())
        end = now + int(seconds)
        refresh = Claims(tid=tenant_id, sid=session_id, sub=user_id, typ="refresh", iat=now, exp=end, gen=generation)
        access = msgspec.structs.replace(refresh, typ="access", exp=min(end, now + ACCESS_SECONDS), gen=0)
        return Pair(tokens.sign(access, secret), tokens.sign(refresh, secret))
