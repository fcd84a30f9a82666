"""The log as it grows: events up to now in pages, or for ever as server-sent events; each once, in order."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from .errors import ClientError
from .reads import Reads
from .sending import not_the_ledger, pause_before
from .wire import Json, decode

_EVENTS = "/v1/events"
_PAGE = 1000


class Event(NamedTuple):
    """One event: where it stands, what it is, by the till's clock and the ledger's, who wrote it, and what it says."""

    position: int
    event_id: UUID
    stream: str
    version: int
    type: str
    schema_version: int
    occurred_at: datetime
    recorded_at: datetime
    metadata: Json
    data: Json


class Feed(Reads):
    """The log's events. Positions run 1, 2, 3 … without a hole: go on after the last one that was dealt with."""

    @abstractmethod
    def lines(self, path: str, query: Mapping[str, object], *, accept: str) -> AsyncGenerator[bytes]:
        """The lines under a path whose answer goes on and on, as they come."""

    async def events(
        self, after: int = 0, *, types: Sequence[str] = (), stream: str | None = None
    ) -> AsyncGenerator[Event]:
        """Events after a position up to the newest one of now; of certain types, or one stream, or both."""
        head: int | None = None
        while head is None or after < head:
            page = await self._one(_EVENTS, after=after, limit=_PAGE, **_wanted(types, stream))
            head = page["Head"] if head is None else head
            for event in map(_event, page["Events"]):
                if event.position <= head:
                    self._saw(event)
                    yield event
            after = page["Next"]

    async def follow(
        self, after: int = 0, *, types: Sequence[str] = (), stream: str | None = None
    ) -> AsyncGenerator[Event]:
        """Events after a position, and from then on each as it comes, until the caller stops.

        Whenever the connection ends, it is opened again after the last event that was given, less and less often while
        the ledger cannot be reached. Problem: it will not have this reader (any more).
        """
        failures, later = 0, None
        while True:
            try:
                async with aclosing(self._sent(after, _wanted(types, stream))) as events:
                    async for event in events:
                        failures, after = 0, event.position
                        self._saw(event)
                        yield event
            except ClientError as failure:
                if not failure.retryable:
                    raise
                later = failure.retry_after
            await asyncio.sleep(pause_before(failures, later))
            failures, later = failures + 1, None

    def _saw(self, event: Event) -> None:
        """Who asks about an order after its event is told of the order as the event has left it."""
        self.position = max(self.position, event.position)

    async def _sent(self, after: int, wanted: dict[str, object]) -> AsyncGenerator[Event]:
        """The events of one connection (WHATWG, Server-sent events); one that was cut in the middle is not given."""
        data = list[bytes]()
        async with aclosing(self.lines(_EVENTS, {"after": after, **wanted}, accept="text/event-stream")) as lines:
            async for line in lines:
                field, _, value = line.partition(b":")
                if field == b"data":
                    data.append(value.removeprefix(b" "))
                elif not line and data:
                    event = _event(_decoded(b"\n".join(data)))
                    data.clear()
                    yield event


def _wanted(types: Sequence[str], stream: str | None) -> dict[str, object]:
    return {"type": ",".join(types) or None, "stream": stream}


def _decoded(content: bytes) -> Any:
    try:
        return decode(content)
    except ValueError:
        raise not_the_ledger() from None


def _event(said: Json) -> Event:
    return Event(
        said["Position"],
        UUID(said["EventId"]),
        said["Stream"],
        said["Version"],
        said["Type"],
        said["SchemaVersion"],
        datetime.fromisoformat(said["OccurredAt"]),
        datetime.fromisoformat(said["RecordedAt"]),
        said["Metadata"],
        said["Data"],
    )
