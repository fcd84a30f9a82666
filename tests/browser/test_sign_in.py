"""Signing in at a server that lets nobody in without a credential."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.acceptance.shops import Shops
from tests.acceptance.test_tokens import PASSWORD, a_user
from tests.browser.browsing import Tab, tab


@pytest.fixture
async def guest(browser: Any, two_shops: Shops) -> AsyncIterator[Tab]:
    """Somebody at the door."""
    async with tab(browser, str(two_shops.http.base_url)) as found:
        yield found


async def test_a_user_signs_in_and_out(guest: Tab, two_shops: Shops) -> None:
    name = await a_user(two_shops, "auditor")
    await guest.open("/today")
    assert await guest.text("h1") == "Logga in"
    await guest.page.get_by_label("Användarnamn").fill(name)
    await guest.page.get_by_label("Lösenord").fill("fel")
    await guest.page.keyboard.press("Enter")
    assert await guest.text("[role=alert]") == "Användarnamnet eller lösenordet stämmer inte."
    assert await guest.barriers() == []
    await guest.page.get_by_label("Användarnamn").fill(name)
    await guest.page.get_by_label("Lösenord").fill(PASSWORD)
    await guest.page.keyboard.press("Enter")
    await guest.page.get_by_role("heading", name="Idag", level=1).wait_for()
    assert guest.page.url.endswith("/today")
    await guest.page.get_by_role("button", name="Logga ut").click()
    await guest.page.get_by_role("heading", name="Logga in", level=1).wait_for()
    await guest.open("/today")
    assert await guest.text("h1") == "Logga in"


async def test_a_key_lets_in_too_and_a_till_may_not_see(guest: Tab, two_shops: Shops) -> None:
    await guest.open("/")
    await guest.page.get_by_label("API-nyckel").fill(two_shops.first.keys["terminal"])
    await guest.page.keyboard.press("Enter")
    await guest.page.get_by_role("heading", name="Det här får du inte se", level=1).wait_for()
    assert "rollen kassa" in await guest.text("main")
    assert await guest.barriers() == []
    await guest.page.get_by_role("button", name="Logga ut").click()
    await guest.page.get_by_label("API-nyckel").fill(two_shops.first.keys["integrator"])
    await guest.page.keyboard.press("Enter")
    await guest.page.get_by_role("heading", name="Idag", level=1).wait_for()


async def test_scripts_see_no_cookie(guest: Tab, two_shops: Shops) -> None:
    await guest.open("/sign-in")
    await guest.page.get_by_label("API-nyckel").fill(two_shops.first.keys["admin"])
    await guest.page.keyboard.press("Enter")
    await guest.page.get_by_role("heading", name="Idag", level=1).wait_for()
    assert await guest.page.evaluate("document.cookie") == ""
    assert await guest.page.evaluate("fetch('/api/Sale/GetOutlets').then(answer => answer.status)") == 401
