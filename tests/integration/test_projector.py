"""The projectors' own process beside a server: it comes back when it is killed, and goes when its server goes."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.shop import order_id, sale
from tests.integration.test_startup import Server, children_running, serving, url_of


def projectors_of(server: int) -> list[int]:
    """The numbers of a server's processes that project."""
    return children_running("api.projector", server)


def the_projector(server: Server, other_than: int = 0) -> int:
    """The one that there is once it has started."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if (found := projectors_of(server.pid)) and found != [other_than]:
                (projector,) = found
                return projector
        time.sleep(0.02)
    raise AssertionError("there is no projector")


def wait_until_ended(process: int) -> None:
    deadline = time.monotonic() + 60
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < deadline, f"{process} is still there"
        time.sleep(0.02)


def sell_and_look(client: httpx.Client, name: str) -> None:
    """A sale is posted, and seen in its read model, whatever becomes of projectors meanwhile."""
    posted = client.post("/api/Order/PostOrder", json=sale(name))
    assert posted.status_code == 200, posted.text
    newest = {"Ledger-Min-Position": str(posted.json()["Position"])}
    deadline = time.monotonic() + 60
    while (answer := client.get(f"/v1/orders/{order_id(name)}", headers=newest)).status_code == 503:
        assert time.monotonic() < deadline, answer.text
    assert answer.status_code == 200, answer.text


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Server, httpx.Client]]:
    with (
        serving(DATA_DIR=str(tmp_path)) as (server, lines),
        httpx.Client(base_url=url_of(lines), timeout=60) as client,
    ):
        yield server, client


def test_one_that_is_killed_is_started_again(running: tuple[Server, httpx.Client]) -> None:
    server, client = running
    killed = 0
    for name in "abc":
        killed = the_projector(server, other_than=killed)
        os.kill(killed, signal.SIGKILL)
        sell_and_look(client, name)


def test_it_goes_with_a_server_that_is_killed(running: tuple[Server, httpx.Client]) -> None:
    server, client = running
    sell_and_look(client, "a")
    projector = the_projector(server)
    server.kill()
    server.wait()
    wait_until_ended(projector)


def test_only_the_server_ends_it(running: tuple[Server, httpx.Client]) -> None:
    """Ctrl-C goes to both, and what stops a service may send SIGTERM to both."""
    server, client = running
    projector = the_projector(server)
    sell_and_look(client, "a")  # so it has begun
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(projector, number)
    sell_and_look(client, "b")
    assert the_projector(server) == projector
    server.terminate()
    assert server.wait(60) == 0
    wait_until_ended(projector)


def test_a_frozen_one_does_not_keep_the_server(running: tuple[Server, httpx.Client]) -> None:
    server, client = running
    sell_and_look(client, "a")
    projector = the_projector(server)
    os.kill(projector, signal.SIGSTOP)
    server.terminate()
    assert server.wait(60) == 0
    wait_until_ended(projector)


def test_without_projectors_there_is_none(tmp_path: Path) -> None:
    with serving("--no-projectors", DATA_DIR=str(tmp_path)) as (server, lines):
        assert httpx.get(f"{url_of(lines)}/health/live", timeout=30).status_code == 200
        assert projectors_of(server.pid) == []
