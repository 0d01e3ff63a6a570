"""A customer at the widget and agents at the desk, in Chromium, with the real server and the trained model."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.app.conftest import Server
from tests.browsers import CHROMIUM, PATIENCE
from tests.forks import run

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
    pytest.mark.asyncio(loop_scope="function"),
]

PASSWORD = "quiet river, red stone"


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@dataclass
class Customer:
    """Somebody with the chat open."""

    page: Page

    @property
    def log(self) -> Locator:
        """What was said."""
        return self.page.get_by_role("log")

    async def write(self, text: str) -> None:
        """Send a message."""
        field = self.page.locator("aftercare-chat .composer textarea")
        await field.fill(text)
        await field.press("Enter")


async def open_chat(browser: Browser, server: Server) -> Customer:
    """A new customer, who reads German."""
    context = await browser.new_context(base_url=server.url, locale="de-DE", viewport={"width": 420, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    await page.goto("/?language=de")
    await page.locator("aftercare-widget button.launcher").click()
    return Customer(page)


async def sign_in(browser: Browser, server: Server, name: str) -> Page:
    """A new agent at the desk, by the link that the command prints."""
    email = f"{name.lower()}@halden.example"
    added = run(server.home, "agents", "add", email, name, "--language", "en", "--language", "de", COLUMNS="300")
    link = re.search(r"/desk/welcome/\S+", added.stdout)
    assert link, added.stderr
    context = await browser.new_context(base_url=server.url, locale="en-GB", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    await page.goto(link[0])
    for field in await page.locator("input[type=password]").all():
        await field.fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.goto("/desk/queue")
    await expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    return page


async def answer(desk: Page, text: str, mode: str = "answer") -> None:
    """Write something on the page of a conversation."""
    await desk.locator(f"[data-mode={mode}]").click()
    await desk.locator("textarea[name=text]").fill(text)
    await desk.locator("textarea[name=text]").press("Enter")


async def accept(desk: Page) -> None:
    """Accept a ticket on its page. Where it is offered to somebody at that moment, the page says that it has changed,
    and one does it again.
    """
    async with asyncio.timeout(PATIENCE / 1000):
        while not await desk.locator("[data-mode=answer]").count():
            await desk.locator("[data-do=accept]").click()
            with suppress(AssertionError):
                await expect(desk.locator("[data-mode=answer]")).to_be_visible(timeout=3000)


async def confirm(desk: Page, dialog: str) -> None:
    """Open a dialog, and go on with what it has chosen."""
    await desk.locator(f"[data-open={dialog}]").first.click()
    await desk.locator(f"#dialog-{dialog} [data-confirm]").click()


async def test_from_the_wish_for_a_person_to_the_rating(browser: Browser, server: Server) -> None:
    customer = await open_chat(browser, server)
    first = await sign_in(browser, server, "Mei")
    second = await sign_in(browser, server, "Jo")
    await customer.write("Wo bleibt meine Bestellung AC-104233? lucia.fernandez@correo.example")
    await expect(customer.log.get_by_text("AC-104233").last).to_be_visible()
    await customer.write("Ich möchte mit einem Menschen sprechen")
    await expect(customer.log.get_by_role("button", name="Zurück zum Assistenten")).to_be_visible()

    # It comes up in both queues, and one of them gets it.
    for desk in (first, second):
        await expect(desk.get_by_role("button", name="Accept").first).to_be_visible()
    row = first.locator("li.line").filter(has_text="AC-104233").first
    address = await row.get_by_role("link").get_attribute("href")
    assert address
    await first.goto(address)
    await accept(first)
    await expect(customer.log.get_by_text(re.compile("^Mei "))).to_be_visible()
    await second.goto(address)
    await expect(second.locator("[data-mode=answer]")).to_have_count(0)

    # They talk, the bot is silent, and a note stays among the team.
    await answer(first, "Guten Tag! Ich sehe nach.")
    await expect(customer.log.get_by_text("Ich sehe nach.")).to_be_visible()
    await customer.write("Danke, ich warte")
    await expect(first.get_by_role("log").get_by_text("Danke, ich warte")).to_be_visible()
    await answer(first, "seems to be impatient", mode="note")
    await expect(second.get_by_role("log").get_by_text("seems to be impatient")).to_be_visible()

    # It goes to the other one, who hands it back to the bot with something to do.
    await first.locator("[data-open=transfer]").click()
    await first.locator("#transfer-to").select_option(label=await first.locator("option", has_text="Jo ").inner_text())
    await first.locator("#dialog-transfer [data-confirm]").click()
    await expect(customer.log.get_by_text(re.compile("^Jo "))).to_be_visible()
    # A dialog that is open when the page hears of it is closed: the ticket is another one now.
    await expect(second.locator("[data-mode=answer]")).to_be_visible()
    await second.locator("[data-open=hand_back]").click()
    invoice = second.locator("#back-flow option[value^=request_invoice]")
    await second.locator("#back-flow").select_option(await invoice.get_attribute("value"))
    await second.locator("#dialog-hand_back [data-confirm]").click()
    await expect(customer.log.get_by_text("sechsstelliger Code")).to_be_visible()
    assert not await customer.log.get_by_text("seems to be impatient").count()

    # Once more; then it is closed, and rated.
    await customer.write("Ich möchte doch mit einem Menschen sprechen")
    await expect(customer.log.get_by_role("button", name="Zurück zum Assistenten").last).to_be_visible()
    await accept(second)
    await answer(second, "Das Paket kommt morgen.")
    await expect(customer.log.get_by_text("Das Paket kommt morgen.")).to_be_visible()
    await confirm(second, "close")
    await customer.log.get_by_role("radio").nth(4).check(force=True)
    await customer.log.get_by_role("button", name="Bewertung abschicken").click()
    await expect(second.locator(".rated").last).to_contain_text("★★★★★")
