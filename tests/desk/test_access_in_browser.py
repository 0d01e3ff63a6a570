"""Signing in with a real browser: its own idea of where requests come from, and of what everybody can read."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from desk.access.agents import Agent, Role
from tests.browsers import IN_BROWSER
from tests.desk.entering import PASSWORD
from tests.desk.house import House, open_house

AUDIT = (Path(__file__).parents[1] / "audit.js").read_text(encoding="utf-8")
AXE = Path(os.environ.get("AFTERCARE_TEST_AXE", Path.home() / ".cache" / "aftercare" / "axe"))
AXE_SCRIPT = AXE / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = IN_BROWSER


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def ada(house: House) -> Agent:
    """An administrator with a password."""
    ada = await house.access.agents.add("ada@halden.example", "Ada", Role.ADMINISTRATOR)
    await house.access.credentials.set_password(ada.id, PASSWORD)
    return ada


async def open_browser(browser: Browser, house: House, **options: object) -> BrowserContext:
    return await browser.new_context(base_url=house.url, locale="en-GB", **options)  # type: ignore[arg-type]


async def test_signing_in_with_two_steps_and_out_everywhere(browser: Browser, house: House, ada: Agent) -> None:
    context = await open_browser(browser, house)
    page = await context.new_page()
    await page.goto("/desk/audit")
    await page.get_by_label("E-mail address").fill("ada@halden.example")
    await page.get_by_label("Password").fill("not the right words")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is not right.")
    # The address is still there, and one can go on typing.
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")

    await page.goto("/desk/account/totp")
    await page.get_by_text("I cannot scan it").click()
    secret = (await page.locator("details code").inner_text()).replace(" ", "")
    await expect(page.get_by_role("img")).to_have_js_property("naturalWidth", 245)
    await page.get_by_label("Enter the six digits").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Turn on two-step sign-in").click()
    await expect(page.get_by_role("status").filter(has_text="Two-step sign-in is on.")).to_be_visible()

    other = await (await open_browser(browser, house)).new_page()
    await other.goto("/desk/login")
    await other.get_by_label("E-mail address").fill("ada@halden.example")
    await other.get_by_label("Password").fill(PASSWORD)
    await other.keyboard.press("Enter")
    # The code that turned it on is used up; the next one is good already.
    next_code = pyotp.TOTP(secret).at(house.now() + timedelta(seconds=30))
    await other.get_by_label("Code").fill(next_code)
    await other.keyboard.press("Enter")
    await other.wait_for_url("**/desk/queue")
    await other.goto("/desk/account")
    await other.get_by_role("button", name="Sign out everywhere").click()
    await expect(other.get_by_text("You are signed out.")).to_be_visible()
    await page.goto("/desk/account")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await house.access.credentials.turn_totp_off(ada.id, by=None)
    await context.close()
    await other.context.close()


async def test_everybody_can_use_the_pages(browser: Browser, house: House, ada: Agent) -> None:
    context = await open_browser(browser, house, viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = await context.new_page()
    link = await house.access.links.make(ada.id, timedelta(hours=1))
    await see(page, link.removeprefix(house.url), "/desk/welcome/unknown", "/desk/login")
    await page.get_by_label("E-mail address").fill("ada@halden.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk/queue")
    await see(page, "/desk/account", "/desk/agents", "/desk/audit")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.emulate_media(color_scheme="light")
    await see(page, "/desk/audit?action=nothing", f"/desk/agents/{ada.id}", "/desk/account/totp", "/desk/agents/new")
    await page.get_by_label("Name").fill("Mei")
    await page.get_by_label("E-mail address").fill("mei@halden.example")
    await page.get_by_role("button", name="Create the account").click()
    await expect(page.get_by_text("Please choose at least one language.")).to_be_visible()
    assert await findings(page) == []
    await context.close()


async def see(page: Page, *paths: str) -> None:
    """Look at pages; none of them keeps anybody out."""
    for path in paths:
        await page.goto(path)
        assert await findings(page) == [], path


async def findings(page: Page) -> list[str]:
    """What keeps people out, as this project's audit and, where it is installed, axe-core judge it."""
    found: list[str] = await page.evaluate(AUDIT)
    if AXE_SCRIPT.exists():
        await page.evaluate(AXE_SCRIPT.read_text(encoding="utf-8"))
        judged = await page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", TAGS)
        found += [f"{one['id']}: {node['html']}" for one in judged["violations"] for node in one["nodes"]]
    return found
