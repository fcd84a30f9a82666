"""docs/integrate.md, pasted from top to bottom into a shell beside a new server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.bodies import an_order
from tests.acceptance.server import SCRIPT, serving

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrate.md").read_text("utf-8")
_BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
_END = "-- end of a block --"
# What the next round of a window would ask from.
_SINCE = '\necho "next from $SINCE"\n'


def pasted(folder: Path) -> list[tuple[str, str, str]]:
    """Each block of the shell, what it printed, and the answer that the page promises (`""`: none)."""
    blocks = _BLOCK.findall(PAGE)
    shell = [text for kind, text in blocks if kind == "sh"]
    promised = [
        following if kind == "json" else ""
        for (said, _), (kind, following) in zip(blocks, [*blocks[1:], ("", "")], strict=True)
        if said == "sh"
    ]
    with serving(folder / "data", folder / "log") as url:
        script = (f"\necho '{_END}'\n".join(["set -eu", *shell]) + _SINCE).replace("http://127.0.0.1:8000", url)
        environment = os.environ | {"DATA_DIR": str(folder / "data"), "PATH": f"{SCRIPT.parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{_END}\n")[1:]
    return list(zip(shell, printed, promised, strict=True))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    return pasted(tmp_path_factory.mktemp("pasted"))


def test_every_answer_is_the_one_that_is_promised(session: list[tuple[str, str, str]]) -> None:
    promises = [(printed, json.loads(promised)) for _, printed, promised in session if promised]
    assert len(promises) == 3
    for printed, promised in promises:
        assert alike(json.loads(printed), promised), printed


def alike(found: Any, promised: Any) -> bool:
    """Whether an answer is what the page shows; `…` there stands for any text, `[]` for any list."""
    if isinstance(promised, dict):
        return found.keys() == promised.keys() and all(alike(found[name], promised[name]) for name in promised)
    if isinstance(promised, list) and promised:
        return alike(found[0], promised[0])
    return bool(promised in ("…", []) or found == promised)


def test_no_other_answer_is_a_problem(session: list[tuple[str, str, str]]) -> None:
    for block, printed, promised in session:
        if "curl" not in block and ("ask" in block or "sell" in block) and not promised:
            assert printed.strip() and '"retryable"' not in printed, (block, printed)
    assert any("BOOK-1" in printed for _, printed, _ in session)


def test_the_next_window_begins_before_now(session: list[tuple[str, str, str]]) -> None:
    """What is recorded from here on comes in it; and it is no date that was written down once."""
    since = datetime.fromisoformat(session[-1][1].rpartition("next from ")[2].strip())
    assert timedelta(minutes=1) <= datetime.now(UTC) - since < timedelta(hours=1)


def test_the_program_books_every_order(tmp_path: Path) -> None:
    """Also where they come in pages, and each one leaves the queue as it is booked."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 1
    queue = "api/Order/GetOrdersWithoutExternalID"
    with serving(tmp_path / "data", tmp_path / "log", PAGE_SIZE="4") as url:
        for _ in range(10):
            httpx.post(f"{url}/api/Order/PostOrder", json=an_order()).raise_for_status()
        program = (
            "import asyncio\nfrom api.client import Client\nKEY, book = None, lambda order: 'BOOK-' + order['Id']\n"
            f"async def main():\n{textwrap.indent(blocks[0], '    ')}\nasyncio.run(main())"
        ).replace("http://127.0.0.1:8000", url)
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
        assert httpx.get(f"{url}/{queue}").json() == []
