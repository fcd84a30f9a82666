"""The client: what it sends along, what it makes of answers, and that it reads what it has written."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

from .commands import Answer, Commands, Write
from .credentials import Credential, Key, Session
from .errors import Problem, Unreachable
from .past import Past
from .sending import content_of, exchange, retrying
from .wire import parameters


class Client(Commands[Answer], Past):
    """A connection to one ledger, for as many tasks as one likes; `async with` opens and closes it.

    `key`, or `user` and `password`, say who asks; none of them: the demo. A call is tried again while the ledger cannot
    be reached or asks for it, for `deadline` seconds in all and `timeout` each; a write keeps its Idempotency-Key, so
    that it happens once. Then it raises Unreachable, or the last Problem; any other Problem is raised at once.
    `position` is the newest this client has been told of a write: every read waits until it shows it.
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
        self._deadline = deadline
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
            try:
                return Answer(int(said["Position"]), bool(said["Duplicate"]))
            except (TypeError, KeyError, ValueError):
                raise Unreachable("something answered that is not the ledger") from None

        answer = await retrying(attempt, self._deadline)
        self.position = max(self.position, answer.position)
        return answer

    async def read(self, path: str, **values: object) -> Any:
        """The JSON under a path, once it reflects `position`. Problem: a parameter is wrong, or there is nothing."""

        async def attempt() -> Any:
            answer = await self._asked("GET", path, params=parameters(values), headers=self._seen())
            found = content_of(answer)
            if found is None and answer.content != b"null":
                raise Unreachable("something answered that is not the ledger")
            return found

        return await retrying(attempt, self._deadline)

    async def text(self, path: str, *, at_least: int = 0, **values: object) -> str:
        """What is under a path whose answers are no JSON, once it reflects the position `at_least`."""
        headers = {"Ledger-Min-Position": str(at_least)} if at_least else {}

        async def attempt() -> str:
            return (await self._asked("GET", path, params=parameters(values), headers=headers)).text

        return await retrying(attempt, self._deadline)

    def _seen(self) -> dict[str, str]:
        return {"Ledger-Min-Position": str(self.position)} if self.position else {}

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
