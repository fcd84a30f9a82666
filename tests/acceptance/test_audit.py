"""`order-ledger export` and `verify`, and the auditor's own little program: real processes, real servers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.integration.test_startup import SCRIPT, environment
from tests.unit.exported import SIGNER, STRANGER, Export, events, packed, signed, written

SECOND_PROGRAM = Path(__file__).parents[2] / "docs" / "verify_export.py"


def run(*arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command line."""
    command = [SCRIPT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(settings))


def second(export: Export, *arguments: object, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """The program in docs/, with no library of ours."""
    command = [sys.executable, "-I", "-S", str(SECOND_PROGRAM), str(export.directory), *map(str, arguments)]
    settings = None if path is None else {"PATH": path}
    return subprocess.run(command, capture_output=True, text=True, env=settings)


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export.of(tmp_path / "export", events(20), kind="gz")


@pytest.fixture
def vkey(tmp_path: Path) -> Path:
    path = tmp_path / "shop.vkey"
    path.write_text(SIGNER.verifier.vkey + "\n")
    return path


def test_an_export_that_holds(export: Export, vkey: Path) -> None:
    saved = export.save("saved", events(12))
    done = run("verify", export.directory, "--vkey", vkey, "--checkpoint", saved)
    assert (done.returncode, done.stdout, done.stderr) == (0, "order-ledger/shop: all 20 events hold.\n", "")
    alone = run("verify", export.directory)
    assert (alone.returncode, "this alone proves nothing" in alone.stdout) == (0, True)
    found = json.loads(run("verify", export.directory, "--vkey", vkey, "--json").stdout)
    assert (found["holds"], found["size"], found["findings"], found["trusted_key"]) == (True, 20, [], True)
    assert second(export, "--vkey", vkey, "--checkpoint", saved).stdout == done.stdout


def test_an_export_that_does_not_hold(export: Export, vkey: Path) -> None:
    export.path(9, "gz").unlink()
    done = run("verify", export.directory, "--vkey", vkey)
    assert (done.returncode, done.stdout) == (1, "")
    assert "8 events are missing after position 8\n" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(run("verify", export.directory, "--json").stdout)["holds"] is False


def test_wrong_use(export: Export, vkey: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("no key")
    for arguments in (
        [], ["--live", export.directory], [tmp_path / "nowhere"], [export.directory, "--tenant", "shop"],
        [export.directory, "--vkey", tmp_path / "nowhere"], [export.directory, "--vkey", broken],
        [export.directory, "--nonsense"],
    ):  # fmt: skip
        done = run("verify", *arguments)
        assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False), arguments


@pytest.mark.parametrize("kind", ["zst", "gz"])
def test_the_second_program_agrees(tmp_path: Path, kind: str, vkey: Path) -> None:
    for count in (0, 1, 20, 65):
        made = Export.of(tmp_path / f"{count}", events(count), kind=kind)
        done = second(made, "--vkey", vkey, "--checkpoint", made.save("saved", events(count // 2)))
        assert (done.returncode, done.stderr) == (0, ""), count
    stranger = made.save("stranger", events(5), STRANGER)
    assert second(made, "--checkpoint", stranger).returncode == 1
    assert second(made, "--checkpoint", made.save("later", events(66))).returncode == 1


def test_the_second_program_finds_what_was_done(tmp_path: Path) -> None:
    right = events(20)
    forged = {
        "altered": [*right[:8], replace(right[8], data="{}"), *right[9:]],
        "missing": right[:12] + right[13:],
        "swapped": [*right[:6], right[7], right[6], *right[8:]],
        "twice": right[:12] + right[11:],
        "shorter": right[:-1],
        "no data": [*right[:8], replace(right[8], data="["), *right[9:]],
        "same id": [*right[:8], replace(right[8], event_id=right[1].event_id), *right[9:]],
    }
    for name, lines in forged.items():
        made = Export.of(tmp_path / name, lines, kind="gz")
        saved = made.save("saved", right)
        resigned = second(made, "--checkpoint", saved)
        (made.directory / "checkpoint").write_text(signed(right), "utf-8")
        done = second(made)
        assert (done.returncode, resigned.returncode, done.stdout) == (1, 1, ""), name
        assert "Traceback" not in done.stderr + resigned.stderr
    made = Export.of(tmp_path / "files", right, kind="gz")
    for content in (b"", packed(b"\n", "gz"), made.path(1, "gz").read_bytes()[:-9], packed(written(right), "gz")):
        made.put(1, content, "gz")
        done = second(made)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_the_second_program_says_what_it_needs(tmp_path: Path) -> None:
    made = Export.of(tmp_path / "export", events(3))
    done = second(made, path=str(tmp_path))
    assert (done.returncode, "the program zstd is missing" in done.stderr) == (1, True)
    assert shutil.which("sh")


def test_an_export_of_a_running_shop(tmp_path: Path) -> None:
    data = {"DATA_DIR": str(tmp_path / "var"), "PORT": "0"}
    target = tmp_path / "export"
    process = subprocess.Popen([SCRIPT, "serve"], env=environment(data), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(100):
            done = run("export", target, "--gzip", "--json", **data)
            if done.returncode == 0 and json.loads(done.stdout)["size"] == 2:
                break
        assert json.loads(done.stdout)["origin"] == "order-ledger/demo"
        assert run("verify", target).returncode == 0
        live = run("verify", "--live", "--vkey", target / "vkey", "--checkpoint", target / "checkpoint", **data)
        assert (live.returncode, live.stdout, live.stderr) == (0, "order-ledger/demo: all 2 events hold.\n", "")
        assert run("export", target, "--tenant", "nobody", **data).stderr.startswith("order-ledger: there is no tenant")
    finally:
        process.terminate()
        process.communicate()
    again = run("export", target, **data)
    assert (again.returncode, again.stdout) == (0, f"{target}: 2 events of order-ledger/demo, 0 of them new\n")
