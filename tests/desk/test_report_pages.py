"""The board, reports, warnings and the review, as agents and supervisors get them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from desk.access.agents import Agent, Role
from desk.reports.pages import ReportPages
from desk.reports.report import Reports
from desk.reports.reviews import Reviews
from desk.reports.spikes import Spikes
from tests.desk.happenings import Past, at
from tests.desk.house import House, open_house

NOW = at("11-22 12:00")
INTENTS = ("greet", "return_item", "track_order")


def report_pages(house: House) -> ReportPages:
    reports = Reports(house.database, None, house.rules, house.now)
    return ReportPages(
        house.frame,
        house.database,
        house.access.audit,
        reports,
        Spikes(house.database, house.feed, None, house.now),
        Reviews(house.database, house.now),
        intents=INTENTS,
        titles=lambda language: {"shipping": f"Shipping ({language})"},
        now=house.now,
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, now=lambda: NOW, parts=lambda house: [report_pages(house)]) as house:
        yield house


async def test_figures_are_for_supervisors_and_the_review_for_everybody(desk: House) -> None:
    asked = {
        "/desk/board": 200,
        "/desk/reports": 200,
        "/desk/reports/days.csv": 200,
        "/desk/reports/nonsense.csv": 404,
        "/desk/warnings/1": 404,
        "/desk/review": 200,
        "/desk/review/en.yml": 200,
    }
    supervisor, agent = await desk.agent("Sue", Role.SUPERVISOR), await desk.agent("Mei")
    async with desk.client(supervisor) as client:
        assert {path: (await client.get(path)).status_code for path in asked} == asked
    async with desk.client(agent) as client:
        refused = {path: (await client.get(path)).status_code for path in asked}
        assert refused == {path: status if "review" in path else 403 for path, status in asked.items()}
        assert (await client.post("/desk/warnings/1/dismiss")).status_code == 403
    async with desk.client() as client:
        assert {(await client.get(path)).status_code for path in asked} == {303}


async def test_days_are_the_readers(desk: House) -> None:
    past = Past(desk.database)
    past.said("widget:ann", "11-20 23:30", text="Hello", language="de")
    await past.keep()
    for zone, day in (("Europe/Berlin", "2026-11-21"), ("America/New_York", "2026-11-20")):
        agent = await desk.agent(zone, Role.SUPERVISOR, email=f"{day}@halden.example", time_zone=zone)
        async with desk.client(agent) as client:
            rows = (await client.get("/desk/reports/days.csv?period=7d&language=de")).text.splitlines()
            assert [row.split(",")[0] for row in rows[1:] if ",1,1.0," in row] == [day]
            answer = await client.get("/desk/reports/days.csv?period=7d&language=fr")
            assert ",1," not in answer.text
            assert 'filename="days_2026-11-16_2026-11-22.csv"' in answer.headers["content-disposition"]


async def test_a_warning_is_shown_until_somebody_dismisses_it(desk: House) -> None:
    past = Past(desk.database)
    past.said("widget:old", NOW - timedelta(weeks=9))
    for number in range(8):
        text = "<b>broken</b>, I am anna@mail.example"
        past.said(f"widget:{number}", NOW - timedelta(hours=1), "report_damaged", text)
    await past.keep()
    (warned,) = await Spikes(desk.database, desk.feed, None, desk.now).look()
    async with desk.client(await desk.agent("Sue", Role.SUPERVISOR)) as client:
        assert "8 cases in 24 hours" in (await client.get("/desk/board?fragment=1")).text
        behind = (await client.get(f"/desk/warnings/{warned.id}")).text
        assert behind.count("&lt;b&gt;broken&lt;/b&gt;") == 8 and "anna@" not in behind
        answer = await client.post(f"/desk/warnings/{warned.id}/dismiss")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/board")
        assert "8 cases" not in (await client.get("/desk/board")).text


async def test_a_message_is_labelled(desk: House) -> None:
    past = Past(desk.database)
    for number, text in enumerate(("the first thing", "the second thing", "the third thing")):
        past.said("widget:ann", NOW - timedelta(hours=3 - number), "nlu_fallback", text)
    await past.keep()
    mei: Agent = await desk.agent("Mei")
    async with desk.client(mei) as client:
        page = (await client.get("/desk/review")).text
        first, second, third = sorted(map(int, re.findall(r'action="/desk/review/(\d+)"', page)))
        assert re.findall(r'<option value="([^"]+)">', page.split("<optgroup", 1)[1])[: 1 + len(INTENTS)] == [
            "return_item",
            "track_order",
            "greet",
            "ask_faq/shipping",
        ]
        for message, intent in ((first, "track_order"), (second, "none")):
            answer = await client.post(f"/desk/review/{message}", data={"intent": intent, "language": "en"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/desk/review?language=en")
        assert (await client.post(f"/desk/review/{third}", data={"intent": "made_up"})).status_code == 404
        assert (await client.post("/desk/review/4711", data={"intent": "greet"})).status_code == 404
        page = (await client.get("/desk/review")).text
        assert "the third thing" in page and "the first thing" not in page and "the second thing" not in page
        exported = (await client.get("/desk/review/en.yml")).text
    done = [entry.action for entry in await desk.access.audit.entries(agent_id=mei.id)]
    assert done == ["examples_exported", "message_reviewed", "message_reviewed"]
    assert "intent: track_order" in exported and "the first thing" in exported and "second" not in exported
