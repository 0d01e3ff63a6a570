"""The shop's pages in a real browser, with a stand-in for the chat."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from shop import SqlShop
from storage import Database
from tests.browsers import IN_BROWSER, PATIENCE
from tests.storefront.serving import POLICIES, Served, serve_storefront
from tests.storefront.test_shop_pages import ANNA

AUDIT = (Path(__file__).parents[1] / "audit.js").read_text(encoding="utf-8")
SIZES = {"phone": {"width": 360, "height": 780}, "desktop": {"width": 1280, "height": 800}}
LOCALES = {"en": "en-US", "de": "de-DE", "zh": "zh-CN"}
PATHS = ("/", f"/?customer={ANNA.id}", "/demo/orders", f"/demo/orders?customer={ANNA.id}", "/demo/products/KNI-201")
CHAT = """
const calls = window.aftercare ?? [];
window.told = [];
window.aftercare = { push: (...calls) => window.told.push(...calls) };
window.aftercare.push(...calls);
"""
"""Keeps what the page tells it."""

pytestmark = IN_BROWSER


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def storefront(demonstration: Path) -> AsyncIterator[Served]:
    database = Database(f"sqlite:///{demonstration}")
    async with serve_storefront(SqlShop(database, POLICIES)) as served:
        yield served
    await database.close()


async def visit(browser: Browser, served: Served, size: str = "desktop", language: str = "de", **options: Any) -> Page:
    """A new page of a new visitor."""
    context = await browser.new_context(
        base_url=served.url, viewport=SIZES[size], locale=LOCALES[language], reduced_motion="reduce", **options
    )
    context.set_default_timeout(PATIENCE)
    await context.route("**/widget.js", lambda route: route.fulfill(body=CHAT, content_type="text/javascript"))
    return await context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("size", SIZES)
async def test_pages_can_be_read_and_used_by_everybody(
    browser: Browser, storefront: Served, size: str, language: str, scheme: str
) -> None:
    page = await visit(browser, storefront, size, language, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in PATHS:
        await page.goto(path)
        assert await page.evaluate(AUDIT) == [], path
        await page.locator(".account summary").click()
        await expect(page.locator(".account .menu")).to_be_in_viewport(ratio=1)
        assert await page.evaluate(AUDIT) == [], path
    assert said == []
    await page.context.close()


async def test_pages_fit_the_narrowest_phone(browser: Browser, storefront: Served) -> None:
    page = await visit(browser, storefront)
    await page.set_viewport_size({"width": 320, "height": 640})
    for path in PATHS:
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") == 320, path
    await page.context.close()


async def test_every_picture_is_there(browser: Browser, storefront: Served) -> None:
    page = await visit(browser, storefront)
    for path in PATHS:
        await page.goto(path)
        for picture in await page.locator("img").all():
            await picture.scroll_into_view_if_needed()
            await picture.evaluate("image => image.decode()")
    await page.context.close()


async def test_a_sentence_goes_to_the_chat(browser: Browser, storefront: Served) -> None:
    page = await visit(browser, storefront)
    await page.goto("/")
    assert await page.evaluate("told") == [["identify", None]]
    button = page.get_by_role("button", name="Ich möchte etwas zurückgeben")
    await button.click()
    assert (await page.evaluate("told"))[1:] == [["send", "Ich möchte etwas zurückgeben"]]
    await page.context.close()


async def test_the_chat_can_ask_who_is_signed_in(browser: Browser, storefront: Served) -> None:
    page = await visit(browser, storefront)
    await page.goto("/")
    await page.locator(".account summary").click()
    await page.get_by_role("link", name=ANNA.name).click()
    await expect(page.locator(".account summary")).to_have_text(ANNA.name)
    assert await page.evaluate("told[0][0]") == "identify"
    assert await page.evaluate("told[0][1]()") == f"signed for {ANNA.email}"
    await page.get_by_role("link", name="Meine Bestellungen").click()
    await expect(page.get_by_role("article", name="AC-114590")).to_be_visible()
    await page.context.close()


async def test_one_menu_is_open_at_a_time(browser: Browser, storefront: Served) -> None:
    page = await visit(browser, storefront, "phone")
    await page.goto("/")
    account, languages = (
        page.locator(".account details"),
        page.get_by_role("navigation", name="Sprache").locator("details"),
    )
    await account.locator("summary").click()
    await expect(account).to_have_attribute("open", "")
    await languages.locator("summary").click()
    await expect(languages).to_have_attribute("open", "")
    await expect(account).not_to_have_attribute("open", "")
    await page.keyboard.press("Escape")
    await expect(languages).not_to_have_attribute("open", "")
    await expect(languages.locator("summary")).to_be_focused()
    await account.locator("summary").click()
    await page.locator(".demonstration").click()
    await expect(account).not_to_have_attribute("open", "")
    await page.context.close()
