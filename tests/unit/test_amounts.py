"""Exact money: canonical decimals, the amount of a line, öre."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.amounts import ZERO, LineAmount, canonical, line_amount, to_ore

D = Decimal


def of(direction: int, quantity: str, price: str, discount: str = "0", tax: str = "12") -> LineAmount:
    """A line's amount, from texts."""
    return line_amount(direction, D(quantity), D(price), D(discount), D(tax))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("49.90", "49.9"), ("0.000", "0"), ("-0", "0"), ("1E+3", "1000"), ("1.50E+1", "15"), ("000.1", "0.1"),
     ("-2.500000", "-2.5"), ("0.000001", "0.000001"), ("999999999999999999", "999999999999999999"),
     ("999999999999.999999", "999999999999.999999"), ("1.0000000", "1")],
)  # fmt: skip
def test_a_number_has_one_spelling(sent: str, kept: str) -> None:
    assert str(canonical[D(sent)]) == kept


@pytest.mark.parametrize(
    "sent", ["0.0000001", "1E-7", "1E+18", "1E+400", "1234567890123.4567891", "1234567890123.456789", "NaN", "Infinity"]
)
def test_a_number_outside_the_bounds_is_refused(sent: str) -> None:
    with pytest.raises(ValueError, match=r"must be|has more than"):
        canonical[D(sent)]


def test_every_zero_is_the_same_object() -> None:
    assert canonical[D("0.00")] is ZERO and canonical[D("-0")] is ZERO


def test_a_line_is_quantity_times_price_without_its_discount() -> None:
    assert of(1, "1", "139.5", "19.5") == (D("120"), D("107.142857"))
    assert of(1, "2", "49") == (D("98"), D("87.5"))


@pytest.mark.parametrize("discount", ["10", "-10"])
def test_a_return_comes_back_with_either_sign_of_discount(discount: str) -> None:
    assert of(-1, "1", "35", discount, "25") == (D("-25"), D("-20"))


def test_a_negative_quantity_is_what_it_says() -> None:
    assert of(1, "-2", "10", tax="0") == (D("-20"), D("-20"))
    assert of(-1, "-2", "10", tax="0") == (D("20"), D("20"))


def test_weights_and_prices_keep_six_decimals_half_away_from_zero() -> None:
    assert of(1, "0.333333", "0.000015", tax="0").gross == D("0.000005")
    assert of(1, "0.5", "0.000001", tax="0").gross == D("0.000001")
    assert of(-1, "0.5", "0.000001", tax="0").gross == D("-0.000001")


def test_net_is_made_from_the_exact_gross() -> None:
    # Rounded first, 0.0000005 would be 0.000001, and with 100 % VAT 0.000001 again.
    assert of(1, "0.5", "0.000001", tax="100") == (D("0.000001"), D("0.000000"))


def test_the_largest_numbers_are_exact() -> None:
    largest = "999999999999999999"
    gross, net = of(1, largest, largest, "0.000001", "-99.999999")
    assert gross == D("999999999999999998000000000000000000.999999")
    assert net == D("99999999999999999800000000000000000099999900")


def test_without_vat_net_is_gross() -> None:
    assert of(1, "3", "9.99", tax="0") == (D("29.97"), D("29.97"))


@pytest.mark.parametrize(
    ("amount", "ore"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("-1.995", "-2.00"), ("7", "7.00")],
)
def test_an_answer_is_rounded_to_ore_half_away_from_zero(amount: str, ore: str) -> None:
    assert str(to_ore(D(amount))) == ore


def test_nothing_has_no_sign() -> None:
    assert str(to_ore(D("-0.001"))) == "0.00"
