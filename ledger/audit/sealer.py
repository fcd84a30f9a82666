"""The sealer: keeps the tree of each tenant's log, and signs it as it grows.

It signs every multiple of 256 events, and the newest head within a second. What it signs extends what it signed before:
its memory is a file outside the database, written before a note is shown. At every start, and once a day, it hashes
again all that is signed. A log that is not what was signed is never signed again: the reason is stored, and shown.

Several may run. One connection holds a tenant's lock, and the others wait for it; were two of them ever to sign at
once, the memory lets only one go on (`Memory.replace`), and the database keeps one note per size.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import NamedTuple

from ledger.audit import seals
from ledger.audit.check import LEAVES_AT_ONCE, Check
from ledger.audit.generations import Generation, MayNotSign, resume
from ledger.audit.memory import DamagedKey, Memory, Overtaken
from ledger.audit.note import Checkpoint
from ledger.audit.seals import Changed, Signed, Standing
from ledger.audit.tiles import WIDTH, Edge, Tile
from ledger.outage import hang_up, is_outage
from ledger.store import Connection, Pool
from ledger.telling import told
from ledger.waits import first_of

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.4  # between looks at the log when nobody wakes it: other processes write too
REST_SECONDS = 0.25  # between two rounds: what has come meanwhile is signed together
LONGEST_REST = 2.0
CHECK_SECONDS = 86_400.0  # between two checks of all that is signed
CHECK_SHARE = 0.1  # seconds a round that such a check gets
TRY_AGAIN_SECONDS = 5.0  # until a tenant whose log this process may not or cannot sign is looked at again
LEAVES_IN_A_ROUND = 8 * LEAVES_AT_ONCE  # for one tenant; then it is the next one's turn
BACK_OFF_SECONDS = (0.1, 0.5, 1.0, 5.0)


class _Unsaved(NamedTuple):
    """What is remembered as signed and not in the database yet."""

    tiles: list[Tile]
    notes: list[Signed]


class _Log:
    """What is known of one tenant's log: the tree up to its last checkpoint, and how that is checked."""

    def __init__(self, tenant_id: int, name: str, generation: Generation) -> None:
        self.tenant_id, self.name = tenant_id, name
        self.number, self.signer = generation.number, generation.signer
        self.note, self.size = generation.note, generation.last.size
        self.stored_size = generation.stored.size if generation.stored else None
        self.edge = Edge()
        self.unsaved: _Unsaved | None = None
        self.ready = False
        self.check_at = 0.0
        known = [one for one in (generation.last, generation.stored) if one is not None]
        self.check: Check | None = Check(tenant_id, self.number, known, self.stored_size or 0)

    def is_of(self, standing: Standing) -> bool:
        """Whether the database is where this process has left it."""
        return standing.generation == self.number and standing.size in (self.stored_size, self.size)

    def signed(self, edge: Edge) -> Signed:
        """A tree's checkpoint, signed."""
        return Signed(edge.size, self.signer.sign(Checkpoint(self.signer.verifier.name, edge.size, edge.root()).text))


class Sealer:
    """Seals the logs of all tenants of a database. `pool` acts as SEALER, and is for this alone.

    `refusals` are the tenants whose logs this process may not sign, and why. Nothing but `stop` ends `run`.
    """

    def __init__(self, pool: Pool, memory: Memory) -> None:
        self._pool, self._memory = pool, memory
        self._logs: dict[int, _Log] = {}
        self._held: set[int] = set()
        self._try_again: dict[int, float] = {}
        self._looked_for = 0.0  # seconds that the last look at all tenants took
        self.refusals: dict[str, str] = {}

    async def run(self, stop: asyncio.Event, wake: asyncio.Event | None = None) -> None:
        """Until `stop` is set. A writer of this process sets `wake` after its commits; a poll stands behind it."""
        wake = wake or asyncio.Event()
        failures = 0
        while not stop.is_set():
            try:
                async with self._pool.acquire() as connection:
                    try:
                        while not stop.is_set():
                            wake.clear()
                            if not await self.round(connection):
                                # Of thousands of tenants a look takes a while: then no more than a quarter of the time.
                                await first_of(min(max(REST_SECONDS, 3 * self._looked_for), LONGEST_REST), stop)
                                await first_of(POLL_SECONDS, wake, stop)
                            failures = 0
                    finally:
                        # The tenants' locks end with the connection, and with nothing else.
                        self._held.clear()
                        hang_up(connection)
            except Exception as error:
                pause = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
                _log.warning("sealing pauses for %.1f s: %s", pause, told(error), exc_info=failures == 0)
                failures += 1
                await first_of(pause, stop)

    async def round(self, connection: Connection) -> bool:
        """One step for every tenant. True: there is more to do at once."""
        busy = False
        begun = time.monotonic()
        everyone = await seals.standing(connection)
        self._looked_for = time.monotonic() - begun
        first_of_all = all(standing.generation is None for standing in everyone)
        for standing in everyone:
            if standing.stopped is not None or time.monotonic() < self._try_again.get(standing.tenant_id, 0.0):
                continue
            if self._is_at_rest(standing):
                continue
            await connection.act_for(standing.tenant_id)
            try:
                busy |= await self._step(connection, standing, first_of_all=first_of_all)
                self.refusals.pop(standing.name, None)
            except Changed as error:
                await self._stop(connection, standing, error)
            except Overtaken as error:
                _log.warning("%s; what is signed is looked at again", error)
                self._logs.pop(standing.tenant_id, None)
            except (MayNotSign, DamagedKey) as error:
                self._refuse(standing, str(error))
            except OSError as error:
                if error.filename is None:
                    raise  # the network's, not a file's
                self._refuse(standing, f"{error.filename}: {error.strerror}")
            except Exception as error:
                if is_outage(error):
                    raise
                _log.warning("the log of %s cannot be signed yet: %s", standing.name, told(error))
                self._try_again[standing.tenant_id] = time.monotonic() + TRY_AGAIN_SECONDS
        return busy

    def _is_at_rest(self, standing: Standing) -> bool:
        """Whether there is nothing to do for a tenant: so it is with most of many, and nobody is asked about them."""
        log = self._logs.get(standing.tenant_id)
        if log is None or standing.tenant_id not in self._held or not (log.ready and log.is_of(standing)):
            return False
        is_done = log.check is None and log.unsaved is None and standing.head == log.size
        return is_done and time.monotonic() <= log.check_at

    async def _step(self, connection: Connection, standing: Standing, *, first_of_all: bool) -> bool:
        tenant_id = standing.tenant_id
        if tenant_id not in self._held:
            if not await seals.try_lock(connection, tenant_id):
                return False
            self._held.add(tenant_id)
            return True  # what stood there before the lock may have changed
        log = self._logs.get(tenant_id)
        if log is None or not log.is_of(standing):
            self._logs.pop(tenant_id, None)
            generation = await resume(connection, self._memory, standing, first_of_all=first_of_all)
            self._logs[tenant_id] = _Log(tenant_id, standing.name, generation)
            return True
        if not log.ready:
            return await self._check(connection, log)
        if log.check is None and time.monotonic() > log.check_at:
            known = [Checkpoint(log.signer.verifier.name, log.size, log.edge.root())]
            log.check = Check(tenant_id, log.number, known, log.size)
        if log.check is not None:
            await self._check(connection, log)
        return await self._seal(connection, log, standing.head)

    async def _check(self, connection: Connection, log: _Log) -> bool:
        """Hashes again for a while. True: it has not come to the end. What it finds at the start is gone on with."""
        assert log.check is not None
        until = time.monotonic() + CHECK_SHARE
        while await log.check.step(connection):
            if time.monotonic() > until:
                return True
        if not log.ready:
            await self._agree(log, log.check)
        log.check, log.ready, log.check_at = None, True, time.monotonic() + CHECK_SECONDS
        return True

    async def _agree(self, log: _Log, check: Check) -> None:
        """Memory and database say the same of a log that was checked: the one that is behind is brought up."""
        log.edge = check.edge
        last = log.signed(log.edge)
        if last.size > log.size:
            _log.warning("%s: the checkpoint file was an old one, of size %d", log.signer.verifier.name, log.size)
            await asyncio.to_thread(self._memory.replace, log.name, log.note, last.note)
            log.note, log.size = last.note, last.size
        elif log.size != log.stored_size:
            log.unsaved = _Unsaved([], [*map(log.signed, check.passed), last])

    async def _seal(self, connection: Connection, log: _Log, head: int) -> bool:
        """Signs what has come, a part of it at a time. True: there is more."""
        if log.unsaved is not None:
            await self._save(connection, log, log.unsaved)
        if head < log.size:
            raise Changed(f"the log ends at position {head}, and {log.size} events were signed")
        if head == log.size:
            return False
        edge, fresh = log.edge.copy(), _Unsaved([], [])
        end = min(head, log.size + LEAVES_IN_A_ROUND)
        while edge.size < end:
            await self._grow(connection, log, edge, end, fresh)
        if not fresh.notes or fresh.notes[-1].size != edge.size:
            fresh.notes.append(log.signed(edge))
        last = fresh.notes[-1]
        # Once on the disk it is signed, whatever becomes of this process; only then may anybody see it.
        await asyncio.to_thread(self._memory.replace, log.name, log.note, last.note)
        log.edge, log.note, log.size, log.unsaved = edge, last.note, last.size, fresh
        await self._save(connection, log, fresh)
        return edge.size < head

    async def _grow(self, connection: Connection, log: _Log, edge: Edge, end: int, fresh: _Unsaved) -> None:
        """Adds the next leaves, and signs at every multiple of 256."""
        after = edge.size
        hashes = await seals.leaf_hashes(connection, log.tenant_id, after, min(end - after, LEAVES_AT_ONCE))
        if not hashes:
            raise Changed(f"the log ends at position {after}, and was longer a moment ago")
        while hashes:
            count = WIDTH - edge.size % WIDTH
            fresh.tiles.extend(edge.append(hashes[:count]))
            hashes = hashes[count:]
            if edge.size % WIDTH == 0:
                fresh.notes.append(log.signed(edge))

    async def _save(self, connection: Connection, log: _Log, unsaved: _Unsaved) -> None:
        await seals.add(connection, log.tenant_id, log.number, unsaved.tiles, unsaved.notes)
        log.stored_size, log.unsaved = log.size, None

    async def _stop(self, connection: Connection, standing: Standing, error: Changed) -> None:
        log = self._logs.pop(standing.tenant_id, None)
        number = log.number if log else standing.generation
        assert number is not None
        origin = seals.origin_of(standing.name, number)
        _log.error("%s is not signed any more: %s", origin, error)
        await seals.stop(connection, standing.tenant_id, number, str(error))

    def _refuse(self, standing: Standing, reason: str) -> None:
        """Says so once, and looks again after a while: somebody may have put things right."""
        self._logs.pop(standing.tenant_id, None)
        self._try_again[standing.tenant_id] = time.monotonic() + TRY_AGAIN_SECONDS
        if self.refusals.get(standing.name) != reason:
            _log.error("the log of %s is not signed by this process: %s", standing.name, reason)
        self.refusals[standing.name] = reason
