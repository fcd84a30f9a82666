"""`order-ledger simulate` and `demo` against a real server: the books agree, and where they cannot they say so."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.bodies import a_line, an_order
from tests.acceptance.server import SCRIPT, serving

DAY = "2026-11-23"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own: a town makes outlets, and draws numbers."""
    directory: Path = tmp_path_factory.mktemp("simulate")
    with serving(directory / "data", directory / "server.log") as found:
        yield found
    log = (directory / "server.log").read_text(encoding="utf-8")
    assert '"level":"ERROR"' not in log, log


def simulate(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run to its end."""
    return subprocess.run([SCRIPT, "simulate", "--url", url, *arguments], capture_output=True, text=True, timeout=120)


def told(done: subprocess.CompletedProcess[str], code: int = 0) -> Any:
    """What a run with `--json` says."""
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("arguments", [
    ("--seed", "1", "--day", DAY, "--orders", "200"),
    ("--seed", "två", "--month", "2026-03", "--orders", "80", "--outlets", "1", "--tills", "1"),
    ("--seed", "2", "--day", "2026-10-25", "--orders", "200", "--outlets", "4", "--tills", "3"),
    ("--seed", "1", "--day", DAY, "--orders", "60", "--faults", "off"),
], ids=lambda arguments: " ".join(arguments))  # fmt: skip
def test_the_books_agree(url: str, arguments: tuple[str, ...]) -> None:
    found = told(simulate(url, "--json", *arguments))
    assert found["agrees"] is True and found["surprises"] == []
    assert (found["cut"] > 0) == found["faults"] and (found["faults"] or not found["refused"])
    compared = {one["answer"]: one["figures"] for one in found["compared"]}
    assert len(compared) == 18
    assert compared["GetDailySale"] and compared["/v1/stock"] and compared["GetCashDrawerLog"] and compared["/v1/swish"]


def test_days_up_to_now(url: str) -> None:
    found = told(simulate(url, "--json", "--days", "2", "--outlets", "1", "--tills", "1"))
    assert found["agrees"] is True and found["orders"] > 10 and len(found["days"]) == 2


def test_the_same_seed_again_is_all_duplicates_and_agrees(url: str) -> None:
    arguments = ("--json", "--seed", "again", "--day", DAY, "--orders", "120")
    first, second = told(simulate(url, *arguments)), told(simulate(url, *arguments))
    assert second["agrees"] is True and second["posts"] == first["posts"]
    # Only drafts of orders that are still open are drafts once more.
    assert second["duplicates"] > 0.9 * second["posts"] > first["duplicates"]


def test_a_sale_behind_its_back_is_named_and_the_exit_code_is_1(url: str) -> None:
    arguments = ("--seed", "robbed", "--day", DAY, "--orders", "60", "--outlets", "1")
    before = {one["Id"] for one in httpx.get(f"{url}/api/Sale/GetOutlets").json()}
    assert simulate(url, *arguments).returncode == 0
    (outlet,) = (one for one in httpx.get(f"{url}/api/Sale/GetOutlets").json() if one["Id"] not in before)
    order = an_order(OutletId=outlet["Id"], OrderLines=[a_line(Quantity=1, UnitPrice=0.01)])
    assert httpx.post(f"{url}/api/Order/PostOrder", json=order).status_code == 200
    done = simulate(url, *arguments)
    assert done.returncode == 1
    assert f"GetDailySale: {outlet['Name']} {DAY} total: books " in done.stdout
    assert f"GetMonthalySale: {outlet['Name']} 2026-11 category Drycker: books " in done.stdout
    assert f"/v1/stock: {outlet['Id']} {order['OrderLines'][0]['ItemId']}: books nothing, server -1" in done.stdout
    assert done.stderr.startswith("order-ledger: the server and the books of the town differ in ")
    assert told(simulate(url, "--json", *arguments), code=1)["agrees"] is False


def test_live(url: str) -> None:
    found = told(simulate(url, "--json", "--orders-per-minute", "900", "--minutes", "0.08", "--tills", "1"))
    assert found["agrees"] is True and found["orders"] > 10 and found["days"] == []


def test_ctrl_c_ends_the_selling_and_the_books_are_compared(url: str) -> None:
    command = [str(SCRIPT), "simulate", "--url", url, "--json", "--month", "2026-02", "--orders", "100000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        until_something_is_sold(url, "2026-02-01")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    found = json.loads(out)
    assert found["agrees"] is True and 0 < found["orders"] < 100_000


def until_something_is_sold(url: str, day: str) -> None:
    """Waits for the first sale of a day."""
    while not httpx.get(f"{url}/api/Sale/GetDailySale", params={"dt": day}).json()["GrandTotal"]:
        pass


def test_a_server_that_is_killed_and_comes_back_has_lost_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [str(SCRIPT), "simulate", "--url", url, "--json", "--seed", "kill", "--day", DAY, "--orders", "300"]
    with started(tmp_path, port) as server:
        running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        until_something_is_sold(url, DAY)
        server.kill()
    with started(tmp_path, port):
        out, _ = running.communicate(timeout=120)
    found = json.loads(out)
    assert found["agrees"] is True and found["orders"] == 300


@contextmanager
def started(data_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A server on this port, until the block ends or kills it."""
    environment = os.environ | {"PORT": str(port), "DATA_DIR": str(data_dir), "LOG_LEVEL": "ERROR"}
    with subprocess.Popen([SCRIPT, "serve"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline()
        yield process
        process.terminate()


def test_without_a_server_one_line_says_what_to_do() -> None:
    done = simulate("http://127.0.0.1:1", "--day", DAY)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("order-ledger: http://127.0.0.1:1 does not answer") and done.stderr.count("\n") == 1


def test_minutes_alone_make_no_sense() -> None:
    assert simulate("http://127.0.0.1:1", "--minutes", "1").returncode == 2


def test_where_a_credential_is_wanted_it_is_asked_for_and_taken(tmp_path: Path) -> None:
    with serving(tmp_path / "data", tmp_path / "server.log", DEMO="off") as url:
        arguments = ("--day", DAY, "--orders", "5", "--outlets", "1", "--tills", "1")
        command("tenant", "create", "kafe", data_dir=tmp_path / "data")
        made = json.loads(command("key", "create", "--role", "admin", "--json", data_dir=tmp_path / "data"))
        done = simulate(url, *arguments)
        assert done.returncode == 1 and "give an admin's key with --key" in done.stderr
        assert told(simulate(url, "--json", "--key", made["key"], *arguments))["agrees"] is True


def command(*words: str, data_dir: Path) -> str:
    """What a command beside the server prints."""
    environment = os.environ | {"DATA_DIR": str(data_dir), "DEMO": "off"}
    return subprocess.run([SCRIPT, *words], env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_the_demo_comes_up_full_goes_on_where_it_was_and_leaves_nothing_behind(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert "agree to the öre" in first[0]
    second = demo(tmp_path)
    assert "agree" not in second[0] and first[1] == second[1] and len(first[1]) == 1 + 2 + 3
    assert first[2] <= second[2]


def demo(tmp_path: Path) -> tuple[str, set[str], float]:
    """A demo until its town goes on live: what it has said, the outlets' names, and what the month has brought."""
    environment = os.environ | {"PORT": "0", "DATA_DIR": str(tmp_path), "LOG_LEVEL": "WARNING"}
    with subprocess.Popen([SCRIPT, "demo", "--days", "2"], env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said = ""
        while not said.endswith("stops everything.\n"):
            line = demo.stdout.readline()
            assert line, said
            said += line
        url = said.splitlines()[-1].split()[1].rstrip("/")
        outlets = {one["Name"] for one in httpx.get(f"{url}/api/Sale/GetOutlets").json()}
        months = (httpx.get(f"{url}/api/Sale/GetSaleByMonth", params={"month": number}) for number in range(1, 13))
        sold = sum(month.json()["MonthlySale"]["GrandTotal"] for month in months)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    return said, outlets, sold
