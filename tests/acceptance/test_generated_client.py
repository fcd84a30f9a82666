"""A client that a generator makes of the description, as an integrator would: it posts an order and reads it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.acceptance.server import Server

PACKAGE = "generated_ledger_client"


class Generated:
    """The package, with its modules under the names that the generator gives them."""

    def __init__(self, url: str) -> None:
        self.client = self.module("client").Client(base_url=url)
        self.models = self.module("models")

    def module(self, name: str) -> Any:
        """One of its modules."""
        return importlib.import_module(f"{PACKAGE}.{name}")

    def call(self, operation: str, *arguments: Any, **named: Any) -> Any:
        """An operation (`orders.post_order`) as status and parsed answer."""
        found = self.module(f"api.{operation}").sync_detailed(*arguments, client=self.client, **named)
        return found.status_code, found.parsed


@pytest.fixture(scope="module")
def generated(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """Made of the running server's own description, without a single warning."""
    url, directory = str(server.client.base_url).rstrip("/"), tmp_path_factory.mktemp("generated")
    tools = Path(sys.executable).parent
    made = subprocess.run(
        [tools / "openapi-python-client", "generate", "--url", f"{url}/openapi.json", "--meta", "none",
         "--output-path", directory / PACKAGE, "--fail-on-warning"],
        env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}, capture_output=True, text=True, cwd=directory,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(directory))
    found = Generated(url)
    yield found
    found.client.get_httpx_client().close()
    sys.path.remove(str(directory))


def test_it_posts_an_order_and_reads_it(generated: Generated) -> None:
    models, order_id = generated.models, uuid4()
    latte = models.OrderLine(
        id=uuid4(), item_id=uuid4(), quantity=2, unit_price=49.0, tax_percent=12, category="Drycker"
    )
    paid = models.Payment(id=uuid4(), paid_amount=98.0, type_id=4)
    sale = models.Order(
        id=order_id, status=models.OrderStatus.VALUE_13, order_total=98.0, creation_date="2026-11-23T11:42:07",
        order_lines=[latte], payments=[paid],
    )  # fmt: skip
    status, written = generated.call("orders.post_order", body=sale)
    assert (status, written.duplicate) == (200, False)
    assert generated.call("orders.post_order", body=sale)[1].duplicate is True

    status, order = generated.call("orders.get_order", order_id, ledger_min_position=written.position)
    assert (status, order.id, order.status, order.order_total) == (200, order_id, 13, 98)
    (line,) = order.order_lines
    assert (line.id, line.quantity, line.unit_price) == (latte.id, 2, 49)
    assert [payment.paid_amount for payment in order.payments] == [98]
    assert order.creation_date == "2026-11-23T11:42:07+01:00"
    assert order.invoice_date is None


def test_it_lists_and_explains(generated: Generated) -> None:
    status, queue = generated.call("queues.get_orders_without_external_id", page_size=5)
    assert status == 200 and all(isinstance(order.id, UUID) for order in queue)
    status, month = generated.call("sales.get_monthaly_sale", year=2026, month=11)
    assert status == 200 and month.description == "November 2026"
    status, page = generated.call("log.get_events", limit=2)
    assert status == 200 and [event.position for event in page.events] == [1, 2]


def test_it_understands_a_refusal(generated: Generated) -> None:
    models = generated.models
    order = models.Order(id=uuid4(), order_lines=[models.OrderLine(quantity=1)])
    status, problem = generated.call("orders.post_order", body=order)
    assert (status, problem.status, problem.retryable) == (417, 417, False)
    assert problem.errors[0].path == "$.OrderLines[0].Id"
    status, problem = generated.call("orders.get_order", uuid4())
    assert (status, problem.type_) == (404, "urn:order-ledger:not-found")
