"""The board, reports and the review: in Chromium, with findings of accessibility."""

import os
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from aftercare.settings import ROOT
from desk.access.agents import Role
from desk.events import DESK, presence_changed
from desk.reports.spikes import Spikes
from tests.browsers import IN_BROWSER
from tests.desk.happenings import Past
from tests.desk.house import House, open_house
from tests.desk.test_report_pages import NOW, report_pages

pytestmark = IN_BROWSER

AUDIT = (ROOT / "tests" / "audit.js").read_text(encoding="utf-8")

PICTURES = os.environ.get("AFTERCARE_TEST_PICTURES")
"""A folder for pictures of the pages, for people to look at."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("desk")
    async with open_house(home, now=lambda: NOW, parts=lambda house: [report_pages(house)]) as house:
        await happen(house)
        yield house


async def happen(house: House) -> None:
    """Four weeks of contacts, people at work, customers who wait, and lamps that break."""
    chance = random.Random(8)
    past = Past(house.database)
    past.said("widget:first", NOW - timedelta(weeks=10))
    agents = [past.agent(name, presence=presence) for name, presence in (("Mei Tan", "online"), ("Jan de Wit", "away"))]
    intents = ["track_order", "return_item", "refund_status", "ask_faq", "report_damaged", "request_invoice"]
    for number in range(300):
        moment = NOW - timedelta(days=28 * chance.random() ** 1.3, minutes=5)
        who = f"{chance.choice(['widget', 'widget', 'whatsapp', 'wechat'])}:c{number}"
        language = chance.choice(["en", "de", "de", "fr", "es", "zh"])
        intent = chance.choice([*intents, "nlu_fallback"])
        past.said(
            who, moment, intent, "I do not know how to say it", language=language, answered=chance.uniform(0.2, 3)
        )
        if chance.random() < 0.3:
            when = f"{moment:%m-%d %H:%M}"
            answered = moment + timedelta(minutes=1 + chance.expovariate(1 / 6))
            closed = answered + timedelta(minutes=5 + chance.expovariate(1 / 90))
            asked = past.asked(who, f"{closed:%m-%d %H:%M}", chance.choice([None, 2, 3, 4, 5, 5, 5]))
            past.ticket(
                who,
                when,
                answered=f"{answered:%m-%d %H:%M}",
                closed=f"{closed:%m-%d %H:%M}",
                agent_id=chance.choice(agents),
                language=language,
                intent=intent,
                rating_message_id=asked,
            )
    for number in range(9):
        past.said(f"widget:lamp{number}", NOW - timedelta(hours=1), "report_damaged", "My lamp arrived broken")
    for number, language in enumerate(("de", "de", "fr")):
        past.ticket(
            f"widget:lamp{number}",
            f"11-22 11:{20 + 9 * number}",
            state="waiting",
            language=language,
            answer_due_at=NOW + timedelta(minutes=number - 1),
        )
    past.ticket("widget:lamp5", "11-22 11:10", answered="11-22 11:12", agent_id=agents[0])
    await past.keep()
    assert await Spikes(house.database, house.feed, None, house.now).look()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_pages_are_readable(browser: Browser, desk: House, width: int, scheme: str) -> None:
    locale = {1280: "en", 360: "de"}[width]
    address = f"{scheme}{width}@halden.example"
    agent = await desk.agent("Sue", Role.SUPERVISOR, email=address, locale=locale, time_zone="Europe/Berlin")
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    visit = await desk.visit(browser, agent, "/desk/board", **options)
    findings: list[tuple[str, str]] = []
    for name, path in (("board", "board"), ("report", "reports"), ("review", "review"), ("warning", "warnings/1")):
        await visit.page.goto(f"/desk/{path}")
        await expect(visit.page.locator("main h1")).to_be_visible()
        findings += [(name, finding) for finding in await visit.page.evaluate(AUDIT)]
        if PICTURES:
            await visit.page.screenshot(path=Path(PICTURES) / f"{name}_{width}_{scheme}.png", full_page=True)
    await visit.close()
    assert findings == []


async def test_the_board_shows_who_comes(browser: Browser, desk: House) -> None:
    agent = await desk.agent("Sol", Role.SUPERVISOR, time_zone="Europe/Berlin")
    visit = await desk.visit(browser, agent, "/desk/board")
    row = visit.page.get_by_role("row", name="Jan de Wit")
    await expect(row).to_contain_text("Away")
    await desk.access.agents.change(2, presence="online")
    await desk.feed.publish(DESK, presence_changed(2, "online"))
    await expect(row).to_contain_text("Online")
    await visit.close()
