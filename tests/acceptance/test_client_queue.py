"""The offline queue: on the disk before `put` returns, in order, and what is refused is seen and blocks nobody."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.client import Client, OfflineQueue, Problem, QueueError, Unreachable
from tests.acceptance import between as lines
from tests.acceptance.bodies import an_invoice, an_order
from tests.acceptance.server import Json, Server
from tests.acceptance.shops import TILL, Shops

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with Client(str(server.client.base_url), deadline=20) as opened:
        yield opened


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[OfflineQueue]:
    async with OfflineQueue(tmp_path / "queue") as opened:
        yield opened


async def sold(client: Client, orders: list[Json]) -> list[str]:
    """Which of the orders are in the log, in its order, as often as they are there."""
    ids = {order["Id"] for order in orders}
    streams = [event.stream.removeprefix("order-") async for event in client.events(types=["order.finalised"])]
    return [stream for stream in streams if stream in ids]


async def test_what_was_put_while_nobody_answered_arrives_in_order(client: Client, queue: OfflineQueue) -> None:
    orders = [an_order() for _ in range(9)]
    numbers = await asyncio.gather(*(queue.post_order(order) for order in orders))
    assert numbers == sorted(numbers)
    async with Client(NOWHERE, deadline=0.1) as nobody:
        with pytest.raises(Unreachable):
            await queue.deliver(nobody)
    assert await queue.waiting() == 9
    await queue.deliver(client)
    assert await queue.waiting() == 0
    assert await sold(client, orders) == [order["Id"] for order in orders]


async def test_it_sends_by_itself_as_soon_as_it_can(server: Server, client: Client, queue: OfflineQueue) -> None:
    async with lines.between(str(server.client.base_url)) as between, Client(between.url, deadline=0.3) as till:
        between.faults = [lines.HUNG_UP, lines.NO_GATEWAY, lines.PORTAL, lines.LOST] * 2
        sending = asyncio.create_task(queue.run(till))
        orders = [an_order() for _ in range(4)]
        for order in orders:
            await queue.post_order(order)
        await queue.drained()
        await queue.post_order(orders[0] | {"Comments": "one more"})
        await queue.drained()
        sending.cancel()
        client.position = till.position
    assert await sold(client, orders) == [order["Id"] for order in orders]
    assert (await client.get_order(orders[0]["Id"]))["Comments"] == "one more"


async def test_every_write_can_wait(client: Client, queue: OfflineQueue) -> None:
    order = an_order(Status=3)
    await queue.post_open_order(order)
    await queue.post_open_order(order | {"Comments": "more"}, version=1)
    await queue.update_order_status(order["Id"], 10)
    await queue.deliver(client)
    assert await queue.set_aside() == []
    found = await client.get_order(order["Id"])
    assert (found["Comments"], found["Status"]) == ("more", 10)


async def test_what_is_refused_is_set_aside_and_can_be_sent_again(client: Client, queue: OfflineQueue) -> None:
    order, later = an_order(), an_order()
    first = await queue.post_customer_invoice(an_invoice(order))  # the order is not there yet
    wrong = await queue.post_order({"Id": "no Guid"})
    await queue.post_order(later)
    await queue.deliver(client)
    assert await sold(client, [later]) == [later["Id"]]
    refused = await queue.set_aside()
    assert [(one.number, one.problem["status"]) for one in refused] == [(first, 417), (wrong, 417)]
    assert order["Id"] in refused[0].problem["detail"] + refused[0].write.body
    assert refused[1].problem["errors"] == [{"path": "$.Id", "message": "must be a Guid"}]
    await queue.post_order(order)
    await queue.deliver(client)
    await queue.send_again(first)
    await queue.deliver(client)
    assert [one.number for one in await queue.set_aside()] == [wrong]
    await queue.discard(wrong)
    assert await queue.set_aside() == []
    for gone in (queue.send_again, queue.discard):
        with pytest.raises(KeyError):
            await gone(wrong)


async def test_a_person_can_look_into_the_file_meanwhile(
    client: Client, queue: OfflineQueue, tmp_path: Path
) -> None:  # fmt: skip
    await queue.post_order({"Id": "no Guid"})
    await queue.deliver(client)
    with sqlite3.connect(tmp_path / "queue") as person:
        rows = person.execute("SELECT path, body, problem FROM set_aside").fetchall()
    person.close()
    assert rows[0][:2] == ("/api/Order/PostOrder", '{"Id":"no Guid"}')
    assert "must be a Guid" in rows[0][2]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


async def test_a_credential_that_is_refused_sets_nothing_aside(two_shops: Shops, queue: OfflineQueue) -> None:
    url, keys = str(two_shops.http.base_url), two_shops.first.keys
    orders = [an_order() for _ in range(3)]
    for order in orders:
        await queue.post_order(order)
    for role, status in (("auditor", 403), ("revoked", 401)):
        async with Client(url, key=keys[role]) as wrong:
            sending = asyncio.create_task(queue.run(wrong))
            for waiting in (queue.drained(), sending):  # whoever waits is not left waiting
                with pytest.raises(Problem) as raised:
                    await waiting
                assert raised.value.status == status
    assert (await queue.waiting(), await queue.set_aside()) == (3, [])
    async with Client(url, key=keys["admin"]) as mended:
        await queue.deliver(mended)
        assert await sold(mended, orders) == [order["Id"] for order in orders]


async def test_another_terminals_document_keeps_no_other_waiting(two_shops: Shops, queue: OfflineQueue) -> None:
    orders = [an_order(TerminalId=str(TILL)) for _ in range(5)]
    orders[1] = an_order()
    numbers = [await queue.post_order(order) for order in orders]
    url, keys = str(two_shops.http.base_url), two_shops.first.keys
    async with Client(url, key=keys["bound"]) as till:
        await queue.deliver(till)
    assert await queue.waiting() == 0
    aside = await queue.set_aside()
    assert [(one.number, one.problem["type"]) for one in aside] == [(numbers[1], "urn:order-ledger:other-terminal")]
    async with Client(url, key=keys["admin"]) as auditor:
        assert await sold(auditor, orders) == [order["Id"] for order in (orders[0], *orders[2:])]


async def test_it_is_for_one_at_a_time(queue: OfflineQueue, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "queue")
    for name in ("queue", "link"):
        with pytest.raises(QueueError, match="in use"):
            async with OfflineQueue(tmp_path / name):
                pass
    program = f"""if True:
        import asyncio
        from api.client import OfflineQueue
        async def main():
            async with OfflineQueue({str(tmp_path / "queue")!r}): pass
        asyncio.run(main())
    """
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert "is in use by another process" in other.stderr
    await queue.post_order(an_order())
    assert await queue.waiting() == 1


async def test_it_can_be_opened_again(tmp_path: Path) -> None:
    for count in range(3):
        async with OfflineQueue(tmp_path / "queue") as queue:
            assert await queue.waiting() == count
            await queue.post_order(an_order())
    with pytest.raises(QueueError, match="not open"):
        await queue.waiting()


async def test_what_is_no_queue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("Not a queue at all. " * 100)
    for path in (tmp_path / "text", tmp_path / "no" / "folder"):
        with pytest.raises(QueueError, match=path.name):
            async with OfflineQueue(path):
                pass


async def test_a_torn_end_is_dropped_and_nothing_before_it(queue: OfflineQueue, tmp_path: Path) -> None:
    """The power goes while the last record is being written: wherever it is torn, what had been put before is there."""
    sizes = list[int]()
    journal = tmp_path / "queue-wal"
    for _ in range(4):
        await queue.post_order({"Id": "1", "Comments": "x" * 900})
        sizes.append(journal.stat().st_size)
    torn = tmp_path / "torn"
    for size in [put + bytes_more for put in sizes[:-1] for bytes_more in (-4000, -1, 0, 24, 2000)]:
        for suffix in ("", "-wal"):
            shutil.copyfile(tmp_path / f"queue{suffix}", f"{torn}{suffix}")
        with Path(f"{torn}-wal").open("r+b") as file:
            file.truncate(size)
        async with OfflineQueue(torn) as found:
            assert await found.waiting() == sum(put <= size for put in sizes)
