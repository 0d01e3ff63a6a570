"""What happens to tickets by itself, round by round."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import update

from conversations import LOST
from conversations.service import CONVERSATIONS
from desk.access.agents import Presence
from desk.events import DESK
from desk.models import Priority, State
from desk.rules import Mode, Rules
from storage import Database
from tests.desk.working import SQLITE, Floor, events


async def test_a_ticket_is_offered_and_goes_on_when_nobody_takes_it(database: Database) -> None:
    floor = Floor(database)
    mei, jonas = await floor.agent("Mei Lin"), await floor.agent("Jonas Weber")
    ticket = await floor.ticket("u1")
    async with floor.feed.subscribe(DESK) as desk:
        await floor.dispatcher.round()
        (offer,) = [told for told in events(desk) if told["type"] == "offer"]
    until = floor.clock() + floor.rules.accept_within
    assert offer == {"type": "offer", "ticket_id": ticket.id, "agent_id": mei.id, "until": until.isoformat()}
    await floor.dispatcher.round()
    assert (await floor.of("u1")).agent_id == mei.id

    floor.clock.time = until
    await floor.heartbeats(mei, jonas)
    await floor.dispatcher.round()
    assert (await floor.of("u1")).agent_id == jonas.id
    await floor.tickets.decline(ticket.id, jonas)
    await floor.dispatcher.round()
    waiting = await floor.of("u1")
    assert (waiting.state, waiting.declined_by) == (State.WAITING, (mei.id, jonas.id))

    floor.clock.pass_by(seconds=floor.rules.offer_again_after.seconds)
    await floor.heartbeats(mei, jonas)
    for _ in range(2):
        await floor.dispatcher.round()
    assert (await floor.of("u1")).state is State.OFFERED


@SQLITE
async def test_nobody_is_offered_more_than_they_can_have(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin", capacity=2)
    jonas = await floor.agent("Jonas Weber", capacity=1)
    away = await floor.agent("Ana Ruiz")
    await floor.attendance.set(away.id, Presence.AWAY)
    for sender in "abcd":
        await floor.ask(sender)
    await floor.dispatcher.round()
    offered = [(await floor.of(sender)).agent_id for sender in "abcd"]
    assert offered == [mei.id, jonas.id, mei.id, None]


@SQLITE
async def test_with_pull_nothing_is_offered(database: Database) -> None:
    floor = Floor(database, rules=replace(Rules.load(), mode=Mode.PULL))
    await floor.agent("Mei Lin")
    await floor.ask("u1")
    await floor.dispatcher.round()
    assert (await floor.of("u1")).state is State.WAITING


async def test_when_an_agent_drops_out_others_get_their_tickets(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    opened, offered = await floor.ticket("u1"), await floor.ticket("u2")
    claim = await floor.ticket("u3", reason="claim")
    for ticket in (opened, claim):
        await floor.tickets.accept(ticket.id, mei)
    floor.clock.pass_by(seconds=20)
    await floor.dispatcher.round()
    assert (await floor.of("u2")).state is State.OFFERED

    jonas = await floor.agent("Jonas Weber", languages=("de",))
    floor.clock.pass_by(seconds=26)
    await floor.heartbeats(jonas)
    async with floor.feed.subscribe(DESK) as desk:
        await floor.dispatcher.round()
        assert {"type": "presence", "agent_id": mei.id, "presence": "offline"} in events(desk)
    taken_back = await floor.of("u2")
    assert (taken_back.id, taken_back.state, taken_back.declined_by) == (offered.id, State.WAITING, ())
    assert (await floor.of("u1")).agent_id == mei.id

    floor.clock.pass_by(minutes=3)
    await floor.heartbeats(jonas)
    await floor.dispatcher.round()
    orphan = await floor.of("u1")
    assert (orphan.state, orphan.agent_id, orphan.priority) == (State.WAITING, None, Priority.HIGH)
    assert not await floor.floor("u1")
    assert (await floor.of("u3")).agent_id == mei.id


async def test_timers_warn_before_they_run_out_and_when_they_do(database: Database) -> None:
    floor = Floor(database)
    ticket = await floor.ticket("u1")
    other = await floor.ticket("u2")
    mei = await floor.agent("Mei Lin")
    await floor.tickets.accept(other.id, mei)
    await floor.tickets.answer(other.id, mei, "Hello")
    warned = []
    async with floor.feed.subscribe(DESK) as desk:
        for minutes in (6, 2, 1, 1, 1):
            floor.clock.pass_by(minutes=minutes)
            for _ in range(2):
                await floor.dispatcher.round()
            warned.append([(told["ticket_id"], told["timer"]) for told in events(desk) if told["type"] == "warning"])
        assert warned == [[], [(ticket.id, "answer")], [], [(ticket.id, "answer_broken")], []]
        floor.clock.pass_by(hours=23)
        await floor.dispatcher.round()
        timers = {(told["ticket_id"], told["timer"]) for told in events(desk) if told["type"] == "warning"}
    assert timers == {(ticket.id, "resolution"), (other.id, "resolution")}


@SQLITE
async def test_valued_customers_are_further_ahead(database: Database) -> None:
    asked: list[str] = []

    async def spent(conversation_id: str) -> Mapping[str, Decimal]:
        asked.append(conversation_id)
        return {"EUR": Decimal(1000), "XXX": Decimal(5)} if conversation_id == "widget:u2" else {"EUR": Decimal(999)}

    floor = Floor(database, spent=spent)
    await floor.ask("u1")
    await floor.ask("u2")
    for _ in range(2):
        await floor.dispatcher.round()
    valued = await floor.of("u2")
    assert (valued.priority, valued.tags) == (Priority.HIGH, ("valued",))
    assert (await floor.of("u1")).priority is Priority.NORMAL
    assert asked == ["widget:u1", "widget:u2"]


@SQLITE
async def test_a_floor_that_was_left_behind_is_given_back(database: Database) -> None:
    floor = Floor(database)
    await floor.ask("u1")
    async with database.writing() as connection:
        await connection.execute(update(CONVERSATIONS).values(floor="Mei Lin"))
    await floor.dispatcher.round()
    assert await floor.floor("u1")
    floor.clock.pass_by(seconds=15)
    await floor.dispatcher.round()
    assert not await floor.floor("u1")


@SQLITE
async def test_what_is_put_in_the_queue_is_offered_at_once(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    # It would be an hour until the next round.
    floor.dispatcher._seconds = timedelta(hours=1).total_seconds()
    floor.dispatcher.start()
    async with floor.feed.subscribe(DESK) as desk:
        await floor.ask("u1")
        async with asyncio.timeout(10):
            while (told := await desk.next())["type"] != "offer":
                assert told != LOST
    await floor.dispatcher.stop()
    assert told["agent_id"] == mei.id
