"""PostSwishOnlinePayment: the vendor's record with a credential, and genuine callbacks through a door of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import guard
from api.address import client_address, within
from api.commands import submit
from api.described import WORD, Parameter, described, in_header, json_body
from api.openapi import examples
from api.openapi.answers import SwishCallback
from api.openapi.writes import ACCEPTED
from api.problems import Kind, fail_as
from api.wire import Query, body, header, uncompressed
from ledger import reading, swish, swish_door, tolerant
from ledger.append import fingerprint
from ledger.commands import TakeSwish
from ledger.demo import DEMO
from ledger.errors import BadInput, NotAdmitted
from ledger.events import SwishRecorded
from ledger.records import SwishPayment
from ledger.swish_door import OPEN, Door, keyed_hash
from ledger.tenants import Tenant

ACTOR = "swish"
HEADER = b"callbackidentifier"
_IDENTIFIER_AT_MOST = 200


@described(
    "Swish",
    "A till's client records the payment it has asked for, with its credential like any other post. A callback of "
    "Swish carries none: `tenant` names whom it is for, and it is let in by the `callbackIdentifier` agreed on, else "
    "by its address. It is always 200 once it is kept; while the database is away it is 503, and Swish sends it again.",
    parameters=[
        Parameter(
            "tenant", WORD, "Of a callback: the tenant's callback key. May be left out where there is one tenant."
        ),
        in_header("callbackIdentifier", "Of a callback: what was agreed on with Swish."),
    ],
    summary="Takes a record of a Swish payment, or a callback of Swish itself.",
    bodies=[
        json_body(
            (SwishPayment, SwishCallback),
            record=examples.SWISH_RECORD,
            paid=examples.SWISH_PAID,
            refunded=examples.SWISH_REFUNDED,
        )
    ],
    answers=[ACCEPTED],
)
async def post_swish(request: Request) -> Response:
    """The vendor's record of a Swish payment, or a callback of Swish itself. NotAdmitted: neither may come in."""
    key = Query(request).text("tenant")
    demo: bool = request.app.state.settings.demo
    if b"authorization" in request.scope["header"]:
        await guard.admit(request.scope, request.scope["header"])
        return await _take(request, await body(request), OPEN)
    if demo and not key:
        raw = await body(request)
        if _is_callback(raw):
            fail_as(request, Kind.CALLBACK)
        await guard.admit(request.scope, request.scope["header"])
        return await _take(request, raw, OPEN)
    # Anything but 200 makes Swish send it again: while the database is away that is what is wanted.
    fail_as(request, Kind.CALLBACK)
    identifier, listed = header(request, HEADER), _is_listed(request)
    if not (identifier or listed or demo):
        raise NotAdmitted
    # The body comes first: whether the tenant is known must not show in how a body that is too large is answered.
    raw = await body(request)
    called = await request.app.state.register.called(key)
    books = (await request.app.state.register.books(called.tenant_id)).value if called is not None else None
    if called is None or books is None:
        raise NotAdmitted
    tenant: Tenant = books.tenant
    request.state.tenant, request.state.actor = tenant, ACTOR
    if demo and tenant.name == DEMO:
        return await _take(request, raw, OPEN)
    sent = keyed_hash(tenant.secret, identifier.encode("latin-1")) if identifier else None
    return await _take(request, raw, Door(is_listed=listed, identifier=sent, agreed=called.identifier))


def _is_listed(request: Request) -> bool:
    settings = request.app.state.settings
    address = client_address(request.scope, request.scope["header"], settings.trusted_proxies)
    return within(address, settings.swish_addresses)


async def _take(request: Request, raw: bytes, door: Door) -> Response:
    try:
        sent = tolerant.loose(uncompressed(request, raw))
        if not isinstance(sent, dict):
            raise BadInput.at("$", "must be an object")
    except BadInput:
        swish_door.admit(door, None)  # who may not come in is not told what is wrong with what he brings
        raise
    folded: dict[str, Any] = {name.lower(): value for name, value in sent.items()}
    if not swish.is_vendor_record(folded):
        fail_as(request, Kind.CALLBACK)
        return await submit(request, _callback(request, folded, door), idempotent=door is OPEN)
    if door is not OPEN:
        raise NotAdmitted
    return await submit(request, _record(request, raw, folded))


def _is_callback(raw: bytes) -> bool:
    try:
        sent = tolerant.loose(raw)
    except BadInput:
        return False
    return isinstance(sent, dict) and not swish.is_vendor_record({name.lower(): value for name, value in sent.items()})


def _callback(request: Request, folded: dict[str, Any], door: Door) -> TakeSwish:
    tenant: Tenant = request.state.tenant
    swish_id, received = swish.read_callback(folded, tenant.zone)
    known_by = fingerprint(tenant.secret, "swish-callback", received)
    return TakeSwish(
        stream=swish.stream_of(swish_id or known_by),
        said=received,
        swish_type=request.app.state.settings.swish_payment_type,
        door=door,
        fingerprint=known_by,
    )


def _record(request: Request, raw: bytes, folded: dict[str, Any]) -> TakeSwish:
    secret: bytes = request.state.tenant.secret
    record = reading.read_swish_payment(raw)
    agreed = _agreed(folded.get("callbackidentifier"))
    identifier = keyed_hash(secret, agreed.encode()) if agreed else None
    known_by = SwishRecorded(record=record, callback_identifier=identifier) if identifier else record
    return TakeSwish(
        stream=swish.record_stream(record),
        said=record,
        swish_type=request.app.state.settings.swish_payment_type,
        door=OPEN,
        identifier=identifier,
        fingerprint=fingerprint(secret, "swish-record", known_by),
    )


def _agreed(value: Any) -> str:
    """What Swish will send as its header for this payment, `""` for nothing."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        value = str(value)
    text = "" if value is None else value
    if not isinstance(text, str) or len(text) > _IDENTIFIER_AT_MOST:
        raise BadInput.at("$.callbackIdentifier", f"must be a text of at most {_IDENTIFIER_AT_MOST} characters")
    return text.strip()
