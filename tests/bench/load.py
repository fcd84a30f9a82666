"""Load over HTTP: from wrk where it is there, else from a client of ours, in a process of its own either way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.bodies import Template, usual

ROOT = Path(__file__).parents[2]
# Receipt numbers must not come again, whoever sends them.
_numbers = iter(range(int(time.time()) * 1000, 1 << 62, 50_000_000))


class Went(NamedTuple):
    """How a load went. Seconds; `failed` are answers other than 200, and connections lost."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def post(
    url: str, template: Template, keys: Sequence[str], connections: int, seconds: float, *, wrk: bool = True
) -> Went:
    """Posts new documents for some seconds. AssertionError: one was not answered with 200."""
    return finish(begin(url, template, keys, connections, seconds, wrk=wrk))


class Running(NamedTuple):
    """A load under way."""

    process: subprocess.Popen[str]
    directory: tempfile.TemporaryDirectory[str]


def begin(
    url: str, template: Template, keys: Sequence[str], connections: int, seconds: float, *, wrk: bool = True
) -> Running:
    """Starts it."""
    directory = tempfile.TemporaryDirectory(prefix="order-ledger-load-")
    text, tokens = Path(directory.name) / "body", Path(directory.name) / "keys"
    text.write_bytes(_half_filled(template))
    tokens.write_text("".join(f"{key}\n" for key in keys))
    arguments = [str(text), str(next(_numbers)), str(tokens), str(time.time_ns() % 2**31)]
    command = [sys.executable, "-m", "tests.bench.client", url, str(connections), str(seconds), *arguments]
    if wrk and has_wrk():
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s"]
        command = ["wrk", *options, "-s", str(Path(__file__).with_name("load.lua")), url, "--", *arguments]
    return Running(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT), directory)


def finish(running: Running) -> Went:
    """Waits for its end. AssertionError: a request failed."""
    out, _ = running.process.communicate()
    running.directory.cleanup()
    results = [line.removeprefix("RESULT ") for line in out.splitlines() if line.startswith("RESULT ")]
    assert running.process.returncode == 0 and results, f"the load ended with {running.process.returncode}: {out}"
    went = Went(**json.loads(results[0]))
    assert went.failed == 0 and went.requests > 0, went
    return went


def has_wrk() -> bool:
    """Whether wrk is on PATH."""
    return shutil.which("wrk") is not None


def _half_filled(template: Template) -> bytes:
    """The text with all marks replaced that are the same in every request."""
    values = {name: text.encode() for name, text in usual().items()}
    return template.filled({name: values.get(name, f"@{name}@".encode()) for name in template.names})
