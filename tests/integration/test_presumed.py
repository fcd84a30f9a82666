"""A batch that presumes instead of reading: what is not as presumed is read after all, before anybody is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ledger.commands import AssignExternalId, SetStatus
from ledger.draft import Answer, Context
from ledger.erasure import EraseCustomer
from ledger.errors import Refused
from ledger.recent import Recent
from ledger.records import ExternalInformation
from ledger.view import MovedOn
from ledger.writer import Writer
from tests.integration.shop import Body, Shop, cart, command, open_shop, order_id, sale
from tests.integration.test_moved_on import (
    NEW,
    OF_EVA,
    Decided,
    her_erasure,
    same_order,
    same_receipt,
    swish_that_waits_for_it,
)


@pytest.fixture
async def shop(dsn: str) -> AsyncIterator[Shop]:
    async with open_shop(dsn) as opened:
        yield opened


@pytest.fixture
async def other(shop: Shop) -> AsyncIterator[Shop]:
    """The same shop in another process, as far as the ledger can tell."""
    writer = Writer(shop.pool, shop.vault)
    yield shop._replace(writer=writer)
    await writer.close()


async def knowing(shop: Shop, *bodies: Body) -> Recent:
    """What a process knows once it has written these, with the tenant to itself."""
    recent = Recent()
    decided = await Decided.begin(shop, *(command(shop.tenant, body) for body in bodies), recent=recent)
    await decided.append()
    return recent


async def presuming(shop: Shop, recent: Recent, *bodies: Body, online: bool = False) -> Decided:
    """Orders decided with that knowledge."""
    commands = [command(shop.tenant, body, online=online) for body in bodies]
    return await Decided.begin(shop, *commands, recent=recent, may_presume=True)


async def test_new_orders_are_not_looked_up(shop: Shop) -> None:
    recent = await knowing(shop, sale("a", receipt=1))
    decided = await presuming(shop, recent, sale("b", receipt=2), sale("c"), sale("hers") | OF_EVA)
    assert decided.draft.batch.presumes
    assert await decided.append() == [Answer(6, False), Answer(9, False), Answer(12, False)]
    assert recent.head == 12


async def test_what_is_likely_there_is(shop: Shop) -> None:
    """An order that was written here, and anything where nobody has looked at the log yet. Numbers are read, but not who
    waits for an order of such a number.
    """
    recent = await knowing(shop, sale("a", receipt=1))
    again = await presuming(shop, recent, sale("a", receipt=1))
    drawn = await presuming(shop, recent, cart("web"), online=True)
    first = await presuming(shop, Recent(), sale("b"))
    assert [decided.draft.batch.presumes for decided in (again, drawn, first)] == [False, True, False]
    assert await again.append() == [Answer(3, True)]
    assert await drawn.append() == [Answer(5, False)]
    assert await first.append() == [Answer(8, False)]


@pytest.mark.parametrize(
    ("before", "body"),
    [
        (same_order, NEW),
        (same_receipt, NEW),
        (swish_that_waits_for_it, NEW),
        (her_erasure, NEW | OF_EVA),
        (her_erasure, sale("hers", Comments="again")),
    ],
)
async def test_what_is_not_so_is_not_appended(
    shop: Shop, other: Shop, before: Callable[[Shop], Awaitable[None]], body: Body
) -> None:
    recent = await knowing(shop, sale("hers", Status=0, Payments=[], Receipts=[]) | OF_EVA)
    await before(other)
    decided = await presuming(shop, recent, body, sale("beside it"))
    assert decided.draft.batch.presumes
    log = await shop.events()
    with pytest.raises(MovedOn):
        await decided.append()
    assert await shop.events() == log


async def test_what_another_process_wrote_is_known_at_the_second_look(shop: Shop, other: Shop) -> None:
    """A till whose order went to one server, and who then asks another, which has nothing to append."""
    await shop.post(sale("warm"))
    there = await other.post(sale("a", receipt=7))
    assert await shop.post(sale("a", receipt=7)) == there._replace(duplicate=True)
    with pytest.raises(Refused, match="receipt 7"):
        await shop.post(sale("b", receipt=7))
    assert await shop.post(sale("b", receipt=8)) == Answer(9, False)


@pytest.mark.parametrize(
    "asked",
    [
        AssignExternalId(sent=ExternalInformation(Id=order_id("a"), ExternalID="V-1")),
        SetStatus(order_id=order_id("a"), status=4, swish_type=10),
    ],
)
async def test_nobody_is_refused_on_a_presumption(shop: Shop, other: Shop, asked: AssignExternalId | SetStatus) -> None:
    await shop.post(sale("warm"))
    await other.post(sale("a"))
    assert not (await shop.writer.submit(shop.tenant, asked, Context(actor="test"))).duplicate


async def test_keys_and_positions_of_what_is_more_than_one_statement(shop: Shop, other: Shop) -> None:
    """A customer's first order brings a key of hers, an Idempotency-Key its position: both are one with the events."""
    await shop.post(sale("warm"))
    await other.post(sale("theirs"))
    hers = sale("hers") | OF_EVA
    assert await shop.post(hers, key="k") == Answer(9, False)
    assert await shop.post(hers, key="k") == Answer(9, True)
    assert await other.post(sale("more of hers") | OF_EVA) == Answer(12, False)
    subjects = await shop.pool.fetch("SELECT subject FROM ledger.personal_keys")
    assert len(subjects) == len({subject for (subject,) in subjects}) == 1


async def test_an_erasure_of_ours_is_seen_by_what_follows(shop: Shop) -> None:
    await shop.post(sale("hers") | OF_EVA)
    await shop.writer.submit(shop.tenant, EraseCustomer(customer_id=order_id("eva")), Context(actor="test"))
    await shop.post(sale("hers too") | OF_EVA)
    assert await shop.pool.fetchval("SELECT count(*) FROM ledger.personal_keys WHERE wrapped IS NOT NULL") == 0
