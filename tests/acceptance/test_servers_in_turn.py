"""Two servers of one database that answer in turn: who reads all pages of a list, and then acts, has seen each record
once (docs/integrate.md, Queues).
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.acceptance.bodies import an_order
from tests.acceptance.callers import MASTER_KEY, SETTINGS, house
from tests.acceptance.server import Json, Server, serving

QUEUE, BOOK = "Order/GetOrdersWithoutExternalID", "Order/PostOrderExternalInformation"


def read(servers: Iterator[Server], position: int) -> list[str]:
    """All pages, each from the next server, until one is empty."""
    found: list[str] = []
    for number in itertools.count():
        server = next(servers)
        server.position = position
        page = server.get(QUEUE, PageNo=number, PageSize=2)
        found += [order["Id"] for order in page]
        if not page:
            return found
    raise AssertionError


def sold(server: Server, hour: int) -> list[Json]:
    """Four sales of that hour, in their order: two pages, and an empty one, so that each server begins in turn."""
    orders = [an_order(InvoiceDate=f"2026-11-23T{hour:02}:{minute:02}:00") for minute in range(4)]
    for order in orders:
        server.post("Order/PostOrder", order)
    return orders


@asynccontextmanager
async def two_servers(dsn: str, directory: Path) -> AsyncIterator[list[Server]]:
    """Those of a house; one of them does nothing but answer."""
    same = SETTINGS | {"DATABASE_URL": dsn, "MASTER_KEY": base64.b64encode(MASTER_KEY).decode()}
    (directory / "other").mkdir()
    async with house(dsn, directory) as shop:
        headers = await shop.key("plain", "admin")
        with (
            serving(directory / "other", directory / "other.log", "--no-projectors", "--no-sealer", **same) as other,
            httpx.Client(base_url=shop.url, headers=headers, timeout=30) as first,
            httpx.Client(base_url=other, headers=headers, timeout=30) as second,
        ):
            yield [Server(first), Server(second)]


async def test_no_page_begins_where_one_of_an_earlier_round_ended(dsn: str, tmp_path: Path) -> None:
    async with two_servers(dsn, tmp_path) as servers:
        till, turns = servers[0], itertools.cycle(servers)
        # Tills that were offline bring sales that are older than all that have been booked.
        for hour in (12, 14, 9, 10):
            orders = [order["Id"] for order in sold(till, hour)]
            assert read(turns, till.position) == orders
            for id_ in orders:
                till.post(BOOK, {"Id": id_, "ExternalID": f"B-{id_}"})
