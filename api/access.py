"""From a credential to who is asking, for which tenant, and what they may do."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple
from uuid import UUID

from api.leases import Lease, Leases
from ledger import credentials, tokens, users
from ledger.callbacks import Called, called_by
from ledger.credentials import Credential
from ledger.demo import DEMO
from ledger.errors import Unavailable
from ledger.store import Pool, Vault
from ledger.tenants import Books, OutletZones, Tenant, books_of, find_tenant_named
from ledger.tokens import Kind

# Of the connections for look-ups (`lifespan.FOR_DOORS`) one is always left to those whose credential was seen before.
STRANGERS_AT_ONCE = 2
STRANGERS_WITHIN = 5.0  # seconds

_NO_CREDENTIAL = b""
_LONGEST = 4000
_KEY = 64  # characters of a callback key


class Access(NamedTuple):
    """Who is asking. `actor` goes into the events; with `terminal` only documents of that one may be posted."""

    tenant: Tenant
    zones: OutletZones
    role: str
    actor: str
    terminal: UUID | None = None


class Refusal(enum.Enum):
    """Why a credential lets nobody in: somebody guesses, or it was good once."""

    UNKNOWN = "the credential is unknown"
    OVER = "the credential has expired or was revoked"


class Register:
    """Who is who, as the database says: looked up once a second at most, however many requests a till sends."""

    def __init__(self, pool: Pool, vault: Vault, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._vault = vault
        self._books: Leases[int, Books | None] = Leases(clock)
        self._access: Leases[bytes, Access | Refusal] = Leases(clock)
        self._strangers = asyncio.Semaphore(STRANGERS_AT_ONCE)
        self._called: Leases[str, Called | None] = Leases(clock)

    async def access(self, sent: bytes) -> Access | Refusal:
        """Whom this key or access token belongs to."""
        return await self._known(credentials.digest(sent), sent, "access")

    async def session(self, refresh_token: bytes) -> Access | Refusal:
        """Whose session this refresh token belongs to, for whoever keeps it where nobody else can read it."""
        return await self._known(credentials.digest(b"session " + refresh_token), refresh_token, "refresh")

    async def _known(self, digest: bytes, sent: bytes, kind: Kind) -> Access | Refusal:
        lease = self._access.held(digest)
        if lease is None:
            known = self._access.was_held(digest)
            async with contextlib.nullcontext() if known else self._among_strangers():
                lease = await self._access.get(digest, lambda now: self._look_up(sent, digest, kind, now))
        return lease.value

    @contextlib.asynccontextmanager
    async def _among_strangers(self) -> AsyncIterator[None]:
        """A place among the few that are looked up for the first time: guesses leave connections to the others.

        Unavailable: there is none for a while.
        """
        try:
            async with asyncio.timeout(STRANGERS_WITHIN):
                await self._strangers.acquire()
        except TimeoutError:
            raise Unavailable("too many credentials are being looked up; try again") from None
        try:
            yield
        finally:
            self._strangers.release()

    async def demo(self) -> Access | Refusal:
        """The demo tenant's admin, who is whoever names no credential."""
        lease = self._access.held(_NO_CREDENTIAL)
        if lease is None:
            lease = await self._access.get(_NO_CREDENTIAL, self._look_up_demo)
        return lease.value

    async def books(self, tenant_id: int) -> Lease[Books | None]:
        """A tenant and its outlets' zones; None: there is no such tenant."""
        return await self._books.get(tenant_id, lambda now: self._look_up_books(tenant_id))

    async def called(self, key: str) -> Called | None:
        """Whom a callback with this key in its URL is for; None: nobody."""
        if len(key) > _KEY:
            return None
        async with contextlib.nullcontext() if self._called.was_held(key) else self._among_strangers():
            return (await self._called.get(key, lambda now: self._look_up_called(key))).value

    async def secret(self, tenant_id: int) -> bytes | None:
        """A tenant's secret; None: there is no such tenant."""
        books = (await self.books(tenant_id)).value
        return books.tenant.secret if books is not None else None

    async def _look_up(self, sent: bytes, digest: bytes, kind: Kind, now: float) -> Lease[Access | Refusal]:
        text = sent[:_LONGEST].decode("latin-1")
        tenant_id, until = credentials.tenant_of_key(text), math.inf
        if tenant_id is not None:
            found = await credentials.find_key(self._pool, tenant_id, digest)
        else:
            tenant_id = tokens.tenant_of_token(text)
            found, until = await self._signed_in(text, tenant_id, kind, now) if tenant_id is not None else (None, until)
        if found is None or tenant_id is None:
            return Lease(Refusal.UNKNOWN, until)
        if found.seconds <= 0:
            return Lease(Refusal.OVER, until)
        books, books_until = await self.books(tenant_id)
        if books is None:
            return Lease(Refusal.UNKNOWN, until)
        access = Access(books.tenant, books.zones, found.role, found.actor, found.terminal)
        return Lease(access, min(until, books_until, now + found.seconds))

    async def _signed_in(self, text: str, tenant_id: int, kind: Kind, now: float) -> tuple[Credential | None, float]:
        """Who a token says they are, and until when by our clock; one that is over has no seconds left."""
        secret = await self.secret(tenant_id)
        claims = tokens.read(text, secret, kind) if secret is not None else None
        if claims is None:
            return None, math.inf
        found = await users.find_session(self._pool, tenant_id, claims.sid)
        left = claims.exp - time.time()
        if found is None or left > 0:
            return found, now + left if left > 0 else math.inf
        return found._replace(seconds=0.0), math.inf

    async def _look_up_books(self, tenant_id: int) -> Lease[Books | None]:
        before = self._books.last(tenant_id)
        return Lease(await books_of(self._pool, self._vault, tenant_id, before), math.inf)

    async def _look_up_called(self, key: str) -> Lease[Called | None]:
        return Lease(await called_by(self._pool, key), math.inf)

    async def _look_up_demo(self, now: float) -> Lease[Access | Refusal]:
        tenant = await find_tenant_named(self._pool, self._vault, DEMO)
        if tenant is None:
            return Lease(Refusal.UNKNOWN, math.inf)
        books, until = await self.books(tenant.tenant_id)
        return Lease(Access(books.tenant, books.zones, "admin", DEMO) if books else Refusal.UNKNOWN, until)
