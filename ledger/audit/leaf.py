"""One event as the bytes that are hashed. Pure.

Leaf index = position - 1; the tenant is in the checkpoint's origin and not in the leaf. Integers are big endian, text
is UTF-8 behind its length. A second implementation of it in SQL (`queries.sql`, leaf_hashes) is compared with this one
in the tests: the sealer lets the database hash, so that it has to move 32 bytes an event.
"""

from __future__ import annotations

import hashlib
import struct

DOMAIN = b"order-ledger/event/v1\n"
_LENGTH = struct.Struct(">I").pack
_VERSION = struct.Struct(">Q").pack
_NUMBERS = struct.Struct(">Iqq").pack


def leaf(
    event_id: bytes,
    stream: bytes,
    version: int,
    type_: bytes,
    schema_version: int,
    occurred_at: int,
    recorded_at: int,
    metadata: bytes,
    data: bytes,
) -> bytes:
    """An event's leaf. Times in microseconds since 1970 UTC; `metadata` and `data` are the stored bytes.

    struct.error: a number does not fit its width.
    """
    return b"".join(
        (
            DOMAIN, event_id, _LENGTH(len(stream)), stream, _VERSION(version), _LENGTH(len(type_)), type_,
            _NUMBERS(schema_version, occurred_at, recorded_at), _LENGTH(len(metadata)), metadata,
            _LENGTH(len(data)), data,
        )
    )  # fmt: skip


def leaf_hash(leaf_bytes: bytes) -> bytes:
    """The hash of a leaf (RFC 6962, section 2.1): of a zero byte and the leaf."""
    return hashlib.sha256(b"\x00" + leaf_bytes).digest()
