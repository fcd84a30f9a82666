"""What lives as long as the server: pools, writer, projectors, sealer. Started in order, stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from api.access import Register
from api.connect import at_work, pool_of
from api.projector import projecting
from api.throttle import Throttle
from api.watch import Watch
from ledger.audit.memory import Memory
from ledger.audit.sealer import Sealer
from ledger.database import READING, SEALER, SERVER
from ledger.pool import WORK_WITHIN
from ledger.settings import Settings
from ledger.sign_in import SignIn
from ledger.store import Vault
from ledger.tenants import all_tenants
from ledger.writer import Writer
from projections.progress import Progress

# Connections. The writer has a pool of its own, and so has the look-up of credentials: however many reports are asked
# for, a till can sell.
FOR_READS, FOR_WRITES, FOR_DOORS, FOR_SEALER = 12, 8, 3, 1


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
    state.watch, state.health = Watch(dsn), Watch(dsn, amiss=True)
    state.appended = Progress()
    wake_sealer = asyncio.Event()

    def committed(tenant_id: int) -> None:
        wake_projectors(tenant_id)
        wake_sealer.set()
        state.appended.moved()

    async with (
        pool_of(dsn, FOR_WRITES) as pool,
        pool_of(dsn, FOR_READS, settings=READING | {"application_name": SERVER}) as state.pool,
        pool_of(dsn, FOR_DOORS) as doors,
    ):
        await all_tenants(doors, state.vault)  # a master key that is not theirs is found now, not by the first till
        state.pools = {"writes": pool, "reads": state.pool, "doors": doors}
        state.register = Register(doors, state.vault)
        state.sign_in = SignIn(doors, state.register.secret)
        apart = projecting(settings, dsn, state.progress)
        sealing = _sealing(dsn, Memory(settings.seal_dir), wake_sealer)
        async with (
            apart if projectors else contextlib.nullcontext(_nobody) as wake_projectors,
            sealing if sealer else contextlib.nullcontext() as state.sealer,
        ):
            state.writer = Writer(
                pool, state.vault, committed, queued_at_most=settings.queued_commands, measured=state.tally.appended
            )
            yield
            await state.works.close()
            state.watch.close()
            state.health.close()
            await state.writer.close()


def _nobody(_: int) -> None:
    """Projectors of other processes hear by NOTIFY."""


@contextlib.asynccontextmanager
async def _sealing(dsn: str, memory: Memory, wake: asyncio.Event) -> AsyncIterator[Sealer]:
    """A sealer at work, in its own role."""
    stop = asyncio.Event()
    async with pool_of(dsn, FOR_SEALER, WORK_WITHIN, SEALER) as pool:
        sealer = Sealer(pool, memory)
        async with at_work(pool, stop, sealer.run(stop, wake)):
            yield sealer
