"""Another master key: everything is wrapped anew, no event is touched, and it may be interrupted anywhere."""

from __future__ import annotations

import base64
import signal
import subprocess
import time
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from ledger import key_file, rotation
from ledger.database import has_other_servers, others
from ledger.erasure import EraseCustomer
from ledger.errors import LedgerError
from ledger.rotation import OthersAtWork, begin_in_file, check_alone, end_in_file, rewrap
from ledger.store import Pool, Vault, read_log
from ledger.tenants import add_tenant, all_tenants
from ledger.writer import Context
from tests.integration.conftest import MASTER_KEY, Till, sale
from tests.integration.test_startup import SCRIPT, environment, run, serving, url_of, wait_until_gone

NEW_KEY = bytes(range(32))


def quietly(done: int, total: int) -> None:
    assert 0 < done <= total


async def words(till: Till, *keys: bytes) -> set[str]:
    """What is personal in the log, opened with these master keys."""
    events = await read_log(till.pool, till.tenant.tenant_id, 0, 1000, Vault(*keys))
    return {found for one in events if (found := getattr(getattr(one.event, "order", None), "Comments", None))}


async def bytes_of_events(till: Till) -> list[tuple[bytes, bytes]]:
    return [tuple(row) for row in await till.pool.fetch("SELECT metadata, data FROM ledger.events ORDER BY position")]


async def test_everything_is_wrapped_anew_and_no_event_is_touched(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "KEYS_AT_ONCE", 3)
    await till.post(*(sale(number, Comments=f"n {number}") for number in range(1, 11)))
    before, said = await bytes_of_events(till), {f"n {number}" for number in range(1, 11)}
    assert await rewrap(till.pool, Vault(NEW_KEY, MASTER_KEY), quietly) == 11
    assert (await bytes_of_events(till), await words(till, NEW_KEY)) == (before, said)
    assert [tenant.secret for tenant in await all_tenants(till.pool, Vault(NEW_KEY))] == [till.tenant.secret]
    with pytest.raises(LedgerError, match="master key is not the one"):
        await words(till, MASTER_KEY)
    assert await rewrap(till.pool, Vault(NEW_KEY, MASTER_KEY), quietly) == 0


async def test_every_tenant_has_its_turn(till: Till) -> None:
    await add_tenant(till.pool, till.vault, "another")
    await till.post(sale(1, Comments="n"))
    assert await rewrap(till.pool, Vault(NEW_KEY, MASTER_KEY), quietly) == 3


async def test_one_that_was_interrupted_goes_on(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "KEYS_AT_ONCE", 2)
    await till.post(*(sale(number, Comments=f"n {number}") for number in range(1, 7)))

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rewrap(till.pool, Vault(NEW_KEY, MASTER_KEY), stop)
    assert len(await words(till, NEW_KEY, MASTER_KEY)) == 6, "with both keys everything can be read at any time"
    assert await rewrap(till.pool, Vault(NEW_KEY, MASTER_KEY), quietly) == 2
    assert len(await words(till, NEW_KEY)) == 6


async def test_what_is_erased_meanwhile_stays_erased(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    await till.post(sale(1, Comments="n", CustomerId=UUID(int=0xA)))
    write = rotation._write

    async def erase_first(pool: Pool, tenant_id: int, rows: list[tuple[str, bytes, bytes]]) -> None:
        command = EraseCustomer(customer_id=UUID(int=0xA))
        await till.writer.submit(till.tenant, command, Context(actor="test"))
        await write(pool, tenant_id, rows)

    monkeypatch.setattr(rotation, "_write", erase_first)
    await rewrap(till.pool, Vault(NEW_KEY, MASTER_KEY), quietly)
    assert await words(till, NEW_KEY, MASTER_KEY) == set()


async def test_a_key_that_is_not_there_stops_it(till: Till) -> None:
    with pytest.raises(LedgerError, match="master key is not the one"):
        await rewrap(till.pool, Vault(NEW_KEY), quietly)


async def test_another_process_at_the_database_is_noticed(till: Till, dsn: str) -> None:
    await check_alone(till.pool)
    stranger = await asyncpg.connect(dsn)
    await check_alone(till.pool)
    await stranger.execute("SET application_name = 'order-ledger 0badcafe'")
    with pytest.raises(OthersAtWork):
        await check_alone(till.pool)
    assert not await has_other_servers(till.pool)
    serving = await asyncpg.connect(dsn, server_settings={"application_name": "order-ledger 0badcafe serve"})
    assert await others(till.pool) == 1, "it is the same process"
    assert await has_other_servers(till.pool)
    await serving.close()
    await stranger.close()


def test_the_file_always_holds_the_key_that_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    (old,) = key_file.read_keys(path)
    new, kept = begin_in_file(path)
    assert kept == old and key_file.read_keys(path) == (new, old)
    assert begin_in_file(path) == (new, old), "an interrupted rotation goes on with its key"
    end_in_file(path, (new, old))
    assert key_file.read_keys(path) == (new,)


def sell(lines: list[str], number: int) -> None:
    """A sale with something personal in it."""
    order = {"Id": str(UUID(int=number)), "Status": 13, "Comments": f"n {number}"}
    assert httpx.post(f"{url_of(lines)}/api/Order/PostOrder", json=order, timeout=30).status_code == 200


def comment(lines: list[str], number: int) -> str:
    """What is personal in it."""
    headers = {"Ledger-Min-Position": "1"}
    found: str = httpx.get(f"{url_of(lines)}/v1/orders/{UUID(int=number)}", headers=headers, timeout=30).json()[
        "Comments"
    ]
    return found


def test_the_command_makes_a_new_key_while_no_server_runs(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with serving(DATA_DIR=str(tmp_path)) as (process, lines):
        sell(lines, 1)
        refused = run("master-key", "rotate", DATA_DIR=str(tmp_path))
        assert refused.returncode == 1 and "a server runs on" in refused.stderr
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    (old,) = key_file.read_keys(path)
    done = run("master-key", "rotate", DATA_DIR=str(tmp_path))
    assert done.returncode == 0 and "2 keys are wrapped anew" in done.stdout, done.stderr
    assert len(key_file.read_keys(path)) == 1 and key_file.read_keys(path) != (old,)
    rebuilt = run("project", "--rebuild", "orders", DATA_DIR=str(tmp_path))
    assert rebuilt.returncode == 0, rebuilt.stderr
    with serving(DATA_DIR=str(tmp_path)) as (process, lines):
        sell(lines, 2)
        assert comment(lines, 1) == "n 1"


def test_a_rotation_that_is_killed_leaves_a_ledger_that_works(tmp_path: Path) -> None:
    with serving(DATA_DIR=str(tmp_path)) as (process, lines):
        for number in range(1, 40):
            sell(lines, number)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    for moment in (0.0, 0.02, 0.05):
        arguments, settings = [SCRIPT, "master-key", "rotate"], environment({"DATA_DIR": str(tmp_path)})
        with subprocess.Popen(arguments, env=settings, stdout=subprocess.DEVNULL) as process:
            while len(key_file.read_keys(tmp_path / "master.key")) == 1 and process.poll() is None:
                time.sleep(0.001)
            time.sleep(moment)
            process.kill()
        wait_until_gone(tmp_path)
    rebuilt = run("project", "--rebuild", "orders", DATA_DIR=str(tmp_path))
    assert rebuilt.returncode == 0, rebuilt.stderr
    with serving(DATA_DIR=str(tmp_path)) as (_, lines):
        assert [comment(lines, number) for number in (1, 39)] == ["n 1", "n 39"]


def test_with_a_key_from_the_settings_both_are_needed(tmp_path: Path) -> None:
    old, new = (base64.b64encode(key).decode() for key in (MASTER_KEY, NEW_KEY))
    directory = str(tmp_path)
    with serving(DATA_DIR=directory, MASTER_KEY=new, MASTER_KEY_OLD=old) as (_, lines):
        sell(lines, 1)
        refused = run("master-key", "rotate", DATA_DIR=directory, MASTER_KEY=new)
        assert refused.returncode == 1 and "MASTER_KEY_OLD is not set" in refused.stderr
        done = run("master-key", "rotate", DATA_DIR=directory, MASTER_KEY=new, MASTER_KEY_OLD=old)
        assert done.returncode == 0, done.stderr
        sell(lines, 2)
    wait_until_gone(tmp_path)
    with serving(DATA_DIR=directory, MASTER_KEY=new) as (_, lines):
        assert comment(lines, 1) == "n 1"
