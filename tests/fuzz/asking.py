"""Requests over every route of the route list: bytes, so that nothing a client library would mend is mended."""

from __future__ import annotations

import re
from typing import NamedTuple

from hypothesis import strategies as st

from api.app import ROUTES
from api.routing import Route
from tests.fuzz.documents import GUIDS, NO_GUID, SQL, bodies

QUERY_NAMES = ["LastExecutedDate", "CurrentDate", "TerminalId", "PageNo", "PageSize", "dates.PageNo", "month", "year",
               "day", "outletId", "dt", "productId", "orderId", "terminalId", "all", "tenant", ""]  # fmt: skip
WORDS = [
    "", "0", "1", "-1", "12", "2026", "99999999999999999999", "1e5", "1.5", "true", "NaN", "%00", "%ff", "%", "%zz",
    "%F0%9F%98%80", "2026-11-23", "2026-11-23T11:42:07+01:00", "11/23/2026 2:05:00 PM", "2026-11-23 24:00",
    "0001-01-01", "9999-12-31T23:59:59.9999999", "13/13/2026", "..", "../..", "..%2f..%2f", "%252e", "a" * 3000,
    "&", "=", "%26=%3D",
    ";", "+", "%2B", "[]", "١", "%D9%A1", "{}", NO_GUID, "{" + GUIDS[0] + "}", GUIDS[1].upper(), "13", "7", "256", "-0",
]  # fmt: skip
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"]
HEADERS = {
    "If-Match": ["*", "1", '"2"', 'W/"3"', "x", "-1", "9" * 30, '"', "1, 2", "\xff", "١"],
    "Idempotency-Key": ["a", "b", "", "k" * 200, "k" * 201, "k" * 9000, "'; DROP TABLE x; --", "\xe5", "\xff\xfe"],
    "Ledger-Min-Position": ["0", "1", "-1", "x", "9" * 18, "9" * 400, "1.5", " ", "١"],
    "Content-Type": ["application/json", "text/plain", "application/x-www-form-urlencoded", "", "\xff", "a" * 5000],
    "X-Correlation-Id": ["a", "a b", "\xff", "c" * 5000, "{}", "\t"],
    "Authorization": ["Bearer x", "bearer", "Basic eDp4", "", "Bearer " + "t" * 9000, "\xff"],
    "Accept-Encoding": ["gzip, br"], "Cookie": ["session=1"], "Range": ["bytes=0-1"], "Expect": ["100-continue"],
    "X-Forwarded-For": ["1.2.3.4", "::1", "x", "1.2.3.4, ::ffff:5.6.7.8", "\xff"], "callbackIdentifier": ["x", "\xff"],
    "Connection": ["keep-alive", "Upgrade", "x"], "Upgrade": ["h2c", "websocket"], "Origin": ["http://localhost"],
}  # fmt: skip


class Asked(NamedTuple):
    """A request: what is sent, and the route it is meant for (None: it is not known which, or none)."""

    route: Route | None
    method: str
    content: bytes


def escaped(text: str) -> str:
    """A text for a path or query: what cannot stand there is escaped, what is escaped already stays."""
    return re.sub(r"[^!-~]|[#?/]", lambda found: "".join(f"%{byte:02x}" for byte in found[0].encode()), text)


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """A request to one of the routes; now and then by another method or a path nearby."""
    route: Route | None = draw(st.sampled_from(ROUTES))
    assert route is not None
    words = st.one_of(st.sampled_from(WORDS), st.sampled_from(SQL), st.sampled_from(GUIDS))
    path = re.sub(r"\{\w+\}", lambda _: escaped(draw(words)), route.path)
    path = draw(st.sampled_from([path, path, path, path.lower(), path.upper(), "/" + path, path + "/"]))
    method = route.method
    if draw(st.integers(0, 19)) == 0:
        route, method = None, draw(st.sampled_from(METHODS))
    if draw(st.integers(0, 19)) == 0:
        route, path = (
            None,
            draw(st.sampled_from(["/", "*", "//", "/api", "/%00", "/%ff", "/..", "/api/Order/../Order", "/a" * 999])),
        )
    pairs = draw(st.lists(st.tuples(st.sampled_from(QUERY_NAMES), words), max_size=4))
    query = "&".join(f"{name}={escaped(value)}" for name, value in pairs)
    headers = [f"{name}: {draw(st.sampled_from(HEADERS[name]))}" for name in draw(_NAMES)]
    body = draw(bodies(path)) if method == "POST" else b""
    if body and draw(st.integers(0, 9)) == 0:
        headers, body = [*headers, "Transfer-Encoding: chunked"], in_chunks(body)
    elif method == "POST":
        headers.append(f"Content-Length: {len(body)}")
    first = f"{method} {path}{'?' if query else ''}{query} HTTP/1.1"
    head = "\r\n".join([first, "Host: localhost", "Connection: close", *headers, "", ""])
    return Asked(route, method, head.encode("latin-1", "replace") + body)


_NAMES: st.SearchStrategy[list[str]] = st.one_of(st.just([]), st.lists(st.sampled_from(list(HEADERS)), max_size=3))


def in_chunks(body: bytes) -> bytes:
    """A body as several chunks."""
    parts = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
