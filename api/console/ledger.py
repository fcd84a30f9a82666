"""*Ledger*: where the log, its seal and its read models are, its newest events, and proof that nothing was changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.console.formats import Formats
from api.console.language import Words
from api.console.pages import formats_of, send_to, show, words_of
from api.console.tail import tail
from api.console.work import BROKEN_OFF, Kind, Work, Works
from api.health import LAGS_AFTER
from api.own_rows import own_rows
from api.problems import NotFound
from api.token import form as fields_of
from api.wire import body
from ledger.audit.seals import origin_of
from ledger.database import queries
from ledger.store import Connection, head
from ledger.tenants import Tenant
from projections import NAMES

CHECKPOINTS_SHOWN = 8
_LONGEST = 10_000  # characters of a key or checkpoint
_SQL = queries("api/console/ledger.sql")


class ReadModel(NamedTuple):
    """Where one stands. `late`: for longer than a healthy one ever is. `error`: why it has stopped, in English."""

    name: str
    checkpoint: int
    lag: int
    state: str
    is_late: bool
    error: str | None


class Checkpoint(NamedTuple):
    """A signed note, of `size` events."""

    size: int
    signed_at: datetime
    note: str


class Seal(NamedTuple):
    """How far the log is sealed; `stopped`: why it is not signed any more, in English."""

    origin: str
    vkey: str
    checkpoints: list[Checkpoint]
    waits_since: datetime | None
    stopped: str | None
    stopped_at: datetime | None


async def get_ledger(request: Request) -> Response:
    """The page. Its sections are asked for again as anything moves."""
    now: datetime = request.app.state.clock()
    words, formats, tenant = words_of(request), formats_of(request), request.state.tenant
    async with own_rows(request) as (connection, tenant_id):
        newest = await head(connection, tenant_id)
        seal = await _seal(connection, tenant)
        standing = await connection.fetch(_SQL["standing"], tenant_id, list(NAMES))
        entries = await tail(connection, tenant_id, words)
    works: Works = request.app.state.works
    works_of = {kind: works.of(tenant.tenant_id, kind) for kind in ("verify", "export")}
    return show(
        request,
        "ledger.html",
        head=newest,
        entries=entries,
        seal=seal,
        ago=lambda moment: formats.ago((now - moment).total_seconds()),
        read_models=[_read_model(row, newest, now, words, formats) for row in standing],
        verifying=works_of["verify"],
        exporting=works_of["export"],
        broken_off=BROKEN_OFF,
        is_busy=works.is_busy,
        is_ours=any(work is not None and work.outcome is None for work in works_of.values()),
    )


async def _seal(connection: Connection, tenant: Tenant) -> Seal | None:
    row = await connection.fetchrow(_SQL["seal"], tenant.tenant_id)
    if row is None:
        return None
    generation = row["generation"]
    signed = await connection.fetch(_SQL["checkpoints"], tenant.tenant_id, generation, CHECKPOINTS_SHOWN)
    return Seal(
        origin_of(tenant.name, generation),
        row["vkey"],
        [Checkpoint(*one) for one in signed],
        row["waits_since"],
        row["stopped"],
        row["stopped_at"],
    )


def _read_model(row: Any, newest: int, now: datetime, words: Words, formats: Formats) -> ReadModel:
    lag = max(newest - row["checkpoint"], 0)
    behind = (now - row["waits_since"]).total_seconds() if row["waits_since"] is not None else 0.0
    if row["error"] is not None:
        state = words("ledger.stopped")
    elif lag and row["waits_since"] is not None:
        state = words("ledger.behind", time=formats.span(behind))
    else:
        state = words("ledger.up_to_date")
    is_late = row["error"] is not None or behind > LAGS_AFTER
    return ReadModel(row["name"], row["checkpoint"], lag, state, is_late, row["error"])


async def post_verify(request: Request) -> Response:
    """Begins to verify the log, and shows the page, which says how far it is."""
    fields = {name: value.strip() for name, value in fields_of(await body(request)).items()}
    vkey, checkpoint = fields.get("vkey", "")[:_LONGEST] or None, fields.get("checkpoint", "")[:_LONGEST] or None
    return _begin(request, "verify", vkey, None if checkpoint is None else _as_note(checkpoint))


async def post_export(request: Request) -> Response:
    """Begins to export the log, and shows the page."""
    return _begin(request, "export")


async def post_stop(request: Request) -> Response:
    """Breaks off what is under way for this tenant."""
    request.app.state.works.stop(request.state.tenant.tenant_id)
    return send_to("/ledger#proof")


def _begin(request: Request, kind: Kind, vkey: str | None = None, checkpoint: str | None = None) -> Response:
    works: Works = request.app.state.works
    works.begin(Work(kind, request.state.tenant, vkey=vkey, checkpoint=checkpoint))
    return send_to("/ledger#proof")


def _as_note(text: str) -> str:
    """A note as it was signed: forms send lines that end as in 1970, and people lose the last one."""
    return text.replace("\r\n", "\n") + "\n"


async def get_export(request: Request) -> Response:
    """The export that was made last, as a tar file. NotFound: there is none, or it was made over an hour ago."""
    tenant: Tenant = request.state.tenant
    work: Work | None = request.app.state.works.of(tenant.tenant_id, "export")
    if work is None or work.archive is None or work.outcome is None:
        raise NotFound("there is no export; make one")
    headers = {
        "content-length": str(work.size),
        "content-disposition": f'attachment; filename="{tenant.name}-{work.outcome.size}.tar"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(work.pieces(), media_type="application/x-tar", headers=headers)
