"""What is for people is on a terminal only: colours, progress, completion. Real processes on a real pseudo-terminal."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance import bodies
from tests.integration.terminal import ESCAPE, at_terminal, shown_by
from tests.integration.test_startup import SCRIPT, run, serving, url_of

CUSTOMER = "5b0d3c52-6a0e-4c3f-8d0a-6a3a6f1f7b11"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of a server that runs, and knows a customer."""
    settings = {"DATA_DIR": str(tmp_path_factory.mktemp("house"))}
    with serving(**settings) as (_, lines):
        order = bodies.an_order(CustomerId=CUSTOMER)
        assert httpx.post(url_of(lines) + "/api/Order/PostOrder", json=order, timeout=60).status_code == 200
        yield settings


def test_colours_are_for_a_terminal_and_for_who_wants_them(data: dict[str, str]) -> None:
    code, coloured = shown_by([SCRIPT, "status"], data)
    assert (code, ESCAPE + "32m" in coloured) == (0, True), coloured
    for settings in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _, shown = shown_by([SCRIPT, "status"], data | settings)
        assert "well" in shown and ESCAPE not in shown, shown
    piped = run("status", **data)
    assert (piped.returncode, piped.stderr, ESCAPE in piped.stdout) == (0, "", False)


def test_what_is_wrong_is_red_on_a_terminal(data: dict[str, str]) -> None:
    code, shown = shown_by([SCRIPT, "show", "order", "99"], data)
    assert code == 1 and f"{ESCAPE}1;31morder-ledger:" in shown
    assert ESCAPE not in run("show", "order", "99", **data).stderr


@pytest.mark.parametrize(("arguments", "bar"), [
    (["rebuild", "all"], "catalogue"), (["replay", "--live"], "replaying"), (["verify", "--live"], "verifying"),
    (["project", "--once"], "projecting"), (["migrate"], "migrating"),
    (["customer", "erase", CUSTOMER, "--yes"], "erasing"),
])  # fmt: skip
def test_what_takes_its_time_shows_how_far_it_is(data: dict[str, str], arguments: list[str], bar: str) -> None:
    with at_terminal([SCRIPT, *arguments], data, out=subprocess.DEVNULL) as (terminal, process):
        shown = terminal.until(lambda shown: False)
        assert process.wait(60) == 0, shown
    assert bar in shown and "━" in shown, "a bar, on standard error"
    assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h")), "and gone when it is done"
    piped = run(*arguments, **data)
    assert (piped.returncode, piped.stderr) == (0, "")
    assert "━" not in piped.stdout and ESCAPE not in piped.stdout


def test_watching_goes_on_in_place_until_ctrl_c(data: dict[str, str]) -> None:
    with at_terminal([SCRIPT, "status", "--watch", "0.1"], data) as (terminal, process):
        terminal.until(lambda shown: shown.count("catalogue") >= 3)
        process.send_signal(2)
        shown = terminal.until(lambda shown: False)
        assert process.wait(60) == 0
    assert f"{ESCAPE}1A" in shown and "Traceback" not in shown


TYPED = {
    "order-ledger sta\t": "status", "order-ledger rebuild cat\t": "rebuild catalogue",
    "order-ledger key rev\t": "key revoke", "order-ledger tail --no-f\t": "tail --no-follow",
    "order-ledger tail --type order.fin\t": "tail --type order.finalised",
}  # fmt: skip


def test_bash_finishes_words(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    settings = {"PS1": "$ ", "HOME": str(tmp_path), "PATH": f"{Path(SCRIPT).parent}:{os.environ['PATH']}"}
    with at_terminal([bash, "--norc", "--noprofile", "-i"], settings) as (terminal, _):
        terminal.type("bind 'set enable-bracketed-paste off'; source <(order-ledger completion bash); echo re''ady\n")
        terminal.until(lambda shown: "ready" in shown)
        for keys, finished in TYPED.items():
            terminal.type(keys)
            # Ctrl-A, and the line is said and not run.
            terminal.type("\x01echo said: \n")
            said = f"\nsaid: order-ledger {finished}"
            assert said in terminal.until(functools.partial(_holds, said)).replace("\r", "")


def _holds(said: str, shown: str) -> bool:
    return said in shown.replace("\r", "")
