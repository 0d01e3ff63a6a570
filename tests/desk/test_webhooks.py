"""Webhooks: what is told, to whom, how it is signed, and what becomes of it when nobody takes it."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from conversations import Author
from desk.api.destinations import Destinations, Refused
from desk.api.happenings import EVENTS
from desk.api.signatures import TOLERANCE_SECONDS, is_signed
from desk.api.webhooks import DELIVERIES, GIVEN_UP, PATIENCE, WEBHOOKS, State, TooManyWebhooks, Webhooks
from storage import Workers
from tests.databases import PostgresServer
from tests.desk.hearing import LOOPBACK, Clock, Receiver, copy_of, migrated, receiving, work_off  # noqa: F401
from tests.desk.house import SECRET, House, open_house

MakeWebhooks = Callable[[], Webhooks]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[str]:  # noqa: F811
    """The URL of a migrated database: on SQLite, but where a test asks for PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield copy_of(migrated, tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgresql_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest_asyncio.fixture
async def house(tmp_path: Path, clock: Clock, database_url: str) -> AsyncIterator[House]:
    async with open_house(tmp_path, url=database_url, now=clock) as opened:
        yield opened


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@pytest_asyncio.fixture
async def make(house: House, clock: Clock) -> AsyncIterator[MakeWebhooks]:
    """What makes the webhooks of one process more."""
    made: list[Webhooks] = []

    def another() -> Webhooks:
        made.append(Webhooks(house.database, SECRET, Destinations(LOOPBACK), house.feed, clock))
        return made[-1]

    yield another
    for each in made:
        await each.close()


async def states(house: House) -> list[str]:
    async with house.database.reading() as connection:
        return list(await connection.scalars(select(DELIVERIES.c.state).order_by(DELIVERIES.c.id)))


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_what_happens_with_a_ticket_is_told_once_and_in_full(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock
) -> None:
    webhooks = make()
    await house.ask("before")
    clock.turn(seconds=1)
    await webhooks.add(f"{receiver.url}/hook", EVENTS)
    clock.turn(seconds=1)
    mei = await house.agent("Mei")
    ticket = await house.ask("ann", "Secret words", language="de")
    await house.tickets.accept(ticket.id, mei)
    await house.tickets.answer(ticket.id, mei, "Secret answer")
    await house.tickets.notes.add(ticket.conversation_id, mei, "Secret note")
    await house.tickets.close(ticket.id, mei, "solved")
    asked = (await house.conversations.messages(ticket.conversation_id))[-1]
    await house.conversations.rate(ticket.conversation_id, asked.id, 1, "Secret comment")
    clock.turn(seconds=1)
    await house.tickets.reopen(ticket.id, mei)

    assert await work_off(webhooks) > 0
    told = {each.body["event"]: each.body for each in receiver.told}
    # The ticket is open again: a webhook hears what is so, not what was so in between.
    assert set(told) == set(EVENTS) - {"ticket.closed", "warning.raised"}
    # Nothing is told of what was before the webhook.
    assert {each.body["data"]["conversation_id"] for each in receiver.told} == {ticket.conversation_id}
    opened = told["ticket.opened"]["data"]
    assert (opened["ticket_id"], opened["language"], opened["reason"]) == (ticket.id, "de", "asked")
    assert told["ticket.accepted"]["data"]["agent_id"] == mei.id
    assert told["rating.given"]["data"]["stars"] == 1
    assert told["message.created"]["at"].startswith("2026-11-22T12:00:0")
    said = await house.conversations.messages(ticket.conversation_id, limit=100)
    assert receiver.events.count("message.created") == len(said)
    assert b"Secret" not in b"".join(each.raw for each in receiver.told)
    assert len({each.body["id"] for each in receiver.told}) == len(receiver.told)

    # Neither another look nor another process, which looks back a day, tells anything again.
    clock.turn(minutes=1)
    assert [await work_off(each) for each in (webhooks, make())] == [0, 0]


async def test_texts_are_told_where_they_are_wanted_and_still_there(
    house: House, receiver: Receiver, make: MakeWebhooks
) -> None:
    webhooks = make()
    await webhooks.add(f"{receiver.url}/hook", ["message.created"], texts=True)
    conversation_id = await house.write("ann", "Where is my order?")
    await work_off(webhooks)
    by_author = {each.body["data"]["author"]: each.body["data"] for each in receiver.told}
    assert by_author[Author.CUSTOMER]["content"] == {"text": "Where is my order?"}
    assert by_author[Author.CUSTOMER]["conversation_id"] == conversation_id
    # Nothing of it is kept with the deliveries.
    async with house.database.reading() as connection:
        assert set(await connection.scalars(select(DELIVERIES.c.payload))) == {None}


async def test_requests_are_signed_with_the_key_that_was_shown_once(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock
) -> None:
    webhooks = make()
    _, key = await webhooks.add(f"{receiver.url}/hook", ["ticket.opened"])
    await house.ask()
    await work_off(webhooks)
    (told,) = receiver.told
    # As a receiver reads it, with nothing of ours.
    parts = dict(part.split("=", 1) for part in told.headers["aftercare-signature"].split(","))
    signed = hmac.new(key.encode(), parts["t"].encode() + b"." + told.raw, hashlib.sha256).hexdigest()
    assert (parts["v1"], int(parts["t"])) == (signed, int(clock.at.timestamp()))
    assert told.headers["aftercare-event"] == told.body["event"] == "ticket.opened"
    assert told.headers["aftercare-delivery"] == str(told.body["id"])

    header, now = told.headers["aftercare-signature"], clock.at.timestamp()
    assert is_signed(key, header, told.raw, now)
    assert not is_signed(key, header, told.raw + b" ", now)
    assert not is_signed(f"{key}0", header, told.raw, now)
    assert not is_signed(key, header, told.raw, now + TOLERANCE_SECONDS + 1)
    assert not is_signed(key, "t=x,v1=y", told.raw, now)
    # The database alone does not give the key away.
    async with house.database.reading() as connection:
        (row,) = await connection.execute(select(WEBHOOKS))
    assert key.encode() not in repr(row).encode() and row.secret.hex() not in key


async def test_what_is_not_taken_is_told_again_later_and_later(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock
) -> None:
    webhooks = make()
    await webhooks.add(f"{receiver.url}/hook", ["ticket.opened"])
    await house.ask()
    receiver.statuses = [500, 503]
    assert await work_off(webhooks) == 1
    assert await work_off(webhooks) == 0
    (webhook,) = await webhooks.all()
    (delivery,) = await webhooks.deliveries(webhook.id)
    assert (delivery.state, delivery.attempts, delivery.reason) == (State.WAITING, 1, "status 500")
    assert webhook.failing_since == clock.at
    clock.turn(seconds=10)
    assert await work_off(webhooks) == 1
    clock.turn(seconds=9)
    assert await work_off(webhooks) == 0
    clock.turn(seconds=11)
    assert await work_off(webhooks) == 1
    assert len({each.body["id"] for each in receiver.told}) == 1 and len(receiver.told) == 3
    assert await states(house) == [State.SENT]
    assert (await webhooks.all())[0].failing_since is None


async def test_after_a_day_something_is_given_up_and_after_five_the_webhook(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock
) -> None:
    webhooks = make()
    await webhooks.add(f"{receiver.url}/hook", ["ticket.opened"])
    await house.ask("ann")
    receiver.statuses = [500] * 1000
    begun = clock.at
    while clock.at < begun + PATIENCE + timedelta(hours=1):
        await work_off(webhooks)
        clock.turn(minutes=30)
    assert await states(house) == [State.FAILED]
    clock.turn(days=GIVEN_UP.days)
    await house.ask("ben")
    await work_off(webhooks)
    assert (await webhooks.all())[0].disabled_at == clock.at
    tried = len(receiver.told)
    await house.ask("eve")
    assert (await work_off(webhooks), len(receiver.told)) == (0, tried)


async def test_a_receiver_that_is_gone_for_good_says_so(house: House, receiver: Receiver, make: MakeWebhooks) -> None:
    webhooks = make()
    await webhooks.add(f"{receiver.url}/hook", ["ticket.opened"])
    receiver.statuses = [410]
    await house.ask("ann")
    await work_off(webhooks)
    (webhook,) = await webhooks.all()
    assert webhook.disabled_at and await states(house) == [State.FAILED]
    assert await webhooks.remove(webhook.id)
    assert (await webhooks.all(), await states(house)) == ([], [])


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_nothing_is_lost_with_a_process(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock
) -> None:
    first = make()
    await first.add(f"{receiver.url}/hook", ["ticket.opened"])
    await house.ask("ann")
    # It dies with something claimed, and with something else that it has never seen.
    assert await first.claim() is not None
    await house.ask("ben")
    clock.turn(hours=2)
    assert await work_off(make()) == 2
    assert {each.body["data"]["conversation_id"] for each in receiver.told} == {"widget:ann", "widget:ben"}


async def test_what_is_reopened_is_told_when_it_is_and_not_whenever_it_changes(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock
) -> None:
    webhooks = make()
    mei, ticket = await house.agent(), await house.ask()
    await house.tickets.close(ticket.id, mei, "solved")
    await house.tickets.reopen(ticket.id, mei)
    clock.turn(minutes=1)
    await webhooks.add(f"{receiver.url}/hook", ["ticket.reopened"])
    await house.tickets.tag(ticket.id, mei, ["shipping"])
    assert await work_off(webhooks) == 0
    await house.tickets.close(ticket.id, mei, "solved")
    clock.turn(minutes=1)
    # The customer comes back to it.
    await house.ask()
    await house.tickets.prioritize(ticket.id, mei, 2)
    assert await work_off(webhooks) == 1
    assert receiver.events == ["ticket.reopened"]


async def test_however_much_happened_all_of_it_is_told(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.api.happenings.MOST", 3)
    webhooks = make()
    await webhooks.add(f"{receiver.url}/hook", ["message.created"])
    for number in range(5):
        clock.turn(seconds=1)
        await house.write(f"customer{number}", "Hello")
    await work_off(webhooks)
    assert len(receiver.told) == 10  # what five customers wrote, and what the bot answered


async def test_workers_tell_it_as_it_happens(house: House, receiver: Receiver, make: MakeWebhooks) -> None:
    webhooks = make()
    await webhooks.add(f"{receiver.url}/hook", ["ticket.accepted"])
    mei, ticket = await house.agent(), await house.ask()
    webhooks.start()
    # So seldom that only the feed can have woken them.
    workers = Workers(webhooks, "webhooks", seconds=3600)
    workers.start()
    await house.tickets.accept(ticket.id, mei)
    await asyncio.wait_for(receiver.heard.wait(), 30)
    await workers.stop()
    assert receiver.events == ["ticket.accepted"]


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/hook",
        "http://127.0.0.1/hook",
        "https://127.0.0.1/hook",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://user:password@8.8.8.8/",
        "ftp://8.8.8.8/",
        "https:///hook",
        "nonsense",
        f"https://8.8.8.8/{'x' * 500}",
    ],
)
async def test_webhooks_go_to_the_open_internet_over_tls_alone(url: str) -> None:
    with pytest.raises(Refused):
        await Destinations().resolve(url)


async def test_connections_go_to_the_address_that_was_checked() -> None:
    where = (await Destinations().resolve("https://8.8.8.8:8443/hook?a=1")).request
    assert (str(where["url"]), where["headers"]["host"]) == ("https://8.8.8.8:8443/hook?a=1", "8.8.8.8:8443")
    named = (await Destinations(["127.0.0.0/8", "::1/128"]).resolve("https://localhost:8443/hook")).request
    assert ip_address(named["url"].host).is_loopback
    assert (named["headers"]["host"], named["extensions"]["sni_hostname"]) == ("localhost:8443", "localhost")
    with pytest.raises(Refused):
        # Only on the machine itself, nobody can listen.
        await Destinations(["10.0.0.0/8"]).resolve("http://10.0.0.1/")


async def test_redirects_are_not_followed(house: House, receiver: Receiver, make: MakeWebhooks) -> None:
    webhooks = make()
    await webhooks.add(f"{receiver.url}/moved", ["ticket.opened"])
    await house.ask()
    await work_off(webhooks)
    assert (await states(house), receiver.told) == ([State.WAITING], [])


async def test_what_cannot_be_is_refused(house: House, make: MakeWebhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    webhooks = make()
    wrong: list[Any] = [[], ["ticket.eaten"], ["ticket.opened", "ticket.eaten"]]
    for events in wrong:
        with pytest.raises(ValueError, match="events are some of"):
            await webhooks.add("https://8.8.8.8/", events)
    monkeypatch.setattr("desk.api.webhooks.MOST_WEBHOOKS", 1)
    await webhooks.add("https://8.8.8.8/", ["ticket.opened"])
    with pytest.raises(TooManyWebhooks):
        await webhooks.add("https://8.8.8.8/", ["ticket.opened"])


async def test_what_is_over_is_forgotten_after_a_while(
    house: House, receiver: Receiver, make: MakeWebhooks, clock: Clock
) -> None:
    webhooks = make()
    await webhooks.add(f"{receiver.url}/hook", ["ticket.opened"])
    await house.ask()
    await work_off(webhooks)
    clock.turn(days=8)
    assert await webhooks.forget(clock.at - timedelta(days=7), dry_run=True) == 1
    assert await webhooks.forget(clock.at - timedelta(days=7)) == 1
    assert await states(house) == []
