"""What is sent along so that the ledger knows who asks: a key, or tokens that renew themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import httpx

from .errors import Problem
from .sending import content_of, exchange, not_the_ledger

# A token is renewed so many seconds before it ends, or in the last tenth of its life if that is shorter.
AHEAD_SECONDS = 60.0


class Credential(Protocol):
    """Knows the bearer token of the moment."""

    async def token(self, instead_of: str | None = None) -> str | None:
        """A token; another one than `instead_of`, which the ledger has just refused, if there can be another."""
        ...


class Key:
    """An API key, or None for the demo, where nobody needs one."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    async def token(self, instead_of: str | None = None) -> str | None:
        """Always the same."""
        return self._text


class Session:
    """A user's session: tokens for a name and a password, renewed before they end, by one caller for all."""

    def __init__(
        self, http: httpx.AsyncClient, user: str, password: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._password = {"grant_type": "password", "userName": user, "password": password}
        self._clock = clock
        self._renewing = asyncio.Lock()
        self._access: str | None = None
        self._refresh: str | None = None
        self._renew_at = 0.0

    async def token(self, instead_of: str | None = None) -> str | None:
        """A token other than `instead_of`. Problem: name and password do not fit. Unreachable: nobody can say."""
        async with self._renewing:
            if self._access in (None, instead_of) or self._clock() >= self._renew_at:
                await self._renew()
            return self._access

    async def _renew(self) -> None:
        for form in self._forms():
            asked = self._clock()
            try:
                answer = await exchange(self._http, "POST", "/Token", data=form)
            except Problem as problem:
                if form is self._password or problem.status != 401:
                    raise
                self._refresh = None  # the session was ended, perhaps by a new password
                continue
            self._take(content_of(answer), asked)
            return

    def _forms(self) -> Iterator[dict[str, str]]:
        if self._refresh is not None:
            yield {"grant_type": "refresh_token", "refresh_token": self._refresh}
        yield self._password

    def _take(self, said: object, asked: float) -> None:
        if not isinstance(said, dict) or not {"access_token", "refresh_token", "expires_in"} <= said.keys():
            raise not_the_ledger()
        access, refresh, seconds = said["access_token"], said["refresh_token"], float(said["expires_in"])
        self._access, self._refresh = str(access), str(refresh)
        self._renew_at = asked + seconds - min(AHEAD_SECONDS, seconds / 10)
