"""Who takes part in a conversation, as the bot finds it out."""

from sqlalchemy import select

from conversations import Conversations, Incoming, LocalLocks
from conversations.service import CUSTOMERS
from storage import Database
from tests.bots import ScriptedBot, answer


async def test_every_customer_of_a_conversation_is_kept_once(database: Database) -> None:
    customers = iter([None, "C1", "C1", "C2"])
    bot = ScriptedBot(lambda heard: answer(customer=next(customers)))
    conversations = Conversations(database, bot, LocalLocks())
    for _ in range(4):
        await conversations.receive(Incoming("rest", "u1", "hello"))
    async with database.reading() as connection:
        kept = list(await connection.execute(select(CUSTOMERS).order_by(CUSTOMERS.c.customer_id)))
    assert kept == [("rest:u1", "C1"), ("rest:u1", "C2")]


async def test_a_customer_on_several_channels_is_one_customer(database: Database) -> None:
    customers = {"rest:a": "C1", "whatsapp:a": "C1", "widget:b": "C2"}
    bot = ScriptedBot(lambda heard: answer(customer=customers.get(heard.conversation_id)))
    conversations = Conversations(database, bot, LocalLocks())
    for channel, sender in (("rest", "a"), ("whatsapp", "a"), ("widget", "b"), ("widget", "v"), ("wechat", "w")):
        await conversations.receive(Incoming(channel, sender, "hello"))
    assert await conversations.continue_from("wechat:w", "widget:v")
    assert await conversations.related("rest:a") == ["whatsapp:a"]
    assert await conversations.related("whatsapp:a") == ["rest:a"]
    assert await conversations.related("widget:b") == []
    assert await conversations.related("widget:v") == ["wechat:w"]
    assert await conversations.related("wechat:w") == ["widget:v"]


async def test_whoever_goes_on_elsewhere_is_the_same_customer_there(database: Database) -> None:
    bot = ScriptedBot(lambda heard: answer(customer="C1" if heard.conversation_id == "widget:v" else None))
    conversations = Conversations(database, bot, LocalLocks())
    for channel, sender in (("widget", "v"), ("whatsapp", "a"), ("whatsapp", "eve")):
        await conversations.receive(Incoming(channel, sender, "hello"))
    assert await conversations.continue_from("whatsapp:a", "widget:v")
    assert not await conversations.continue_from("whatsapp:eve", "widget:v")
    assert await conversations.customers("whatsapp:a") == ["C1"]
    assert await conversations.customers("whatsapp:eve") == []
    assert not await conversations.continue_from("whatsapp:eve", "widget:nobody")
