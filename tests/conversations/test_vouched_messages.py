"""Who wrote a message, on its way to the bot."""

from bot.identity import Identity
from conversations import Conversations, Incoming, LocalLocks
from storage import Database
from tests.bots import ScriptedBot

ADA = Identity(email="ada@mail.example", phone="+442079460000")


async def test_the_bot_learns_who_wrote_each_message(database: Database) -> None:
    bot = ScriptedBot()
    conversations = Conversations(database, bot, LocalLocks())
    for identity in (ADA, None):
        await conversations.receive(Incoming("rest", "u1", "hello", identity=identity))
    assert [heard.identity for heard in bot.heard] == [ADA, None]


async def test_the_transcript_does_not_have_it(database: Database) -> None:
    conversations = Conversations(database, ScriptedBot(), LocalLocks())
    await conversations.receive(Incoming("rest", "u1", "hello", message_id="1", identity=ADA))
    said = await conversations.transcript("rest:u1")
    assert [message.content for message in said] == [{"text": "hello"}, {"text": "Hello."}]
    for message in said:
        for known in ("ada@", "9460000"):
            assert known not in str(vars(message))
