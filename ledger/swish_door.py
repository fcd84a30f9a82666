"""Whether a callback of Swish is genuine, and what of Swish must never be kept. Pure; contract, section 5.

Genuine callbacks carry no credential. What lets one in is the `callbackIdentifier` that was agreed with Swish: for one
payment (the vendor's record brings it) or for the whole tenant; and, where none was agreed, the address it comes from.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Any

import msgspec

from ledger.errors import NotAdmitted

_SECRET = frozenset({"payeessn", "callbackidentifier"})
_FILLING = str.maketrans("", "", "_- ")
# The same inside a text that holds JSON itself, however often it was escaped: `"payeeSSN": "…"`.
_IN_TEXT = re.compile(
    r"""(["'](?:payee[_ -]?ssn|callback[_ -]?identifier)\\*["']\s*:\s*)(\\*["'][^"'\\]*\\*["']|[\w.+-]+)""",
    re.IGNORECASE,
)


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the one who brings something.

    `identifier` is the keyed hash of the header sent, `agreed` that of the whole tenant (None: there is none);
    `is_listed`: the address is on the allow-list; `is_open`: a credential was shown, or this is the demo.
    """

    is_open: bool = False
    is_listed: bool = False
    identifier: str | None = None
    agreed: str | None = None


OPEN = Door(is_open=True)


def admit(door: Door, own: str | None) -> None:
    """Lets in who may come in; `own` is the keyed hash agreed for this payment. NotAdmitted: anybody else."""
    expected = own or door.agreed
    known = hmac.compare_digest(expected or "", door.identifier or "") if expected else door.is_listed
    if not (door.is_open or known):
        raise NotAdmitted


def keyed_hash(secret: bytes, identifier: bytes) -> str:
    """A callback identifier as it is kept: under the tenant's secret, for whoever sees it stored must not forge one."""
    return base64.b64encode(hmac.digest(secret, b"callback-identifier\0" + identifier, "sha256")).decode()


def is_secret(name: str) -> bool:
    """Whether a member of this name, however it is spelled, must never reach the log."""
    return name.translate(_FILLING).lower() in _SECRET


def without_secrets(value: Any) -> Any:
    """A decoded JSON value without such members, at any depth, and in texts that hold JSON."""
    if isinstance(value, dict):
        return {name: without_secrets(member) for name, member in value.items() if not is_secret(name)}
    if isinstance(value, list):
        return [without_secrets(member) for member in value]
    return text_without_secrets(value) if isinstance(value, str) else value


def text_without_secrets(text: str) -> str:
    """A text without the values of such members, where it holds JSON."""
    return _IN_TEXT.sub(r"\1null", text) if ":" in text else text
