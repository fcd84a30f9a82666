"""`/docs` in the browser: it shows everything, asks nobody else, and its requests work."""

from __future__ import annotations

from urllib.parse import urlsplit

from api.openapi import examples
from tests.browser.browsing import Tab
from tests.browser.conftest import House

READY = ".live-responses-table tbody .response-col_status"


async def tried(desk: Tab, operation: str) -> tuple[str, str]:
    """Tries an operation out, as it stands there with its examples: the status and the body of the answer."""
    block = desk.page.locator(f"#operations-{operation}")
    await block.locator(".opblock-summary-control").first.click()
    await block.get_by_role("button", name="Try it out").click()
    await block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table tbody tr.response").first
    return (
        await answer.locator(".response-col_status").first.inner_text(),
        await answer.locator(".highlight-code").first.inner_text(),
    )


async def test_everything_is_there_and_nothing_comes_from_elsewhere(desk: Tab, house: House) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    await desk.open("/docs")
    await desk.until("document.querySelectorAll('.opblock').length > 0")
    described = house.server.client.get("/openapi.json").json()
    count = sum(map(len, described["paths"].values()))
    assert await desk.page.locator(".opblock").count() == count
    sites = {urlsplit(url).netloc for url in asked if not url.startswith("data:")}
    assert sites == {urlsplit(house.url).netloc}


async def test_what_is_tried_out_happens(desk: Tab, house: House) -> None:
    await desk.open("/docs")
    status, body = await tried(desk, "Orders-PostOrder")
    assert status.strip() == "200" and '"Position"' in body
    status, body = await tried(desk, "Orders-GetOrder")
    assert status.strip() == "200" and examples.SALE_ID in body
    assert house.server.get(f"/v1/orders/{examples.SALE_ID}")["OrderTotal"] == 134.5


async def test_it_fits_a_phone(desk: Tab) -> None:
    await desk.page.set_viewport_size({"width": 375, "height": 780})
    await desk.open("/docs")
    await desk.until("document.querySelectorAll('.opblock').length > 0")
    assert await desk.overflow() <= 0
