"""What lives as long as the process: pools, writer, projectors, sealer. Started in order, stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine

from starlette.applications import Starlette

from api.access import Register
from api.connect import pool_of
from api.throttle import Throttle
from api.watch import Watch
from ledger.audit.memory import Memory
from ledger.audit.sealer import Sealer
from ledger.database import READING, SEALER
from ledger.pool import WORK_WITHIN
from ledger.settings import Settings
from ledger.sign_in import SignIn
from ledger.store import Pool, Vault
from ledger.tenants import all_tenants
from ledger.writer import Writer
from projections.progress import Progress
from projections.runner import run_forever

# Connections. Writer and projectors have a pool of their own, and so has the look-up of credentials: however many
# reports are asked for, a till can sell.
FOR_READS, FOR_WRITES, FOR_PROJECTORS, FOR_DOORS, FOR_SEALER = 12, 8, 2, 3, 1
FINISH_WITHIN = 5.0  # seconds that projectors and sealer get for the batch they have in hand


@contextlib.asynccontextmanager
async def running(
    app: Starlette, settings: Settings, dsn: str, *, projectors: bool, sealer: bool
) -> AsyncIterator[None]:
    """Fills `app.state` with what handlers need; on the way out the writer finishes what it has accepted.

    The database is ready (`connect.prepare`). LedgerError: its master key is another one.
    """
    state = app.state
    state.vault = Vault(*settings.master_keys())
    state.progress = Progress()
    state.throttle = Throttle()
    state.watch = Watch(dsn)
    state.appended = Progress()
    wake, wake_sealer = asyncio.Event(), asyncio.Event()

    def committed(tenant_id: int) -> None:
        wake.set()
        wake_sealer.set()
        state.appended.moved(tenant_id)

    async with (
        pool_of(dsn, FOR_WRITES) as pool,
        pool_of(dsn, FOR_READS, settings=READING) as state.pool,
        pool_of(dsn, FOR_DOORS) as doors,
    ):
        await all_tenants(doors, state.vault)  # a master key that is not theirs is found now, not by the first till
        state.pools = {"writes": pool, "reads": state.pool, "doors": doors}
        state.register = Register(doors, state.vault)
        state.sign_in = SignIn(doors, state.register.secret)
        state.writer = Writer(
            pool, state.vault, committed, queued_at_most=settings.queued_commands, measured=state.tally.appended
        )
        projecting = _projecting(dsn, Vault(*settings.master_keys()), wake, state.progress)
        sealing = _sealing(dsn, Memory(settings.seal_dir), wake_sealer)
        async with (
            projecting if projectors else contextlib.nullcontext(),
            sealing if sealer else contextlib.nullcontext() as state.sealer,
        ):
            yield
            await state.works.close()
            state.watch.close()
            await state.writer.close()


@contextlib.asynccontextmanager
async def _projecting(dsn: str, vault: Vault, wake: asyncio.Event, progress: Progress) -> AsyncIterator[None]:
    """Projectors at work."""
    stop = asyncio.Event()
    async with (
        pool_of(dsn, FOR_PROJECTORS, WORK_WITHIN) as pool,
        _at_work(pool, stop, run_forever(pool, vault, stop, wake, progress)),
    ):
        yield


@contextlib.asynccontextmanager
async def _sealing(dsn: str, memory: Memory, wake: asyncio.Event) -> AsyncIterator[Sealer]:
    """A sealer at work, in its own role."""
    stop = asyncio.Event()
    async with pool_of(dsn, FOR_SEALER, WORK_WITHIN, SEALER) as pool:
        sealer = Sealer(pool, memory)
        async with _at_work(pool, stop, sealer.run(stop, wake)):
            yield sealer


@contextlib.asynccontextmanager
async def _at_work(pool: Pool, stop: asyncio.Event, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """`work` beside the block; on the way out `stop` is set, and what is in hand is finished."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([task], timeout=FINISH_WITHIN)
        # What is still under way hears that its connection is gone, and ends; a frozen server would never say so.
        pool.terminate()
        await task
