"""Exact money: canonical decimals and the arithmetic of a sale. Pure; kronor everywhere, never binary floats."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import NamedTuple, TypeVar

K = TypeVar("K")
V = TypeVar("V")

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
ORE = Decimal("0.01")
MICRO = Decimal("0.000001")
_NO_ORE = Decimal("0.00")

# The contract's bound: 18 significant digits and 6 decimals. A product of two such numbers needs 36 digits and a sum of
# many of them some more; the default context (28) would round in silence.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)


class Known(dict[K, V]):
    """Key -> the one value that stands for it, made by `make` when it is looked up first.

    When it is full it starts anew: a client that sends something else all day neither fills the memory nor shuts it to
    what others send. A key of more than `largest` bytes is not kept: a number may have a million zeros.
    """

    def __init__(self, make: Callable[[K], V], at_most: int, *, largest: int = 128) -> None:
        super().__init__()
        self._make, self._at_most, self._largest = make, at_most, largest

    def __missing__(self, key: K) -> V:
        value = self._make(key)
        if key.__sizeof__() > self._largest:
            return value
        if len(self) >= self._at_most:
            self.clear()
        self[key] = value
        return value


def _canonical(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("must be a finite number")
    if not value:
        return ZERO
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    exponent = int(exponent) + len(digits) - len(text)
    text = text.lstrip("0")
    if exponent < -6:
        raise ValueError("has more than 6 decimals")
    if len(text) > 18 or len(text) + exponent > 18:
        raise ValueError("has more than 18 digits")
    shifted = int(text) * 10**exponent if exponent > 0 else int(text)
    return Decimal((sign, tuple(map(int, str(shifted))), min(exponent, 0)))


# `canonical[value]` gives the same value without trailing zeros or exponent. ValueError: outside the contract's bounds.
# A till sends the same few hundred prices all day, so a look-up replaces the check of digits and exponent; and because
# zero is one object, default members are left out of events.
canonical = Known[Decimal, Decimal](_canonical, 1 << 14)
# The same by the text of a JSON number.
canonical_text = Known[str, Decimal](lambda text: canonical[Decimal(text)], 1 << 14)


class LineAmount(NamedTuple):
    """What one line adds to the sales: kronor, six decimals."""

    gross: Decimal
    net: Decimal


# Same prices all day: a look-up costs a tenth of the division.
@lru_cache(maxsize=1 << 12)
def line_amount(
    direction: int, quantity: Decimal, unit_price: Decimal, discount: Decimal, tax_percent: Decimal
) -> LineAmount:
    """`direction x (quantity x unit price - |discount|)`, with and without VAT (contract, section 4).

    The discount's sign is ignored: some tills send it negative on returns. Both amounts have six decimals, so that
    any two groupings of the same lines have the same total.
    """
    base = EXACT.subtract(EXACT.multiply(quantity, unit_price), abs(discount))
    gross = base if direction == 1 else EXACT.multiply(base, Decimal(direction))
    divisor = EXACT.add(ONE, EXACT.divide(tax_percent, HUNDRED))
    return LineAmount(EXACT.quantize(gross, MICRO), EXACT.quantize(EXACT.divide(gross, divisor), MICRO))


def to_ore(amount: Decimal) -> Decimal:
    """An answer's amount: whole öre, half away from zero; zero has no sign."""
    return EXACT.quantize(amount, ORE) or _NO_ORE
