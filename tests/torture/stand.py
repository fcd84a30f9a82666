"""The processes under torture: a server with its PostgreSQL, a projector beside it, and what may happen to them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

from ledger.embedded_cluster import at_work_in, send_to_all
from tests.integration.test_startup import SCRIPT, environment

ROOT = Path(__file__).parents[2]
SERVE = (SCRIPT, "serve")
MAKE_RUN = ("make", "-s", "run")
# An answer is true or there is none; a shutdown takes as long as this at most, seconds.
STOPPED_WITHIN = 60
Fault = Callable[[], Awaitable[None]]


class Stand:
    """A server and a projector on `data_dir`; `wrap` goes before the server's command line."""

    def __init__(self, data_dir: Path, random: Random, wrap: Sequence[str] = (), **settings: str) -> None:
        self.data_dir, self._random, self._wrap = data_dir, random, tuple(wrap)
        self._settings = {"DATA_DIR": str(data_dir), "LOG_LEVEL": "WARNING"} | settings
        self._log = data_dir.with_suffix(".log").open("ab")
        self._server: subprocess.Popen[str]
        self._projector: subprocess.Popen[str] | None = None
        self.url = ""

    @property
    def log(self) -> str:
        """What all of them have said."""
        return Path(self._log.name).read_text("utf-8", "replace")

    @property
    def server(self) -> int:
        """The server's process, which may be a child of make."""
        if self._server.args != list(MAKE_RUN):
            return self._server.pid
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text().split()
        return int(children[0])

    def start(self, command: Sequence[str] = SERVE) -> None:
        """Start the server, and wait until it listens."""
        self._server = subprocess.Popen(
            [*self._wrap, *command],
            env=environment(self._settings),
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
        )
        assert self._server.stdout is not None
        for line in self._server.stdout:  # make may have something to say before
            if line.startswith("order-ledger listens on"):
                self.url = line.split()[-1]
                return
        raise AssertionError(f"the server does not start: {self.log[-2000:]}")

    def start_projector(self) -> None:
        """Start a projector of its own on the server's PostgreSQL; it is told to come again while that is away."""
        for _ in range(100):
            self._projector = subprocess.Popen(
                [SCRIPT, "project"],
                env=environment(self._settings),
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
            )
            assert self._projector.stdout is not None
            if self._projector.stdout.readline().startswith("Projecting"):
                return
            reap(self._projector)
        raise AssertionError("the projector does not start")

    def stop(self) -> None:
        """Stop all of it cleanly."""
        if self._projector is not None:
            self._projector.kill()
            reap(self._projector)
        self._finish(signal.SIGTERM)
        assert self._postgres() == []
        self._log.close()

    def kill_everything(self) -> None:
        """Leave nothing behind, whatever state it is in."""
        for process in (self._projector, self._server):
            if process is not None:
                process.kill()
                reap(process)
        self._log.close()

    # -- faults -------------------------------------------------------------------------------------------------

    async def kill_server(self) -> None:
        """SIGKILL, and a start on the same data."""
        os.kill(self.server, signal.SIGKILL)
        await self._start_again()

    async def cut_power(self) -> None:
        """SIGKILL of all there is: nothing is written out any more."""
        os.kill(self.server, signal.SIGKILL)
        send_to_all(self._cluster, signal.SIGKILL)
        await self._start_again()

    async def kill_make(self) -> None:
        """The server runs under make, and make is killed: it stops by itself."""
        await self.terminate_server(MAKE_RUN)
        await asyncio.sleep(self._random.random())
        server = self.server
        self._server.kill()
        await asyncio.to_thread(reap, self._server)
        await wait_for(lambda: not Path(f"/proc/{server}").exists(), "the server outlives make")
        await asyncio.to_thread(self.start)

    async def kill_server_under_make(self) -> None:
        """The server of `make run` is killed."""
        await self.terminate_server(MAKE_RUN)
        await asyncio.sleep(self._random.random())
        await self.kill_server()

    async def terminate_server(self, command: Sequence[str] = SERVE) -> None:
        """SIGTERM under load: it finishes what it has taken, and ends cleanly."""
        await asyncio.to_thread(self._finish, signal.SIGTERM)
        await asyncio.to_thread(self.start, command)

    async def kill_postgres(self) -> None:
        """SIGKILL of the postmaster; the server starts another one."""
        pid_file = self._cluster / "postmaster.pid"
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)

    async def kill_backend(self) -> None:
        """SIGKILL of one process of PostgreSQL, which makes it recover."""
        if pids := self._postgres():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._random.choice(pids), signal.SIGKILL)

    async def freeze_postgres(self) -> None:
        """It says nothing for a while; once in a while for longer than anybody waits."""
        send_to_all(self._cluster, signal.SIGSTOP)
        await asyncio.sleep(12 if self._random.random() < 0.1 else self._random.random() * 2)
        send_to_all(self._cluster, signal.SIGCONT)

    async def kill_projector(self) -> None:
        """SIGKILL, and another one."""
        assert self._projector is not None
        self._projector.kill()
        await asyncio.to_thread(reap, self._projector)
        await asyncio.to_thread(self.start_projector)

    async def kill_own_projector(self) -> None:
        """SIGKILL of the server's; it starts another one."""
        for child in Path(f"/proc/{self.server}/task/{self.server}/children").read_text().split():
            with contextlib.suppress(OSError):
                if b"api.projector" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)

    def faults(self) -> list[Fault]:
        """All of them."""
        return [
            self.kill_server, self.cut_power, self.kill_make, self.kill_server_under_make, self.terminate_server,
            self.kill_postgres, self.kill_backend, self.freeze_postgres, self.kill_projector,
            self.kill_own_projector,
        ]  # fmt: skip

    @property
    def _cluster(self) -> Path:
        (cluster,) = self.data_dir.resolve().glob("postgres-[0-9]*[0-9]")
        return cluster

    def _postgres(self) -> list[int]:
        return at_work_in(self._cluster)

    async def _start_again(self) -> None:
        await asyncio.to_thread(reap, self._server)
        await asyncio.to_thread(self.start)

    def _finish(self, number: signal.Signals) -> None:
        os.kill(self.server, number)
        code = self._server.wait(STOPPED_WITHIN)
        reap(self._server)
        assert code == 0, f"exit code {code}: {self.log[-2000:]}"


def reap(process: subprocess.Popen[str]) -> None:
    """Wait for its end, and let go of the line it spoke on."""
    with process:
        process.wait()


async def wait_for(what: Callable[[], bool], why: str, within: float = 60) -> None:
    """Until it is so. AssertionError after so many seconds."""
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, why
        await asyncio.sleep(0.01)
