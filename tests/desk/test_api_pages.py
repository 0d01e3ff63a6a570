"""The pages on which administrators make tokens and webhooks, and the description of the API, in a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from desk.access.agents import Role
from desk.api.happenings import EVENTS
from desk.api.tokens import Scope
from tests.browsers import IN_BROWSER
from tests.desk.programs import Programs, open_programs

pytestmark = IN_BROWSER


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def programs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Programs]:
    async with open_programs(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


AUDIT = (Path(__file__).parents[1] / "audit.js").read_text(encoding="utf-8")


async def test_administrators_make_and_revoke_tokens_on_a_page(programs: Programs, browser: Browser) -> None:
    house = programs.house
    boss = await house.agent("Ada", Role.ADMINISTRATOR)
    async with house.client(await house.agent("Mei")) as client:
        assert (await client.get("/desk/tokens")).status_code == 403
        assert (await client.post("/desk/tokens", data={"name": "x", "scopes": "notes"})).status_code == 403
    visit = await house.visit(browser, boss, "/desk/tokens")
    page = visit.page
    await page.get_by_label("Name").fill("Warehouse")
    await page.get_by_role("button", name="Make token").click()
    await expect(page.get_by_role("alert")).to_contain_text("at least one scope")
    await expect(page.get_by_label("Name")).to_have_value("Warehouse")
    await page.get_by_label("tickets:read").check()
    await page.get_by_role("button", name="Make token").click()
    await expect(page.locator(".secret")).to_be_visible()
    shown = await page.locator(".secret").inner_text()
    assert await programs.tokens.admit(shown)
    await page.goto("/desk/tokens")
    await expect(page.get_by_role("cell", name="Warehouse", exact=True)).to_be_visible()
    assert shown not in await page.content()
    await page.get_by_role("button", name="Revoke Warehouse").click()
    await expect(page.get_by_role("cell", name="Revoked")).to_be_visible()
    assert await programs.tokens.admit(shown) is None
    await page.get_by_label("Address").fill("https://10.0.0.1/hook")
    await page.get_by_label("ticket.opened").check()
    await page.get_by_role("button", name="Add webhook").click()
    await expect(page.get_by_role("alert")).to_contain_text("reachable from the internet")
    await page.get_by_label("Address").fill("https://8.8.8.8/hook")
    await page.get_by_label("ticket.opened").check()
    await page.get_by_role("button", name="Add webhook").click()
    await expect(page.locator(".secret")).to_contain_text("whsec_")
    await page.get_by_role("link", name="https://8.8.8.8/hook").click()
    await expect(page.get_by_role("main")).to_contain_text("Nothing has been sent")
    said = [line for line in visit.said if "422" not in line]
    await page.context.close()
    assert said == []


@pytest.mark.parametrize("width", [1280, 360])
async def test_the_pages_keep_nobody_out(programs: Programs, browser: Browser, width: int) -> None:
    house = programs.house
    ada = await house.agent(f"Ada {width}", Role.ADMINISTRATOR)
    await programs.tokens.make("Warehouse", list(Scope), ada.id)
    await programs.webhooks.add("https://8.8.8.8/hook", EVENTS)
    for path in ("/desk/tokens", "/docs", "/desk/tokens/webhooks/1"):
        visit = await house.visit(browser, ada, path, viewport={"width": width, "height": 800})
        assert await visit.page.evaluate(AUDIT) == []
        await visit.close()
