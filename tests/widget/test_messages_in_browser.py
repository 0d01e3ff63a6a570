"""What is said in the chat, as everybody can read, hear and use it: in Chromium."""

import asyncio
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from playwright.async_api import Browser, Page, Route, expect

from tests.browsers import IN_BROWSER
from tests.widget.browsing import Place, Visit, visit

AXE = Path(os.environ.get("AFTERCARE_TEST_AXE", Path.home() / ".cache" / "aftercare" / "axe"))
AXE_SCRIPT = AXE / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desktop": (1280, 800)}

pytestmark = IN_BROWSER

KINDS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "kinds.yml").read_text(encoding="utf-8"))


def picture(width: int = 300, height: int = 200) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


async def audit(page: Page) -> list[str]:
    """What axe-core finds, as lines."""
    if not AXE_SCRIPT.exists():
        pytest.skip(f"axe-core is not at {AXE} (tests/widget/axe/install)")
    # Evaluated and not added as an element, which the page's policy forbids.
    await page.evaluate(AXE_SCRIPT.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = await page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", tags)
    return [
        f"{one['id']}: {node['html']}: {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]
    ]


async def show_all_kinds(place: Place, visitor: Visit) -> None:
    await visitor.write("show me everything")
    await visitor.message("You said: show me everything").wait_for()
    place.say("system", {"event": "joined", "name": "Mei"})
    for content in KINDS.values():
        place.say("bot", content)
    place.say("agent", {"text": "Hello, this is Mei.", "name": "Mei"})
    await visitor.message("Hello, this is Mei.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_every_kind_of_message_can_be_used_by_everybody(
    browser: Browser, place: Place, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    # What fades in has no contrast for a moment.
    still: dict[str, Any] = {"color_scheme": scheme, "reduced_motion": "reduce"}
    options = {"viewport": {"width": width, "height": height}, **still}
    async with visit(browser, place, **options) as visitor:
        assert await audit(visitor.page) == []
        await visitor.open()
        assert await audit(visitor.page) == []
        await show_all_kinds(place, visitor)
        for text in ("Mei has joined the conversation", "Order AC-104233", "Your return", "Return label", "navy, M"):
            await expect(visitor.log.get_by_text(text).first).to_be_attached()
        assert await audit(visitor.page) == []
        overflowing = await visitor.log.evaluate(
            "log => [...log.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
        )
        assert overflowing == 0 and await visitor.log.evaluate("log => log.scrollWidth <= log.clientWidth")


async def test_it_fits_320_pixels_and_twice_the_size(browser: Browser, place: Place) -> None:
    for viewport in ({"width": 320, "height": 568}, {"width": 640, "height": 400}, {"width": 320, "height": 256}):
        async with visit(browser, place, viewport=viewport) as visitor:
            await visitor.open()
            await show_all_kinds(place, visitor)
            assert await visitor.log.evaluate("log => log.scrollWidth <= log.clientWidth")
            box = await visitor.panel.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= viewport["width"]
            assert box["y"] >= 0 and box["y"] + box["height"] <= viewport["height"] + 1
            await visitor.field.fill("a long story " * 60)
            await expect(visitor.field).to_be_in_viewport()
            box = await visitor.log.bounding_box()
            assert box and box["height"] > 80


async def test_buttons_are_pressed_once_and_stay_to_be_read(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write(json.dumps([KINDS["chips"]]))
        await visitor.log.get_by_role("button", name="Yes").click()
        await expect(visitor.message("You said: /affirm")).to_be_visible()
        await expect(visitor.log.get_by_role("button", name="No", exact=True)).to_be_disabled()
        assert "Yes" in await visitor.bubbles()


async def test_a_picture_is_chosen_uploaded_and_shown(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.choose("box.png", "image/png", picture())
        await visitor.panel.get_by_role("button", name="Remove box.png").wait_for()
        await visitor.field.fill("It looks like this")
        await visitor.send.click()
        await visitor.message("You said: It looks like this").wait_for()
        image = visitor.log.locator("img").first
        await expect(image).to_be_visible()
        assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 300
        await visitor.page.reload()
        await expect(visitor.log.locator("img").first).to_be_visible()


async def test_a_document_is_sent_and_can_be_had_again(browser: Browser, place: Place) -> None:
    receipt = b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n"
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.choose("r.pdf", "application/pdf", receipt)
        await visitor.write("The receipt")
        await visitor.message("You said: The receipt").wait_for()
        await visitor.page.reload()
        link = visitor.log.get_by_role("link", name="Document")
        response = await visitor.page.request.get(str(await link.get_attribute("href")))
        assert await response.body() == receipt
        assert response.headers["content-disposition"] == "attachment"


async def test_what_is_sent_with_a_file_waits_for_the_file(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        arrive = asyncio.Event()

        async def hold(route: Route) -> None:
            await arrive.wait()
            await route.continue_()

        await visitor.page.route("**/webhooks/widget/photos", hold)
        await visitor.choose("box.png", "image/png", picture())
        await visitor.write("It looks like this")
        await expect(visitor.send).to_have_attribute("aria-busy", "true")
        await expect(visitor.field).to_have_value("It looks like this")
        arrive.set()
        await visitor.message("You said: It looks like this").wait_for()
        await expect(visitor.log.locator("img").first).to_be_visible()
        await expect(visitor.field).to_have_value("")


async def test_what_is_sent_with_a_file_does_not_go_without_it(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        fail = asyncio.Event()

        async def lose(route: Route) -> None:
            await fail.wait()
            await route.fulfill(status=422, json={"error": "broken"})

        await visitor.page.route("**/webhooks/widget/photos", lose)
        await visitor.choose("box.png", "image/png", picture())
        await visitor.write("It looks like this")
        fail.set()
        await visitor.panel.get_by_role("alert").wait_for()
        await expect(visitor.send).to_have_attribute("aria-busy", "false")
        await expect(visitor.field).to_have_value("It looks like this")
        assert await visitor.bubbles() == []
        visitor.said.clear()  # The browser counts an answer of 422 among what it complains of.


async def test_pictures_are_dropped_and_pasted(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        script = (
            "([bytes, name, selector]) => { const transfer = new DataTransfer();"
            "transfer.items.add(new File([new Uint8Array(bytes)], `${name}.png`, {type: 'image/png'}));"
            "const kinds = {drop: [DragEvent, 'dataTransfer'], paste: [ClipboardEvent, 'clipboardData']};"
            "const [Kind, property] = kinds[name];"
            "const event = new Kind(name, {[property]: transfer, bubbles: true, cancelable: true});"
            "document.querySelector('aftercare-widget').shadowRoot.querySelector('aftercare-chat')"
            ".shadowRoot.querySelector(selector).dispatchEvent(event) }"
        )
        for name, selector in (("drop", ".panel"), ("paste", ".composer textarea")):
            await visitor.page.evaluate(script, [list(picture()), name, selector])
            await visitor.panel.get_by_role("button", name=f"Remove {name}.png").wait_for()


async def test_what_is_no_picture_is_refused_with_a_reason(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.choose("a.exe", "application/x-dosexec", b"MZ")
        await expect(visitor.panel.get_by_text("This kind of file can't be sent here.")).to_be_visible()


async def test_a_rating_is_given_once_and_remembered(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write(json.dumps([KINDS["rating"]]))
        await visitor.log.get_by_role("radio", name="4 of 5 stars").check(force=True)
        await visitor.log.get_by_role("textbox").fill("Quick!")
        await visitor.log.get_by_role("button", name="Send rating").click()
        await expect(visitor.log.get_by_text("Thank you for your rating!")).to_be_focused()
        await visitor.page.reload()
        await expect(visitor.log.get_by_text("Thank you for your rating!")).to_be_visible()


async def test_everything_goes_by_keyboard_alone(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        keyboard = visitor.page.keyboard
        await keyboard.press("Tab")  # the link in the page
        await keyboard.press("Tab")
        await expect(visitor.launcher).to_be_focused()
        await keyboard.press("Enter")
        await expect(visitor.field).to_be_focused()
        await visitor.page.locator("aftercare-chat .state.online").wait_for()
        await keyboard.type(json.dumps([KINDS["chips"]]))
        await keyboard.press("Enter")
        yes = visitor.log.get_by_role("button", name="Yes")
        await yes.wait_for()
        for _ in range(10):
            await keyboard.press("Shift+Tab")
            if await yes.evaluate("button => button.matches(':focus')"):
                break
        await keyboard.press("Enter")
        await expect(visitor.message("You said: /affirm")).to_be_visible()
        place.say("bot", KINDS["date"])
        day = (
            visitor.log.get_by_role("button", name="24 November")
            .or_(visitor.log.get_by_role("gridcell", name="24"))
            .first
        )
        await day.wait_for()
        await keyboard.press("Escape")
        await expect(visitor.panel).to_be_hidden()
        await expect(visitor.launcher).to_be_focused()


async def test_what_is_new_is_read_out_once_and_nothing_else_is(browser: Browser, place: Place) -> None:
    read_out = (
        "log => [...log.querySelectorAll('.rows .row')].filter(row => row.ariaLive !== 'off').map("
        "row => row.querySelector('.text').innerText)"
    )
    listen = (
        "log => { window.added = []; new MutationObserver(changes => added.push(...changes"
        ".filter(change => !change.target.closest('[aria-live=off]'))"
        ".flatMap(change => [...change.addedNodes].map(node => node.className ?? node.data))))"
        ".observe(log, {childList: true, subtree: true}) }"
    )
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.log.evaluate(listen)
        await visitor.write(json.dumps([{"text": "One."}, {"text": "Two."}]))
        await visitor.message("Two.").wait_for()
        assert await visitor.log.evaluate(read_out) == ["One.", "Two."]
        place.say("agent", {"text": "Three.", "name": "Mei"})
        await visitor.message("Three.").wait_for()
        assert len(await visitor.page.evaluate("added")) == 4  # with the row of the visitor
        await visitor.page.reload()
        await visitor.message("Three.").wait_for()
        assert await visitor.log.evaluate(read_out) == []


async def test_from_right_to_left(browser: Browser, place: Place) -> None:
    async with visit(browser, place, "/page?data-language=ar&lang=ar") as visitor:
        launcher = await visitor.launcher.bounding_box()
        assert launcher and launcher["x"] < 200
        await visitor.open()
        assert await visitor.panel.evaluate("panel => getComputedStyle(panel).direction") == "rtl"
        await show_all_kinds(place, visitor)
        box = await visitor.panel.bounding_box()
        assert box and box["x"] < 200
        own = await visitor.message("show me everything").bounding_box()
        theirs = await visitor.message("Hello, this is Mei.").bounding_box()
        assert own and theirs and own["x"] + own["width"] < theirs["x"] + theirs["width"]
        assert await audit(visitor.page) == []


async def test_nothing_moves_for_who_does_not_want_it(browser: Browser, place: Place) -> None:
    async with visit(browser, place, reduced_motion="reduce") as visitor:
        await visitor.open()
        await visitor.write("hello")
        await visitor.message("You said: hello").wait_for()
        place.say("typing")
        await visitor.log.locator(".typing").wait_for()
        running = "() => document.getAnimations({subtree: true}).filter(a => a.playState === 'running').length"
        assert await visitor.page.evaluate(running) == 0


async def test_who_waits_for_an_answer_is_told_so_until_it_comes(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write("hello")
        await visitor.message("You said: hello").wait_for()
        place.say("waiting")
        patience = visitor.log.get_by_text("Many people are writing to us at the moment.")
        await patience.wait_for()
        place.say("bot", {"text": "Here you are."})
        await visitor.message("Here you are.").wait_for()
        await expect(patience).to_be_hidden()
