"""An agent at work with a conversation, in a real browser."""

import os
import re
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Page, expect

from conversations import Author
from desk.access.agents import Agent, Role
from desk.models import State, Ticket
from tests.browsers import IN_BROWSER
from tests.desk.conversing import DELIVERED, Talks, open_talks
from tests.desk.house import Visit

AUDIT = (Path(__file__).parents[1] / "audit.js").read_text(encoding="utf-8")
AXE = Path(os.environ.get("AFTERCARE_TEST_AXE", Path.home() / ".cache" / "aftercare" / "axe"))
AXE_SCRIPT = AXE / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = IN_BROWSER

SENTENCES = {
    ("Die Jacke ist zerrissen.", "de", "en"): "The jacket is torn.",
    ("I am sorry.", "en", "de"): "Das tut mir leid.",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def talks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talks]:
    async with open_talks(tmp_path_factory.mktemp("desk"), sentences=SENTENCES) as opened:
        yield opened


def containing(part: str) -> re.Pattern[str]:
    """What has a part, over several lines perhaps."""
    return re.compile(re.escape(part))


class Work:
    """An agent, a ticket that they have, and their page of it."""

    def __init__(self, talks: Talks, agent: Agent, ticket: Ticket, visit: Visit) -> None:
        self.talks = talks
        self.agent = agent
        self.ticket = ticket
        self.visit = visit

    @property
    def page(self) -> Page:
        return self.visit.page

    async def write(self, text: str) -> None:
        await self.page.get_by_label("Your message").fill(text)

    async def said(self) -> list[tuple[Author, str]]:
        return await self.talks.house.said(self.ticket.conversation_id)

    async def state(self) -> tuple[State, str | None]:
        ticket = await self.talks.house.tickets.get(self.ticket.id)
        assert ticket
        return ticket.state, ticket.close_reason

    async def dialog(self, order: str, act: str) -> None:
        await self.page.locator(f'[data-act="{act}"][data-order="{order}"]').click()


@pytest_asyncio.fixture(loop_scope="module")
async def work(talks: Talks, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Work]:
    """An agent who reads English and German, with a customer who writes English."""
    name = f"Mei {request.node.name.removeprefix('test_').split('[')[0][:60]}"
    agent = await talks.house.agent(name, Role.AGENT, languages=("en", "de"))
    ticket = await talks.held(agent, sender=f"customer{agent.id}", language="en")
    visit = await talks.house.visit(browser, agent, f"/desk/tickets/{ticket.id}")
    yield Work(talks, agent, ticket, visit)
    await visit.close()


async def test_an_agent_and_a_customer_talk(work: Work) -> None:
    page, house = work.page, work.talks.house
    await expect(page.get_by_role("heading", level=1)).to_have_text("Anna Lindner")
    await expect(page.locator(".panel").get_by_text("Verified", exact=True)).to_be_visible()
    await work.write("Let me look.")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("One moment.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent")).to_contain_text("Let me look.")
    assert (await work.said())[-1] == (Author.AGENT, "Let me look.\nOne moment.")
    await expect(page.get_by_label("Your message")).to_have_value("")

    await house.conversations.show_typing(work.ticket.conversation_id, Author.CUSTOMER)
    await expect(page.get_by_text("The customer is writing…")).to_be_visible()
    await house.write(work.ticket.conversation_id.removeprefix("widget:"), "**Thank** you <b>so</b> much")
    await expect(page.locator(".line.customer").last).to_contain_text("**Thank** you <b>so</b> much")
    newest = (await house.conversations.messages(work.ticket.conversation_id))[-1]
    await house.conversations.mark_read(work.ticket.conversation_id, Author.CUSTOMER, newest.id)
    await expect(page.get_by_text("The customer is writing…")).to_be_hidden()

    # What is being written is there again after a reload.
    await work.write("Half an ans")
    await page.reload()
    await expect(page.get_by_label("Your message")).to_have_value("Half an ans")


async def test_a_note_is_for_the_team_alone(work: Work) -> None:
    before = await work.said()
    await work.page.get_by_label("Your message").focus()
    await work.page.keyboard.press("Control+.")
    await work.write("Be careful with this one.")
    await work.page.keyboard.press("Enter")
    await expect(work.page.locator(".line.note")).to_contain_text("Be careful with this one.")
    await expect(work.page.locator(".line.note")).to_contain_text("Only the team sees this")
    assert await work.said() == before
    notes = await work.talks.house.tickets.notes.of(work.ticket.conversation_id)
    assert [note.text for note in notes] == ["Be careful with this one."]


async def test_a_prepared_answer_and_an_article_are_inserted(work: Work) -> None:
    page = work.page
    await page.get_by_label("Your message").press_sequentially("/greet")
    await expect(page.locator("#choices [role=option]").first).to_contain_text("/greeting")
    await page.keyboard.press("Enter")
    text = await page.get_by_label("Your message").input_value()
    assert "Anna Lindner" in text and work.agent.name in text and "{" not in text

    await page.keyboard.press("Control+k")
    await page.get_by_label("Question or words").fill("how long can I return something")
    await page.locator(".found button").first.click()
    field = page.get_by_label("Your message")
    await expect(field).to_have_value(containing("care.halden.example/help/en/articles/"))
    await expect(field).to_be_focused()


async def test_a_picture_is_sent(work: Work) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    file = {"name": "jacket.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    await work.page.locator("[data-files]").set_input_files(file)  # type: ignore[arg-type]
    await expect(work.page.get_by_role("button", name="Remove jacket.png")).to_be_visible()
    await work.page.get_by_role("button", name="Send", exact=True).click()
    shown = work.page.locator(".line.agent img")
    await expect(shown).to_be_visible()
    address = await shown.get_attribute("src")
    async with work.talks.house.client() as stranger:
        assert (await stranger.get(address or "", headers={"accept": "image/*"})).status_code == 401


async def test_a_refund_is_shown_before_it_happens_and_told_afterwards(work: Work) -> None:
    page = work.page
    await work.dialog(DELIVERED, "refund")
    await page.get_by_label("An amount").check()
    await page.get_by_label("Amount", exact=True).fill("500")
    await expect(page.locator("dialog[open] [data-problem]")).to_contain_text("more than is left")
    await page.get_by_label("Amount", exact=True).fill("80")
    await expect(page.locator("dialog[open] [data-problem]")).to_contain_text("your limit of €50.00")
    await expect(page.locator("dialog[open] [data-confirm]")).to_be_disabled()
    await page.get_by_label("Amount", exact=True).fill("12.5")
    await expect(page.locator("[data-plan]:visible")).to_contain_text("€12.50 will go back to the customer")
    already = len(await work.talks.shop.refunds_of(DELIVERED))
    await page.get_by_role("button", name="Refund €12.50").click()
    await page.get_by_role("button", name="Tell the customer").click()
    await expect(page.get_by_label("Your message")).to_have_value(containing("I have refunded €12.50"))
    refunds = await work.talks.shop.refunds_of(DELIVERED)
    assert len(refunds) == already + 1 and str(refunds[0].amount.amount) == "12.50"
    await expect(page.locator(".order").first).to_contain_text(refunds[0].number)


async def test_a_conversation_is_closed_with_a_reason_by_the_keyboard(work: Work) -> None:
    await work.write("Done.")
    await work.page.keyboard.press("Enter")
    await expect(work.page.locator(".line.agent")).to_contain_text("Done.")
    await work.page.keyboard.press("Escape")
    await work.page.keyboard.press("c")
    await work.page.locator("#close-reason").select_option("answered")
    await work.page.locator("dialog[open] [data-confirm]").click()
    await expect(work.page.get_by_text("This is closed")).to_be_visible()
    assert await work.state() == (State.CLOSED, "answered")
    await expect(work.page.locator(".line").last).to_contain_text("Asked for a rating")


async def test_a_conversation_is_handed_back_with_a_flow(work: Work) -> None:
    await work.page.get_by_role("button", name="Hand back").first.click()
    await work.page.get_by_label("What the assistant begins with").select_option(label="Return an item")
    await work.page.get_by_label("Note for the team").fill("Wants to return it after all.")
    await work.page.locator("dialog[open] [data-confirm]").click()
    await expect(work.page.locator(".line.note")).to_contain_text("Wants to return it after all.")
    assert await work.state() == (State.CLOSED, "handed_back")
    assert work.talks.house.bot.heard[-1].text == f'/return_item{{"order_number": "{DELIVERED}"}}'


async def test_a_foreign_language_is_read_and_written_through_the_translator(talks: Talks, browser: Browser) -> None:
    agent = await talks.house.agent("Tom", languages=("en",))
    ticket = await talks.held(agent, sender="foreign", language="de", text="Die Jacke ist zerrissen.")
    visit = await talks.house.visit(browser, agent, f"/desk/tickets/{ticket.id}")
    page = visit.page
    await expect(page.locator(".translation")).to_have_text("The jacket is torn.")
    await page.get_by_label("Your message").fill("I am sorry.")
    await expect(page.locator("[data-preview]")).to_have_text("Das tut mir leid.")
    await page.get_by_label("Your message").press("Enter")
    await expect(page.locator(".line.agent")).to_contain_text("Written as: I am sorry.")
    assert (await talks.house.said(ticket.conversation_id))[-1] == (Author.AGENT, "Das tut mir leid.")
    await visit.close()


async def test_the_page_changes_when_somebody_else_takes_the_conversation(talks: Talks, browser: Browser) -> None:
    agent, other = await talks.house.agent("Ida"), await talks.house.agent("Ole")
    ticket = await talks.about(DELIVERED, sender="wanted")
    visit = await talks.house.visit(browser, agent, f"/desk/tickets/{ticket.id}")
    await expect(visit.page.get_by_text("The customer waits")).to_be_visible()
    await talks.house.tickets.accept(ticket.id, other)
    await expect(visit.page.get_by_text("Ole has this conversation.")).to_be_visible()
    await expect(visit.page.get_by_role("tab", name="Answer")).to_have_count(0)
    await visit.close()


LOOKS = {"desktop": (1280, 800, "dark"), "tablet": (768, 1024, "light"), "phone": (360, 740, "dark")}
"""The size of the window, and its colours."""


@pytest.mark.parametrize("look", LOOKS)
async def test_everybody_can_use_it(talks: Talks, browser: Browser, look: str) -> None:
    width, height, scheme = LOOKS[look]
    agent = await talks.house.agent(f"Eva {look}")
    ticket = await talks.held(agent, sender=look, text="I'll see you in court!!", reason="claim")
    await talks.house.tickets.notes.add(ticket.conversation_id, agent, "A note.")
    await talks.house.tickets.answer(ticket.id, agent, "An answer.")
    # What fades in has no contrast for a moment.
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "reduced_motion": "reduce"}
    visit = await talks.house.visit(browser, agent, f"/desk/tickets/{ticket.id}", **options)
    assert "\n".join(await findings(visit.page)) == ""
    if look == "desktop":
        await visit.page.keyboard.press("Escape")
        await visit.page.keyboard.press("h")
        await expect(visit.page.get_by_label("Note for the team")).to_be_visible()
    else:
        await visit.page.locator("[data-panel]").click()
    assert "\n".join(await findings(visit.page)) == ""
    await visit.close()


async def findings(page: Page) -> list[str]:
    """What keeps people out, as this project's audit and, where it is installed, axe-core judge it."""
    found: list[str] = await page.evaluate(AUDIT)
    if AXE_SCRIPT.exists():
        # Evaluated and not added as an element, which the page's policy forbids.
        await page.evaluate(AXE_SCRIPT.read_text(encoding="utf-8"))
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        judged = await page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", tags)
        found += [f"{one['id']}: {node['html'][:160]}" for one in judged["violations"] for node in one["nodes"]]
    return found
