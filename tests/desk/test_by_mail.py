"""Agents' answers to customers who are not there any more."""

import json

from sqlalchemy import insert

from bot.letters import Letter
from bot.tables import TrackerRow
from conversations.service import CUSTOMERS
from desk.by_mail import AnswersByMail
from storage import Database, table
from tests.desk.working import Floor

EMAIL = "anna@mail.example"


class Post:
    """Takes letters, each key once."""

    def __init__(self) -> None:
        self.letters: dict[str, Letter] = {}

    async def put(self, letter: Letter, key: str) -> None:
        self.letters.setdefault(key, letter)

    async def send(self, letter: Letter) -> None:
        raise AssertionError("it has to be kept")


async def opened(database: Database, *, proved: bool = True) -> tuple[Floor, Post]:
    """A customer who asked for a person, when nobody was there."""
    post = Post()
    floor = Floor(database, by_mail=lambda clock: AnswersByMail(database, post, "https://halden.example", clock))
    await floor.write("anna")
    if proved:
        who = {"event": "slot", "name": "verified", "value": {"id": "C1", "email": EMAIL}}
        async with database.writing() as connection:
            await connection.execute(insert(CUSTOMERS), {"conversation_id": "widget:anna", "customer_id": "C1"})
            row = {"conversation_id": "widget:anna", "events": json.dumps([who])}
            await connection.execute(insert(table(TrackerRow)), row)
    return floor, post


async def test_who_proved_to_be_who_they_are_gets_the_answer_by_mail_too(database: Database) -> None:
    floor, post = await opened(database)
    (told,) = await floor.ask("anna")
    assert told["text"].endswith("in your mailbox.")
    mei = await floor.agent("Mei")
    ticket = await floor.tickets.accept((await floor.of("anna")).id, mei)
    await floor.tickets.answer(ticket.id, mei, "I am looking into it.")
    assert post.letters == {}, "she has only just written"
    floor.clock.pass_by(minutes=11)
    said = await floor.tickets.answer(ticket.id, mei, "It comes tomorrow.", message_id="m1")
    await floor.tickets.answer(ticket.id, mei, "It comes tomorrow.", message_id="m1")
    values = {"agent": "Mei", "text": "It comes tomorrow.", "url": "https://halden.example"}
    assert post.letters == {f"agent_answer:{said.id}": Letter("agent_answer", EMAIL, "en", values)}


async def test_nobody_is_written_to_whose_address_was_not_proved(database: Database) -> None:
    floor, post = await opened(database, proved=False)
    (told,) = await floor.ask("anna")
    assert told["text"].endswith("in this chat.")
    mei = await floor.agent("Mei")
    ticket = await floor.tickets.accept((await floor.of("anna")).id, mei)
    floor.clock.pass_by(hours=2)
    await floor.tickets.answer(ticket.id, mei, "It comes tomorrow.")
    assert post.letters == {}
