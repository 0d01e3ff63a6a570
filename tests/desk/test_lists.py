"""The lists of the desk, in both databases."""

import pytest
from sqlalchemy import event, insert

from conversations import Author
from conversations.messages import MESSAGES
from conversations.service import CONVERSATIONS
from desk.access.agents import Role
from desk.models import Priority, Search, View
from desk.queue import TICKETS
from storage import Database
from tests.desk.working import NOON, Floor


async def test_the_queue_is_ordered_by_waiting_and_urgency(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    await floor.ticket("early")
    floor.clock.pass_by(minutes=15)
    await floor.ticket("urgent", reason="complaint")
    floor.clock.pass_by(minutes=10)
    late = await floor.ticket("late")

    async def senders(**options: int) -> list[str]:
        lines = await floor.tickets.listing(View.QUEUE, mei, **options)
        return [line.ticket.conversation_id.removeprefix("widget:") for line in lines]

    assert await senders() == ["urgent", "early", "late"]
    assert await senders(limit=1, before=(await floor.of("urgent")).id) == ["early"]
    await floor.tickets.prioritize(late.id, mei, Priority.URGENT)
    assert await senders() == ["late", "urgent", "early"]
    with pytest.raises(ValueError, match="7"):
        await floor.tickets.prioritize(late.id, mei, 7)


async def test_lists_say_what_was_said_last_and_what_is_unread(database: Database) -> None:
    floor = Floor(database)
    mei, jonas = await floor.agent("Mei Lin"), await floor.agent("Jonas Weber", team="technical")
    ticket = await floor.ticket("u1")
    other = await floor.ticket("u2")
    await floor.tickets.accept(ticket.id, mei)
    for words in ("Grüße aus Köln", "100 % sure?"):
        await floor.write("u1", words)
    (line,) = await floor.tickets.listing(View.MINE, mei)
    assert (line.last_text, line.last_author, line.unread, line.agent) == ("100 % sure?", "customer", 2, "Mei Lin")
    await floor.conversations.mark_read("widget:u1", Author.AGENT, (await floor.messages("u1"))[-1].id)
    (line,) = await floor.tickets.listing(View.ALL, mei, search=Search(words="grüße AUS".lower()))
    assert line.unread == 0
    assert await floor.tickets.listing(View.ALL, mei, search=Search(words="100 %s")) == []
    await floor.tickets.tag(ticket.id, mei, ["refund"])
    found = await floor.tickets.listing(View.ALL, mei, search=Search(tag="refund", language="en", since=NOON))
    assert [one.ticket.id for one in found] == [ticket.id]

    await floor.tickets.assign(other.id, await floor.agent("Ana", Role.SUPERVISOR), team="technical")
    assert (await floor.tickets.counts(mei))["queue"] == 0
    assert await floor.tickets.counts(jonas) == {"queue": 1, "mine": 0, "team": 0, "snoozed": 0, "all": 2}


async def test_a_list_of_two_thousand_is_one_query(database: Database) -> None:
    floor = Floor(database)
    mei = await floor.agent("Mei Lin")
    ticket = await floor.ticket("u")
    conversations = [
        {"id": f"widget:{n}", "channel": "widget", "sender": str(n), "language": "en", "created_at": NOON}
        for n in range(2000)
    ]
    async with database.writing() as connection:
        row = (await connection.execute(TICKETS.select().where(TICKETS.c.id == ticket.id))).one()
        common = {name: value for name, value in row._mapping.items() if name not in ("id", "handoff_id")}
        await connection.execute(insert(CONVERSATIONS), conversations)
        await connection.execute(insert(TICKETS), [{**common, "conversation_id": talk["id"]} for talk in conversations])
        said = {"author": Author.CUSTOMER, "content": {"text": "Hello"}, "created_at": NOON}
        await connection.execute(insert(MESSAGES), [{**said, "conversation_id": talk["id"]} for talk in conversations])
    statements: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *called: statements.append(called[2]))
    seen: set[int] = set()
    last = None
    for _ in range(3):
        page = await floor.tickets.listing(View.QUEUE, mei, limit=700, before=last)
        seen |= {line.ticket.id for line in page}
        last = page[-1].ticket.id
    assert len(seen) == 2001
    assert (await floor.tickets.counts(mei))["queue"] == 2001
    assert len([one for one in statements if one.startswith("SELECT")]) == 4
