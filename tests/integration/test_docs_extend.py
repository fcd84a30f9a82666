"""docs/extend.md: what it says, done to a copy of the code that runs on a real database, from the event to the read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extend.md").read_text("utf-8")
STRUCT, NAME, DECISION, CASE, COMMAND, SCENARIO, PROJECTION, READ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TABLES, QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
# Guests rate orders, to which more happens then; the log is applied in one go, and in batches that cut orders in two.
RUN = """
import asyncio, sys
import scenario
from ledger.commands import AssignExternalId, RateOrder
from ledger.records import ExternalInformation
from ledger.writer import Context
from projections import ALL, NAMES, ratings, runner
from projections.following import run_until_caught_up
from projections.schemas import create_tables
from projections.standing import standings
from tests.integration.shop import open_shop, order_id, sale

async def main(dsn, at_once):
    runner.EVENTS_AT_ONCE = at_once
    async with open_shop(dsn) as shop:
        await create_tables(shop.pool)
        for name, stars in (("a", [5]), ("b", [1, 3]), ("c", [4])):
            await shop.post(sale(name))
            rated = [RateOrder(order_id=order_id(name), stars=number) for number in stars]
            synced = AssignExternalId(sent=ExternalInformation(Id=order_id(name), ExternalID="V-1"))
            for command in (*rated, synced):
                await shop.writer.submit(shop.tenant, command, Context(actor="guest"))
        await run_until_caught_up(shop.pool, shop.vault)
        async with shop.pool.acquire() as connection:
            average, orders, position = await ratings.average(connection, shop.tenant.tenant_id)
            nobody = await ratings.average(connection, shop.tenant.tenant_id + 1)
        assert nobody == (None, 0, 0), nobody
        stopped = [(one.projection, one.error) for one in await standings(shop.pool) if one.error]
        assert not stopped and "ratings" in NAMES, stopped
        types = [type for _, _, _, type in await shop.events()]
        print(average.normalize(), orders, position == len(types), types.count("order.rated"))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def put(file: Path, text: str, before: str | None = None) -> None:
    """Puts text into a file before a place that there is once, else at its end."""
    found = file.read_text("utf-8")
    assert before is None or found.count(before) == 1, before
    file.write_text(found + "\n\n" + text if before is None else found.replace(before, text + before), "utf-8")


def extend(copy: Path) -> None:
    """The code as the page leaves it, with the imports that it leaves out."""
    for package in ("ledger", "projections"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "schema.sql", copy)
    ledger, projections = copy / "ledger", copy / "projections"
    put(ledger / "events.py", f"{STRUCT}\n\n", before="# Stored name and version -> struct.")
    put(ledger / "events.py", NAME, before="}\nNAMES: ")
    put(ledger / "order_decisions.py", DECISION)
    put(ledger / "order.py", "    OrderRated,\n", before="    OrderStatusChanged,\n")
    put(ledger / "order.py", CASE, before='    raise AssertionError(f"{type(event)')
    put(ledger / "commands.py", COMMAND)
    put(projections / "tables.sql", f"{TABLES}\n", before="-- projection: catalogue\n")
    (projections / "ratings.sql").write_text(QUERIES, "utf-8")
    (projections / "ratings.py").write_text(f"{PROJECTION}\n\n{READ}", "utf-8")
    put(projections / "__init__.py", "ratings, ", before="sales, stock")
    put(projections / "__init__.py", "    ratings.PROJECTION,\n", before="    catalogue.PROJECTION,\n")
    (copy / "scenario.py").write_text(SCENARIO, "utf-8")


async def test_what_the_page_says_works(dsn: str, tmp_path: Path) -> None:
    extend(tmp_path)
    for at_once, rated in ((1000, 4), (2, 8)):
        run = [sys.executable, "-c", RUN, dsn, str(at_once)]
        environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
        done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"4 3 True {rated}\n", "")
