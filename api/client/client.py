"""The client: what it sends along, what it makes of answers, and that it reads what it has written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from .commands import Answer, Commands, Write
from .credentials import Credential, Key, Session
from .errors import Problem
from .feed import Feed
from .log import Log
from .past import Past
from .sending import content_of, exchange, network, not_the_ledger, retrying
from .wire import decode, parameters

# The feed gives a sign of life every 15 seconds: where none has come for so long, the connection is dead.
SILENCE_SECONDS = 45.0


class Client(Commands[Answer], Past, Log, Feed):
    """A connection to one ledger, for as many tasks as one likes; `async with` opens and closes it.

    `key`, or `user` and `password`, say who asks; none of them: the demo. A call is tried again while the ledger cannot
    be reached or asks for it, for `deadline` seconds in all and `timeout` each; a write keeps its Idempotency-Key, so
    that it happens once. Then it raises Unreachable, or the last Problem; any other Problem is raised at once.
    `position` is the newest this client knows of, by a write or from the feed: every read waits until it shows it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        user: str | None = None,
        password: str | None = None,
        deadline: float = 30.0,
        timeout: float = 10.0,
    ) -> None:
        if (user is None) != (password is None) or (key is not None and user is not None):
            raise ValueError("either a key, or a user and a password, or nothing at all")
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=timeout, headers={"User-Agent": "order-ledger-client", "Accept": "*/*"}
        )
        self._credential: Credential = Key(key)
        if user is not None and password is not None:
            self._credential = Session(self._http, user, password)
        self._deadline, self._timeout = deadline, timeout
        self.position = 0

    async def __aenter__(self) -> Self:
        """Nothing is sent yet: the ledger may be away."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def write(self, write: Write) -> Answer:
        """Sends a write until it is answered. Problem: it is refused, and nothing of it was kept."""

        async def attempt() -> Answer:
            said = content_of(await self._asked(write.method, write.path, content=write.body, headers=write.headers))
            if not isinstance(said, dict) or not {"Position", "Duplicate"} <= said.keys():
                raise not_the_ledger()
            return Answer(said["Position"], said["Duplicate"])

        answer = await retrying(attempt, self._deadline)
        self.position = max(self.position, answer.position)
        return answer

    async def read(self, path: str, query: Mapping[str, object] | None = None, *, at_least: int = 0) -> Any:
        """The JSON under a path, once it reflects `position` and the one given.

        Problem: a parameter is wrong, there is nothing there, or this credential may not read it.
        """

        async def attempt() -> Any:
            answer = await self._get(path, query, max(at_least, self.position))
            if not answer.headers.get("content-type", "").startswith("application/json"):
                raise not_the_ledger()
            return decode(answer.content)

        return await retrying(attempt, self._deadline)

    async def raw(self, path: str, *, at_least: int = 0) -> bytes:
        """What is under a path, as it is, once it reflects the position given."""

        async def attempt() -> bytes:
            return (await self._get(path, None, at_least)).content

        return await retrying(attempt, self._deadline)

    async def lines(self, path: str, query: Mapping[str, object], *, accept: str) -> AsyncGenerator[bytes]:
        """The lines of an answer that goes on and on, without their ends. Unreachable: it has ended too early."""
        silence = httpx.Timeout(self._timeout, read=SILENCE_SECONDS)
        headers = {"Accept": accept}
        answer = await self._asked("GET", path, params=parameters(query), headers=headers, timeout=silence, stream=True)
        left = b""
        try:
            if not answer.headers.get("content-type", "").startswith(accept):
                raise not_the_ledger()
            with network():
                async for piece in answer.aiter_bytes():
                    # Not `aiter_lines`: it ends lines where JSON may have a character, at U+2028 for one.
                    *whole, left = (left + piece).split(b"\n")
                    for line in whole:
                        yield line.removesuffix(b"\r")
        finally:
            await answer.aclose()

    async def _get(self, path: str, query: Mapping[str, object] | None, position: int) -> httpx.Response:
        headers = {"Ledger-Min-Position": str(position)} if position else {}
        return await self._asked("GET", path, params=parameters(query or {}), headers=headers)

    async def _asked(self, method: str, path: str, *, headers: dict[str, str], **arguments: Any) -> httpx.Response:
        """One try, and one more with another token where the first is not good any more."""
        token = await self._credential.token()
        try:
            return await exchange(self._http, method, path, headers=headers | bearer(token), **arguments)
        except Problem as problem:
            if problem.status != 401:
                raise
            renewed = await self._credential.token(instead_of=token)
            if renewed == token:
                raise
        return await exchange(self._http, method, path, headers=headers | bearer(renewed), **arguments)


def bearer(token: str | None) -> dict[str, str]:
    """The header that says who asks."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}
