"""What `order-ledger status` sees, and how it is shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import asyncpg
from rich.console import Group
from rich.live import Live
from rich.text import Text

from api.cli.desk import Desk
from api.cli.screen import BAD, GOOD, STRONG, WARN, Piece, console, table_of, text_of
from api.connect import stop_event
from api.health import LAGS_AFTER
from ledger import database
from ledger.audit import seals
from ledger.errors import LedgerError
from ledger.telling import told
from ledger.waits import first_of
from projections.standing import Standing, standings

LOOK_WITHIN = 10.0
# So many tenants have a line for each read model; of more the worst is shown.
_SHOWN_EACH = 3
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Seen(NamedTuple):
    """One look. `wrong` says in words what is; nothing: all is well."""

    facts: dict[str, Any]
    standing: list[Standing]
    seals: list[seals.Standing]
    ages: dict[int, seals.Age]
    wrong: list[str]


async def look(desk: Desk) -> bool:
    """Shows how things are, and says whether they are well. LedgerError: the database does not answer."""
    try:
        seen = await asyncio.wait_for(_seen(desk), LOOK_WITHIN)
    except TimeoutError:
        raise LedgerError(f"the database has not answered within {LOOK_WITHIN:.0f} seconds") from None
    if desk.options.json:
        desk.screen.json(seen.facts)
    else:
        for line in lines_of(seen):
            desk.screen.console.print(line)
    return not seen.wrong


async def watch(desk: Desk) -> bool:
    """The same again and again until Ctrl-C; a database that is away is said to be, and looked for again."""
    stop, well = stop_event(), True
    with _showing(desk) as show:
        while not stop.is_set():
            try:
                seen = await asyncio.wait_for(_seen(desk), LOOK_WITHIN)
                facts, lines = seen.facts, lines_of(seen)
            except _AWAY as error:
                said = f"the database does not answer: {told(error)}"
                facts, lines = {"well": False, "wrong": [said]}, [text_of((said, BAD))]
            show(facts, lines)
            well = bool(facts["well"])
            await first_of(desk.options.watch, stop)
    return well


@contextlib.contextmanager
def _showing(desk: Desk) -> Iterator[Callable[[dict[str, Any], Sequence[Text]], None]]:
    """How a look replaces the one before: in place on a terminal, one after the other elsewhere."""
    if desk.options.json:
        yield lambda facts, lines: desk.screen.json(facts)
    elif desk.screen.console.is_terminal:
        with Live(console=console(desk.screen.console.file, wraps=True), auto_refresh=False) as live:
            yield lambda facts, lines: live.update(Group(*lines), refresh=True)
    else:
        yield lambda facts, lines: desk.screen.console.print(Text("\n").join([*lines, Text()]))


async def _seen(desk: Desk) -> Seen:
    pool, wanted = desk.pool, desk.options.tenant
    sealed = [one for one in await seals.standing(pool) if wanted in (None, one.name)]
    if wanted is not None and not sealed:
        await desk.known_tenant()  # says which there are
    standing = [one for one in await standings(pool) if wanted in (None, one.tenant)]
    ages, found = await seals.ages(pool), wrong(standing, sealed)
    facts = {
        "version": version("order-ledger"), "postgresql": await database.server_version(pool),
        "database": _place(desk), "connected": await database.others(pool), "well": not found, "wrong": found,
        "tenants": [_tenant_facts(one, ages[one.tenant_id], standing) for one in sealed],
    }  # fmt: skip
    return Seen(facts, standing, sealed, ages, found)


def wrong(standing: Sequence[Standing], sealed: Sequence[seals.Standing]) -> list[str]:
    """What keeps `/health/ready` from being ready, in words; nothing: all is well."""
    return [
        *(f"the log of {one.name} is not what was signed: {one.stopped}" for one in sealed if one.stopped is not None),
        *(f"the read model {one.projection} of {one.tenant} has stopped after position {one.checkpoint}: {one.error}"
          for one in standing if one.error),
        *(f"the read model {one.projection} of {one.tenant} is {one.lag} events behind, for {_for(one.seconds)}"
          for one in standing if not one.error and one.seconds > LAGS_AFTER),
    ]  # fmt: skip


def _place(desk: Desk) -> str:
    """Where the log lies; of DATABASE_URL never the password."""
    if desk.settings.database_url is None:
        return str(desk.settings.data_dir.resolve())
    parts = urlsplit(desk.settings.database_url)
    return f"{parts.hostname or 'local'}{parts.path}"


def _tenant_facts(one: seals.Standing, age: seals.Age, standing: Sequence[Standing]) -> dict[str, Any]:
    return {
        "tenant": one.name,
        "head": one.head,
        "seal": {
            "origin": seals.origin_of(one.name, one.generation) if one.generation else None,
            "size": one.size, "signed_seconds": _rounded(age.signed), "waiting_seconds": _rounded(age.waiting),
            "stopped": one.stopped,
        },
        "projections": [
            {"projection": p.projection, "checkpoint": p.checkpoint, "lag_events": p.lag,
             "lag_seconds": _rounded(p.seconds), "error": p.error}
            for p in standing if p.tenant_id == one.tenant_id
        ],
    }  # fmt: skip


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def lines_of(seen: Seen) -> list[Text]:
    """The screen."""
    facts, connected = seen.facts, seen.facts["connected"]
    others = f"{connected} connected" if connected else "none connected: nothing is served, projected or sealed"
    return [
        text_of(
            ("order-ledger ", STRONG), f"{facts['version']}, PostgreSQL {facts['postgresql']}, {facts['database']}"
        ),
        text_of(("processes    ", STRONG), (others, "" if connected else WARN)),
        text_of(("health       ", STRONG), ("not well", BAD) if seen.wrong else ("well", GOOD)),
        *(text_of("             ", (line, BAD)) for line in seen.wrong),
        Text(),
        *(table_of([_tenant_row(one, seen.ages[one.tenant_id]) for one in seen.seals]) or [text_of("no tenant yet")]),
        *([Text(), *table_of(_projection_rows(seen))] if seen.standing else []),
    ]


def _tenant_row(one: seals.Standing, age: seals.Age) -> dict[str, object]:
    waiting = age.waiting or 0.0
    state: Piece = (
        ("STOPPED", BAD) if one.stopped else
        ("never sealed", WARN) if one.size is None else
        (f"{one.head - one.size} wait for {_for(waiting)}", WARN if waiting > LAGS_AFTER else "") if age.waiting else
        ("all sealed", GOOD)
    )  # fmt: skip
    signed = "-" if age.signed is None else f"{_for(age.signed)} ago"
    return {"tenant": one.name, "events": one.head, "signed size": one.size or 0, "signed": signed, "seal": state}


def _projection_rows(seen: Seen) -> list[dict[str, object]]:
    tenants = {one.tenant for one in seen.standing}
    if len(tenants) <= _SHOWN_EACH:
        return [_projection_row(one, one.tenant if len(tenants) > 1 else None) for one in seen.standing]
    worst: dict[str, Standing] = {}
    for one in seen.standing:
        before = worst.setdefault(one.projection, one)
        if (one.error is not None, one.seconds, one.lag) > (before.error is not None, before.seconds, before.lag):
            worst[one.projection] = one
    return [_projection_row(one, f"{one.tenant} (worst of {len(tenants)})") for one in worst.values()]


def _projection_row(one: Standing, tenant: str | None) -> dict[str, object]:
    late = WARN if one.seconds > 1 else ""
    state: Piece = (
        ("STOPPED", BAD) if one.error else
        (f"behind for {_for(one.seconds)}", BAD if one.seconds > LAGS_AFTER else late) if one.lag else
        ("up to date", GOOD)
    )  # fmt: skip
    whose = {"tenant": tenant} if tenant is not None else {}
    return {
        "read model": one.projection,
        **whose,
        "checkpoint": one.checkpoint,
        "events behind": one.lag,
        "state": state,
    }


def _for(seconds: float) -> str:
    """A length of time, as people say it."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
