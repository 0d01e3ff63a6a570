"""Signing in and staying signed in: over real connections, with a real database."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pyotp
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from sqlalchemy import select, text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from desk.access.agents import AGENTS, LastAdministrator, Role
from desk.access.sessions import LASTS, OVERLAP, RENEWED_AFTER
from desk.access.throttle import Throttle
from desk.access.web import COOKIE, first_administrator_link
from storage import Database
from tests.desk.entering import PASSWORD, Clock, Doors, database_url, migrated, serve  # noqa: F401

MEI = "mei@halden.example"
JONAS = "jonas@halden.example"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def doors(database: Database, clock: Clock) -> AsyncIterator[Doors]:
    async with serve(database, clock) as doors:
        yield doors


async def test_signing_in_leads_where_one_wanted_to_go(doors: Doors) -> None:
    mei = await doors.agent()
    visitor = doors.visitor()
    away = await visitor.open("/desk/room?page=2")
    assert (away.status_code, away.headers["location"]) == (303, "/desk/login?next=%2Fdesk%2Froom%3Fpage%3D2")
    login = await visitor.open(away.headers["location"])
    assert 'name="next" value="/desk/room?page=2"' in login.text

    entered = await visitor.sign_in("MEI@halden.example ", next="/desk/room?page=2")
    assert (entered.status_code, entered.headers["location"]) == (303, "/desk/room?page=2")
    assert (await visitor.get("/desk/room")).json() == {"agent": mei.id}
    cookie = entered.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/desk", "Max-Age=2592000"))
    assert "Secure" not in cookie
    # The token itself is nowhere in the database.
    async with doors.database.reading() as connection:
        stored = (await connection.execute(text("SELECT token_hash FROM desk_sessions"))).scalars().all()
    assert visitor.cookies[COOKIE] not in stored

    # Whoever is signed in already needs not sign in; and no link leads out of the desk.
    for onwards in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/desk//elsewhere.example",
        "/help",
        "/desk/\\x",
    ):
        assert (await visitor.open(f"/desk/login?next={onwards}")).headers["location"] == "/desk/queue"


async def test_a_refusal_does_not_tell_whether_there_is_an_account(doors: Doors) -> None:
    await doors.agent()
    gone = await doors.agent("gone@halden.example")
    await doors.access.agents.disable(gone.id)
    await doors.access.agents.add("new@halden.example", "New", Role.AGENT)
    emails = (MEI, "gone@halden.example", "new@halden.example", "nobody@halden.example")
    refusals = [await doors.visitor().sign_in(email, "not the right words") for email in emails]
    assert {refusal.status_code for refusal in refusals} == {422}
    assert len({refusal.text.replace(email, "") for refusal, email in zip(refusals, emails, strict=True)}) == 1
    assert not any("set-cookie" in refusal.headers for refusal in refusals)
    # The right password is of no use to somebody who is gone.
    assert (await doors.visitor().sign_in("gone@halden.example")).status_code == 422
    failures = [entry for entry in await doors.access.audit.entries() if entry.action == "sign_in_failed"]
    assert len(failures) == 5 and all(entry.agent_id is None for entry in failures)


async def test_who_tries_too_often_has_to_wait(doors: Doors) -> None:
    await doors.agent()
    doors.access.throttle = Throttle(allowances={"account": "3/hour", "address": "7/hour"})
    attempts = [await doors.visitor().sign_in(MEI, "wrong") for _ in range(4)]
    assert [attempt.status_code for attempt in attempts] == [422, 422, 422, 429]
    assert int(attempts[3].headers["retry-after"]) > 0
    # Not even with the right password; others can.
    assert (await doors.visitor().sign_in(MEI)).status_code == 429
    await doors.agent(JONAS)
    assert (await doors.visitor().sign_in(JONAS)).status_code == 303
    # Then too much has come from this address.
    assert [(await doors.visitor().sign_in(JONAS)).status_code for _ in range(2)] == [303, 429]


async def test_attempts_are_counted_for_all_processes(redis_url: str) -> None:
    one, other = (Throttle(redis_url, {"account": "1/hour"}) for _ in range(2))
    await one.spend("account", MEI)
    with pytest.raises(Exception, match="try again"):
        await other.spend("account", MEI)
    await other.forgive("account", MEI)
    await one.spend("account", MEI)


async def test_a_code_is_good_once(doors: Doors) -> None:
    mei = await doors.signed_in()
    page = await mei.open("/desk/account/totp")
    found = re.search(r'name="offer" value="([^"]+)"', page.text)
    assert found
    offer = found[1]
    agent = await doors.access.agents.by_email(MEI)
    assert agent
    secret = doors.access.authenticator.offered(offer, agent.id)
    assert secret
    picture = await mei.get("/desk/account/totp.svg", params={"offer": offer})
    assert picture.headers["content-type"] == "image/svg+xml" and picture.content.startswith(b"<svg")

    def code(steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(doors.clock(), counter_offset=steps)

    assert (await mei.submit("/desk/account/totp", offer=offer, code="12345")).status_code == 422
    assert (await mei.submit("/desk/account/totp", offer=offer, code=code())).status_code == 303
    async with doors.database.reading() as connection:
        stored = (await connection.execute(select(AGENTS.c.totp_secret))).scalar_one()
    assert secret.encode() not in stored

    # What turned it on is used up.
    visitor = doors.visitor()
    step = await visitor.sign_in(MEI)
    assert step.status_code == 200 and "set-cookie" not in step.headers
    found = re.search(r'name="step" value="([^"]+)"', step.text)
    assert found
    fields = {"step": found[1], "next": "/desk/room"}
    assert (await visitor.submit("/desk/login/code", code=code(), **fields)).status_code == 422
    doors.clock.move(seconds=30)
    # People type codes in two groups, and some clocks are slow.
    entered = await visitor.submit("/desk/login/code", code=f"{code()[:3]} {code()[3:]}", **fields)
    assert (entered.status_code, entered.headers["location"]) == (303, "/desk/room")
    assert (await doors.visitor().submit("/desk/login/code", code=code(), **fields)).status_code == 422
    assert (await doors.visitor().submit("/desk/login/code", code=code(-1), **fields)).status_code == 422
    # The first step does not last, and is over with the password.
    doors.clock.move(minutes=6)
    late = await doors.visitor().submit("/desk/login/code", code=code(), **fields)
    assert late.status_code == 422 and "too long" in late.text
    fresh = await doors.visitor().sign_in(MEI)
    found = re.search(r'name="step" value="([^"]+)"', fresh.text)
    assert found
    await doors.access.credentials.set_password(agent.id, "another lamp entirely")
    over = await doors.visitor().submit("/desk/login/code", code=code(), step=found[1])
    assert over.status_code == 422 and "too long" in over.text

    await visitor.sign_in(MEI, "another lamp entirely")
    assert (await doors.actions()).count("totp_on") == 1


async def test_tokens_are_replaced_and_a_copy_is_worthless(doors: Doors) -> None:
    mei = await doors.signed_in()
    first = mei.cookies[COOKIE]
    doors.clock.move(seconds=RENEWED_AFTER.total_seconds())
    # A socket cannot be told of a new token, so it gets none.
    async with connect(_socket(doors), origin=_origin(doors), additional_headers={"cookie": f"{COOKIE}={first}"}):
        pass
    csrf = mei.csrf
    assert (await mei.get("/desk/room")).status_code == 200
    second = mei.cookies[COOKIE]
    assert second != first
    # Pages that were open before can still be used.
    assert (await mei.submit("/desk/room", csrf=csrf)).status_code == 200

    def holder(token: str) -> dict[str, str]:
        return {"cookie": f"{COOKIE}={token}"}

    doors.clock.move(seconds=OVERLAP.total_seconds())
    under_way = await doors.visitor().get("/desk/room", headers=holder(first))
    assert under_way.status_code == 200 and "set-cookie" not in under_way.headers
    doors.clock.move(seconds=1)
    # Two have it now: neither can go on.
    assert (await doors.visitor().get("/desk/room", headers=holder(first))).status_code == 401
    assert (await mei.get("/desk/room")).status_code == 401


async def test_sessions_end_by_themselves(doors: Doors) -> None:
    idle = await doors.signed_in()
    busy = doors.visitor()
    await busy.sign_in(MEI)
    doors.clock.move(hours=11)
    assert (await busy.get("/desk/room")).status_code == 200
    doors.clock.move(hours=1.5)
    assert (await idle.get("/desk/room")).status_code == 401
    assert (await busy.get("/desk/room")).status_code == 200
    for _ in range((LASTS - timedelta(hours=12.5)) // timedelta(hours=11)):
        doors.clock.move(hours=11)
        assert (await busy.get("/desk/room")).status_code == 200
    doors.clock.move(hours=11)
    assert (await busy.get("/desk/room")).status_code == 401
    assert await doors.access.sessions.forget(dry_run=True) == await doors.access.sessions.forget() == 2


async def test_signing_out_here_and_everywhere(doors: Doors) -> None:
    here = await doors.signed_in()
    there, phone = (doors.visitor(**{"user-agent": agent}) for agent in ("Firefox/132.0 Linux", "iPhone Safari/1"))
    for visitor in (there, phone):
        await visitor.sign_in(MEI)
    page = await here.open("/desk/account")
    assert "Firefox, Linux" in page.text and "Safari, iPhone" in page.text

    await there.open("/desk/account")
    out = await there.submit("/desk/logout")
    assert out.headers["location"] == "/desk/login?done=signed_out" and COOKIE not in there.cookies
    assert (await there.get("/desk/room")).status_code == 401

    async with connect(_socket(doors), origin=_origin(doors), additional_headers=_cookie(phone)) as socket:
        await socket.send("who am I?")
        assert await socket.recv() == "Mei"
        await here.submit("/desk/account/sessions/end")
        await socket.send("and now?")
        assert await socket.recv() == "nobody"
    assert [(await visitor.get("/desk/room")).status_code for visitor in (here, phone)] == [401, 401]
    assert (await doors.actions())[-2:] == ["signed_out", "sessions_ended"]

    # One's own sessions only.
    jonas = await doors.signed_in(JONAS)
    await phone.sign_in(MEI)
    other = (await doors.access.sessions.of(1))[0]
    assert (await jonas.submit(f"/desk/account/sessions/{other.id}/end")).status_code == 404
    assert (await phone.get("/desk/room")).status_code == 200


async def test_forged_requests_are_refused(doors: Doors) -> None:
    mei, jonas = await doors.signed_in(), await doors.signed_in(JONAS)
    own = {"origin": doors.url}
    token = {"x-csrf-token": mei.csrf or ""}
    assert (await mei.post("/desk/room", headers={**own, **token})).status_code == 200
    assert (await mei.post("/desk/room", headers={"sec-fetch-site": "same-origin", **token})).status_code == 200

    def code(response: httpx.Response) -> tuple[int, str]:
        return response.status_code, response.json()["error"]

    without = await mei.post("/desk/room", headers=own)
    assert code(without) == (403, "csrf_token")
    others = await mei.post("/desk/room", headers={**own, "x-csrf-token": jonas.csrf or ""})
    assert code(others) == (403, "csrf_token")
    for foreign in (
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": doors.url.replace("http", "ftp")},
        {"sec-fetch-site": "cross-site", **own},
        {"sec-fetch-site": "same-site", **own},
        {"sec-fetch-site": "none"},
        {},
    ):
        assert code(await mei.post("/desk/room", headers={**token, **foreign})) == (403, "foreign_origin")
    # A person gets a page, in their language.
    assert (await mei.submit("/desk/room", csrf="of somebody else")).headers["content-type"].startswith("text/html")

    # The token of a session is over with it.
    stale = mei.csrf
    await mei.submit("/desk/logout")
    await mei.sign_in(MEI)
    assert (await mei.submit("/desk/room", csrf=stale)).status_code == 403
    # Nobody can be signed in to an account that they did not choose, or out of theirs.
    foreign = {"origin": "https://elsewhere.example"}
    login = await mei.post("/desk/login", headers=foreign, data={"email": JONAS, "password": PASSWORD})
    assert code(login) == (403, "foreign_origin") and "set-cookie" not in login.headers
    assert (await mei.post("/desk/logout", headers=foreign)).status_code == 403
    assert (await mei.get("/desk/room")).json() == {"agent": 1}

    for headers, origin in (
        (_cookie(mei), Origin("https://elsewhere.example")),
        (_cookie(mei), None),
        ({}, _origin(doors)),
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(_socket(doors), origin=origin, additional_headers=headers):
                pass
        assert refused.value.response.status_code == (403 if headers else 401)


async def test_a_disabled_account_is_out_at_once(doors: Doors) -> None:
    admin = await doors.signed_in("ada@halden.example", Role.ADMINISTRATOR)
    mei = await doors.signed_in()
    account = await doors.access.agents.by_email(MEI)
    assert account
    link = await doors.access.links.make(account.id, LASTS)
    assert (await admin.submit(f"/desk/agents/{account.id}/disable")).status_code == 303
    assert (await mei.get("/desk/room")).status_code == 401
    assert (await doors.visitor().open(link)).status_code == 410
    assert (await admin.submit(f"/desk/agents/{account.id}/enable")).status_code == 303
    # The sessions are gone, not asleep.
    assert (await mei.get("/desk/room")).status_code == 401
    assert (await mei.sign_in(MEI)).status_code == 303

    # Somebody has to stay who can let others in.
    with pytest.raises(LastAdministrator):
        await doors.access.agents.disable(1)
    with pytest.raises(LastAdministrator):
        await doors.access.agents.change(1, role=Role.AGENT)
    refused = await admin.submit("/desk/agents/1/disable")
    assert refused.status_code == 422 and "another administrator" in refused.text


async def test_links_are_good_once(doors: Doors) -> None:
    first = await first_administrator_link(doors.access)
    link = await first_administrator_link(doors.access)
    assert first and link
    visitor = doors.visitor(**{"accept-language": "de"})
    assert (await visitor.open(first)).status_code == 410
    # Programs that look at links in messages do not use them up.
    for _ in range(2):
        assert (await visitor.open(link)).status_code == 200
    fields = {"name": "Ada", "email": "Ada@halden.example", "password": PASSWORD, "again": PASSWORD}
    for wrong in ({"password": "short"}, {"again": "another"}, {"email": "ada"}, {"name": " "}):
        assert (await visitor.submit(link, **{**fields, **wrong})).status_code == 422
    for password in ("ada@halden.example", "aaaaaaaaaaaa"):
        assert (await visitor.submit(link, **{**fields, "password": password, "again": password})).status_code == 422
    assert (await visitor.submit(link, **fields)).headers["location"] == "/desk/login?done=password"
    assert (await visitor.submit(link, **fields)).status_code == 410
    ada = await doors.access.agents.by_email("ada@halden.example")
    assert ada and (ada.role, ada.locale) == (Role.ADMINISTRATOR, "de")
    assert await first_administrator_link(doors.access) is None
    assert (await visitor.sign_in("ada@halden.example")).status_code == 303

    # A new password ends what was begun with the old one.
    link = await doors.access.links.make(ada.id, LASTS)
    new = {"password": "another lamp entirely", "again": "another lamp entirely"}
    doors.clock.move(hours=1)
    assert (await doors.visitor().submit(link, **new)).status_code == 303
    assert (await visitor.get("/desk/room")).status_code == 401
    assert (await visitor.sign_in("ada@halden.example")).status_code == 422
    over = await doors.access.links.make(ada.id, LASTS)
    doors.clock.move(seconds=LASTS.total_seconds())
    assert (await visitor.open(over)).status_code == 410


async def test_a_hash_is_brought_up_to_date(doors: Doors) -> None:
    await doors.agent()
    old = "$argon2id$v=19$m=32,t=1,p=1$"
    weak = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    assert weak.startswith(old)
    async with doors.database.writing() as connection:
        await connection.execute(AGENTS.update().values(password_hash=weak))
    assert (await doors.visitor().sign_in(MEI)).status_code == 303
    async with doors.database.reading() as connection:
        renewed = (await connection.execute(select(AGENTS.c.password_hash))).scalar_one()
    assert not renewed.startswith(old)
    assert (await doors.visitor().sign_in(MEI)).status_code == 303


def _socket(doors: Doors) -> str:
    return doors.url.replace("http", "ws") + "/desk/live-room"


def _origin(doors: Doors) -> Origin:
    return Origin(doors.url)


def _cookie(visitor: httpx.AsyncClient) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={visitor.cookies[COOKIE]}"}
