"""`order-ledger tenant` and `order-ledger outlet`: whose books are kept, and how their outlets' clocks run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.cli.desk import ACTOR, Desk, add_json_option, add_tenant_option, at_desk, at_log, until_everywhere
from api.cli.tree import Tree
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.events import OutletSet

CALLBACK_PATH = "/api/SwishOnlinePayment/PostSwishOnlinePayment?tenant="

_TENANTS = """\
A tenant is a business: it has orders, outlets, keys and users of its own, and sees nothing of any other.
"""
_TENANT_EXAMPLES = """\
examples:
  order-ledger tenant create kafe-sodermalm
  order-ledger tenant create helsinki --zone Europe/Helsinki
  order-ledger tenant show kafe-sodermalm
  order-ledger tenant list --json

"""
_CREATE = "Make a tenant. Next: `order-ledger outlet set` and `order-ledger key create`."
_LIST = "List the tenants."
_SHOW = "Show a tenant: zone, outlets, the path for Swish's callbacks, how many events, keys and users it has."
_SET = """\
Change a tenant's time zone: that of what comes from no outlet, or from one without settings. Sales that were counted
keep the day they were counted in; `order-ledger rebuild sales` counts them anew. Or change what is agreed
with Swish: callbacks that bring this identifier are let in, and no others (but see SWISH_ADDRESSES).
"""

_OUTLETS = """\
An outlet's name, time zone, and the hour its business day starts at hold from the moment they are set: what was sold
before keeps its day. Outlets nobody has set are learnt from the orders, and run by the tenant's clock.
"""
_OUTLET_EXAMPLES = """\
examples:
  order-ledger outlet set 6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01 --name "Kafé Södermalm"
  order-ledger outlet set 6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01 --day-starts 5
  order-ledger outlet list

"""
_OUTLET_SET = "Set an outlet's name, zone, or start of the day; what is not given stays. A new one needs a name."
_OUTLET_LIST = "List the outlets that have settings."


def add_to(tree: Tree) -> None:
    """Declares the commands."""
    tenants = tree.group("tenant", "make, list and change tenants", _TENANTS, _TENANT_EXAMPLES)
    create = tenants.command("create", "make a tenant", _CREATE, _TENANT_EXAMPLES, at_desk(_create, anew=True))
    create.add_argument("--zone", default="Europe/Stockholm", help="IANA time zone (Europe/Stockholm)")
    listed = tenants.command("list", "list tenants", _LIST, _TENANT_EXAMPLES, at_log(_list))
    shown = tenants.command("show", "show a tenant", _SHOW, _TENANT_EXAMPLES, at_log(_show))
    changed = tenants.command("set", "change a tenant", _SET, _TENANT_EXAMPLES, at_desk(_set))
    changed.add_argument("--zone", help="IANA time zone")
    agreed = changed.add_mutually_exclusive_group()
    agreed.add_argument(
        "--callback-identifier", metavar="TEXT", help="what Swish sends as its header callbackIdentifier"
    )
    agreed.add_argument("--no-callback-identifier", action="store_true", help="nothing is agreed on any more")
    for command in (create, shown, changed):
        command.add_argument("tenant", metavar="NAME", help="1 to 63 of a-z, 0-9 and '-'")
    outlets = tree.group("outlet", "set and list outlets", _OUTLETS, _OUTLET_EXAMPLES)
    put = outlets.command("set", "set an outlet's name, zone and day", _OUTLET_SET, _OUTLET_EXAMPLES, at_desk(_put))
    put.add_argument("outlet_id", type=UUID, metavar="OUTLET_ID", help="the Guid its orders carry")
    put.add_argument("--name", help="as reports show it")
    put.add_argument("--zone", help="IANA time zone; of a new outlet the tenant's")
    put.add_argument(
        "--day-starts", type=int, metavar="H", help="hour the business day starts at, 0 to 23; of a new one 0"
    )
    all_outlets = outlets.command("list", "list outlets", _OUTLET_LIST, _OUTLET_EXAMPLES, at_log(_list_outlets))
    for command in (put, all_outlets):
        add_tenant_option(command)
    for command in (create, listed, shown, changed, put, all_outlets):
        add_json_option(command)


async def _create(desk: Desk) -> None:
    from ledger.tenants import add_tenant, check_zone

    name, zone = desk.options.tenant, desk.options.zone
    await check_zone(desk.pool, zone)
    if not await add_tenant(desk.pool, desk.vault, name, zone):
        raise LedgerError(f"there is a tenant {name!r} already; `order-ledger tenant show {name}` shows it")
    await until_everywhere()
    tenant = await desk.known_tenant()
    desk.tell({"tenant_id": tenant.tenant_id, "name": name, "zone": zone}, f"Tenant {name}, zone {zone}.")


async def _list(desk: Desk) -> None:
    from ledger.tenants import known_tenants

    tenants = await known_tenants(desk.pool)
    desk.show([{"tenant_id": tenant.tenant_id, "name": tenant.name, "zone": tenant.zone.key} for tenant in tenants])


async def _show(desk: Desk) -> None:
    from ledger.credentials import keys_of
    from ledger.tenants import facts_of
    from ledger.users import users_of

    tenant = await desk.known_tenant()
    facts = await facts_of(desk.pool, tenant.tenant_id)
    keys = await keys_of(desk.pool, tenant.tenant_id)
    users = await users_of(desk.pool, tenant.tenant_id)
    desk.show_one(
        {
            "tenant_id": tenant.tenant_id,
            "name": tenant.name,
            "zone": facts.zone,
            "callback_path": CALLBACK_PATH + facts.callback_key,
            "callback_identifier": "set" if facts.has_callback_identifier else None,
            "head": facts.head,
            "keys": sum(key.revoked_at is None for key in keys),
            "users": sum(user.disabled_at is None for user in users),
            "outlets": await _outlet_rows(desk, tenant.tenant_id),
        }
    )


async def _set(desk: Desk) -> None:
    from ledger.callbacks import set_callback_identifier
    from ledger.tenants import check_zone, facts_of, set_zone

    tenant, zone, identifier = await desk.tenant(), desk.options.zone, desk.options.callback_identifier
    if zone is None and identifier is None and not desk.options.no_callback_identifier:
        raise LedgerError("nothing to set; see `order-ledger tenant set --help`")
    if identifier is not None and not (identifier.isascii() and identifier.isprintable() and identifier.strip()):
        raise LedgerError("a callback identifier is sent as a header: printable ASCII characters, and not only blanks")
    if zone is not None:
        await check_zone(desk.pool, zone)
        await set_zone(desk.pool, tenant.tenant_id, zone)
    if identifier is not None or desk.options.no_callback_identifier:
        await set_callback_identifier(desk.pool, tenant, identifier and identifier.strip())
    await until_everywhere()
    facts = await facts_of(desk.pool, tenant.tenant_id)
    agreed = "set" if facts.has_callback_identifier else None
    desk.tell(
        {"name": tenant.name, "zone": facts.zone, "callback_identifier": agreed},
        f"Tenant {tenant.name}, zone {facts.zone}, callback identifier {agreed or 'not set'}.",
    )


async def _put(desk: Desk) -> None:
    from ledger.commands import SetOutlet
    from ledger.tenants import check_zone, outlets_of
    from ledger.writer import Context, Writer

    tenant, options = await desk.tenant(), desk.options
    if options.zone is not None:
        await check_zone(desk.pool, options.zone)
    command = SetOutlet(
        outlet_id=options.outlet_id,
        name=options.name,
        zone=options.zone,
        day_starts=options.day_starts,
        zone_else=tenant.zone.key,
    )
    writer = Writer(desk.pool, desk.vault)
    answer = await writer.submit(tenant, command, Context(actor=ACTOR))
    await writer.close()
    await until_everywhere()
    outlet = (await outlets_of(desk.pool, desk.vault, tenant.tenant_id))[options.outlet_id]
    desk.tell(
        _row(outlet) | {"tenant": tenant.name, "position": answer.position},
        f"Outlet {outlet.outlet_id}: {outlet.name}, zone {outlet.zone}, the day starts at {outlet.day_starts:02}:00.",
    )


async def _list_outlets(desk: Desk) -> None:
    desk.show(await _outlet_rows(desk, (await desk.known_tenant()).tenant_id))


async def _outlet_rows(desk: Desk, tenant_id: int) -> list[dict[str, Any]]:
    from ledger.store import Vault
    from ledger.tenants import outlets_of

    # Nothing of an outlet is personal.
    outlets = await outlets_of(desk.pool, Vault(), tenant_id)
    return [_row(outlet) for outlet in sorted(outlets.values(), key=lambda outlet: outlet.name)]


def _row(outlet: OutletSet) -> dict[str, Any]:
    return {
        "outlet_id": outlet.outlet_id,
        "name": outlet.name,
        "zone": outlet.zone,
        "day_starts": outlet.day_starts,
    }
