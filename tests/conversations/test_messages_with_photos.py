"""Photographs that come with a message, on their way to the bot."""

from collections.abc import Sequence

from bot.identity import Identity
from bot.reply import Reply, Understanding
from conversations import Conversations, Incoming, LocalLocks
from storage import Database


class Viewer:
    """A bot that notes what it is shown."""

    def __init__(self) -> None:
        self.shown: list[Sequence[str]] = []

    async def reply(
        self,
        conversation_id: str,
        text: str,
        locale_hint: str | None = None,
        *,
        identity: Identity | None = None,
        photos: Sequence[str] = (),
    ) -> Reply:
        self.shown.append(photos)
        return Reply([{"text": "I see."}], "en", Understanding("inform", 1.0, "en", []))


async def test_the_bot_sees_the_photographs_and_the_transcript_has_them(database: Database) -> None:
    bot = Viewer()
    conversations = Conversations(database, bot, LocalLocks())
    await conversations.receive(Incoming("rest", "u1", "it is broken", photos=("a", "b")))
    await conversations.receive(Incoming("rest", "u1", "thanks"))
    assert bot.shown == [("a", "b"), ()]
    said = [message.content for message in await conversations.transcript("rest:u1") if message.author == "customer"]
    assert said == [{"text": "it is broken", "photos": ["a", "b"]}, {"text": "thanks"}]
