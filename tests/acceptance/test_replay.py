"""`order-ledger replay` beside a running server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import asyncpg
import httpx

from ledger.embedded import attach
from tests.acceptance import bodies
from tests.acceptance.server import SCRIPT, serving


def replay(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The command, on the data of a server."""
    command = [str(SCRIPT), "replay", "--live", "--data-dir", str(directory), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_what_is_shown_follows_from_the_events_or_is_named(tmp_path: Path) -> None:
    with serving(tmp_path / "data", tmp_path / "log") as url, httpx.Client(base_url=url, timeout=30) as client:
        orders = [bodies.an_order() for _ in range(5)]
        for order in orders:
            assert client.post("/api/Order/PostOrder", json=order).status_code == 200
        equal = replay(tmp_path / "data", "--json")
        dsn = attach(tmp_path / "data")
        assert dsn is not None
        owner = await asyncpg.connect(dsn)
        await owner.execute("DELETE FROM read_orders.orders WHERE order_id = $1", orders[2]["Id"])
        await owner.close()
        different = replay(tmp_path / "data")
    assert equal.returncode == 0, equal.stderr
    rows = {table["table"]: (table["rows"], table["different"]) for table in json.loads(equal.stdout)}
    assert rows["orders.orders"] == (5, 0)
    assert different.returncode == 1
    assert f"orders.orders {orders[2]['Id']}: is missing in use" in different.stdout
    assert different.stderr == "order-ledger: 1 rows in use are not what follows from the events of demo\n"
