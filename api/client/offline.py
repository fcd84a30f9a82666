"""A queue on disk between a till and the ledger: what is in it arrives, once and in order, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from .commands import Answer, Commands, Write
from .errors import ClientError, Problem, QueueError
from .sending import pause_before

log = logging.getLogger("order_ledger.client")

_NAMED = re.compile(r"^-- name: (\w+)[^\n]*\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)
_SQL = dict(_NAMED.findall(Path(__file__).with_name("offline.sql").read_text("utf-8")))


class SetAside(NamedTuple):
    """A write that the ledger has refused, since when it was put, and the problem (`status`, `detail`, `errors` …)."""

    number: int
    put_at: datetime
    write: Write
    problem: dict[str, Any]


class _Done(NamedTuple):
    """What a query has done: its rows, the number of the row it has put, and how many rows it has changed."""

    rows: list[Any]
    number: int
    changed: int


class OfflineQueue(Commands[int]):
    """The writes of the ledger, kept in a file until the ledger has them; `async with` opens and closes it.

    Every method of `Commands` returns a number as soon as its write is on the disk, and needs no network. `run` sends
    them in the order in which they were put, one by one; one is removed when the ledger has answered 200, and keeps its
    Idempotency-Key until then: what is sent once more because a process died in between is a duplicate to the ledger.

    A document that the ledger refuses (417 that is not retryable, 413, 403 because it is another terminal's) is set
    aside with its problem, for a person to see and settle (`set_aside`, `send_again`, `discard`; the view `set_aside`
    of the file shows it to any reader of SQLite), and what follows is sent: one bad order must not keep a day's sales
    from the books. Whatever else fails concerns all documents (a revoked key, a wrong address), and nothing is sent
    until it is mended.

    One process at a time has a queue open; QueueError: another has it, the disk is full, or the file is no queue.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).resolve()  # by whatever name it is called, its lock is the same
        # SQLite waits for the disk: never on the loop, and always in the order of the calls.
        self._thread = ThreadPoolExecutor(1, "offline-queue")
        self._connection: sqlite3.Connection | None = None
        self._lock: sqlite3.Connection | None = None
        self._sending = asyncio.Lock()
        self._changed = asyncio.Event()
        self._gave_up: ClientError | None = None

    async def __aenter__(self) -> Self:
        """Takes the file, and makes it where there is none."""
        try:
            await self._in_thread(self._open)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets the file go; what is in it stays."""
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def write(self, write: Write) -> int:
        """Puts a write at the end, and returns its number when it is on the disk."""
        now = datetime.now(UTC).isoformat()
        put = await self._do("put", now, write.method, write.path, write.body, json.dumps(write.headers))
        self._tell()
        return put.number

    async def run(self, client: Commands[Answer]) -> None:
        """Sends whatever is put, for ever; while the ledger cannot be reached, less and less often.

        Problem: one that neither time nor another document mends, as in `deliver`.
        """
        failures, self._gave_up = 0, None
        while True:
            changed = self._changed
            try:
                await self.deliver(client)
                failures = 0
                await changed.wait()
            except ClientError as failure:
                if not failure.retryable:
                    self._gave_up = failure
                    self._tell()
                    raise
                await asyncio.sleep(pause_before(failures, failure.retry_after))
                failures += 1

    async def deliver(self, client: Commands[Answer]) -> None:
        """Sends all that waits. ClientError: the ledger cannot be reached, or will not have this sender."""
        async with self._sending:
            while rows := (await self._do("first")).rows:
                number, *write = rows[0]
                await self._deliver(client, number, _write(*write))
                self._tell()

    async def drained(self) -> None:
        """Returns when nothing waits. ClientError: something does, and `run` has given up for this reason."""
        while True:
            changed = self._changed
            if not await self.waiting():
                return
            if self._gave_up is not None:
                raise self._gave_up
            await changed.wait()

    async def waiting(self) -> int:
        """How many writes wait to be sent."""
        count: int = (await self._do("waiting")).rows[0][0]
        return count

    async def set_aside(self) -> list[SetAside]:
        """What the ledger has refused, oldest first."""
        return [
            SetAside(number, datetime.fromisoformat(put_at), _write(*write), json.loads(problem))
            for number, put_at, *write, problem in (await self._do("refused")).rows
        ]

    async def send_again(self, number: int) -> None:
        """Has a write sent that was set aside, before all that were put after it. KeyError: there is none."""
        if not (await self._do("send_again", number)).changed:
            raise KeyError(number)
        self._tell()

    async def discard(self, number: int) -> None:
        """Gives a write up for good, as a person has decided. KeyError: there is none."""
        async with self._sending:  # it may be on its way
            if not (await self._do("remove", number)).changed:
                raise KeyError(number)
        self._tell()

    async def _deliver(self, client: Commands[Answer], number: int, write: Write) -> None:
        try:
            await client.write(write)
        except Problem as problem:
            if not problem.is_refusal:
                raise
            log.warning("write %d was refused, and is set aside: %d %s", number, problem.status, problem.title)
            await self._do("set_aside", json.dumps(problem.document, ensure_ascii=False), number)
        else:
            await self._do("remove", number)

    def _tell(self) -> None:
        """Wakes whoever waits for a change, and lets others wait for the next one."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _do(self, name: str, *values: object) -> _Done:
        if self._connection is None:
            raise self._closed()
        done: _Done = await self._in_thread(self._execute, name, values)
        return done

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        except (sqlite3.Error, OSError) as error:
            raise QueueError(f"{self._path}: {error}") from error

    def _execute(self, name: str, values: tuple[object, ...]) -> _Done:
        """Carries out a query; what it has changed is on the disk."""
        if self._connection is None:
            raise self._closed()
        cursor = self._connection.execute(_SQL[name], values)
        return _Done(cursor.fetchall(), cursor.lastrowid or 0, cursor.rowcount)

    def _closed(self) -> QueueError:
        return QueueError(f"{self._path} is not open")

    def _open(self) -> None:
        lock = self._path.with_name(self._path.name + "-lock")
        for path in (self._path, lock):
            _create(path)
        try:
            self._lock = sqlite3.connect(lock, timeout=0, isolation_level=None)
            self._lock.execute(_SQL["lock"])
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.executescript(_SQL["settings"])
            self._connection.executescript(_SQL["schema"])
            if self._execute("is_durable", ()).rows != [(1,)]:
                raise QueueError(f"{self._path} lies where SQLite cannot write durably")
        except BaseException as error:
            in_use = self._connection is None and getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY
            self._close()
            if in_use:
                raise QueueError(f"{self._path} is in use by another process") from None
            raise

    def _close(self) -> None:
        for connection in (self._connection, self._lock):
            if connection is not None:
                connection.close()
        self._connection = self._lock = None


def _create(path: Path) -> None:
    """A file for nobody else's eyes, where there is none; SQLite's own files get the same rights.

    One that is there is not touched: closing it again would let go of every lock that this process has on it (POSIX).
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _write(method: str, path: str, body: str, headers: str) -> Write:
    return Write(method, path, body, json.loads(headers))
