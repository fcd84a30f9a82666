"""From a request to its handler, and from whatever that raises to an answer.

Paths are matched without regard to case. A till posts to a dozen fixed paths all day, so these are one look-up in a
dictionary; Starlette's router would try one regular expression after the other, and its middlewares wrap every answer
twice. A path with parameters is one more look-up for each way in which paths of its length have them.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import etags, guard, logs
from api.described import Description, description_of
from api.load import LARGE
from api.problems import Kind, NotFound, Problem, WrongMethod, problem
from api.tally import NO_ANSWER, NO_ROUTE, Tally
from api.wire import Reply
from ledger.errors import OutcomeUnknown

Handler = Callable[[Request], Awaitable[Response]]
Door = Callable[[Scope, guard.Headers], Awaitable[None]]
Refuser = Callable[[Request, Problem], Response]

log = logging.getLogger("order_ledger.api")

# What a problem means for a command, in its metrics; every other one: refused.
_OUTCOMES = {"unavailable": "unavailable", "internal": "error"}
_PARAMETER = re.compile(r"\{(\w+)\}")


class Route(NamedTuple):
    """One method of one path, and the roles that may use it: each says so itself, for nobody may what nobody allowed.

    `open` lets a request in whatever its credential: the handler itself looks at it. `door` is another way in than that
    for credentials in a header, and `refuse` another shape of refusals than JSON; the console's pages have both.
    """

    kind: Kind
    method: str
    path: str
    handler: Handler
    roles: frozenset[str]
    open: bool = False
    door: Door = guard.admit
    refuse: Refuser | None = None

    @property
    def description(self) -> Description | None:
        """What its handler takes and gives; None: nobody has said."""
        return description_of(self.handler)


class Path(NamedTuple):
    """What is under one path: the names of its parameters, in order, and the routes by method."""

    parameters: list[str]
    routes: dict[str, Route]


def may(*roles: str) -> frozenset[str]:
    """These roles, and `admin`, who may everything."""
    return frozenset({*roles, "admin"})


def command(method: str, path: str, handler: Handler, roles: frozenset[str]) -> Route:
    """A route that writes: whatever goes wrong is 417 (contract, Answers)."""
    return Route(Kind.COMMAND, method, path, handler, roles)


def query(path: str, handler: Handler, roles: frozenset[str]) -> Route:
    """A route that reads."""
    return Route(Kind.QUERY, "GET", path, handler, roles)


def callback(path: str, handler: Handler, roles: frozenset[str]) -> Route:
    """A route that writes and has a door of its own beside the one for `roles`: what Swish calls has no credential."""
    return Route(Kind.COMMAND, "POST", path, handler, roles, open=True)


def watched(path: str, handler: Handler, roles: frozenset[str]) -> Route:
    """A route that reads and has a key of its own beside those of `roles`: whoever runs the server is no tenant's."""
    return Route(Kind.QUERY, "GET", path, handler, roles, open=True)


def open_to_all(path: str, handler: Handler) -> Route:
    """A route that reads, for everybody."""
    return Route(Kind.QUERY, "GET", path, handler, frozenset(), open=True)


def sign_in(path: str, handler: Handler) -> Route:
    """The route where credentials come from."""
    return Route(Kind.QUERY, "POST", path, handler, frozenset(), open=True)


class Dispatcher:
    """The ASGI application of the endpoints; what is not HTTP (start and stop) goes `otherwise`."""

    def __init__(self, routes: Iterable[Route], otherwise: ASGIApp, tally: Tally | None = None) -> None:
        self._otherwise = otherwise
        self._tally = tally or Tally()
        self._fixed: dict[str, Path] = {}
        self._patterns: dict[tuple[str | None, ...], Path] = {}
        # How many segments a pattern has -> which of them may be parameters.
        self._places: dict[int, set[tuple[int, ...]]] = {}
        for route in routes:
            names = _PARAMETER.findall(route.path)
            if not names:
                self._fixed.setdefault(route.path.lower(), Path([], {})).routes[route.method] = route
                continue
            segments = [None if _PARAMETER.fullmatch(one) else one.lower() for one in route.path.split("/")]
            self._patterns.setdefault(tuple(segments), Path(names, {})).routes[route.method] = route
            places = tuple(index for index, segment in enumerate(segments) if segment is None)
            self._places.setdefault(len(segments), set()).add(places)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; with nothing but a closed connection where no answer would be true."""
        if scope["type"] != "http":
            await self._otherwise(scope, receive, send)
            return
        begun, status = time.perf_counter(), NO_ANSWER
        try:
            reply = await self._reply(scope, receive, send)
            await reply(scope, receive, send)
            status = reply.status_code
            size = len(getattr(reply, "body", b""))  # a stream of events has none
            if size > LARGE:
                scope["app"].state.load.strained(size)
        except ClientDisconnect:
            return
        except (OutcomeUnknown, asyncio.CancelledError) as error:
            _hang_up(error, send)  # cancelled: the server stops, and what was asked may yet be committed
        finally:
            if "load" in scope:
                scope["app"].state.load.give_back(scope)
            self._count(scope, status, time.perf_counter() - begun)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route: Route | None = scope.get("route")
        path = route.path if route is not None else NO_ROUTE
        self._tally.answered(path, status, seconds)
        if route is not None and route.kind is Kind.COMMAND:
            self._tally.decided(path, scope.get("outcome", "error"))

    async def _reply(self, scope: Scope, receive: Receive, send: Send) -> Response:
        headers = scope["header"] = dict(scope["headers"])
        correlation = guard.identify(scope, headers)
        logs.correlation.set(correlation)
        reply = await self._handled(scope, receive, send, headers)
        reply.raw_headers.append((b"x-correlation-id", correlation.encode("ascii")))
        return reply

    async def _handled(self, scope: Scope, receive: Receive, send: Send, headers: guard.Headers) -> Response:
        try:
            if scope["app"].state.settings.demo and b"authorization" not in headers:
                guard.refuse_foreign(headers, linked=self._is_page(scope))
            path, values = self._find(scope["path"])
            if scope["method"] == "OPTIONS":
                return Reply(204, b"", [(b"allow", ", ".join(_methods(path.routes)).encode("ascii"))])
            route = scope["route"] = _chosen(path.routes, scope["method"])
            scope["failing_as"], scope["roles"] = route.kind, route.roles
            scope["path_params"] = dict(zip(path.parameters, values, strict=True))
            if not route.open:
                await route.door(scope, headers)
            return etags.tagged(await route.handler(Request(scope, receive, send)), scope)
        except etags.NotModified as found:
            return etags.not_modified(found)
        except (ClientDisconnect, OutcomeUnknown):
            raise
        except Exception as error:
            return _refusal(error, Request(scope, receive, send))

    def _is_page(self, scope: Scope) -> bool:
        """Whether a page is asked for: a link to one may stand anywhere."""
        found = self._fixed.get(scope["path"].lower())
        route = found.routes.get("GET") if found is not None else None
        return scope["method"] == "GET" and route is not None and route.kind is Kind.PAGE

    def _find(self, path: str) -> tuple[Path, list[str]]:
        """What is under a path, and the values of its parameters."""
        found = self._fixed.get(path.lower())
        if found is not None:
            return found, []
        # Clients put a base address with a slash before paths with one, and slashes after them.
        path = re.sub("//+", "/", path).rstrip("/")
        found = self._fixed.get(path.lower())
        if found is not None:
            return found, []
        segments = path.split("/")
        for places in self._places.get(len(segments), ()):
            folded = [None if index in places else segment.lower() for index, segment in enumerate(segments)]
            found = self._patterns.get(tuple(folded))
            if found is not None:
                return found, [segments[place] for place in places]
        raise NotFound("there is no such path")


def _chosen(routes: dict[str, Route], method: str) -> Route:
    found = routes.get("GET" if method == "HEAD" and _is_readable(routes) else method)
    if found is None:
        raise WrongMethod(method, _methods(routes))
    return found


def _is_readable(routes: dict[str, Route]) -> bool:
    """Whether a HEAD can be answered: it must change nothing, and one GET here does."""
    return "GET" in routes and routes["GET"].kind is not Kind.COMMAND


def _methods(routes: dict[str, Route]) -> list[str]:
    return sorted({*routes, "OPTIONS", *(["HEAD"] if _is_readable(routes) else [])})


def _refusal(error: Exception, request: Request) -> Response:
    """The answer to an error, and the one line that says so; it quotes nothing of the request."""
    scope = request.scope
    found = problem(error, scope.get("failing_as", Kind.QUERY))
    scope["outcome"] = _OUTCOMES.get(found.name, "refused")
    route: Route | None = scope.get("route")
    log.info(
        "refused",
        extra={"fields": {"route": route.path if route else NO_ROUTE, "status": found.status, "problem": found.name}},
    )
    if route is not None and route.refuse is not None:
        return route.refuse(request, found)
    return Reply(found.status, found.body, found.headers)


def _hang_up(error: BaseException, send: Send) -> None:
    """Closes the connection without an answer: whether the command happened is unknown, so any status would be a guess.

    ASGI has no message for it. uvicorn's `send` is a method of the request's cycle, which holds the transport, and a
    cycle that knows its client is gone sends nothing of its own. Any other server gets the error, and does its worst.
    """
    cycle: Any = getattr(send, "__self__", None)
    if not hasattr(cycle, "transport"):
        raise error
    cycle.disconnected = True
    cycle.transport.abort()
