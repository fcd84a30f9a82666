"""Rounds in which the disk is full for a while: refused, nothing half written, and on it goes when there is room.

The disk is a small one in memory, in a mount namespace of its own. To make one takes rights: root, mostly.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg

from ledger import embedded
from tests.torture.rounds import Torture, say
from tests.torture.stand import ROOT

SIZE = "600m"
CHUNK = bytes(1 << 20)
FULL_FOR = 4.0  # seconds
WITHIN = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o "size=$0" tmpfs "$1" && shift && exec "$@"', SIZE]


def on_a_disk_of_its_own(rounds: int, seed: str) -> int:
    """Runs this module where there is such a disk, and gives its exit code; 0 with a word where there can be none."""
    with tempfile.TemporaryDirectory(prefix="order-ledger-disk-") as directory:
        try:
            mounted = subprocess.run([*WITHIN, directory, "true"], capture_output=True, text=True, check=False)
            reason = mounted.stderr.strip()
        except FileNotFoundError as error:
            reason = str(error)
        if reason:
            say(f"NOT RUN: rounds with a full disk, for a small disk cannot be mounted here: {reason}")
            return 0
        command = [*WITHIN, directory, sys.executable, "-m", __spec__.name, directory, str(rounds), seed]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


class FullDisk:
    """Fills the disk that `torture` runs on, and makes room again."""

    def __init__(self, torture: Torture, filler: Path) -> None:
        self._torture, self._filler = torture, filler

    async def for_data(self) -> None:
        """Tables cannot grow: single statements fail."""
        self._fill()
        await asyncio.sleep(FULL_FOR)
        self._filler.unlink()

    async def for_its_log(self) -> None:
        """The write-ahead log cannot grow: PostgreSQL panics, and cannot even recover until there is room."""
        self._fill()
        dsn = embedded.attach(self._torture.stand.data_dir)
        assert dsn is not None
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(dsn, timeout=5)
            await connection.execute("SELECT pg_switch_wal()", timeout=5)
            connection.terminate()
        await asyncio.sleep(FULL_FOR)
        self._filler.unlink()

    def _fill(self) -> None:
        with self._filler.open("wb", buffering=0) as file:
            for chunk in (CHUNK, CHUNK[:4096]):
                try:
                    while file.write(chunk):
                        pass
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error


async def main(directory: Path, rounds: int, seed: str) -> None:
    """So many rounds. AssertionError: see `Torture.run`."""
    torture = Torture(directory / "data", seed, say)
    disk = FullDisk(torture, directory / "filler")
    await torture.run([disk.for_its_log if number % 2 else disk.for_data for number in range(rounds)])
    assert "No space left on device" in (directory / "data" / "postgres.log").read_text("utf-8", "replace")


if __name__ == "__main__":
    Path(sys.argv[1]).chmod(0o755)
    try:
        asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
    except AssertionError as error:
        say(f"FAILED on a full disk with SEED={sys.argv[3]}: {error}")
        sys.exit(1)
