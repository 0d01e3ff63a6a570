"""The chat on the pages of shops: in Chromium."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from playwright.async_api import Browser, expect
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, html

from aftercare.settings import ROOT
from tests.browsers import IN_BROWSER
from tests.serving import serve
from tests.widget.browsing import Place, visit
from tests.widget.serving import IDENTITY_SECRET

pytestmark = IN_BROWSER


def identity(email: str) -> str:
    expires = datetime.now(UTC) + timedelta(minutes=5)
    return jwt.encode({"email": email, "aud": "aftercare", "exp": expires}, IDENTITY_SECRET, "HS256")


async def test_where_it_fills_the_window_nothing_behind_it_is_reached(browser: Browser, place: Place) -> None:
    async with visit(browser, place, viewport={"width": 360, "height": 740}) as visitor:
        await visitor.open()
        await expect(visitor.field).to_be_focused()
        for _ in range(20):
            await visitor.page.keyboard.press("Tab")
            assert await visitor.page.evaluate("document.activeElement.localName") != "a"
        await visitor.page.keyboard.press("Escape")
        await expect(visitor.panel).to_be_hidden()
        await expect(visitor.launcher).to_be_focused()
        await visitor.page.get_by_role("link", name="link").focus()
        await expect(visitor.page.get_by_role("link", name="link")).to_be_focused()


async def test_the_language_can_be_switched(browser: Browser, place: Place) -> None:
    async with visit(browser, place, "/page?lang=de") as visitor:
        await expect(visitor.launcher).to_have_accessible_name("Chat öffnen")
        await visitor.open()
        await visitor.write("Guten Tag")
        await visitor.message("You said: Guten Tag").wait_for()
        await visitor.panel.get_by_role("combobox").select_option("fr")
        await expect(visitor.panel).to_have_attribute("lang", "fr")
        await expect(visitor.log.locator(".text").get_by_text("change_language")).to_contain_text('"fr"')
        await visitor.page.reload()
        await expect(visitor.panel).to_have_attribute("lang", "fr")


async def test_a_hostile_page_changes_nothing(browser: Browser, place: Place) -> None:
    boxes = []
    for path in ("/page", "/page?style=hostile"):
        async with visit(browser, place, path, reduced_motion="reduce") as visitor:
            await visitor.open()
            await visitor.write("hello")
            bubble = visitor.message("You said: hello")
            await bubble.wait_for()
            style = "e => ['fontSize', 'color', 'direction', 'lineHeight'].map(name => getComputedStyle(e)[name])"
            box = await visitor.panel.bounding_box()
            boxes.append(
                (
                    {side: round(pixels) for side, pixels in (box or {}).items()},
                    await bubble.evaluate(style),
                    await visitor.field.evaluate(style),
                )
            )
    assert boxes[0] == boxes[1]


@pytest.mark.parametrize("sandbox", [None, "allow-scripts allow-same-origin"])
async def test_in_a_frame(browser: Browser, place: Place, sandbox: str | None) -> None:
    async with visit(browser, place) as visitor:
        await visitor.page.evaluate(
            "sandbox => { const frame = document.createElement('iframe'); frame.src = '/page'; frame.title = 'Shop';"
            "if (sandbox) frame.sandbox = sandbox; Object.assign(frame, {width: 500, height: 700});"
            "document.body.append(frame); }",
            sandbox,
        )
        frame = visitor.page.frame_locator("iframe")
        await frame.locator("aftercare-widget button.launcher").click()
        await frame.locator("aftercare-chat .composer textarea").fill("from a frame")
        await frame.get_by_role("button", name="Send", exact=True).click()
        await expect(frame.get_by_text("You said: from a frame")).to_be_visible()
        visitor.said.clear()  # the browser warns of such a sandbox


async def test_a_page_that_replaces_its_body_keeps_it(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.page.evaluate("document.body.replaceWith(document.createElement('body'))")
        await visitor.write("still here")
        await expect(visitor.message("You said: still here")).to_be_visible()


async def test_whoever_signs_out_leaves_nothing_behind(browser: Browser, place: Place) -> None:
    ada, eve = identity("ada@example.org"), identity("eve@example.org")
    identify = "token => aftercare.identify(token && (async () => token))"
    async with visit(browser, place) as visitor:
        await visitor.page.evaluate(identify, ada)
        await visitor.open()
        await visitor.write("my secret")
        await visitor.message("You said: my secret").wait_for()
        for somebody in (None, eve):
            await visitor.page.evaluate(identify, somebody)
            await expect(visitor.message("You said: my secret")).to_have_count(0)
            await visitor.page.locator("aftercare-chat .state.online").wait_for()
            assert await visitor.bubbles() == []
            if somebody is None:
                await visitor.page.evaluate(identify, ada)
                await expect(visitor.message("You said: my secret")).to_be_visible()


async def test_the_page_can_talk_to_it(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        page = visitor.page
        await page.evaluate(
            "() => { window.told = []; for (const type of ['open', 'close', 'sent', 'received', 'read'])"
            " aftercare.on(type, (event) => told.push([type, event.detail])) }"
        )
        await page.evaluate("aftercare.send('from the page')")
        await visitor.message("You said: from the page").wait_for()
        await page.evaluate("aftercare.close()")
        await expect(visitor.panel).to_be_hidden()
        await page.evaluate("aftercare.toggle()")
        await expect(visitor.panel).to_be_visible()
        told = await page.evaluate("told")
        assert [type_ for type_, _ in told][:2] == ["open", "sent"] and {"received", "close"} <= {t for t, _ in told}
        assert "from the page" not in json.dumps(told)


async def test_the_visitor_can_go_on_elsewhere(browser: Browser, place: Place) -> None:
    async with visit(browser, place, "/page?lang=de") as visitor:
        await visitor.open()
        link = visitor.panel.get_by_role("link", name="Auf Pigeon weiterschreiben")
        await expect(link).to_have_attribute("target", "_blank")
        query = parse_qs(urlsplit(str(await link.get_attribute("href"))).query)
        assert re.search(r"Mein Code: [\w-]{22}\.[\w-]{6}\.[\w-]{43}$", query["text"][0])
        await visitor.write("hello")
        await visitor.message("You said: hello").wait_for()
        place.say("system", {"event": "continued", "name": "Pigeon"})
        await expect(visitor.message("Das Gespräch geht auf Pigeon weiter")).to_be_visible()


async def test_it_greets_once_where_it_should(browser: Browser, place: Place) -> None:
    greeting = "/page?data-greeting=Need%20help&data-greeting-after=0&data-greeting-pages="
    async with visit(browser, place, greeting + "/pag*") as visitor:
        bubble = visitor.page.get_by_role("button", name="Need help")
        await expect(bubble).to_be_visible()
        await visitor.page.reload()
        await visitor.launcher.wait_for()
        await expect(bubble).to_have_count(0)
        await visitor.launcher.click()
        await expect(visitor.log.get_by_text("Need help")).to_be_visible()
    async with visit(browser, place, greeting + "/cart*") as elsewhere:
        await elsewhere.page.wait_for_load_state("networkidle")
        await expect(elsewhere.page.get_by_role("button", name="Need help")).to_have_count(0)


async def test_what_comes_while_it_is_closed_is_counted(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write("hello")
        await visitor.message("You said: hello").wait_for()
        await visitor.page.keyboard.press("Escape")
        place.say("agent", {"text": "Are you still there?", "name": "Mei"})
        await expect(visitor.page.locator("aftercare-widget .badge")).to_have_text("1")
        await expect(visitor.page.get_by_role("status")).to_have_text("1 new message")
        await visitor.launcher.click()
        await expect(visitor.message("Are you still there?")).to_be_visible()
        await expect(visitor.page.locator("aftercare-widget .badge")).to_be_hidden()


async def test_how_much_is_loaded(browser: Browser, place: Place) -> None:
    finished: list[Any] = []
    context = await browser.new_context(base_url=place.url, locale="de-DE")
    page = await context.new_page()

    async def weigh() -> dict[str, int]:
        requests = [each for each in finished if "/widget" in each.url and "webhooks" not in each.url]
        return {each.url: (await each.sizes())["responseBodySize"] for each in requests}

    page.on("requestfinished", lambda request: finished.append(request))
    await page.goto("/page?lang=de")
    await page.locator("aftercare-widget button.launcher").wait_for()
    await page.wait_for_load_state("networkidle")
    sizes = await weigh()
    assert len(sizes) >= 3 and 0 < sum(sizes.values()) < 5000, sizes
    await page.locator("aftercare-widget button.launcher").click()
    await page.locator("aftercare-chat .state.online").wait_for()
    await page.wait_for_load_state("networkidle")
    sizes = await weigh()
    everything = {path.name for path in (ROOT / "connectors" / "widget" / "static").iterdir()}
    loaded = {url.rpartition("/")[2] for url in sizes}
    assert everything - loaded <= {
        "greeting.css",
        "card_date.js",
        "card_rating.js",
        "cards.js",
        "cards.css",
        "attachments.js",
    }
    assert sum(sizes.values()) < 40_000, sizes
    await context.close()


async def test_a_website_that_may_not_use_it_says_so(browser: Browser, place: Place) -> None:
    elsewhere = Blueprint("elsewhere")

    @elsewhere.get("/")
    async def page(request: Request) -> HTTPResponse:
        return html(f'<!doctype html><title>Other</title><script type="module" src="{place.url}/widget.js"></script>')

    async with serve(elsewhere, "elsewhere") as client:
        context = await browser.new_context(locale="en-GB")
        tab = await context.new_page()
        await tab.goto(str(client.base_url))
        await tab.locator("aftercare-widget button.launcher").click()
        await expect(tab.get_by_text("This chat is not available on this website.")).to_be_visible()
        await context.close()
