"""Where read models live: a schema for each projection, made from its section of `tables.sql`."""

from __future__ import annotations

import functools
import hashlib
import logging
import re

from ledger.database import ACT_AS_OWNER, ROLE, ROOT, queries
from ledger.store import Connection, Pool

log = logging.getLogger(__name__)

_SQL = queries("projections/schemas.sql")
_SECTION = re.compile(r"^-- projection: (\w+)[^\n]*\n(.*?)(?=^-- projection: |\Z)", re.MULTILINE | re.DOTALL)
# Advisory lock class; see ledger.database for the others.
CREATION_LOCK = 0x52454144


def schema_of(checkpoint: str) -> str:
    """The schema of a projection, or of another generation of it, by the name of its checkpoint."""
    return f"read_{checkpoint}"


@functools.cache
def sections() -> dict[str, str]:
    """The statements that make each projection's tables, by its name."""
    return dict(_SECTION.findall((ROOT / "projections/tables.sql").read_text("utf-8")))


def _digest(section: str) -> str:
    return hashlib.sha256(section.encode()).hexdigest()


async def create_tables(pool: Pool) -> None:
    """Makes what read models there are not yet, after `ledger.database.migrate`; any number of processes may."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ACT_AS_OWNER)
        await connection.execute(_SQL["lock_creation"], CREATION_LOCK)
        for name, section in sections().items():
            made_by = await connection.fetchval(_SQL["made_by"], schema_of(name))
            if made_by is None:
                await create(connection, name, schema_of(name))
            elif made_by != _digest(section):
                log.warning("read model %s was made by another version: order-ledger rebuild %s", name, name)


async def create(connection: Connection, name: str, schema: str) -> None:
    """Makes a projection's tables in `schema`, and lets the application use them. The caller acts as owner."""
    await connection.execute(await connection.fetchval(_SQL["create_schema"], schema))
    await connection.execute(sections()[name])
    await connection.execute(_SQL["raise_wall"], schema)
    await connection.execute(await connection.fetchval(_SQL["note_maker"], schema, _digest(sections()[name])))
    grants = await connection.fetchval(_SQL["grant_schema"], schema, ROLE)
    if grants is not None:
        await connection.execute(grants)


async def drop(connection: Connection, schema: str) -> None:
    """Throws a generation away. The caller acts as owner."""
    await connection.execute(await connection.fetchval(_SQL["drop_schema"], schema))


async def rename(connection: Connection, schema: str, name: str) -> None:
    """Gives a schema another name. The caller acts as owner."""
    await connection.execute(await connection.fetchval(_SQL["rename_schema"], schema, name))
