"""Lists that come in pages, read as if they came in one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypedDict

from .wire import Guid, Json, Moment


class Window(TypedDict, total=False):
    """What of a list is wanted: changed after `since` and until `until`, of a terminal, in pages of so many.

    A date or text without a zone is read in the tenant's zone. Who keeps `until` as the next `since` stays behind the
    ledger's clock: what is recorded between the answer and an `until` ahead of it would be passed over.
    """

    since: Moment | None
    until: Moment | None
    terminal: Guid | None
    page_size: int | None


class Pages:
    """The documents of a list: `async for` gets page after page, `all()` every one, `page(n)` one page, from 0.

    A page begins where the one before ended, as long as the same server answers. Where several do in turn, a document
    that leaves the list while it is paged moves up those behind it, and some are passed over: who changes what he reads
    there, as an integrator does who sets external ids, takes `all()` first.
    """

    def __init__(self, read: Callable[[int], Awaitable[list[Json]]]) -> None:
        self._read = read

    async def page(self, number: int) -> list[Json]:
        """The documents of one page; none: the list ends before it."""
        return await self._read(number)

    async def all(self) -> list[Json]:
        """All documents."""
        return [document async for document in self]

    async def __aiter__(self) -> AsyncIterator[Json]:
        """Document after document, until a page is empty."""
        number = 0
        while page := await self._read(number):
            for document in page:
                yield document
            number += 1


async def following(read: Callable[[int], Awaitable[list[Json]]], member: str, after: int) -> AsyncIterator[Json]:
    """Entry after entry of a list that is asked for what comes `after` the last one's `member`, until none comes."""
    while page := await read(after):
        for entry in page:
            yield entry
        after = page[-1][member]
