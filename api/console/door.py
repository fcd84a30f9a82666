"""Who comes in by the console's door: a session in a cookie, which is good for pages only and never for the API.

The cookie holds a key, or the refresh token of a sign-in, sealed with the master key: whoever steals it can open
nothing with it but these pages, and every look at it asks the register, so what was revoked has ended.
"""

from __future__ import annotations

import time
from http.cookies import Morsel
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import Scope

from api import guard
from api.access import Access, Refusal, Register
from api.address import within
from api.problems import Unauthorised
from ledger import tokens
from ledger.errors import LedgerError
from ledger.tokens import SESSION_SECONDS

# A key lies about in a browser for a working day at most, a sign-in for as long as its session.
KEY_SECONDS = 12 * 3600

_PURPOSE = "console session"
_LONGEST = 8000


class Session(msgspec.Struct, frozen=True, array_like=True):
    """What the cookie seals: a key or a refresh token, and until when the cookie is good, in seconds since 1970."""

    credential: str
    until: int


async def admit(scope: Scope, headers: guard.Headers) -> None:
    """As `guard.admit`, by the session in the cookie; the demo's admin is whoever has none.

    Unauthorised: there is none, or it is over. Forbidden: the role may not do this. Unavailable: the database is away.
    """
    server = scope["app"].state
    session = session_of(Request(scope))
    found: Access | Refusal | None
    if session is not None:
        found = await access_of(scope, session)
    else:
        found = await server.register.demo() if server.settings.demo else None
    if not isinstance(found, Access):
        raise Unauthorised("nobody is signed in" if found is None else found.value)
    guard.let_in(scope, found)


async def access_of(scope: Scope, session: Session) -> Access | Refusal:
    """Whose session it is."""
    register: Register = scope["app"].state.register
    is_token = tokens.tenant_of_token(session.credential) is not None
    return await (register.session if is_token else register.access)(session.credential.encode())


def session_of(request: Request) -> Session | None:
    """The session that the request's cookie seals; None: there is none, it was not sealed here, or it is over."""
    sealed = request.cookies.get(_name(request), "")
    if not sealed or len(sealed) > _LONGEST:
        return None
    try:
        opened = request.app.state.vault.unwrap(bytes.fromhex(sealed), _PURPOSE)
        session = msgspec.msgpack.decode(opened, type=Session)
    except (LedgerError, ValueError, msgspec.MsgspecError):
        return None
    return session if session.until > time.time() else None


def keeping(request: Request, credential: str) -> tuple[bytes, bytes]:
    """The header that makes a browser keep a session."""
    is_token = tokens.tenant_of_token(credential) is not None
    seconds = SESSION_SECONDS if is_token else KEY_SECONDS
    content = msgspec.msgpack.encode(Session(credential, int(time.time()) + seconds))
    return _set_cookie(request, request.app.state.vault.wrap(content, _PURPOSE).hex(), seconds)


def forgetting(request: Request) -> tuple[bytes, bytes]:
    """The header that makes a browser forget it."""
    return _set_cookie(request, "", 0)


def is_secure(request: Request) -> bool:
    """Whether the browser speaks TLS: to the proxy in front, as that says, if the settings trust it."""
    scope = request.scope
    client = scope.get("client")
    if client and within(client[0], request.app.state.settings.trusted_proxies):
        proto: bytes = scope["header"].get(b"x-forwarded-proto", b"")
        return proto.rpartition(b",")[2].strip().lower() == b"https"
    return bool(scope["scheme"] == "https")


def _name(request: Request) -> str:
    """With the prefix a browser takes the cookie over TLS only, from this host only (RFC 6265bis, 4.1.3.2)."""
    return "__Host-session" if is_secure(request) else "session"


def _set_cookie(request: Request, value: str, seconds: int) -> tuple[bytes, bytes]:
    return cookie(request, _name(request), value, seconds)


def cookie(request: Request, name: str, value: str, seconds: int) -> tuple[bytes, bytes]:
    """The header that sets a cookie which no script reads and no other site's link sends along."""
    morsel: Morsel[Any] = Morsel()
    morsel.set(name, value, value)
    for part, said in (("path", "/"), ("max-age", seconds), ("samesite", "Strict"), ("httponly", True)):
        morsel[part] = said
    morsel["secure"] = is_secure(request)
    return b"set-cookie", morsel.OutputString().encode("ascii")
