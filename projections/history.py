"""What happened to an order, an invoice, a drawer entry or a Swish payment, and what it was at some time.

Read from the log, one index range of the stream, and folded by the functions that the read models are folded by: the
document after the last event is the read model's, byte for byte. A stream is read in chunks, so that thousands of
drafts neither fill the memory nor hold up the event loop, which the tills share.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from ledger import document as documents
from ledger import order, store
from ledger.codec import encoder
from ledger.customer import is_document
from ledger.document import DocumentState
from ledger.events import OutletSet, Recorded
from ledger.order import OrderState
from ledger.store import Connection, Stored, Vault, from_microseconds, to_microseconds
from ledger.swish import SwishState
from ledger.words import changes
from projections import swish
from projections.documents import document

S = TypeVar("S", OrderState, DocumentState, SwishState)
Clock = Literal["recorded", "occurred"]

CHUNK = 100
PAGE_BYTES = 8_000_000
_ERASED = "what was personal in it has been erased"


class Kind(NamedTuple, Generic[S]):
    """A kind of stream: what there is before its first event, how it goes on, and the JSON of what it stands at."""

    nothing: S
    after: Callable[[S, Recorded], S]
    document: Callable[[str, S], bytes | None]


class AsOf(NamedTuple):
    """Up to a position of the log, or to an instant, by the ledger's clock or by the tills' (`occurred`), inclusive."""

    position: int | None = None
    instant: datetime | None = None
    clock: Clock = "recorded"

    def holds(self, recorded: Recorded) -> bool:
        """Whether an event had happened by then."""
        if self.position is not None:
            return recorded.position <= self.position
        if self.instant is None:
            return True
        at = recorded.occurred_at if self.clock == "occurred" else recorded.recorded_at
        return at <= to_microseconds(self.instant)


NOW = AsOf()


class HistoryEntry(msgspec.Struct):
    """One event of a stream's history. `Erased`: what was personal in it was forgotten; `Document`: what it gave."""

    Position: int
    Version: int
    Type: str
    EventId: UUID
    OccurredAt: str
    RecordedAt: str
    Actor: str
    Source: str | None
    Correlation: str | None
    Erased: bool
    Changes: list[str]
    Document: msgspec.Raw


class Found(NamedTuple):
    """The document (None: it did not exist), the position up to which was looked, and that of the newest event."""

    document: bytes | None
    position: int
    head: int


class Story(NamedTuple):
    """Entries of a history as JSON (None: there is no such stream), and the position up to which was looked."""

    entries: list[bytes] | None
    position: int


def _order_after(state: OrderState, recorded: Recorded) -> OrderState:
    """By the tills' clock a payment may come before the document it belongs to: then there is no order yet."""
    known = state.order is not None or is_document(recorded.event)
    return order.evolve(state, recorded) if known else state


def _order_document(stream: str, state: OrderState) -> bytes | None:
    return None if state.order is None else document(state.order)


def _document(stream: str, state: DocumentState) -> bytes | None:
    found = state.document
    return None if found is None or isinstance(found, OutletSet) else document(found)


def _swish_document(stream: str, state: SwishState) -> bytes | None:
    return swish.document(stream.removeprefix("swish-"), state) if state.version else None


ORDER = Kind(OrderState(), _order_after, _order_document)
DOCUMENT = Kind(DocumentState(), documents.evolve, _document)
SWISH = Kind(SwishState(), swish.after, _swish_document)


async def as_of(
    connection: Connection, tenant_id: int, vault: Vault, kind: Kind[S], stream: str, when: AsOf = NOW
) -> Found:
    """What a stream stood at then."""
    head = await store.head(connection, tenant_id)
    until = head if when.position is None else min(when.position, head)
    state = kind.nothing
    async for chunk in _chunks(connection, tenant_id, vault, stream, until):
        for stored in chunk:
            if when.holds(stored.recorded):
                state = kind.after(state, stored.recorded)
    return Found(kind.document(stream, state), until, head)


async def history(
    connection: Connection, tenant_id: int, vault: Vault, kind: Kind[S], stream: str, after: int, limit: int
) -> Story:
    """At most `limit` entries after version `after`, fewer where they are large; none: that was all."""
    head = await store.head(connection, tenant_id)
    state, found, size = kind.nothing, [], 0
    async for chunk in _chunks(connection, tenant_id, vault, stream, head):
        for stored in chunk:
            before, state = state, kind.after(state, stored.recorded)
            if stored.recorded.version <= after:
                continue
            found.append(encoder.encode(_entry(stored, before, state, kind.document(stream, state) or b"null")))
            size += len(found[-1])
            if len(found) >= limit or size >= PAGE_BYTES:
                return Story(found, head)
    return Story(found if state.version else None, head)


async def _chunks(
    connection: Connection, tenant_id: int, vault: Vault, stream: str, until: int
) -> AsyncIterator[list[Stored]]:
    version = 0
    while chunk := await store.read_stream(connection, tenant_id, stream, version, until, CHUNK, vault):
        version = chunk[-1].recorded.version
        yield chunk


def _entry(stored: Stored, before: S, after: S, shown: bytes) -> HistoryEntry:
    recorded, metadata = stored.recorded, stored.metadata
    said: list[str] = changes(before, recorded.event, after)
    return HistoryEntry(
        Position=recorded.position,
        Version=recorded.version,
        Type=stored.type,
        EventId=stored.event_id,
        OccurredAt=from_microseconds(recorded.occurred_at).isoformat(),
        RecordedAt=from_microseconds(recorded.recorded_at).isoformat(),
        Actor=metadata.actor,
        Source=metadata.source,
        Correlation=metadata.correlation,
        Erased=stored.erased,
        Changes=[*said, _ERASED] if stored.erased else said,
        Document=msgspec.Raw(shown),
    )
