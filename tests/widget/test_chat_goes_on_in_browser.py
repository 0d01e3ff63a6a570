"""The chat as shoppers use it: in Chromium, against a server that is killed in between."""

import json
from pathlib import Path
from typing import Any

import yaml
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.browsers import IN_BROWSER
from tests.widget.browsing import Place, visit

pytestmark = IN_BROWSER

KINDS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "kinds.yml").read_text(encoding="utf-8"))


async def test_a_first_chat(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await expect(visitor.field).to_be_focused()
        await visitor.write("Hello there")
        await expect(visitor.message("You said: Hello there")).to_be_visible()
        await expect(visitor.log.locator(".meta").filter(has_text="Read")).to_be_visible()
        await expect(visitor.field).to_have_value("")
        assert await visitor.bubbles() == ["Hello there", "You said: Hello there"]
        assert await visitor.page.context.cookies() == []


async def test_a_suggestion_begins_the_chat(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.panel.get_by_role("button", name="Where is my order?").click()
        await expect(visitor.message("You said: /track_order")).to_be_visible()


async def test_a_reload_goes_on_where_it_was(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write("remember this")
        await visitor.message("You said: remember this").wait_for()
        await visitor.field.fill("half a sent")
        await visitor.page.reload()
        await expect(visitor.message("You said: remember this")).to_be_visible()
        assert await visitor.bubbles() == ["remember this", "You said: remember this"]
        await expect(visitor.field).to_have_value("half a sent")


async def test_nothing_is_lost_and_nothing_doubled_when_the_server_is_killed(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write("before")
        await visitor.message("You said: before").wait_for()
        place.kill()
        await visitor.page.locator("aftercare-chat .state:not(.online)").wait_for()
        await visitor.write("while it is away")
        await expect(visitor.log.get_by_text("Will be sent once there is a connection")).to_be_visible()
        await expect(visitor.panel.get_by_role("status").first).to_contain_text("no connection")
        place.start()
        await expect(visitor.message("You said: while it is away")).to_be_visible(timeout=40_000)
        await visitor.write("after")
        await visitor.message("You said: after").wait_for()
        expected = ["before", "while it is away", "after"]
        assert await visitor.bubbles() == [said for text in expected for said in (text, f"You said: {text}")]
        visitor.said.clear()  # a refused connection is a line in the console


async def test_a_turn_that_the_server_did_not_survive_is_answered_once(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write("pause 3 seconds")
        await visitor.log.locator(".typing").wait_for()
        place.kill()
        place.start()
        await expect(visitor.message("You said: pause 3 seconds")).to_be_visible(timeout=40_000)
        assert await visitor.bubbles() == ["pause 3 seconds", "You said: pause 3 seconds"]
        visitor.said.clear()


async def test_what_is_written_offline_is_sent_later_even_after_a_reload(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write("one")
        await visitor.message("You said: one").wait_for()
        await visitor.page.context.set_offline(True)
        await expect(visitor.panel.get_by_text("You are offline")).to_be_visible()
        await visitor.write("two")
        await visitor.write("three")
        await expect(visitor.log.get_by_text("Will be sent once there is a connection").last).to_be_visible()
        await visitor.page.context.set_offline(False)
        await visitor.page.reload()
        await expect(visitor.message("You said: three")).to_be_visible()
        assert sorted(await visitor.bubbles()) == sorted(
            ["one", "two", "three", "You said: one", "You said: two", "You said: three"]
        )
        visitor.said.clear()


async def test_two_tabs_show_the_same(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as one:
        await one.open()
        await one.write("from the first")
        await one.message("You said: from the first").wait_for()
        async with visit(browser, place, context=one.page.context) as two:
            await two.open()
            await expect(two.message("You said: from the first")).to_be_visible()
            await two.write("from the second")
            await expect(one.message("You said: from the second")).to_be_visible()
            assert await one.bubbles() == await two.bubbles()
            place.say("typing")
            await expect(one.log.locator(".typing")).to_contain_text("Mei")
            await expect(two.log.locator(".typing")).to_contain_text("Mei")


async def test_where_sockets_are_blocked_requests_do(browser: Browser, place: Place) -> None:
    context = await browser.new_context(base_url=place.url, locale="en-GB")
    await context.route_web_socket("**/*", lambda socket: socket.close())
    async with visit(browser, place, context=context) as visitor:
        await visitor.launcher.click()
        await visitor.write("no sockets here")
        await expect(visitor.message("You said: no sockets here")).to_be_visible(timeout=15_000)
        place.say("agent", {"text": "I can see you all the same.", "name": "Mei"})
        await expect(visitor.message("I can see you all the same.")).to_be_visible()
        assert len(await visitor.bubbles()) == 3
        visitor.said.clear()
    await context.close()


async def test_storage_may_be_full_for_a_while(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.page.evaluate(
            "() => { window.store = Storage.prototype.setItem; Storage.prototype.setItem = () => { throw 'full' } }"
        )
        await visitor.open()
        await visitor.page.keyboard.press("Escape")
        await visitor.page.evaluate("() => { Storage.prototype.setItem = store }")
        await visitor.open()


async def test_who_asked_over_a_connection_that_is_lost_can_ask_again(browser: Browser, place: Place) -> None:
    lost: list[str] = []

    def lose(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        async def pass_on(frame: str | bytes) -> None:
            kind = json.loads(frame)["type"]
            if kind in ("rate", "history") and kind not in lost:
                lost.append(kind)
                await route.close()
            else:
                server.send(frame)

        route.on_message(pass_on)

    async with visit(browser, place) as visitor:
        await visitor.page.route_web_socket("**/socket", lose)
        await visitor.open()
        await visitor.write(json.dumps([{"text": f"Line {number}"} for number in range(30)] + [KINDS["rating"]]))
        await visitor.log.get_by_role("radio", name="4 of 5 stars").check(force=True)
        await visitor.log.get_by_role("button", name="Send rating").click()
        await expect(visitor.log.get_by_role("alert")).to_contain_text("could not be sent")
        await visitor.page.locator("aftercare-chat .state.online").wait_for()
        await visitor.log.get_by_role("button", name="Send rating").click()
        await expect(visitor.log.get_by_text("Thank you for your rating!")).to_be_visible()
        await visitor.page.reload()
        await visitor.message("Line 29").wait_for()
        await visitor.log.evaluate("log => { log.scrollTop = 0 }")
        await visitor.page.locator("aftercare-chat .state:not(.online)").wait_for()
        await visitor.page.locator("aftercare-chat .state.online").wait_for()
        await visitor.log.evaluate("log => { log.scrollTop = 20 }")
        await expect(visitor.message("Line 0")).to_be_attached()
        assert lost == ["rate", "history"]


async def test_earlier_messages_are_loaded(browser: Browser, place: Place) -> None:
    async with visit(browser, place) as visitor:
        await visitor.open()
        await visitor.write("the first")
        await visitor.message("You said: the first").wait_for()
        for number in range(40):
            place.say("agent", {"text": f"Line {number}", "name": "Mei"})
        await visitor.page.reload()
        await visitor.message("Line 39").wait_for()
        await expect(visitor.message("the first")).to_have_count(0)
        await visitor.log.evaluate("log => { log.scrollTop = 0 }")
        await expect(visitor.message("You said: the first")).to_have_count(1)
        await expect(visitor.message("Line 12")).to_have_count(1)
