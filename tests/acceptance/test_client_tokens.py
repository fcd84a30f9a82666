"""The Python client's tokens: renewed before they end and when they are refused, by one caller for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from api.client import Client, Problem
from api.client.credentials import Session
from ledger import users
from ledger.passwords import hashed
from tests.acceptance import between as lines
from tests.acceptance.bodies import an_order
from tests.acceptance.shops import Shops
from tests.acceptance.test_tokens import PASSWORD, a_user, soon_out


@pytest.fixture
async def between(two_shops: Shops) -> AsyncIterator[lines.Between]:
    async with lines.between(str(two_shops.http.base_url)) as opened:
        yield opened


def grants(between: lines.Between) -> list[str]:
    """What tokens were asked for with."""
    forms = [seen.rpartition(b"\r\n\r\n")[2].decode() for seen in between.seen if seen.startswith(b"POST /Token ")]
    return [form.partition("grant_type=")[2].partition("&")[0] for form in forms]


async def test_many_callers_need_one_token(two_shops: Shops, between: lines.Between) -> None:
    name = await a_user(two_shops, "admin")
    async with Client(between.url, user=name, password=PASSWORD) as client:
        answers = await asyncio.gather(*(client.post_order(an_order()) for _ in range(12)))
    assert len({answer.position for answer in answers}) == 12
    assert grants(between) == ["password"]


async def test_a_token_is_renewed_before_it_ends(two_shops: Shops, between: lines.Between) -> None:
    now = 1000.0
    async with httpx.AsyncClient(base_url=between.url) as http:
        session = Session(http, await a_user(two_shops), PASSWORD, clock=lambda: now)
        first = await session.token()
        now += 830
        assert await session.token() == first
        now += 20
        together = await asyncio.gather(*(session.token() for _ in range(9)))
        assert {two_shops.send(token, "GET", "/api/Sale/GetOutlets").status_code for token in together} == {200}
    assert grants(between) == ["password", "refresh_token"]


async def test_a_session_that_was_ended_is_begun_anew(two_shops: Shops, between: lines.Between) -> None:
    name, tenant_id = await a_user(two_shops, "admin"), two_shops.first.tenant.tenant_id
    async with Client(between.url, user=name, password=PASSWORD) as client:
        await client.get_outlets()
        used = between.seen[-1].partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()
        for password in ("another one", PASSWORD):
            await users.set_password(two_shops.pool, tenant_id, name, hashed(password))
        await asyncio.to_thread(soon_out, two_shops, used)
        answers = await asyncio.gather(*(client.post_order(an_order()) for _ in range(7)))
    assert not any(answer.duplicate for answer in answers)
    assert grants(between) == ["password", "refresh_token", "password"]


async def test_a_wrong_password_is_said_at_once(two_shops: Shops, between: lines.Between) -> None:
    async with Client(between.url, user=await a_user(two_shops), password="wrong") as client:
        with pytest.raises(Problem) as raised:
            await client.get_outlets()
    assert (raised.value.status, len(between.seen)) == (401, 1)


async def test_a_key_that_was_revoked_is_tried_once(two_shops: Shops, between: lines.Between) -> None:
    async with Client(between.url, key=two_shops.first.keys["revoked"]) as client:
        with pytest.raises(Problem) as raised:
            await client.get_outlets()
    assert (raised.value.status, len(between.seen)) == (401, 1)


async def test_what_a_role_may_not_do_is_said(two_shops: Shops) -> None:
    async with Client(str(two_shops.http.base_url), key=two_shops.first.keys["terminal"]) as till:
        assert not (await till.post_order(an_order())).duplicate
        with pytest.raises(Problem) as raised:
            await till.get_today_sale()
    assert (raised.value.status, raised.value.is_refusal) == (403, False)


async def test_a_follower_outlives_its_session_but_not_its_user(two_shops: Shops, between: lines.Between) -> None:
    name, tenant_id = await a_user(two_shops, "admin"), two_shops.first.tenant.tenant_id
    followed = list[int]()
    async with (
        Client(str(two_shops.http.base_url), key=two_shops.first.keys["admin"]) as till,
        Client(between.url, user=name, password=PASSWORD) as client,
    ):
        begin = (await till.post_order(an_order())).position
        events = client.follow(begin - 1)
        followed.append((await anext(events)).position)
        for password in ("another one", PASSWORD):
            await users.set_password(two_shops.pool, tenant_id, name, hashed(password))
        while grants(between) != ["password", "refresh_token", "password"]:
            last = (await till.post_order(an_order())).position
            while followed[-1] < last:
                followed.append((await anext(events)).position)
            await asyncio.sleep(0.2)
        await users.disable_user(two_shops.pool, tenant_id, name)
        with pytest.raises(Problem) as raised:
            [event async for event in events]
    assert followed == list(range(begin, followed[-1] + 1))
    assert raised.value.status == 401
