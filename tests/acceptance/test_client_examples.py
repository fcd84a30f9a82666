"""The README's programs, as they stand there, against a real server."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.acceptance.server import SCRIPT, serving

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PROGRAMS = {
    found[2]: found[1] for found in re.finditer(r"```python\n(.*?asyncio\.run\((\w+)\(\)\)\n)```", README, re.DOTALL)
}


class Desk(NamedTuple):
    """A running server, and a folder to work in."""

    url: str
    folder: Path

    def start(self, name: str) -> subprocess.Popen[str]:
        """A program of the README at work."""
        text = PROGRAMS[name].replace("http://127.0.0.1:8000", self.url)
        assert text != PROGRAMS[name]
        command = [sys.executable, "-c", text]
        return subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, name: str) -> str:
        """What it says, once it is done."""
        said, errors = self.start(name).communicate(timeout=60)
        assert errors == ""
        return said

    def lines(self, name: str, count: int) -> list[str]:
        """The first lines of one that goes on for ever, which is killed then."""
        with self.start(name) as program:
            assert program.stdout is not None and program.stderr is not None
            said = [program.stdout.readline() for _ in range(count)]
            assert all(said), program.stderr.read()
            program.kill()
        return said


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("examples")
    with serving(folder / "data", folder / "server.log") as url:
        yield Desk(url, folder)


def finished(desk: Desk) -> list[str]:
    """The orders in the log."""
    events = httpx.get(f"{desk.url}/v1/events", params={"type": "order.finalised"}).json()["Events"]
    return [event["Stream"].removeprefix("order-") for event in events]


def test_they_are_as_short_as_they_are_said_to_be() -> None:
    assert list(PROGRAMS) == ["till", "integrator", "follower", "auditor"]
    for text in PROGRAMS.values():
        lines = [line for line in text.splitlines() if line and "import" not in line]
        assert len(lines) <= 10


def test_a_till_sells(desk: Desk) -> None:
    before = finished(desk)
    assert (desk.run("till"), desk.run("till")) == ("", "")
    assert len(finished(desk)) == len(before) + 2


def test_an_integrator_books(desk: Desk) -> None:
    desk.run("till")
    queue = httpx.get(f"{desk.url}/api/Order/GetOrdersWithoutExternalID").json()
    said = desk.lines("integrator", len(queue))
    assert [line.split() for line in said] == [[order["Id"], f"BOOK-{order['Id'][:8]}"] for order in queue]
    assert httpx.get(f"{desk.url}/api/Order/GetOrdersWithoutExternalID").json() == []


def test_a_follower_goes_on_where_it_was(desk: Desk) -> None:
    said = list[str]()
    for _ in range(3):
        desk.run("till")
        with desk.start("follower") as program:
            assert program.stdout is not None
            while not said or said[-1].split()[-1] != f"order-{finished(desk)[-1]}":
                said.append(program.stdout.readline())
            while (desk.folder / "seen").read_text() != said[-1].split()[0]:
                time.sleep(0.01)
            program.kill()
    assert [line.split()[-1] for line in said] == [f"order-{order}" for order in finished(desk)]


def test_an_auditor_checks(desk: Desk) -> None:
    shown = subprocess.run(
        [SCRIPT, "key", "seal", "show"], env={"DATA_DIR": str(desk.folder / "data")}, capture_output=True, check=True
    )
    (desk.folder / "kafe.vkey").write_bytes(shown.stdout)
    desk.run("till")
    for _ in range(2):
        assert re.fullmatch(r"holds: 3 is one of the \d+ events of order-ledger/demo\n", desk.run("auditor"))
    saved = desk.folder / "last.checkpoint"
    saved.write_text(saved.read_text().replace("\n", "1\n", 2))
    with desk.start("auditor") as program:
        _, errors = program.communicate()
    assert program.returncode == 1
    assert "ProofFailed: " in errors
