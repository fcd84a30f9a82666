"""PostgreSQL as a child process: nothing to install, nothing to configure, nothing left behind.

`start(data_dir)` keeps the cluster in `data_dir/postgres-<major>` and its log in `data_dir/postgres.log`. It listens
on a socket only. What was learnt by trying:

* PostgreSQL refuses to run as root, so under root it runs as another user. The data stays in `data_dir` all the same:
  below a directory that user may not enter (/root, a 0700 temporary one) the server is handed its data directory as an
  open file and told to find it as /proc/self/fd/<number>, which asks nothing of the directories above.
* The parent-death signal is cleared when a process changes its user, so it is set after that; a parent that died before
  it was set is noticed by asking who the parent is. SIGINT is PostgreSQL's fast, clean shutdown.
* Whoever holds the lock on `data_dir/postgres.lock` owns the cluster. The kernel lets go of it when the owner dies, so
  with the lock in hand anything still at work in the directory is on its way out, and a postmaster.pid is stale.

`embedded_supervisor` starts a server again that has ended.
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
import threading
import time
from pathlib import Path
from urllib.parse import quote

from ledger.embedded_binaries import Account, EmbeddedError
from ledger.embedded_cluster import Cluster, clear_leftovers, initialise, last_line, locate, send_to_all
from ledger.parent import end_with_parent

__all__ = ["EmbeddedError", "EmbeddedPostgres", "attach", "start"]

log = logging.getLogger(__name__)

PORT = 5432  # of the socket's name; nothing listens on a network
POLL = 0.005
LOCK_PATIENCE = 1.0
STOP_PATIENCE = 60.0
ORPHANS_PATIENCE = 5.0  # for the backends of a postmaster that is gone: they have nothing left to do
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
    # An error's details show rows: what is in them belongs in no log.
    "log_error_verbosity": "terse",
}


class EmbeddedPostgres:
    """A server on a cluster that this process owns. `dsn` is a URL for asyncpg, the same for every `launch`."""

    def __init__(self, cluster: Cluster, log_path: Path, lock: int) -> None:
        self._cluster, self._log_path, self._lock = cluster, log_path, lock
        self._process: subprocess.Popen[bytes] | None = None
        # The thread that launches is not always the one that ends it.
        self._launching = threading.Lock()
        self._ending = False
        self.dsn = _dsn(_socket_path(cluster.path))

    @property
    def pid(self) -> int:
        """The postmaster's; of one that has ended too."""
        return self._process.pid if self._process is not None else 0

    def launch(self) -> None:
        """Start the server, which ends with the calling thread. Blocks until it answers. Raises EmbeddedError."""
        sockets = _socket_directory(self._cluster.path, self._cluster.account)
        with self._launching:
            if self._ending:
                raise EmbeddedError("it is being stopped")
            before = self._log_path.stat().st_size if self._log_path.exists() else 0
            self._process = process = _spawn(self._cluster, sockets, self._log_path)
        try:
            _await_ready(process, self._cluster.path, self._log_path, before)
        except BaseException:
            self._end(process)
            raise

    def launch_again(self) -> None:
        """The same once the server has ended, however it did: what is left of it is waited for, or killed."""
        clear_leftovers(self._cluster.path, ORPHANS_PATIENCE)
        self.launch()

    def wait(self) -> int:
        """Blocks until the server ends. Gives its exit code, or minus the signal that killed it."""
        return self._process.wait() if self._process is not None else 0

    def end(self) -> None:
        """Fast shutdown: open transactions are rolled back, the rest is written out. From here on nothing launches."""
        with self._launching:
            self._ending = True
        if self._process is not None:
            self._end(self._process)

    def stop(self) -> None:
        """The same, and the cluster is free for another owner. A second call does nothing."""
        if self._lock < 0:
            return
        self.end()
        shutil.rmtree(_socket_path(self._cluster.path), ignore_errors=True)
        os.close(self._lock)
        self._lock = -1

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """SIGINT is the clean shutdown; SIGQUIT leaves the cleaning to the next start, and still loses nothing."""
        for number in (signal.SIGINT, signal.SIGQUIT):
            process.send_signal(number)
            # A process that somebody has suspended cannot hear.
            send_to_all(self._cluster.path, signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_PATIENCE)
                return
        process.kill()
        process.wait()


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
        server = EmbeddedPostgres(cluster, data_dir / "postgres.log", lock)
        server.launch()
    except BaseException:
        os.close(lock)
        raise
    return server


def is_there(data_dir: Path) -> bool:
    """Whether a cluster was ever made in `data_dir`."""
    return any(data_dir.glob("postgres-[0-9]*[0-9]"))


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
                raise EmbeddedError(
                    f"{path.parent} is in use by process {owner}, another order-ledger: stop it first, or take another "
                    "DATA_DIR"
                ) from None
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


def _spawn(cluster: Cluster, sockets: Path, log_path: Path) -> subprocess.Popen[bytes]:
    settings = SETTINGS | {"unix_socket_directories": str(sockets)}
    given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with log_path.open("ab") as log_file, cluster.command("postgres", cluster.path, *given) as (command, options):
        return subprocess.Popen(
            command, stdout=log_file, stderr=log_file, preexec_fn=end_with_parent(signal.SIGINT), **options
        )


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
