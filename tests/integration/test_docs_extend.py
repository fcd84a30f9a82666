"""docs/extend.md: its code runs as it stands there, on a real database, from the event to the read."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from ledger.database import migrate, open_pool
from ledger.events import Recorded

PAGE = (Path(__file__).parents[2] / "docs" / "extend.md").read_text("utf-8")
SQL = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
TENANT, ORDERS = 1, [UUID(int=number) for number in range(1, 4)]


def program(queries: Path) -> dict[str, Any]:
    """Every name that the page's Python makes; its queries are read from a file of this test."""
    queries.write_text(SQL[1], "utf-8")
    names: dict[str, Any] = {"__name__": "extend"}
    text = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    assert text.count('"projections/ratings.sql"') == 1
    exec(compile(text.replace("projections/ratings.sql", str(queries)), "extend.md", "exec"), names)
    return names


async def test_the_example_counts_stars(dsn: str, tmp_path: Path) -> None:
    found = program(tmp_path / "ratings.sql")
    said = [(ORDERS[0], 5), (ORDERS[1], 1), (ORDERS[1], 3), (ORDERS[2], 4)]
    events = [
        Recorded(position, f"order-{order}", 2, 0, 0, found["OrderRated"](stars=stars))
        for position, (order, stars) in enumerate(said, 1)
    ]
    async with await open_pool(dsn) as pool:
        await migrate(pool)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE SCHEMA read_ratings")
        await connection.execute("SET search_path = read_ratings")
        await connection.execute(SQL[0])
        projection = found["PROJECTION"]
        assert projection.handles == {found["OrderRated"]} and f"-- projection: {projection.name}" in SQL[0]
        # However the log is cut into batches.
        await projection.apply(connection, TENANT, events[:2])
        await projection.apply(connection, TENANT, events[2:])
        assert await found["average"](connection, TENANT) == (Decimal(4), 3, 0)
        assert await found["average"](connection, TENANT + 1) == (None, 0, 0)
    finally:
        await connection.close()
