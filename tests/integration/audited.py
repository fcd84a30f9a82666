"""A shop whose log is sealed, exported and verified, and a superuser who changes what he likes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from ledger.audit.export import Exported, export
from ledger.audit.live import verify_live
from ledger.audit.note import Checkpoint, Verifier, open_checkpoint
from ledger.audit.verify import Report, verify
from tests.integration.sealing import seal
from tests.integration.shop import Shop, open_shop, sale


class Audited(NamedTuple):
    """The shop, its database's owner, and a directory for what is sealed, exported and saved."""

    dsn: str
    shop: Shop
    owner: Any
    directory: Path

    async def sell(self, first: int, count: int) -> None:
        """Posts so many orders, each of three events, and seals what has come."""
        await asyncio.gather(*(self.shop.post(sale(f"sale {number}")) for number in range(first, first + count)))
        await self.seal()

    async def seal(self) -> None:
        """Signs what has come."""
        await seal(self.dsn, self.directory / "seal")

    async def export(self, name: str = "export", *, gz: bool = False) -> Exported:
        """Up to the newest checkpoint."""
        return await export(self.shop.pool, self.shop.tenant, self.directory / name, gz=gz)

    async def save(self, size: int | None = None) -> Path:
        """What an auditor takes along: the checkpoint of so many events (the newest), and the key."""
        notes = await self.owner.fetch("SELECT size, note FROM ledger.signed_checkpoints ORDER BY size")
        size, note = next(row for row in reversed(notes) if size in (None, row["size"]))
        path = self.directory / f"{size}.checkpoint"
        path.write_text(note, "utf-8")
        return path

    async def vkey(self) -> str:
        """The key that the auditor trusts."""
        found: str = await self.owner.fetchval("SELECT vkey FROM ledger.seal_keys ORDER BY generation LIMIT 1")
        return found

    async def vkeys(self) -> bool:
        """Whether there is a key, and so a log that is sealed."""
        found: bool = await self.owner.fetchval("SELECT EXISTS (SELECT FROM ledger.signed_checkpoints)")
        return found

    async def signed(self) -> list[Checkpoint]:
        """All that was signed."""
        verifier = Verifier.parse(await self.vkey())
        notes = await self.owner.fetch("SELECT note FROM ledger.signed_checkpoints ORDER BY size")
        return [open_checkpoint(note, verifier) for (note,) in notes]

    @contextlib.asynccontextmanager
    async def reopened(self) -> AsyncIterator[Audited]:
        """The same with a writer that remembers nothing."""
        async with open_shop(self.dsn) as shop:
            yield self._replace(shop=shop)

    async def tamper(self, *statements: str) -> None:
        """What only a superuser can do."""
        async with self.owner.transaction():
            await self.owner.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await self.owner.execute(statement)

    async def live(self, vkey: str, *checkpoints: Path) -> Report:
        """The running database, verified."""
        return await verify_live(self.shop.pool, self.shop.tenant, vkey=vkey, checkpoints=checkpoints)

    def verify(self, vkey: str, *checkpoints: Path, name: str = "export") -> Report:
        """An export, verified."""
        return verify(self.directory / name, vkey=vkey, checkpoints=checkpoints, processes=0)


@contextlib.asynccontextmanager
async def open_audited(dsn: str, directory: Path) -> AsyncIterator[Audited]:
    """An empty log of the tenant `shop`."""
    owner = await asyncpg.connect(dsn)
    try:
        async with open_shop(dsn) as shop:
            yield Audited(dsn, shop, owner, directory)
    finally:
        await owner.close()
