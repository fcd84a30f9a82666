"""What holds for every route, said once: the document's introduction, tags, and what is common to its operations."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ABOUT = """\
Every order, payment and receipt of your tills, kept exactly as it happened. This page describes the server it comes
from: it is made from the routes and the records that the server runs on.

**Writing.** A `200` is on the disk. Send a document again whenever you did not hear the answer: the same content is
`"Duplicate": true`, and nothing was sold twice. Whatever goes wrong with a write is `417`, and wrote nothing.

**Reading your own writes.** A write says in `Ledger-Position` where it stands. Send that as `Ledger-Min-Position`, and
a read waits until it shows it.

**Polling.** A read answers with an `ETag`. Send it as `If-None-Match` with the same question, and as long as the answer
would be the same it is `304`, which costs next to nothing.

**Bodies.** Names of members are read in any case; members the ledger does not know are kept and given back. Nearly
everything may be left out, and null is as good as left out. Guids come in any spelling, and the zero Guid, `""` and
null are none. Decimals are JSON numbers of at most 18 digits and 6 decimals, or strings; never binary floats.
Instants are ISO 8601; without an offset they are local time at the outlet.

**Answers.** PascalCase, every member there. Instants have an offset; `0001-01-01T00:00:00` is none.

**Paths and parameters** are matched in any case. An unknown path is `404`, another method `405`, and every problem has
the same shape (`application/problem+json`). A read can be asked for with `HEAD` too, and every path answers `OPTIONS`.

**Credentials.** `Authorization: Bearer <key or access token>`. Each operation says for which
roles it is. A credential of one terminal posts documents of that terminal only; any other is `403` of the
type `urn:order-ledger:other-terminal`. A demo on this machine lets everybody in without one.
"""

TAGS = {
    "Orders": "From the first draft to the last amendment.",
    "Invoices": "Customers' invoices and the orders they gather.",
    "Queues": "What integrators have not taken over yet, and how they say that they have.",
    "Drawer": "What happened to a cash drawer.",
    "Terminals": "Health of terminals, X and Z reports.",
    "Swish": "Payments, refunds and payouts.",
    "Sales": "What was sold, by outlet, category, day and hour, and why a number is what it is.",
    "Stock": "What moved.",
    "Log": "The events themselves, to follow.",
    "Proofs": "Checkpoints, proofs and tiles, for whoever believes nobody.",
    "Credentials": "Tokens for people and tills.",
    "Operation": "Health, metrics and this description.",
}

PARAMETERS: Json = {
    "LedgerMinPosition": {
        "name": "Ledger-Min-Position", "in": "header", "schema": {"type": "integer", "minimum": 0, "format": "int64"},
        "description": "Wait until the answer reflects this position, the `Ledger-Position` of a write. Two seconds at "
        "most, then it is 503.",
    },
    "IfNoneMatch": {
        "name": "If-None-Match", "in": "header", "schema": {"type": "string"},
        "description": "The `ETag` of an answer that is there: if it would be the same again, 304 without a body.",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200},
        "description": "A name for this request. The same key and body again are a duplicate, the same key with "
        "another body is 417; what is refused does not use the key up. Without it the content is what is known again.",
    },
    "CorrelationId": {
        "name": "X-Correlation-Id", "in": "header",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~:/=@{}-]{1,64}$"},
        "description": "A name of yours that follows the request into logs and events; a UUID where it is none such.",
    },
}  # fmt: skip


def _header(about: str, schema: Json, *, always: bool = True) -> Json:
    return {"description": about, "schema": schema} | ({"required": True} if always else {})


_POSITION: Json = {"type": "integer", "minimum": 0, "format": "int64"}
_SECONDS: Json = {"type": "integer", "minimum": 1}
HEADERS: Json = {
    "Ledger-Position": _header("The position of the log that this stands at, or reflects.", _POSITION),
    "X-Correlation-Id": _header("The caller's, or a UUID.", {"type": "string"}),
    "Cache-Control": _header("Whether it may be kept.", {"type": "string"}),
    "ETag": _header("What `If-None-Match` takes.", {"type": "string"}, always=False),
    "RetryAfter": _header("Seconds after which to come again.", _SECONDS),
    "MaybeRetryAfter": _header("Seconds after which to come again, where that can help.", _SECONDS, always=False),
    "WWW-Authenticate": _header("`Bearer`.", {"type": "string"}),
    "Allow": _header("The methods that are possible.", {"type": "string"}),
}

SECURITY: Json = {
    "bearer": {
        "type": "http", "scheme": "bearer",
        "description": "A key (`order-ledger key create`), or the access token of `POST /Token`. The demo needs none.",
    },
}  # fmt: skip
