"""The desk in a real browser: what changes by itself, what is done by keyboard, and what it looks like."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocketRoute, expect
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from bot.directives import HIGH
from desk.access.agents import Agent, Presence, Role
from desk.console.pages import page as framed
from desk.models import State
from tests.browsers import IN_BROWSER
from tests.desk.house import House, open_house

AUDIT = (Path(__file__).parents[1] / "audit.js").read_text(encoding="utf-8")
AXE = Path(os.environ.get("AFTERCARE_TEST_AXE", Path.home() / ".cache" / "aftercare" / "axe"))
AXE_SCRIPT = AXE / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = {
    "phone": ({"width": 360, "height": 740}, "light", ("queue", "follow-ups")),
    "tablet": ({"width": 768, "height": 1024}, "dark", ("queue", "mine")),
    "desktop": ({"width": 1280, "height": 800}, "light", ("all?q=nothing+of+that", "canned")),
}
"""The size of the window, the colours, and the pages that are looked at in it."""


pytestmark = IN_BROWSER


class Elsewhere:
    """Stands for the page of a conversation, which has tests of its own."""

    def add_to(self, routes: Blueprint) -> None:
        routes.add_route(self._page, "/tickets/<ticket_id:int>", name="ticket")

    async def _page(self, request: Request, ticket_id: int) -> HTTPResponse:
        return await framed(request, "error.html", error="404")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("desk")
    async with open_house(home, parts=lambda house: [Elsewhere()]) as opened:
        yield opened


_number = iter(range(1, 1000))


async def somebody(house: House, role: Role = Role.AGENT, **columns: Any) -> Agent:
    """Another agent, who is at the desk."""
    number = next(_number)
    agent = await house.agent(f"Agent {number}", role, **columns)
    await house.attendance.set(agent.id, Presence.ONLINE)
    return agent


def customer() -> str:
    """The name of another customer."""
    return f"Customer {next(_number)}"


def line(page: Page, name: str) -> Any:
    return page.locator(".line", has=page.get_by_role("link", name=name, exact=True))


async def connected(page: Page) -> None:
    """Wait until the page hears what happens."""
    await page.evaluate(
        "import('/desk/static/live.js').then(live => live.state() === 'online' ||"
        " new Promise(done => document.addEventListener('desk:state', done, {once: true})))"
    )


async def test_the_queue_stays_true_by_itself(browser: Browser, house: House) -> None:
    mei, first, second = await somebody(house), customer(), customer()
    waiting = await house.ask(first, name=first)
    visit = await house.visit(browser, mei)
    await connected(visit.page)
    await visit.page.get_by_role("link", name=first, exact=True).focus()
    coming = await house.ask(second, "It burns!", name=second, priority=HIGH, reason="complaint")
    await expect(line(visit.page, second)).to_contain_text("It burns!")
    # The urgent one stands above it, and the focus is where it was.
    await expect(visit.page.get_by_role("link", name=first, exact=True)).to_be_focused()
    lines = await visit.page.locator(".line").all_inner_texts()
    assert [second in text for text in lines].index(True) < [first in text for text in lines].index(True)
    await house.tickets.accept(waiting.id, mei)
    await expect(line(visit.page, first)).to_have_count(0)
    await expect(visit.page.locator("[data-count=mine]")).to_have_text("1")
    await expect(visit.page.locator("[data-count=unread]")).to_be_hidden()
    await house.write(first, "Are you there?")
    await expect(visit.page.locator("[data-count=unread]")).to_have_text("1")
    await house.tickets.accept(coming.id, mei)
    await visit.close()


async def test_an_offer_is_taken_by_keyboard(browser: Browser, house: House) -> None:
    mei, name = await somebody(house), customer()
    ticket = await house.ask(name, name=name, language="de")
    visit = await house.visit(browser, mei, "/desk/mine")
    await connected(visit.page)
    await house.tickets.offer(ticket, mei.id)
    offer = visit.page.get_by_role("alertdialog", name=name)
    await expect(offer).to_contain_text("German")
    await visit.page.keyboard.press("a")
    await visit.page.wait_for_url(f"**/desk/tickets/{ticket.id}")
    now = await house.tickets.get(ticket.id)
    assert now and now.state is State.OPEN and now.agent_id == mei.id
    visit.said.clear()  # the page of the conversation stands for a real one
    await visit.close()


async def test_an_offer_that_is_let_pass_goes_away(browser: Browser, house: House) -> None:
    mei, name = await somebody(house), customer()
    ticket = await house.ask(name, name=name)
    visit = await house.visit(browser, mei, "/desk/mine")
    await connected(visit.page)
    given = await house.tickets.offer(ticket, mei.id)
    offer = visit.page.get_by_role("alertdialog", name=name)
    # It is there after the page was loaded again, until it is somebody else's.
    await expect(offer).to_be_visible()
    await visit.page.reload()
    await expect(offer).to_be_visible()
    await house.tickets.take_back(given, mei.id)
    await expect(offer).to_have_count(0)
    await house.tickets.offer(ticket, mei.id)
    async with visit.page.expect_response("**/decline") as declined:
        await offer.get_by_role("button", name="Not now").click()
    assert (await declined.value).ok
    await expect(offer).to_have_count(0)
    now = await house.tickets.get(ticket.id)
    assert now and now.state is State.WAITING and now.declined_by == (mei.id,)
    await visit.close()


async def test_of_two_agents_one_gets_it(browser: Browser, house: House) -> None:
    name = customer()
    ticket = await house.ask(name, name=name)
    visits = [await house.visit(browser, await somebody(house)) for _ in range(2)]
    for visit in visits:
        await connected(visit.page)
        # Both press before either hears of the other.
        await visit.page.evaluate(
            "document.addEventListener('desk:event', event => event.stopImmediatePropagation(), true)"
        )
    for visit in visits:
        await line(visit.page, name).get_by_role("button", name="Accept").click(no_wait_after=True)
    for visit in visits:
        await expect(visit.page.get_by_text(re.compile("Somebody else was faster|That did not work"))).to_be_visible()
    assert sorted("/tickets/" in visit.page.url for visit in visits) == [False, True]
    now = await house.tickets.get(ticket.id)
    assert now and now.state is State.OPEN
    for visit in visits:
        visit.said.clear()  # the request that was refused
        await visit.close()


async def test_the_desk_is_used_by_keyboard(browser: Browser, house: House) -> None:
    mei, first, second = await somebody(house), customer(), customer()
    for name in (first, second):
        await house.ask(name, name=name, channel="whatsapp")
    visit = await house.visit(browser, mei, "/desk/queue?channel=whatsapp")
    page = visit.page
    await connected(page)
    await page.keyboard.press("j")
    await expect(page.get_by_role("link", name=first, exact=True)).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.get_by_role("link", name=second, exact=True)).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(shortcuts).to_contain_text("Go to the queue")
    await page.keyboard.press("j")  # nothing happens behind a dialog
    await page.keyboard.press("Escape")
    await expect(shortcuts).to_have_count(0)
    await expect(page.get_by_role("link", name=first, exact=True)).to_be_focused()
    await page.keyboard.press("/")
    await page.keyboard.type("g m")  # letters, in a field
    await expect(page.locator("#find_")).to_have_value("g m")
    await page.locator("#find_").blur()
    await page.keyboard.press("g")
    await page.keyboard.press("m")
    await page.wait_for_url("**/desk/mine")
    await visit.close()


async def test_presence_is_one_on_all_pages(browser: Browser, house: House) -> None:
    mei = await somebody(house)
    one, other = await house.visit(browser, mei), await house.visit(browser, mei, "/desk/mine")
    await connected(other.page)
    await one.page.get_by_label("Your presence").select_option("away")
    await expect(other.page.get_by_label("Your presence")).to_have_value("away")
    now = await house.access.agents.get(mei.id)
    assert now and now.presence is Presence.AWAY
    for visit in (one, other):
        await visit.close()


async def test_what_was_missed_is_made_up_for(browser: Browser, house: House) -> None:
    mei, name = await somebody(house), customer()
    visit = await house.visit(browser, mei)
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        if sockets:
            asyncio.ensure_future(back.wait()).add_done_callback(lambda _: socket.connect_to_server())
        else:
            socket.connect_to_server()
        sockets.append(socket)

    back = asyncio.Event()
    await visit.page.route_web_socket("**/desk/live", pass_on)
    await visit.page.reload()
    await connected(visit.page)
    await sockets[0].close(code=1011)
    await expect(visit.page.get_by_text("There is no connection at the moment")).to_be_visible()
    await house.ask(name, name=name)
    back.set()
    await expect(line(visit.page, name)).to_be_visible()
    await expect(visit.page.get_by_text("There is no connection at the moment")).to_be_hidden()
    await visit.close()


async def test_who_looks_elsewhere_is_called(browser: Browser, house: House) -> None:
    mei, name = await somebody(house), customer()
    visit = await house.visit(browser, mei, "/desk/mine")
    await visit.page.add_init_script(
        "window.told = []; window.Notification = class { static permission = 'default';"
        " static async requestPermission() { this.permission = 'granted'; }"
        " constructor(title, options) { told.push([title, options.body]); } };"
        "Object.defineProperty(document, 'hidden', { get: () => true })"
    )
    await visit.page.reload()
    await connected(visit.page)
    alerts = visit.page.get_by_role("button", name="Turn on notifications")
    await alerts.click()
    await expect(alerts).to_be_hidden()
    await house.tickets.offer(await house.ask(name, name=name), mei.id)
    await expect(visit.page.get_by_role("alertdialog", name=name)).to_be_visible()
    assert await visit.page.evaluate("told") == [[f"New conversation with {name}", "Asked for a person"]]
    await visit.close()


@pytest.mark.parametrize("look", LOOKS)
async def test_everybody_can_use_it(browser: Browser, house: House, look: str) -> None:
    if not AXE_SCRIPT.exists():
        pytest.skip(f"axe-core is not at {AXE} (tests/widget/axe/install)")
    viewport, scheme, paths = LOOKS[look]
    ada, name = await somebody(house, Role.SUPERVISOR), customer()
    await house.canned.save("hello", "en", "Hello {name}!")
    ticket = await house.ask(name, "Ich warte seit Tagen.", name=name, language="de", reason="complaint", priority=HIGH)
    await house.tickets.tag(ticket.id, ada, ["shipping", "refund"])
    await house.tickets.notes.add(ticket.conversation_id, await somebody(house), f"@{ada.name} please look")
    visit = await house.visit(browser, ada, viewport=viewport, color_scheme=scheme)
    page = visit.page
    await connected(page)
    await house.tickets.offer(ticket, ada.id)
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    for path in paths:
        await page.goto(f"/desk/{path}")
        assert await findings(page) == [], path
    if look == "phone":
        await page.get_by_role("button", name="More").click()
        await expect(page.get_by_label("Your presence")).to_be_visible()
    else:
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert await findings(page) == []
    await visit.close()


async def findings(page: Page) -> list[str]:
    """What keeps people out, as this project's audit and axe-core judge it."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    await page.evaluate(AXE_SCRIPT.read_text(encoding="utf-8"))
    found = await page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", tags)
    by_axe = [
        f"{one['id']}: {node['html']}: {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]
    ]
    ours: list[str] = await page.evaluate(AUDIT)
    return by_axe + ours
