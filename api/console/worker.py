"""`python -m api.console.worker`: the process that verifies or exports a log for a page (`work`).

It reads one order from standard input and writes what it says to standard output, one line of JSON at a time. It goes
when its server goes, and gives way to whatever else wants the processor.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from api.console.work import Order, Outcome, Said
from ledger.audit.export import Exported, export
from ledger.audit.files import CHECKPOINT, EVENTS, VKEY
from ledger.audit.live import verify_live
from ledger.database import open_pool
from ledger.errors import LedgerError
from ledger.parent import signal_at_parents_end
from ledger.pool import WORK_WITHIN
from ledger.store import Pool, head
from ledger.telling import told
from ledger.tenants import Known

# More than an event takes in an export, and in the archive that is made of it.
BYTES_AN_EVENT = 2048
_NICE = 10
# What findings call the checkpoint that somebody has given.
_YOURS = "yours"
_FINDINGS_SHOWN = 100


def main() -> None:
    """Does what the order says, and says what came of it."""
    signal_at_parents_end(signal.SIGTERM)
    os.nice(_NICE)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    with tempfile.TemporaryDirectory(prefix="order-ledger-") as directory:
        os.chdir(directory)
        try:
            outcome = asyncio.run(_carried_out(order))
        except (LedgerError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            outcome = Outcome(failure=str(error) if isinstance(error, LedgerError) else told(error))
        except asyncio.CancelledError:
            return
        finally:
            os.chdir("/")
    _say(Said(outcome=outcome))


async def _carried_out(order: Order) -> Outcome:
    """LedgerError: it cannot be done, and why."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    tenant = Known(order.tenant_id, order.tenant, ZoneInfo(order.zone))
    async with await open_pool(order.dsn, max_size=1, answer_within=WORK_WITHIN) as pool:
        if order.kind == "export":
            return await _exported(pool, tenant, order)
        return await _verified(pool, tenant, order)


async def _verified(pool: Pool, tenant: Known, order: Order) -> Outcome:
    saved: Sequence[Path] = ()
    if order.checkpoint is not None:
        saved = [Path(_YOURS)]
        saved[0].write_text(order.checkpoint, "utf-8")
    report = await verify_live(pool, tenant, vkey=order.vkey, checkpoints=saved, progress=_progress)
    return Outcome(report.size, len(report.findings), report.findings[:_FINDINGS_SHOWN], report.own_key)


async def _exported(pool: Pool, tenant: Known, order: Order) -> Outcome:
    assert order.archive is not None
    async with pool.acquire() as connection:
        await connection.act_for(tenant.tenant_id)
        size = await head(connection, tenant.tenant_id)
    free = shutil.disk_usage(".").free
    if size * BYTES_AN_EVENT > free // 2:
        raise LedgerError(f"there is no room here for an export of {size} events: run order-ledger export elsewhere")
    directory = Path(tenant.name)
    done = await export(pool, tenant, directory, progress=_progress)
    await asyncio.to_thread(_archive, directory, order.archive, done)
    return Outcome(done.size)


def _archive(directory: Path, number: int, done: Exported) -> None:
    """The export as a tar file, without compressing again; what is in it is on the disk once."""
    parts = [directory / CHECKPOINT, directory / VKEY, *sorted((directory / EVENTS).iterdir())]
    with os.fdopen(number, "wb", closefd=False) as out, tarfile.open(fileobj=out, mode="w") as archive:
        for path in parts:
            archive.add(path, str(path), recursive=False, filter=_of_nobody)
            path.unlink()


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever runs the server is nobody's business."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def _progress(done: int, total: int) -> None:
    _say(Said(done, total))


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
