"""Random histories in which customers are erased at random moments: what is left in the read models is what a rebuild
from position 0 gives, and nobody finds a word of the erased in the database.

`HYPOTHESIS_PROFILE=large` looks at many more.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from ledger.store import Vault
from projections import ALL, runner
from projections.rebuild import rebuild
from projections.runner import Runner
from tests.property.bodies import guid
from tests.property.histories import end_where_read_models_stand
from tests.property.oracle import Body
from tests.property.world import MASTER_KEY, Ask, World

ORDERS, INVOICES, DRAWS = (
    [guid(kind, number) for number in range(1, 1 + count)] for kind, count in (("a", 6), ("b", 3), ("c", 2))
)
# Customers by the word that everything personal of theirs contains.
PEOPLE = {"QANNAQ": guid("f", 1), "QBOSSEQ": guid("f", 2), "QCECILQ": guid("f", 3)}
WORDS = {id_: word for word, id_ in PEOPLE.items()}
SWISH = ["A", "B", "C", "D"]
SEEDS = range(300 if os.environ.get("HYPOTHESIS_PROFILE") == "large" else 6)
STEPS = 70


class Chance(random.Random):
    """What people do, at random. Somebody without id is one of the orphans that no erasure finds: he says nothing."""

    def somebody(self) -> str | None:
        """The id of a customer, or of nobody."""
        return self.choice([None, *PEOPLE.values()])

    def word(self, who: str | None, note: str = "") -> str | None:
        """Something personal."""
        return f"{WORDS[who]}{note}" if who else None

    def order(self) -> Body:
        """A document, of a customer named in one of three ways."""
        who, way = self.somebody(), self.choice(["CustomerId", "Customer", "Customr"])
        record = {"Id": who, "Name": self.word(who), "Email": self.word(who, "@example.com")} if who else None
        payment = {"Id": guid("3", self.randint(1, 2)), "PaidAmount": 50, "PayerRef": self.word(who, "payer")}
        line = {"Id": guid("2", 1), "ItemId": guid("1", 1), "Quantity": 1, "UnitPrice": 50,
                "ItemComments": self.word(who, "line"), "Unknown": self.word(who, "line extra"),
                "Product": {"Id": guid("1", 1), "Description": "Latte", "Category": "Fika", "CategoryId": 3,
                            "Secret": self.word(who, "product")}}  # fmt: skip
        receipt = {"ReceiptId": guid("4", 1), "CustomerPaymentReceipt": self.word(who, "receipt")}
        return {
            "Id": self.choice(ORDERS), "Status": self.choice([0, 3, 13, 13, 14]), "OrderTotal": 50,
            "CustomerId": who if way == "CustomerId" else None, "Customer" if way != "Customr" else "Customr": record,
            "Comments": self.word(who, f"comment {self.random()}"), "OrderLines": [line],
            "InvoiceNumber": self.choice([None, "10017", "10018"]),
            "CreationDate": "2026-11-23T10:00:00", "Payments": self.choice([None, [], [payment]]),
            "Receipts": self.choice([None, [receipt]]), "Unknown": {"deep": [self.word(who, "extra")]},
        }  # fmt: skip

    def invoice(self) -> Body:
        """An invoice: of somebody, or of the orders it lists."""
        who = self.somebody()
        return {
            "Id": self.choice(INVOICES), "CustomerId": who, "CustomerName": self.word(who), "InvoiceTotal": 50,
            "Address1": self.word(who, "address"), "CreationDate": "2026-11-23T10:00:00",
            "OrdersGuid": self.sample(ORDERS, self.randint(0, 2)),
        }  # fmt: skip

    def ask(self) -> Ask:
        """Anything."""
        order = self.choice(ORDERS)
        return self.choice([
            Ask("PostOrder", self.order()), Ask("PostOrder", self.order()), Ask("PostOrder", self.order()),
            Ask("PostOpenOrder", self.order()), Ask("PostOnlineOrder", self.order()),
            Ask("PostCustomerInvoice", self.invoice()),
            Ask("UpdateOrderStatus", (order, self.choice([3, 10, 13, 14]))),
            Ask("PostOrderExternalInformation", {"Id": order, "ExternalID": f"V-{self.randint(1, 3)}"}),
            Ask("CashDrawerLog/PostCashDrawerLog", {"Id": self.choice(DRAWS), "ActivityType": 6, "OrderId": order,
                                                    "Note": None, "Amount": self.randint(1, 9)}),
            Ask("PostSwishOnlinePayment", {"Id": guid("5", 1), "SwishId": self.choice(SWISH),
                                           "OrderId": self.choice([None, order])}),
            Ask("PostSwishOnlinePayment", {"id": self.choice(SWISH), "amount": 50, "paymentReference": "REF",
                                           "status": self.choice(["CREATED", "PAID"]), "payeePaymentReference":
                                           self.choice([order, "10017", "10018"])}),
        ])  # fmt: skip


@pytest.fixture
async def world(pool: asyncpg.Pool[Any], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A ledger whose projectors take small steps."""
    monkeypatch.setattr(runner, "EVENTS_AT_ONCE", 9)
    monkeypatch.setattr(runner, "STREAMS_AT_ONCE", 2)
    found = World(pool)
    await found.begin()
    yield found
    await found.writer.close()


async def everything(pool: asyncpg.Pool[Any]) -> bytes:
    """Every row of every table of the ledger and its read models."""
    async with pool.acquire() as connection:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname ~ '^(ledger|read_)'"
        )
        rows = [await connection.fetch(f"SELECT * FROM {table['name']}") for table in tables]
    return b"\n".join(
        value if isinstance(value, bytes) else str(value).encode()
        for value in itertools.chain.from_iterable(itertools.chain.from_iterable(rows))
    )


async def digests(pool: asyncpg.Pool[Any]) -> list[bytes]:
    """The hash of each event's bytes."""
    rows = await pool.fetch("SELECT metadata, data FROM ledger.events ORDER BY position")
    return [hashlib.sha256(metadata + data).digest() for metadata, data in rows]


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_left_is_what_a_rebuild_gives(pool: asyncpg.Pool[Any], world: World, seed: int) -> None:
    chance, projector = Chance(seed), Runner(pool, Vault(MASTER_KEY), ALL)
    erased: set[str] = set()
    written: list[bytes] = []
    for _ in range(STEPS):
        if chance.random() < 0.06:
            word, who = chance.choice(list(PEOPLE.items()))
            if await world.ask(Ask("EraseCustomer", who)) != "refused":
                erased.add(word)
        else:
            await world.ask(chance.ask())
        if chance.random() < 0.3:
            await projector.step(world.tenant.tenant_id)
        now = await digests(pool)
        assert now[: len(written)] == written, "no event is ever touched"
        written = now
    while await projector.step(world.tenant.tenant_id):
        pass
    dump = await everything(pool)
    assert [word for word in PEOPLE if word in erased and word.encode() in dump] == []
    told = await end_where_read_models_stand(pool, Vault(MASTER_KEY), world.tenant.tenant_id)
    assert [word for word in PEOPLE if word in erased and word.encode() in told] == []
    async with pool.acquire() as connection:
        before = await world.rows(connection)
        await rebuild(pool, Vault(MASTER_KEY))
        assert await world.rows(connection) == before
