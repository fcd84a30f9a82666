"""The sealed log as files: complete, added to, taken up again after a kill, refused where it does not belong."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.audit import export as exporting
from ledger.audit import files
from ledger.audit.files import events_files, read_lines
from ledger.audit.verify import verify
from ledger.errors import LedgerError
from tests.integration.audited import Audited, open_audited
from tests.integration.sealing import sealing, until
from tests.integration.shop import sale
from tests.unit.exported import packed

SLOWLY = """
import asyncio, sys
from pathlib import Path
from ledger.audit import export, files
from ledger.database import open_pool
from ledger.store import Vault
from ledger.tenants import all_tenants

files.EVENTS_PER_FILE = 64

async def main(dsn, directory):
    pool = await open_pool(dsn)
    (tenant,) = await all_tenants(pool, Vault(bytes(range(32))))
    await export.export(pool, tenant, Path(directory), progress=lambda done, total: print(done, flush=True))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def audited(dsn: str, tmp_path: Path) -> AsyncIterator[Audited]:
    async with open_audited(dsn, tmp_path) as opened:
        yield opened


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of 64 events: a small log has many of them."""
    monkeypatch.setattr(files, "EVENTS_PER_FILE", 64)


def content(directory: Path) -> dict[str, bytes]:
    """Every file of an export."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def lines(directory: Path) -> bytes:
    """All of its lines."""
    return b"".join(chunk for file in events_files(directory)[0] for chunk in read_lines(file.path))


async def test_an_empty_log_has_no_files(audited: Audited) -> None:
    with pytest.raises(LedgerError, match="not sealed yet"):
        await audited.export()
    await audited.seal()
    assert (await audited.export()).size == 0
    assert set(content(audited.directory / "export")) == {"checkpoint", "vkey"}
    assert audited.verify(await audited.vkey()).findings == []


@pytest.mark.parametrize("gz", [False, True])
async def test_an_export_grows_and_nothing_that_is_right_is_written_again(
    audited: Audited, small_files: None, gz: bool
) -> None:
    await audited.sell(0, 50)
    first = await audited.export(gz=gz)
    before = content(audited.directory / "export")
    assert (first.added, first.size) == (first.size, first.size)
    assert (await audited.export(gz=gz)).added == 0
    assert content(audited.directory / "export") == before
    inodes = {path: path.stat().st_ino for path in (audited.directory / "export" / "events").iterdir()}
    await audited.sell(50, 60)
    second = await audited.export(gz=gz)
    after = content(audited.directory / "export")
    assert (second.added, len(lines(audited.directory / "export").splitlines())) == (
        second.size - first.size,
        second.size,
    )
    full = sorted(inodes)[: first.size // 64]
    assert [path.stat().st_ino for path in full] == [inodes[path] for path in full]
    last = sorted(name for name in before if "events" in name)[-1]
    assert after[last].startswith(before[last])
    await audited.export("anew", gz=not gz)
    assert lines(audited.directory / "anew") == lines(audited.directory / "export")
    saved = [await audited.save(), await audited.save(256)]
    for name in ("anew", "export"):
        assert audited.verify(await audited.vkey(), *saved, name=name).findings == []
    assert (await audited.live(await audited.vkey(), *saved)).findings == []


async def test_every_state_that_a_kill_can_leave_is_completed(audited: Audited, small_files: None) -> None:
    await audited.sell(0, 40)
    await audited.export()
    complete = content(audited.directory / "export")
    await audited.sell(40, 80)
    await audited.export("whole")
    whole = content(audited.directory / "whole")
    target = audited.directory / "export"
    for count in range(len(whole) - 2):
        names = sorted(name for name in whole if name.startswith("events"))[:count]
        for path in target.rglob("*.*"):
            path.unlink()
        for name, held in {**complete, **{name: whole[name] for name in names}}.items():
            (target / name).write_bytes(held)
        (target / ".unfinished").write_bytes(b"half of")
        await audited.export()
        assert lines(target) == lines(audited.directory / "whole")
        assert audited.verify(await audited.vkey()).findings == []


async def test_an_export_that_is_killed_is_completed(audited: Audited) -> None:
    await audited.sell(0, 300)
    target = audited.directory / "export"
    command = (sys.executable, "-c", SLOWLY, audited.dsn, str(target))
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        await asyncio.to_thread(process.stdout.readline)
        time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.communicate)
    assert await asyncio.to_thread(subprocess.run, command, stdout=subprocess.DEVNULL)
    assert verify(target, vkey=await audited.vkey()).findings == []
    assert not (target / ".unfinished").exists()


async def test_an_export_while_orders_come_in_holds(audited: Audited, dsn: str) -> None:
    async with sealing(dsn, audited.directory / "seal"):

        async def post() -> None:
            for number in range(200):
                await audited.shop.post(sale(f"late {number}"))

        posting = asyncio.create_task(post())
        await until(audited.vkeys)
        sizes = []
        while not posting.done():
            sizes.append((await audited.export()).size)
            assert audited.verify(await audited.vkey()).findings == []
        await posting
    assert sizes == sorted(sizes)


REFUSED = "events/000000065.jsonl.zst"


async def test_what_is_not_of_this_log_is_refused_and_left_alone(audited: Audited, small_files: None) -> None:
    await audited.sell(0, 50)
    await audited.export()
    target = audited.directory / "export"
    right = content(target)
    other = packed(lines(target).replace(b'"version":1', b'"version":2', 1).split(b"\n")[0] + b"\n")
    wrong: list[tuple[str, bytes, str]] = [
        ("vkey", b"order-ledger/other+00000000+AAAA\n", "another log"),
        ("checkpoint", right["checkpoint"].replace(b"shop", b"shed"), "another log"),
        (REFUSED, right[REFUSED][:-3], "cut off"),
        (REFUSED, b"", "holds no event"),
        (REFUSED, other, "none of the files"),
        ("events/000000001.jsonl.zst", packed(right["checkpoint"]), "is not JSON"),
        ("events/more", b"", "does not belong"),
        ("events/000099999.jsonl.zst", right[REFUSED], "none of the files"),
    ]
    for name, held, what in wrong:
        (target / name).write_bytes(held)
        before = content(target)
        with pytest.raises(LedgerError, match=what):
            await audited.export()
        assert content(target) == before
        if name in right:
            (target / name).write_bytes(right[name])
        else:
            (target / name).unlink()
    assert (await audited.export()).added == 0


async def test_a_directory_of_a_longer_or_another_log_is_refused(audited: Audited, small_files: None) -> None:
    await audited.sell(0, 50)
    await audited.export()
    await audited.tamper(
        "DELETE FROM ledger.signed_checkpoints WHERE size > 0",
        "UPDATE ledger.events SET data = '{}' WHERE position = 9",
    )
    with pytest.raises(LedgerError, match="has signed only 0"):
        await audited.export()
    with pytest.raises(LedgerError, match="another export"), exporting.alone(audited.directory / "export"):
        await audited.export()


async def test_a_log_that_is_not_what_was_signed_is_not_exported(audited: Audited) -> None:
    await audited.sell(0, 5)
    await audited.tamper("UPDATE ledger.events SET data = '{}' WHERE position = 9")
    with pytest.raises(LedgerError, match="not what was signed"):
        await audited.export()
    assert not (audited.directory / "export" / "checkpoint").exists()
    await audited.tamper("UPDATE ledger.events SET data = '\\xff' WHERE position = 9")
    with pytest.raises(LedgerError, match="event 9 is no text"):
        await audited.export()
    await audited.tamper("DELETE FROM ledger.events WHERE position = 9")
    with pytest.raises(LedgerError, match="missing after position 8"):
        await audited.export()
