"""From values to a page in its frame of menu, language and headers, and from an error to the page that says so."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from api import guard
from api.console import door, language
from api.console.formats import Formats
from api.console.language import COOKIE, WORDS, Words
from api.console.static_files import static
from api.problems import Kind, Problem
from api.routing import Handler, Route
from api.wire import Headers, Reply, header
from ledger.database import ROOT
from ledger.tenants import Tenant

# What the menu offers, in this order: the key of its name in the words, and its path.
MENU = (
    ("today", "/today"),
    ("month", "/month"),
    ("orders", "/orders"),
    ("queues", "/queues"),
    ("drawer", "/drawer"),
    ("terminals", "/terminals"),
    ("swish", "/swish"),
    ("ledger", "/ledger"),
)
SIGN_IN = "/sign-in"

# Nothing but our own files; nobody may put a page into a frame, or get at it through a window it opened.
_HEADERS: Headers = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
_HTML = (b"content-type", b"text/html; charset=utf-8")


class Choice(NamedTuple):
    """A line of the menu."""

    key: str
    path: str
    is_here: bool


def page(path: str, handler: Handler, roles: frozenset[str]) -> Route:
    """A page of the console, for who is signed in and has one of the roles."""
    return Route(Kind.PAGE, "GET", path, handler, roles, door=door.admit, refuse=refuse)


def form(path: str, handler: Handler, roles: frozenset[str]) -> Route:
    """What a page of the console sends: as `page`, and from our own pages only."""
    return Route(Kind.PAGE, "POST", path, from_here(handler), roles, door=door.admit, refuse=refuse)


def open_page(path: str, handler: Handler) -> Route:
    """A page for everybody."""
    return Route(Kind.PAGE, "GET", path, handler, frozenset(), open=True, refuse=refuse)


def open_form(path: str, handler: Handler) -> Route:
    """A form for everybody who has it from us."""
    return Route(Kind.PAGE, "POST", path, from_here(handler), frozenset(), open=True, refuse=refuse)


def from_here(handler: Handler) -> Handler:
    """The handler, for requests that no foreign page has sent. Forbidden: one did."""

    async def checked(request: Request) -> Response:
        guard.refuse_cross_site(request.scope["header"])
        return await handler(request)

    return checked


def prepare() -> None:
    """Reads and compiles every template and what numbers and dates are written with.

    It takes a tenth of a second, in which a server that is at work would answer nobody.
    """
    for name in _environment().list_templates():
        _environment().get_template(name)
    for words in WORDS.values():
        Formats(words.language, ZoneInfo("UTC")).moment(datetime.now(UTC))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "api/console/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["static"] = static
    environment.filters["moment"] = datetime.fromisoformat
    return environment


def words_of(request: Request) -> Words:
    """The words of the language that whoever asks reads."""
    return WORDS[language.chosen(request.cookies.get(COOKIE), header(request, b"accept-language"))]


def formats_of(request: Request) -> Formats:
    """How whoever asks writes numbers, and tells the time at their tenant's."""
    tenant: Tenant = request.state.tenant
    return Formats(words_of(request).language, tenant.zone)


def show(request: Request, template: str, status: int = 200, headers: Headers | None = None, **values: Any) -> Response:
    """A page from its template; `values` are what it has beside `t`, `f`, `me` and the frame's own."""
    words = words_of(request)
    access = getattr(request.state, "access", None)
    frame = {
        "t": words,
        "f": Formats(words.language, access.tenant.zone) if access is not None else None,
        "me": access,
        "menu": _menu(request, access.role) if access is not None else [],
        "here": _here(request),
        "can_sign_out": door.session_of(request) is not None,
    }
    text = _environment().get_template(template).render(frame | values)
    return html(text, status, headers)


def html(text: str, status: int = 200, headers: Headers | None = None) -> Response:
    """A page, or a piece of one, that is ready."""
    body = text.encode()
    return Reply(status, body, [_HTML, *_HEADERS, *(headers or []), (b"content-length", b"%d" % len(body))])


def send_to(path: str, headers: Headers | None = None) -> Response:
    """Makes the browser ask for another page."""
    where = (b"location", path.encode("ascii"))
    return Reply(303, b"", [where, *_HEADERS, *(headers or []), (b"content-length", b"0")])


def refuse(request: Request, problem: Problem) -> Response:
    """The page that says what went wrong; who is not signed in may do so and come back."""
    route: Route = request.scope["route"]
    if problem.status == 401 and route.method == "GET" and not request.url.path.startswith("/console/"):
        return send_to(f"{SIGN_IN}?next={quote(_here(request), safe='/')}")
    headers = [found for found in problem.headers if found[0] in (b"retry-after", b"allow")]
    return show(request, "refused.html", problem.status, headers, problem=problem.name)


def _here(request: Request) -> str:
    """The path and query of this page, to come back to it."""
    query = request.scope["query_string"].decode("latin-1")
    return quote(request.scope["path"], safe="/") + (f"?{query}" if query else "")


def own_path(text: str) -> str:
    """A path of ours that a form or link has brought along; the first page for anything else."""
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isascii() and text.isprintable()
    return text if fine else "/"


def _menu(request: Request, role: str) -> Iterable[Choice]:
    roles = request.app.state.page_roles
    path = request.scope["path"]
    return [
        Choice(key, where, path == where or path.startswith(f"{where}/"))
        for key, where in MENU
        if role in roles.get(where, ())
    ]
