"""A draft to the disk, in one of two ways; either way all that its batch was decided upon is true when it gets there.

As a rule it was decided without the tenant's lock, and one statement takes the lock, looks where the log ends, appends
and commits. Where another process has appended meanwhile, or something was presumed, it looks whether all that was read
or presumed is so, and appends all the same: so any number of processes write for a tenant, and hold the lock for no
longer than that statement takes. Else the lock is taken first, and everything is read and decided under it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from ledger.append import append
from ledger.batch_read import Seen
from ledger.database import TENANT_LOCK, queries
from ledger.draft import Draft, Request
from ledger.outage import AWAY, ask_after, hang_up, is_answer, undo
from ledger.store import Connection, Pool, Vault
from ledger.view import Mistaken, MovedOn

_SQL = queries("ledger/queries.sql")
_log = logging.getLogger(__name__)


# Called once a draft is committed, with the position of its first event (None: it has none), before the connection is
# given back: that may fail, and committed is committed.
Done = Callable[[Draft, int | None], None]


async def commit(pool: Pool, vault: Vault, draft: Draft, done: Done, *, crowded: bool = False) -> None:
    """Commits what was decided without the lock; where it is `crowded`, the log hardly ever ends where it did.

    MovedOn: what was decided rests on what may no longer be true, and nothing was written. What else it raises before
    it is `done`, and `commit_under_lock` too, has written nothing, but for OutcomeUnknown.
    """
    batch = draft.batch
    seen = batch.seen() if batch.presumes or crowded else None
    if batch.presumes and (seen is None or not batch.writes):
        raise Mistaken  # perhaps: nothing would look whether it is so
    if not batch.writes:
        done(draft, None)  # refusals and duplicates
        return
    connection = await draft.connect(pool)
    done(draft, await _append_at_once(pool, connection, vault, draft, seen))


async def commit_under_lock(pool: Pool, vault: Vault, draft: Draft, requests: Sequence[Request], done: Done) -> None:
    """Decides requests, as a draft that is empty so far, and commits. Nobody else writes for the tenant meanwhile."""
    async with pool.acquire() as connection:
        await connection.act_for(draft.batch.tenant_id)
        transaction = connection.transaction()
        await transaction.start()
        try:
            # A statement of its own: only the next one sees what the lock's holder before has committed.
            await connection.execute(_SQL["lock_tenant"], TENANT_LOCK, draft.batch.tenant_id)
            await draft.add(connection, vault, requests)
            first = None
            if draft.batch.writes:
                first = await append(connection, vault, draft.batch, draft.rows, at_end=False)
        except BaseException as error:
            await undo(connection, transaction, error)
            raise
        sent = time.monotonic()
        try:
            await transaction.commit()
        except AWAY:
            await _ask_after(pool, connection, draft, sent)
        done(draft, first)


async def _append_at_once(pool: Pool, connection: Connection, vault: Vault, draft: Draft, seen: Seen | None) -> int:
    """By a statement that is a transaction of its own: an answer that never comes leaves the doubt of a commit's."""
    batch = draft.batch
    sent, backend = time.monotonic(), connection.get_server_pid()
    try:
        try:
            return await append(connection, vault, batch, draft.rows, at_end=True, seen=seen)
        except MovedOn:
            if seen is not None or (seen := batch.seen()) is None:
                raise
            return await append(connection, vault, batch, draft.rows, at_end=True, seen=seen)
    except AWAY as error:
        if is_answer(error):
            raise
        return await _ask_after(pool, connection, draft, sent, backend)


async def _ask_after(pool: Pool, connection: Connection, draft: Draft, sent: float, backend: int | None = None) -> int:
    _log.warning("a commit was not answered, asking after it")
    hang_up(connection)
    return await ask_after(pool, draft.batch.tenant_id, draft.rows.first_id, sent, backend)
