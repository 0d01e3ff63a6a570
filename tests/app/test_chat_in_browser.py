"""The demonstration shop and its chat in Chromium, with the real server and the trained model."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from tests.app.conftest import Server
from tests.browsers import CHROMIUM, PATIENCE

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
    pytest.mark.asyncio(loop_scope="function"),
]


@pytest_asyncio.fixture
async def page(server: Server) -> AsyncIterator[Page]:
    """The shop's front page, as a customer who is signed in; nothing may go wrong on it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(base_url=server.url, locale="de-DE")
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto("/?customer=C00001&language=de")
        yield page
        await browser.close()
        assert said == []


async def test_an_order_is_shown_and_a_return_run_to_its_end(page: Page) -> None:
    log = page.get_by_role("log")
    await page.locator("aftercare-widget button.launcher").click()
    field = page.locator("aftercare-chat .composer textarea")
    await field.fill("Meine Bestellungen")
    await field.press("Enter")
    order = log.get_by_text("AC-114590").first
    await expect(order).to_be_visible()
    picture = log.locator("img").first
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    await field.fill("Ich möchte aus der Bestellung AC-114590 etwas zurückschicken")
    await field.press("Enter")
    for title in ("Kapuzenjacke", "Gefällt mir nicht", "54,90", "Etikett ausdrucken", "Ja, anmelden"):
        await log.get_by_role("button", name=title).last.click()
    await expect(log.locator("a[href*='/documents/']").first).to_be_visible()
