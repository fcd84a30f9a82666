"""The command line as a person meets it: real processes, what they print, and how they end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from ledger.embedded_cluster import at_work_in

SCRIPT = str(Path(sys.executable).with_name("order-ledger"))
OURS = {
    "HOST", "PORT", "DATA_DIR", "DATABASE_URL", "MASTER_KEY", "MASTER_KEY_OLD", "SEAL_DIR", "LOG_LEVEL", "DEMO",
}  # fmt: skip
Server = subprocess.Popen[str]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OURS} | {"PORT": "0"} | dict(settings)


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(
        [SCRIPT, *arguments], env=environment(settings), capture_output=True, text=True, check=False, timeout=120
    )


@contextmanager
def serving(*arguments: str, **settings: str) -> Iterator[tuple[Server, list[str]]]:
    """A server that listens, and the lines it printed: where it listens, where the data lies, what to try."""
    command = [SCRIPT, "serve", *arguments]
    with subprocess.Popen(command, env=environment(settings), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, [process.stdout.readline().strip() for _ in range(3)]
        finally:
            process.kill()


def url_of(lines: list[str]) -> str:
    return lines[0].rpartition(" ")[2]


def get(lines: list[str], **headers: str) -> httpx.Response:
    """The request that the server says to try."""
    url = next(word for word in lines[2].split() if word.startswith("http"))
    return httpx.get(url, headers=headers, timeout=30)


def children_running(module: str, parent: int) -> list[int]:
    """The processes that a process has started to run a module."""
    children = [text for path in Path(f"/proc/{parent}/task").glob("*/children") for text in path.read_text().split()]
    return [int(one) for one in children if module.encode() in Path(f"/proc/{one}/cmdline").read_bytes()]


def wait_until_gone(data_dir: Path) -> None:
    (cluster,) = data_dir.resolve().glob("postgres-[0-9]*")
    deadline = time.monotonic() + 30
    while left := at_work_in(cluster):
        assert time.monotonic() < deadline, f"PostgreSQL is still there: {left}"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_to_try_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(DATA_DIR=str(tmp_path)) as (process, lines):
        assert lines[0].startswith("order-ledger listens on http://127.0.0.1:")
        assert str(tmp_path) in lines[1]
        assert lines[2] == f"Try: curl -s {url_of(lines)}/api/Sale/GetOutlets"
        answer = get(lines)
        assert answer.status_code == 200
        assert "Kafé Södermalm" in answer.text
        process.send_signal(number)
        assert process.wait(60) == 0
    wait_until_gone(tmp_path)


def test_a_killed_server_leaves_nothing_running_and_starts_again(tmp_path: Path) -> None:
    with serving(DATA_DIR=str(tmp_path)) as (process, lines):
        before = get(lines).json()
        process.kill()
        process.wait()
    wait_until_gone(tmp_path)
    with serving(DATA_DIR=str(tmp_path)) as (_, lines):
        assert get(lines).json() == before


def test_the_server_can_stop_with_the_process_that_started_it(tmp_path: Path) -> None:
    """As under `make run`, when make itself is killed."""
    shell = f"{SCRIPT} serve --stop-with-parent & wait"
    settings = environment({"DATA_DIR": str(tmp_path)})
    with subprocess.Popen(["/bin/sh", "-c", shell], env=settings, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.kill()
    wait_until_gone(tmp_path)


def test_a_signal_while_it_starts_stops_it_cleanly(tmp_path: Path) -> None:
    command = [SCRIPT, "serve"]
    settings = environment({"DATA_DIR": str(tmp_path)})
    with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "postgres.lock").exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "")


def test_the_projectors_may_run_apart(tmp_path: Path) -> None:
    with serving("--no-projectors", DATA_DIR=str(tmp_path)) as (_, lines):
        ran = run("project", "--once", DATA_DIR=str(tmp_path))
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "Kafé Södermalm" in get(lines).text


def test_one_data_directory_has_one_server(tmp_path: Path) -> None:
    with serving(DATA_DIR=str(tmp_path)) as (process, _):
        failed = run("serve", DATA_DIR=str(tmp_path))
        assert f"in use by process {process.pid}" in one_line(failed)


def test_an_outside_database_is_used_and_nothing_else_started(dsn: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": dsn, "DATA_DIR": str(tmp_path)}
    with serving(**settings) as (process, lines):
        assert "DATABASE_URL" in lines[1]
        assert get(lines).status_code == 401
        assert run("tenant", "create", "kafe", **settings).returncode == 0
        key = run("key", "create", "--role", "auditor", **settings).stdout.strip()
        assert get(lines, Authorization=f"Bearer {key}").json() == [{"Id": str(UUID(int=0)), "Name": "All"}]
        process.terminate()
        assert process.wait(60) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"master.key", "seal"}


def test_migrating_says_that_it_is_done(dsn: str, tmp_path: Path) -> None:
    for _ in range(2):
        migrated = run("migrate", DATABASE_URL=dsn, DATA_DIR=str(tmp_path))
        assert (migrated.returncode, migrated.stderr) == (0, "")
        assert "up to date" in migrated.stdout


def one_line(failed: subprocess.CompletedProcess[str]) -> str:
    """What a failed command said: one line, on stderr, and nothing on stdout."""
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("order-ledger: ")
    assert failed.stderr.count("\n") == 1
    return failed.stderr


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = one_line(run("serve", PORT=port, DATA_DIR=str(tmp_path)))
    assert f"127.0.0.1:{port} is in use" in said
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in one_line(run("serve", DATA_DIR=str(tmp_path / "file" / "data")))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ledger:secret@127.0.0.1:1/ledger", "DATABASE_URL (127.0.0.1/ledger) does not answer"),
        ("postgresql://ledger:secret@127.0.0.1:port/ledger", "does not answer"),
        ("mysql://ledger:secret@127.0.0.1/ledger", "DATABASE_URL takes"),
    ],
)
def test_a_database_that_does_not_answer(tmp_path: Path, url: str, said: str) -> None:
    line = one_line(run("serve", DATABASE_URL=url, DATA_DIR=str(tmp_path)))
    assert said in line
    assert "secret" not in line


def test_a_database_that_is_silent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ledger@127.0.0.1:{silent.getsockname()[1]}/ledger"
        assert "nothing within 5 seconds" in one_line(run("migrate", DATABASE_URL=url, DATA_DIR=str(tmp_path)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "eighty"}, "PORT takes a port"),
        ({"HOST": "0.0.0.0"}, "not a loopback address"),
        ({"HOST": "0.0.0.0", "DEMO": "on"}, "set DEMO=off"),
        ({"DEMO": "on", "DATABASE_URL": "postgresql://a@b/c"}, "DEMO takes off"),
        ({"HOST": "no.such.host.invalid"}, "HOST takes an address of this machine"),
        ({"MASTER_KEY": "short"}, "MASTER_KEY takes 32 bytes"),
    ],
)
def test_a_setting_that_is_wrong(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    assert said in one_line(run("serve", **{"DATA_DIR": str(tmp_path), **settings}))


def test_a_projection_that_does_not_exist(tmp_path: Path) -> None:
    said = one_line(run("project", "--rebuild", "weather", DATA_DIR=str(tmp_path)))
    assert "no projection 'weather'" in said
    assert "orders" in said


@pytest.mark.parametrize("command", [
    [], ["serve"], ["project"], ["migrate"], ["tenant"], ["tenant", "create"], ["outlet", "set"], ["key", "create"],
    ["key", "revoke"], ["user", "create"],
])  # fmt: skip
def test_the_help_teaches(command: list[str]) -> None:
    shown = run(*command, "--help")
    assert shown.returncode == 0
    assert "example" in shown.stdout
    assert "DATABASE_URL" in shown.stdout or "COMMAND" in shown.stdout
