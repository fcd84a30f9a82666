"""Signing in, with a name and a password or with a key, and out; and the choice of a language."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.access import Access, Refusal
from api.console import door
from api.console.language import COOKIE, LANGUAGES
from api.console.pages import SIGN_IN, own_path, send_to, show
from api.problems import TooManyRequests, Unauthorised
from api.throttle import Throttle
from api.token import by_password, guesser
from api.token import form as fields_of
from api.wire import Query, body

_A_YEAR = 365 * 24 * 3600
_LONGEST = 2000


async def get_home(request: Request) -> Response:
    """`/`: the day."""
    return send_to("/today")


async def get_sign_in(request: Request) -> Response:
    """The form."""
    return show(request, "sign_in.html", next=own_path(Query(request).exact("next")), failure=None)


async def post_sign_in(request: Request) -> Response:
    """Signs in and goes on to the page that was wanted; else the form again, with what is wrong.

    Failures count as those of `POST /Token` and of unknown keys do, together with them.
    """
    fields = {name: value[:_LONGEST] for name, value in fields_of(await body(request)).items()}
    wanted = own_path(fields.get("next", "/"))
    try:
        credential = await _credential(request, fields)
    except Unauthorised:
        failure = "key" if fields.get("key") else "password"
        return show(request, "sign_in.html", 401, next=wanted, failure=failure)
    except TooManyRequests as error:
        return show(request, "sign_in.html", 429, list(error.headers), next=wanted, failure="wait")
    return send_to(wanted, [door.keeping(request, credential)])


async def _credential(request: Request, fields: dict[str, str]) -> str:
    """The key that was sent, or the refresh token of a new session. Unauthorised, TooManyRequests: neither."""
    key = fields.get("key", "").strip()
    if not key:
        pair = await by_password(request, fields.get("user", ""), fields.get("password", ""))
        return pair.refresh
    found: Access | Refusal = await request.app.state.register.access(key.encode())
    if isinstance(found, Access):
        return key
    if found is Refusal.UNKNOWN:
        throttle: Throttle = request.app.state.throttle
        throttle.check(guesser(request))
        throttle.failed(guesser(request))
    raise Unauthorised(found.value)


async def post_sign_out(request: Request) -> Response:
    """Ends the session, here and in the database, and shows the form."""
    session = door.session_of(request)
    if session is not None:
        await request.app.state.sign_in.sign_out(session.credential)
    return send_to(SIGN_IN, [door.forgetting(request)])


async def post_language(request: Request) -> Response:
    """Remembers a language and shows the same page in it."""
    fields = fields_of(await body(request))
    wanted = fields.get("language", "")
    headers = [door.cookie(request, COOKIE, wanted, _A_YEAR)] if wanted in LANGUAGES else []
    return send_to(own_path(fields.get("next", "/")), headers)
