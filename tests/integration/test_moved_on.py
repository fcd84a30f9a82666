"""A batch that is decided while another process appends: all the same if what it has read is still so, else anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from ledger.batch import Batch
from ledger.commands import Command, TakeSwish
from ledger.commit import commit
from ledger.draft import Answer, Context, Draft, Request
from ledger.erasure import EraseCustomer
from ledger.errors import Refused
from ledger.events import SwishStatusReceived
from ledger.recent import Recent
from ledger.swish_door import OPEN
from ledger.view import MovedOn
from tests.integration.shop import PATH, Body, Shop, command, order_id, sale

EVA = order_id("eva")
PAID = SwishStatusReceived(kind="payment", status="PAID", amount=Decimal(133), payee_payment_reference="F-1")
OF_EVA = {"CustomerId": str(EVA), "Comments": "no onions"}


class Decided:
    """Commands that were read and decided, and are not appended yet."""

    def __init__(self, shop: Shop, draft: Draft) -> None:
        self._shop, self.draft = shop, draft

    @classmethod
    async def begin(cls, shop: Shop, *commands: Command, batch: Batch | None = None, key: str | None = None) -> Decided:
        draft = Draft(batch or Batch(shop.tenant.tenant_id, Recent()))
        loop = asyncio.get_running_loop()
        contexts = [
            Context("test", idempotency=(PATH, key, one.fingerprint or "") if key else None) for one in commands
        ]
        asked = zip(commands, contexts, strict=True)
        requests = [Request(one, context, loop.create_future(), 0.0) for one, context in asked]
        decided = cls(shop, draft)
        try:
            await draft.add(await draft.connect(shop.pool), shop.vault, requests)
        except MovedOn:
            await decided.let_go()
            raise
        return decided

    async def let_go(self) -> None:
        connection = self.draft.let_go()
        assert connection is not None
        await self._shop.pool.release(connection)

    async def append(self, *, crowded: bool = False) -> list[Answer | BaseException | None]:
        """What each is told."""
        try:
            await commit(self._shop.pool, self._shop.vault, self.draft, Draft.committed, crowded=crowded)
        finally:
            await self.let_go()
        return [answer.exception() or answer.result() for answer in (one.answer for one in self.draft.requests)]


@pytest.mark.parametrize("crowded", [False, True])
async def test_what_concerns_others_does_not_matter(shop: Shop, other: Shop, crowded: bool) -> None:
    await shop.post(sale("known", receipt=1))
    ours = [sale("a", receipt=2), sale("a", receipt=2), sale("known", receipt=1), sale("b", receipt=1)]
    amended = sale("known", receipt=1, TaxPercent=25.0)
    decided = await Decided.begin(shop, *(command(shop.tenant, body) for body in [*ours, amended]))
    await other.post(sale("c", receipt=3))
    first, again, known, taken, amendment = await decided.append(crowded=crowded)
    assert decided.draft.moved == 3
    assert (first, again, known) == (Answer(9, False), Answer(9, True), Answer(3, True))
    assert isinstance(taken, Refused) and amendment == Answer(10, False)
    events = await shop.events()
    assert [(position, stream[6:]) for position, stream, *_ in events[6:]] == [
        (7, str(order_id("a"))), (8, str(order_id("a"))), (9, str(order_id("a"))), (10, str(order_id("known"))),
    ]  # fmt: skip
    assert await shop.post(sale("a", receipt=2)) == Answer(9, True)
    assert await shop.post(amended) == Answer(10, True)


async def same_order(other: Shop) -> None:
    await other.post(sale("a", Comments="theirs"))


async def same_receipt(other: Shop) -> None:
    await other.post(sale("b", receipt=7))


async def swish_that_waits_for_it(other: Shop) -> None:
    said = TakeSwish(stream="swish-A1", said=PAID, swish_type=10, door=OPEN)
    await other.writer.submit(other.tenant, said, Context(actor="test"))


async def her_erasure(other: Shop) -> None:
    await other.writer.submit(other.tenant, EraseCustomer(customer_id=EVA), Context(actor="test"))


NEW = sale("a", receipt=7, InvoiceNumber="F-1")


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize(
    ("meanwhile", "body"),
    [
        (same_order, NEW),
        (same_receipt, NEW),
        (swish_that_waits_for_it, NEW),
        (her_erasure, NEW | OF_EVA),
        (her_erasure, sale("hers", Comments="again")),  # her key seals it, and nothing else says that it is hers
    ],
)
async def test_what_it_has_read_does(
    shop: Shop, other: Shop, meanwhile: Callable[[Shop], Awaitable[None]], body: Body, crowded: bool
) -> None:
    await shop.post(sale("hers") | OF_EVA)
    decided = await Decided.begin(shop, command(shop.tenant, body))
    await meanwhile(other)
    before = await shop.events()
    with pytest.raises(MovedOn):
        await decided.append(crowded=crowded)
    assert await shop.events() == before


async def test_two_that_write_all_the_time(shop: Shop, other: Shop) -> None:
    """Each knows afterwards what it has written where, for it answers from memory."""
    both = shop, other
    bodies = [[sale(f"{side}/{number}") for number in range(200)] for side in "ab"]
    amended = [[body | {"TaxPercent": 25.0} for body in part] for part in bodies]
    for parts in (bodies, amended):
        told = await asyncio.gather(*(one.post(body) for one, part in zip(both, parts, strict=True) for body in part))
        assert not any(answer.duplicate for answer in told)
        again = await asyncio.gather(*(one.post(body) for one, part in zip(both, parts, strict=True) for body in part))
        assert again == [answer._replace(duplicate=True) for answer in told]
    events = await shop.events()
    assert [position for position, *_ in events] == list(range(1, 401 * 4 - 3))
    last = {stream: position for position, stream, *_ in events}
    assert [last[f"order-{body['Id']}"] for part in bodies for body in part] == [answer.position for answer in told]
