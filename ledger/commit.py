"""A draft to the disk, in one of two ways; either way the log ends where its batch believed that it ends.

As a rule it was decided without the tenant's lock, and one statement takes the lock, looks where the log ends, appends
and commits. Else the lock is taken first, and everything is read and decided under it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from ledger.append import append, is_one_statement
from ledger.database import TENANT_LOCK, queries
from ledger.draft import Draft, Request
from ledger.outage import AWAY, ask_after, hang_up, is_answer, undo
from ledger.store import Connection, Pool, Vault

_SQL = queries("ledger/queries.sql")
_log = logging.getLogger(__name__)


# Called once a draft is committed, before the connection is given back: that may fail, and committed is committed.
Done = Callable[[Draft], None]


async def commit(pool: Pool, vault: Vault, draft: Draft, done: Done) -> None:
    """Commits what was decided without the lock. MovedOn: the log does not end there any more, and nothing was written.

    What else it raises before it is `done`, and `commit_under_lock` too, has written nothing, but for OutcomeUnknown.
    """
    batch = draft.batch
    if not batch.appended and is_one_statement(batch):
        done(draft)  # refusals and duplicates: there is nothing to write
        return
    connection = await draft.connect(pool)
    if is_one_statement(batch):
        await _append_at_once(pool, connection, vault, draft)
        done(draft)
        return
    transaction = connection.transaction()
    await transaction.start()
    try:
        await append(connection, vault, batch, draft.rows, at_end=True)
    except BaseException as error:
        await undo(connection, transaction, error)
        raise
    await _end(pool, connection, transaction, draft)
    done(draft)


async def commit_under_lock(pool: Pool, vault: Vault, draft: Draft, requests: Sequence[Request], done: Done) -> None:
    """Decides requests, as a draft that is empty so far, and commits. Nobody else writes for the tenant meanwhile."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            # A statement of its own: only the next one sees what the lock's holder before has committed.
            await connection.execute(_SQL["lock_tenant"], TENANT_LOCK, draft.batch.tenant_id)
            await draft.add(connection, vault, requests)
            if draft.batch.appended or not is_one_statement(draft.batch):
                await append(connection, vault, draft.batch, draft.rows, at_end=False)
        except BaseException as error:
            await undo(connection, transaction, error)
            raise
        await _end(pool, connection, transaction, draft)
        done(draft)


async def _append_at_once(pool: Pool, connection: Connection, vault: Vault, draft: Draft) -> None:
    """By a statement that is a transaction of its own: an answer that never comes leaves the doubt of a commit's."""
    sent, backend = time.monotonic(), connection.get_server_pid()
    try:
        await append(connection, vault, draft.batch, draft.rows, at_end=True)
    except AWAY as error:
        if is_answer(error):
            raise
        await _ask_after(pool, connection, draft, sent, backend)


async def _end(pool: Pool, connection: Connection, transaction: Any, draft: Draft) -> None:
    sent = time.monotonic()
    try:
        await transaction.commit()
    except AWAY:
        await _ask_after(pool, connection, draft, sent)


async def _ask_after(pool: Pool, connection: Connection, draft: Draft, sent: float, backend: int | None = None) -> None:
    _log.warning("a commit was not answered, asking after it")
    hang_up(connection)
    await ask_after(pool, draft.batch.tenant_id, draft.rows.first_id, sent, backend)
