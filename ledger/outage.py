"""What may be said of a batch whose database went away: that it did not happen, that it did, or that nobody knows."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any
from uuid import UUID

import asyncpg

from ledger.database import INSTANCE, TENANT_LOCK, queries
from ledger.errors import LedgerError, OutcomeUnknown, Unavailable
from ledger.store import Connection, Pool

_SQL = queries("ledger/queries.sql")

# How long a commit whose answer was lost is asked after, seconds since it was sent; and at least, once it is in doubt.
ASK_FOR, ASK_AT_LEAST = 10.0, 3.0
# An InternalClientError is what asyncpg raises when a connection breaks between two messages; a full disk is an
# insufficient resource, one that is broken a PostgresSystemError.
AWAY = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError,
        asyncpg.InternalClientError, asyncpg.InsufficientResourcesError, TimeoutError,
        asyncpg.LockNotAvailableError, asyncpg.PostgresSystemError)  # fmt: skip

# SQLSTATEs, or how they begin: connection, read-only, full disk, too many connections, shutdown, broken files.
_OF_ALL = ("08", "25", "531", "533", "57P", "58")
_ENDING = (asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.CannotConnectNowError)


def translated(error: Exception) -> Exception:
    """What a caller is told when a command failed together with its transaction."""
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, AWAY):
        return Unavailable("the database does not answer; send this again")
    if isinstance(error, (asyncpg.IntegrityConstraintViolationError, asyncpg.TransactionRollbackError)):
        return Unavailable("another server was quicker; send this again")
    return error


def is_answer(error: Exception) -> bool:
    """Whether PostgreSQL itself says that a statement failed, on a connection that stays: nothing of it was done.

    When it shuts down it may say so while the commit is on the disk already.
    """
    said = isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError)
    return said and not isinstance(error, _ENDING)


def is_outage(error: Exception) -> bool:
    """Whether the database or the connection is what fails, so that the next tenant would meet it too.

    Anything else (a statement that takes too long, a lock, what cannot be read) may be of one tenant alone.
    """
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "08").startswith(_OF_ALL)
    return isinstance(error, (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError))


def hang_up(connection: Connection) -> None:
    """Closes a connection at once. The pool has one that broke back already, and says so."""
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()


async def undo(connection: Connection, transaction: Any, error: BaseException) -> None:
    """Rolls back; what does not answer is hung up on, and has no COMMIT to carry out when it wakes up."""
    if isinstance(error, TimeoutError):
        hang_up(connection)
        return
    with contextlib.suppress(*AWAY):
        await transaction.rollback()


async def ask_after(pool: Pool, tenant_id: int, first_id: UUID | None, sent: float, backend: int | None = None) -> int:
    """After a commit without an answer, `sent` then (monotonic): once it has happened, where its first event lies.

    `first_id` is that event, if it has any; `backend` the process that was sent a statement which commits by
    itself, and may not have begun it. Unavailable: it has not happened and will not; OutcomeUnknown: nobody could be
    asked in time.
    """
    deadline = max(sent + ASK_FOR, time.monotonic() + ASK_AT_LEAST)
    while (left := deadline - time.monotonic()) > 0:
        try:
            async with pool.acquire(timeout=left) as connection:
                within = min(left, ASK_AT_LEAST)
                position = await _position(connection, tenant_id, first_id, backend, within)
        except Exception:
            # Whatever it is that answers wrongly: it has not said that nothing happened.
            await asyncio.sleep(0.2)
        else:
            if position is not None:
                return position
            raise Unavailable("the database went away before the commit; send this again")
    raise OutcomeUnknown("the database went away during the commit")


async def _position(
    connection: Connection, tenant_id: int, first_id: UUID | None, backend: int | None, within: float
) -> int | None:
    """Where the event lies; None: it does not, and will not."""
    transaction = connection.transaction()
    try:
        async with asyncio.timeout(within):
            await transaction.start()
            if backend is not None:
                # Frozen, or at the other end of a slow line, it would carry the statement out when it wakes up.
                await connection.execute(_SQL["act_as_owner_for_now"])
                await connection.execute(_SQL["end_backend"], backend, INSTANCE, int(within * 500))
                if await connection.fetchval(_SQL["backend_lives"], backend, INSTANCE):
                    raise TimeoutError
            # Granted only when the transaction in doubt has ended, one way or the other.
            await connection.execute(_SQL["lock_tenant"], TENANT_LOCK, tenant_id)
            found: int | None = await connection.fetchval(_SQL["find_event"], tenant_id, first_id)
            await transaction.rollback()
    except BaseException as error:
        await undo(connection, transaction, error)
        raise
    return found
