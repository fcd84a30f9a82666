"""A refund is where its payment is, whatever comes first: in one batch, and from several servers at once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from decimal import Decimal

import pytest

from ledger.commands import Command, TakeSwish
from ledger.events import SwishStatusReceived
from ledger.swish_door import OPEN
from ledger.writer import Context
from tests.integration.shop import Shop, command, order_id, sale

ROUNDS = 8


def called_back(swish_id: str, said: SwishStatusReceived) -> Command:
    """What becomes of a callback."""
    return TakeSwish(stream=f"swish-{swish_id}", said=said, swish_type=10, door=OPEN, fingerprint=swish_id)


def arriving(shop: Shop, number: int) -> dict[str, Command]:
    """An order that is not paid yet, its payment, and what is paid back of it."""
    order = sale(f"order {number}", PaymentStatus=0, Payments=[])
    payment = SwishStatusReceived(
        kind="payment", status="PAID", amount=Decimal(133), payment_reference=f"REF{number}",
        payee_payment_reference=str(order_id(f"order {number}")),
    )  # fmt: skip
    refund = SwishStatusReceived(
        kind="refund", status="PAID", amount=Decimal(100), payment_reference=f"BACK{number}",
        original_payment_reference=f"REF{number}",
    )  # fmt: skip
    return {
        "order": command(shop.tenant, order),
        "payment": called_back(f"A{number}", payment),
        "refund": called_back(f"B{number}", refund),
    }


async def are_tied(shop: Shop) -> None:
    """Sees that everything Swish is tied, and waits for nothing."""
    tied = {stream for _, stream, _, type_ in await shop.events() if type_ == "swish.tied"}
    assert tied == {f"swish-{kind}{number}" for kind in "AB" for number in range(ROUNDS)}
    assert not await shop.pool.fetchval("SELECT count(*) FROM ledger.claims WHERE kind = 'orphan'")


@pytest.mark.parametrize("arrival", list(itertools.permutations(["payment", "refund", "order"])))
async def test_in_one_batch(shop: Shop, arrival: Sequence[str]) -> None:
    commands = [arriving(shop, number)[what] for number in range(ROUNDS) for what in arrival]
    await asyncio.gather(*(shop.writer.submit(shop.tenant, one, Context(actor="test")) for one in commands))
    await are_tied(shop)


@pytest.mark.parametrize("arrival", list(itertools.permutations(["payment", "refund", "order"])))
async def test_from_two_servers(shop: Shop, other: Shop, arrival: Sequence[str]) -> None:
    servers = itertools.cycle([shop.writer, other.writer])
    for number in range(ROUNDS):
        commands = arriving(shop, number)
        asked = [next(servers).submit(shop.tenant, commands[what], Context(actor="test")) for what in arrival]
        await asyncio.gather(*asked)
    await are_tied(shop)
