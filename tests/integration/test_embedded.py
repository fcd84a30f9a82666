"""PostgreSQL as a child: it keeps its data, has one owner, and never outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from ledger.embedded import EmbeddedError, EmbeddedPostgres, attach, start
from ledger.embedded_cluster import at_work_in

# Starts a server, as an ordinary user even under root, says so, and waits to be killed.
OWNER = """
import os, sys, time
from pathlib import Path
import asyncio, encodings.ascii, encodings.idna, ledger.embedded as embedded, ledger.embedded_binaries as binaries
if os.geteuid() == 0 and sys.argv[2] == "ordinary":
    # This interpreter may lie where only root can read; its PostgreSQL must not. Another one than its wheel's does not.
    wheel = binaries._wheel_directory()
    readable = wheel and binaries._readable_copy(wheel)
    binaries._wheel_directory = lambda: readable
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
server = embedded.start(Path(sys.argv[1]))
print(server.dsn, flush=True)
time.sleep(600)
"""


@contextmanager
def running(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = start(data_dir)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def owner(data_dir: Path, user: str = "same") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that owns the server of `data_dir`, and the dsn of it."""
    command = [sys.executable, "-c", OWNER, str(data_dir), user]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


async def write(dsn: str, text: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS said (text text)")
    await connection.execute("INSERT INTO said VALUES ($1)", text)
    await connection.close()


async def read(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT text FROM said")
    await connection.close()
    return [row["text"] for row in rows]


def cluster_of(data_dir: Path) -> Path:
    (cluster,) = data_dir.resolve().glob("postgres-[0-9]*")
    return cluster


def wait_until_gone(data_dir: Path) -> None:
    """Bounded: a server that stays is the failure that is looked for."""
    deadline = time.monotonic() + 30
    while left := at_work_in(cluster_of(data_dir)):
        assert time.monotonic() < deadline, f"PostgreSQL is still there: {left}"
        time.sleep(0.01)


@pytest.mark.parametrize("mode", [0o700, 0o755])
async def test_the_data_is_there_after_a_restart(tmp_path: Path, mode: int) -> None:
    """Also below a directory that, under root, PostgreSQL's user may not enter."""
    tmp_path.chmod(mode)
    with running(tmp_path / "data") as server:
        await write(server.dsn, "kept")
    with running(tmp_path / "data") as server:
        assert await read(server.dsn) == ["kept"]


async def test_it_commits_to_the_disk(postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(postgres.dsn)
    shown = {name: await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")}
    addresses = await connection.fetchval("SHOW listen_addresses")
    await connection.close()
    assert shown == {"fsync": "on", "synchronous_commit": "on"}
    assert addresses == ""


def test_stopping_twice_is_stopping_once(tmp_path: Path) -> None:
    server = start(tmp_path)
    server.stop()
    server.stop()
    assert at_work_in(cluster_of(tmp_path)) == []
    assert start_and_stop(tmp_path)


def start_and_stop(data_dir: Path) -> bool:
    with running(data_dir) as server:
        return server.pid > 0


def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    with running(tmp_path), pytest.raises(EmbeddedError, match=f"in use by process {os.getpid()}"):
        start(tmp_path)


def test_another_process_can_find_it(tmp_path: Path) -> None:
    assert attach(tmp_path) is None
    with running(tmp_path) as server:
        assert attach(tmp_path) == server.dsn
    assert attach(tmp_path) is None


@pytest.mark.parametrize("user", ["same", "ordinary"])
async def test_it_does_not_outlive_a_killed_owner(tmp_path: Path, user: str) -> None:
    if os.geteuid() == 0 and user == "ordinary":
        open_to_nobody(tmp_path)
    with owner(tmp_path / "data", user) as (process, dsn):
        await write(dsn, "acknowledged")
        process.kill()
        process.wait()
        wait_until_gone(tmp_path / "data")
    with running(tmp_path / "data") as server:
        assert await read(server.dsn) == ["acknowledged"]


def open_to_nobody(directory: Path) -> None:
    """pytest's directories are 0700; give this one to nobody and let them walk to it."""
    os.chown(directory, 65534, 65534)
    for parent in directory.parents:
        if parent.name.startswith(("pytest-", "popen-")):
            parent.chmod(0o711)


async def test_the_next_owner_need_not_wait_for_the_killed_one(tmp_path: Path) -> None:
    with owner(tmp_path) as (process, dsn):
        await write(dsn, "acknowledged")
        process.kill()
        process.wait()
        with running(tmp_path) as server:
            assert await read(server.dsn) == ["acknowledged"]


async def test_it_recovers_when_postgresql_itself_was_killed(tmp_path: Path) -> None:
    server = start(tmp_path)
    await write(server.dsn, "durable")
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    with running(tmp_path) as server:
        assert await read(server.dsn) == ["durable"]


def test_a_pid_file_that_names_somebody_else_is_stale(tmp_path: Path) -> None:
    assert start_and_stop(tmp_path)
    stale = cluster_of(tmp_path) / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1\n5432\n/tmp\n\n0 0\nready   \n")
    assert start_and_stop(tmp_path)


def test_a_cluster_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    assert start_and_stop(tmp_path)
    cluster = cluster_of(tmp_path)
    draft = cluster.rename(cluster.with_name(f"{cluster.name}.new"))
    (draft / "PG_VERSION").unlink()
    assert start_and_stop(tmp_path)
    assert not draft.exists()


def test_data_of_another_version_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "postgres-14").mkdir()
    with pytest.raises(EmbeddedError, match="holds the data of PostgreSQL 14"):
        start(tmp_path)


def test_what_postgresql_says_is_passed_on(tmp_path: Path) -> None:
    assert start_and_stop(tmp_path)
    with (cluster_of(tmp_path) / "postgresql.conf").open("a") as file:
        file.write("\nno_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match=r"did not start: .*postgres\.log"):
        start(tmp_path)
