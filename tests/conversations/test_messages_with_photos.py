"""Photographs that come with a message, on their way to the bot."""

from conversations import Conversations, Incoming, LocalLocks
from storage import Database
from tests.bots import ScriptedBot


async def test_the_bot_sees_the_photographs_and_the_transcript_has_them(database: Database) -> None:
    bot = ScriptedBot()
    conversations = Conversations(database, bot, LocalLocks())
    await conversations.receive(Incoming("rest", "u1", "it is broken", photos=("a", "b")))
    await conversations.receive(Incoming("rest", "u1", "thanks"))
    assert [heard.photos for heard in bot.heard] == [("a", "b"), ()]
    said = [message.content for message in await conversations.transcript("rest:u1") if message.author == "customer"]
    assert said == [{"text": "it is broken", "photos": ["a", "b"]}, {"text": "thanks"}]
