"""The endpoints that write: decode, ask the writer, answer. What may happen is `ledger`'s affair."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from api.address import client_address
from api.guard import speaks_for
from api.openapi import writes
from api.wire import command_answer, document, header, path_guid
from ledger import reading
from ledger.append import fingerprint
from ledger.commands import (
    AssignExternalId,
    Command,
    LogDrawerEntry,
    MarkSynced,
    ReportTerminal,
    SaveInvoice,
    SetStatus,
)
from ledger.errors import BadInput
from ledger.post_order import PostOrder
from ledger.reading import KNOWN_STATUSES
from ledger.records import NO_ID, Order, Record
from ledger.retries import Earlier, never
from ledger.settings import Settings
from ledger.tenants import OutletZones, Tenant
from ledger.writer import Context
from ledger.written import write

_VERSION = re.compile(r'(?:W/)?"?(\d{1,18})"?', re.ASCII)
_KEY_AT_MOST = 200


@writes.post_open_order
async def post_open_order(request: Request) -> Response:
    """Stores or replaces an order in progress."""
    return await _post_order(request, draft_only=True)


@writes.post_order
async def post_order(request: Request) -> Response:
    """Finalises, amends or cancels an order, with its payments and receipts; with an open Status it is a draft."""
    return await _post_order(request)


@writes.post_online_order
async def post_online_order(request: Request) -> Response:
    """The same for a web order, which draws the numbers it lacks."""
    return await _post_order(request, online=True)


@writes.post_customer_invoice
async def post_customer_invoice(request: Request) -> Response:
    """Creates or updates an invoice and links its orders."""
    read = partial(reading.read_invoice, await document(request))
    invoice = read(_zones(request).now)
    speaks_for(request, [invoice.TerminalId])
    known_by = fingerprint(_tenant(request).secret, "invoice", invoice)
    earlier = _earlier(request, "invoice", invoice.OutletId, read)
    return await submit(request, SaveInvoice(invoice=invoice, fingerprint=known_by, earlier=earlier))


@writes.post_reports
async def post_reports(request: Request) -> Response:
    """A terminal's health and its X or Z report."""
    read = partial(reading.read_terminal_log, await document(request))
    log = read(_zones(request).now)
    speaks_for(request, [log.TerminalId, *([log.Report.TerminalId] if log.Report else [])])
    known_by, earlier = fingerprint(_tenant(request).secret, "log", log), _earlier(request, "log", NO_ID, read)
    return await submit(request, ReportTerminal(log=log, fingerprint=known_by, earlier=earlier))


@writes.post_order_cash_drawer_log
async def post_order_cash_drawer_log(request: Request) -> Response:
    """A drawer event raised while posting an order: the first write wins."""
    return await _post_drawer(request, first_wins=True)


@writes.post_cash_drawer_log
async def post_cash_drawer_log(request: Request) -> Response:
    """A drawer event captured offline: another content corrects it."""
    return await _post_drawer(request, first_wins=False)


@writes.post_order_external_information
async def post_order_external_information(request: Request) -> Response:
    """An integrator's reference for an order."""
    return await _post_external_id(request, of_return=False)


@writes.post_return_external_information
async def post_return_external_information(request: Request) -> Response:
    """An integrator's reference for a return order."""
    return await _post_external_id(request, of_return=True)


@writes.update_invice_generated_open_order
async def update_invice_generated_open_order(request: Request) -> Response:
    """Marks invoiced orders as taken over by the bookkeeping: all of them or none."""
    sent = reading.read_external_informations(await document(request))
    known_by = fingerprint(_tenant(request).secret, "synced", sent)
    return await submit(request, MarkSynced(sent=sent, fingerprint=known_by))


@writes.update_order_status
async def update_order_status(request: Request) -> Response:
    """Moves an order to another status."""
    order_id = path_guid(request, "orderId")
    if not order_id.int:
        raise BadInput.at("orderId", "is missing")
    text = request.path_params["status"]
    if not (text.isascii() and text.isdigit() and int(text[:9]) in KNOWN_STATUSES):
        raise BadInput.at("status", "is no order status")
    return await submit(request, SetStatus(order_id=order_id, status=int(text)))


async def _post_order(request: Request, *, draft_only: bool = False, online: bool = False) -> Response:
    zones = _zones(request)
    read = partial(_read_order, await document(request), online)
    order = read(zones.now)
    speaks_for(request, [order.TerminalId, *(receipt.TerminalId for receipt in order.Receipts or ())])
    written = write(order)
    command = PostOrder(
        order=order,
        zone=zones.now(order.OutletId),
        swish_type=_swish_type(request),
        draft_only=draft_only,
        online=online,
        expected=_expected_version(request),
        bare=written.bare,
        parts=written.parts,
        fingerprint=fingerprint(_tenant(request).secret, "order", written.whole),
        earlier=_earlier(request, "order", order.OutletId, read),
    )
    return await submit(request, command)


def _read_order(body: bytes, online: bool, zones: reading.Zones) -> Order:
    order = reading.read_order(body, zones)
    if online:
        order.IsOnlineOrder = True
    return order


async def _post_drawer(request: Request, *, first_wins: bool) -> Response:
    read = partial(reading.read_drawer_log, await document(request))
    entry = read(_zones(request).now)
    speaks_for(request, [entry.CashDrawer.TerminalId] if entry.CashDrawer else [])
    known_by, earlier = fingerprint(_tenant(request).secret, "drawer", entry), _earlier(request, "drawer", NO_ID, read)
    command = LogDrawerEntry(entry=entry, first_wins=first_wins, fingerprint=known_by, earlier=earlier)
    return await submit(request, command)


async def _post_external_id(request: Request, *, of_return: bool) -> Response:
    sent = reading.read_external_information(await document(request))
    known_by = fingerprint(_tenant(request).secret, "external-id", sent)
    return await submit(request, AssignExternalId(sent=sent, of_return=of_return, fingerprint=known_by))


async def submit(request: Request, command: Command, *, idempotent: bool = True) -> Response:
    """Hands a command to the writer and gives its answer; an Idempotency-Key is looked at where `idempotent`."""
    context = _context(request, command, idempotent=idempotent)
    answer = await request.app.state.writer.submit(_tenant(request), command, context)
    request.scope["outcome"] = "duplicate" if answer.duplicate else "appended"
    return command_answer(answer)


def _context(request: Request, command: Command, *, idempotent: bool) -> Context:
    key = header(request, b"idempotency-key") if idempotent else ""
    if len(key) > _KEY_AT_MOST:
        raise BadInput.at("Idempotency-Key", f"is longer than {_KEY_AT_MOST} characters")
    path = "/".join(filter(None, request.scope["path"].lower().split("/"))) if key else ""
    # What stands behind `request.state`, whose look-ups are calls in Python.
    state = request.scope["state"]
    return Context(
        actor=state["actor"],
        source=client_address(request.scope, request.scope["header"], _settings(request).trusted_proxies) or None,
        correlation=state["correlation"],
        idempotency=(path, key, command.fingerprint or "") if key else None,
    )


def _expected_version(request: Request) -> int | None:
    """The version an `If-Match` names; None for none and for `*`."""
    text = header(request, b"if-match")
    if not text or text == "*":
        return None
    found = _VERSION.fullmatch(text)
    if found is None:
        raise BadInput.at("If-Match", "must be the Version of the order that was changed")
    return int(found[1])


def _tenant(request: Request) -> Tenant:
    tenant: Tenant = request.scope["state"]["tenant"]
    return tenant


def _zones(request: Request) -> OutletZones:
    zones: OutletZones = request.scope["state"]["access"].zones
    return zones


def _earlier(request: Request, kind: str, outlet_id: UUID, read: Callable[[reading.Zones], Record]) -> Earlier:
    """The fingerprints a body had in the zones its outlet's clock ran in before; `read` reads it by some zones."""
    before = _zones(request).before(outlet_id)
    if not before:
        return never
    secret = _tenant(request).secret

    def known_by(zone: ZoneInfo) -> str:
        return fingerprint(secret, kind, read(lambda _: zone))

    # A command may be decided more than once.
    return cache(lambda: [known_by(zone) for zone in before])


def _swish_type(request: Request) -> int:
    return _settings(request).swish_payment_type


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
