"""What all messengers do alike, on a channel that delivers to a list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from bot.engine import import_rasa
from bot.identity import Identity
from bot.reply import Reply
from conversations import Author, Conversations, Inbox, Incoming, LocalLocks, Notice, Outbox, Outgoing, Photos
from storage import Database
from tests.bots import Heard as HeardByBot
from tests.bots import ScriptedBot, answer
from tests.connectors.lending import lend
from tests.databases import database, database_url, postgresql_server  # noqa: F401

SECRET = b"a secret of the messengers' tests, long enough"
TOMORROW = datetime(2099, 11, 21, tzinfo=UTC)

CHOICES = {
    "text": "Which one?",
    "buttons": [{"title": "The lamp", "payload": "/choose_lamp"}, {"title": "The rug", "payload": "/choose_rug"}],
}


def script(heard: HeardByBot) -> Reply:
    if heard.text == "which":
        return answer(CHOICES)
    if heard.text == "rate":
        return answer({"text": "How was it?", "custom": {"type": "rating"}})
    return answer({"text": f"You said: {heard.text}"})


@dataclass
class House:
    """A channel and what it was lent."""

    channel: Any
    conversations: Conversations
    inbox: Inbox
    outbox: Outbox
    bot: ScriptedBot
    told: list[tuple[str, str]] = field(default_factory=list)

    async def deliver_due(self) -> None:
        while (outgoing := await self.outbox.claim()) is not None:
            await self.outbox.process(outgoing)

    async def hear(self, text: str = "", id: str = "1", **fields: Any) -> list[str]:
        """What is delivered after a message."""
        from connectors.messenger import Heard

        before = len(self.told)
        await self.channel.hear(Heard("anna", id, text, **fields))
        await self.deliver_due()
        return [said for _, said in self.told[before:]]


@pytest_asyncio.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:  # noqa: F811
    import_rasa()
    from rasa.core.channels.channel import UserMessage
    from sanic import Blueprint

    from connectors.channel import incoming_of
    from connectors.messenger import MessengerChannel

    class Pigeon(MessengerChannel):
        @classmethod
        def name(cls) -> str:
            return "pigeon"

        @property
        def title(self) -> str:
            return "Pigeon"

        def routes(self) -> Blueprint:
            return Blueprint("pigeon")

        async def handle(self, notice: Notice) -> None:
            raise NotImplementedError

        def render(self, content: Mapping[str, Any], language: str | None) -> list[dict[str, Any]]:
            return [{"text": content.get("text"), "titles": [each["title"] for each in content.get("buttons", ())]}]

        async def deliver(self, outgoing: Outgoing) -> str:
            house.told.append((outgoing.sender, outgoing.payload["text"]))
            return f"p{outgoing.id}"

    bot = ScriptedBot(script)
    inbox, outbox = Inbox(database), Outbox(database)
    conversations = Conversations(database, bot, LocalLocks(), outbox=outbox)
    facilities = lend(
        conversations=conversations,
        database=database,
        secret=SECRET,
        languages=("en", "de"),
        inbox=inbox,
        outbox=outbox,
        photos=Photos(database, tmp_path / "uploads"),
    )

    async def on_new_message(message: UserMessage) -> None:
        await conversations.receive(incoming_of(message))

    channel = Pigeon(facilities)
    channel.blueprint(on_new_message)
    house = House(channel, conversations, inbox, outbox, bot)
    yield house


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(file, "PNG")
    return file.getvalue()


async def test_a_message_is_answered_once(house: House) -> None:
    assert await house.hear("hello", name="Anna\n", locale_hint="de-AT", phone="+43123", reachable_until=TOMORROW) == [
        "You said: hello"
    ]
    assert await house.hear("hello") == []
    (heard,) = house.bot.heard
    assert (heard.text, heard.locale_hint, heard.identity, heard.cards) == (
        "hello",
        "de-AT",
        Identity(phone="+43123"),
        True,
    )


@pytest.mark.parametrize("said", ["2", "2.", "the rug", "THE RUG ", "②"])
async def test_a_number_or_a_title_chooses(house: House, said: str) -> None:
    assert await house.hear("which") == ["Which one?"]
    assert await house.hear(said, "2") == ["You said: /choose_rug"]
    message = (await house.conversations.messages("pigeon:anna"))[-2]
    assert message.content == {"text": "/choose_rug", "title": "The rug"}


async def test_a_number_is_a_number_when_there_is_nothing_to_choose(house: House) -> None:
    await house.hear("which")
    await house.hear("hello", "2")
    assert await house.hear("2", "3") == ["You said: 2"]


async def test_a_choice_that_is_out_of_range_is_words(house: House) -> None:
    await house.hear("which")
    assert await house.hear("3", "2") == ["You said: 3"]


async def test_an_answer_to_an_earlier_message_chooses_there(house: House) -> None:
    await house.hear("which")
    await house.hear("hello", "2")
    assert await house.hear("1", "3", quotes="p1") == ["You said: /choose_lamp"]
    said = await house.conversations.messages("pigeon:anna")
    assert said[-2].content["quotes"] == said[1].id


async def test_an_answer_to_something_unknown_is_an_answer(house: House) -> None:
    assert await house.hear("hello", quotes="p99") == ["You said: hello"]


async def test_only_buttons_have_payloads(house: House) -> None:
    assert await house.hear("/restart") == ["You said: restart"]
    assert await house.hear("", "2", payload="/affirm", title="Yes") == ["You said: /affirm"]


async def test_a_photograph_comes_with_its_message(house: House) -> None:
    assert await house.hear("", photos=[picture()]) == ["You said: /inform"]
    (photo,) = house.bot.heard[0].photos
    assert await house.hear("", photos=[picture()]) == []
    message = (await house.conversations.messages("pigeon:anna"))[0]
    assert message.content["photos"] == [photo]


async def test_a_message_that_was_kept_before_the_process_died_keeps_its_photographs(house: House) -> None:
    await house.conversations.note(Incoming("pigeon", "anna", "/inform", "1", photos=("kept",)))
    await house.hear("", photos=[picture()])
    assert house.bot.heard[0].photos == ("kept",)


async def test_media_that_is_not_what_it_says_is_refused_politely(house: House) -> None:
    said = await house.hear("", photos=[b"MZ no picture"], locale_hint="de-DE")
    assert said == ["Diese Art von Datei können wir nicht öffnen. Bitte schicken Sie ein Foto oder ein PDF."]
    assert house.bot.heard == []
    assert await house.hear("It is broken", "2", photos=[b"MZ no picture"]) == [
        "You said: It is broken",
        "We can't open this kind of file. Please send a photo or a PDF.",
    ]


async def test_what_is_too_long_is_not_answered(house: House) -> None:
    (said,) = await house.hear("x" * 5000)
    assert said.startswith("That's more than we can read in one message.")
    assert house.bot.heard == []
    assert len((await house.conversations.messages("pigeon:anna"))[0].content["text"]) == 4000


async def test_what_cannot_be_read_is_declined_once_and_kept(house: House) -> None:
    from connectors.messenger import Heard

    for _ in range(2):
        await house.channel.decline(Heard("anna", "1", attached={"kind": "sticker"}), "unsupported")
    await house.deliver_due()
    assert len(house.told) == 1 and "open this kind of message" in house.told[0][1]
    said = await house.conversations.messages("pigeon:anna")
    assert [message.author for message in said] == [Author.CUSTOMER, Author.BOT]
    assert said[0].content["kind"] == "sticker"


@pytest.mark.parametrize("given", [{"text": "4"}, {"payload": "rating:4", "title": "★★★★"}])
async def test_stars_are_given_by_a_number_or_a_button(house: House, given: dict[str, str]) -> None:
    await house.hear("rate")
    assert await house.hear(id="2", **given) == ["Thank you for your rating!"]
    (_, asking, given_, _) = await house.conversations.messages("pigeon:anna")
    assert asking.rating == 4 and given_.content["text"] == "★★★★"
    assert len(house.bot.heard) == 1


async def test_nothing_at_all_is_answered_by_nothing(house: House) -> None:
    assert await house.hear("  \x00 ") == []


async def visit(house: House) -> tuple[str, str]:
    """A conversation of the widget in which something is asked: its visitor, and the code."""
    from connectors.continuing import Continuations

    visitor = "0123456789abcdef" * 2
    await house.conversations.receive(Incoming("widget", visitor, "which", "1"))
    return visitor, Continuations(SECRET).code(visitor)


async def test_a_chat_of_the_website_is_gone_on_with(house: House) -> None:
    visitor, code = await visit(house)
    assert await house.hear(f"Go on, please. {code}") == [
        "Good to see you here too! This is where we left off:",
        "Which one?",
    ]
    assert await house.hear("2", "2") == ["You said: /choose_rug"]
    system = (await house.conversations.messages(f"widget:{visitor}"))[-1]
    assert (system.author, system.content) == (Author.SYSTEM, {"event": "continued", "name": "Pigeon"})
    assert len(house.bot.heard) == 2


async def test_a_code_is_good_for_one_customer(house: House) -> None:
    from connectors.messenger import Heard

    _, code = await visit(house)
    await house.hear(code)
    assert len(await house.hear(code, "2")) == 1, "where they are is known to them"
    await house.channel.hear(Heard("eve", "1", code))
    await house.deliver_due()
    assert [said for sender, said in house.told if sender == "eve"] == [
        "That code can't be used any more. But ask us anything here, and we'll be glad to help."
    ]
    assert await house.conversations.customers("pigeon:eve") == []


async def test_a_code_is_good_for_a_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from itsdangerous import TimestampSigner

    now = datetime.now(UTC).timestamp()
    with monkeypatch.context() as before:
        before.setattr(TimestampSigner, "get_timestamp", lambda self: int(now - timedelta(hours=25).total_seconds()))
        _, code = await visit(house)
    (said,) = await house.hear(code)
    assert said.startswith("That code can't be used any more.")


async def test_a_code_that_was_not_made_here_is_words(house: House) -> None:
    _, code = await visit(house)
    forged = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert await house.hear(forged) == [f"You said: {forged}"]
