"""Work on a whole log that a page has asked for: verifying it, or exporting it. One at a time, in a process of its own.

It takes a core, for as long as the log is large, and no till may wait for that: `worker` is the other process. What
came out is kept in memory for an hour; an export lies in a file without a name, which is gone with this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, Any, Literal

import msgspec

from ledger.database import ROOT
from ledger.telling import told
from ledger.tenants import Tenant

Kind = Literal["verify", "export"]

BROKEN_OFF = "it was broken off"

KEPT_SECONDS = 3600.0
END_WITHIN = 5.0  # seconds that a worker has to tidy up
_PIECE = 256 * 1024
_LONGEST_LINE = 1 << 22


class Order(msgspec.Struct, frozen=True):
    """What a worker is to do. `vkey` and `checkpoint` are what somebody trusts; without them it is the log's own key.

    `archive` is the file that an export is written to.
    """

    kind: Kind
    dsn: str
    tenant_id: int
    tenant: str
    zone: str
    vkey: str | None = None
    checkpoint: str | None = None
    archive: int | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What came of it: of how many events (`size`), and what was found wrong: `count` findings, these first.

    `failure`: it came to no end, and why. `own_key`: nobody had named a key to trust.
    """

    size: int = 0
    count: int = 0
    findings: list[str] = []
    own_key: bool = True
    failure: str | None = None


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a worker: how many events are done of how many, and in the end the outcome."""

    done: int = 0
    total: int = 0
    outcome: Outcome | None = None


class Work:
    """One piece of work, under way or done (`outcome`). `archive`: the export, as a tar file."""

    def __init__(self, kind: Kind, tenant: Tenant, *, vkey: str | None, checkpoint: str | None) -> None:
        self.kind, self.tenant = kind, tenant
        self.vkey, self.checkpoint = vkey, checkpoint
        self.done = self.total = 0
        self.outcome: Outcome | None = None
        self.ended_at: datetime | None = None
        self.archive: IO[bytes] | None = None
        self._good_until = float("inf")

    @property
    def is_over(self) -> bool:
        """Whether it was done so long ago that nobody is told of it any more."""
        return time.monotonic() > self._good_until

    def end(self, outcome: Outcome) -> None:
        """It is done."""
        self.outcome, self.ended_at = outcome, datetime.now(UTC)
        self._good_until = time.monotonic() + KEPT_SECONDS
        if outcome.failure is not None:
            self.forget()

    def forget(self) -> None:
        """Lets go of the archive; whoever is reading it reads on (`pieces`)."""
        if self.archive is not None:
            self.archive.close()
            self.archive = None

    @property
    def megabytes(self) -> Decimal:
        """How large the archive is, for people."""
        return (Decimal(self.size) / 1_000_000).quantize(Decimal("0.01"))

    @property
    def size(self) -> int:
        """How large the archive is."""
        return 0 if self.archive is None else os.fstat(self.archive.fileno()).st_size

    def pieces(self) -> AsyncIterator[bytes]:
        """The archive, from now on whatever becomes of this."""
        assert self.archive is not None
        return _read(os.dup(self.archive.fileno()))


class Works:
    """What is under way on this server, and what has come of it: the newest of each kind for each tenant."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._kept: dict[tuple[int, Kind], Work] = {}
        self._now: Work | None = None
        self._task: asyncio.Task[None] | None = None
        # Moves with every step, for pages that show it.
        self.moves = 0

    @property
    def is_busy(self) -> bool:
        """Whether something is under way, for whichever tenant."""
        return self._now is not None

    def of(self, tenant_id: int, kind: Kind) -> Work | None:
        """The newest work of the kind for a tenant, under way or done within the hour."""
        for key in [key for key, work in self._kept.items() if work.is_over]:
            self._kept.pop(key).forget()
        return self._kept.get((tenant_id, kind))

    def begin(self, work: Work) -> bool:
        """Begins it; False: something else is under way."""
        if self._now is not None:
            return False
        key = work.tenant.tenant_id, work.kind
        before = self._kept.pop(key, None)
        if before is not None:
            before.forget()
        self._now = self._kept[key] = work
        self._task = asyncio.create_task(self._carried_out(work))
        return True

    def stop(self, tenant_id: int) -> None:
        """Breaks off what is under way for a tenant."""
        if self._now is not None and self._now.tenant.tenant_id == tenant_id and self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """Breaks off whatever is under way, and lets go of everything."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        for work in self._kept.values():
            work.forget()

    async def _carried_out(self, work: Work) -> None:
        outcome = Outcome(failure=BROKEN_OFF)
        try:
            outcome = await self._asked(work)
        except (OSError, msgspec.MsgspecError) as error:
            outcome = Outcome(failure=told(error))
        finally:
            work.end(outcome)
            self._now = None
            self.moves += 1

    async def _asked(self, work: Work) -> Outcome:
        """What a worker says in the end; on the way how far it has come."""
        async with _worker(self._order(work)) as lines:
            async for line in lines:
                said = msgspec.json.decode(line, type=Said)
                if said.outcome is not None:
                    return said.outcome
                work.done, work.total = said.done, said.total
                self.moves += 1
        return Outcome(failure="the process that was at it has died")

    def _order(self, work: Work) -> Order:
        tenant = work.tenant
        work.archive = _unnamed() if work.kind == "export" else None
        archive = None if work.archive is None else work.archive.fileno()
        return Order(
            work.kind, self._dsn, tenant.tenant_id, tenant.name, str(tenant.zone), work.vkey, work.checkpoint, archive
        )


@contextlib.asynccontextmanager
async def _worker(order: Order) -> AsyncIterator[AsyncIterator[bytes]]:
    """The lines of a worker, which ends with the block. What it is to do stands in no list of processes."""
    inherited = () if order.archive is None else (order.archive,)
    pipe = asyncio.subprocess.PIPE
    process: Any = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api.console.worker",
        stdin=pipe,
        stdout=pipe,
        pass_fds=inherited,
        cwd=ROOT,
        limit=_LONGEST_LINE,
    )
    try:
        process.stdin.write(msgspec.json.encode(order))
        process.stdin.close()
        yield process.stdout
    finally:
        await _ended(process)


def _unnamed() -> IO[bytes]:
    return tempfile.TemporaryFile()


async def _ended(process: Any) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), END_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _read(number: int) -> AsyncIterator[bytes]:
    at = 0
    try:
        while piece := await asyncio.to_thread(os.pread, number, _PIECE, at):
            at += len(piece)
            yield piece
    finally:
        os.close(number)
