"""An append whose backend does not answer: what is said not to have happened never happens."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from ledger.append import append
from ledger.batch import Batch
from ledger.draft import Draft, Request
from ledger.errors import Unavailable
from ledger.outage import ask_after
from ledger.recent import Recent
from ledger.writer import Answer, Context
from tests.integration.shop import command, open_shop, sale


async def test_an_append_that_has_not_begun_is_ended_before_it_is_called_undone(dsn: str) -> None:
    """Its backend is frozen with the statement in its socket."""
    async with open_shop(dsn) as shop:
        async with shop.pool.acquire() as connection:
            await connection.act_for(shop.tenant.tenant_id)
            backend = connection.get_server_pid()
            batch = Batch(shop.tenant.tenant_id, Recent())
            draft = Draft(batch)
            sent = command(shop.tenant, sale("a"))
            request = Request(sent, Context(actor="test"), asyncio.get_running_loop().create_future(), 0.0)
            await draft.add(connection, shop.vault, [request])
            os.kill(backend, signal.SIGSTOP)
            try:
                appending = asyncio.ensure_future(append(connection, shop.vault, batch, draft.rows, at_end=True))
                asking = asyncio.ensure_future(
                    ask_after(shop.pool, batch.tenant_id, draft.rows.first_id, time.monotonic(), backend)
                )
                await asyncio.sleep(1)
                assert not asking.done(), "nobody knows yet"
            finally:
                os.kill(backend, signal.SIGCONT)
            with pytest.raises(Unavailable):
                await asking
            assert isinstance((await asyncio.gather(appending, return_exceptions=True))[0], Exception)
        assert await shop.events() == []
        assert await shop.post(sale("a")) == Answer(3, duplicate=False)
