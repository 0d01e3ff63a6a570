"""The pages in a real browser, on a phone and on a desktop."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from knowledge_base import KnowledgeBase
from tests.browsers import IN_BROWSER, PATIENCE
from tests.help_centre.conftest import POLICIES
from tests.help_centre.pages import Served, serve

AUDIT = (Path(__file__).parents[1] / "audit.js").read_text(encoding="utf-8")
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
LOCALES = {"en": "en-US", "de": "de-DE", "zh": "zh-CN"}
PATHS = {
    "home": "",
    "category": "categories/returns",
    "article": "articles/return-policy?country=CH",
    "table": "articles/size-guide",
    "thanks": "articles/warranty?feedback=no",
    "search": "search?q=PayPal",
    "nothing": "search?q=xyzzy",
}

pytestmark = IN_BROWSER


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop(articles: KnowledgeBase) -> AsyncIterator[Served]:
    facts: dict[str, Any] = {"countries": POLICIES.countries, "language_country": POLICIES.language_country}
    async with serve(articles, **facts) as served:
        yield served


async def visit(browser: Browser, shop: Served, size: str = "desktop", language: str = "de", **options: Any) -> Page:
    """A new page of a new visitor."""
    context: BrowserContext = await browser.new_context(
        base_url=f"{shop.url}/help/{language}/", viewport=SIZES[size], locale=LOCALES[language], **options
    )
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("size", SIZES)
async def test_pages_can_be_read_and_used_by_everybody(
    browser: Browser, shop: Served, size: str, language: str, scheme: str
) -> None:
    page = await visit(browser, shop, size, language, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in PATHS.values():
        await page.goto(path)
        assert await page.evaluate(AUDIT) == [], path
    assert said == []
    await page.goto("articles/nothing")
    assert await page.evaluate(AUDIT) == []
    await page.context.close()


async def test_what_keeps_people_out_is_found(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop, "phone")
    await page.set_content(
        "<html style='background: white; color: #999'><h1>One</h1><h3>Three</h3><p style='width: 50rem'>Wide</p>"
        "<input style='border-color: #ddd'><a href=''></a><img src='' width=9 height=9><nav>…</nav>"
    )
    findings = " ".join(await page.evaluate(AUDIT))
    for finding in ("wider", "headings: 1,3", "no label", "no name: <a", "no alt", "no name: <nav", "px: <input"):
        assert finding in findings
    assert "contrast 2.85: <h1>" in findings and "contrast of the border 1.3" in findings
    await page.context.close()


async def test_pages_fit_the_narrowest_phone(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop)
    await page.set_viewport_size({"width": 320, "height": 640})
    for path in PATHS.values():
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") == 320, path
    await page.context.close()


async def test_colours_follow_the_readers_wish(browser: Browser, shop: Served) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = await visit(browser, shop, color_scheme=scheme)
        await page.goto("articles/warranty")
        colour = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g)")
        metas = page.locator("meta[name=theme-color]")
        theme = [await meta.get_attribute("content") for meta in await metas.all() if await _applies(meta)]
        assert theme == ["#" + "".join(f"{int(value):02x}" for value in colour)]
        grounds[scheme] = sum(map(int, colour))
        await page.context.close()
    assert grounds["dark"] < 100 < 600 < grounds["light"]


async def _applies(meta: Any) -> bool:
    return bool(await meta.evaluate("meta => matchMedia(meta.media).matches"))


@pytest.mark.parametrize("size", SIZES)
async def test_suggestions_are_chosen_by_keyboard(browser: Browser, shop: Served, size: str) -> None:
    page = await visit(browser, shop, size)
    await page.goto("")
    field = page.get_by_role("combobox")
    await expect(field).to_have_attribute("aria-expanded", "false")
    await field.press_sequentially("garantie")
    options = page.get_by_role("option")
    await expect(field).to_have_attribute("aria-expanded", "true")
    assert 1 <= await options.count() <= 6

    await field.press("ArrowDown")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await expect(field).to_have_attribute("aria-activedescendant", await options.first.get_attribute("id") or "")
    await expect(field).to_be_focused()
    assert await page.evaluate(AUDIT) == []
    await field.press("ArrowUp")
    await expect(options.last).to_have_attribute("aria-selected", "true")

    await field.press("Escape")
    await expect(field).to_have_attribute("aria-expanded", "false")
    await expect(field).to_have_value("garantie")
    await expect(page.get_by_role("listbox")).to_be_hidden()

    await field.press("ArrowDown")
    await expect(field).to_have_attribute("aria-expanded", "true")
    await field.press("ArrowDown")
    title = await options.first.text_content()
    await field.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(title or "")
    assert "/articles/" in page.url
    await page.context.close()


async def test_enter_without_a_choice_searches(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop)
    await page.goto("")
    await page.get_by_role("combobox").press_sequentially("garantie")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ergebnisse für „garantie“")
    await page.context.close()


async def test_a_suggestion_is_chosen_by_pointer_and_keeps_the_country(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop, "phone")
    await page.goto("?country=CH")
    await page.get_by_role("combobox").press_sequentially("garantie")
    await page.get_by_role("option").first.click()
    await expect(page.locator("select")).to_have_value("CH")
    await page.context.close()


async def test_late_suggestions_for_an_older_query_are_not_shown(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop)
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def answer(route: Route) -> None:
        old = "q=old" in route.request.url
        if old:
            asked.set()
            await may_answer.wait()
        await route.fulfill(json=[{"title": "Old" if old else "New", "url": "/help/de/"}])

    await page.route("**/suggestions?*", answer)
    await page.goto("")
    field = page.get_by_role("combobox")
    await field.fill("old")
    await asyncio.wait_for(asked.wait(), 30)
    async with page.expect_event("requestfailed"):
        await field.fill("new")
    await expect(page.get_by_role("option")).to_have_text(["New"])
    may_answer.set()
    await page.evaluate("new Promise(requestAnimationFrame)")
    await expect(page.get_by_role("option")).to_have_text(["New"])
    await page.context.close()


async def test_nothing_is_suggested_while_a_word_is_being_composed(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop, language="zh")
    await page.clock.install()
    await page.goto("")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/suggestions" in request.url else None)
    await page.get_by_role("combobox").focus()
    session = await page.context.new_cdp_session(page)
    await session.send("Input.imeSetComposition", {"text": "tui huo", "selectionStart": 7, "selectionEnd": 7})
    await expect(page.get_by_role("combobox")).to_have_value("tui huo")
    await page.clock.run_for(1000)
    assert asked == []
    await session.send("Input.insertText", {"text": "退货"})
    await expect(page.get_by_role("combobox")).to_have_value("退货")
    await page.clock.run_for(1000)
    await expect(page.get_by_role("option").first).to_be_visible()
    assert len(asked) == 1
    await page.context.close()


@pytest.mark.parametrize("size", SIZES)
async def test_the_language_switch_leads_to_the_same_article(browser: Browser, shop: Served, size: str) -> None:
    page = await visit(browser, shop, size)
    await page.goto("articles/warranty?country=AT")
    await page.get_by_role("navigation", name="Sprache").locator("summary").click()
    await page.get_by_role("link", name="中文").click()
    assert page.url == f"{shop.url}/help/zh/articles/warranty?country=AT"
    await expect(page.locator("html")).to_have_attribute("lang", "zh")
    await expect(page.locator("option:checked")).to_have_text("奥地利")
    await page.context.close()


async def test_everything_works_without_scripts(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop, "phone", java_script_enabled=False)
    await page.goto("")
    await page.get_by_label("In der Hilfe suchen").fill("wie lange habe ich Gewährleistung")
    await page.get_by_role("button", name="Suchen").click()
    await page.locator(".results a").first.click()
    await expect(page).to_have_url(f"{shop.url}/help/de/articles/warranty?q=wie+lange+habe+ich+Gew%C3%A4hrleistung")

    await page.get_by_label("Angaben für").select_option("US")
    await page.get_by_role("button", name="Ändern").click()
    await expect(page.locator(".lead")).to_contain_text("12 Monate")

    await page.get_by_role("button", name="Nein").click()
    await page.get_by_label("Wonach haben Sie gesucht?").fill("Gilt das auch für den Akku?")
    await page.get_by_role("button", name="Absenden").click()
    await expect(page.get_by_role("heading", name="Vielen Dank!")).to_be_in_viewport()
    await expect(page.locator("option:checked")).to_have_text("Vereinigte Staaten")
    await page.reload()
    assert [gap.question for gap in shop.gaps][-2:] == [
        "wie lange habe ich Gewährleistung",
        "Gilt das auch für den Akku?",
    ]

    await page.get_by_role("navigation", name="Sprache").locator("summary").click()
    await page.get_by_role("link", name="Français").click()
    assert "/help/fr/articles/warranty" in page.url
    await page.context.close()


async def test_the_keyboard_skips_to_the_content_and_shows_where_it_is(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop)
    await page.goto("articles/warranty")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Zum Inhalt springen")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    outline = await page.evaluate(
        """() => {
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          return [document.activeElement.closest("main") !== null, outlineStyle, outlineWidth];
        }"""
    )
    assert outline == [True, "solid", "3px"]
    await page.context.close()


async def test_contents_lead_to_their_section(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop, "phone", "zh", reduced_motion="reduce")
    await page.goto("articles/return-policy")
    link = page.locator(".contents a").last
    heading = page.get_by_role("heading", name=await link.text_content() or "", exact=True)
    await expect(heading).not_to_be_in_viewport()
    await link.click()
    await expect(heading).to_be_in_viewport()
    await page.context.close()


@pytest.mark.parametrize(("wish", "scrolling"), [("reduce", "auto"), ("no-preference", "smooth")])
async def test_nothing_moves_for_those_who_do_not_want_it(
    browser: Browser, shop: Served, wish: str, scrolling: str
) -> None:
    page = await visit(browser, shop, reduced_motion=wish)
    await page.goto("")
    assert await page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == scrolling
    durations = await page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration")
    assert (durations == "0s") == (wish == "reduce")
    await page.context.close()


async def test_on_paper_there_is_the_article_and_where_it_is_from(browser: Browser, shop: Served) -> None:
    page = await visit(browser, shop, color_scheme="dark")
    await page.emulate_media(media="print")
    await page.goto("articles/warranty")
    for left_out in (".languages", ".masthead .search", ".breadcrumb", ".contents", ".feedback", ".others"):
        assert not await page.locator(left_out).is_visible(), left_out
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator(".source")).to_have_text("https://shop.example/help/de/articles/warranty")
    await page.locator(".prose").evaluate("prose => prose.innerHTML = '<a href=\"https://a.example/\">a</a>'")
    shown = await page.locator(".prose a").evaluate("a => getComputedStyle(a, '::after').content")
    assert shown.replace('" "', "") in ('" (https://a.example/)"', '" (" attr(href) ")"')
    assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    await page.context.close()
