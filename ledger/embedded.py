"""PostgreSQL as a child process: nothing to install, nothing to configure, nothing left behind.

`start(data_dir)` keeps the cluster in `data_dir/postgres-<major>` and its log in `data_dir/postgres.log`. It listens
on a socket only. What was learnt by trying:

* PostgreSQL refuses to run as root, so under root it runs as another user. The data stays in `data_dir` all the same:
  below a directory that user may not enter (/root, a 0700 temporary one) the server is started *in* its data directory
  and told to find it as /proc/self/cwd, which asks nothing of the directories above.
* The parent-death signal is cleared when a process changes its user, so it is set after that; a parent that died before
  it was set is noticed by asking who the parent is. SIGINT is PostgreSQL's fast, clean shutdown.
* Whoever holds the lock on `data_dir/postgres.lock` owns the cluster. The kernel lets go of it when the owner dies, so
  with the lock in hand anything still at work in the directory is on its way out, and a postmaster.pid is stale.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ledger.embedded_binaries import ENVIRONMENT, Account, EmbeddedError
from ledger.embedded_cluster import Cluster, clear_leftovers, initialise, last_line, locate
from ledger.parent import end_with_parent

__all__ = ["EmbeddedError", "EmbeddedPostgres", "attach", "start"]

log = logging.getLogger(__name__)

PORT = 5432  # of the socket's name; nothing listens on a network
POLL = 0.005
LOCK_PATIENCE = 1.0
STOP_PATIENCE = 60.0
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "cluster_name": "order-ledger",
    # An acknowledged order is on the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "4GB",
    "checkpoint_completion_target": "0.9",
    "autovacuum": "on",
    "jit": "off",  # every query here is short; compiling one costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass
class EmbeddedPostgres:
    """A running server. `dsn` is a URL for asyncpg, `pid` the postmaster's."""

    dsn: str
    pid: int
    _process: subprocess.Popen[bytes]
    _socket_directory: Path
    _lock: int

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, the rest is written out. A second call does nothing."""
        if self._lock < 0:
            return
        _end(self._process)
        shutil.rmtree(self._socket_directory, ignore_errors=True)
        os.close(self._lock)
        self._lock = -1


def start(data_dir: Path) -> EmbeddedPostgres:
    """Start the server whose data lies below `data_dir`, making both on the first call. Blocks until it answers.

    Call it from the main thread: the server ends with the thread that started it. Raises EmbeddedError when another
    process uses `data_dir` or PostgreSQL does not start, and OSError when `data_dir` cannot be written.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    lock = _take_lock(data_dir / "postgres.lock")
    try:
        cluster = locate(data_dir)
        if cluster.path.exists():
            clear_leftovers(cluster.path)
        else:
            initialise(cluster)
        sockets = _socket_directory(cluster.path, cluster.account)
        process = _launch(cluster, sockets, data_dir / "postgres.log")
    except BaseException:
        os.close(lock)
        raise
    return EmbeddedPostgres(_dsn(sockets), process.pid, process, sockets, lock)


def attach(data_dir: Path) -> str | None:
    """The dsn of the server that another process runs on `data_dir`, or None when none does."""
    lock_file = data_dir / "postgres.lock"
    clusters = sorted(data_dir.resolve().glob("postgres-[0-9]*[0-9]"))
    if not clusters or not lock_file.exists():
        return None
    with lock_file.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _dsn(_socket_path(clusters[-1]))
    return None


def _take_lock(path: Path) -> int:
    """The open lock file. Tried for a moment: the one before may be just about gone. Raises EmbeddedError."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                owner = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
                os.close(lock)
                raise EmbeddedError(f"{path.parent} is in use by process {owner}, another order-ledger") from None
            time.sleep(POLL * 10)
        else:
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
            return lock


def _socket_path(cluster: Path) -> Path:
    """Short, for a socket's path has about 100 bytes, and found again by whoever knows the data directory."""
    return Path("/tmp") / f"order-ledger-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]}"


def _socket_directory(cluster: Path, account: Account) -> Path:
    """A directory only PostgreSQL's user (and root) can enter; /tmp is everyone's, so what is there is looked at."""
    path = _socket_path(cluster)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {account.uid, os.geteuid()}:
        raise EmbeddedError(f"{path} is somebody else's: remove it")
    os.chown(path, account.uid, account.gid, follow_symlinks=False)
    path.chmod(0o700)
    # The socket's own lock file names a process too, and PostgreSQL would believe it as it would postmaster.pid.
    for left in path.glob(".s.PGSQL.*"):
        left.unlink()
    return path


def _dsn(socket_directory: Path) -> str:
    return f"postgresql://postgres@/postgres?host={quote(str(socket_directory), safe='')}&port={PORT}"


def _launch(cluster: Cluster, sockets: Path, log_path: Path) -> subprocess.Popen[bytes]:
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with log_path.open("ab") as log_file:
        before = log_file.tell()
        process = subprocess.Popen(
            cluster.command("postgres", cluster.path, *options),
            cwd=cluster.working_directory(cluster.path),
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGINT),
            **cluster.account.popen_options(),
        )
    try:
        _await_ready(process, cluster.path, log_path, before)
    except BaseException:
        _end(process)
        raise
    return process


def _await_ready(process: subprocess.Popen[bytes], path: Path, log_path: Path, before: int) -> None:
    """Until it takes connections. Recovery after a crash takes as long as it takes: the log has to be read again."""
    patience = time.monotonic() + 2
    while not _is_ready(path / "postmaster.pid", process.pid):
        if process.poll() is not None:
            with log_path.open("rb") as file:
                file.seek(before)
                said = file.read().decode("utf-8", "replace")
            raise EmbeddedError(f"PostgreSQL did not start: {last_line(said)} (its log: {log_path})")
        if time.monotonic() > patience:
            log.warning("PostgreSQL is still starting, probably recovering from a hard stop ...")
            patience = float("inf")
        time.sleep(POLL)


def _is_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGINT is the clean shutdown; SIGQUIT leaves the cleaning to the next start, and still loses nothing."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_PATIENCE)
            return
    process.kill()
    process.wait()
