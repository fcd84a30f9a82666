"""ETags (RFC 9110, 8.8.3): whoever has an answer already is told so, and nothing is read for it.

An answer follows from what was asked, from this version of the program, and from the log up to the position that its
read model, or the log, stood at. So its tag is made of these, and known before anything is read. A tag may be older
than its answer, never newer: the next question gets the answer once more.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from api.wire import Reply, header
from ledger.database import ROOT
from ledger.settings import Settings

# A business day begins at a full hour of its outlet's clock, and zones differ by quarters.
_QUARTER = 900  # seconds
_ROOMS = ("ledger", "projections", "api")
# What one client may keep is for nobody else, and asked about each time.
_HEADERS = [(b"cache-control", b"private, no-cache"), (b"vary", b"accept, authorization")]


class NotModified(Exception):
    """The client has this answer; `position` is where its read model stands now."""

    def __init__(self, tag: bytes, position: int) -> None:
        super().__init__(tag)
        self.tag, self.position = tag, position


class Tag:
    """What an answer depends on, beside the position of the log that it reflects."""

    def __init__(self, request: Request) -> None:
        scope, tenant = request.scope, request.state.tenant
        self._parts: list[object] = [
            request.app.state.version, tenant.tenant_id, tenant.zone.key, scope["path"], scope["query_string"],
        ]  # fmt: skip
        self.position: int | None = None

    def add(self, *parts: object) -> None:
        """It depends on these too."""
        self._parts += parts

    def at(self, position: int) -> bytes:
        """The ETag of the answer at a position."""
        digest = hashlib.blake2b(repr(self._parts).encode(), digest_size=9)
        return b'"%d-%b"' % (position, digest.hexdigest().encode())


def version(settings: Settings) -> str:
    """What answers look like: by this version's sources, and by the settings that shape a page."""
    found = hashlib.blake2b(repr((settings.page_size, settings.page_limit)).encode(), digest_size=9)
    for path in sorted(path for room in _ROOMS for path in (ROOT / room).rglob("*.[ps][yq]*")):
        if path.suffix in (".py", ".sql"):
            found.update(path.read_bytes())
    return found.hexdigest()


def tag_of(request: Request) -> Tag:
    """The tag that the request's answer gets; it has none before this is called."""
    scope = request.scope
    if "tag" not in scope:
        scope["tag"] = Tag(request)
    found: Tag = scope["tag"]
    return found


def by_the_clock(request: Request) -> None:
    """The answer is about the day that runs."""
    tag_of(request).add(int(request.app.state.clock().timestamp()) // _QUARTER)


def is_asked(request: Request) -> bool:
    """Whether the client names answers that it has."""
    return b"if-none-match" in request.scope["header"]


def refuse_same(request: Request, position: int) -> None:
    """NotModified: the client has the answer at this position."""
    tag = tag_of(request).at(position)
    sent = (one.strip().removeprefix("W/").encode() for one in header(request, b"if-none-match").split(","))
    if tag in sent:
        raise NotModified(tag, position)


def tagged(reply: Response, scope: Scope) -> Response:
    """A success with its ETag, where it has one."""
    tag: Tag | None = scope.get("tag")
    if tag is None or not isinstance(reply, Reply) or reply.status_code != 200:
        return reply
    position = reply.position if tag.position is None else tag.position
    if position is not None:
        kept = [one for one in reply.raw_headers if one[0] != b"cache-control"]
        reply.raw_headers = [*kept, *_HEADERS, (b"etag", tag.at(position))]
    return reply


def not_modified(found: NotModified) -> Reply:
    """304, with the headers that 200 would have."""
    return Reply(304, b"", [*_HEADERS, (b"etag", found.tag), (b"ledger-position", b"%d" % found.position)])
