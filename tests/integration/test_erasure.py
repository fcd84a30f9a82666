"""A customer is erased for good: keys, log, read models; whoever else is writing, reading or was killed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from ledger.erasure import EraseCustomer
from ledger.records import Customer, Order, Payment
from ledger.store import Pool, Vault
from ledger.writer import Context, Writer
from projections import ALL, rebuild
from projections.following import run_forever, run_until_caught_up
from projections.forgetting import StillShown, forget_everywhere
from projections.rebuild import RebuildRuns, throw_away_leftovers
from projections.runner import Runner
from tests.integration.conftest import MASTER_KEY, SQL, Till, sale

ANNA, BO = UUID(int=0xA), UUID(int=0xB)
WORD = b"Lovisa"


def annas(number: int, **members: object) -> Order:
    """A sale to Anna, who says something with every document."""
    customer = Customer(Id=ANNA, Name=f"Anna {WORD.decode()}")
    return sale(number, **{"CustomerId": ANNA, "Customer": customer, "Comments": WORD.decode(), **members})


async def erase(till: Till, who: UUID = ANNA, writer: Writer | None = None) -> int:
    """Erases a customer in the log; the position."""
    command = EraseCustomer(customer_id=who)
    answer = await (writer or till.writer).submit(till.tenant, command, Context(actor="test"))
    return answer.position


async def stored(till: Till) -> bytes:
    """All bytes of the log and of the orders' read model."""
    rows = [*await till.pool.fetch(SQL["everything_of_events"]), *await till.pool.fetch(SQL["everything_of_orders"])]
    return b"\n".join(value for row in rows for value in row)


async def keys(till: Till) -> dict[str, bool]:
    """Whether there is a key, by subject."""
    return {row["subject"]: row["alive"] for row in await till.pool.fetch(SQL["keys"])}


@pytest.fixture
async def another(till: Till, dsn: str) -> AsyncIterator[Writer]:
    """A writer of another process, which has keys and orders in its memory."""
    writer = Writer(till.pool, Vault(MASTER_KEY))
    yield writer
    await writer.close()


async def test_a_key_goes_with_the_event_and_never_comes_back(till: Till) -> None:
    await till.post(annas(1), sale(2, Comments="nobody's"))
    assert await keys(till) == {f"customer-{ANNA}": True, f"order-{UUID(int=2)}": True}
    await erase(till)
    await till.post(annas(1, TableId=4), annas(3))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    gone = (f"customer-{ANNA}", f"order-{UUID(int=1)}", f"order-{UUID(int=3)}")
    assert await keys(till) == {f"order-{UUID(int=2)}": True, **dict.fromkeys(gone, False)}
    assert WORD not in await stored(till)


async def test_another_process_forgets_what_it_knows_before_it_writes(till: Till, another: Writer) -> None:
    theirs = Till(till.pool, till.vault, till.tenant, another)
    await theirs.post(annas(1, Status=3))
    position = await erase(till)
    await theirs.post(annas(1, TableId=4))
    await theirs.post(annas(2))
    await forget_everywhere(till.pool, Vault(MASTER_KEY), till.tenant.tenant_id, position)
    assert not (await keys(till))[f"customer-{ANNA}"]
    assert WORD not in await stored(till)


async def test_a_retry_of_an_old_document_is_still_a_duplicate(till: Till) -> None:
    first = await till.post(annas(1))
    last = await till.post(annas(1, TableId=4))
    await erase(till)
    assert await till.post(annas(1)) == first and await till.post(annas(1, TableId=4)) == last


async def test_what_is_left_is_an_order_like_any_other(till: Till) -> None:
    paid = Payment(Id=UUID(int=9), PaidAmount=Decimal(10), PayerRef=WORD.decode())
    await till.post(annas(1, Payments=[paid]))
    await erase(till)
    await till.post(annas(1, Payments=[paid], TableId=7), annas(1, Payments=[paid], Status=14))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    assert WORD not in await stored(till)


async def test_an_erasure_while_tills_sell_and_others_project(till: Till, another: Writer) -> None:
    stop = asyncio.Event()
    projecting = [asyncio.create_task(run_forever(till.pool, Vault(MASTER_KEY), stop)) for _ in range(2)]
    theirs = Till(till.pool, till.vault, till.tenant, another)
    await till.post(annas(1))

    async def sell(seller: Till, first: int) -> None:
        for number in range(first, first + 60):
            await seller.post(annas(number, Status=3), sale(1000 + number))
            await seller.post(annas(number))

    selling = [asyncio.create_task(sell(seller, at)) for seller, at in ((till, 100), (theirs, 300))]
    await asyncio.sleep(0.2)
    await forget_everywhere(till.pool, Vault(MASTER_KEY), till.tenant.tenant_id, await erase(till))
    assert WORD not in await stored(till)
    await asyncio.gather(*selling)
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    stop.set()
    await asyncio.gather(*projecting)
    assert WORD not in await stored(till) and await till.sold() == 241


async def test_a_read_model_that_has_stopped_is_told(till: Till) -> None:
    await till.post(annas(1))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    await till.pool.execute(SQL["stop_projection"], till.tenant.tenant_id, "swish")
    position = await erase(till)
    with pytest.raises(StillShown, match="read model swish has stopped"):
        await forget_everywhere(till.pool, Vault(MASTER_KEY), till.tenant.tenant_id, position)
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    await forget_everywhere(till.pool, Vault(MASTER_KEY), till.tenant.tenant_id, position)


async def test_what_a_killed_rebuild_has_left_is_thrown_away(till: Till, dsn: str) -> None:
    await till.post(annas(1))
    await run_until_caught_up(till.pool, Vault(MASTER_KEY))
    half = Runner(till.pool, Vault(MASTER_KEY), [ALL[0]], suffix=rebuild.NEXT)
    await rebuild._begin(till.pool, ALL[0].name)
    assert await half.step(till.tenant.tenant_id)
    await forget_everywhere(till.pool, Vault(MASTER_KEY), till.tenant.tenant_id, await erase(till))
    assert "_next" not in str(await till.pool.fetch(SQL["generations"]))
    assert WORD not in await stored(till)


async def test_leftovers_of_a_rebuild_that_runs_stay(till: Till) -> None:
    async with rebuild.one_at_a_time(till.pool):
        with pytest.raises(RebuildRuns):
            await throw_away_leftovers(till.pool)


async def test_the_database_gives_no_erased_subject_a_key(till: Till, pool: Pool) -> None:
    await till.post(annas(1))
    await erase(till)
    for query in ("give_a_key", "delete_keys"):
        with pytest.raises(asyncpg.RestrictViolationError, match="is erased"):
            await pool.execute(SQL[query], f"customer-{ANNA}")
