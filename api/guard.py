"""Who may come in: the web page it is sent from, the credential, and the id that follows the request into the log."""

from __future__ import annotations

import functools
import itertools
import re
import uuid
from collections.abc import Mapping, Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.types import Scope

from api.access import Access, Refusal
from api.address import client_address
from api.problems import Forbidden, OtherTerminal, Unauthorised
from api.throttle import of_address

Headers = Mapping[bytes, bytes]

# Names and addresses that lead to this machine only. A page elsewhere whose name was made to point here (DNS rebinding)
# still sends its own name.
_LOCAL = re.compile(rb"(?:(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
# What is remembered is what somebody sent: it has to be short.
_LONGEST = 300
_LOCAL_ORIGIN = re.compile(rb"https?://(.+)", re.IGNORECASE)
# A UUID of its own for every request: the process's random half and a count, at a tenth of the price of a new one.
_PROCESS = str(uuid.uuid4())[:24]
_REQUESTS = itertools.count(1)
_TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~:/=@{}-]{1,64}")


async def admit(scope: Scope, headers: Headers) -> None:
    """Finds out who is asking, and whether their role may use the route (`scope["roles"]`). The demo's admin is whoever
    names no credential; cookies are never looked at: a GET writes here, and a browser would send them along with any
    link.

    Unauthorised: there is no such credential, or not any more. TooManyRequests: its address has guessed too often.
    Forbidden: the role may not do this. Unavailable: the database cannot say.
    """
    let_in(scope, await _access(scope, headers))


def let_in(scope: Scope, access: Access) -> None:
    """Lets somebody in whose role may use the route (`scope["roles"]`). Forbidden: it may not."""
    state = scope["state"]
    state["access"] = access
    state["tenant"] = access.tenant
    state["actor"] = access.actor
    roles: frozenset[str] = scope["roles"]
    if access.role not in roles:
        raise Forbidden(f"the role {access.role} may not do this; it takes {' or '.join(sorted(roles))}")


def speaks_for(request: Request, terminals: Sequence[UUID]) -> None:
    """OtherTerminal: the credential is bound to one terminal, and one of these, which a document names, is another."""
    own: UUID | None = request.scope["state"]["access"].terminal
    if own is not None and any(terminal.int and terminal != own for terminal in terminals):
        raise OtherTerminal(f"this credential speaks for terminal {own} only; the document names another")


async def _access(scope: Scope, headers: Headers) -> Access:
    server = scope["app"].state
    sent = headers.get(b"authorization")
    if sent is None:
        found = await server.register.demo() if server.settings.demo else None
    else:
        scheme, _, credential = sent.partition(b" ")
        found = await server.register.access(credential.strip()) if scheme.lower() == b"bearer" else Refusal.UNKNOWN
    if isinstance(found, Access):
        return found
    if found is None:
        raise Unauthorised("a credential is needed: Authorization: Bearer <key or token>")
    if found is Refusal.UNKNOWN and not server.settings.demo:
        # Only guesses count: a till whose token has just expired has done nothing wrong. And where nobody needs a
        # credential nobody guesses one.
        guesser = of_address(client_address(scope, headers, server.settings.trusted_proxies))
        server.throttle.check(guesser)
        server.throttle.failed(guesser)
    raise Unauthorised(found.value)


def refuse_foreign(headers: Headers, *, linked: bool = False) -> None:
    """Keeps web pages away from a server that asks for no credential. Forbidden: a foreign Host or Origin.

    A browser names the page's site in `Origin`, and, where it leaves that out (an image, a link), in `Sec-Fetch-Site`;
    programs send none of them. With `linked`, a link on a foreign page may be followed: what it opens only shows.
    """
    host = headers.get(b"host", b"")
    if host and (len(host) > _LONGEST or not _is_local(host)):
        raise Forbidden("the demo answers to localhost only: foreign Host")
    origin = headers.get(b"origin")
    if origin is not None and (len(origin) > _LONGEST or not _is_local_origin(origin)):
        raise Forbidden("the demo answers to pages of this machine only: foreign Origin")
    followed = linked and headers.get(b"sec-fetch-dest") == b"document"
    if headers.get(b"sec-fetch-site", b"").lower() == b"cross-site" and not followed:
        raise Forbidden("the demo answers to pages of this machine only: cross-site request")


def refuse_cross_site(headers: Headers) -> None:
    """Keeps other sites' forms away from where a cookie counts. Forbidden: the request is sent by a foreign page.

    Browsers say so in `Sec-Fetch-Site`; older ones name the page's site in `Origin` with every post.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        foreign = site.lower() not in (b"same-origin", b"none")
    else:
        origin = headers.get(b"origin")
        foreign = origin is not None and origin.partition(b"://")[2].lower() != headers.get(b"host", b"").lower()
    if foreign:
        raise Forbidden("this was sent from a page of another site")


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
