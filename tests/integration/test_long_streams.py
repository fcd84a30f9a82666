"""Streams of many large events, which a writer that knows nothing of them reads a part at a time."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from ledger import batch_read
from ledger.database import open_pool
from ledger.errors import Refused
from ledger.store import Connection
from ledger.writer import Writer
from tests.integration.shop import Body, Shop, order_id, sale

LARGE = 100_000


def amended(name: str, number: int) -> Body:
    """One of many versions of an order, each with a long note."""
    return sale(name, OrderComments=f"{number}" * LARGE, ShiftNo=number)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes of events each read brought."""
    found: list[int] = []
    events = batch_read.events

    async def noting(*arguments: Any) -> Any:
        async for rows in events(*arguments):
            found.append(sum(len(row["data"]) for row in rows))
            yield rows

    monkeypatch.setattr("ledger.batch.events", noting)
    return found


async def fresh(shop: Shop, dsn: str, *bodies: Body) -> list[tuple[int, bool]]:
    """The answers of a writer that has seen nothing, to one body after the other."""
    async with await open_pool(dsn, tenant_id=shop.tenant.tenant_id) as pool:
        writer = Writer(pool, shop.vault)
        other = shop._replace(pool=pool, writer=writer)
        answers = [await other.post(body) for body in bodies]
        await writer.close()
    return [(answer.position, answer.duplicate) for answer in answers]


async def test_every_version_of_a_long_stream_is_known_again(shop: Shop, dsn: str, pages: list[int]) -> None:
    first = [(await shop.post(amended("a", number))).position for number in range(1, 10)]
    await shop.post(sale("b"))
    pages.clear()
    with mock.patch.object(batch_read, "EVENTS_AT_ONCE", 2):
        again = await fresh(shop, dsn, *(amended("a", number) for number in (1, 5, 9)), sale("b"))
    assert again[:3] == [(first[0], True), (first[4], True), (first[8], True)] and again[3][1]
    assert sum(pages) > 9 * LARGE, "all of the stream was read"
    assert max(pages) < batch_read.BYTES_AT_FIRST + 2 * LARGE, "and never much of it at once"


async def test_it_goes_on_from_its_end(shop: Shop, dsn: str) -> None:
    for number in range(1, 6):
        await shop.post(amended("a", number))
    ((position, duplicate),) = await fresh(shop, dsn, amended("a", 6))
    stream = f"order-{order_id('a')}"
    assert not duplicate and [s for p, s, _, _ in await shop.events() if p == position] == [stream]
    versions = [version for _, s, version, _ in await shop.events() if s == stream]
    assert versions == list(range(1, len(versions) + 1))


async def test_what_is_written_meanwhile_is_seen_by_the_next_try(shop: Shop, dsn: str) -> None:
    """Another writer amends the order between the first part and the last: the append looks whether it did."""
    for number in range(1, 6):
        await shop.post(amended("a", number))
    fetch = batch_read.events
    between = [amended("a", 6)]

    async def slowly(connection: Connection, *arguments: Any) -> Any:
        async for rows in fetch(connection, *arguments):
            yield rows
            if between:
                await shop.post(between.pop())

    with mock.patch("ledger.batch.events", slowly):
        ((_, duplicate), *_) = await fresh(shop, dsn, amended("a", 6))
    assert duplicate, "the other writer was quicker with the same document"
    with pytest.raises(Refused):
        await shop.post(sale("a", Status=3))
