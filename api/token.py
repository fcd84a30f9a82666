"""POST /Token: where clients trade a password, or a refresh token, for a pair of tokens (contract, Credentials)."""

from __future__ import annotations

from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.address import client_address
from api.described import Content, described, one
from api.openapi import examples, shown
from api.openapi.answers import TokenForm, TokenPair
from api.problems import BadRequest, Unauthorised
from api.throttle import Throttle, of_address, of_user
from api.wire import body, json_answer
from ledger.sign_in import Pair, SessionOver, SignIn
from ledger.tokens import ACCESS_SECONDS
from ledger.users import NAME_AT_MOST, folded

# What each grant needs, in lower case: names of a form come as `userName` and as `username`.
_GRANTS = {"password": ("username", "password"), "refresh_token": ("refresh_token",)}
_FIELDS_AT_MOST = 100
_LONGEST = 2000


@described(
    "Credentials",
    "The access token is good for 15 minutes, and the refresh token for the next pair: use the newest, for "
    "one older than the last two ends the session. Names of the form are read in any case, "
    "and `userName` is `username`. A 400 or 401 has the `error` of RFC 6749.",
    name="PostToken",
    bodies=[
        Content(
            "application/x-www-form-urlencoded",
            TokenForm,
            {"password": examples.BY_PASSWORD, "refresh": examples.BY_REFRESH_TOKEN},
        )
    ],
    answers=[one(TokenPair, "Both tokens.", position=False, pair=shown.TOKENS)],
)
async def post_token(request: Request) -> Response:
    """A pair of tokens for a password or a refresh token.

    BadRequest: the form is not one of RFC 6749. Unauthorised: `invalid_grant`, whatever exactly is wrong.
    TooManyRequests: the address, or the name, has failed too often to be looked at now.
    """
    fields = form(await body(request))
    if not fields.get("grant_type"):
        raise BadRequest("grant_type is missing", members={"error": "invalid_request"})
    needed = _GRANTS.get(fields["grant_type"])
    if needed is None:
        raise BadRequest("grant_type must be password or refresh_token", members={"error": "unsupported_grant_type"})
    missing = [name for name in needed if not fields.get(name)]
    if missing:
        raise BadRequest(f"{missing[0]} is missing", members={"error": "invalid_request"})
    values = [fields[name][:_LONGEST] for name in needed]
    pair = await (by_password if len(values) == 2 else _by_refresh_token)(request, *values)
    return json_answer(_answer(pair))


async def by_password(request: Request, name: str, password: str) -> Pair:
    """A pair of tokens for a name and a password. Unauthorised: they do not fit. TooManyRequests: too many did not."""
    sign_in, throttle = _doors(request)
    address, name = guesser(request), folded(name)[: NAME_AT_MOST + 1]
    throttle.check(address, of_user(name))
    pair = await sign_in.with_password(name, password, lambda: throttle.check(address, of_user(name)))
    if pair is None:
        throttle.failed(address, of_user(name))
        raise _invalid_grant("the user name or the password is unknown")
    throttle.forget(of_user(name))
    return pair


async def _by_refresh_token(request: Request, text: str) -> Pair:
    """Nobody guesses a signature, so a genuine token is taken from any address, as a key is."""
    sign_in, throttle = _doors(request)
    try:
        pair = await sign_in.with_refresh_token(text)
    except SessionOver as over:
        raise _invalid_grant(str(over)) from None
    if pair is None:
        throttle.check(guesser(request))
        throttle.failed(guesser(request))
        raise _invalid_grant("the refresh token is unknown")
    return pair


def _invalid_grant(why: str) -> Unauthorised:
    return Unauthorised(why, {"error": "invalid_grant"})


def _doors(request: Request) -> tuple[SignIn, Throttle]:
    return request.app.state.sign_in, request.app.state.throttle


def guesser(request: Request) -> str:
    """The name under which failures of whoever sends this are counted."""
    trusted = request.app.state.settings.trusted_proxies
    return of_address(client_address(request.scope, request.scope["header"], trusted))


def _answer(pair: Pair) -> bytes:
    return msgspec.json.encode(
        {
            "access_token": pair.access,
            "token_type": "bearer",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": pair.refresh,
        }
    )


def form(content: bytes) -> dict[str, str]:
    """The fields of a form by their names in lower case; the last of a name wins. BadRequest: it is none."""
    try:
        fields = parse_qsl(content.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_AT_MOST)
    except ValueError as error:
        raise BadRequest(f"the body is no form: {error}", members={"error": "invalid_request"}) from None
    return {name.lower(): value for name, value in fields}
