"""Tokens: signed, and good for nothing but what they say. Pure: the time and the secret come from outside.

An access token is a key for a quarter of an hour, a refresh token buys the next pair (RFC 6749, section 6). Whom they
belong to is in them, whether that still holds is not: the session in the database says so.
"""

from __future__ import annotations

import base64
import functools
import re
from typing import Literal
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ACCESS_SECONDS = 900
SESSION_SECONDS = 30 * 24 * 3600

Kind = Literal["access", "refresh"]

_ALGORITHM = "HS256"
_LONGEST = 2000
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+", re.ASCII)


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says: tenant, session and user, its kind, and when it was made and ends, in seconds since 1970.

    `gen` is the generation of a refresh token.
    """

    tid: int
    sid: UUID
    sub: UUID
    typ: Kind
    iat: int
    exp: int
    gen: int = 0


class _Whose(msgspec.Struct):
    tid: int


def sign(claims: Claims, secret: bytes) -> str:
    """The token; `secret` is the tenant's."""
    return jwt.encode(msgspec.to_builtins(claims), _key(secret), _ALGORITHM)


def tenant_of_token(text: str) -> int | None:
    """Whose token it claims to be, for the secret to be found that tells whether it is; None: it is no token."""
    found = _SHAPE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    try:
        said = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
        tenant_id = msgspec.json.decode(said, type=_Whose).tid
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None
    return tenant_id if 0 < tenant_id < 2**31 else None


def read(text: str, secret: bytes, kind: Kind) -> Claims | None:
    """What a genuine token of this kind says, however old it is: look at `exp`. None: it was not signed here."""
    try:
        said = jwt.decode(
            text, _key(secret), [_ALGORITHM], options={"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        )
        claims = msgspec.convert(said, Claims)
    except (jwt.PyJWTError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return claims if claims.typ == kind else None


@functools.lru_cache(maxsize=1024)
def _key(secret: bytes) -> bytes:
    """A key for nothing else: the same secret keys the document fingerprints, which are seen by others."""
    return HKDF(SHA256(), 32, salt=None, info=b"tokens").derive(secret)
