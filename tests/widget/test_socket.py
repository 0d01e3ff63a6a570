"""Conversations over the socket: nothing is lost, and nothing comes twice."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from conversations import LOST, Author, Conversations, LocalFeed, LocalLocks
from storage import Database
from tests.widget.visiting import Served


def texts(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["message"]["content"].get("text", "") for frame in frames if frame["type"] == "message"]


async def test_a_message_comes_back_read_and_answered(served: Served) -> None:
    async with served.window(locale="de-AT") as window:
        assert window.welcome["anew"] and window.welcome["messages"] == [] and not window.welcome["customer"]
        frames = await window.say("hello")
    kinds = [frame["type"] for frame in frames if frame["type"] != "done"]
    assert kinds == ["message", "typing", "read", "message"]
    own, answer = (frame["message"] for frame in frames if frame["type"] == "message")
    assert own["author"] == "customer" and own["client_id"] == "m-0000001"
    assert answer["author"] == "bot" and answer["content"] == {"text": "You said: hello"}
    assert own["id"] < answer["id"]
    assert next(frame for frame in frames if frame["type"] == "read") == {
        "type": "read",
        "by": "shop",
        "up_to": own["id"],
    }
    (heard,) = served.bot.heard
    assert (heard.text, heard.identity, heard.photos, heard.locale_hint, heard.cards) == (
        "hello",
        None,
        (),
        "de-AT",
        True,
    )


async def test_a_window_that_comes_back_gets_what_it_missed_and_nothing_else(served: Served) -> None:
    async with served.window() as window:
        await window.say("one")
        token = window.welcome["token"]
    async with served.window(token=token) as other:
        assert [m["content"]["text"] for m in other.welcome["messages"]] == ["one", "You said: one"]
        last = other.welcome["messages"][-1]["id"]
        await other.say("two", "m-0000002")
    async with served.window(token=token, after=last) as back:
        assert not back.welcome["anew"]
        assert [m["content"]["text"] for m in back.welcome["messages"]] == ["two", "You said: two"]
        newest = back.welcome["messages"][-1]["id"]
    async with served.window(token=token, after=newest) as up_to_date:
        assert up_to_date.welcome["messages"] == [] and not up_to_date.welcome["anew"]


async def test_a_window_that_cannot_be_told_anything_more_has_to_come_back(served: Served) -> None:
    feed = served.app.ctx.conversations._feed
    async with served.window() as window:
        (conversation_id,) = feed._subscriptions
        await feed.publish(conversation_id, {"type": "message", "message": {"of": "another version"}})
        with pytest.raises(ConnectionClosed) as closed:
            await window.receive()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1011


async def test_a_window_that_lost_very_much_gets_all_of_it(served: Served, database: Database) -> None:
    feed = served.app.ctx.conversations._feed
    unheard = Conversations(database, served.bot, LocalLocks(), feed=LocalFeed())
    async with served.window() as window:
        await window.say("hello")
        (conversation_id,) = feed._subscriptions
        said = [str(number) for number in range(250)]
        for number in said:
            await unheard.say(conversation_id, Author.AGENT, {"text": number})
        await feed.publish(conversation_id, LOST)
        assert texts([await window.receive() for _ in said]) == said


async def test_a_message_that_is_sent_again_happens_once(served: Served) -> None:
    async with served.window() as window:
        first = await window.say("buy it")
        again = await window.say("buy it")
    assert texts(first) == ["buy it", "You said: buy it"]
    assert again == [{"type": "done", "id": "m-0000001"}]
    assert len(served.bot.heard) == 1


async def test_a_visitor_who_leaves_finds_the_answer_when_they_come_back(served: Served) -> None:
    async with served.window() as window:
        token = window.welcome["token"]
        await window.send("message", id="m-0000001", text="wait")
        await window.until("typing")
        while not served.bot.pauses:
            await asyncio.sleep(0)
    served.bot.pauses[0].set()
    async with served.window(token=token) as back:
        if len(back.welcome["messages"]) == 1:  # it comes at this moment
            assert texts([await back.until("message")]) == ["You said: wait"]
        else:
            assert back.welcome["messages"][1]["content"]["text"] == "You said: wait"


async def test_all_windows_of_a_visitor_show_the_same(served: Served) -> None:
    async with served.window() as one, served.window(token=one.welcome["token"]) as two:
        frames = await one.say("hello")
        seen = [await two.receive() for _ in range(4)]
        assert texts(seen) == texts(frames)
        await two.send("read", up_to=seen[-1]["message"]["id"])
        assert (await one.until("read"))["by"] == "customer"
    async with served.window(token=one.welcome["token"]) as three:
        assert three.welcome["read_by_customer"] == seen[-1]["message"]["id"]


async def test_pressed_buttons_show_their_title_and_typed_slashes_are_words(served: Served) -> None:
    async with served.window() as window:
        pressed = await window.say(None, payload='/inform{"x": 1}', title="The red one")  # type: ignore[arg-type]
        typed = await window.say("/restart", "m-0000002")
    assert pressed[0]["message"]["content"] == {"title": "The red one", "payload": '/inform{"x": 1}'}
    assert typed[0]["message"]["content"] == {"text": "restart"}
    assert [heard.text for heard in served.bot.heard] == ['/inform{"x": 1}', "restart"]


async def test_a_turn_that_fails_can_be_tried_again(served: Served) -> None:
    async with served.window() as window:
        frames = await window.say("fail")
        assert frames[-1] == {"type": "failed", "id": "m-0000001", "code": "unavailable"}
        # Other messages go on.
        assert (await window.say("hello", "m-0000002"))[-1]["type"] == "done"


async def test_messages_that_are_not_taken(served: Served) -> None:
    async with served.window() as window:
        assert (await window.say(" \n "))[-1]["code"] == "empty"
        assert (await window.say("x" * 2001))[-1]["code"] == "too_long"
        assert (await window.say("look", photos=["0" * 32]))[-1]["code"] == "unknown_photo"
    assert served.bot.heard == []


async def test_earlier_messages_come_in_portions(served: Served) -> None:
    async with served.window() as window:
        for number in range(20):
            await window.say(f"number {number}", f"m-00000{number:02}")
        token = window.welcome["token"]
    async with served.window(token=token) as back:
        assert len(back.welcome["messages"]) == 30 and back.welcome["more"]
        await back.send("history", before=back.welcome["messages"][0]["id"])
        earlier = await back.until("history")
    assert [m["content"]["text"] for m in earlier["messages"]][:2] == ["number 0", "You said: number 0"]
    assert len(earlier["messages"]) == 10 and not earlier["more"]


async def test_a_window_that_was_away_for_very_long_begins_anew(served: Served) -> None:
    async with served.window() as window:
        first = (await window.say("hello"))[0]["message"]["id"]
        token, conversation = window.welcome["token"], f"widget:{await visitor(served)}"
    for number in range(201):
        await served.app.ctx.conversations.say(conversation, Author.AGENT, {"text": str(number), "name": "Mei"})
    async with served.window(token=token, after=first) as back:
        assert back.welcome["anew"] and len(back.welcome["messages"]) == 30


async def test_agents_and_what_happens_are_shown(served: Served) -> None:
    async with served.window() as window:
        await window.say("hello")
        conversations, conversation = served.app.ctx.conversations, f"widget:{await visitor(served)}"
        await conversations.say(conversation, Author.SYSTEM, {"event": "joined", "name": "Mei"})
        await conversations.show_typing(conversation, Author.AGENT, "Mei")
        joined, typing = await window.receive(), await window.receive()
    assert joined["message"]["author"] == "system" and joined["message"]["content"] == {
        "event": "joined",
        "name": "Mei",
    }
    assert typing == {"type": "typing", "author": "agent", "name": "Mei"}


async def test_ratings_answer_the_question_for_one(served: Served) -> None:
    async with served.window() as window:
        asked = await window.say('[{"text": "How did it go?", "custom": {"type": "rating"}}]')
        question = next(f["message"]["id"] for f in asked if f["type"] == "message" and f["message"]["author"] == "bot")
        await window.send("rate", message=question, stars=4, comment="quick\x00")
        told = [await window.receive() for _ in range(2)]
        assert {"type": "rating", "message": question, "stars": 4} in told
        assert {"type": "rated", "message": question} in told
        await window.send("rate", message=question - 1, stars=4)
        assert (await window.receive())["type"] == "rating_refused"
        token = window.welcome["token"]
    async with served.window(token=token) as back:
        assert back.welcome["messages"][-1]["content"]["rating"] == {"stars": 4}


async def test_whatever_else_comes_ends_the_connection(served: Served) -> None:
    for nonsense in ("", "[]", '{"type": "hack"}', "{", '{"type": "message", "id": "x"}'):
        async with served.window() as window:
            await window.ws.send(nonsense)
            await window.ws.wait_closed()
            assert window.ws.close_code == 4400, nonsense


async def test_many_talk_at_the_same_time(served: Served) -> None:
    async def talk(number: int) -> list[str]:
        async with served.window() as window:
            return texts(await window.say(f"I am {number}"))

    answers = await asyncio.gather(*(talk(number) for number in range(30)))
    assert answers == [[f"I am {number}", f"You said: I am {number}"] for number in range(30)]


async def visitor(served: Served) -> str:
    """Who has written; there is one."""
    from sqlalchemy import select

    from conversations import ConversationRow

    async with served.app.ctx.conversations._database.session() as session:
        row = (await session.scalars(select(ConversationRow))).one()
    return str(row.sender)
