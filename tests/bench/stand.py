"""What is measured stands here: one PostgreSQL, databases on it, and servers as processes of their own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import asyncpg
import uvloop

from ledger import embedded
from ledger.credentials import make_key
from ledger.database import migrate, open_pool, queries
from ledger.demo import DEMO_OUTLETS
from ledger.store import Pool, Vault
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.writer import Context, Writer
from projections.schemas import create_tables

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
SCRIPT = Path(sys.executable).with_name("order-ledger")
SQL = queries("tests/bench/queries.sql")
# Where the log that grows lies: the database that `serve` would use on the same data directory.
GROWN, EMPTY = "postgres", "template1"
TICKS = os.sysconf("SC_CLK_TCK")


class Books(NamedTuple):
    """A database with tenants, and a key of each tenant's admin."""

    name: str
    dsn: str
    keys: list[str]


class Served:
    """A process that answers at `url`."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far, its projectors' included; 0 where the system does not tell."""
        return sum(map(cpu_of, self._processes))

    @property
    def megabytes(self) -> float:
        """Resident memory, its projectors' included; 0 where the system does not tell."""
        return sum(map(megabytes_of, self._processes))

    @property
    def _processes(self) -> list[int]:
        # A PostgreSQL of its own is a child of another thread.
        return [self.process.pid, *children_of(self.process.pid)]

    def stop(self) -> None:
        """Ends it cleanly."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Stand:
    """PostgreSQL on a data directory, which holds the log of everything as well."""

    def __init__(self, directory: Path) -> None:
        self.data_dir = directory / "data"
        self.log_path = directory / "servers.log"
        self.master_key = os.urandom(32)
        self._postgres = embedded.start(self.data_dir)

    def vault(self) -> Vault:
        """One that remembers nothing yet."""
        return Vault(self.master_key)

    def dsn(self, database: str) -> str:
        """A database's URL."""
        return self._postgres.dsn.replace("/postgres?", f"/{database}?")

    def close(self) -> None:
        """Ends PostgreSQL."""
        self._postgres.stop()

    @contextlib.contextmanager
    def postgres_stopped(self) -> Iterator[None]:
        """For a block that starts it by itself."""
        self._postgres.stop()
        try:
            yield
        finally:
            self._postgres = embedded.start(self.data_dir)

    @contextlib.contextmanager
    def found_by_serve(self, books: Books) -> Iterator[None]:
        """For a block in which a log is the one that `serve` uses on the data directory. Nobody may be connected."""
        if books.name == GROWN:
            yield
            return
        self._rename((GROWN, "aside"), (books.name, GROWN))
        try:
            yield
        finally:
            self._rename((GROWN, books.name), ("aside", GROWN))

    def _rename(self, *names: tuple[str, str]) -> None:
        dsn = self.dsn(EMPTY)
        for old, new in names:
            execute(dsn, ask(dsn, SQL["rename_database"], old, new))

    @property
    def postgres_cpu(self) -> float:
        """Seconds of processor time of all of PostgreSQL so far."""
        return cpu_of(self._postgres.pid) + sum(map(cpu_of, children_of(self._postgres.pid)))

    def books(self, name: str, tenants: int = 1) -> Books:
        """A new database with so many tenants; GROWN is there already."""
        if name != GROWN:
            run(self._drop_and_copy(name, EMPTY))
        return Books(name, self.dsn(name), run(self._prepare(self.dsn(name), tenants)))

    def copy(self, books: Books, name: str) -> Books:
        """The same log in another database. Nobody may be connected to `books`."""
        run(self._drop_and_copy(name, books.name))
        return Books(name, self.dsn(name), books.keys)

    async def _drop_and_copy(self, name: str, template: str) -> None:
        connection = await asyncpg.connect(self.dsn("template1" if template != "template1" else "postgres"))
        try:
            await connection.execute(await connection.fetchval(SQL["drop_database"], name))
            await connection.execute(await connection.fetchval(SQL["create_database"], name, template))
        finally:
            await connection.close()

    async def _prepare(self, dsn: str, count: int) -> list[str]:
        async with opened(dsn) as pool:
            await migrate(pool)
            await create_tables(pool)
            vault, keys = self.vault(), []
            for number in range(1, count + 1):
                await add_tenant(pool, vault, f"shop-{number}")
            writer = Writer(pool, vault)
            for tenant in (await all_tenants(pool, vault))[:count]:
                for outlet in DEMO_OUTLETS:
                    await writer.submit(tenant, outlet, Context(actor="cli"))
                keys.append((await make_key(pool, tenant.tenant_id, "admin", label="bench"))[1])
            await writer.close()
        return keys

    @property
    def _environment(self) -> dict[str, str]:
        key = base64.b64encode(self.master_key).decode()
        ours = {"PORT": "0", "MASTER_KEY": key, "LOG_LEVEL": "WARNING", "DEMO": "off", "DATA_DIR": str(self.data_dir)}
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "HOST", "SEAL_DIR")}
        return kept | ours

    def environment(self, books: Books) -> dict[str, str]:
        """For commands on a database. There is no demo, so every request needs a key."""
        return self._environment | {"DATABASE_URL": books.dsn, "SEAL_DIR": str(self.seals(books))}

    def seals(self, books: Books) -> Path:
        """Where the sealer of a log keeps its key."""
        return self.data_dir / "seals" / books.name

    def serve(self, books: Books, *flags: str) -> Served:
        """A server on a database."""
        return self._start([str(SCRIPT), "serve", *flags], self.environment(books))

    def serve_alone(self, books: Books) -> Served:
        """A server that starts PostgreSQL by itself; it must be stopped here, and the log be `found_by_serve`."""
        return self._start([str(SCRIPT), "serve"], self._environment | {"SEAL_DIR": str(self.seals(books))})

    def limits(self, books: Books) -> Served:
        """uvicorn with the empty answer and the bare loop."""
        return self._start([sys.executable, "-m", "tests.bench.limits"], self.environment(books))

    def _start(self, command: list[str], environment: dict[str, str]) -> Served:
        """A process that says in its first line where it listens."""
        with self.log_path.open("a") as log:
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
            )
        assert process.stdout is not None
        url = process.stdout.readline().strip().rpartition(" ")[2]
        assert url.startswith("http"), f"{command[0]} does not start: {self.log_path.read_text()[-2000:]}"
        # Nobody reads the rest, and a full pipe would stop it.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return Served(process, url)


@contextlib.asynccontextmanager
async def opened(dsn: str, tenant_id: int | None = None, size: int = 8) -> Any:
    """A pool as the application has them; what is long may take long."""
    pool = await open_pool(dsn, max_size=size, tenant_id=tenant_id, answer_within=None)
    try:
        yield pool
    finally:
        await pool.close()


async def first_tenant(pool: Pool, vault: Vault) -> Tenant:
    """The one that most is measured with."""
    return (await all_tenants(pool, vault))[0]


def run(work: Awaitable[T]) -> T:
    """On the loop that the server uses."""

    async def whole() -> T:
        return await work

    return uvloop.run(whole())


def ask(dsn: str, query: str, *arguments: object) -> Any:
    """One value, past every wall."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def execute(dsn: str, statement: str) -> None:
    """A statement as the owner of everything."""

    async def whole() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(whole())


def wait_until(done: Callable[[], bool], seconds: float) -> float:
    """How long it took; AssertionError when it takes longer than `seconds`."""
    begun = time.perf_counter()
    while not done():
        assert time.perf_counter() - begun < seconds, "it takes too long"
        time.sleep(0.01)
    return time.perf_counter() - begun


def cpu_of(pid: int) -> float:
    """Seconds of processor time of a process and its ended children; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def megabytes_of(pid: int) -> float:
    """Resident memory of a process; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
