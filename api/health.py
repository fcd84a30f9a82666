"""Whether the process lives, and whether it can do its work. Open to everybody, so it tells nothing of any business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.described import Answer, described, json_body, one
from api.openapi import shown
from api.openapi.answers import Live, Ready
from api.watch import Seen
from api.wire import Reply, json_answer
from ledger.audit import seals
from projections import NAMES
from projections.standing import Standing

# Seconds after which an event should have been in every read model long ago.
LAGS_AFTER = 60.0


@described("Operation", answers=[one(Live, "It lives.", position=False, live=shown.LIVE)])
async def get_live(request: Request) -> Response:
    """200 for as long as there is anybody to say so; it asks nobody."""
    return json_answer(b'{"status":"live"}')


@described(
    "Operation",
    summary="Whether commands and reads can be answered, and what is the matter where they cannot.",
    answers=[
        one(Ready, "They can.", position=False, ready=shown.READY),
        Answer("They cannot.", [json_body(Ready, away=shown.NOT_READY)], position=False, status=503),
    ],
)
async def get_ready(request: Request) -> Response:
    """200 when commands and reads can be answered, 503 when not, with what is the matter; within two seconds."""
    state = request.app.state
    seen: Seen | None = await state.health.look()
    report = readiness(seen.projections if seen else None, seen.seals if seen else (), stopping=state.stopping)
    report["sealer"]["refuses"] = len(state.sealer.refusals) if state.sealer is not None else 0
    answer: Reply = json_answer(msgspec.json.encode(report))
    answer.status_code = 200 if report["status"] == "ready" else 503
    return answer


def readiness(
    standing: Sequence[Standing] | None, sealed: Sequence[seals.Standing] = (), *, stopping: bool = False
) -> dict[str, Any]:
    """The report; `standing` is None where the database does not answer. What is well may be left out of it.

    Not ready: the database is away, a projection has stopped or lags by more than LAGS_AFTER, a log is not what was
    signed, the server is stopping.
    """
    changed = [{"tenant": one.tenant_id, "reason": one.stopped} for one in sealed if one.stopped is not None]
    seen = [] if standing is None else [(name, [one for one in standing if one.projection == name]) for name in NAMES]
    projections = [_projection(name, found) for name, found in seen]
    sound = all(not one["stopped"] and one["lag_seconds"] <= LAGS_AFTER for one in projections)
    return {
        "status": "ready" if standing is not None and sound and not changed and not stopping else "not ready",
        "database": {"answers": standing is not None},
        "projections": projections,
        "sealer": {"stopped": changed},
    }


def _projection(name: str, standing: Sequence[Standing]) -> dict[str, Any]:
    return {
        "name": name,
        "lag_events": max((one.lag for one in standing), default=0),
        "lag_seconds": round(max((one.seconds for one in standing), default=0.0), 3),
        "stopped": [
            {"tenant": one.tenant_id, "position": one.checkpoint, "error": one.error} for one in standing if one.error
        ],
    }
