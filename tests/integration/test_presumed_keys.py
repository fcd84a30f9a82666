"""Idempotency-Keys of a batch that presumes: one that was never seen is not looked up, the append does."""

from __future__ import annotations

import msgspec
import pytest

from ledger.draft import Answer
from ledger.errors import Refused
from ledger.view import MovedOn
from tests.integration.shop import Shop, command, sale
from tests.integration.test_presumed import Process, never_appended


async def test_a_key_is_not_looked_up(shop: Shop, other: Shop) -> None:
    """The append sees one that another process has used, be it for something else."""
    process = Process(shop)
    await process.write(sale("a"))
    await other.post(sale("theirs"), key="used")
    decided = await process.decide_all([command(shop.tenant, sale("b"))], key="k")
    await never_appended(shop, await process.decide_all([command(shop.tenant, sale("b"))], key="used"))
    assert await decided.append() == [Answer(9, False)]
    assert await shop.pool.fetchval("SELECT position FROM ledger.idempotency_keys WHERE key = 'k'") == 9
    assert await other.post(sale("b"), key="k") == Answer(9, True)
    with pytest.raises(Refused, match="Idempotency-Key"):
        await other.post(sale("c"), key="k")


async def test_a_key_that_another_process_has_used_since(shop: Shop, other: Shop) -> None:
    """Its position lies behind where the batch begins, and would be moved with the batch's own."""
    process = Process(shop)
    await process.write(sale("a"))
    await other.post(sale("b"), key="k")
    process.knows("k")
    with pytest.raises(MovedOn):
        await process.decide_all([command(shop.tenant, sale("b"))], key="k")


async def test_a_key_is_looked_up_before_anybody_is_refused(shop: Shop, other: Shop) -> None:
    """Nothing is written of a refused command: no append would look at the key that came with it."""
    process = Process(shop)
    await process.write(sale("a"))
    await other.post(sale("b"), key="k")
    stale = msgspec.structs.replace(command(shop.tenant, sale("a", Comments="no milk")), expected=1)
    (refusal,) = await (await process.decide_alone(stale, key="k")).append()
    assert isinstance(refusal, Refused) and "Idempotency-Key" in str(refusal)


async def test_a_retry_by_its_key_has_read_nothing(shop: Shop) -> None:
    """What is built upon a batch of such has to read where the log ends."""
    process = Process(shop)
    first = await shop.post(sale("a"), key="k")
    process.knows("k")
    retry = command(shop.tenant, sale("a"))
    retried = await process.decide_all([retry], key="k")
    following = await process.decide_all([command(shop.tenant, sale("b")), retry], upon=retried.draft.batch, key=None)
    assert not following.draft.batch.presumes
    assert await retried.append() == [first._replace(duplicate=True)]
    assert await following.append() == [Answer(6, False), first._replace(duplicate=True)]
