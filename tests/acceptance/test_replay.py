"""`order-ledger replay` beside a running server."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import asyncpg
import httpx
import zstandard

from ledger.embedded import attach
from tests.acceptance import bodies
from tests.acceptance.server import SCRIPT, serving


def replay(data: Path, *options: str, source: str = "--live") -> subprocess.CompletedProcess[str]:
    """The command, on the data of a server."""
    command = [str(SCRIPT), "replay", source, "--data-dir", str(data), *options]
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


def test_an_export_says_what_should_be_shown(tmp_path: Path) -> None:
    data, directory = tmp_path / "data", tmp_path / "export"
    with serving(data, tmp_path / "log") as url, httpx.Client(base_url=url, timeout=30) as client:
        for _ in range(5):
            posted = client.post("/api/Order/PostOrder", json=bodies.an_order())
            assert posted.status_code == 200
        while int(client.get("/v1/log/checkpoint").headers["Ledger-Position"]) < posted.json()["Position"]:
            time.sleep(0.05)
        exported(data, directory)
        assert client.post("/api/Order/PostOrder", json=bodies.an_order()).status_code == 200
        equal = replay(data, "--json", source=str(directory))
        other = replay(data, source=str(tmp_path))
        (event_file,) = (directory / "events").iterdir()
        lines = zstandard.ZstdDecompressor().stream_reader(event_file.read_bytes()).read()
        changed = lines.replace(b'\\"Quantity\\":', b'\\"Quantity\\":1')
        event_file.write_bytes(zstandard.ZstdCompressor().compress(changed))
        different = replay(data, source=str(directory))
    assert equal.returncode == 0, equal.stderr
    rows = {table["table"]: (table["rows"], table["different"]) for table in json.loads(equal.stdout)}
    assert rows["orders.orders"] == (6, 0)
    assert (other.returncode, different.returncode) == (1, 1)
    assert "holds no export" in other.stderr
    assert "Quantity is " in different.stdout


def exported(data: Path, directory: Path) -> None:
    """An export of everything that is sealed by now."""
    subprocess.run([str(SCRIPT), "export", str(directory), "--data-dir", str(data)], check=True, capture_output=True)
