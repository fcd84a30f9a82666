"""From settings to a database that is ready: DATABASE_URL, or the embedded PostgreSQL of DATA_DIR."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from ledger import database, embedded, pool
from ledger.embedded_supervisor import kept_running
from ledger.errors import LedgerError
from ledger.settings import Settings
from ledger.store import Vault

ANSWER_WITHIN = 5.0  # seconds for DATABASE_URL to take a connection
CLOSE_WITHIN = 1.0  # seconds that connections get for a farewell
FINISH_WITHIN = 5.0  # seconds that work of the background gets for the batch it has in hand
CATCH_UP_WITHIN = 1.0  # seconds that a start waits for read models
# What a query meets in a database that has no such table, column, function or schema.
_NOT_THERE = (
    asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError,
    asyncpg.InvalidSchemaNameError,
)  # fmt: skip


class Stopped(BaseException):
    """SIGINT or SIGTERM: somebody wants this process to end. Not an error, and nothing may catch it as one."""


class NoDatabase(LedgerError):
    """The server of DATABASE_URL does not answer, or does not let us in. `reason` is its own word, if it gave one."""

    def __init__(self, url: str, reason: str) -> None:
        # Never the whole URL: it holds a password.
        parts = urlsplit(url)
        super().__init__(
            f"DATABASE_URL ({parts.hostname or 'local'}{parts.path}) does not answer: {reason.rstrip('.')}. See that "
            "its server runs, and that host, port, user and database are right"
        )
        self.reason = reason


class NoLedger(LedgerError):
    """Nothing lies where a ledger should."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"no ledger lies in {data_dir.resolve()}: say where it lies, with --data-dir, DATA_DIR or DATABASE_URL; "
            "`order-ledger serve` makes a new one"
        )


class OtherSchema(LedgerError):
    """The database was prepared by another version of this program; who only reads does not change that."""

    def __init__(self) -> None:
        super().__init__(
            "the database has the schema of another version: `order-ledger migrate` brings it to this one, or use the "
            "order-ledger that serves it"
        )


def stop_on_signals() -> None:
    """From here on SIGINT and SIGTERM raise Stopped in the main thread, so that what was started is stopped again."""

    def stop(number: int, frame: object) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def stop_event() -> asyncio.Event:
    """Set by SIGINT and SIGTERM, from here on: what is at hand is finished first."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def check_there(settings: Settings) -> None:
    """For whatever makes no new ledger. NoLedger: there is none, and a mistyped DATA_DIR shall not become one."""
    if settings.database_url is None and not embedded.is_there(settings.data_dir):
        raise NoLedger(settings.data_dir)


@contextlib.contextmanager
def database_of(settings: Settings, *, shared: bool) -> Iterator[str]:
    """The dsn to use: DATABASE_URL, else a server of our own for as long as the block runs,
    started again whenever it ends.

    With `shared`, one that another process already runs on DATA_DIR will do. Raises EmbeddedError.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    running = embedded.attach(settings.data_dir) if shared else None
    if running is not None:
        yield running
        return
    server = embedded.start(settings.data_dir)
    with kept_running(server):
        try:
            yield server.dsn
        finally:
            _ignore_signals()  # a second Ctrl-C must not cut the clean shutdown short


@contextlib.asynccontextmanager
async def ready_pool(settings: Settings, dsn: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    """A pool on a database with this version's schema and, in the demo, its tenant. Raises NoDatabase, LedgerError.

    Its statements may take their time: migrations and rebuilds do.
    """
    # Who only reads needs none of it, and a third of his time would go into importing it.
    from ledger import demo
    from projections.schemas import create_tables

    async with _connected(dsn, None) as opened:
        version = await database.server_version(opened)
        if version < database.OLDEST_POSTGRES:
            raise LedgerError(f"PostgreSQL {database.OLDEST_POSTGRES} or newer is needed, the server is {version}")
        await database.migrate(opened)
        await create_tables(opened)
        if settings.demo:
            await demo.ensure_demo(opened, Vault(*settings.master_keys()))
        yield opened


@contextlib.asynccontextmanager
async def pool_to_read(dsn: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    """A pool on a database as it is, for who only looks, for long perhaps. Raises NoDatabase, OtherSchema."""
    async with _connected(dsn, pool.WORK_WITHIN, 0) as opened:
        try:
            yield opened
        except _NOT_THERE as error:
            raise OtherSchema from error


@contextlib.asynccontextmanager
async def pool_to_compare(dsn: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    """A pool on a database of this version's schema, for what may take its time. Raises NoDatabase, OtherSchema."""
    async with _connected(dsn, None) as opened:
        if not await database.is_current(opened):
            raise OtherSchema
        try:
            yield opened
        except _NOT_THERE as error:
            raise OtherSchema from error


@contextlib.asynccontextmanager
async def _connected(dsn: str, answer_within: float | None, kept_open: int = 1) -> AsyncIterator[asyncpg.Pool[Any]]:
    try:
        opened = await asyncio.wait_for(_opened(dsn, answer_within, kept_open), ANSWER_WITHIN)
    except TimeoutError:
        raise NoDatabase(dsn, f"nothing within {ANSWER_WITHIN:.0f} seconds") from None
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NoDatabase(dsn, str(error).partition("\n")[0]) from error
    try:
        yield opened
    finally:
        opened.terminate()


async def _opened(dsn: str, answer_within: float | None, kept_open: int) -> asyncpg.Pool[Any]:
    """A pool that has connected once."""
    opened = await database.open_pool(dsn, min_size=kept_open, answer_within=answer_within)
    try:
        async with opened.acquire():
            return opened
    except BaseException:
        opened.terminate()
        raise


@contextlib.asynccontextmanager
async def pool_of(
    dsn: str,
    size: int,
    answer_within: float = pool.ANSWER_WITHIN,
    role: str = database.ROLE,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[pool.Pool]:
    """A pool for as long as the block runs; see `database.open_pool`.

    On the way out what is lent gets a moment, and is cut off then.
    """
    # None kept open for its own sake: asyncpg would try to, and complain at length, while the server is away.
    opened = await database.open_pool(
        dsn, min_size=0, max_size=size, answer_within=answer_within, role=role, settings=settings
    )
    try:
        yield opened
    finally:
        try:
            await asyncio.wait_for(opened.close(), CLOSE_WITHIN)
        except TimeoutError:
            opened.terminate()


@contextlib.asynccontextmanager
async def at_work(
    pool: pool.Pool, stop: asyncio.Event, work: Coroutine[None, None, None]
) -> AsyncIterator[asyncio.Task[None]]:
    """`work` beside the block; on the way out `stop` is set, and what is in hand is finished."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=FINISH_WITHIN)
        # What is still under way hears that its connection is gone, and ends; a frozen server would never say so.
        pool.terminate()
        await task


async def prepare(settings: Settings, dsn: str, *, catch_up: bool = False) -> int:
    """Bring the database to this version's schema. Gives PostgreSQL's major version.

    With `catch_up` the read models get a moment to follow the log, so that the first request after the first start
    finds the demo outlets. What takes longer goes on beside the requests.
    """
    async with ready_pool(settings, dsn) as opened:
        if catch_up:
            from projections.following import run_until_caught_up

            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(run_until_caught_up(opened, Vault(*settings.master_keys())), CATCH_UP_WITHIN)
        return await database.server_version(opened)
