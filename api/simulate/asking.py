"""Reads of what the server answers, over several lines at once, each waiting until it shows all that was posted."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from api.simulate.comparing import Told
from api.simulate.line import Line, Server
from ledger.errors import LedgerError

T = TypeVar("T", bound=msgspec.Struct)
_LINES, _TRIES, _PAUSE = 8, 300, 0.2
_PAGE = 5000


class Reader:
    """Asks on several lines; every answer reflects `position`."""

    def __init__(self, server: Server, position: int) -> None:
        self._headers = f"Ledger-Min-Position: {position}\r\n"
        self._lines = [Line(server) for _ in range(_LINES)]
        self._room = asyncio.Semaphore(_LINES)

    async def get(self, path: str, kind: Any, **query: object) -> Any:
        """An answer as `kind`, which is a type of `answers` or a list of it. LedgerError: there is none."""
        url = f"{path}?{urlencode(query)}" if query else path
        async with self._room:
            line = self._lines.pop()
            try:
                for _ in range(_TRIES):
                    answer = await line.ask("GET", url, headers=self._headers)
                    if answer.status != 503:
                        break
                    await asyncio.sleep(_PAUSE)
            finally:
                self._lines.append(line)
        if answer.status != 200:
            raise LedgerError(f"{url} is answered with {answer.status}: {answer.body[:200].decode(errors='replace')}")
        return msgspec.json.decode(answer.body, type=kind)

    async def pages(self, path: str, kind: type[list[T]], terminal: str) -> list[T]:
        """All of a list of a terminal, page by page until one is empty."""
        found: list[T] = []
        for number in itertools.count():
            query = {"dates.TerminalId": terminal, "PageNo": number, "PageSize": _PAGE}
            page: list[T] = await self.get(path, kind, **query)
            if not page:
                break
            found += page
        return found

    def close(self) -> None:
        """Hangs up."""
        for line in self._lines:
            line.close()


async def all_of(parts: Iterable[Coroutine[None, None, Told]]) -> Told:
    """What all of them tell, asked at once; the lines say how many are under way."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
    return {key: value for task in tasks for key, value in task.result().items()}
