"""Work on a whole log in a process of its own: one at a time, stopped, killed, and what is left of it."""

from __future__ import annotations

import asyncio
import os
import signal
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.console.work import BROKEN_OFF, Kind, Outcome, Work, Works
from ledger.audit.verify import verify
from tests.integration.audited import Audited, open_audited
from tests.integration.test_startup import children_running

ORDERS = 100
ENDS = ("events WHERE position", "signed_checkpoints WHERE size")


@pytest.fixture
async def audited(dsn: str, tmp_path: Path) -> AsyncIterator[Audited]:
    async with open_audited(dsn, tmp_path) as opened:
        await opened.sell(0, ORDERS)
        yield opened


@pytest.fixture
async def works(dsn: str) -> AsyncIterator[Works]:
    found = Works(dsn)
    yield found
    await found.close()
    assert workers() == []


def workers() -> list[int]:
    """The processes that this one has started and that work on a log."""
    return children_running("api.console.worker", os.getpid())


def work(audited: Audited, kind: Kind, **trusted: str | None) -> Work:
    """Work on the shop's log."""
    return Work(kind, audited.shop.tenant, vkey=trusted.get("vkey"), checkpoint=trusted.get("checkpoint"))


async def outcome(found: Work) -> Outcome:
    """What came of it."""
    for _ in range(3000):
        if found.outcome is not None:
            return found.outcome
        await asyncio.sleep(0.02)
    raise TimeoutError


async def test_a_log_is_verified_with_what_somebody_trusts(audited: Audited, works: Works) -> None:
    moves, vkey, note = works.moves, await audited.vkey(), (await audited.save()).read_text("utf-8")
    begun = work(audited, "verify", vkey=vkey, checkpoint=note)
    assert works.begin(begun)
    assert await outcome(begun) == Outcome(size=3 * ORDERS, own_key=False)
    assert (begun.done, begun.total) == (3 * ORDERS, 3 * ORDERS) and works.moves > moves + 1
    assert works.of(audited.shop.tenant.tenant_id, "verify") is begun
    assert works.of(audited.shop.tenant.tenant_id + 1, "verify") is None
    await audited.tamper(*(f"DELETE FROM ledger.{what} > 280" for what in ENDS))
    again = work(audited, "verify", vkey=vkey, checkpoint=note)
    assert works.begin(again)
    found = await outcome(again)
    assert found.count == len(found.findings)
    assert "the checkpoint yours signs 300 events, the log's only 256: the rest is gone" in found.findings


async def test_what_is_no_key_is_said_to_be_none(audited: Audited, works: Works) -> None:
    begun = work(audited, "verify", vkey="none")
    assert works.begin(begun)
    assert "the trusted key cannot be read" in str((await outcome(begun)).failure)


async def test_one_at_a_time_and_it_can_be_stopped(audited: Audited, works: Works) -> None:
    tenant_id = audited.shop.tenant.tenant_id
    begun = work(audited, "export")
    assert works.begin(begun) and not works.begin(work(audited, "verify"))
    assert works.is_busy and works.of(tenant_id, "verify") is None
    works.stop(tenant_id + 1)
    await a_worker()
    assert begun.outcome is None
    works.stop(tenant_id)
    assert (await outcome(begun)).failure == BROKEN_OFF and begun.archive is None
    assert not works.is_busy and workers() == []
    assert works.begin(work(audited, "verify"))


async def test_a_worker_that_dies_is_told_of(audited: Audited, works: Works) -> None:
    begun = work(audited, "verify")
    works.begin(begun)
    os.kill(await a_worker(), signal.SIGKILL)
    assert (await outcome(begun)).failure == "the process that was at it has died"
    assert not works.is_busy


async def a_worker() -> int:
    """The one that was started."""
    for _ in range(3000):
        if found := workers():
            return found[0]
        await asyncio.sleep(0.01)
    raise TimeoutError


async def test_an_export_is_read_to_its_end_while_the_next_is_made(
    audited: Audited, works: Works, tmp_path: Path
) -> None:
    first, second = work(audited, "export"), work(audited, "export")
    assert works.begin(first)
    assert await outcome(first) == Outcome(size=3 * ORDERS)
    size, pieces = first.size, first.pieces()
    assert works.begin(second) and first.archive is None
    await outcome(second)
    archive = tmp_path / "export.tar"
    archive.write_bytes(b"".join([piece async for piece in pieces]))
    assert archive.stat().st_size == size
    with tarfile.open(archive) as opened:
        assert {(one.uid, one.uname, one.mode) for one in opened} == {(0, "", 0o644)}
        opened.extractall(tmp_path, filter="data")
    report = verify(tmp_path / audited.shop.tenant.name, vkey=await audited.vkey(), processes=0)
    assert (report.findings, report.size) == ([], 3 * ORDERS)


async def test_a_log_that_was_never_sealed_gives_no_export(audited: Audited, works: Works) -> None:
    await audited.tamper("DELETE FROM ledger.signed_checkpoints")
    begun = work(audited, "export")
    works.begin(begun)
    assert "is not sealed yet" in str((await outcome(begun)).failure)
    assert begun.archive is None
