"""Group commit, over a real database: what a batch owes each of its commands, whatever happens to its neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest

from ledger.batch import Batch
from ledger.commands import LogDrawerEntry, SaveInvoice
from ledger.commit import commit_under_lock
from ledger.database import open_pool, reading
from ledger.draft import Draft, Request
from ledger.errors import Refused, Unavailable
from ledger.events import Encoded
from ledger.recent import Recent
from ledger.records import CustomerInvoice
from ledger.tenant_queue import HALVED_FROM
from ledger.tenants import add_tenant, all_tenants
from ledger.till_records import CashDrawerLog
from ledger.view import Decision, View
from ledger.writer import Answer, Context, Writer
from tests.integration.shop import PATH, Shop, cart, command, order_id, sale


async def at_once(*asked: Coroutine[Any, Any, Answer]) -> list[Answer | BaseException]:
    """The outcomes of commands that are submitted in one go, and so are one batch."""
    return await asyncio.gather(*asked, return_exceptions=True)


def kinds(outcomes: list[Answer | BaseException]) -> list[str]:
    """How each came out: new, duplicate, or the error's name."""
    return [
        ("duplicate" if outcome.duplicate else "new") if isinstance(outcome, Answer) else type(outcome).__name__
        for outcome in outcomes
    ]


class Broken:
    """A command with a bug in it."""

    fingerprint: str | None = None
    parts: Mapping[int, Encoded] = MappingProxyType({})

    def earlier(self) -> Sequence[str]:
        return ()

    def decide(self, view: View, now: datetime) -> Decision:
        raise ZeroDivisionError


async def test_an_answer_names_the_commands_last_event(shop: Shop) -> None:
    assert await shop.post(sale("a")) == Answer(3, duplicate=False)
    assert await shop.post(sale("b")) == Answer(6, duplicate=False)
    assert await shop.events() == [
        (at, f"order-{order_id(name)}", version, type_)
        for name, first in (("a", 1), ("b", 4))
        for at, (version, type_) in enumerate(
            [(1, "order.finalised"), (2, "payment.captured"), (3, "receipt.issued")], first
        )
    ]


async def test_a_batch_is_one_transaction(shop: Shop) -> None:
    await at_once(*(shop.post(sale(str(number))) for number in range(HALVED_FROM)))
    assert await shop.pool.fetchval("SELECT count(DISTINCT xmin::text) FROM ledger.events") == 1
    assert await shop.pool.fetchval("SELECT count(*) FROM ledger.events") == 3 * HALVED_FROM


async def test_a_refused_command_does_not_touch_its_neighbours(shop: Shop) -> None:
    outcomes = await at_once(
        shop.post(sale("a", receipt=1)),
        shop.refused(),
        shop.post(sale("b", receipt=1)),
        shop.post(sale("c", receipt=2)),
        shop.refused(),
    )
    assert kinds(outcomes) == ["new", "Refused", "Refused", "new", "Refused"]
    assert "receipt 1 of this terminal belongs to another order" in str(outcomes[2])
    assert {stream for _, stream, _, _ in await shop.events()} == {f"order-{order_id(name)}" for name in "ac"}
    assert kinds(await at_once(shop.post(sale("b", receipt=3)))) == ["new"]


async def test_a_command_with_a_bug_does_not_touch_its_neighbours(shop: Shop) -> None:
    broken = shop.writer.submit(shop.tenant, Broken(), Context(actor="test"))
    outcomes = await at_once(shop.post(sale("a")), broken, shop.post(sale("b")), shop.post(sale("a")))
    assert kinds(outcomes) == ["new", "ZeroDivisionError", "new", "duplicate"]
    assert len(await shop.events()) == 6


async def test_a_bug_under_the_lock_leaves_the_connection_to_its_tenant(shop: Shop, dsn: str) -> None:
    await add_tenant(shop.pool, shop.vault, "second")
    first, second = await all_tenants(shop.pool, shop.vault)
    await shop.post(sale("a"))
    context = Context(actor="test", idempotency=(PATH, "k", ""))
    broken = Request(Broken(), context, asyncio.get_running_loop().create_future(), 0.0)
    async with await open_pool(dsn, max_size=1) as pool:
        for tenant, events in ((first, 3), (second, 0)):
            async with reading(pool, first.tenant_id):
                pass
            draft = Draft(Batch(tenant.tenant_id, Recent()))
            with pytest.raises(ZeroDivisionError):
                await commit_under_lock(pool, shop.vault, draft, [broken], Draft.committed)
            async with reading(pool, tenant.tenant_id) as connection:
                assert await connection.fetchval("SELECT count(*) FROM ledger.events") == events


async def test_the_same_new_order_twice_in_one_batch(shop: Shop) -> None:
    first, second, other, third = await at_once(*(shop.post(sale(name)) for name in "aaba"))
    assert first == Answer(3, duplicate=False)
    assert second == third == Answer(3, duplicate=True)
    assert other == Answer(6, duplicate=False)
    assert await shop.post(sale("a")) == Answer(3, duplicate=True)


async def test_two_documents_of_one_new_order_in_one_batch(shop: Shop) -> None:
    outcomes = await at_once(shop.post(sale("a", OrderTotal=1)), shop.post(sale("a", OrderTotal=2)))
    assert outcomes == [Answer(3, duplicate=False), Answer(4, duplicate=False)]
    assert (await shop.events())[-1][2:] == (4, "order.amended")


async def test_a_retry_is_known_to_a_process_that_has_just_started(shop: Shop) -> None:
    await shop.post(sale("a"))
    await shop.post(sale("a", OrderTotal=140))
    writer = Writer(shop.pool, shop.vault)
    again = await shop._replace(writer=writer).post(sale("a"))
    assert again == Answer(3, duplicate=True), "a late retry never undoes an amendment"
    assert len(await shop.events()) == 4


async def test_an_idempotency_key_stands_for_one_body(shop: Shop) -> None:
    first = await shop.post(sale("a"), key="k")
    assert await shop.post(sale("a"), key="k") == first._replace(duplicate=True)
    with pytest.raises(Refused, match="this Idempotency-Key was used with another body"):
        await shop.post(sale("b"), key="k")
    assert (await shop.post(sale("b"), key="l")).duplicate is False


async def test_an_idempotency_key_twice_in_one_batch(shop: Shop) -> None:
    outcomes = await at_once(*(shop.post(sale(name), key="k") for name in "aab"))
    assert kinds(outcomes) == ["new", "duplicate", "Refused"]


async def test_a_refused_command_does_not_use_its_idempotency_key_up(shop: Shop) -> None:
    await shop.post(sale("a", receipt=1))
    with pytest.raises(Refused):
        await shop.post(sale("b", receipt=1), key="k")
    outcomes = await at_once(shop.post(sale("b", receipt=1), key="l"), shop.post(sale("b", receipt=2), key="l"))
    assert kinds(outcomes) == ["Refused", "new"]
    assert (await shop.post(sale("c", receipt=3), key="k")).duplicate is False


async def test_a_duplicate_uses_its_idempotency_key_up_though_nothing_is_appended(shop: Shop) -> None:
    first = await shop.post(sale("a"))
    assert await shop.post(sale("a"), key="k") == first._replace(duplicate=True)
    with pytest.raises(Refused, match="another body"):
        await shop.post(sale("b"), key="k")


async def test_drawn_numbers_have_no_hole(shop: Shop) -> None:
    """Whatever comes in between: refused, duplicate, one that brings its own numbers, another batch."""
    await shop.post(sale("till", receipt=5))
    numbered = cart("own", OrderIntID=77, OrderNoOfDay="20261123-9")
    for names in ("ab", "c", "de"):
        outcomes = await at_once(
            shop.post_online(cart(names[0])),
            shop.post_online(cart(names[0])),
            shop.post_online(sale("stale", receipt=5)),
            shop.post_online(numbered),
            shop.refused(),
            *(shop.post_online(cart(name)) for name in names[1:]),
        )
        assert kinds(outcomes)[:3] == ["new", "duplicate", "Refused"]
    await shop.post_online(cart("f", CreationDate="2026-11-24T00:00:00"))
    await shop.post_online(cart("g", OrderNoOfDay="mine"))
    await shop.post_online(cart("h"))
    drawn = await shop.pool.fetch(
        "SELECT data ->> 'order_int_id' AS id, data ->> 'order_no_of_day' AS number FROM ledger.events_as_json "
        "WHERE type = 'order.numbered' ORDER BY position"
    )
    expected = [(str(n), f"20261123-{n}") for n in range(1, 6)]
    assert [tuple(row) for row in drawn] == [*expected, ("6", "20261124-1"), ("7", None), ("8", "20261123-6")]


async def test_what_is_refused_for_its_counter_draws_nothing(shop: Shop) -> None:
    await shop.post(sale("a", receipt=1))
    outcomes = await at_once(shop.post_online(sale("b", receipt=1)), shop.post_online(sale("c", receipt=2)))
    assert kinds(outcomes) == ["Refused", "new"]
    assert dict(await shop.pool.fetch("SELECT name, value FROM ledger.counters")) == {
        "OrderIntID": 1, "OrderNoOfDay/20261123": 1
    }  # fmt: skip


async def test_personal_data_is_nowhere_in_the_clear(shop: Shop) -> None:
    secret = "Hemlig-" + "7" * 9
    person = {"Id": str(order_id("eva")), "Name": secret, "Email": f"{secret}@x.se", "Phone": secret, "Nick": secret}
    line = sale("a")["OrderLines"][0] | {"ItemComments": secret, "Unknown": {"deep": [secret]}}
    line["IngredientItems"] = [{"Quantity": 1, "ItemId": line["ItemId"], "IngredientMode": "+", "ItemComments": secret}]
    personal = {
        "Customer": person, "Customr": person, "Comments": secret, "OrderComments": secret, "OrderLines": [line],
        "Nickname": secret, "SwishPayment": {"Id": str(order_id("swish")), "SwishResponse": secret},
        "Payments": [sale("a")["Payments"][0] | {"PayerRef": secret, "Payer": secret}],
        "Receipts": [sale("a")["Receipts"][0] | {"CustomerPaymentReceipt": secret, "MerchantPaymentReceipt": secret}],
    }  # fmt: skip
    for status in (0, 13, 14):
        await shop.post(sale("a", Status=status) | personal, key=f"key-{status}")
    invoice = CustomerInvoice(Id=order_id("invoice"), CustomerName=secret, Address1=secret, Remarks=secret)
    entry = CashDrawerLog(Id=order_id("drawer"), ActivityType=1, extra={"Note": secret})
    for sent in (SaveInvoice(invoice=invoice), LogDrawerEntry(entry=entry, first_wins=True)):
        await shop.writer.submit(shop.tenant, sent, Context(actor="test"))
    tables = await shop.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'ledger'")
    assert len(tables) >= 7
    for (table,) in tables:
        rows = await shop.pool.fetch(f"SELECT * FROM ledger.{table}")
        stored = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
        assert secret.encode() not in stored, table


async def test_a_client_that_has_gone_away_hinders_nobody(shop: Shop) -> None:
    gone = asyncio.create_task(shop.post(sale("gone")))
    stays = asyncio.create_task(shop.post(sale("stays")))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).duplicate is False
    outcome = await shop.post(sale("gone"))
    assert outcome.position in (3, 6)
    assert len(await shop.events()) == 6


async def test_a_full_queue_says_so_and_loses_nothing_it_took(shop: Shop) -> None:
    most = 500
    writer = Writer(shop.pool, shop.vault, queued_at_most=most)
    orders = [command(shop.tenant, sale(str(number))) for number in range(most + 5)]
    outcomes = await at_once(*(writer.submit(shop.tenant, one, Context(actor="test")) for one in orders))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert len(refused) == 5 and all("too many commands are waiting" in str(error) for error in refused)
    assert len(await shop.events()) == 3 * most
    await writer.close()


async def test_a_writer_that_closes_finishes_what_it_took(shop: Shop) -> None:
    asked = [asyncio.create_task(shop.post(sale(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    await shop.writer.close()
    assert all(task.done() for task in asked)
    with pytest.raises(Unavailable, match="stopping"):
        await shop.post(sale("late"))
    assert len(await shop.events()) == 60


async def test_batches_that_are_built_upon_one_another(shop: Shop) -> None:
    """Many at once, so that each batch is decided while the one before is on its way: the same order and the same
    receipt again and again, drafts of one order, numbers that are drawn.
    """
    tills = [shop.post(sale(f"till-{number % 40}", receipt=number % 40 + 1)) for number in range(120)]
    webs = [shop.post_online(cart(f"web-{number % 30}")) for number in range(60)]
    taken = [shop.post(sale(f"late-{number}", receipt=number % 40 + 1)) for number in range(40)]
    outcomes = await at_once(*tills, *webs, *taken)
    assert kinds(outcomes[:120]) == ["new"] * 40 + ["duplicate"] * 80
    assert kinds(outcomes[120:180]) == ["new"] * 30 + ["duplicate"] * 30
    assert set(kinds(outcomes[180:])) == {"Refused"}
    events = await shop.events()
    assert [position for position, *_ in events] == list(range(1, len(events) + 1))
    drawn = await shop.pool.fetch(
        "SELECT (data ->> 'order_int_id')::integer AS id FROM ledger.events_as_json "
        "WHERE type = 'order.numbered' ORDER BY position"
    )
    assert [row["id"] for row in drawn] == list(range(1, 31))
    again = await at_once(*(shop.post(sale(f"till-{number}", receipt=number + 1)) for number in range(40)))
    assert again == [answer._replace(duplicate=True) for answer in outcomes[:40] if isinstance(answer, Answer)]


async def test_a_batch_that_was_built_upon_a_failed_one_is_decided_anew(shop: Shop) -> None:
    """Another process is quicker, again and again: whatever was believed of the log, it is what was appended."""
    other = shop._replace(writer=Writer(shop.pool, shop.vault))
    ours, theirs = ([one.post(sale(f"{number % 60}")) for number in range(90)] for one in (shop, other))
    outcomes = await at_once(*ours, *theirs)
    assert kinds(outcomes).count("new") == 60 and kinds(outcomes).count("duplicate") == 120
    events = await shop.events()
    assert [position for position, *_ in events] == list(range(1, 181))
    await other.writer.close()


async def test_the_key_of_somebody_new_is_made_once_for_batches_under_way_together(shop: Shop) -> None:
    person = {"CustomerId": str(order_id("eva")), "Comments": "no onions"}
    outcomes = await at_once(*(shop.post(sale(str(number)) | person) for number in range(60)))
    assert set(kinds(outcomes)) == {"new"}
    assert await shop.pool.fetchval("SELECT count(*) FROM ledger.personal_keys") == 1
