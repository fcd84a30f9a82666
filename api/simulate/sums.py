"""What a line is worth and how sums are told (contract, section 4). Pure, and none of the server's own arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

ZERO = Decimal(0)
_SIX, _ORE, _KRONA = Decimal("0.000001"), Decimal("0.01"), Decimal(1)


class Amounts(NamedTuple):
    """Kronor with and without VAT."""

    gross: Decimal
    net: Decimal


@lru_cache(maxsize=1 << 14)
def amounts(direction: int, quantity: Decimal, price: Decimal, discount: Decimal, tax: Decimal) -> Amounts:
    """One line, each amount to six decimals; `tax` in percent, the sign of `discount` is nobody's business."""
    gross = direction * (quantity * price - abs(discount))
    return Amounts(gross.quantize(_SIX, ROUND_HALF_UP), (gross / (1 + tax / 100)).quantize(_SIX, ROUND_HALF_UP))


def to_ore(amount: Decimal) -> Decimal:
    """Whole öre, half away from zero."""
    return amount.quantize(_ORE, ROUND_HALF_UP)


def to_krona(amount: Decimal) -> Decimal:
    """Whole kronor, as cash is paid."""
    return amount.quantize(_KRONA, ROUND_HALF_UP)
