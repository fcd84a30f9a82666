"""POST /Token: passwords and refresh tokens, what ends a session, and what is no token (contract, Credentials)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from ledger import tokens, users
from ledger.database import reading
from ledger.passwords import hashed
from ledger.roles import ROLES
from ledger.tokens import Claims
from tests.acceptance.bodies import a_draft, new_id
from tests.acceptance.shops import TILL, Shop, Shops, an_address

PASSWORD = "kanelbulle å en kopp"
Json = dict[str, Any]


async def a_user(shops: Shops, role: str = "auditor", *, shop: Shop | None = None, terminal: UUID | None = None) -> str:
    """The name of a new user with PASSWORD."""
    name = f"{new_id()}@kafe.example"
    tenant_id = (shop or shops.first).tenant.tenant_id
    await users.add_user(shops.pool, tenant_id, name, hashed(PASSWORD), role, terminal)
    return name


def trade(shops: Shops, path: str = "/Token", address: str | None = None, **form: str) -> httpx.Response:
    """A form to the token endpoint."""
    return shops.send(None, "POST", path, data=form, headers={"X-Forwarded-For": address or an_address()})


def sign_in(shops: Shops, name: str, **form: str) -> Json:
    """The pair of tokens for a name."""
    answer = trade(shops, **{"grant_type": "password", "userName": name, "password": PASSWORD} | form)
    assert answer.status_code == 200, answer.text
    pair: Json = answer.json()
    assert set(pair) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"
    return pair


def refresh(shops: Shops, pair: Json) -> httpx.Response:
    return trade(shops, grant_type="refresh_token", refresh_token=pair["refresh_token"])


def read(shops: Shops, token: str) -> int:
    return shops.send(token, "GET", "/api/Sale/GetOutlets").status_code


def soon_out(shops: Shops, token: str) -> None:
    """The token stops being good, at the latest when the server looks again."""
    deadline = time.monotonic() + 30
    while read(shops, token) != 401:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("spelling", [{}, {"path": "/api/token"}, {"upper": "yes"}, {"username": "yes"}])
async def test_a_password_is_traded_for_tokens(two_shops: Shops, spelling: dict[str, str]) -> None:
    name = await a_user(two_shops)
    sent = name.upper() if "upper" in spelling else name
    member = "username" if "username" in spelling else "userName"
    form = {"grant_type": "password", member: sent, "password": PASSWORD}
    answer = trade(two_shops, spelling.get("path", "/Token"), **form)
    assert read(two_shops, answer.json()["access_token"]) == 200


@pytest.mark.parametrize("role", ROLES)
async def test_a_user_has_the_rights_of_the_role(two_shops: Shops, role: str) -> None:
    token = sign_in(two_shops, await a_user(two_shops, role))["access_token"]
    posted = two_shops.send(token, "POST", "/api/Order/PostOpenOrder", json=a_draft())
    assert posted.status_code == (200 if role in {"terminal", "admin"} else 403)
    assert read(two_shops, token) == 200


async def test_a_user_of_a_terminal_posts_for_that_terminal_only(two_shops: Shops) -> None:
    token = sign_in(two_shops, await a_user(two_shops, "terminal", terminal=TILL))["access_token"]
    for terminal, status in ((str(TILL), 200), (new_id(), 403)):
        draft = a_draft(TerminalId=terminal)
        assert two_shops.send(token, "POST", "/api/Order/PostOpenOrder", json=draft).status_code == status


async def test_wrong_names_and_passwords_look_the_same(two_shops: Shops) -> None:
    name = await a_user(two_shops)
    wrong = [("nobody", PASSWORD), (name, PASSWORD + "x"), (name, "\0"), ("x" * 5000, "y" * 5000), (name, name)]
    answers = [trade(two_shops, grant_type="password", userName=user, password=text) for user, text in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["error"] == "invalid_grant"


async def test_a_refresh_token_buys_the_next_pair(two_shops: Shops) -> None:
    pair = sign_in(two_shops, await a_user(two_shops))
    for _ in range(3):
        pair = refresh(two_shops, pair).json()
        assert read(two_shops, pair["access_token"]) == 200


async def test_a_lost_answer_is_asked_for_again(two_shops: Shops) -> None:
    first = sign_in(two_shops, await a_user(two_shops))
    second, again = refresh(two_shops, first).json(), refresh(two_shops, first).json()
    assert read(two_shops, again["access_token"]) == 200
    for pair in (second, again):
        assert refresh(two_shops, pair).status_code == 200


async def test_an_old_refresh_token_ends_the_session(two_shops: Shops) -> None:
    """Whoever has it has kept a copy."""
    first = sign_in(two_shops, await a_user(two_shops))
    second = refresh(two_shops, first).json()
    third = refresh(two_shops, second).json()
    assert refresh(two_shops, first).json()["error"] == "invalid_grant"
    assert refresh(two_shops, third).json()["error"] == "invalid_grant"
    soon_out(two_shops, third["access_token"])


async def test_other_sessions_of_the_user_go_on(two_shops: Shops) -> None:
    name = await a_user(two_shops)
    lost, other = sign_in(two_shops, name), sign_in(two_shops, name)
    refresh(two_shops, refresh(two_shops, lost).json())
    assert refresh(two_shops, lost).status_code == 401
    assert refresh(two_shops, other).status_code == 200


async def test_sessions_do_not_pile_up(two_shops: Shops) -> None:
    name = await a_user(two_shops)
    for _ in range(3):
        sign_in(two_shops, name)
    async with reading(two_shops.pool, two_shops.first.tenant.tenant_id) as connection:
        user_id = await connection.fetchval("SELECT user_id FROM ledger.users WHERE name = $1", name)
        ends = "UPDATE ledger.sessions SET expires_at = now() - $2::interval WHERE ctid = (SELECT max(ctid) %s)"
        of_user = "FROM ledger.sessions WHERE user_id = $1 AND expires_at > now()"
        for hours in (25, 23):
            await connection.execute(ends % of_user, user_id, timedelta(hours=hours))
        sign_in(two_shops, name)
        assert await connection.fetchval("SELECT count(*) FROM ledger.sessions WHERE user_id = $1", user_id) == 3


@pytest.mark.parametrize("change", ["disabled", "another password"])
async def test_a_user_who_is_sent_away_is_out(two_shops: Shops, change: str) -> None:
    name, tenant_id = await a_user(two_shops), two_shops.first.tenant.tenant_id
    pair = sign_in(two_shops, name)
    assert read(two_shops, pair["access_token"]) == 200
    if change == "disabled":
        await users.disable_user(two_shops.pool, tenant_id, name)
    else:
        await users.set_password(two_shops.pool, tenant_id, name, hashed("another one"))
    soon_out(two_shops, pair["access_token"])
    assert refresh(two_shops, pair).status_code == 401
    answer = trade(two_shops, grant_type="password", userName=name, password=PASSWORD)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_grant")


def forged(token: str, secret: bytes, **claims: object) -> str:
    """A token with other claims, signed with `secret` as ours are."""
    said = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")) | claims
    return tokens.sign(Claims(**said | {"sid": UUID(said["sid"]), "sub": UUID(said["sub"])}), secret)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(token: str, algorithm: str) -> str:
    return f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{token.split('.')[1]}."


def signed_with_nothing(token: str) -> str:
    head, claims, _ = token.split(".")
    signature = hmac.digest(b"", f"{head}.{claims}".encode(), hashlib.sha256)
    return f"{head}.{claims}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


FORGERIES: dict[str, Callable[[Shops, Json], str]] = {
    "none": lambda shops, pair: unsigned(pair["access_token"], "none") + "x",
    "None": lambda shops, pair: unsigned(pair["access_token"], "None") + "AA",
    "no signature": lambda shops, pair: unsigned(pair["access_token"], "HS256"),
    "an empty key": lambda shops, pair: signed_with_nothing(pair["access_token"]),
    "other claims": lambda shops, pair: pair["access_token"].replace(".", ".e30", 1),
    "the refresh token": lambda shops, pair: str(pair["refresh_token"]),
    "another tenant's signature": lambda shops, pair: forged(
        pair["access_token"], shops.second.tenant.secret, tid=shops.first.tenant.tenant_id
    ),
    "another tenant named": lambda shops, pair: forged(
        pair["access_token"], shops.first.tenant.secret, tid=shops.second.tenant.tenant_id
    ),
    "a session nobody began": lambda shops, pair: forged(pair["access_token"], shops.first.tenant.secret, sid=new_id()),
    "an old one": lambda shops, pair: forged(pair["access_token"], shops.first.tenant.secret, exp=int(time.time()) - 1),
    "a tenant nobody is": lambda shops, pair: forged(pair["access_token"], shops.first.tenant.secret, tid=2**31 - 1),
    "a number too large": lambda shops, pair: f"{encoded({'alg': 'HS256'})}.{encoded({'tid': 10**40})}.AAAA",
    "deep": lambda shops, pair: f"AAAA.{base64.urlsafe_b64encode(b'[' * 1200).decode().rstrip('=')}.AAAA",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_what_is_no_token_is_401(two_shops: Shops, forgery: str) -> None:
    pair = sign_in(two_shops, await a_user(two_shops, "admin"))
    assert read(two_shops, pair["access_token"]) == 200
    token = FORGERIES[forgery](two_shops, pair)
    assert read(two_shops, token) == 401
    assert trade(two_shops, grant_type="refresh_token", refresh_token=token).status_code == (
        200 if forgery == "the refresh token" else 401
    )


async def test_who_guesses_waits(two_shops: Shops) -> None:
    name, address = await a_user(two_shops), an_address()

    def guess(password: str = "wrong", who: str = name, where: str = address) -> httpx.Response:
        return trade(two_shops, address=where, grant_type="password", userName=who, password=password)

    assert [guess().status_code for _ in range(5)] == [401] * 5
    # From there nobody, and to that name nobody gets, not with the right password either.
    held_up = [guess(), guess(PASSWORD), guess(who=await a_user(two_shops)), guess(PASSWORD, where=an_address())]
    for answer in held_up:
        assert answer.status_code == 429, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["retryable"] is True


async def test_guessing_keys_is_slowed_down_and_nobody_else_is(two_shops: Shops) -> None:
    address = {"X-Forwarded-For": an_address()}
    pair = sign_in(two_shops, await a_user(two_shops))
    wrong = [
        two_shops.send(f"ol_1_{number:043}", "POST", "/api/Order/PostOrder", content=b"{}", headers=address).status_code
        for number in range(9)
    ]
    assert wrong == [401] * 5 + [429] * 4
    for good in (two_shops.first.keys["auditor"], pair["access_token"]):
        assert two_shops.send(good, "GET", "/api/Sale/GetOutlets", headers=address).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert two_shops.send(None, "POST", "/Token", data=form, headers=address).status_code == 200


async def test_a_till_whose_key_was_revoked_holds_up_no_other(two_shops: Shops) -> None:
    address = {"X-Forwarded-For": an_address()}
    keys = two_shops.first.keys
    for _ in range(8):
        assert two_shops.send(keys["revoked"], "GET", "/api/Sale/GetOutlets", headers=address).status_code == 401
    name = await a_user(two_shops)
    form = {"grant_type": "password", "userName": name, "password": PASSWORD}
    assert two_shops.send(None, "POST", "/Token", data=form, headers=address).status_code == 200


@pytest.mark.parametrize(("form", "error"), [
    (b"", "invalid_request"), (b"\xff\xfe", "invalid_request"), (b"&".join([b"a=1"] * 200), "invalid_request"),
    (b"grant_type=password&userName=admin", "invalid_request"), (b"grant_type=refresh_token", "invalid_request"),
    (b"grant_type=client_credentials", "unsupported_grant_type"),
])  # fmt: skip
def test_a_form_that_makes_no_sense(two_shops: Shops, form: bytes, error: str) -> None:
    answer = two_shops.send(None, "POST", "/Token", content=form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_an_old_token_does_not_keep_anybody_from_a_new_one(two_shops: Shops) -> None:
    form = {"grant_type": "password", "userName": await a_user(two_shops), "password": PASSWORD}
    assert two_shops.send("expired", "POST", "/Token", data=form).status_code == 200
