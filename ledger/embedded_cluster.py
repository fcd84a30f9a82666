"""One PostgreSQL cluster on disk: where it lies, whose it is, how it is made, and what a killed server left in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.embedded_binaries import ENVIRONMENT, Account, Binaries, EmbeddedError, choose_account, find_binaries
from ledger.parent import end_with_parent

PATIENCE = 60.0
KILLED_WITHIN = 5.0
POLL = 0.005


@dataclass(frozen=True)
class Cluster:
    """Where a cluster lies, whose it is and what runs it."""

    path: Path
    account: Account
    binaries: Binaries

    @contextlib.contextmanager
    def command(self, program: str, path: Path, *arguments: str) -> Iterator[tuple[list[str], dict[str, Any]]]:
        """The command line of one of PostgreSQL's programs for the cluster at `path`, and how subprocess is to run it.

        It starts in no directory of ours, which its user may not be able to enter: PostgreSQL 15 leaves the one it was
        started in, and would not find its way back.
        """
        files = (os.open(path, os.O_DIRECTORY),) if self._enclosed(path) else ()
        named = f"/proc/self/fd/{files[0]}" if files else str(path)
        command = [str(self.binaries.directory / program), "-D", named, *arguments]
        ours = {"cwd": "/", "env": ENVIRONMENT, "stdin": subprocess.DEVNULL, "start_new_session": True}
        try:
            yield command, ours | {"pass_fds": files} | self.account.popen_options()
        finally:
            for file in files:
                os.close(file)

    def _enclosed(self, path: Path) -> bool:
        """May the account not walk down to `path`? Only root can give it a directory that it cannot reach."""
        return self.account.other and not all(_may_enter(parent, self.account) for parent in path.parents)


def _may_enter(directory: Path, account: Account) -> bool:
    status = directory.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    return bool(status.st_mode & (stat.S_IXGRP if status.st_gid == account.gid else stat.S_IXOTH))


def locate(data_dir: Path) -> Cluster:
    """The cluster of `data_dir`, made or yet to be made. Raises EmbeddedError when only another major version fits."""
    existing = {int(path.name.rpartition("-")[2]): path for path in data_dir.glob("postgres-[0-9]*[0-9]")}
    account = choose_account(existing[max(existing)] if existing else data_dir / "postgres")
    binaries = find_binaries(account)
    if existing and binaries.major not in existing:
        raise EmbeddedError(
            f"{data_dir} holds the data of PostgreSQL {max(existing)}, but the PostgreSQL found is {binaries.major}"
        )
    return Cluster(data_dir / f"postgres-{binaries.major}", account, binaries)


def initialise(cluster: Cluster) -> None:
    """Make the cluster beside its place and move it there whole: one that was interrupted is never taken for good."""
    draft = cluster.path.with_name(f"{cluster.path.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    os.chown(draft, cluster.account.uid, cluster.account.gid)
    arguments = ("-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "-k", "--no-instructions")
    made = _run(cluster, draft, "initdb", *arguments)
    if made.returncode != 0:
        shutil.rmtree(draft)
        raise EmbeddedError(f"initdb failed in {draft}: {last_line(made.stdout)}")
    # Whole documents are stored, so compression matters; not every build has lz4.
    if _run(cluster, draft, "postgres", "-c", "wal_compression=lz4", "-C", "wal_compression").returncode == 0:
        with (draft / "postgresql.conf").open("a", encoding="ascii") as file:
            file.write("\nwal_compression = lz4\ndefault_toast_compression = lz4\n")
    draft.rename(cluster.path)


def _run(cluster: Cluster, path: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    with cluster.command(program, path, *arguments) as (command, options):
        return subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            preexec_fn=end_with_parent(signal.SIGKILL),
            **options,
        )


def clear_leftovers(path: Path, patience: float = PATIENCE) -> None:
    """Wait for the server of an owner that was killed, then remove its postmaster.pid.

    A killed postmaster that nobody has reaped yet, or a number that another process has by now, would make PostgreSQL
    believe for ever that a server is running; the processes that do work in the directory are known by their cwd.
    What does not end within `patience` seconds, because somebody has suspended it, is killed: the next start recovers.
    """
    if not (path / "postmaster.pid").exists() or not Path("/proc/self/cwd").exists():
        return
    deadline = time.monotonic() + patience
    while left := at_work_in(path):
        if time.monotonic() > deadline + KILLED_WITHIN:
            raise EmbeddedError(f"a PostgreSQL that has lost its owner (process {left[0]}) does not stop")
        if time.monotonic() > deadline:
            send_to_all(path, signal.SIGKILL)
        time.sleep(POLL)
    (path / "postmaster.pid").unlink(missing_ok=True)


def at_work_in(path: Path) -> list[int]:
    """The PostgreSQL processes whose working directory is `path`: a server and all its children (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == path and (process / "comm").read_text() == "postgres\n":
                found.append(int(process.name))
    return found


def send_to_all(path: Path, number: signal.Signals) -> None:
    """Send a signal to each of those."""
    for pid in at_work_in(path):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def last_line(said: str) -> str:
    """What went wrong, out of a log: the last line that calls itself an error, else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if "FATAL:" in line or "error:" in line]
    return (wrong or lines or ["it said nothing"])[-1]
