"""What a route takes and gives, said once, beside its handler.

`/openapi.json` is made from this (`api/openapi`), and `wire.Query` reads only parameters that are declared here. A
description wraps nothing: it is kept beside the handler, and a request never meets it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from starlette.responses import Response

H = TypeVar("H", bound=Callable[..., Awaitable[Response]])

JSON, TEXT, BYTES, HTML = "application/json", "text/plain", "application/octet-stream", "text/html"
# A schema of JSON Schema 2020-12, and an example: JSON, or what makes it the first time somebody asks.
Schema = Mapping[str, Any]
Example = Any

GUID: Schema = {"type": "string", "format": "uuid"}
WORD: Schema = {"type": "string"}
SWITCH: Schema = {"type": "boolean"}
# An instant or a date in any of the contract's spellings: no `format`, which knows fewer.
MOMENT: Schema = {"type": "string"}


class Parameter(NamedTuple):
    """One parameter: `place` is query, header or path, `about` says in Markdown what it does."""

    name: str
    schema: Schema
    about: str
    example: Example = None
    required: bool = False
    place: str = "query"


class Content(NamedTuple):
    """A body or an answer of one media type.

    `form` is a msgspec struct, several of them for any of these, or a schema; `many` makes it an array, `maybe` lets it
    be null. Examples have names.
    """

    media: str
    form: Any
    examples: Mapping[str, Example]
    many: bool = False
    maybe: bool = False


class Answer(NamedTuple):
    """What a success looks like. With `position` it says in `Ledger-Position` which position of the log it reflects."""

    about: str
    contents: Sequence[Content]
    position: bool = True
    status: int = 200
    headers: Mapping[str, str] = {}


class Description(NamedTuple):
    """All that is to be known of a route beside its method, path and roles.

    `name` begins the operation's id; without it that is the path's last word. `missing`: there may be nothing under
    the path or the parameters, which is 404.
    """

    tag: str
    summary: str
    words: str
    name: str
    parameters: Sequence[Parameter]
    bodies: Sequence[Content]
    answers: Sequence[Answer]
    missing: bool

    def takes(self, place: str) -> frozenset[str]:
        """The names of its parameters in one place, in lower case."""
        return frozenset(one.name.lower() for one in self.parameters if one.place == place)


_DESCRIPTIONS: dict[Any, tuple[Description, frozenset[str]]] = {}


def described(
    tag: str,
    words: str = "",
    *,
    summary: str = "",
    name: str = "",
    parameters: Sequence[Parameter] = (),
    bodies: Sequence[Content] = (),
    answers: Sequence[Answer] = (),
    missing: bool = False,
) -> Callable[[H], H]:
    """Says what a handler takes and gives. The summary is the first line of its docstring, unless one is given."""

    def keep(handler: H) -> H:
        line = summary or (handler.__doc__ or "").strip().partition("\n")[0]
        found = Description(tag, line, words, name, parameters, bodies, answers, missing)
        _DESCRIPTIONS[handler] = (found, found.takes("query"))
        return handler

    return keep


def description_of(handler: Any) -> Description | None:
    """What was said of a handler, None where nothing was."""
    found = _DESCRIPTIONS.get(handler)
    return found[0] if found else None


def query_names(handler: Any) -> frozenset[str] | None:
    """The query parameters a handler may read, in lower case; None where nothing was said of it."""
    found = _DESCRIPTIONS.get(handler)
    return found[1] if found else None


def whole(low: int, high: int | None = None, **more: Any) -> Schema:
    """A whole number from `low` to `high`."""
    return {"type": "integer", "minimum": low} | ({} if high is None else {"maximum": high}) | more


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def in_path(name: str, about: str, example: Example, schema: Schema = GUID) -> Parameter:
    """A part of the path."""
    return Parameter(name, schema, about, example, required=True, place="path")


def in_header(name: str, about: str, example: Example = None, schema: Schema = WORD) -> Parameter:
    """A header of the request."""
    return Parameter(name, schema, about, example, place="header")


def json_body(form: Any, *, many: bool = False, **examples: Example) -> Content:
    """A body, or an answer, in JSON."""
    return Content(JSON, form, examples, many)


def one(form: Any, about: str, *, position: bool = True, maybe: bool = False, **examples: Example) -> Answer:
    """An answer that is one object."""
    return Answer(about, [Content(JSON, form, examples, maybe=maybe)], position)


def rows(form: Any, about: str, **examples: Example) -> Answer:
    """An answer that is a list."""
    return Answer(about, [json_body(form, many=True, **examples)])


# The Dates query (contract, section 1). `wire.Query.window` reads these; tills send them as `dates.Name`.
_DATES = (
    Parameter(
        "LastExecutedDate", MOMENT,
        "From here on, this instant itself left out; since ever where it is missing. A record is in the window when its"
        " own business time is, or when the ledger recorded its newest change in it.",
    ),
    Parameter(
        "CurrentDate", MOMENT,
        "Up to here, this instant included; without end where it is missing. To ask from here on next time, name none "
        "that is ahead of the ledger's clock: what is recorded before it would be passed over.",
    ),
    Parameter("TerminalId", GUID, "One terminal's; all terminals' where it is missing or zero."),
    Parameter(
        "PageNo", whole(0),
        "Pages count from 0. Ask for 0, 1, 2 … until a list is empty. Asked for in turn with one credential, each "
        "begins where the one before ended, whatever has left the list meanwhile, as long as one server answers.",
    ),
    Parameter(
        "PageSize", whole(0), "Rows of a page: 1000 for 0 or none, 5000 at most, unless it is set up otherwise. More "
        "than 64 MB are a 400: ask for fewer."
    ),
)  # fmt: skip
DATES = (
    *_DATES,
    *(
        Parameter(f"dates.{one.name}", one.schema, f"`{one.name}`, as tills spell it. Of both the last one counts.")
        for one in _DATES
    ),
)
