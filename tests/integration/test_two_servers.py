"""Two servers of two tenants that sell at random, presume wrongly, take keys again and erase customers: what they told
is what the log says. `HYPOTHESIS_PROFILE=large` looks at many more.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest

from ledger import codec, common, tenant_queue, writer
from ledger.commands import AssignExternalId, Command, SetStatus, TakeSwish
from ledger.database import open_pool
from ledger.erasure import EraseCustomer
from ledger.errors import Refused
from ledger.records import ExternalInformation
from ledger.store import Pool, Vault
from ledger.swish_door import OPEN
from ledger.tenants import Tenant, add_tenant, all_tenants
from ledger.writer import Answer, Context, Writer
from tests.integration.shop import MASTER_KEY, PATH, cart, command, order_id, sale
from tests.integration.test_moved_on import PAID

SEEDS = range(300 if os.environ.get("HYPOTHESIS_PROFILE") == "large" else 8)
STEPS = 60
EVENTS = "SELECT position, stream, type, data FROM ledger.events WHERE tenant_id = $1 ORDER BY position"
KEYS = "SELECT subject, wrapped FROM ledger.personal_keys WHERE tenant_id = $1"


class Ask(NamedTuple):
    """What somebody asks for; `stream` is the one that it concerns, where there is one."""

    command: Command
    stream: str | None = None
    key: str | None = None

    @property
    def known_by(self) -> tuple[str | None, str | None]:
        """What a retry of it has in common with it."""
        return self.stream, self.command.fingerprint


class Chance(random.Random):
    """What clients do, at random, with few orders, so that they meet."""

    newest = 0

    def maybe(self, share: float) -> bool:
        """Yes, so often."""
        return self.random() < share

    def ask(self, tenant: Tenant) -> Ask:
        """Anything."""
        name = f"order {self.randrange(60)}"
        id_, stream = order_id(name), f"order-{order_id(name)}"
        match self.choices(["sale", "cart", "status", "id", "swish", "erase"], [60, 8, 10, 10, 7, 5])[0]:
            case "sale":
                key = f"key {self.randrange(40)}" if self.maybe(0.2) else None
                return Ask(command(tenant, self._sale(name)), stream, key)
            case "cart":
                return Ask(command(tenant, cart(name), online=True), stream)
            case "status":
                return Ask(SetStatus(order_id=id_, status=self.choice([4, 5, 13])), stream)
            case "id":
                sent = ExternalInformation(Id=id_, ExternalID=f"V{self.randrange(2)}")
                return Ask(AssignExternalId(sent=sent), stream)
            case "swish":
                swish = f"swish-A{self.randrange(8)}"
                said = msgspec.structs.replace(PAID, payee_payment_reference=str(id_))
                return Ask(TakeSwish(stream=swish, said=said, swish_type=10, door=OPEN), swish)
            case _:
                return Ask(EraseCustomer(customer_id=self._customer()))

    def _customer(self) -> UUID:
        """Mostly the newest one, so that both servers make a key at once, or one while another erases."""
        return order_id(f"customer {self.newest if self.maybe(0.7) else self.randint(0, self.newest)}")

    def _sale(self, name: str) -> dict[str, Any]:
        body = sale(name, receipt=self.choice([0, 0, self.randrange(1, 20)]))
        if self.maybe(0.4):
            body |= {"CustomerId": str(self._customer()), "Comments": "no onions"}
        elif self.maybe(0.3):
            body |= {"Comments": f"comment {self.randrange(2)}"}
        if self.maybe(0.3):
            body |= {"Status": 0, "Payments": [], "Receipts": [], "PaymentStatus": 0}
        return body


class Told(NamedTuple):
    """An answer to somebody."""

    ask: Ask
    answer: Answer


class Town:
    """The servers, the tenants, and all that was told so far, by tenant."""

    def __init__(self, chance: Chance, writers: Sequence[Writer], tenants: Sequence[Tenant]) -> None:
        self._chance, self._writers, self._tenants = chance, writers, tenants
        self.told: dict[int, list[Told]] = {tenant.tenant_id: [] for tenant in tenants}

    async def ask(self) -> None:
        """Somebody asks a server for something. A command that is refused may be; but what is there is known."""
        tenant = self._chance.choice(self._tenants)
        ask = self._chance.ask(tenant)
        told = self.told[tenant.tenant_id]
        is_there = ask.stream in {one.ask.stream for one in told if one.ask.stream}
        key = (PATH, ask.key, ask.command.fingerprint or "") if ask.key else None
        try:
            server = self._chance.choice(self._writers)
            answer = await server.submit(tenant, ask.command, Context("test", idempotency=key))
        except Refused as error:
            assert not (is_there and "unknown" in str(error)), (ask, error)
            return
        told.append(Told(ask, answer))


@pytest.fixture
async def pools(dsn: str) -> AsyncIterator[list[Pool]]:
    """A server's connections each; two tenants are there."""
    async with await open_pool(dsn, max_size=2) as first, await open_pool(dsn, max_size=2) as second:
        for name in ("shop", "another"):
            await add_tenant(first, Vault(MASTER_KEY), name)
        yield [first, second]


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_was_told_is_in_the_log(pools: list[Pool], monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = Chance(seed)
    # Presuming always, or hardly ever being careful; and nobody remembered, or few.
    monkeypatch.setattr(common, "AWAKE_FOR", 60.0)
    for module, name, values in (
        (tenant_queue, "CROWDED_FOR", (0, 1)), (tenant_queue, "CAUTIOUS_FOR", (0, 1)),
        (writer, "WITH_STATES_AT_MOST", (0, 1, 2)), (writer, "TENANTS_AT_MOST", (0, 1, 2)),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, chance.choice(values))
    writers = [Writer(pool, Vault(MASTER_KEY)) for pool in pools]
    town = Town(chance, writers, await all_tenants(pools[0], Vault(MASTER_KEY)))
    for chance.newest in range(STEPS):
        await asyncio.gather(*(town.ask() for _ in range(chance.choice([1, 1, 2, 2, 5, 20]))))
    for one in writers:
        await one.close()
    for tenant_id, told in town.told.items():
        async with pools[0].acquire() as connection:
            await connection.act_for(tenant_id)
            events, keys = await connection.fetch(EVENTS, tenant_id), dict(await connection.fetch(KEYS, tenant_id))
        assert [row["position"] for row in events] == list(range(1, len(events) + 1))
        _check_answers(told, {row["position"]: row["stream"] for row in events})
        _check_receipts(events)
        _check_personal(events, keys)


def _check_answers(told: Sequence[Told], streams: dict[int, str]) -> None:
    """Each answer names an event of its stream; no two are the first to name it; a duplicate names a first one's. An
    Idempotency-Key stands for one document.
    """
    first: dict[int, Ask] = {}
    for ask, answer in told:
        assert ask.stream is None or streams[answer.position] == ask.stream
        if not answer.duplicate:
            assert answer.position not in first, (ask, first[answer.position])
            first[answer.position] = ask
    for ask, answer in told:
        if answer.duplicate and ask.command.fingerprint:
            assert first[answer.position].known_by == ask.known_by
    documents: dict[str, str | None] = {}
    for ask, _ in told:
        if ask.key:
            assert documents.setdefault(ask.key, ask.command.fingerprint) == ask.command.fingerprint, ask


def _check_receipts(events: Sequence[Any]) -> None:
    """A till's receipt number is on one order."""
    streams: dict[int, str] = {}
    for row in events:
        if row["type"] == "receipt.issued" and (
            number := msgspec.json.decode(row["data"])["receipt"].get("ReceiptNumber")
        ):
            assert streams.setdefault(number, row["stream"]) == row["stream"], number
    assert streams


def _check_personal(events: Sequence[Any], keys: dict[str, bytes | None]) -> None:
    """What is sealed has a key, or had one until somebody was erased later."""
    erased: dict[str, int] = {}
    for row in events:
        if row["type"] == "customer.erased":
            for stream in (row["stream"], *msgspec.json.decode(row["data"]).get("streams", ())):
                erased.setdefault(stream, row["position"])
    sealed = [(row["position"], subject) for row in events if (subject := codec.subject(row["data"])) is not None]
    assert sealed, "something personal was said"
    for position, subject in sealed:
        assert subject in keys, (position, subject)
        assert keys[subject] is not None or erased.get(subject, 0) > position, f"sealed for who is erased: {position}"
