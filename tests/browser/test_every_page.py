"""What holds for every page of the console, in both widths, languages and colours."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.browsing import LOOKS, Look, Tab, tab
from tests.browser.conftest import House

# A path, and the heading it has in Swedish and in English (None: it depends on the day).
PAGES: dict[str, tuple[str, str] | None] = {
    "/sign-in": ("Logga in", "Sign in"),
    "/today": ("Idag", "Today"),
    "/month?month=2026-11": ("November 2026", "November 2026"),
    "/month": None,
    "/explain?from=2026-11-01&to=2026-11-30&category=Drycker": ("Vad som ligger bakom", "What is behind it"),
    "/paid?from=2026-11-01&to=2026-11-30&type=4": ("Betalt: Kort", "Paid: Card"),
    "/orders": ("Ordrar", "Orders"),
    "/queues": ("Köer", "Queues"),
    "/drawer": ("Kassalåda", "Drawer"),
    "/terminals": ("Kassor", "Terminals"),
    "/swish": ("Swish", "Swish"),
    "/orders?state=14&least=1e9": ("Ordrar", "Orders"),
    "/explain?from=2026-11-01": ("Adressen går inte att läsa", "The address cannot be read"),
    "/ledger": ("Liggare", "Ledger"),
    "/console/static/none": ("Här finns ingenting", "There is nothing here"),
}
# What the keyboard must reach within and after the content.
STOPS = "main a:not([tabindex]), main summary, main button, main input:not([type=hidden])"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
@pytest.mark.parametrize("path", PAGES)
async def test_a_page(browser: Any, house: House, path: str, look: Look) -> None:
    async with tab(browser, house.url, look) as seen:
        await seen.open(path)
        heading, expected = await seen.text("h1"), PAGES[path]
        assert heading == expected[look.language == "en"] if expected else heading
        assert await seen.page.get_attribute("html", "lang") == look.language
        assert await seen.page.locator("h1, main, header").count() == 3
        assert await seen.overflow() == 0
        assert await seen.barriers() == []
        # A page that is refused is told in the browser's console too; nothing else may.
        assert [one for one in seen.complaints if not re.search(r"status of 40[04]", one)] == []


async def test_the_keyboard_leads_through_a_page(desk: Tab) -> None:
    await desk.open("/today")
    await desk.page.keyboard.press("Tab")
    assert await desk.page.evaluate("document.activeElement.className") == "skip"
    await desk.page.keyboard.press("Enter")
    assert await desk.page.evaluate("document.activeElement.id") == "main"
    stops = 0
    while await _next_stop(desk):
        assert await desk.page.evaluate("document.activeElement.matches(':focus-visible')")
        stops += 1
        assert stops < 500, "the keyboard does not get out"
    # A table that is folded away is not walked through.
    assert stops == await desk.page.evaluate(
        f"[...document.querySelectorAll(`{STOPS}`)].filter(one => one.checkVisibility()).length"
    )


async def _next_stop(seen: Tab) -> bool:
    """Whether the tabulator leads to something of the page; after the last it leads out."""
    await seen.page.keyboard.press("Tab")
    return bool(await seen.page.evaluate("document.activeElement !== document.body"))


async def test_a_language_is_chosen_and_stays(desk: Tab) -> None:
    await desk.open("/today")
    await desk.page.get_by_role("button", name="English").click()
    await desk.page.get_by_role("heading", name="Today", level=1).wait_for()
    await desk.open("/sign-in")
    assert await desk.page.get_attribute("html", "lang") == "en"
    await desk.page.get_by_role("button", name="Svenska").click()
    await desk.page.get_by_role("heading", name="Logga in", level=1).wait_for()
