"""*Drawer*: each drawer's shifts of a day, from opening to close, what was expected in it and what was counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.console.orders import day_of
from api.console.pages import formats_of, show
from api.console.shifts import Entry, logs
from api.own_rows import own_rows
from api.wire import Query
from ledger.business_time import day_start
from projections import drawer_reads

PATH = "/drawer"
# Entries that a page looks at: of the day, and of the day before, in which its first shifts may have begun.
LOOKS_AT = 1000
_A_DAY = timedelta(days=1)

_entry = msgspec.json.Decoder(Entry).decode


async def get_drawer(request: Request) -> Response:
    """The page of a `day` (`2026-11-23`; today) and a `terminal` (all)."""
    query, tenant, formats = Query(request), request.state.tenant, formats_of(request)
    now: datetime = request.app.state.clock()
    today = now.astimezone(formats.zone).date()
    day, terminal = day_of(query, "day") or today, query.guid("terminal")
    begins, ends = day_start(day, tenant.zone), day_start(day + _A_DAY, tenant.zone)
    async with own_rows(request) as (connection, tenant_id):
        kept = await drawer_reads.entries(connection, tenant_id, begins - _A_DAY, ends, terminal, LOOKS_AT)
    entries = [msgspec.structs.replace(_entry(one.document), terminal=one.terminal_id) for one in kept]
    return show(
        request,
        "drawer.html",
        day=day,
        terminal=terminal,
        logs=logs(entries, begins),
        before=_path(day - _A_DAY, terminal),
        after=_path(day + _A_DAY, terminal) if day < today else None,
        looked_at=LOOKS_AT if len(kept) == LOOKS_AT else None,
    )


def _path(day: date, terminal: UUID | None) -> str:
    return f"{PATH}?{urlencode({'day': day} | ({} if terminal is None else {'terminal': terminal}))}"
