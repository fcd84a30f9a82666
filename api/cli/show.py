"""`order-ledger show`: a document as it stands or stood, and everything that happened to it."""

from __future__ import annotations

import argparse
from uuid import UUID

from api.cli.desk import Desk, Work, add_json_option, add_tenant_option, at_log
from api.cli.tree import Tree

_ABOUT = """\
Show a document as it stands, or with --as-of as it stood, from the log itself: what it holds, each event with its
position, both clocks, who wrote it and what it changed, and whether its newest event is sealed. Nothing is changed, and
read models are only asked for what is listed by customer or terminal.

What is personal is left out; --personal shows it, and needs the master key.
"""
_EXAMPLES = """\
examples:
  order-ledger show order 5e1f0000-0000-4000-8000-000000000001
  order-ledger show order 20261123-4 --as-of 2026-11-23T14:05
  order-ledger show receipt 1017 --terminal 0c7d2a6e-51f3-4f0e-9b9e-3f1f6a0d7c11 --json
  order-ledger show customer 5b0d3c52-6a0e-4c3f-8d0a-6a3a6f1f7b11

"""
_JSON = """\
With --json one object: Tenant, Stream, Document (as the API answers it), Position (of the newest event shown), Head,
Sealed (Size of the signed tree, Holds: whether the newest event's proof does, null where it is not in yet, Stopped) and
Events (those of /v1/orders/{id}/history, without the document after each).
"""
_ORDER = f"""\
Show an order. ID is its Guid, or one of its numbers: OrderIntID, OrderNoOfDay or InvoiceNumber. Where several orders
bear a number, they are named.

{_JSON}"""
_RECEIPT = f"""\
Show the order that a receipt is of, by the receipt's number. Where several terminals printed it, they are named.

{_JSON}"""
_CUSTOMER = """\
Show a customer's orders, oldest first, and the cart, as the read model has them, and whether the customer was erased.

With --json one object: Tenant, CustomerId, Erased, Position, Orders and Cart (with --personal the whole documents).
"""
_INVOICE = f"Show a customer invoice, by its Guid.\n\n{_JSON}"
_DRAWER = f"Show an entry of a cash drawer's log, by its Guid.\n\n{_JSON}"
_SWISH = f"Show a Swish payment, refund or payout, by its Swish id.\n\n{_JSON}"
_TERMINAL = """\
Show a terminal's last health report, and its last X and Z reports, as the read model has them.

With --json one object: Tenant, Position, Terminal (as GET /v1/terminals has it) and Reports (the last ten).
"""


def add_to(tree: Tree) -> None:
    """Declares the commands."""
    group = tree.group("show", "show an order, receipt, customer, …, and what happened to it", _ABOUT, _EXAMPLES)
    order = group.command("order", "show an order", _ORDER, _EXAMPLES, at_log(_order))
    receipt = group.command("receipt", "show the order of a receipt", _RECEIPT, _EXAMPLES, at_log(_receipt))
    invoice = group.command("invoice", "show a customer invoice", _INVOICE, _EXAMPLES, at_log(_invoice))
    drawer = group.command("drawer", "show a drawer entry", _DRAWER, _EXAMPLES, at_log(_drawer))
    swish = group.command("swish", "show a Swish payment", _SWISH, _EXAMPLES, at_log(_swish))
    customer = group.command("customer", "show a customer's orders", _CUSTOMER, _EXAMPLES, at_log(_customer))
    terminal = group.command("terminal", "show a terminal", _TERMINAL, _EXAMPLES, at_log(_terminal))
    order.add_argument("id", metavar="ID", help="a Guid, or a number of the order")
    receipt.add_argument("number", type=int, metavar="NUMBER", help="as it is printed")
    receipt.add_argument("--terminal", type=UUID, metavar="GUID", help="the terminal that printed it")
    swish.add_argument("id", metavar="ID", help="32 hex digits")
    for command in (invoice, drawer, customer, terminal):
        command.add_argument("id", type=_guid, metavar="ID", help="a Guid")
    for command in (order, receipt, invoice, drawer, swish):
        _add_time_options(command)
    for command in (order, receipt, invoice, drawer, swish, customer, terminal):
        add_tenant_option(command)
        command.add_argument("--personal", action="store_true", help="show what is personal too")
        add_json_option(command)


def _add_time_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--as-of", metavar="WHEN", help="a position, or an instant like 2026-11-23T14:05, local to the tenant"
    )
    command.add_argument(
        "--clock", choices=("recorded", "occurred"), default="recorded",
        help="whose clock an instant is by: the ledger's (recorded) or the tills' (occurred)",
    )  # fmt: skip


def _guid(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        example = "5e1f0000-0000-4000-8000-000000000001"
        raise argparse.ArgumentTypeError(f"{text!r} is no Guid: it is like {example}") from None


# What shows them is imported when it runs.
async def _order(desk: Desk) -> None:
    from api.cli.show_streams import show_order

    await show_order(desk)


async def _receipt(desk: Desk) -> None:
    from api.cli.show_streams import show_receipt

    await show_receipt(desk)


def _document(prefix: str) -> Work:
    async def work(desk: Desk) -> None:
        from api.cli.show_streams import show_document

        await show_document(desk, prefix)

    return work


_invoice, _drawer = _document("invoice"), _document("drawer")


async def _swish(desk: Desk) -> None:
    from api.cli.show_streams import show_swish

    await show_swish(desk)


async def _customer(desk: Desk) -> None:
    from api.cli.show_lists import show_customer

    await show_customer(desk)


async def _terminal(desk: Desk) -> None:
    from api.cli.show_lists import show_terminal

    await show_terminal(desk)
