"""Who wrote a message, on its way to the bot."""

from collections.abc import Sequence

from bot.identity import Identity
from bot.reply import Reply, Understanding
from conversations import Conversations, Incoming, LocalLocks
from storage import Database

ADA = Identity(email="ada@mail.example", phone="+442079460000")


class Listener:
    """A bot that notes who wrote to it."""

    def __init__(self) -> None:
        self.identities: list[Identity | None] = []

    async def reply(
        self,
        conversation_id: str,
        text: str,
        locale_hint: str | None = None,
        *,
        identity: Identity | None = None,
        photos: Sequence[str] = (),
    ) -> Reply:
        self.identities.append(identity)
        return Reply([{"text": "Hello."}], "en", Understanding("greet", 1.0, "en", []))


async def test_the_bot_learns_who_wrote_each_message(database: Database) -> None:
    bot = Listener()
    conversations = Conversations(database, bot, LocalLocks())
    for identity in (ADA, None):
        await conversations.receive(Incoming("rest", "u1", "hello", identity=identity))
    assert bot.identities == [ADA, None]


async def test_the_transcript_does_not_have_it(database: Database) -> None:
    conversations = Conversations(database, Listener(), LocalLocks())
    await conversations.receive(Incoming("rest", "u1", "hello", message_id="1", identity=ADA))
    said = await conversations.transcript("rest:u1")
    assert [message.content for message in said] == [{"text": "hello"}, {"text": "Hello."}]
    for message in said:
        for known in ("ada@", "9460000"):
            assert known not in str(vars(message))
