"""Every read model made anew from the events in a scratch schema, and compared row by row with the one in use.

Equal: what is shown follows from the log. Different: somebody changed a read model, or this version's code is not that
which made it; then this is what a deployment would change. The one in use is only read, and projectors go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from ledger.database import ACT_AS_OWNER, queries
from ledger.errors import LedgerError
from ledger.store import Connection, Pool, Vault, head
from projections import ALL, NAMES, schemas
from projections.rebuild import SCRATCH, forget, one_at_a_time
from projections.runner import Reader, Runner, read_lean
from projections.schemas import schema_of

_SQL = queries("projections/replay.sql")
_SHOWN_AT_MOST = 20

# Called with how many events of how many are applied.
Report = Callable[[int, int], None]


class Table(NamedTuple):
    """A table of a read model: its name, how many rows there are on either side, and how many of them differ.

    `differences` describes the first of them, a line each.
    """

    name: str
    rows: int
    differ: int
    differences: list[str]


class Columns(NamedTuple):
    """What a table's rows are compared by: its key, the other columns, and their types."""

    key: list[str]
    others: list[str]
    types: list[str]


async def replay(pool: Pool, vault: Vault, tenant_id: int, report: Report, read: Reader = read_lean) -> list[Table]:
    """Rebuilds a tenant's read models from the events that `read` gives, those that it has not from the log, and
    compares them with those in use.

    LedgerError: an event cannot be applied, a projection in use has stopped, or another rebuild runs.
    """
    async with one_at_a_time(pool):
        await _begin(pool)
        try:
            for source in dict.fromkeys((read, read_lean)):
                await _fill(pool, Runner(pool, vault, ALL, suffix=SCRATCH, read=source), tenant_id, report)
            await _bring_up(pool, vault, tenant_id)
            return await _compare(pool, vault, tenant_id)
        finally:
            await _end(pool)


async def _begin(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ACT_AS_OWNER)
        for name in NAMES:
            await schemas.drop(connection, schema_of(name + SCRATCH))
            await schemas.create(connection, name, schema_of(name + SCRATCH))
            await forget(connection, name + SCRATCH)


async def _end(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ACT_AS_OWNER)
        for name in NAMES:
            await schemas.drop(connection, schema_of(name + SCRATCH))
            await forget(connection, name + SCRATCH)


async def _fill(pool: Pool, runner: Runner, tenant_id: int, report: Report) -> None:
    """Applies what the runner's source has, up to where the log ends at the beginning."""
    async with pool.acquire() as connection:
        await connection.act_for(tenant_id)
        total = await head(connection, tenant_id)
        done, applied = min((await _positions(connection, tenant_id, SCRATCH)).values()), 1
        while applied and done < total:
            async with connection.transaction():
                applied = await runner.apply_next(connection, tenant_id, total - done)
            done = min((await _positions(connection, tenant_id, SCRATCH)).values())
            report(done, total)


async def _bring_up(pool: Pool, vault: Vault, tenant_id: int) -> None:
    """Until the read models in use are where the scratch ones are, whether or not a projector runs."""
    runner = Runner(pool, vault, ALL)
    async with pool.acquire() as connection:
        made = await _positions(connection, tenant_id, SCRATCH)
        while any(at < made[name] for name, at in (await _positions(connection, tenant_id)).items()):
            if not await runner.step_on(connection, tenant_id):
                await asyncio.sleep(0.05)  # another has them in hand


async def _compare(pool: Pool, vault: Vault, tenant_id: int) -> list[Table]:
    """In one snapshot: the scratch ones go on to where those in use are, and every table is compared."""
    async with pool.acquire() as connection:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            await connection.execute(_SQL["act_for"], tenant_id)
            live = await _positions(connection, tenant_id)
            for projection in ALL:
                runner = Runner(pool, vault, [projection], suffix=SCRATCH)
                at = (await _positions(connection, tenant_id, SCRATCH))[projection.name]
                while at < live[projection.name]:
                    applied = await runner.apply_next(connection, tenant_id, live[projection.name] - at)
                    if not applied:
                        raise LedgerError(f"{projection.name}: the event after position {at} cannot be applied")
                    at += applied
            return [table for name in NAMES for table in await _compared(connection, name)]
        finally:
            await transaction.rollback()


async def _positions(connection: Connection, tenant_id: int, suffix: str = "") -> dict[str, int]:
    names = [name + suffix for name in NAMES]
    found = {}
    for row in await connection.fetch(_SQL["positions"], tenant_id, names):
        if row["error"] is not None:
            raise LedgerError(f"the projection {row['projection']} has stopped at {row['position']}: {row['error']}")
        found[row["projection"].removesuffix(suffix)] = row["position"]
    return found


async def _compared(connection: Connection, name: str) -> list[Table]:
    live, made = schema_of(name), schema_of(name + SCRATCH)
    found = []
    for table, columns in (await _columns(connection, live, made)).items():
        place = (live, made, table, columns.key, columns.others or columns.key)
        rows, differ = await connection.fetchrow(await connection.fetchval(_SQL["count"], *place))
        lines = list[str]()
        if differ:
            statement = await connection.fetchval(_SQL["rows"], *place, columns.types)
            lines = [_line(columns, row) for row in await connection.fetch(statement, _SHOWN_AT_MOST)]
        found.append(Table(f"{name}.{table}", rows, differ, lines))
    for row in await connection.fetch(_SQL["tables"], live, made):
        found.append(Table(f"{name}.{row['name']}", 0, 1, ["only in use" if row["is_gone"] else "only made anew"]))
    return found


async def _columns(connection: Connection, live: str, made: str) -> dict[str, Columns]:
    found = dict[str, Columns]()
    for row in await connection.fetch(_SQL["columns"], live, made):
        columns = found.setdefault(row["table_name"], Columns([], [], []))
        if row["is_key"]:
            columns.key.append(row["column_name"])
        else:
            columns.others.append(row["column_name"])
            columns.types.append(row["data_type"])
    return found


def _line(columns: Columns, row: Any) -> str:
    """A row that differs, for a person: its key, and what is there instead of what should be."""
    key = ", ".join(row["key"][1:] or row["key"])
    if row["is_new"] or row["is_gone"]:
        return f"{key}: {'is missing in use' if row['is_new'] else 'does not follow from the events'}"
    changes = [
        change
        for column, live, made in zip(columns.others, row["live"], row["made"], strict=True)
        if live != made
        for change in differences(column, live, made)
    ]
    return f"{key}: {'; '.join(changes)}"


def differences(path: str, live: str | None, made: str | None) -> Sequence[str]:
    """What differs between two values of a column; of JSON the members."""
    try:
        return list(_members(path, msgspec.json.decode(live or ""), msgspec.json.decode(made or "")))
    except msgspec.DecodeError:
        return [f"{path} is {live}, should be {made}"]


def _members(path: str, live: Any, made: Any) -> Sequence[str]:
    if isinstance(live, dict) and isinstance(made, dict):
        names = [*live, *(name for name in made if name not in live)]
        return [line for name in names for line in _members(f"{path}.{name}", live.get(name), made.get(name))]
    if isinstance(live, list) and isinstance(made, list) and len(live) == len(made):
        pairs = enumerate(zip(live, made, strict=True))
        return [line for at, pair in pairs for line in _members(f"{path}[{at}]", *pair)]
    if live == made:
        return []
    return [f"{path} is {_short(live)}, should be {_short(made)}"]


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) < 80 else f"{text[:77]}…"
