"""Who may come in: the web page it is sent from, the credential, and the id that follows the request into the log."""

from __future__ import annotations

import functools
import itertools
import re
import uuid
from collections.abc import Mapping

from starlette.types import Scope

from api.problems import Forbidden, Unauthorised

Headers = Mapping[bytes, bytes]

DEMO_ACTOR = "demo"

# Names and addresses that lead to this machine only. A page elsewhere whose name was made to point here (DNS rebinding)
# still sends its own name.
_LOCAL = re.compile(rb"(?:(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_LOCAL_ORIGIN = re.compile(rb"https?://(.+)", re.IGNORECASE)
# A UUID of its own for every request: the process's random half and a count, at a tenth of the price of a new one.
_PROCESS = str(uuid.uuid4())[:24]
_REQUESTS = itertools.count(1)
_TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~:/=@{}-]{1,64}")


def admit(scope: Scope, headers: Headers) -> None:
    """Lets a request to the demo in, as the demo tenant's admin. Unauthorised: whoever else it says it is.

    Further tenants and their credentials do not exist yet: any `Authorization` is unknown. Cookies are never looked at:
    a GET writes here, and a browser would send them along with any link.
    """
    if b"authorization" in headers:
        raise Unauthorised("the credential is unknown")
    demo = scope["app"].state.demo
    if demo is None:
        raise Unauthorised("a credential is needed: Authorization: Bearer <key>")
    state = scope["state"]
    state["tenant"] = demo
    state["actor"] = DEMO_ACTOR


def refuse_foreign(headers: Headers) -> None:
    """Keeps web pages away from a server that asks for no credential. Forbidden: a foreign Host or Origin.

    A browser names the page's site in `Origin`, and, where it leaves that out (an image, a link), in `Sec-Fetch-Site`;
    programs send none of them.
    """
    host = headers.get(b"host", b"")
    if host and not _is_local(host):
        raise Forbidden("the demo answers to localhost only: foreign Host")
    origin = headers.get(b"origin")
    if origin is not None and not _is_local_origin(origin):
        raise Forbidden("the demo answers to pages of this machine only: foreign Origin")
    if headers.get(b"sec-fetch-site", b"").lower() == b"cross-site":
        raise Forbidden("the demo answers to pages of this machine only: cross-site request")


def identify(scope: Scope, headers: Headers) -> str:
    """Gives the request its correlation id, the caller's own if that is a sane token, else a new UUID."""
    sent = headers.get(b"x-correlation-id")
    found = sent.decode("ascii") if sent and _TOKEN.fullmatch(sent) else f"{_PROCESS}{next(_REQUESTS):012x}"
    scope.setdefault("state", {})["correlation"] = found
    return found


@functools.lru_cache(maxsize=256)
def _is_local(host: bytes) -> bool:
    return _LOCAL.fullmatch(host) is not None


@functools.lru_cache(maxsize=256)
def _is_local_origin(origin: bytes) -> bool:
    found = _LOCAL_ORIGIN.fullmatch(origin)
    return found is not None and _is_local(found[1])
