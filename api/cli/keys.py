"""`order-ledger key`: credentials of machines."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from api.cli import seals
from api.cli.desk import Desk, add_json_option, add_tenant_option, at_desk, at_log, until_everywhere
from api.cli.tree import Tree
from ledger.errors import LedgerError
from ledger.roles import ROLES

if TYPE_CHECKING:
    from ledger.credentials import ApiKey

_KEYS = """\
Keys are what tills, web shops and bookkeeping programs send: `Authorization: Bearer ol_...`. Each belongs to one tenant
and has one role. Only its hash is kept: a key that is lost is revoked, and another made.
"""
_EXAMPLES = """\
examples:
  order-ledger key create --role terminal --terminal 0c7d2a6e-51f3-4f0e-9b9e-3f1f6a0d7c11 --label "till 1"
  order-ledger key create --role integrator --expires 90d > /run/secrets/ledger-key
  order-ledger key list
  order-ledger key revoke 5b0d3c52-6a0e-4c3f-8d0a-6a3a6f1f7b11

"""
_CREATE = """\
Make a key, and print it once: the key alone on stdout, what else there is to say on stderr.

roles:
  terminal     a till: posts orders, payments, drawer events and reports; reads what a till shows
  integrator   a bookkeeping program or web shop: reads, posts web orders and invoices, sets external ids
  auditor      reads everything, writes nothing
  admin        may everything
"""
_LIST = "List the keys of a tenant, revoked and expired ones too. The keys themselves are kept nowhere."
_REVOKE = "Revoke a key. When this command ends no server takes the key any more."


def add_to(tree: Tree) -> None:
    """Declares the commands."""
    keys = tree.group("key", "make, list and revoke API keys; the sealer's key", _KEYS, _EXAMPLES)
    create = keys.command("create", "make a key and print it once", _CREATE, _EXAMPLES, at_desk(_create))
    create.add_argument("--role", required=True, choices=ROLES, help="what it may do")
    create.add_argument("--terminal", type=UUID, metavar="GUID", help="the only terminal that its documents may name")
    create.add_argument("--expires", type=_expiry, metavar="WHEN", help="its last day, 2027-01-31, or its life, 90d")
    create.add_argument("--label", default="", metavar="TEXT", help="what it is for")
    listed = keys.command("list", "list keys", _LIST, _EXAMPLES, at_log(_list))
    revoke = keys.command("revoke", "revoke a key", _REVOKE, _EXAMPLES, at_desk(_revoke))
    revoke.add_argument("key_id", type=UUID, metavar="KEY_ID", help="as `key create` said and `key list` says")
    seals.add_to(keys)
    for command in (create, listed):
        add_tenant_option(command)
    for command in (create, listed, revoke):
        add_json_option(command)


def _expiry(text: str) -> date | timedelta:
    """`90d` or a date."""
    days = re.fullmatch(r"([1-9]\d{0,4})d", text, re.ASCII)
    if days:
        return timedelta(days=int(days[1]))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a date like 2027-01-31 nor a number of days like 90d"
        ) from None


def _end(expiry: date | timedelta | None, zone: ZoneInfo) -> datetime | None:
    """When a key ends: with the day that was named, by the tenant's clock."""
    from ledger.business_time import day_start

    now = datetime.now(UTC)
    if expiry is None or isinstance(expiry, timedelta):
        return None if expiry is None else now + expiry
    end = day_start(expiry + timedelta(days=1), zone)
    if end <= now:
        raise LedgerError(f"--expires {expiry} is over already")
    return end


async def _create(desk: Desk) -> None:
    from ledger.credentials import make_key

    tenant, options = await desk.tenant(), desk.options
    expires_at = _end(options.expires, tenant.zone)
    key_id, key = await make_key(
        desk.pool, tenant.tenant_id, options.role, label=options.label, terminal=options.terminal, expires_at=expires_at
    )
    if options.json:
        facts = {
            "key_id": key_id,
            "key": key,
            "tenant": tenant.name,
            "role": options.role,
            "terminal": options.terminal,
        }
        desk.tell(facts | {"label": options.label, "expires_at": expires_at and expires_at.isoformat()}, "")
        return
    said = (
        f"Key {key_id} of tenant {tenant.name}, role {options.role}. It is shown this once; keep it where the till or "
        f"program finds it. To end it: order-ledger key revoke {key_id}"
    )
    print(said, file=sys.stderr, flush=True)
    print(key)


async def _list(desk: Desk) -> None:
    from ledger.credentials import keys_of

    tenant = await desk.known_tenant()
    desk.show([_row(key) for key in await keys_of(desk.pool, tenant.tenant_id)])


def _row(key: ApiKey) -> dict[str, object]:
    over = key.expires_at is not None and key.expires_at <= datetime.now(UTC)
    return {
        "key_id": key.key_id,
        "role": key.role,
        "state": "revoked" if key.revoked_at else "expired" if over else "good",
        "terminal": key.terminal,
        "created_at": key.created_at.isoformat(timespec="seconds"),
        "expires_at": key.expires_at and key.expires_at.isoformat(timespec="seconds"),
        "label": key.label,
    }


async def _revoke(desk: Desk) -> None:
    from ledger.credentials import revoke_key
    from ledger.tenants import known_tenants

    key_id: UUID = desk.options.key_id
    for tenant in await known_tenants(desk.pool):
        if await revoke_key(desk.pool, tenant.tenant_id, key_id):
            await until_everywhere()
            desk.tell({"key_id": key_id, "revoked": True}, f"Key {key_id} is revoked.")
            return
    raise LedgerError(f"there is no key {key_id}; `order-ledger key list` shows those there are")
