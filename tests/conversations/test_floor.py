"""Who answers: the bot, or somebody of the shop who has the floor."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.directives import handoff
from conversations import Author, Conversations, Incoming, LocalLocks
from conversations.service import WITHDRAW
from storage import Database
from tests.bots import Heard, ScriptedBot, answer

CONVERSATION = "widget:anna"


class Queue:
    """A desk that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def handed_over(
        self, connection: AsyncConnection, conversation_id: str, handoff_id: int, language: str
    ) -> list[dict[str, Any]]:
        self.told.append(("handed_over", conversation_id, handoff_id, language))
        return [{"text": "You are next."}]

    async def withdrawn(
        self, connection: AsyncConnection, conversation_id: str, language: str | None
    ) -> list[dict[str, Any]]:
        self.told.append(("withdrawn", conversation_id, language))
        return [{"text": "I am here."}]

    async def moved(self, connection: AsyncConnection, conversation_id: str, to: str) -> None:
        self.told.append(("moved", conversation_id, to))

    def overheard(self, text: str, language: str) -> dict[str, Any] | None:
        return handoff("keyword") if "charged twice" in text else None

    async def heard(self, conversation_id: str) -> None:
        self.told.append(("heard", conversation_id))

    async def rated(self, conversation_id: str, message_id: int, stars: int) -> None:
        self.told.append(("rated", stars))


class House:
    """A customer, a bot that hands over when it is asked for a person, and a desk."""

    def __init__(self, database: Database) -> None:
        self.bot = ScriptedBot(_script)
        self.desk = Queue()
        self.conversations = Conversations(database, self.bot, LocalLocks(), desk=self.desk)

    async def write(self, text: str, message_id: str | None = None) -> list[str]:
        """Write as the customer; returns the texts of the answer."""
        answers = await self.conversations.receive(Incoming("widget", "anna", text, message_id))
        return [said["text"] for said in answers]

    async def said(self) -> list[tuple[str, str]]:
        """What was said: the author, and the text or the event of each message."""
        messages = await self.conversations.messages(CONVERSATION)
        return [(message.author, message.content.get("text") or message.content["event"]) for message in messages]


def _script(heard: Heard) -> Any:
    wanted = [handoff("asked")] if "person" in heard.text else []
    return answer({"text": f"You said: {heard.text}"}, directives=wanted)


async def test_the_desk_has_a_word_in_the_answer_that_hands_over(database: Database) -> None:
    house = House(database)
    assert await house.write("a person, please", "m1") == ["You said: a person, please", "You are next."]
    assert [told[:2] for told in house.desk.told] == [("handed_over", CONVERSATION), ("heard", CONVERSATION)]
    # What came again gets the whole answer again, and nobody is handed over twice.
    assert await house.write("a person, please", "m1") == ["You said: a person, please", "You are next."]
    assert len(house.desk.told) == 2


async def test_the_bot_answers_until_somebody_has_the_floor_and_again_after_it(database: Database) -> None:
    house = House(database)
    await house.write("a person")
    assert await house.write("hello?") == ["You said: hello?"]
    await house.conversations.take_floor(CONVERSATION, "Mei")
    house.desk.told.clear()
    assert await house.write("at last", "m3") == []
    assert await house.write("at last", "m3") == []
    assert house.desk.told == [("heard", CONVERSATION)]
    await house.conversations.say(CONVERSATION, Author.AGENT, {"text": "Good afternoon.", "name": "Mei"})
    await house.conversations.leave_floor(CONVERSATION)
    assert await house.write("thanks") == ["You said: thanks"]
    assert (await house.said())[5:] == [
        ("system", "joined"),
        ("customer", "at last"),
        ("agent", "Good afternoon."),
        ("system", "left"),
        ("customer", "thanks"),
        ("bot", "You said: thanks"),
    ]
    assert "at last" not in [heard.text for heard in house.bot.heard]


async def test_taking_the_floor_twice_is_told_once_and_leaving_names_who_had_it(database: Database) -> None:
    house = House(database)
    await house.write("hello")
    await house.conversations.leave_floor(CONVERSATION)
    for _ in range(2):
        await house.conversations.take_floor(CONVERSATION, "Mei")
    for _ in range(2):
        await house.conversations.leave_floor(CONVERSATION, closed=True)
    events = [message.content for message in await house.conversations.messages(CONVERSATION)][2:]
    assert events == [{"event": "joined", "name": "Mei"}, {"event": "closed", "name": "Mei"}]


async def test_a_customer_goes_back_to_the_bot(database: Database) -> None:
    house = House(database)
    await house.write("a person")
    assert await house.write(WITHDRAW) == ["I am here."]
    assert WITHDRAW not in [heard.text for heard in house.bot.heard]
    assert house.desk.told[2:] == [("withdrawn", CONVERSATION, "en"), ("heard", CONVERSATION)]


async def test_the_bot_begins_something_by_itself(database: Database) -> None:
    house = House(database)
    await house.write("hello")
    await house.conversations.prompt(CONVERSATION, "/return_item", cards=True)
    assert (await house.said())[2:] == [("bot", "You said: /return_item")]
    assert house.bot.heard[-1].cards


async def test_words_that_the_desk_looks_out_for_hand_over(database: Database) -> None:
    house = House(database)
    assert await house.write("I was charged twice") == ["You said: I was charged twice", "You are next."]
    assert [row.reason for row in await house.conversations.handoffs()] == ["keyword"]


async def test_people_go_along_when_a_conversation_goes_on_elsewhere(database: Database) -> None:
    house = House(database)
    await house.write("a person")
    await house.conversations.take_floor(CONVERSATION, "Mei")
    await house.conversations.receive(Incoming("whatsapp", "4917600000000", "hello"))
    assert await house.conversations.continue_from("whatsapp:4917600000000", CONVERSATION)
    assert ("moved", CONVERSATION, "whatsapp:4917600000000") in house.desk.told
    assert [row.conversation_id for row in await house.conversations.handoffs()] == ["whatsapp:4917600000000"]
    assert await house.conversations.receive(Incoming("whatsapp", "4917600000000", "still there?")) == []
    assert await house.write("and here?") == ["You said: and here?"]
