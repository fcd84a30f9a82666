"""The projectors of `order-ledger serve`, in a process of their own: what they compute would keep tills waiting.

The server (`projecting`) starts it, again and again should it end, and tells it of each commit. The process (`main`)
says whenever read models have moved. Its standard input ends with its server, however that ends, and then so does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import uvloop

from api import logs
from api.connect import FINISH_WITHIN, at_work, pool_of
from ledger.database import ROOT
from ledger.pool import WORK_WITHIN
from ledger.settings import Settings
from ledger.store import Vault
from ledger.waits import first_of
from projections.filling import collecting_seldom
from projections.following import Wake, run_forever
from projections.progress import Progress

CONNECTIONS = 2
AGAIN_AFTER = 0.5  # seconds before it is started again
_LONGEST_TASK = 1 << 16
_PIECE = 4096

log = logging.getLogger("order_ledger.api")


class _Task(msgspec.Struct, frozen=True):
    """What it is told in its first line, for no list of processes to show. The keys are those of a `Vault`."""

    dsn: str
    keys: tuple[bytes, ...]
    log_level: str
    log_format: str | None


@contextlib.asynccontextmanager
async def projecting(settings: Settings, dsn: str, progress: Progress) -> AsyncIterator[Callable[[int], None]]:
    """Projectors at work on the database at `dsn`, for as long as the block runs; `progress` hears of what has moved.

    Gives what is called after each commit, with the tenant's id.
    """
    kept = _Kept(_Task(dsn, settings.master_keys(), settings.log_level, settings.log_format), progress)
    keeping = asyncio.create_task(kept.keep())
    try:
        yield kept.wake
    finally:
        kept.end()
        await keeping


class _Kept:
    """The process, and the next one whenever it ends before it is told to."""

    def __init__(self, task: _Task, progress: Progress) -> None:
        self._task, self._progress = task, progress
        self._process: Any = None
        self._ending = asyncio.Event()

    def wake(self, tenant_id: int) -> None:
        """There is something new in a tenant's log. One that does not listen finds out when it looks at all of them."""
        if self._process is not None and not self._process.stdin.transport.get_write_buffer_size():
            self._process.stdin.write(b"%d\n" % tenant_id)

    def end(self) -> None:
        """It shall finish what it has in hand."""
        self._ending.set()
        if self._process is not None:
            self._process.stdin.close()

    async def keep(self) -> None:
        """Returns once it has ended as it was told to."""
        while not self._ending.is_set():
            try:
                how = await self._live()
            except OSError as error:  # no memory, no processes: it may pass
                how = str(error.strerror)
            if not self._ending.is_set():
                log.error("the projectors have ended (%s) and are started again", how)
                await first_of(AGAIN_AFTER, self._ending)

    async def _live(self) -> str:
        """One process from its start to its end; how it ended."""
        pipe = asyncio.subprocess.PIPE
        process: Any = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api.projector", stdin=pipe, stdout=pipe, cwd=ROOT
        )
        process.stdin.write(msgspec.json.encode(self._task) + b"\n")
        self._process = process
        if self._ending.is_set():
            process.stdin.close()
        listening = asyncio.create_task(self._listen(process))
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait({listening, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        self._process = None
        await asyncio.wait({listening}, timeout=2 * FINISH_WITHIN)
        with contextlib.suppress(ProcessLookupError):
            process.kill()  # frozen, or beside itself: whatever it had in hand is undone
        code: int = await process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    async def _listen(self, process: Any) -> None:
        while await process.stdout.read(_PIECE):
            self._progress.moved()


class _Teller(Progress):
    """Tells the server of what has moved."""

    def moved(self) -> None:
        """Says so; a server that is gone needs no answer."""
        with contextlib.suppress(BrokenPipeError):
            os.write(sys.stdout.fileno(), b"\n")


def main() -> None:
    """What the process does: it keeps the read models up until its standard input ends."""
    # Ctrl-C is for the whole group of processes, and systemd's SIGTERM too; the server is who decides.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with collecting_seldom():
        uvloop.run(_project())


async def _project() -> None:
    told = asyncio.StreamReader(_LONGEST_TASK)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    if not (line := await told.readline()):
        return  # the server ended before it could say anything
    task = msgspec.json.decode(line, type=_Task)
    logs.configure(Settings(log_level=task.log_level, log_format=task.log_format))
    stop, wake = asyncio.Event(), Wake()
    async with (
        pool_of(task.dsn, CONNECTIONS, WORK_WITHIN) as pool,
        at_work(pool, stop, run_forever(pool, Vault(*task.keys), stop, wake, _Teller())) as work,
    ):
        work.add_done_callback(lambda _: told.feed_eof())  # whatever ends it unasked, the server begins anew
        while line := await told.readline():
            wake.tell(int(line))


if __name__ == "__main__":
    main()
