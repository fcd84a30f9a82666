"""What goes wrong, as the description has it: made of the table that the answers are made of (`api/problems.py`)."""

from __future__ import annotations

from typing import Any

from api.openapi.answers import Problem
from api.openapi.schemas import REFERENCE
from api.problems import OUTCOMES, Outcome

Json = dict[str, Any]

MEDIA = "application/problem+json"
# Statuses whose answers say when to come again: always, or where the same request can succeed later.
_SAYS_WHEN = {417: False, 429: True, 503: True, 404: False}
_HEADERS = {401: "WWW-Authenticate", 405: "Allow"}
_AT_FAULT = "$.OrderLines[0].Quantity"
_DETAILS: dict[str, tuple[str, list[Json]]] = {
    "bad-input": ("$.OrderLines[0].Quantity is missing", [{"path": _AT_FAULT, "message": "is missing"}]),
    "refused": ("receipt 1001 of this terminal belongs to another order", []),
    "unavailable": ("the database does not answer; nothing was lost, try again", []),
    "bad-request": ("grant_type is missing", []),
    "unauthorised": ("the credential is unknown", []),
    "forbidden": ("the role auditor may not do this; it takes admin or terminal", []),
    "other-terminal": (
        "this credential speaks for terminal 0de70000-5a1e-4000-8000-000000000007 only; the document names another", [],
    ),
    "not-found": ("there is no order 0de70000-5a1e-4000-8000-000000000009", []),
    "wrong-method": ("PUT is not possible here; GET, HEAD, OPTIONS is", []),
    "too-many-requests": ("too many failed attempts; try again in 8 s", []),
    "too-large": ("the body is larger than 1048576 bytes", []),
}  # fmt: skip


def responses() -> Json:
    """Every problem there is, by status: `#/components/responses/Problem417` and so on."""
    statuses = sorted({status for one in OUTCOMES.values() for status in (one.command, one.query)})
    return {f"Problem{status}": _response(status) for status in statuses}


def response_of(status: int) -> Json:
    """Where an operation names the answer of that status."""
    return {"$ref": f"#/components/responses/Problem{status}"}


def _response(status: int) -> Json:
    outcomes = [one for one in OUTCOMES.values() if status in (one.command, one.query)]
    headers: Json = {name: _header(name) for name in ("X-Correlation-Id", "Cache-Control")}
    if status in _SAYS_WHEN:
        headers["Retry-After"] = _header("RetryAfter" if _SAYS_WHEN[status] else "MaybeRetryAfter")
    if status in _HEADERS:
        headers[_HEADERS[status]] = _header(_HEADERS[status])
    return {
        "description": "; ".join(f"{one.title} (`{one.name}`)" for one in outcomes) + ".",
        "headers": headers,
        "content": {
            MEDIA: {
                "schema": {"$ref": f"{REFERENCE}{Problem.__name__}"},
                "examples": {one.name: {"value": _example(one, status)} for one in outcomes},
            }
        },
    }


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}


def _example(outcome: Outcome, status: int) -> Json:
    detail, errors = _DETAILS.get(outcome.name, (outcome.title, []))
    return {
        "type": f"urn:order-ledger:{outcome.name}", "title": outcome.title, "status": status, "detail": detail,
        "errors": errors, "retryable": outcome.retryable,
    }  # fmt: skip
