"""A browser as tests want one: Debian's Chromium, pages that tell what went wrong in them, and axe."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# What keeps somebody out; lesser findings are opinions.
_GRAVE = {"serious", "critical"}


class Look(NamedTuple):
    """How somebody looks at the console: width in CSS pixels, light or dark, and a language of the browser."""

    width: int
    scheme: str
    language: str


PHONE, DESK = Look(375, "light", "sv"), Look(1440, "light", "sv")
LOOKS = (PHONE, Look(375, "dark", "en"), Look(1440, "light", "en"), Look(1440, "dark", "sv"))


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Any]:
    """The browser. RuntimeError: there is none."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise RuntimeError("there is no Chromium: apt-get install chromium, or set CHROMIUM to where it is")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


class Tab:
    """A page of the browser with cookies of its own. `complaints`: what its console says, and requests that failed."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, path: str) -> None:
        """Goes there, and waits until it is there."""
        await self.page.goto(path)

    async def text(self, selector: str) -> str:
        """What is written in the first such element, once there is one; blanks are plain."""
        found: str = await self.page.locator(selector).first.inner_text()
        return found.replace("\u00a0", " ")

    async def until(self, expression: str, argument: object = None) -> None:
        """Waits until an expression of the page is true. (What waits in the page itself, its policy forbids.)"""
        for _ in range(600):
            if await self.page.evaluate(expression, argument):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"it does not come to that: {expression}")

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        found: int = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return found

    async def barriers(self) -> list[str]:
        """What axe finds that would keep somebody out."""
        found = (await Axe().run(self.page)).response["violations"]
        return [
            f"{one['id']} ({one['impact']}): {[node['html'] for node in one['nodes']]}"
            for one in found
            if one["impact"] in _GRAVE
        ]


@contextlib.asynccontextmanager
async def tab(browser: Any, url: str, look: Look = DESK) -> AsyncIterator[Tab]:
    """A new window of this look at the server `url`, as somebody who was never here."""
    context = await browser.new_context(
        base_url=url,
        viewport={"width": look.width, "height": 900 if look.width > 500 else 780},
        color_scheme=look.scheme,
        locale=look.language,
        timezone_id="Europe/Stockholm",
        reduced_motion="reduce",
    )
    yield Tab(await context.new_page())
    await context.close()
