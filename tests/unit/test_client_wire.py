"""The client's JSON: exact both ways, and clear about what cannot be sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client.wire import decode, encode, parameters

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False)
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def same(value: object) -> object:
    """A document as it must come back: a decimal without a point may come back as a whole number."""
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {name: same(member) for name, member in value.items()}
        case list():
            return list(map(same, value))
    return value


@given(DOCUMENTS)
def test_what_is_sent_is_json_and_exact(document: object) -> None:
    assert decode(encode(document).encode()) == same(document)


@pytest.mark.parametrize("text", ["49.90", "0.000001", "123456789012345678.123456", "-0.10", "1E+2", "0.000000"])
def test_a_decimal_keeps_its_digits(text: str) -> None:
    assert encode({"Amount": Decimal(text)}) == f'{{"Amount":{text}}}'


def test_ids_dates_and_instants_are_texts() -> None:
    moment = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
    assert encode([UUID(int=7), moment, date(2026, 11, 23), (True, None)]) == (
        '["00000000-0000-0000-0000-000000000007","2026-11-23T14:05:00+00:00","2026-11-23",[true,null]]'
    )


@pytest.mark.parametrize("value", [datetime(2026, 11, 23), Decimal("NaN"), float("inf"), Decimal("-Infinity")])
def test_what_means_nothing_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"zone|number"):
        encode({"It": value})


@pytest.mark.parametrize("value", [object(), b"bytes", {1: 2}, {"a": {3}}])
def test_what_json_has_no_form_for(value: object) -> None:
    with pytest.raises(TypeError, match=r"cannot be sent as JSON|must be a text"):
        encode(value)


def test_parameters_of_none_are_left_out() -> None:
    sent = parameters({"a": None, "b": False, "c": 0, "d": UUID(int=1), "e": date(2026, 1, 2)})
    assert sent == {"b": "false", "c": "0", "d": str(UUID(int=1)), "e": "2026-01-02"}
    with pytest.raises(ValueError, match="no zone"):
        parameters({"as_of": datetime(2026, 1, 2)})
