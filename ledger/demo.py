"""The tenant a first start makes: a café with two outlets, so that a paste of the README's request finds something."""

from __future__ import annotations

from uuid import UUID

from ledger.commands import SetOutlet
from ledger.errors import LedgerError
from ledger.store import Pool, Vault
from ledger.tenants import add_tenant, find_tenant_named
from ledger.writer import Context, Writer

DEMO = "demo"
DEMO_OUTLETS = (
    SetOutlet(outlet_id=UUID("6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a01"), name="Kafé Södermalm", zone="Europe/Stockholm"),
    SetOutlet(outlet_id=UUID("6a1f3c1e-8a55-4b6f-9d0c-0b8c6d0f1a02"), name="Kafé Vasastan", zone="Europe/Stockholm"),
)


async def ensure_demo(pool: Pool, vault: Vault) -> None:
    """The demo tenant and its two outlets; nothing changes when they are there."""
    await add_tenant(pool, vault, DEMO)
    tenant = await find_tenant_named(pool, vault, DEMO)
    if tenant is None:
        raise LedgerError("the demo tenant could not be made")
    writer = Writer(pool, vault)
    for outlet in DEMO_OUTLETS:
        await writer.submit(tenant, outlet, Context(actor=DEMO))
    await writer.close()
