"""An order's page: as it stands or stood, its events, and its proof in the log."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.console import order_shown
from api.console.changes import said
from api.console.order_shown import Shown
from api.console.pages import show
from api.freshness import log_reached
from api.history import as_of
from api.own_rows import own_rows
from api.problems import NotFound
from api.routing import may
from api.wire import Query, path_guid
from ledger import store
from ledger.audit import proofs
from ledger.order import stream_of
from ledger.store import Connection, Vault
from projections import history
from projections.history import NOW, ORDER, AsOf, HistoryEntry

# As `/v1/orders/{id}/history` and `/v1/log/proof/inclusion`.
HISTORIANS, PROVERS = may("auditor"), may("terminal", "auditor")
PAGE = 50
_FARTHEST = 2**31 - 1

_entry = msgspec.json.Decoder(HistoryEntry).decode


class Log(NamedTuple):
    """Where an order's events are read: a connection that meets the tenant's rows, and the keys as they are now."""

    connection: Connection
    tenant_id: int
    vault: Vault


async def get_order(request: Request) -> Response:
    """The page of the order as it stands, after its event `version`, or at `as_of` (and `clock`).

    NotFound: there is no such order, or there was none then.
    """
    stream, role = stream_of(path_guid(request, "id")), request.state.access.role
    when, version = as_of(request), Query(request).integer("version", 1, _FARTHEST)
    async with own_rows(request) as (connection, tenant_id):
        log = Log(connection, tenant_id, request.app.state.vault.uncached())
        order = await _order(request, log, stream, when, version)
        events = await _events(log, stream, order.Version) if role in HISTORIANS else []
        position = await _position(log, stream, order.Version)
        standing = await proofs.standing(connection, tenant_id, position) if role in PROVERS else None
    is_asked = version is not None or when != NOW
    return show(
        request,
        "order.html",
        order=order,
        events=events,
        is_past=is_asked and not (events and events[-1].Version == order.Version and len(events) < PAGE),
        before=order.Version - 1 if events and order.Version > 1 else None,
        after=order.Version + 1 if events and events[-1].Version > order.Version else None,
        position=position,
        may_prove=role in PROVERS,
        proof=standing,
        verdict=_verdict(standing),
        swish=request.app.state.settings.swish_payment_type,
        moment=order_shown.moment,
        said=said,
    )


async def _order(request: Request, log: Log, stream: str, when: AsOf, version: int | None) -> Shown:
    document: Any = None
    if version is not None:
        told = await history.history(*log, ORDER, stream, version - 1, 1)
        log_reached(request, told.position)
        document = _entry(told.entries[0]).Document if told.entries else None
    else:
        found = await history.as_of(*log, ORDER, stream, when)
        log_reached(request, found.head)
        document = found.document
    if document is None or bytes(document) == b"null":
        raise NotFound(f"there is no {stream}, or there was none then")
    return order_shown.read(document)


async def _events(log: Log, stream: str, version: int) -> list[HistoryEntry]:
    """The PAGE events of an order that this one is among."""
    told = await history.history(*log, ORDER, stream, (version - 1) // PAGE * PAGE, PAGE)
    return [_entry(entry) for entry in told.entries or ()]


async def _position(log: Log, stream: str, version: int) -> int:
    """Where the event of a version lies."""
    head = await store.head(log.connection, log.tenant_id)
    (found,) = await store.read_stream(log.connection, log.tenant_id, stream, version - 1, head, 1, log.vault)
    return found.recorded.position


def _verdict(standing: proofs.Standing | None) -> str:
    """The key of the words for how the newest event that is shown stands to the signed log."""
    if standing is None:
        return "nothing"
    return {True: "holds", False: "broken", None: "waits"}[standing.holds]
