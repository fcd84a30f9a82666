"""PostgreSQL dies under a server that runs: it is started again, and nobody has to do anything."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.common import AWAKE_FOR
from ledger.embedded_cluster import at_work_in, send_to_all
from tests.integration.shop import order_id, sale
from tests.integration.test_startup import Server, run, serving, url_of, wait_until_gone


class Shop(NamedTuple):
    """A server with a PostgreSQL of its own, a client of it, and where its cluster lies."""

    process: Server
    client: httpx.Client
    cluster: Path

    def postmaster(self) -> int:
        """The number of the process that all of PostgreSQL hangs on."""
        return int((self.cluster / "postmaster.pid").read_text().split()[0])

    def wait_for_another_than(self, number: int) -> None:
        """Until all of PostgreSQL hangs on another process."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, IndexError):
                if self.postmaster() != number:
                    return
            time.sleep(0.05)
        raise AssertionError(f"PostgreSQL still hangs on {number}")

    def sell(self, name: str) -> httpx.Response:
        """One sale, posted once."""
        return self.client.post("/api/Order/PostOrder", json=sale(name))

    def sell_until_told(self, name: str) -> dict[str, object]:
        """One sale, posted until it is acknowledged, as tills do; every other answer says that this is right."""
        deadline = time.monotonic() + 60
        while (answer := self.sell(name)).status_code != 200:
            refused(answer)
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.02)
        told: dict[str, object] = answer.json()
        return told

    def knows(self, name: str) -> bool:
        """Whether the order can be read, once the read model can be asked and has seen all there is."""
        newest = {"Ledger-Min-Position": str(self.sell_until_told(name)["Position"])}
        deadline = time.monotonic() + 60
        while (answer := self.client.get(f"/v1/orders/{order_id(name)}", headers=newest)).status_code == 503:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.02)
        return answer.status_code == 200


def refused(answer: httpx.Response) -> None:
    """The contract's answer to a command while the database is away."""
    assert (answer.status_code, answer.json()["retryable"]) == (417, True), answer.text
    assert int(answer.headers["Retry-After"]) > 0


@contextmanager
def open_shop(data_dir: Path) -> Iterator[Shop]:
    with (
        serving(DATA_DIR=str(data_dir)) as (process, lines),
        httpx.Client(base_url=url_of(lines), timeout=60) as client,
    ):
        (cluster,) = data_dir.resolve().glob("postgres-[0-9]*")
        yield Shop(process, client, cluster)


@contextmanager
def unable_to_start(shop: Shop) -> Iterator[None]:
    """PostgreSQL is killed, and does not start for as long as the block runs."""
    control = shop.cluster / "global" / "pg_control"
    away = control.rename(control.with_name("pg_control.away"))
    send_to_all(shop.cluster, signal.SIGKILL)
    yield
    away.rename(control)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as opened:
        yield opened


def test_a_postgres_that_is_killed_comes_back(shop: Shop) -> None:
    for name in "abc":
        assert shop.sell_until_told(name)["Duplicate"] is False
        before = shop.postmaster()
        os.kill(before, signal.SIGKILL)
        assert shop.sell_until_told(name)["Duplicate"] is True
        # A backend may have lived a moment longer, and have answered that.
        shop.wait_for_another_than(before)
        assert shop.sell_until_told(name)["Duplicate"] is True
        assert shop.knows(name)


def test_while_it_does_not_start_everything_is_refused_as_retryable(shop: Shop) -> None:
    shop.sell_until_told("before")
    with unable_to_start(shop):
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            refused(shop.sell("during"))
            read = shop.client.get(f"/v1/orders/{order_id('before')}")
            assert read.status_code == 503
            assert int(read.headers["Retry-After"]) > 0
            time.sleep(0.1)
    assert shop.sell_until_told("during")["Duplicate"] is False
    assert shop.knows("before") and shop.knows("during")


def test_the_server_stops_cleanly_while_postgres_is_down(shop: Shop, tmp_path: Path) -> None:
    shop.sell_until_told("kept")
    with unable_to_start(shop):
        refused(shop.sell("lost"))
        shop.process.terminate()
        assert shop.process.wait(60) == 0
    wait_until_gone(tmp_path)
    with open_shop(tmp_path) as again:
        assert again.sell_until_told("kept")["Duplicate"] is True


def test_backends_that_are_left_suspended_do_not_stand_in_the_way(shop: Shop) -> None:
    """They hold what the dead postmaster gave them, and cannot hear that it is gone."""
    shop.sell_until_told("a")
    postmaster = shop.postmaster()
    for pid in set(at_work_in(shop.cluster)) - {postmaster}:
        os.kill(pid, signal.SIGSTOP)
    os.kill(postmaster, signal.SIGKILL)
    assert shop.sell_until_told("a")["Duplicate"] is True


def test_a_restarted_postgres_ends_with_a_killed_server_too(shop: Shop, tmp_path: Path) -> None:
    shop.sell_until_told("a")
    os.kill(shop.postmaster(), signal.SIGKILL)
    assert shop.sell_until_told("a")["Duplicate"] is True
    shop.process.kill()
    shop.process.wait()
    wait_until_gone(tmp_path)


def test_projectors_apart_go_on_by_themselves(tmp_path: Path) -> None:
    with serving("--no-projectors", DATA_DIR=str(tmp_path)) as (process, lines):
        (cluster,) = tmp_path.resolve().glob("postgres-[0-9]*")
        with httpx.Client(base_url=url_of(lines), timeout=60) as client:
            shop = Shop(process, client, cluster)
            shop.sell_until_told("a")
            before = shop.postmaster()
            os.kill(before, signal.SIGKILL)
            shop.wait_for_another_than(before)
            shop.sell_until_told("b")
            ran = run("project", "--once", DATA_DIR=str(tmp_path))
            assert (ran.returncode, ran.stderr) == (0, "")
            assert shop.knows("a") and shop.knows("b")


def test_the_server_stops_cleanly_when_postgres_was_suspended(shop: Shop, tmp_path: Path) -> None:
    shop.sell_until_told("kept")
    send_to_all(shop.cluster, signal.SIGSTOP)
    shop.process.terminate()
    assert shop.process.wait(60) == 0
    wait_until_gone(tmp_path)


def test_a_frozen_postgres_is_not_waited_for(shop: Shop) -> None:
    """It accepts connections and says nothing; when it wakes up, nothing of what was refused is carried out."""
    shop.sell_until_told("before")
    time.sleep(20 * AWAKE_FOR)
    send_to_all(shop.cluster, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(4) as pool:
            commands = [pool.submit(shop.sell, name) for name in "abc"]
            read = pool.submit(shop.client.get, f"/v1/orders/{order_id('before')}", timeout=30)
        for answer in commands:
            refused(answer.result())
        assert read.result().status_code == 503
    finally:
        send_to_all(shop.cluster, signal.SIGCONT)
    assert [shop.sell_until_told(name)["Duplicate"] for name in "abc"] == [False, False, False]
    assert shop.knows("a") and shop.knows("before")
