"""Tokens say whom they belong to, and only to those who know the tenant's secret."""

from __future__ import annotations

from uuid import UUID

import jwt
import msgspec
import pytest

from ledger import tokens
from ledger.tokens import Claims

SECRET, OTHER = b"s" * 32, b"o" * 32
CLAIMS = Claims(tid=7, sid=UUID(int=1), sub=UUID(int=2), typ="refresh", iat=100, exp=200, gen=3)


def test_there_and_back() -> None:
    text = tokens.sign(CLAIMS, SECRET)
    assert tokens.read(text, SECRET, "refresh") == CLAIMS
    assert tokens.tenant_of_token(text) == 7


def test_another_kind_or_another_secret_is_none() -> None:
    text = tokens.sign(CLAIMS, SECRET)
    assert tokens.read(text, SECRET, "access") is None
    assert tokens.read(text, OTHER, "refresh") is None


def test_every_character_counts() -> None:
    text = tokens.sign(CLAIMS, SECRET)
    for at in range(len(text) - 1):  # of the last, two bits are none
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        assert tokens.read(changed, SECRET, "refresh") is None


def test_the_secret_itself_signs_nothing() -> None:
    """It keys the document fingerprints; a key of its own is derived for tokens."""
    assert tokens.read(jwt.encode(msgspec.to_builtins(CLAIMS), SECRET, "HS256"), SECRET, "refresh") is None


@pytest.mark.parametrize("text", [
    "", "a.b", "a.b.c", "....", "a.e30.c", "a.bnVsbA.c", "a.eyJ0aWQiOjB9.c", "a.eyJ0aWQiOi0xfQ.c", "å.e30.c",
    "a.eyJ0aWQiOjEuNX0.c", "a." + "W1tb" * 400 + ".c", "a." + "A" * 3000 + ".c",
])  # fmt: skip
def test_what_is_no_token_is_nobodys(text: str) -> None:
    assert tokens.tenant_of_token(text) is None
    assert tokens.read(text, SECRET, "access") is None
