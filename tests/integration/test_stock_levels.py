"""What /v1/stock shows, over a real database."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from ledger.codec import encoder
from projections import stock_reads
from projections.stock_reads import Level
from tests.integration.conftest import SQL, Till

PRODUCT, BAR, KITCHEN = UUID(int=7), UUID(int=1), UUID(int=2)


async def shown(till: Till, product: UUID | None = None, outlet: UUID | None = None) -> list[bytes]:
    """The levels as they are sent."""
    async with till.pool.acquire() as connection:
        return (await stock_reads.levels(connection, till.tenant.tenant_id, product, outlet)).documents


@pytest.mark.parametrize("quantity", ["-42", "0", "1000000000000000000000", "-0.500000", "0.000001"])
@pytest.mark.parametrize("description", [None, "", "Caffè latte", 'a "b" \\ / \b\f\n\r\t\x01\x1f\x7f\u2028 \U0001f9c1'])
async def test_the_database_writes_what_the_codec_would(till: Till, quantity: str, description: str | None) -> None:
    row = (PRODUCT, BAR, Decimal(quantity), description)
    await till.pool.execute(SQL["add_level"], till.tenant.tenant_id, *row)
    trimmed = Decimal(f"{Decimal(quantity):f}".rstrip("0").rstrip(".")) if "." in quantity else Decimal(quantity)
    assert await shown(till) == [encoder.encode(Level(PRODUCT, BAR, description, 0, trimmed))]


async def test_levels_are_by_product_and_outlet_and_narrowed_by_either(till: Till) -> None:
    places = [(UUID(int=product), outlet) for product in (9, 8) for outlet in (KITCHEN, BAR)]
    for product, outlet in places:
        await till.pool.execute(SQL["add_level"], till.tenant.tenant_id, product, outlet, Decimal(1), "Bulle")
    every = [encoder.encode(Level(*place, "Bulle", 0, Decimal(1))) for place in sorted(places)]
    assert await shown(till) == every
    assert await shown(till, product=UUID(int=8)) == every[:2]
    assert await shown(till, outlet=BAR) == every[::2]
    assert await shown(till, UUID(int=9), KITCHEN) == every[3:]
    assert await shown(till, UUID(int=10)) == []
