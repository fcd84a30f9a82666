"""The bytes of a leaf, made by hand: whoever changes them makes every checkpoint ever signed a lie."""

from __future__ import annotations

import hashlib
import struct

import pytest

from ledger.audit.leaf import leaf, leaf_hash

# Member by member, as the format has them: lengths, integers and times big endian.
BY_HAND = bytes.fromhex(
    "6f726465722d6c65646765722f6576656e742f76310a"  # "order-ledger/event/v1" and a newline
    "5e1f0000000040008000000000000001"  # event id, as it is written
    "00000007" "6f726465722d31"  # stream "order-1"
    "0000000000000003"  # version 3
    "00000011" "70c3a5736c6167656e2ee282acf09d849e"  # type "påslagen.€𝄞"
    "00000002"  # schema version 2
    "00064442e7568000"  # 2025-11-23 13:20 UTC in microseconds
    "00064442e7568001"  # one microsecond later
    "00000002" "7b7d"  # metadata {}
    "00000007" "7b2261223a317d"  # data {"a":1}
)  # fmt: skip
GIVEN = (
    bytes.fromhex("5e1f0000000040008000000000000001"), b"order-1", 3, "påslagen.€𝄞".encode(), 2, 1763904000000000,
    1763904000000001, b"{}", b'{"a":1}',
)  # fmt: skip
GOLDEN = "602ed3085f7142b42248bbdab771dbaa043b99c32058826061dfbfdfbc23cfbf"


def test_the_bytes_of_a_leaf_never_drift() -> None:
    assert leaf(*GIVEN).hex() == BY_HAND.hex()


def test_the_hash_of_a_leaf_never_drifts() -> None:
    assert leaf_hash(BY_HAND) == hashlib.sha256(b"\x00" + BY_HAND).digest()
    assert leaf_hash(BY_HAND).hex() == GOLDEN


def test_times_before_1970_are_negative() -> None:
    changed = leaf(*GIVEN[:5], -1, -2, b"", b"")
    assert changed.endswith(b"\xff" * 8 + b"\xff" * 7 + b"\xfe" + bytes(8))


def test_where_one_member_ends_and_the_next_begins_is_part_of_it() -> None:
    one = leaf(GIVEN[0], b"order-12", 1, b"x", 1, 0, 0, b"a", b"bc")
    other = leaf(GIVEN[0], b"order-1", 1, b"2x", 1, 0, 0, b"ab", b"c")
    assert leaf_hash(one) != leaf_hash(other)


@pytest.mark.parametrize("given", [(2**64, 1), (1, 2**32), (-1, 1)])
def test_a_number_that_does_not_fit_is_no_leaf(given: tuple[int, int]) -> None:
    version, schema_version = given
    with pytest.raises(struct.error):
        leaf(bytes(16), b"x", version, b"x", schema_version, 0, 0, b"", b"")
