"""A batch that presumes instead of reading: what is not as presumed is read after all, before anybody is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

import pytest

from ledger import common
from ledger.batch import Batch
from ledger.commands import AssignExternalId, Command, SetStatus, TakeSwish
from ledger.draft import Answer, Context
from ledger.erasure import EraseCustomer
from ledger.errors import Refused
from ledger.post_order import PostOrder
from ledger.recent import Recent
from ledger.records import ExternalInformation
from ledger.swish_door import OPEN
from ledger.view import MovedOn
from tests.integration.shop import PATH, Body, Shop, cart, command, order_id, sale
from tests.integration.test_moved_on import (
    NEW,
    OF_EVA,
    PAID,
    Decided,
    her_erasure,
    same_order,
    same_receipt,
    swish_that_waits_for_it,
)


class Process:
    """One that has written these orders, with the tenant to itself so far."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._recent = Recent()
        self._last = Batch(shop.tenant.tenant_id, self._recent)

    async def write(self, *bodies: Body) -> None:
        self._last = Batch(self._shop.tenant.tenant_id, self._recent)
        decided = await Decided.begin(self._shop, *self._commands(bodies, online=False), batch=self._last)
        await decided.append()

    async def decide(self, *bodies: Body, online: bool = False) -> Decided:
        """Orders, upon the batch that was the last."""
        return await self.decide_all(self._commands(bodies, online=online))

    async def decide_all(
        self, commands: Sequence[Command], *, upon: Batch | None = None, key: str | None = None
    ) -> Decided:
        batch = Batch(self._shop.tenant.tenant_id, self._recent, upon or self._last, may_presume=True)
        return await Decided.begin(self._shop, *commands, batch=batch, key=key)

    async def decide_alone(self, asked: Body | Command, *, key: str | None = None) -> Decided:
        """Something, upon where the log ended when the last batch was committed."""
        batch = Batch(self._shop.tenant.tenant_id, self._recent, head=self._last.end, may_presume=True)
        one = command(self._shop.tenant, asked) if isinstance(asked, dict) else asked
        return await Decided.begin(self._shop, one, batch=batch, key=key)

    def knows(self, key: str) -> None:
        """It has seen an Idempotency-Key."""
        self._recent.note([(PATH, key)])

    def _commands(self, bodies: Sequence[Body], *, online: bool) -> list[PostOrder]:
        return [command(self._shop.tenant, body, online=online) for body in bodies]


@pytest.fixture
async def process(shop: Shop) -> Process:
    return Process(shop)


async def test_new_orders_are_not_looked_up(process: Process) -> None:
    await process.write(sale("a", receipt=1))
    decided = await process.decide(sale("b", receipt=2), sale("c"), sale("hers") | OF_EVA)
    assert decided.draft.batch.presumes
    assert await decided.append() == [Answer(6, False), Answer(9, False), Answer(12, False)]


async def test_an_order_that_was_written_here_is_looked_up(process: Process) -> None:
    await process.write(sale("a", receipt=1), sale("b"))
    await process.write(sale("c"))
    decided = await process.decide(sale("a", receipt=1))
    assert not decided.draft.batch.presumes
    assert await decided.append() == [Answer(3, True)]


async def test_numbers_are_looked_up(shop: Shop, process: Process, other: Shop) -> None:
    """But not who waits for an order of such a number."""
    await other.post_online(cart("theirs"))
    await process.write(sale("a"))
    decided = await process.decide(cart("web"), online=True)
    assert decided.draft.batch.presumes
    assert await decided.append() == [Answer(7, False)]
    assert await shop.pool.fetchval("SELECT value FROM ledger.counters WHERE name = 'OrderIntID'") == 2


@pytest.mark.parametrize(
    ("before", "body"),
    [
        (same_order, NEW),
        (same_order, NEW | OF_EVA),  # with her key
        (same_receipt, NEW),
        (swish_that_waits_for_it, NEW),
    ],
)
@pytest.mark.parametrize("is_last", [True, False])
async def test_what_is_not_so_is_not_appended(
    shop: Shop,
    process: Process,
    other: Shop,
    before: Callable[[Shop], Awaitable[None]],
    body: Body,
    is_last: bool,
) -> None:
    await before(other)
    await process.write(sale("warm"))
    if not is_last:
        await other.post(sale("since"))
    await never_appended(shop, await process.decide(body, sale("beside it")))


@pytest.mark.parametrize("body", [NEW | OF_EVA, sale("hers", Comments="again")])
async def test_nothing_is_sealed_with_a_key_that_is_gone(shop: Shop, process: Process, other: Shop, body: Body) -> None:
    await process.write(sale("hers", Status=0, Payments=[], Receipts=[]) | OF_EVA)
    await her_erasure(other)
    await never_appended(shop, await process.decide(body, sale("beside it")))


async def never_appended(shop: Shop, decided: Decided) -> None:
    assert decided.draft.batch.presumes
    log = await shop.events()
    with pytest.raises(MovedOn):
        await decided.append()
    assert await shop.events() == log


async def test_a_customers_first_orders_at_two_servers(shop: Shop, process: Process, other: Shop) -> None:
    """Each makes a key for her; one of them is decided again."""
    await process.write(sale("a"))
    decided = await process.decide(sale("hers") | OF_EVA)
    await other.post(sale("hers too") | OF_EVA)
    await never_appended(shop, decided)


async def test_where_it_came_elsewhere_memory_knows_the_names_only(process: Process, other: Shop) -> None:
    await process.write(sale("a"))
    decided = await process.decide(sale("b"))
    await other.post(sale("c"))
    await decided.append()
    assert decided.draft.moved
    await process.write(sale("d"))
    assert not (again := await process.decide(sale("b"))).draft.batch.presumes
    assert await again.append() == [Answer(9, True)]


async def test_memory_keeps_nothing_of_somebody_erased(shop: Shop) -> None:
    """Nor does a batch hand it on that knows more of an order than the log has."""
    hers = sale("hers") | OF_EVA
    await shop.post(hers)
    await her_erasure(shop)
    recent = Recent()
    amended = await Decided.begin(
        shop, command(shop.tenant, hers | {"Comments": "no nuts"}), batch=Batch(shop.tenant.tenant_id, recent)
    )
    moved = SetStatus(order_id=order_id("hers"), status=4)
    upon = Batch(shop.tenant.tenant_id, recent, amended.draft.batch, may_presume=True)
    following = await Decided.begin(shop, moved, batch=upon)
    for decided in (amended, following):
        (answer,) = await decided.append()
        assert isinstance(answer, Answer) and not answer.duplicate
    assert recent.get(f"order-{order_id('hers')}") is None


async def test_a_key_is_made_with_the_events_that_it_seals(shop: Shop, process: Process, other: Shop) -> None:
    """Wherever they come; one for each new order of nobody's, and one for a customer."""
    await process.write(sale("a"))
    await other.post(sale("b"))
    ours = (
        sale("no onions", Comments="1"),
        sale("hers") | OF_EVA,
        sale("nuts", Comments="2"),
        sale("nuts", Comments="3"),
    )
    decided = await process.decide(*ours)
    assert decided.draft.batch.presumes
    assert await decided.append() == [Answer(9, False), Answer(12, False), Answer(15, False), Answer(16, False)]
    streams = [f"order-{order_id('no onions')}", f"order-{order_id('nuts')}", f"customer-{OF_EVA['CustomerId']}"]
    subjects = await shop.pool.fetch("SELECT subject FROM ledger.personal_keys WHERE wrapped IS NOT NULL")
    assert sorted(subject for (subject,) in subjects) == sorted(streams)
    assert await other.post(ours[-1]) == Answer(16, True)
    assert await other.post(sale("no onions", Comments="4")) == Answer(17, False)


Ask = Callable[[Shop, Awaitable[Answer]], Awaitable[Answer]]


async def among_others(shop: Shop, asked: Awaitable[Answer]) -> Answer:
    """What is asked when so much else is that a batch is in the air already."""
    *_, answer = await asyncio.gather(*(shop.post(sale(str(uuid4()))) for _ in range(100)), asked)
    return answer


async def after_another(shop: Shop, asked: Awaitable[Answer]) -> Answer:
    """What is asked when the database has answered just now."""
    await shop.post(sale(str(uuid4())))
    return await asked


@pytest.fixture(params=[among_others, after_another])
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(common, "AWAKE_FOR", 60.0)
    how: Ask = request.param
    return how


async def test_what_another_process_wrote_is_known_at_the_second_look(shop: Shop, other: Shop, ask: Ask) -> None:
    """A till whose order went to one server, and who then asks another, which has nothing to append."""
    there = await other.post(sale("a", receipt=7))
    assert await ask(shop, shop.post(sale("a", receipt=7))) == there._replace(duplicate=True)
    with pytest.raises(Refused, match="receipt 7"):
        await ask(shop, shop.post(sale("b", receipt=7)))
    last = await ask(shop, shop.post(sale("b", receipt=8)))
    assert last == Answer(len(events := await shop.events()), False) and events[-1][1] == f"order-{order_id('b')}"


async def test_a_payment_finds_its_order(shop: Shop, other: Shop, ask: Ask) -> None:
    await other.post(sale("a", InvoiceNumber="F-1", PaymentStatus=0, Payments=[], Receipts=[], Status=0))
    said = TakeSwish(stream="swish-A1", said=PAID, swish_type=10, door=OPEN)
    await ask(shop, shop.writer.submit(shop.tenant, said, Context(actor="test")))
    types = [type_ for _, stream, _, type_ in await shop.events() if stream in ("swish-A1", f"order-{order_id('a')}")]
    assert types[0] == "order.drafted" and {"swish.status_received", "swish.tied", "payment.captured"} <= {*types}


@pytest.mark.parametrize(
    "asked",
    [
        AssignExternalId(sent=ExternalInformation(Id=order_id("a"), ExternalID="V-1")),
        SetStatus(order_id=order_id("a"), status=4),
    ],
)
async def test_nobody_is_refused_on_a_presumption(
    shop: Shop, other: Shop, asked: AssignExternalId | SetStatus, ask: Ask
) -> None:
    await other.post(sale("a"))
    answer = await ask(shop, shop.writer.submit(shop.tenant, asked, Context(actor="test")))
    assert not answer.duplicate and (await shop.events())[answer.position - 1][1] == f"order-{order_id('a')}"


async def test_keys_and_positions_of_what_is_more_than_one_statement(shop: Shop, other: Shop, ask: Ask) -> None:
    """A customer's first order brings a key of hers, an Idempotency-Key its position: both are one with the events."""
    await other.post(sale("theirs"))
    hers = sale("hers") | OF_EVA
    first = await ask(shop, shop.post(hers, key="k"))
    assert (await shop.events())[first.position - 1][1] == f"order-{order_id('hers')}"
    assert await ask(shop, shop.post(hers, key="k")) == first._replace(duplicate=True)
    assert not (await other.post(sale("more of hers") | OF_EVA)).duplicate
    subjects = await shop.pool.fetch("SELECT subject FROM ledger.personal_keys")
    assert len(subjects) == len({subject for (subject,) in subjects}) == 1


async def test_an_erasure_of_ours_is_seen_by_what_follows(shop: Shop, ask: Ask) -> None:
    await shop.post(sale("hers") | OF_EVA)
    await shop.writer.submit(shop.tenant, EraseCustomer(customer_id=order_id("eva")), Context(actor="test"))
    await ask(shop, shop.post(sale("hers too") | OF_EVA))
    assert await shop.pool.fetchval("SELECT count(*) FROM ledger.personal_keys WHERE wrapped IS NOT NULL") == 0
