"""The Python client has a method for every route there is, and works wherever its folder is copied to."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import api.client
from api.app import ROUTES
from api.client import Answer, Client, ClientError, Pages, Problem, Write
from api.routing import Route
from tests.acceptance import bodies
from tests.acceptance.server import Server

# The way in is the client's own affair.
OTHERS = ("/Token", "/api/Token")
Call = Callable[[], Any]


class Recording(Client):
    """Notes the method and path of whatever goes out."""

    def __init__(self, url: str, *, deadline: float) -> None:
        super().__init__(url, deadline=deadline)
        self.asked = set[tuple[str, str]]()

    async def write(self, write: Write) -> Answer:
        self.asked.add((write.method, write.path.partition("?")[0]))
        return await super().write(write)

    async def read(self, path: str, query: Mapping[str, object] | None = None, *, at_least: int = 0) -> Any:
        self.asked.add(("GET", path))
        return await super().read(path, query, at_least=at_least)

    async def raw(self, path: str, *, at_least: int = 0) -> bytes:
        self.asked.add(("GET", path))
        return await super().raw(path, at_least=at_least)


def writes(client: Client, order: bodies.Json) -> list[Call]:
    """Every method that writes, each once, and such that it succeeds."""
    back, web, cart = bodies.a_return(), bodies.a_web_order(Status=13), bodies.a_draft()
    invoice, customer = bodies.an_invoice(order), bodies.a_customer()
    return [
        lambda: client.post_open_order(cart),
        lambda: client.post_order(order),
        lambda: client.post_order(back),
        lambda: client.post_online_order(web | {"Customer": customer}),
        lambda: client.post_customer_invoice(invoice),
        lambda: client.post_reports(bodies.a_z_report()),
        lambda: client.post_order_cash_drawer_log(bodies.a_drawer_event()),
        lambda: client.post_cash_drawer_log(bodies.a_drawer_event()),
        lambda: client.post_order_external_information({"Id": order["Id"], "ExternalID": "F-1"}),
        lambda: client.post_return_order_external_information({"Id": back["Id"], "ExternalID": "F-2"}),
        lambda: client.update_invice_generated_open_order([{"Id": order["Id"], "ExternalID": "F-3"}]),
        lambda: client.update_order_status(cart["Id"], 10),
        lambda: client.post_swish_online_payment(bodies.a_swish_record(order)),
    ]


def reads(client: Client, order: bodies.Json, day: date) -> list[Call]:
    """Every method that reads, of what may not be there too."""
    some = uuid4()
    return [
        client.get_open_order, client.get_customer_invoice, client.get_orders_without_external_id,
        client.get_orders_without_customer_and_external_id, client.get_return_orders_without_external_id,
        client.get_invice_generated_open_order, client.get_cash_drawer_log, client.get_outlets, client.get_today_sale,
        client.get_current_month_sale, client.get_daily_sale, client.get_stock, client.get_swish, client.get_terminals,
        client.get_reports, client.events, client.checkpoints, client.get_vkey, client.get_checkpoint,
        lambda: client.get_orders_history(some, all_orders=True), lambda: client.get_customer_cart_order(some),
        lambda: client.get_sale_by_month(11), lambda: client.get_monthaly_sale(2026, 11, outlet=bodies.SODERMALM),
        lambda: client.get_hourly_sale(day), lambda: client.sales_entries(day, day, category="Drycker", hour=11),
        lambda: client.get_order(order["Id"], clock="occurred", as_of=client.position),
        lambda: client.get_invoice(some), lambda: client.get_drawer_entry(some),
        lambda: client.get_swish_payment("A" * 32), lambda: client.order_history(order["Id"]),
        lambda: client.invoice_history(some), lambda: client.drawer_entry_history(some),
        lambda: client.swish_payment_history("A" * 32), lambda: client.get_inclusion(position=1),
        lambda: client.get_consistency(1, 2), lambda: client.get_tile(0, 0, 1),
    ]  # fmt: skip


def tiles(client: Client) -> list[Call]:
    """Paths of tiles of every length."""
    numbers = (77, 1_067, 1_234_067, 10**11)
    return [functools.partial(client.get_tile, 0, number, width) for number in numbers for width in (256, 3)]


async def ask(call: Call) -> None:
    """Carries out a read, of whatever kind; that there is nothing of this Id is an answer too."""
    found = call()
    if isinstance(found, Pages):
        await found.all()
    elif isinstance(found, AsyncIterator):
        [one async for one in found]
    elif isinstance(found, Coroutine):
        await found


async def test_every_route_has_its_method(server: Server) -> None:
    url = str(server.client.base_url)
    async with Recording(url, deadline=20) as client, Recording(url, deadline=1) as impatient:
        order = bodies.an_order()
        for call in writes(client, order):
            assert not (await call()).duplicate
        await client.get_checkpoint(at_least=client.position)
        for call in reads(client, order, date(2026, 11, 23)):
            try:
                await ask(call)
            except Problem as problem:
                assert problem.status == 404, problem
        for call in tiles(impatient):
            with pytest.raises(ClientError, match=r"not sealed yet|not answered within"):
                await call()
    asked = client.asked | impatient.asked
    assert [route.path for route in ROUTES if not is_among(route, asked)] == []


def is_among(route: Route, asked: set[tuple[str, str]]) -> bool:
    """Whether a route was used, or is none of those that the client is for."""
    if route.path in OTHERS or not route.path.startswith(("/api/", "/v1/")):
        return True
    pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path))
    return any(method == route.method and pattern.fullmatch(path) for method, path in asked)


PROGRAM = """
import asyncio, sys
from decimal import Decimal
from tillclient import Client, OfflineQueue

async def main(url, order_id):
    async with Client(url) as client, OfflineQueue(sys.argv[3]) as queue:
        await queue.post_order({"Id": order_id, "Status": 13, "OrderTotal": Decimal("98.50")})
        await queue.deliver(client)
        print((await client.get_order(order_id))["OrderTotal"])
        print(sorted(name for name in sys.modules if name.split(".")[0] in ("ledger", "projections", "api")))
asyncio.run(main(*sys.argv[1:3]))
"""


def test_its_folder_can_be_copied_out(server: Server, tmp_path: Path) -> None:
    shutil.copytree(Path(api.client.__file__).parent, tmp_path / "tillclient")
    (tmp_path / "program.py").write_text(PROGRAM)
    url, queue = str(server.client.base_url), str(tmp_path / "queue")
    command = [sys.executable, str(tmp_path / "program.py"), url, str(uuid4()), queue]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.stderr == ""
    assert ran.stdout == "98.5\n[]\n"
