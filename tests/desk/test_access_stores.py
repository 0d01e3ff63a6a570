"""What two do at the same moment: accounts, sessions, links and the record, on each database."""

import asyncio
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from desk.access.agents import Agent, EmailTaken, LastAdministrator, Role
from desk.access.audit import Audit
from desk.access.credentials import LinkUsed
from desk.access.passwords import Passwords
from desk.access.sessions import OVERLAP, RENEWED_AFTER, SignedIn
from desk.access.web import Access
from storage import Database
from tests.desk.entering import PASSWORD, QUICK, SECRET, Clock


@pytest.fixture
def access(database: Database) -> Access:
    return Access(database, SECRET, Clock(), passwords=Passwords(QUICK))


async def account(access: Access, name: str, role: Role = Role.AGENT) -> Agent:
    agent = await access.agents.add(f"{name}@halden.example", name, role)
    await access.credentials.set_password(agent.id, PASSWORD)
    return agent


async def at_once(*work: Any) -> tuple[list[Any], list[Exception]]:
    """What came of things that were begun together: results, and errors."""
    done = await asyncio.gather(*work, return_exceptions=True)
    return [each for each in done if not isinstance(each, Exception)], [e for e in done if isinstance(e, Exception)]


async def test_of_two_who_do_the_same_one_is_first(access: Access) -> None:
    made, errors = await at_once(*(account(access, "Ada", Role.ADMINISTRATOR) for _ in range(2)))
    assert len(made) == 1 and [type(error) for error in errors] == [EmailTaken]
    ada = made[0]

    # Two administrators who leave at once: one has to stay.
    eva = await account(access, "Eva", Role.ADMINISTRATOR)
    leaving = (access.agents.disable(ada.id), access.agents.change(eva.id, role=Role.AGENT))
    _, errors = await at_once(*leaving)
    assert [type(error) for error in errors] == [LastAdministrator]

    # A link, and a code.
    mei = await account(access, "Mei")
    token = (await access.links.make(mei.id, timedelta(hours=1))).rpartition("/")[2]
    used = (access.credentials.set_password_by_link(access.links, token, PASSWORD) for _ in range(2))
    assert [type(error) for error in (await at_once(*used))[1]] == [LinkUsed]
    clock = Clock()
    secret = access.authenticator.offered(access.authenticator.offer(mei.id), mei.id)
    assert secret
    assert await access.credentials.turn_totp_on(mei.id, secret, pyotp.TOTP(secret).at(clock()))
    code = pyotp.TOTP(secret).at(clock(), counter_offset=1)
    assert sorted((await at_once(*(access.credentials.check_code(mei.id, code) for _ in range(2))))[0]) == [False, True]


async def test_of_two_requests_one_gets_the_new_token(database: Database) -> None:
    clock = Clock()
    access = Access(database, SECRET, clock, passwords=Passwords(QUICK))
    mei = await account(access, "Mei")
    token = await access.sessions.begin(mei.id, "Firefox, Linux")
    clock.move(seconds=RENEWED_AFTER.total_seconds())
    came: list[SignedIn]
    came, errors = await at_once(*(access.sessions.go_on(token) for _ in range(4)))
    assert not errors and all(each and each.agent.id == mei.id for each in came)
    new = [each.token for each in came if each.token]
    assert len(new) == 1
    assert len({access.sessions.csrf(each.session) for each in came}) == 1
    clock.move(seconds=OVERLAP.total_seconds() + 1)
    assert await access.sessions.go_on(new[0])
    # The replaced one ends it all.
    assert await access.sessions.go_on(token) is None
    assert await access.sessions.go_on(new[0]) is None
    assert await access.sessions.of(mei.id) == []


async def test_the_record_is_read_page_by_page(database: Database) -> None:
    clock = Clock()
    access = Access(database, SECRET, clock, passwords=Passwords(QUICK))
    mei = await access.agents.add("mei@halden.example", "Mei", Role.AGENT)
    audit = Audit(database, clock)
    for number in range(5):
        clock.move(minutes=1)
        await audit.record(mei.id, "ticket_seen", conversation_id="widget:1", ticket_id=number, key=str(number))
    await audit.record(None, "sign_in_failed")
    first = await audit.entries(agent_id=mei.id, limit=3)
    assert [entry.ticket_id for entry in first] == [4, 3, 2]
    rest = await audit.entries(agent_id=mei.id, before=first[-1].id)
    assert [entry.details for entry in rest] == [{"key": "1"}, {"key": "0"}]
    assert [entry.agent_id for entry in await audit.entries(action="sign_in_failed")] == [None]
    assert len(await audit.entries(conversation_id="widget:1")) == 5
    # What is done in a transaction that fails is not on record either.
    with pytest.raises(RuntimeError):
        async with database.writing() as connection:
            await audit.write(connection, mei.id, "ticket_closed")
            raise RuntimeError
    assert await audit.entries(action="ticket_closed") == []
    assert await audit.forget(clock() - timedelta(minutes=2), dry_run=True) == 2
    assert await audit.forget(clock() - timedelta(minutes=2)) == 2
