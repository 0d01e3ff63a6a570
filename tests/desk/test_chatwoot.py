"""Tickets in Chatwoot: what is said on either side is on the other, once."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from bot.localization import Catalogues
from conversations import Author, Inbox, Incoming, Photos
from desk.access.agents import Presence
from desk.api.chatwoot import Callbacks, ChatwootAccount, ChatwootApi, Mirror, StandIn, chatwoot_routes
from desk.messages import DOMAIN, LOCALES, Words
from desk.models import State, Ticket
from tests.desk.chatwoots import SECRET, Chatwoot, Talk, chatwooting
from tests.desk.hearing import Clock, copy_of, migrated, work_off  # noqa: F401
from tests.desk.house import House, open_house


@dataclass
class Both:
    """A desk and a Chatwoot."""

    house: House
    chatwoot: Chatwoot
    mirror: Mirror
    inbox: Inbox
    photos: Photos
    clock: Clock

    async def settle(self, *, again: bool = False) -> None:
        """Have both sides do what they do, until nothing is left to be done."""
        while await work_off(self.mirror) + await self.chatwoot.tell(again=again) + await work_off(self.inbox):
            pass

    async def ticket(self, conversation_id: str = "widget:ann") -> Ticket:
        found = await self.house.tickets.of(conversation_id)
        assert found
        return found

    @property
    def talk(self) -> Talk:
        (talk,) = self.chatwoot.talks.values()
        return talk


@pytest_asyncio.fixture
async def both(tmp_path: Path, migrated: Path) -> AsyncIterator[Both]:  # noqa: F811
    clock = Clock()
    made: dict[str, Any] = {}
    words = Words(Catalogues(LOCALES, DOMAIN), "en")
    async with chatwooting() as chatwoot:

        def routes(house: House) -> list[Any]:
            stand_in = StandIn(house.access.agents, house.attendance)
            photos = Photos(house.database, tmp_path / "photos", clock)
            api = ChatwootApi(chatwoot.account)
            mirror = Mirror(
                api,
                house.database,
                house.conversations,
                house.tickets,
                stand_in,
                words,
                photos=photos,
                feed=house.feed,
                now=clock,
            )
            inbox = Inbox(house.database, clock)
            callbacks = Callbacks(mirror, house.database, house.tickets, stand_in, inbox, words)
            made.update(mirror=mirror, inbox=inbox, photos=photos)
            return [chatwoot_routes(chatwoot.account, callbacks)]

        async with open_house(tmp_path, url=copy_of(migrated, tmp_path), now=clock, others=routes) as house:
            chatwoot.callback = f"{house.url}/desk/api/chatwoot"
            yield Both(house, chatwoot, clock=clock, **made)
            await made["mirror"].close()


async def test_a_ticket_is_settled_there_from_its_beginning_to_its_end(both: Both) -> None:
    house, chatwoot = both.house, both.chatwoot
    await house.write("ann", "Good morning")
    await house.ask("ann", "Where is my order?", name="Ann Example", language="de")
    await both.settle()
    talk = both.talk
    contact = chatwoot.contacts[talk.contact]
    assert contact["name"] == "Ann Example" and "ann" not in talk.contact
    assert contact["custom_attributes"] == {"channel": "widget", "language": "de"}
    introduction, *notes = talk.said("outgoing", private=True)
    assert introduction.splitlines() == [
        "Ticket 1 · asked · German · widget",
        "Said so far:",
        "Customer: Good morning",
        "Assistant: Hello.",
    ]
    assert talk.said("incoming") == ["Where is my order?"]
    assert notes[:2] == ["Assistant: Hello.", "Assistant: I am passing you on."]
    # While it waits, the bot goes on.
    await house.write("ann", "Hello?")
    await both.settle()
    assert talk.said("incoming") == ["Where is my order?", "Hello?"]

    chatwoot.write(talk, "On its way.")
    await both.settle(again=True)
    said = await house.said("widget:ann")
    assert said[-2:] == [(Author.SYSTEM, "joined"), (Author.AGENT, "On its way.")]
    message = (await house.conversations.messages("widget:ann"))[-1]
    assert message.content["name"] == "Jonas Weber"
    assert (await both.ticket()).state is State.OPEN
    # What came from there is not brought there again.
    assert talk.said("outgoing") == ["On its way."]
    assert not [note for note in talk.said("outgoing", private=True) if "On its way" in note]

    await house.write("ann", "Thanks!")
    await both.settle()
    assert talk.said("incoming")[-1] == "Thanks!"
    chatwoot.add(talk, "outgoing", "He is angry.", private=True)
    chatwoot.add(talk, "template", "How was it?")
    chatwoot.turn(talk, "resolved")
    await both.settle(again=True)
    ticket = await both.ticket()
    assert (ticket.state, ticket.close_reason) == (State.CLOSED, "solved")
    assert "He is angry." not in str(await house.said("widget:ann"))
    assert (talk.status, len(chatwoot.talks)) == ("resolved", 1)

    # The next matter is in the same conversation there.
    both.clock.turn(days=30)
    await house.ask("ann", "It is broken.")
    await both.settle()
    assert (both.talk.status, (await both.ticket()).id) == ("open", ticket.id + 1)
    assert both.talk.said("incoming")[-1] == "It is broken."


async def test_the_desk_and_chatwoot_do_not_speak_over_each_other(both: Both) -> None:
    house, chatwoot = both.house, both.chatwoot
    ticket, mei = await house.ask("ann"), await house.agent("Mei")
    await both.settle()
    await house.tickets.accept(ticket.id, mei)
    await house.tickets.answer(ticket.id, mei, "Mei here.")
    chatwoot.write(both.talk, "Jonas here.")
    chatwoot.turn(both.talk, "resolved")
    await both.settle()
    assert [text for author, text in await house.said("widget:ann") if author is Author.AGENT] == ["Mei here."]
    assert (await both.ticket()).agent_id == mei.id
    notes = both.talk.said("outgoing", private=True)
    assert "Mei: Mei here." in notes
    assert any("was not sent to the customer" in note for note in notes)
    assert any("was not closed for the customer" in note for note in notes)
    # What is settled at the desk is settled there.
    await house.tickets.close(ticket.id, mei, "solved")
    chatwoot.turn(both.talk, "open")
    await both.settle()
    assert both.talk.status == "resolved"
    # Who writes there all the same takes it up again.
    chatwoot.write(both.talk, "One more thing.")
    await both.settle()
    assert ((await both.ticket()).state, (await house.said("widget:ann"))[-1][1]) == (State.OPEN, "One more thing.")


async def test_a_ticket_that_nobody_answered_can_be_resolved(both: Both) -> None:
    await both.house.ask("ann")
    await both.settle()
    both.chatwoot.turn(both.talk, "resolved")
    await both.settle()
    assert (await both.ticket()).state is State.CLOSED
    assert "joined" not in str(await both.house.said("widget:ann"))


async def test_what_is_said_while_it_is_down_is_told_later(both: Both) -> None:
    house, chatwoot = both.house, both.chatwoot
    chatwoot.down = True
    await house.ask("ann")
    assert await work_off(both.mirror) == 1
    chatwoot.down = False
    assert await work_off(both.mirror) == 0
    both.clock.turn(seconds=5)
    await both.settle()
    await house.write("ann", "One")
    chatwoot.down = True
    await work_off(both.mirror)
    await house.write("ann", "Two")
    chatwoot.down = False
    both.clock.turn(seconds=10)
    await both.settle()
    assert both.talk.said("incoming")[-2:] == ["One", "Two"]
    # Deleted there, it begins anew.
    chatwoot.talks.clear()
    await house.write("ann", "Three")
    await work_off(both.mirror)
    both.clock.turn(minutes=1)
    await both.settle()
    assert both.talk.said("incoming") == ["Three"]


async def test_photographs_go_there_and_files_come_from_there(both: Both) -> None:
    house, chatwoot = both.house, both.chatwoot
    await house.ask("ann")
    await both.settle()
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    photo = await both.photos.keep("widget:ann", picture.getvalue())
    await house.conversations.receive(Incoming("widget", "ann", "/inform", photos=(photo.id,)))
    await both.settle()
    ((name, data),) = chatwoot.files
    assert name.endswith(".jpg") and Image.open(io.BytesIO(data)).size == (40, 30)
    assert both.talk.said("incoming")[-1] in ("", None)
    chatwoot.write(
        both.talk, "Here:", attachments=[{"file_type": "file", "data_url": "https://chatwoot.example/a.pdf"}]
    )
    await both.settle()
    assert (await house.said("widget:ann"))[-1][1] == "Here:\nhttps://chatwoot.example/a.pdf"


async def test_those_who_work_there_are_one_agent_to_whom_nothing_is_offered(both: Both) -> None:
    house = both.house
    await both.house.ask("ann")
    await both.settle()
    both.chatwoot.write(both.talk, "Hello.")
    await both.settle()
    (agent,) = await house.access.agents.all()
    assert (agent.name, agent.signs_in, (await both.ticket()).agent_id) == ("Chatwoot", False, agent.id)
    assert await house.attendance.present() == []
    # It is there as long as the mirror works: nothing is taken from it.
    both.clock.turn(minutes=30)
    await both.settle()
    assert (await house.attendance.presences())[agent.id] is Presence.AWAY


async def test_only_chatwoot_is_believed(both: Both) -> None:
    chatwoot = both.chatwoot
    await both.house.ask("ann")
    await both.settle()
    chatwoot.write(both.talk, "Hello.")
    (told,) = chatwoot.waiting
    body = json.dumps(told).encode()
    good = chatwoot.headers(body)
    async with httpx.AsyncClient() as client:

        async def status(content: bytes, headers: dict[str, str], query: str = "") -> int:
            return (await client.post(chatwoot.callback + query, content=content, headers=headers)).status_code

        old = {**good, "x-chatwoot-timestamp": str(int(good["x-chatwoot-timestamp"]) - 3600)}
        assert await status(body, {}) == await status(body + b" ", good) == await status(body, old) == 401
        assert await status(body, {**good, "x-chatwoot-timestamp": "x"}) == 401
        assert await status(body, {}, "?secret=wrong") == 401
        # A wrong signature is not made good by the secret.
        assert await status(body + b" ", good, f"?secret={SECRET}") == 401
        assert await status(b"nonsense", {}, f"?secret={SECRET}") == 400
        # Of a contact that is not ours: another inbox of the account.
        stranger = json.dumps({**told, "conversation": {"id": both.talk.id, "contact_inbox": {"source_id": "x"}}})
        assert await status(stranger.encode(), {}, f"?secret={SECRET}") == 200
        assert await work_off(both.inbox) == 0
        assert await status(body, {}, f"?secret={SECRET}") == 200
    assert await work_off(both.inbox) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"url": "http://chatwoot.example"}, {"url": "nonsense"}, {"inbox": ""}, {"token": ""}, {"webhook_secret": ""}],
)
def test_an_account_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    good = {"url": "https://chatwoot.example", "inbox": "i", "token": "t", "webhook_secret": "s"}
    assert "webhook_secret" not in repr(ChatwootAccount(account=1, **good))
    with pytest.raises(ValueError, match="Chatwoot"):
        ChatwootAccount(account=1, **{**good, **wrong})
