"""The routes, what is said of each, and the records, as one OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any

from api.described import Answer, Content, Description, Example, Parameter
from api.openapi import problems, words
from api.openapi.answers import Problem
from api.openapi.schemas import REFERENCE, name_shown, sent, shown
from api.problems import Kind
from api.routing import Route
from ledger.roles import ROLES

Json = dict[str, Any]


def document(routes: Sequence[Route]) -> Json:
    """The document. LookupError: a route has no description, and what to add."""
    told = [(route, _description(route)) for route in routes if is_of_the_api(route)]
    bodies = _structs(content for _, one in told for content in one.bodies)
    answers = _structs(content for _, one in told for answer in one.answers for content in answer.contents)
    paths: Json = {}
    ids: set[str] = set()
    for route, description in told:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, description, ids)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Order ledger", "version": version("order-ledger"), "description": words.ABOUT},
        "servers": [{"url": "/", "description": "Where this description comes from"}],
        "tags": [{"name": name, "description": about} for name, about in words.TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted((shown([*answers, Problem]) | sent(bodies)).items())),
            "parameters": words.PARAMETERS,
            "headers": words.HEADERS,
            "responses": problems.responses(),
            "securitySchemes": words.SECURITY,
        },
    }


_SAME = Answer("Nothing has changed since the answer with this ETag.", [], status=304)


def is_of_the_api(route: Route) -> bool:
    """Whether programs call it; pages are for people."""
    return route.kind in (Kind.COMMAND, Kind.QUERY)


def _description(route: Route) -> Description:
    found = route.description
    if found is None:
        raise LookupError(
            f"{route.method} {route.path} is not described: put `@described(<tag>, parameters=[…], bodies=[…],"
            f" answers=[…])` of api/described.py before its handler {route.handler.__name__}"
        )
    if not (found.summary and found.answers):
        missing = "a summary (the first line of its docstring, or summary=)" if found.answers else "answers=[…]"
        raise LookupError(f"{route.method} {route.path}: its `@described` lacks {missing}")
    return found


def _operation(route: Route, description: Description, ids: set[str]) -> Json:
    made: Json = {
        "operationId": _id(route, description, ids),
        "tags": [description.tag],
        "summary": description.summary,
        "description": f"{description.words}\n\n{_for_whom(route)}".strip(),
        "parameters": [*map(_parameter, _own(route, description)), *_common(route)],
        "responses": {str(one.status): _answer(one, _is_tagged(route)) for one in description.answers},
        "security": _security(route),
        "x-roles": _roles(route),
    }
    if description.bodies:
        made["requestBody"] = {"required": True, "content": _contents(description.bodies, str)}
    if _is_tagged(route):
        made["responses"]["304"] = _answer(_SAME, True)
    for status in sorted(_problems(route, description)):
        made["responses"].setdefault(str(status), problems.response_of(status))
    return made


def _id(route: Route, description: Description, ids: set[str]) -> str:
    """A name of its own for each operation: several paths may share a handler."""
    word = [part for part in route.path.split("/") if part and not part.startswith("{")][-1]
    name = description.name or (f"{route.method.title()}{word.title()}" if word.islower() else word)
    found = next(one for one in (name, *(f"{name}{number}" for number in range(2, 100))) if one not in ids)
    ids.add(found)
    return found


def _roles(route: Route) -> list[str]:
    return [role for role in ROLES if role in route.roles]


def _for_whom(route: Route) -> str:
    roles = _roles(route)
    return f"For the roles {', '.join(roles)}." if roles else "For everybody, without a credential."


def _security(route: Route) -> list[Json]:
    """One of these is enough. A route that writes and is open has a door of its own, which needs no credential."""
    found: list[Json] = [{"bearer": [role]} for role in _roles(route)]
    return [*found, {}] if found and route.open and route.kind is Kind.COMMAND else found


def _own(route: Route, description: Description) -> list[Parameter]:
    """Its own parameters; of a path's parts those it has."""
    return [one for one in description.parameters if one.place != "path" or f"{{{one.name}}}" in route.path]


def _parameter(one: Parameter) -> Json:
    made: Json = {"name": one.name, "in": one.place, "description": one.about, "schema": dict(one.schema)}
    if one.required:
        made["required"] = True
    if one.example is not None:
        made["example"] = one.example
    return made


def _common(route: Route) -> list[Json]:
    names = ["CorrelationId"]
    if route.kind is Kind.COMMAND:
        names.insert(0, "IdempotencyKey")
    elif _is_tagged(route):
        names[:0] = ["LedgerMinPosition", "IfNoneMatch"]
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _problems(route: Route, description: Description) -> set[int]:
    """The statuses with which it can fail: a page from elsewhere that calls a demo is 403 everywhere."""
    found = {403}
    asks = bool(route.roles or description.bodies)
    if asks:
        found |= {401, 429}
    if description.bodies:
        found.add(413)
    if route.kind is Kind.COMMAND:
        found.add(417)
        if route.open:
            found.add(503)  # a callback of Swish
    elif asks:
        found.add(503)
        if not route.open or description.bodies:
            found.add(400)
    if description.missing:
        found.add(404)
    return found


def _is_tagged(route: Route) -> bool:
    """Whether its answers have an ETag (`api.etags`): those that come from the ledger."""
    return route.kind is Kind.QUERY and bool(route.roles) and not route.open


def _answer(answer: Answer, is_tagged: bool) -> Json:
    names = [*(["Ledger-Position"] if answer.position else []), *(["ETag"] if is_tagged else [])]
    headers: Json = {
        name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Correlation-Id", "Cache-Control")
    }
    headers |= {name: {"description": about, "schema": {"type": "string"}} for name, about in answer.headers.items()}
    made: Json = {"description": answer.about, "headers": headers}
    return made | ({"content": _contents(answer.contents, name_shown)} if answer.contents else {})


def _contents(contents: Sequence[Content], name_of: Callable[[str], str]) -> Json:
    return {one.media: _content(one, name_of) for one in contents}


def _content(content: Content, name_of: Callable[[str], str]) -> Json:
    schemas = [_schema(form, name_of) for form in _forms(content)]
    schema: Json = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    if content.many:
        schema = {"type": "array", "items": schema}
    if content.maybe:
        schema = {"anyOf": [schema, {"type": "null"}]}
    made: Json = {"schema": schema}
    if content.examples:
        made["examples"] = {name: {"value": _value(one, content)} for name, one in content.examples.items()}
    return made


def _schema(form: Any, name_of: Callable[[str], str]) -> Json:
    return {"$ref": f"{REFERENCE}{name_of(form.__name__)}"} if isinstance(form, type) else dict(form)


def _value(example: Example, content: Content) -> Any:
    value = example() if callable(example) else example
    return [value] if content.many and not isinstance(value, list) else value


def _forms(content: Content) -> tuple[Any, ...]:
    return content.form if isinstance(content.form, tuple) else (content.form,)


def _structs(contents: Iterable[Content]) -> list[type]:
    """The structs among the forms of bodies or answers."""
    return list({form: None for one in contents for form in _forms(one) if isinstance(form, type)})
