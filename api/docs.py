"""GET /openapi.json and /docs: what the API is, for programs and for people. Made once, when somebody first asks."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from api.described import HTML, JSON, WORD, Answer, Content, described, in_header, in_path
from api.problems import NotFound
from api.routing import Route
from api.wire import Headers, Reply, header
from ledger.codec import encoder

_OURS = Path(__file__).with_name("openapi") / "page"
# What the browser may load, and from where: this server, and pictures that are part of the style sheet.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    b" connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KINDS = {
    "swagger-ui-bundle.js": b"text/javascript; charset=utf-8",
    "swagger-ui.css": b"text/css; charset=utf-8",
    "favicon-32x32.png": b"image/png",
    "start.js": b"text/javascript; charset=utf-8",
}
_LOOK_AGAIN, _A_DAY = b"no-cache", b"public, max-age=86400"
_TAG = {"ETag": "What `If-None-Match` takes."}
_IF_NONE_MATCH = in_header("If-None-Match", "The ETag of what is there already: if it is still the newest, 304.")
_SAME = Answer("Nothing has changed.", [], position=False, status=304, headers=_TAG)


class Kept(NamedTuple):
    """A file as it is sent. `tag` is its ETag."""

    content: bytes
    tag: bytes
    headers: Headers


class Published:
    """The description of some routes, ready to be sent once somebody has asked for it."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        self._made: Kept | None = None

    async def get(self) -> Kept:
        """The description. It takes some hundredths of a second, once, beside the event loop."""
        if self._made is None:
            self._made = await asyncio.to_thread(self._make)
        return self._made

    def _make(self) -> Kept:
        from api.openapi.document import document  # with the schemas and all the words: not needed to start

        return _kept(encoder.encode(document(self._routes)), b"application/json; charset=utf-8", _LOOK_AGAIN)


@described(
    "Operation",
    "This document.",
    name="GetDescription",
    parameters=[_IF_NONE_MATCH],
    answers=[Answer("OpenAPI 3.1.", [Content(JSON, {"type": "object"}, {})], position=False, headers=_TAG), _SAME],
)
async def get_openapi(request: Request) -> Response:
    """The description of the API."""
    published: Published = request.app.state.published
    return _answer(request, await published.get())


@described(
    "Operation",
    "It loads nothing from elsewhere, and sends what you try out to this server only.",
    name="GetDocs",
    parameters=[_IF_NONE_MATCH],
    answers=[Answer("A page.", [Content(HTML, {"type": "string"}, {})], position=False, headers=_TAG), _SAME],
)
async def get_docs(request: Request) -> Response:
    """The description as a page to browse, and to try requests out."""
    return _answer(request, _page())


@described(
    "Operation",
    name="GetDocsFile",
    parameters=[in_path("file", "The file's name.", "start.js", WORD), _IF_NONE_MATCH],
    answers=[
        Answer(
            "The file.",
            [
                Content(media, {"type": "string", "format": "binary"}, {})
                for media in sorted({kind.decode().partition(";")[0] for kind in _KINDS.values()})
            ],
            position=False,
            headers=_TAG,
        ),
        _SAME,
    ],
    missing=True,
)
async def get_file(request: Request) -> Response:
    """A file of the page."""
    name: str = request.path_params["file"].lower()
    if name not in _KINDS:
        raise NotFound("the page has no such file")
    return _answer(request, _file(name))


@functools.cache
def _page() -> Kept:
    text = (_OURS / "index.html").read_text("utf-8").replace("{version}", version("swagger-ui-bundle-v2"))
    found = _kept(text.encode(), b"text/html; charset=utf-8", _LOOK_AGAIN)
    found.headers.append((b"content-security-policy", _POLICY))
    return found


@functools.cache
def _file(name: str) -> Kept:
    from swagger_ui_bundle import swagger_ui_path  # a look through its files: not needed to sell

    place = _OURS if name == "start.js" else swagger_ui_path
    return _kept((place / name).read_bytes(), _KINDS[name], _A_DAY)


def _kept(content: bytes, kind: bytes, cache: bytes) -> Kept:
    tag = b'"%b"' % hashlib.sha256(content).hexdigest()[:32].encode()
    headers = [(b"content-type", kind), (b"cache-control", cache), (b"etag", tag), (b"referrer-policy", b"no-referrer")]
    return Kept(content, tag, [*headers, (b"x-content-type-options", b"nosniff")])


def _answer(request: Request, kept: Kept) -> Response:
    if kept.tag.decode() in header(request, b"if-none-match"):
        return Reply(304, b"", list(kept.headers))
    return Reply(200, kept.content, [*kept.headers, (b"content-length", b"%d" % len(kept.content))])
