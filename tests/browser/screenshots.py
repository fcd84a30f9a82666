"""`make screenshots`: the pictures of the console in docs/, of a café that has sold for two months.

Its outlets' clocks are set so that it is the afternoon there whenever the pictures are made: a day looks best with some
of it behind it. The letters are those of the machine (`apt-get install fonts-inter`).
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx
from PIL import Image
from rich.progress import track

from tests.acceptance.server import SCRIPT, Server, serving
from tests.browser.browsing import Look, chromium, tab
from tests.browser.day import OUTLETS, Sale, a_sale, sell

DOCS = Path(__file__).parents[2] / "docs"
LARGEST = 200_000  # bytes
DAYS, ORDERS_A_DAY = 60, 45
# How a café's day goes, from seven in the morning: breakfast, lunch, coffee.
HOURS = dict(zip(range(7, 20), (5, 9, 7, 6, 11, 19, 15, 8, 7, 9, 6, 3, 2), strict=True))
NOW_AT = 15.6  # o'clock


class Picture(NamedTuple):
    """A page, where its picture goes, and how it is looked at; `day` in a path is the day a week ago.

    What is `pressed` there before leads to what is `awaited` then.
    """

    name: str
    path: str
    look: Look
    pressed: str | None = None
    awaited: str = "h1"


DESK, NIGHT, PHONE = Look(1440, "light", "en"), Look(1440, "dark", "en"), Look(375, "light", "sv")
PICTURES = (
    Picture("today", "/today", DESK),
    Picture("today-dark", "/today", NIGHT),
    Picture("today-phone", "/today", PHONE),
    Picture("month", "/month", DESK),
    Picture("month-phone", "/month", PHONE._replace(scheme="dark")),
    Picture("explained", "/explain?from={day}&to={day}&hour=12", DESK),
    Picture("queues", "/queues", DESK),
    Picture("ledger", "/ledger", DESK, "#proof form button", "#verification .verdict"),
)


def afternoon() -> str:
    """A time zone in which it is NOW_AT, about."""
    now = datetime.now(UTC)
    ahead = round(NOW_AT - now.hour - now.minute / 60)
    ahead += 24 if ahead < -12 else 0
    return f"Etc/GMT{-ahead:+d}"  # POSIX counts westwards


def set_clocks(data_dir: Path, zone: str) -> None:
    """The tenant and its outlets live in this zone from now on."""
    environment = os.environ | {"DATA_DIR": str(data_dir)}
    commands = [["tenant", "set", "demo", "--zone", zone]]
    commands += [["outlet", "set", outlet, "--zone", zone] for outlet in OUTLETS]
    for command in commands:
        subprocess.run([SCRIPT, *command], env=environment, check=True, stdout=subprocess.DEVNULL)


def a_day(chance: random.Random, day: datetime) -> list[Sale]:
    """Everything that is sold on a day; at the weekend it is quieter."""
    weekend = 0.6 if day.weekday() > 4 else 1.0
    hours = chance.choices(list(HOURS), list(HOURS.values()), k=int(ORDERS_A_DAY * weekend * chance.uniform(0.8, 1.25)))
    return [a_sale(chance, day.replace(hour=hour) + timedelta(minutes=chance.uniform(0, 60))) for hour in hours]


def sell_two_months(server: Server, zone: ZoneInfo) -> None:
    """Until now."""
    chance, now = random.Random(7), datetime.now(zone)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    for day in track(days, "Selling for two months ..."):
        for sale in a_day(chance, day):
            if sale.moment <= now:
                sell(server, sale)


async def take(browser: Any, url: str, picture: Picture) -> bytes:
    """The whole page as PNG."""
    path = picture.path.format(day=(datetime.now(ZoneInfo(afternoon())) - timedelta(days=7)).date())
    async with tab(browser, url, picture.look) as seen:
        await seen.open(path)
        if picture.pressed is not None:
            await seen.page.locator(picture.pressed).first.click()
        await seen.page.locator(picture.awaited).first.wait_for()
        if await seen.page.locator("#live").count():
            await seen.until("document.getElementById('live').textContent !== ''")
        found: bytes = await seen.page.screenshot(full_page=True)
        return found


def small(png: bytes) -> bytes:
    """The same picture in 128 colours: a page has few."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


async def main() -> None:
    """Makes all of them. RuntimeError: one is larger than LARGEST."""
    zone = afternoon()
    with tempfile.TemporaryDirectory(prefix="order-ledger-pictures-") as name:
        data_dir = Path(name) / "data"
        with serving(data_dir, Path(name) / "log") as url, httpx.Client(base_url=url, timeout=30) as client:
            server = Server(client)
            set_clocks(data_dir, zone)
            sell_two_months(server, ZoneInfo(zone))
            server.get("Sale/GetTodaySale")
            async with chromium() as browser:
                for picture in track(PICTURES, "Taking pictures ..."):
                    png = small(await take(browser, url, picture))
                    if len(png) > LARGEST:
                        raise RuntimeError(f"{picture.name} has {len(png)} bytes")
                    (DOCS / f"{picture.name}.png").write_bytes(png)


if __name__ == "__main__":
    asyncio.run(main())
