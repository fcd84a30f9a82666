"""A server whose log was changed behind its back, and the commands around the seal: real processes, from outside."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from ledger import embedded
from ledger.audit.note import Verifier, open_checkpoint
from tests.integration.sealing import AS_SUPERUSER, start, until
from tests.integration.shop import Body, sale
from tests.integration.test_startup import run, serving, url_of


class Client:
    """Of a server that listens."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def sell(self, name: str) -> int:
        """The position of an order."""
        answer = await self._http.post("/api/Order/PostOrder", json=sale(name))
        assert answer.status_code == 200, answer.text
        position: int = answer.json()["Position"]
        return position

    async def log(self, path: str, position: int = 0, status: int = 200) -> httpx.Response:
        """An answer about the log, sealed as far as `position`."""
        answer = await self._http.get(f"/v1/log/{path}", headers={"Ledger-Min-Position": str(position)})
        assert answer.status_code == status, answer.text
        return answer

    async def health(self) -> Body:
        """What it says of itself."""
        found: Body = (await self._http.get("/health/ready")).json()
        return found

    async def is_ready(self) -> bool:
        """Whether all is well with it."""
        return bool((await self.health())["status"] == "ready")

    async def is_red(self) -> bool:
        """Whether it is not."""
        return not await self.is_ready()

    async def is_refused(self) -> bool:
        """Whether there is no checkpoint to be had."""
        return (await self._http.get("/v1/log/checkpoint")).status_code == 503


@contextlib.asynccontextmanager
async def client(lines: list[str]) -> AsyncIterator[Client]:
    """A client of the server that printed these lines."""
    async with httpx.AsyncClient(base_url=url_of(lines), timeout=20) as http:
        yield Client(http)


async def tamper(data_dir: Path, statement: str) -> None:
    """As the superuser of the database that runs on it."""
    dsn = embedded.attach(data_dir)
    assert dsn is not None
    connection: Any = await asyncpg.connect(dsn)
    await connection.execute(AS_SUPERUSER)
    await connection.execute(statement)
    await connection.close()


async def test_a_server_with_a_changed_log_says_so_and_sells_on(tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path), "DEMO": "on"}
    with serving(**settings) as (process, lines):
        async with client(lines) as till:
            position = await till.sell("first")
            vkey = (await till.log("vkey", position)).text
            saved = (await till.log("checkpoint", position)).text
            assert run("key", "seal", "show", **settings).stdout == vkey
            await until(till.is_ready)
        await tamper(tmp_path, f"UPDATE ledger.events SET data = data || ' ' WHERE position = {position}")
        process.terminate()
        assert await asyncio.to_thread(process.wait, 60) == 0
    with serving(**settings) as (_, lines):
        async with client(lines) as till:
            await check_stopped(till, saved)
            assert await till.sell("second") > position
            await check_new_origin(till, settings, saved, vkey)


async def check_stopped(till: Client, saved: str) -> None:
    """It is found, told, and shown; what was signed stays to be seen."""
    await until(till.is_refused)
    for path in ("checkpoint", "proof/inclusion?position=1", "proof/consistency?from=1&to=2", "tile/0/000.p/1"):
        answer = await till.log(path, status=503)
        assert "is not signed any more: the first" in answer.json()["detail"]
        assert answer.headers["Retry-After"] == "60"
    assert saved in [one["note"] for one in (await till.log("checkpoints")).json()["checkpoints"]]
    await until(till.is_red)
    assert (await till.health())["sealer"]["stopped"][0]["reason"].endswith("are not those that were signed")


async def check_new_origin(till: Client, settings: dict[str, str], saved: str, vkey: str) -> None:
    """The log goes on under another name, and the old checkpoint keeps its key."""
    new = await asyncio.to_thread(run, "key", "seal", "new", "demo", "--reason", "somebody changed it", **settings)
    assert (new.returncode, new.stderr) == (0, "The log is signed as order-ledger/demo/2 from here on.\n")
    position = await till.sell("third")
    await until(till.is_ready)
    checkpoint = (await till.log("checkpoint", position)).text
    assert (await till.log("vkey")).text == new.stdout
    assert open_checkpoint(checkpoint, Verifier.parse(new.stdout)).origin == "order-ledger/demo/2"
    assert open_checkpoint(saved, Verifier.parse(vkey)).origin == "order-ledger/demo"


async def test_a_sealer_beside_a_server_with_its_own_user_that_may_nothing_else(dsn: str, tmp_path: Path) -> None:
    owner: Any = await asyncpg.connect(dsn)
    await owner.execute("CREATE ROLE only_seals LOGIN IN ROLE order_ledger_sealer")
    settings = {"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path / "api")}
    try:
        with serving("--no-sealer", **settings) as (_, lines):
            assert run("tenant", "create", "kafe", **settings).returncode == 0
            nothing = run("key", "seal", "show", **settings)
            assert (nothing.returncode, nothing.stdout) == (1, "")
            sealer = start(dsn.replace("://postgres@", "://only_seals@"), tmp_path / "seal")
            try:
                await until(lambda: owner.fetchval("SELECT size = head FROM ledger.seals()"))
                assert run("key", "seal", "show", **settings).stdout.startswith("order-ledger/kafe+")
                async with client(lines) as watcher:
                    assert await watcher.is_ready()
            finally:
                sealer.kill()
                sealer.wait()
        assert not (tmp_path / "api" / "seal").exists()
    finally:
        await owner.execute("DROP OWNED BY only_seals; DROP ROLE only_seals")
        await owner.close()
