"""What becomes of a wish for a human agent: real tickets and conversations."""

import asyncio
from datetime import timedelta

import pytest

from bot.directives import HIGH
from conversations import Author
from conversations.service import WITHDRAW
from desk.access.agents import Role
from desk.access.audit import Audit
from desk.events import DESK
from desk.models import NotAllowed, Place, Priority, State, Taken
from storage import Database
from tests.desk.working import NOON, SQLITE, Floor, events


@SQLITE
async def test_the_customer_is_told_the_place_and_can_go_back(database: Database) -> None:
    floor = Floor(database)
    await floor.agent("Mei Lin")
    (first,) = await floor.ask("u1")
    assert first["text"] == "You are next in the queue. Somebody will answer as soon as possible."
    assert first["buttons"] == [{"title": "Back to the assistant", "payload": WITHDRAW}]
    (second,) = await floor.ask("u2")
    assert second["text"].startswith("You are number 2 in the queue.")
    assert await floor.ask("u2", "complaint", claim_number="C-1") == []
    assert not await floor.floor("u2")

    (said,) = await floor.write("u1", WITHDRAW)
    assert said["text"] == "All right, you are with the assistant again. What can I do for you?"
    gone = await floor.of("u1")
    assert (gone.state, gone.close_reason) == (State.CLOSED, "withdrawn")
    assert await floor.tickets.place((await floor.of("u2")).id) == Place(1, None)
    assert [row.conversation_id for row in await floor.conversations.handoffs()] == ["widget:u2"]


async def test_the_wait_is_what_it_lately_was(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    for sender, minutes in (("u1", 2), ("u2", 4), ("u3", 4)):
        ticket = await floor.ticket(sender)
        floor.clock.pass_by(minutes=minutes)
        await floor.heartbeats(mei)
        await floor.tickets.accept(ticket.id, mei)
    (told,) = await floor.ask("u4")
    assert told["text"] == "You are next in the queue. It takes about 4 minutes."


@SQLITE
async def test_when_nobody_is_there_the_customer_can_leave_a_message(database: Database) -> None:
    floor = Floor(database)
    (told,) = await floor.ask("u1")
    assert told["text"].startswith("All our colleagues are away from the desk at the moment. You don't have to wait.")
    floor.clock.time = NOON + timedelta(hours=13)
    (told,) = await floor.ask("u2", language="de")
    assert told["buttons"][0]["payload"] == WITHDRAW
    assert "away" not in told["text"]


@SQLITE
async def test_for_a_back_office_nobody_waits_until_they_ask_for_a_person(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    assert await floor.ask("u1", "claim", flow="report_damaged", order_number="AC-1") == []
    ticket = await floor.of("u1")
    assert (ticket.skill, ticket.intent, ticket.priority) == ("returns", "report_damaged", Priority.LOW)
    assert not floor.tickets.waits(ticket)
    (told,) = await floor.ask("u1")
    assert told["text"].startswith("You are next in the queue.")
    assert floor.tickets.waits(await floor.of("u1"))

    claim = await floor.ticket("u2", reason="claim")
    await floor.tickets.accept(claim.id, mei)
    assert not await floor.floor("u2")
    await floor.tickets.answer(claim.id, mei, "We refund it.")
    assert await floor.floor("u2")


@SQLITE
async def test_a_grave_matter_is_urgent_whatever_the_bot_calls_it(database: Database) -> None:
    floor = Floor(database)
    ticket = await floor.ticket("u1", reason="claim", text="The charger caught fire and I was injured")
    assert (ticket.severity, ticket.priority) == ("safety", Priority.URGENT)
    assert floor.tickets.waits(ticket)
    assert ticket.answer_due_at == floor.clock() + timedelta(minutes=3)
    more = await floor.ticket("u2")
    assert more.priority is Priority.NORMAL
    assert (await floor.ticket("u2", reason="complaint", priority=HIGH)).priority is Priority.HIGH


async def test_of_two_agents_who_take_a_ticket_one_gets_it(database: Database) -> None:
    floor = Floor(database)
    agents = [await floor.agent(name) for name in ("Mei Lin", "Jonas Weber")]
    ticket = await floor.ticket("u1")
    taken = await asyncio.gather(
        *(floor.tickets.accept(ticket.id, agent) for agent in agents * 3), return_exceptions=True
    )
    winners = [one for one in taken if not isinstance(one, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(one, Taken) for one in taken if one not in winners)
    held = await floor.of("u1")
    assert (held.state, held.agent_id) == (State.OPEN, winners[0].agent_id)
    joined = [message.content["name"] for message in await floor.messages("u1") if message.author is Author.SYSTEM]
    assert joined == [agent.name for agent in agents if agent.id == held.agent_id]


async def test_two_agents_who_begin_at_once_share_no_conversation(database: Database) -> None:
    floor = Floor(database)
    agents = [await floor.agent(name) for name in ("Mei Lin", "Jonas Weber")]
    await floor.write("u1")
    begun = await asyncio.gather(
        *(floor.tickets.open_for(agent, "widget:u1") for agent in agents), return_exceptions=True
    )
    assert sum(isinstance(one, Taken) for one in begun) == 1
    assert (await floor.tickets.counts(agents[0]))["all"] == 1


@SQLITE
async def test_while_an_agent_has_it_the_bot_is_silent(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    ticket = await floor.ticket("u1")
    await floor.tickets.accept(ticket.id, mei)
    async with floor.feed.subscribe(DESK) as desk:
        assert await floor.floor("u1")
        assert [told["type"] for told in events(desk)] == ["ticket"]
    floor.clock.pass_by(minutes=1)
    said = await floor.tickets.answer(ticket.id, mei, "Hello!", translated="Hallo!", message_id="m-1")
    again = await floor.tickets.answer(ticket.id, mei, "Hello!", translated="Hallo!", message_id="m-1")
    assert said.id == again.id
    assert said.content == {"text": "Hallo!", "name": "Mei Lin", "original": "Hello!"}
    assert (await floor.of("u1")).first_answer_at == floor.clock()


@SQLITE
async def test_a_ticket_is_handed_back_to_the_bot_with_a_flow(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    ticket = await floor.ticket("u1")
    await floor.tickets.accept(ticket.id, mei)
    flow = '/return_item{"order_number": "AC-1"}'
    await floor.tickets.hand_back(ticket.id, mei, note="Wants to send it back", flow=flow)
    assert (floor.bot.heard[-1].text, floor.bot.heard[-1].cards) == (flow, True)
    assert not await floor.floor("u1")
    assert (await floor.of("u1")).close_reason == "handed_back"
    assert [note.text for note in await floor.tickets.notes.of("widget:u1")] == ["Wants to send it back"]
    assert "send it back" not in str([message.content for message in await floor.messages("u1")])


async def test_closing_asks_how_it_went_and_a_low_rating_is_looked_after(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin", team="north")
    boss = await floor.agent("Ana Ruiz", Role.SUPERVISOR, team="north")
    other = await floor.agent("Li Na", Role.SUPERVISOR)
    ticket = await floor.ticket("u1")
    await floor.tickets.accept(ticket.id, mei)
    await floor.tickets.answer(ticket.id, mei, "Done.")
    with pytest.raises(ValueError, match="unknown reason"):
        await floor.tickets.close(ticket.id, mei, "because")
    await floor.tickets.close(ticket.id, mei, "solved")
    *_, left, asked = await floor.messages("u1")
    assert left.content["event"] == "closed"
    assert (asked.author, asked.content["custom"]) == (Author.BOT, {"type": "rating"})
    assert (await floor.of("u1")).rating_message_id == asked.id
    assert await floor.conversations.handoffs() == []

    follow_ups = floor.tickets.follow_ups
    for _ in range(2):
        await floor.conversations.rate("widget:u1", asked.id, 1, "Slow")
    (task,) = await follow_ups.open_for(boss)
    assert (task.kind, task.message_id, await follow_ups.open_for(other)) == ("low_rating", asked.id, [])
    assert await follow_ups.open_for(mei) == []
    await floor.conversations.rate("widget:u1", asked.id, 5, "Sorry, very good")
    assert await follow_ups.open_for(boss) == []


@SQLITE
async def test_a_low_rating_of_the_bot_is_any_supervisors(database: Database) -> None:
    floor = Floor(database)
    boss = await floor.agent("Ana Ruiz", Role.SUPERVISOR)
    await floor.write("u1")
    question = {"text": "How did it go?", "custom": {"type": "rating"}}
    asked = await floor.conversations.say("widget:u1", Author.BOT, question)
    await floor.conversations.rate("widget:u1", asked.id, 2, None)
    (task,) = await floor.tickets.follow_ups.open_for(boss)
    assert await floor.tickets.follow_ups.done(task.id, boss)
    assert await floor.tickets.follow_ups.open_for(boss) == []


@SQLITE
async def test_who_asks_again_soon_gets_the_same_ticket_and_agent(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    ticket = await floor.ticket("u1")
    await floor.tickets.accept(ticket.id, mei)
    await floor.tickets.close(ticket.id, mei, "solved")
    floor.clock.pass_by(hours=1)
    await floor.heartbeats(mei)
    again = await floor.ticket("u1")
    assert (again.id, again.state, again.agent_id, again.reopened) == (ticket.id, State.OFFERED, mei.id, 1)
    await floor.tickets.accept(again.id, mei)
    await floor.tickets.close(again.id, mei, "solved")
    floor.clock.pass_by(hours=49)
    later = await floor.ticket("u1")
    assert later.id != ticket.id
    with pytest.raises(Taken):
        await floor.tickets.reopen(ticket.id, mei)


@SQLITE
async def test_an_agent_opens_a_closed_ticket_again(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    ticket = await floor.ticket("u1")
    await floor.tickets.accept(ticket.id, mei)
    await floor.tickets.close(ticket.id, mei, "solved")
    again = await floor.tickets.reopen(ticket.id, mei)
    assert (again.state, again.closed_at, again.reopened) == (State.OPEN, None, 1)
    assert await floor.floor("u1")


@SQLITE
async def test_only_who_may_moves_the_tickets_of_others(database: Database) -> None:
    floor = Floor(database)
    mei, jonas = await floor.agent("Mei Lin"), await floor.agent("Jonas Weber")
    ana = await floor.agent("Ana Ruiz", Role.SUPERVISOR)
    ticket = await floor.ticket("u1")
    await floor.tickets.accept(ticket.id, mei)
    for forbidden in (
        floor.tickets.assign(ticket.id, jonas, agent_id=jonas.id),
        floor.tickets.close(ticket.id, jonas, "solved"),
        floor.tickets.release(ticket.id, jonas),
    ):
        with pytest.raises(NotAllowed):
            await forbidden
    with pytest.raises(Taken):
        await floor.tickets.answer(ticket.id, jonas, "Hello")
    moved = await floor.tickets.assign(ticket.id, ana, agent_id=jonas.id, note="@mei is at lunch")
    assert moved.agent_id == jonas.id
    assert (await floor.messages("u1"))[-1].content == {"event": "joined", "name": "Jonas Weber"}
    assert [task.kind for task in await floor.tickets.follow_ups.open_for(mei)] == ["mention"]
    team = await floor.tickets.assign(ticket.id, jonas, team="technical")
    assert (team.state, team.agent_id, await floor.floor("u1")) == (State.WAITING, None, False)
    with pytest.raises(NotAllowed):
        await floor.tickets.accept(ticket.id, mei)
    entries = await Audit(database).entries(conversation_id="widget:u1")
    assert [entry.action for entry in reversed(entries)] == ["ticket_accepted", "ticket_moved", "ticket_moved"]
    assert entries[1].details == {"to": jonas.id}


@SQLITE
async def test_a_ticket_that_was_put_off_comes_back(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    ticket = await floor.ticket("u1")
    await floor.tickets.accept(ticket.id, mei)
    for _ in range(2):
        await floor.tickets.snooze(ticket.id, mei, floor.clock() + timedelta(hours=2))
        await floor.dispatcher.round()
        assert (await floor.of("u1")).state is State.SNOOZED
        await floor.write("u1", "Anything new?")
        await floor.dispatcher.round()
        assert (await floor.of("u1")).state is State.OPEN
    await floor.tickets.snooze(ticket.id, mei, floor.clock() + timedelta(hours=2))
    floor.clock.pass_by(hours=2)
    await floor.dispatcher.round()
    woken = await floor.of("u1")
    assert (woken.state, woken.agent_id) == (State.WAITING, None)
    assert not await floor.floor("u1")


@SQLITE
async def test_wishes_of_before_there_was_a_desk_become_tickets(database: Database) -> None:
    floor = Floor(database)
    before = floor.conversations._desk
    floor.conversations._desk = None
    await floor.ask("u1", "complaint")
    floor.conversations._desk = before
    assert (await floor.tickets.adopt(), await floor.tickets.adopt()) == (1, 0)
    assert (await floor.of("u1")).reason == "complaint"
