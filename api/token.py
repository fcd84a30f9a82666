"""POST /Token: where clients trade a password for a token (contract, Credentials). Nobody has one yet."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from api.problems import BadRequest, Unauthorised
from api.wire import body

# What each grant needs, in lower case: names of a form come as `userName` and as `username`.
_GRANTS = {"password": ("username", "password"), "refresh_token": ("refresh_token",)}
_FIELDS_AT_MOST = 100


async def post_token(request: Request) -> Response:
    """The token for a password or refresh token; until there are users, every one of them is unknown.

    BadRequest: the form is not one of RFC 6749. Unauthorised: `invalid_grant`, whatever exactly is wrong.
    """
    form = _form(await body(request))
    if not form.get("grant_type"):
        raise BadRequest("grant_type is missing", members={"error": "invalid_request"})
    needed = _GRANTS.get(form["grant_type"])
    if needed is None:
        raise BadRequest("grant_type must be password or refresh_token", members={"error": "unsupported_grant_type"})
    missing = [name for name in needed if not form.get(name)]
    if missing:
        raise BadRequest(f"{missing[0]} is missing", members={"error": "invalid_request"})
    raise Unauthorised("the user name or password, or the refresh token, is unknown", {"error": "invalid_grant"})


def _form(content: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(content.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_AT_MOST)
    except ValueError as error:
        raise BadRequest(f"the body is no form: {error}", members={"error": "invalid_request"}) from None
    return {name.lower(): value for name, value in fields}
