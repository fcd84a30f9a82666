"""docs/integrate.md, pasted from top to bottom into a shell beside a new server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.server import SCRIPT, serving

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrate.md").read_text("utf-8")
_BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
_END = "-- end of a block --"


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
        script = f"\necho '{_END}'\n".join(["set -eu", *shell]).replace("http://127.0.0.1:8000", url)
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
