"""*Queues*: what integrators have not fetched yet, how long it waits, and the orders that have waited longest."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from api.console.pages import show, words_of
from api.own_rows import own_rows
from ledger.records import NO_ID
from projections import catalogue, queues_reads

BOUND = 1001
OLDEST = 8
# Under each queue stands the endpoint that lists it.
ENDPOINTS = {
    "sales": "GetOrdersWithoutExternalID",
    "of_nobody": "GetOrdersWithoutCustomerAndExternalID",
    "returns": "GetReturnOrdersWithoutExternalID",
    "invoiced": "GetInviceGeneratedOpenOrder",
}


async def get_queues(request: Request) -> Response:
    """The page. Counts go up to BOUND - 1, and say so beyond."""
    now: datetime = request.app.state.clock()
    async with own_rows(request) as (connection, tenant_id):
        found = await queues_reads.queues(connection, tenant_id, BOUND, OLDEST)
        outlets = (await catalogue.outlets(connection, tenant_id)).outlets
    return show(
        request,
        "queues.html",
        now=now,
        queues=[(name, ENDPOINTS[name], queue) for name, queue in found._asdict().items()],
        bound=BOUND,
        names={NO_ID: words_of(request)("frame.no_name")} | dict(outlets),
    )
