"""The console over HTTP: who gets in and how, what a cookie is good for, and what guards a page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from api.app import ROUTES
from api.problems import Kind
from ledger import users
from ledger.credentials import make_key, revoke_key
from tests.acceptance.bodies import NO_ID, a_line, a_product, an_order
from tests.acceptance.server import Server
from tests.acceptance.shops import Shops, an_address
from tests.acceptance.test_tokens import PASSWORD, a_user

# Page -> who may see it beside the admin: t(erminal), i(ntegrator), a(uditor).
MAY = {
    "GET /today": "ia",
    "GET /month": "ia",
    "GET /explain": "ia",
    "GET /paid": "ia",
    "GET /console/live": "tia",
    "GET /orders": "ia",
    "GET /orders/{id}": "tia",
    "GET /queues": "ia",
    "GET /drawer": "tia",
    "GET /terminals": "ia",
    "GET /swish": "tia",
    "GET /ledger": "a",
    "GET /ledger/export": "a",
    "POST /ledger/verify": "a",
    "POST /ledger/export": "a",
    "POST /ledger/stop": "a",
}
OPEN = {
    "GET /", "GET /sign-in", "POST /sign-in", "POST /sign-out", "POST /console/language", "GET /console/static/{name}"
}  # fmt: skip
ROLES = {"terminal": "t", "integrator": "i", "auditor": "a", "admin": ""}
STREAMS = {"GET /console/live"}


class Browser:
    """A browser: it keeps cookies, says where its requests come from, and follows nobody by itself."""

    def __init__(self, url: str, **headers: str) -> None:
        self.headers = {"X-Forwarded-For": an_address(), "Accept-Language": "en"} | headers
        self.http = httpx.Client(base_url=url, timeout=60)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page."""
        return self.http.get(path, headers=self.headers | headers)

    def send(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """A form of one of our pages."""
        return self.http.post(path, data=fields, headers=self.headers | {"Sec-Fetch-Site": "same-origin"} | headers)


@contextmanager
def a_browser(shops: Shops) -> Iterator[Browser]:
    """A browser nobody has signed in with."""
    found = Browser(str(shops.http.base_url))
    with found.http:
        yield found


@pytest.fixture
def browser(two_shops: Shops) -> Iterator[Browser]:
    """One for this test."""
    with a_browser(two_shops) as found:
        yield found


def test_the_table_is_complete() -> None:
    pages = {f"{route.method} {route.path}": route for route in ROUTES if route.kind is Kind.PAGE}
    assert {name for name, route in pages.items() if route.roles} == set(MAY)
    assert {name for name, route in pages.items() if route.open} == OPEN


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_the_table_says_and_nothing_else(two_shops: Shops, browser: Browser, role: str) -> None:
    assert browser.send("/sign-in", {"key": two_shops.first.keys[role]}).status_code == 303
    for page in sorted(set(MAY) - STREAMS):
        method, _, path = re.sub(r"\{\w+\}", NO_ID, page).partition(" ")
        answer = browser.get(path) if method == "GET" else browser.send(path, {})
        if role == "admin" or ROLES[role] in MAY[page]:
            assert answer.status_code in ({200, 400, 404} if method == "GET" else {303}), (page, answer.text)
        else:
            assert answer.status_code == 403, (page, answer.text)
            assert "You may not see this" in answer.text and "Sign out" in answer.text
        assert answer.status_code == 303 or answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_whoever_is_not_signed_in_may_do_so_and_comes_back(two_shops: Shops, browser: Browser) -> None:
    asked = browser.get("/today?x=%C3%A5&y=2")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/sign-in?next=/today%3Fx%3D%25C3%25A5%26y%3D2")
    form = browser.get(asked.headers["Location"])
    assert '<input type="hidden" name="next" value="/today?x=%C3%A5&amp;y=2">' in form.text
    done = browser.send("/sign-in", {"key": two_shops.first.keys["admin"], "next": "/today?x=%C3%A5&y=2"})
    assert (done.status_code, done.headers["Location"]) == (303, "/today?x=%C3%A5&y=2")
    assert browser.get("/today?x=%C3%A5&y=2").status_code == 200
    assert browser.get("/console/live?of=nothing").status_code == 400


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "x", "/a\r\nb", ""]
)
def test_nobody_is_sent_elsewhere(two_shops: Shops, browser: Browser, elsewhere: str) -> None:
    done = browser.send("/sign-in", {"key": two_shops.first.keys["admin"], "next": elsewhere})
    assert (done.status_code, done.headers["Location"]) == (303, "/")


def test_a_page_shows_nothing_of_another_tenant(two_shops: Shops) -> None:
    """Each sells something today, in a category only it has."""
    today = datetime.now(UTC).isoformat()
    shown = {}
    for shop, word in ((two_shops.first, "Bara hos den ena"), (two_shops.second, "Bara hos den andra")):
        lines = [a_line(Product=a_product(Category=word))]
        admin = two_shops.client(shop.keys["admin"])
        admin.post("Order/PostOrder", an_order(OrderLines=lines, CreationDate=today, InvoiceDate=today))
        admin.get("Sale/GetTodaySale")
        with a_browser(two_shops) as browser:
            browser.send("/sign-in", {"key": shop.keys["admin"]})
            shown[word] = "".join(browser.get(path).text for path in ("/today", "/month"))
    for word, other in zip(shown, reversed(shown), strict=True):
        assert word in shown[word] and word not in shown[other]


async def test_a_user_signs_in_and_out(two_shops: Shops, browser: Browser) -> None:
    name = await a_user(two_shops, "auditor")
    wrong = browser.send("/sign-in", {"user": name, "password": "wrong"})
    assert wrong.status_code == 401 and "is not right" in wrong.text and "Set-Cookie" not in wrong.headers
    assert browser.send("/sign-in", {"user": name, "password": PASSWORD}).status_code == 303
    assert browser.get("/today").status_code == 200
    with a_browser(two_shops) as thief:
        thief.http.cookies.update(browser.http.cookies)
        assert browser.send("/sign-out", {}).headers["Location"] == "/sign-in"
        assert dict(browser.http.cookies) == {}
        ends_for(thief)


async def test_a_session_ends_with_its_user(two_shops: Shops, browser: Browser) -> None:
    name = await a_user(two_shops, "auditor")
    browser.send("/sign-in", {"user": name, "password": PASSWORD})
    assert browser.get("/today").status_code == 200
    await users.disable_user(two_shops.pool, two_shops.first.tenant.tenant_id, name)
    ends_for(browser)


async def test_a_session_ends_with_its_key(two_shops: Shops, browser: Browser) -> None:
    tenant_id = two_shops.first.tenant.tenant_id
    key_id, key = await make_key(two_shops.pool, tenant_id, "auditor")
    browser.send("/sign-in", {"key": key})
    assert browser.get("/today").status_code == 200
    await revoke_key(two_shops.pool, tenant_id, key_id)
    ends_for(browser)


def ends_for(browser: Browser) -> None:
    """Before long this one is asked to sign in."""
    deadline = time.monotonic() + 30
    while (answer := browser.get("/today")).status_code != 303:
        assert answer.status_code == 200 and time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("key", ["expired", "revoked"])
def test_a_key_that_is_over_lets_nobody_in(two_shops: Shops, browser: Browser, key: str) -> None:
    answer = browser.send("/sign-in", {"key": two_shops.first.keys[key]})
    assert answer.status_code == 401 and "was revoked" in answer.text
    assert browser.get("/today").status_code == 303


async def test_who_guesses_waits(two_shops: Shops, browser: Browser) -> None:
    name = await a_user(two_shops, "auditor")
    statuses = [browser.send("/sign-in", {"user": name, "password": f"guess {n}"}).status_code for n in range(6)]
    assert statuses == [401] * 5 + [429]
    # The same count as that of the token endpoint, for the same address.
    form = {"grant_type": "password", "userName": name, "password": PASSWORD}
    assert two_shops.send(None, "POST", "/Token", data=form, headers=browser.headers).status_code == 429
    with a_browser(two_shops) as other:
        guesses = [other.send("/sign-in", {"key": f"ol_1_{'A' * 42}{n}"}).status_code for n in range(6)]
    assert guesses == [401] * 5 + [429]


def test_a_cookie_is_no_credential_of_the_api(two_shops: Shops, browser: Browser) -> None:
    browser.send("/sign-in", {"key": two_shops.first.keys["admin"]})
    assert browser.get("/today").status_code == 200
    for path in ("/api/Sale/GetTodaySale", "/v1/events", "/v1/stock", "/metrics"):
        assert browser.get(path).status_code == 401
    assert browser.http.post("/api/Order/PostOrder", json=an_order(), headers=browser.headers).status_code == 401
    (sealed,) = browser.http.cookies.values()
    assert two_shops.send(sealed, "GET", "/v1/stock").status_code == 401


def test_a_key_is_no_credential_of_a_page(two_shops: Shops, browser: Browser) -> None:
    assert browser.get("/today", Authorization=f"Bearer {two_shops.first.keys['admin']}").status_code == 303


def test_the_cookie_is_sealed_and_kept_from_scripts_and_other_sites(two_shops: Shops, browser: Browser) -> None:
    key = two_shops.first.keys["admin"]
    plain = browser.send("/sign-in", {"key": key}).headers["Set-Cookie"]
    assert re.fullmatch(r"session=[0-9a-f]+; HttpOnly; Max-Age=43200; Path=/; SameSite=Strict", plain)
    assert key.encode().hex() not in plain
    proxied = browser.send("/sign-in", {"key": key}, **{"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert proxied.startswith("__Host-session=") and "; Secure" in proxied
    name, _, value = plain.partition(";")[0].partition("=")
    for changed in (value[:-2] + ("00" if value[-2:] != "00" else "11"), value[2:], "", "zz", "00" * 5000):
        answer = httpx.get(f"{two_shops.http.base_url}/today", cookies={name: changed}, headers=browser.headers)
        assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
     {"Origin": "null"}, {"Origin": "https://127.0.0.1.evil.example"}],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/console/language"])
def test_no_other_site_sends_a_form(two_shops: Shops, path: str, headers: dict[str, str]) -> None:
    answer = two_shops.http.post(path, data={"language": "en"}, headers=headers)
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


def test_an_older_browser_names_its_origin(two_shops: Shops) -> None:
    origin = str(two_shops.http.base_url).rstrip("/")
    answer = two_shops.http.post("/console/language", data={"language": "en"}, headers={"Origin": origin})
    assert answer.status_code == 303


def test_a_language_is_chosen_and_remembered(browser: Browser) -> None:
    swedish = {"Accept-Language": "sv-SE"}
    assert '<html lang="sv">' in browser.get("/sign-in", **swedish).text
    answer = browser.send("/console/language", {"language": "en", "next": "/sign-in"}, **swedish)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert '<html lang="en">' in browser.get("/sign-in", **swedish).text
    assert "Set-Cookie" not in browser.send("/console/language", {"language": "<script>"}).headers


def test_a_page_runs_nothing_that_is_not_ours(browser: Browser) -> None:
    answer = browser.get("/sign-in?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<style|style=|<script(?! src=)|\son\w+=|https?://", answer.text)


def test_a_head_is_that_of_the_page(browser: Browser) -> None:
    answer = browser.http.head("/sign-in", headers=browser.headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_files_are_kept_for_ever_under_names_of_their_content(browser: Browser) -> None:
    paths = re.findall(r'(?:href|src)="(/console/static/[^"]+)"', browser.get("/sign-in").text)
    assert {path.rpartition(".")[2] for path in paths} == {"css", "js", "svg"}
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200 and len(answer.content) > 100
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        again = browser.get(path, **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert browser.get("/console/static/console.0000000000000000.css").status_code == 404


def test_the_demo_is_its_own_admins(server: Server) -> None:
    home = server.send("GET", "/")
    assert (home.status_code, home.headers["Location"]) == (303, "/today")
    assert "demo" in server.send("GET", "/today").text
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    assert server.client.get("/today", headers=linked).status_code == 200
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        assert server.client.get("/today", headers=foreign).status_code == 403
    assert server.client.get("/api/Sale/GetOutlets", headers=linked).status_code == 403


def test_a_stream_says_how_far_the_read_model_is(server: Server) -> None:
    with server.client.stream("GET", "/console/live", params={"of": "sales"}) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        first = told(lines)
        position = server.post("Order/PostOrder", an_order())["Position"]
        while (found := told(lines)) < position:
            assert found > first


def told(lines: Iterator[str]) -> int:
    """The next position that a stream tells."""
    for line in lines:
        if line.startswith("data: "):
            return int(line.removeprefix("data: "))
    raise AssertionError("the stream has ended")
