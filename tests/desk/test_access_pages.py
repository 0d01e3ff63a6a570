"""Who may do and see what: the pages of accounts and of the record, the command line, and what all pages have."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from aftercare.cli import app
from desk.access.agents import Agent, Agents, InvalidAgent, Presence, Role
from desk.access.links import INVITATION
from desk.access.permissions import May, may, sees
from desk.access.web import HEADERS
from storage import Database
from tests.desk.entering import PASSWORD, Clock, Doors, database_url, migrated, serve  # noqa: F401

ADA = "ada@halden.example"
MEI = "mei@halden.example"


@pytest_asyncio.fixture
async def doors(database: Database) -> AsyncIterator[Doors]:
    async with serve(database, Clock(), teams=("support", "technical"), skills=("returns", "billing")) as doors:
        yield doors


def test_each_role_may_do_more() -> None:
    mei = Agent(1, MEI, "Mei", Role.AGENT, "support", "en", ("en",), (), "UTC", 5, Presence.ONLINE, True, False)
    allowed = {role: {what for what in May if may(replace(mei, role=role), what)} for role in Role}
    assert allowed == {
        Role.AGENT: {May.WORK, May.REVIEW},
        Role.SUPERVISOR: {May.WORK, May.REVIEW, May.MOVE, May.REPORTS, May.CANNED},
        Role.ADMINISTRATOR: set(May),
    }
    assert not any(may(replace(mei, role=role, disabled=True), what) for role in Role for what in May)

    def ticket(team: str | None, agent_id: int | None) -> SimpleNamespace:
        return SimpleNamespace(team=team, agent_id=agent_id)

    seen = [sees(mei, each) for each in (ticket(None, None), ticket("support", 2), ticket("technical", 1))]
    assert seen == [True, True, True]
    hidden = ticket("technical", 2)
    assert not sees(mei, hidden) and sees(replace(mei, role=Role.SUPERVISOR), hidden)


async def test_pages_are_for_those_who_may(doors: Doors) -> None:
    agent, supervisor = await doors.signed_in(MEI), await doors.signed_in("eva@halden.example", Role.SUPERVISOR)
    administrator = await doors.signed_in(ADA, Role.ADMINISTRATOR)
    for path in ("/desk/agents", "/desk/agents/new", "/desk/agents/1", "/desk/audit"):
        statuses = [(await visitor.open(path)).status_code for visitor in (agent, supervisor, administrator)]
        assert statuses == [403, 403, 200], path
    posts = ("new", "1", "1/link", "1/totp/off", "1/sessions/end", "1/disable", "1/enable")
    for visitor in (agent, supervisor):
        await visitor.open("/desk/account")
        assert {(await visitor.submit(f"/desk/agents/{path}")).status_code for path in posts} == {403}
    assert (await agent.get("/desk/room")).status_code == 200
    rooms = [(await visitor.get("/desk/reports-room")).status_code for visitor in (agent, supervisor, administrator)]
    assert rooms == [403, 200, 200]
    # What somebody may is asked at each request, not at signing in.
    await doors.access.agents.change(1, role=Role.SUPERVISOR)
    assert (await agent.get("/desk/reports-room")).status_code == 200


async def test_an_administrator_invites_somebody(doors: Doors) -> None:
    administrator = await doors.signed_in(ADA, Role.ADMINISTRATOR)
    await administrator.open("/desk/agents/new")
    fields: dict[str, Any] = {"email": "Mei@Halden.example", "name": " Mei  Lin ", "role": "agent", "team": "support"}
    fields |= {"capacity": "7", "locale": "fr", "time_zone": "Europe/Paris"}
    choices: dict[str, Any] = {"languages": ["es", "fr", "xx"], "skills": ["returns"]}
    faults: tuple[dict[str, Any], ...] = (
        {"email": "mei"},
        {"name": ""},
        {"role": "king"},
        {"capacity": "many"},
        {"capacity": "51"},
        {"time_zone": "Mars"},
        {"languages": []},
        {"email": ADA},
    )
    for wrong in faults:
        refused = await administrator.submit("/desk/agents/new", **{**fields, **choices, **wrong})
        assert refused.status_code == 422 and 'aria-invalid="true"' in refused.text, wrong
        # What was entered is still there.
        assert 'value="fr" checked' in refused.text or "languages" in wrong
    made = await administrator.submit("/desk/agents/new", **fields, **choices)
    found = re.search(r'id="link" readonly value="([^"]+)"', made.text)
    assert made.status_code == 200 and found
    mei = await doors.access.agents.by_email(MEI)
    assert mei and (mei.name, mei.team, mei.capacity, mei.languages) == ("Mei Lin", "support", 7, ("fr", "es"))
    assert (mei.skills, mei.locale, mei.time_zone, mei.signs_in) == (("returns",), "fr", "Europe/Paris", False)

    visitor = doors.visitor()
    assert "Mei Lin" in (await visitor.open(html.unescape(found[1]))).text
    await visitor.submit(found[1], password=PASSWORD, again=PASSWORD)
    assert (await visitor.sign_in(MEI)).status_code == 303

    changed = await administrator.submit(f"/desk/agents/{mei.id}", **{**fields, **choices, "team": "", "capacity": "3"})
    assert changed.headers["location"] == f"/desk/agents/{mei.id}?done=saved"
    entry = (await doors.access.audit.entries(action="agent_changed"))[0]
    assert (entry.agent_id, entry.details) == (1, {"agent": mei.id, "columns": ["team", "capacity"]})
    page = await administrator.open("/desk/audit?agent=1&action=agent_added")
    assert "Created an account" in page.text and "agent_changed" not in page.text


async def test_ones_own_account(doors: Doors) -> None:
    mei = await doors.signed_in(MEI)
    there = doors.visitor()
    await there.sign_in(MEI)
    saved = await mei.submit("/desk/account", locale="de", time_zone="Asia/Shanghai")
    assert saved.headers["location"] == "/desk/account?done=saved"
    agent = await doors.access.agents.by_email(MEI)
    assert agent and (agent.locale, agent.time_zone, agent.sound) == ("de", "Asia/Shanghai", False)
    assert '<html lang="de"' in (await mei.open("/desk/account?done=saved")).text
    assert (await mei.submit("/desk/account", locale="xx", time_zone="UTC")).status_code == 422

    new = {"password": "another lamp entirely", "again": "another lamp entirely"}
    assert (await mei.submit("/desk/account/password", current="a guess", **new)).status_code == 422
    assert (await mei.submit("/desk/account/password", current=PASSWORD, **new)).status_code == 303
    assert (await mei.get("/desk/room")).status_code == 200
    assert (await there.get("/desk/room")).status_code == 401
    assert (await there.sign_in(MEI)).status_code == 422
    # Nobody guesses a password on a browser that was left alone.
    guesses = [await mei.submit("/desk/account/totp/off", totp_password="a guess") for _ in range(11)]
    assert guesses[-1].status_code == 422 and (await there.sign_in(MEI, "another lamp entirely")).status_code == 429


async def test_every_answer_has_the_headers(doors: Doors) -> None:
    mei, stranger = await doors.signed_in(MEI), doors.visitor()
    pages = [
        await stranger.open(path) for path in ("/desk/login", "/desk/welcome/unknown", "/desk/account", "/desk/room")
    ]
    pages += [await mei.open(path) for path in ("/desk/account", "/desk/account/totp", "/desk/agents", "/desk/room")]
    pages += [
        await stranger.sign_in(MEI, "wrong"),
        await mei.submit("/desk/room", csrf="wrong"),
        await mei.get("/desk/room"),
    ]
    pages += [await mei.open("/desk/account/totp.svg")]
    assert {page.status_code for page in pages} == {200, 303, 403, 404, 410, 422}
    for page in pages:
        assert {name: page.headers.get(name) for name in HEADERS} == HEADERS, page.url
        # Nothing that the policy forbids.
        assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|https?://(?!127)", page.text), page.url
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


async def test_a_secure_cookie_below_a_path(database: Database) -> None:
    async with serve(database, Clock(), secure=True, public_url="https://shop.example/care") as doors:
        await doors.agent(MEI)
        visitor = doors.visitor()
        login = await visitor.open("/desk/room")
        assert login.headers["location"] == "/care/desk/login?next=%2Fcare%2Fdesk%2Froom"
        cookie = (await visitor.sign_in(MEI, next="/care/desk/room")).headers["set-cookie"]
        assert "Secure" in cookie and "Path=/care/desk" in cookie
        link = await doors.access.links.make(None, INVITATION)
        assert link.startswith("https://shop.example/care/desk/welcome/")


async def test_what_cannot_be_about_an_account(database: Database) -> None:
    agents = Agents(database)
    mei = await agents.add(MEI, "Mei", Role.AGENT)
    with pytest.raises(TypeError, match="password_hash"):
        await agents.change(mei.id, password_hash="nothing")
    with pytest.raises(InvalidAgent, match="time_zone"):
        await agents.change(mei.id, time_zone="../etc/passwd")
    with pytest.raises(LookupError):
        await agents.change(99, presence=Presence.ONLINE)
    changed = await agents.change(mei.id, presence=Presence.ONLINE, skills=("returns", " returns", ""))
    assert (changed.presence, changed.skills) == (Presence.ONLINE, ("returns",))


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    monkeypatch.setenv("AFTERCARE_PUBLIC_URL", "https://shop.example")
    runner = CliRunner()

    def run(*arguments: str) -> str:
        result = runner.invoke(app, ["agents", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    added = run("add", MEI, "Mei", "--role", "supervisor", "--language", "zh", "--language", "en")
    assert "https://shop.example/desk/welcome/" in added
    assert re.search(rf"{MEI}\s+Mei\s+supervisor\s+zh, en\s+invited", run("list"))
    assert run("link", MEI, "--reset-totp").count("https://") == 1
    run("disable", MEI)
    assert "disabled" in run("list")
    run("enable", MEI)
    with pytest.raises(Exception, match="already"):
        run("add", MEI, "Mei")
    with pytest.raises(Exception, match="no account"):
        run("disable", "nobody@halden.example")
