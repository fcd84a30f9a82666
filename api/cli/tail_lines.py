"""What `order-ledger tail` reads and prints: pages of the feed, and a wait for the next where it has ended."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from api.cli.desk import Desk
from api.cli.screen import BAD, DIM, GOOD, STRONG, WARN, Piece, console, text_of
from api.connect import stop_event
from ledger import codec
from ledger.codec import Metadata
from ledger.events import STORED
from ledger.feed import Chunk, Line, Wanted, read_chunk
from ledger.store import Connection, head
from ledger.summary import summary
from ledger.telling import told
from ledger.tenants import Known
from ledger.waits import first_of
from projections.following import BACK_OFF_SECONDS, POLL_SECONDS, Wake, listening

PAGE, LAST = 200, 10
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_COLOURS = {"order": GOOD, "payment": STRONG, "swish": "magenta", "drawer": WARN, "customer": BAD}


class Shown(msgspec.Struct):
    """What of a line of the feed is shown to a person."""

    Position: int
    Stream: str
    Type: str
    RecordedAt: datetime
    Metadata: Metadata
    Data: msgspec.Raw


_shown = msgspec.json.Decoder(Shown).decode


async def follow(desk: Desk) -> None:
    """Prints events until SIGINT or SIGTERM; without `--follow` until where the log ended when it began."""
    tenant, options = await desk.known_tenant(), desk.options
    tail = Tail(desk, tenant, Wanted(options.type, options.stream))
    await tail.begin(options.after)
    if options.follow:
        await tail.forever(stop_event())
    else:
        await tail.to_the_end()


class Tail:
    """A reader of one tenant's log, and how far it has come."""

    def __init__(self, desk: Desk, tenant: Known, wanted: Wanted) -> None:
        self._desk, self._tenant, self._wanted = desk, tenant, wanted
        self._after = 0

    async def begin(self, after: int | None) -> None:
        """Finds where to begin: after a position, else with a stream's first event, else with the last few of all."""
        if after is not None:
            self._after = after
        elif self._wanted.stream is None:
            async with self._desk.pool.acquire() as connection:
                await connection.act_for(self._tenant.tenant_id)
                self._after = max(await head(connection, self._tenant.tenant_id) - LAST, 0)

    async def to_the_end(self) -> None:
        """Prints what there is by now."""
        end = None
        async with self._desk.pool.acquire() as connection:
            while end is None or self._after < end:
                chunk = await self._read(connection)
                end = chunk.head if end is None else end
                self._print([line for line in chunk.lines if line.position <= end])

    async def forever(self, stop: asyncio.Event) -> None:
        """Prints what there is and what comes."""
        async with contextlib.aclosing(self._pages(stop)) as pages:
            async for lines in pages:
                self._print(lines)

    async def _pages(self, stop: asyncio.Event) -> AsyncGenerator[Sequence[Line], None]:
        """Pages until `stop`. A database that goes away is waited for, and said to be away once."""
        wake, failures = Wake(), 0
        while not stop.is_set():
            try:
                async with listening(self._desk.pool, wake) as connection:
                    while not stop.is_set() and not connection.is_closed():
                        wake.clear()
                        chunk = await self._read(connection)
                        failures = 0
                        yield chunk.lines
                        if self._after >= chunk.head:
                            await first_of(POLL_SECONDS, wake, stop)
            except _AWAY as error:
                if stop.is_set():
                    return
                if not failures:
                    said = f"the database does not answer ({told(error)}); it is waited for"
                    console(sys.stderr).print(text_of(("order-ledger: ", BAD), said))
                pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
                failures += 1
                await first_of(pause, stop)

    async def _read(self, connection: Connection) -> Chunk:
        """The next page, all of which is shown before the one after it is read."""
        await connection.act_for(self._tenant.tenant_id)
        options = self._desk.options
        vault = self._desk.vault.uncached() if options.personal and options.json else None
        chunk = await read_chunk(connection, self._tenant.tenant_id, self._after, PAGE, self._wanted, vault)
        self._after = chunk.next
        return chunk

    def _print(self, lines: Sequence[Line]) -> None:
        if self._desk.options.json:
            for line in lines:
                print(line.json.decode())
        else:
            for line in lines:
                self._desk.screen.line(*pieces(line, self._tenant.zone))
        sys.stdout.flush()


def pieces(line: Line, zone: ZoneInfo) -> list[Piece]:
    """A line of the feed, which came without what is personal, as a line for people."""
    shown = _shown(line.json)
    # The feed gives events in their newest version.
    version = max(version for name, version in STORED if name == shown.Type)
    said = summary(codec.decode(shown.Type, version, bytes(shown.Data), {}, b""))
    recorded = shown.RecordedAt.astimezone(zone).isoformat(" ", "seconds")
    kind = shown.Type.partition(".")[0]
    return [
        (f"{shown.Position:>8}  ", STRONG), (f"{recorded}  ", DIM), (f"{shown.Type:<26} ", _COLOURS.get(kind, "")),
        said, (f"  {shown.Metadata.actor}  {shown.Stream}", DIM),
    ]  # fmt: skip
