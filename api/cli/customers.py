"""`order-ledger customer`: a person's right to be forgotten."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from uuid import UUID

from api.cli.desk import ACTOR, Desk, add_json_option, add_tenant_option, at_desk
from api.cli.tree import Tree
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.writer import Answer

_CUSTOMERS = """\
What is personal in orders and invoices is stored under a key of the customer's own. Erasing a customer is destroying
that key: names, addresses and comments can never be read again; amounts, dates and invoice numbers stay as they are.
"""
_EXAMPLES = """\
examples:
  order-ledger customer erase 5b0d3c52-6a0e-4c3f-8d0a-6a3a6f1f7b11
  order-ledger customer erase 5b0d3c52-6a0e-4c3f-8d0a-6a3a6f1f7b11 --tenant kafe-sodermalm --json

"""
_ERASE = """\
Erase a customer for good. It ends when every read model has passed the erasure and holds nothing of the customer any
more; where no server runs that keeps them up to date, it does that itself. Nothing brings the customer back: of orders
that still come, from a till that was offline, the personal part is not kept. A second time does nothing. Backups made
before hold the key; see SECURITY.md.
"""


def add_to(tree: Tree) -> None:
    """Declares the command."""
    customers = tree.group("customer", "erase customers", _CUSTOMERS, _EXAMPLES)
    erase = customers.command("erase", "erase what is personal of a customer", _ERASE, _EXAMPLES, at_desk(_erase))
    erase.add_argument("customer_id", type=UUID, metavar="ID", help="the Guid that orders and invoices name him by")
    erase.add_argument("--yes", action="store_true", help="do not ask; only a terminal is asked")
    add_tenant_option(erase)
    add_json_option(erase)


async def _erase(desk: Desk) -> None:
    import asyncio

    from api.progress_bar import Bars
    from ledger.erasure import EraseCustomer
    from ledger.writer import Context, Writer
    from projections.forgetting import forget_everywhere

    tenant, customer_id = await desk.tenant(), desk.options.customer_id
    if sys.stdin.isatty() and not desk.options.yes and not await asyncio.to_thread(_asks, customer_id, tenant.name):
        raise LedgerError("nothing was erased")
    writer = Writer(desk.pool, desk.vault)
    try:
        command = EraseCustomer(customer_id=customer_id)
        answer: Answer = await writer.submit(tenant, command, Context(actor=ACTOR))
    finally:
        await writer.close()
    with Bars("erasing") as bars:
        await forget_everywhere(
            desk.pool, desk.vault, tenant.tenant_id, answer.position,
            lambda done, total: bars.show("erasing", done, total),
        )  # fmt: skip
    facts = {"customer_id": customer_id, "tenant": tenant.name, "position": answer.position}
    done = f"Customer {customer_id} of tenant {tenant.name} is erased; no read model shows anything personal of him."
    desk.tell(facts | {"duplicate": answer.duplicate}, done)


def _asks(customer_id: UUID, tenant: str) -> bool:
    print(f"Customer {customer_id} of tenant {tenant} will be erased. There is no way back.", file=sys.stderr)
    return input("Type yes: ").strip().lower() == "yes"
