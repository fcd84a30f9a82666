"""The ledger on a PostgreSQL that is not ours: its owner is no superuser, and may make roles (docs/production.md)."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest

from ledger import embedded
from tests.acceptance.bodies import an_order
from tests.acceptance.server import SCRIPT, Server, serving

PAGE = (Path(__file__).parents[2] / "docs" / "production.md").read_text("utf-8")


@pytest.fixture
async def owned(tmp_path: Path) -> AsyncIterator[str]:
    """The DATABASE_URL of what the page says: a role and a database of its own."""
    server = embedded.start(tmp_path / "cluster")
    with contextlib.ExitStack() as held:
        held.callback(server.stop)
        owner = await asyncpg.connect(server.dsn)
        for statement in PAGE.partition("```sql\n")[2].partition("```")[0].strip().split("\n"):
            await owner.execute(statement)
        await owner.close()
        (directory,) = parse_qs(urlsplit(server.dsn).query)["host"]
        yield f"postgresql://ledger@/ledger?host={directory}"


def commanded(settings: dict[str, str], *command: str) -> str:
    """What a command prints."""
    done = subprocess.run([SCRIPT, *command], env=os.environ | settings, check=True, capture_output=True, text=True)
    return done.stdout.strip()


async def test_an_owner_who_is_no_superuser_has_a_ledger(owned: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": owned, "DATA_DIR": str(tmp_path / "data")}
    key = commanded(settings, "tenant", "create", "kafe") and commanded(settings, "key", "create", "--role", "admin")
    with (
        serving(tmp_path / "data", tmp_path / "log", DATABASE_URL=owned) as url,
        httpx.Client(base_url=url, timeout=30, headers={"Authorization": f"Bearer {key}"}) as client,
    ):
        server = Server(client)
        server.post("Order/PostOrder", an_order())
        assert server.get("Order/GetOrdersWithoutExternalID")
        size = client.get("/v1/log/checkpoint", headers={"Ledger-Min-Position": str(server.position)}).text.split()[1]
        assert int(size) >= server.position
        assert client.get("/health/ready").json()["status"] == "ready"
    connection = await asyncpg.connect(owned)
    roles = await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE 'order_ledger%' ORDER BY rolname")
    assert [row["rolname"] for row in roles] == ["order_ledger", "order_ledger_sealer"]
    await connection.execute("SELECT set_config('ledger.tenant', '7', false)")
    # What looks over all tenants leaves whose rows somebody meets as it was.
    looks = "heads()", "heads_of('{1}')", "seals()", "seal_ages()", "standing('{orders}')", "tenant_of_user('anna')"
    for look in looks:
        await connection.fetch(f"SELECT * FROM ledger.{look}")
        async with connection.transaction():
            await connection.fetch(f"SELECT * FROM ledger.{look}")
            assert await connection.fetchval("SELECT current_setting('ledger.tenant')") == "7"
    await connection.close()
