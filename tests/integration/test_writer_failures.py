"""A writer whose database goes away: no answer claims what the log does not hold, and it goes on by itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from ledger import database, embedded, outage
from ledger.errors import OutcomeUnknown, Unavailable
from ledger.store import Connection
from ledger.writer import Answer
from tests.integration.shop import Shop, open_shop, order_id, sale

# The commit of anything that appended waits here while somebody holds advisory lock 1, 1.
HOLD_COMMITS = """
CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(1, 1); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON ledger.events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.hold();
"""
# The last thing a batch writes does not fit any more.
FULL_DISK = """
CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END$$;
CREATE TRIGGER full_disk BEFORE INSERT ON ledger.idempotency_keys EXECUTE FUNCTION public.full_disk();
"""
Outcome = Answer | BaseException


class Server:
    """A PostgreSQL of this module's own, to be stopped and started at will under the same address."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._running = embedded.start(data_dir)
        self.dsn = self._running.dsn

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is a clean shutdown; after SIGQUIT it has to recover."""
        os.kill(self._running.pid, number)
        self._running.stop()

    def start(self) -> None:
        """Again, with what it had."""
        self._running = embedded.start(self._data_dir)


class Saboteur(NamedTuple):
    """A connection of the superuser, to see what the writer's is doing and to end it."""

    connection: Connection

    async def wait_for(self, event: str, asked: asyncio.Future[list[Outcome]]) -> None:
        """Until what was asked waits for `event`: an advisory lock, or a standby's word on its commit."""
        waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = $1 AND pid <> pg_backend_pid())"
        await self.until(waits, event)
        assert not asked.done()

    async def until(self, question: str, *arguments: str) -> None:
        """Until the answer is yes."""
        for _ in range(6000):
            if await self.connection.fetchval(question, *arguments):
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"never: {question} {arguments}")

    async def hang_up(self) -> None:
        """Ends every other connection at one stroke, whatever it is doing, and waits until they are gone."""
        ended = await self.connection.fetch(
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        pids = [row["pid"] for row in ended]
        await self.connection.execute("SELECT pg_terminate_backend(pid, 10000) FROM unnest($1::integer[]) AS pid", pids)

    async def hold_answers(self, hold: bool) -> None:
        """Commits are written, but not answered: they wait for a standby that there is not."""
        await self.connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{'nobody' if hold else ''}'")
        await self.connection.execute("SELECT pg_reload_conf()")
        await self.until(
            "SELECT (current_setting('synchronous_standby_names') = 'nobody')::text = $1", str(hold).lower()
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("failures"))
    yield started
    started.stop()


@pytest.fixture
async def shop(server: Server) -> AsyncIterator[Shop]:
    name = f"t{os.urandom(6).hex()}"
    admin = await asyncpg.connect(server.dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    dsn = server.dsn.replace("/postgres?", f"/{name}?")
    async with await database.open_pool(dsn, max_size=1) as bare:
        await database.migrate(bare)
    async with open_shop(dsn) as opened:
        yield opened


@pytest.fixture
async def saboteur(server: Server, shop: Shop) -> AsyncIterator[Saboteur]:
    connection = await asyncpg.connect(server.dsn.replace("/postgres?", f"/{await _database(shop)}?"))
    yield Saboteur(connection)
    await connection.close()


async def _database(shop: Shop) -> str:
    name = await shop.pool.fetchval("SELECT current_database()")
    assert isinstance(name, str)
    return name


def post(shop: Shop, names: str) -> asyncio.Future[list[Outcome]]:
    """A batch of new orders on its way, one for each letter."""
    asked = (shop.post(sale(name), key=f"key-{name}") for name in names)
    return asyncio.ensure_future(asyncio.gather(*asked, return_exceptions=True))


def only(kind: type[Exception], outcomes: list[Outcome]) -> bool:
    return all(isinstance(outcome, kind) for outcome in outcomes)


async def test_a_connection_lost_before_the_append(shop: Shop, saboteur: Saboteur) -> None:
    """Nobody knows until the lock is free; then nothing has happened, and all are tried again, one by one."""
    async with saboteur.connection.transaction():
        lock = database.queries("ledger/queries.sql")["lock_tenant"]
        await saboteur.connection.execute(lock, database.TENANT_LOCK, shop.tenant.tenant_id)
        asked = post(shop, "abc")
        await saboteur.wait_for("advisory", asked)
        await saboteur.hang_up()
    assert await asked == [Answer(position, duplicate=False) for position in (3, 6, 9)]


async def test_a_connection_lost_in_a_commit_that_did_not_happen(shop: Shop, saboteur: Saboteur) -> None:
    """One command is told to come again; several are tried again, one by one."""
    await saboteur.connection.execute(HOLD_COMMITS)
    await saboteur.connection.execute("SELECT pg_advisory_lock(1, 1)")
    asked = post(shop, "a")
    await saboteur.wait_for("advisory", asked)
    await saboteur.hang_up()
    assert only(Unavailable, await asked)
    assert await shop.events() == []
    asked = post(shop, "abc")
    await saboteur.wait_for("advisory", asked)
    await saboteur.hang_up()
    await saboteur.connection.execute("SELECT pg_advisory_unlock(1, 1)")
    assert await asked == [Answer(position, duplicate=False) for position in (3, 6, 9)]


async def test_a_connection_lost_in_a_commit_that_happened(shop: Shop, saboteur: Saboteur) -> None:
    await saboteur.hold_answers(True)
    asked = post(shop, "abca")
    await saboteur.wait_for("SyncRep", asked)
    await saboteur.hang_up()
    outcomes = await asked
    await saboteur.hold_answers(False)
    assert outcomes == [*(Answer(position, duplicate=False) for position in (3, 6, 9)), Answer(3, duplicate=True)]
    assert [position for position, *_ in await shop.events()] == list(range(1, 10))
    assert await post(shop, "b") == [Answer(6, duplicate=True)]


async def test_nothing_is_claimed_of_a_commit_that_nobody_can_be_asked_about(
    server: Server, shop: Shop, saboteur: Saboteur, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "ASK_FOR", 0.5)
    monkeypatch.setattr(outage, "ASK_AT_LEAST", 0.5)
    await saboteur.hold_answers(True)
    asked = post(shop, "abc")
    await saboteur.wait_for("SyncRep", asked)
    await saboteur.connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
    server.stop(signal.SIGQUIT)
    try:
        assert only(OutcomeUnknown, await asked)
        assert only(Unavailable, await post(shop, "d"))
    finally:
        server.start()
    assert await post(shop, "abcd") == [
        *(Answer(position, duplicate=True) for position in (3, 6, 9)),
        Answer(12, duplicate=False),
    ]


async def test_a_full_disk_is_refused_as_retryable_and_leaves_nothing_half_written(
    shop: Shop, saboteur: Saboteur
) -> None:
    """With PostgreSQL's own error; what a disk that is really full does is shown by `make torture`."""
    await saboteur.connection.execute(FULL_DISK)
    assert only(Unavailable, await post(shop, "abc"))
    assert await shop.events() == []
    await saboteur.connection.execute("DROP TRIGGER full_disk ON ledger.idempotency_keys")
    assert await post(shop, "abc") == [Answer(position, duplicate=False) for position in (3, 6, 9)]


class Sales:
    """Tills that post one new order after the other and never repeat one; what they were told of each."""

    def __init__(self, shop: Shop, tills: int = 8) -> None:
        self._shop = shop
        self._stop = False
        self.told: dict[str, Outcome] = {}
        self._tasks = [asyncio.create_task(self._sell(till)) for till in range(tills)]

    async def _sell(self, till: int) -> None:
        number = 0
        while not self._stop:
            number += 1
            name = f"{till}/{number}"
            try:
                self.told[name] = await self._shop.post(sale(name), key=name)
            except (Unavailable, OutcomeUnknown) as error:
                self.told[name] = error
                await asyncio.sleep(0.01)

    async def some_more(self, count: int = 50) -> None:
        """Until so many more were sold."""
        before = self._sold()
        while self._sold() < before + count:
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.005)

    def _sold(self) -> int:
        return sum(isinstance(outcome, Answer) for outcome in self.told.values())

    async def close(self) -> None:
        """No new ones; each that is on its way gets its answer."""
        self._stop = True
        await asyncio.gather(*self._tasks)


async def check_honesty(shop: Shop, told: dict[str, Outcome]) -> None:
    """Whatever was answered with a position is there, once; whatever was refused as unavailable is not."""
    events = await shop.events()
    assert [position for position, *_ in events] == list(range(1, len(events) + 1))
    positions: dict[str, list[int]] = {}
    for position, stream, version, _ in events:
        positions.setdefault(stream, []).append(position)
        assert version == len(positions[stream])
    for name, outcome in told.items():
        there = positions.get(f"order-{order_id(name)}", [])
        if isinstance(outcome, Answer):
            assert (outcome.duplicate, there) == (False, [outcome.position - 2, outcome.position - 1, outcome.position])
        elif isinstance(outcome, Unavailable):
            assert there == [], f"{name} was not to be there: {outcome}"


async def test_connections_that_keep_being_lost(shop: Shop, saboteur: Saboteur) -> None:
    sales = Sales(shop)
    for round_ in range(25):
        await sales.some_more(8)
        await asyncio.sleep(round_ % 10 / 2000)
        await saboteur.hang_up()
    await sales.some_more()
    await sales.close()
    await check_honesty(shop, sales.told)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
async def test_a_postgres_that_is_started_again(server: Server, shop: Shop, number: signal.Signals) -> None:
    sales = Sales(shop)
    for _ in range(2):
        await sales.some_more()
        await asyncio.to_thread(server.stop, number)
        await asyncio.sleep(0.2)
        server.start()
    await sales.some_more()
    await sales.close()
    await check_honesty(shop, sales.told)


async def test_a_postgres_that_recovers_from_a_crash(shop: Shop) -> None:
    """The death of one backend by SIGKILL makes the postmaster end all the others and recover."""
    sales = Sales(shop)
    for _ in range(2):
        await sales.some_more()
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            os.kill(await shop.pool.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
    await sales.some_more()
    await sales.close()
    await check_honesty(shop, sales.told)
