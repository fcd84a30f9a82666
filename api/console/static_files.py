"""The console's own CSS and JavaScript, under names that change with their content: a browser asks once for each."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from api.problems import NotFound
from api.wire import Reply, header

DIRECTORY = Path(__file__).parent / "static"
PATH = "/console/static"

_TYPES = {".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8", ".svg": b"image/svg+xml"}
_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")


class File(NamedTuple):
    """A file as it goes out, plain and packed; `tag` is what its content hashes to."""

    content: bytes
    packed: bytes
    content_type: bytes
    tag: str


def _read(path: Path) -> tuple[str, File]:
    content = path.read_bytes()
    tag = hashlib.sha256(content).hexdigest()[:16]
    name = f"{path.stem}.{tag}{path.suffix}"
    return name, File(content, gzip.compress(content, 9, mtime=0), _TYPES[path.suffix], tag)


_FOUND = {path.name: _read(path) for path in sorted(DIRECTORY.iterdir()) if path.suffix in _TYPES}
_FILES = dict(_FOUND.values())


def static(name: str) -> str:
    """The path under which a file of this name is served. KeyError: there is none."""
    return f"{PATH}/{_FOUND[name][0]}"


async def get_static(request: Request) -> Response:
    """A file; 304 where the browser has it. NotFound: there is none of this name."""
    found = _FILES.get(request.path_params["name"])
    if found is None:
        raise NotFound("there is no such file")
    headers = [_FOR_EVER, (b"etag", f'"{found.tag}"'.encode()), (b"vary", b"accept-encoding")]
    headers.append((b"x-content-type-options", b"nosniff"))
    if f'"{found.tag}"' in header(request, b"if-none-match"):
        return Reply(304, b"", headers)
    packed = "gzip" in header(request, b"accept-encoding").lower()
    body = found.packed if packed else found.content
    headers += [(b"content-type", found.content_type), (b"content-length", b"%d" % len(body))]
    return Reply(200, body, [*headers, (b"content-encoding", b"gzip")] if packed else headers)
