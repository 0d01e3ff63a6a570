"""The webhook: what is let in, and what it is answered with."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic_routing.exceptions import FinalizationError
from sqlalchemy import func, select
from structlog.testing import capture_logs

from bot.reply import Reply
from connectors.wechat.crypto import FRESH_SECONDS
from connectors.wechat.xml import MAX_BYTES
from conversations import Inbox, Outbox, State
from conversations.inbox import INBOX
from storage import Database, DatabaseUnavailable
from tests.bots import Heard, answer
from tests.connectors.lending import lend
from tests.wechat.house import (
    AES_KEY,
    APP_ID,
    OPENID,
    SECRETS,
    House,
    MakeHouse,
    message,
    recorded,
    request_of,
    signed,
)

MENU = {"text": "对吗?", "buttons": [{"title": "是", "payload": "/affirm"}]}


def echo(heard: Heard) -> Reply:
    return answer({"text": f"You said: {heard.text}"})


async def stored(house: House) -> int:
    async with house.database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(INBOX)) or 0


class Doubt:
    """A bot that thinks until it may answer."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.asked = asyncio.Event()

    def into(self, house: House) -> Doubt:
        reply = house.bot.reply

        async def thinking(*arguments: Any, **context: Any) -> Reply:
            self.asked.set()
            await self.may.wait()
            return await reply(*arguments, **context)

        house.bot.reply = thinking  # type: ignore[method-assign]
        return self


# The check of the address


async def test_the_address_is_checked(house_of: MakeHouse) -> None:
    house = await house_of()
    timestamp = str(int(time.time()))
    arguments = {"timestamp": timestamp, "nonce": "n", "echostr": "4375120948345356249"}
    good = await house.client.get("/webhook", params={**arguments, "signature": signed(timestamp, "n")})
    assert (good.status_code, good.text) == (200, "4375120948345356249")
    bad = await house.client.get("/webhook", params={**arguments, "signature": signed(timestamp, "other")})
    assert bad.status_code == 401


@pytest.mark.parametrize("echostr", ["", "<script>", "x" * 300])
async def test_nothing_else_is_echoed(house_of: MakeHouse, echostr: str) -> None:
    house = await house_of()
    timestamp = str(int(time.time()))
    query = {"timestamp": timestamp, "nonce": "n", "echostr": echostr, "signature": signed(timestamp, "n")}
    assert (await house.client.get("/webhook", params=query)).status_code == 400


async def test_an_account_that_is_not_set_up_has_no_webhook(house_of: MakeHouse) -> None:
    with capture_logs() as logs, pytest.raises(FinalizationError, match="no routes"):
        await house_of(app_id="")
    assert [entry["event"] for entry in logs] == ["wechat.not_set_up"]


@pytest.mark.parametrize("key", ["too short", "é" * 43, AES_KEY + "AAAA"], ids=["short", "not ASCII", "long"])
async def test_a_key_that_is_none_is_told_at_once(rasa: None, tmp_path: Path, key: str) -> None:
    from connectors.wechat.channel import WeChatChannel

    database = Database(f"sqlite:///{tmp_path / 'unused.db'}")
    facilities = lend(
        database=database,
        inbox=Inbox(database),
        outbox=Outbox(database),
        secrets={**SECRETS, "wechat_aes_key": key},
    )
    with pytest.raises(ValueError, match="wechat_aes_key is no EncodingAESKey") as raised:
        WeChatChannel(facilities, app_id=APP_ID)
    assert key not in str(raised.value)
    # Nobody needs it where messages are plain.
    WeChatChannel(facilities, app_id=APP_ID, encrypted=False)


async def test_the_channel_has_the_name_that_people_know(house_of: MakeHouse) -> None:
    house = await house_of()
    assert house.channel.title == "WeChat"


# Passive replies


@pytest.mark.parametrize("encrypted", [True, False])
async def test_the_answer_is_the_passive_reply(house_of: MakeHouse, encrypted: bool) -> None:
    house = await house_of(echo, encrypted=encrypted)
    reply = house.reply(await house.post(recorded("text")))
    assert (reply.type, reply.content) == ("text", "You said: 我的包裹在哪里?🙂")
    assert (reply.source, reply.target) == ("gh_0123456789ab", OPENID)
    assert not house.platform.sent


async def test_a_repeated_webhook_is_answered_the_same_and_happens_once(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    same = message("hello")
    replies = [house.reply(await house.post(same)).content for _ in range(3)]
    assert replies == ["You said: hello"] * 3
    assert [heard.text for heard in house.bot.heard] == ["hello"]
    # A whole request that is sent again, too.
    query, body = request_of(same, house.crypto)
    again = [await house.client.post("/webhook", params=query, content=body) for _ in range(2)]
    assert [house.reply(response).content for response in again] == ["You said: hello"] * 2
    assert len(house.bot.heard) == 1


async def test_a_repeated_webhook_that_said_nothing_says_nothing(house_of: MakeHouse) -> None:
    house = await house_of(lambda heard: answer(MENU), answer_within=5)
    same = message("hello")
    assert house.reply(await house.post(same)) is None
    await house.platform.until(lambda: bool(house.platform.sent))
    assert house.reply(await house.post(same)) is None
    assert len(house.platform.sent) == 1


@pytest.mark.parametrize("dying", ["keep_answer", "conclude"])
async def test_what_was_taken_is_not_lost_when_the_process_dies(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch, dying: str
) -> None:
    house = await house_of(echo)
    same = message("hello")

    async def die(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(house.inbox if dying == "keep_answer" else house.outbox, dying, die)
        assert (await house.post(same)).status_code == 500
    # What the platform sends again is answered with it, or else it is still to be delivered.
    again = house.reply(await house.post(same))
    (state,) = [delivery.state for delivery in (await house.outbox.of(f"wechat:{OPENID}")).values()]
    assert state is State.SENDING
    assert (again.content if again else None) == ("You said: hello" if dying == "conclude" else None)
    assert len(house.bot.heard) == 1


async def test_a_menu_goes_through_the_api(house_of: MakeHouse) -> None:
    house = await house_of(lambda heard: answer(MENU))
    assert house.reply(await house.post(message("hello"))) is None
    await house.platform.until(lambda: bool(house.platform.sent))
    assert house.platform.sent[0]["msgmenu"]["list"] == [{"id": "/affirm", "content": "是"}]


async def test_of_a_text_and_a_menu_the_text_comes_first(house_of: MakeHouse) -> None:
    house = await house_of(lambda heard: answer({"text": "One moment."}, {"text": "Another."}, MENU), answer_within=2)
    assert house.reply(await house.post(message("hello"))).content == "One moment.\n\nAnother."
    await house.platform.until(lambda: bool(house.platform.sent))
    assert [sent["msgtype"] for sent in house.platform.sent] == ["msgmenu"]


async def test_a_click_on_a_menu_is_understood(house_of: MakeHouse) -> None:
    house = await house_of()
    await house.post(recorded("menu_answer"))
    assert [heard.text for heard in house.bot.heard] == ["/affirm"]
    assert (await house.said())[0] == ("customer", {"text": "/affirm", "title": "满意"})


async def test_a_number_is_a_choice(house_of: MakeHouse) -> None:
    buttons = [{"title": "是", "payload": "/affirm"}, {"title": "否", "payload": "/deny"}]
    house = await house_of(lambda heard: answer({"text": "对吗?", "buttons": buttons}), customer_service=False)
    reply = house.reply(await house.post(message("hello", 1)))
    assert "1. 是\n2. 否" in reply.content
    await house.post(message("2", 2))
    assert [heard.text for heard in house.bot.heard] == ["hello", "/deny"]


async def test_an_answer_that_takes_longer_goes_through_the_api(house_of: MakeHouse) -> None:
    house = await house_of(echo, answer_within=0.05)
    doubt = Doubt().into(house)
    began = time.monotonic()
    assert house.reply(await house.post(message("hello"))) is None
    assert time.monotonic() - began < 2
    doubt.may.set()
    await house.platform.until(lambda: bool(house.platform.sent))
    assert [sent["text"]["content"] for sent in house.platform.sent] == ["You said: hello"]


async def test_meanwhile_the_customer_sees_that_an_answer_is_written(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.wechat.channel.MOMENT_SECONDS", 0.2)
    house = await house_of(echo, answer_within=0.05)
    doubt = Doubt().into(house)
    await house.post(message("hello"))
    await house.platform.until(lambda: len(house.platform.sent) == 1)
    assert house.platform.of("message/custom/typing") == [{"touser": OPENID, "command": "Typing"}]
    assert house.platform.sent[0]["text"]["content"] == house.channel.phrases("zh").text("one_moment")
    doubt.may.set()
    await house.platform.until(lambda: len(house.platform.sent) == 2)
    assert house.platform.sent[1]["text"]["content"] == "You said: hello"
    # It answers nothing, and is no part of the conversation.
    assert [author for author, _ in await house.said()] == ["customer", "bot"]


async def test_whoever_has_no_other_way_waits_for_the_retries(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.wechat.channel.PASSIVE_SECONDS", 0.2)
    monkeypatch.setattr("connectors.wechat.channel.PLATFORM_SECONDS", 0.3)
    house = await house_of(echo, customer_service=False)
    doubt = Doubt().into(house)
    same = message("hello")
    assert [(await house.post(same)).status_code for _ in range(2)] == [504, 504]
    third = house.reply(await house.post(same))
    assert third.content == house.channel.phrases("zh").text("answer_waits")
    assert house.reply(await house.post(same)).content == third.content
    doubt.may.set()
    await house.idle()
    # The next message fetches it.
    reply = house.reply(await house.post(message("?", 2)))
    assert reply.content == "You said: hello\n\nYou said: ?"
    assert not house.platform.calls


async def test_an_answer_in_time_for_the_second_try_is_given_then(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.wechat.channel.PASSIVE_SECONDS", 0.2)
    monkeypatch.setattr("connectors.wechat.channel.PLATFORM_SECONDS", 0.3)
    house = await house_of(echo, customer_service=False)
    doubt = Doubt().into(house)
    same = message("hello")
    assert (await house.post(same)).status_code == 504
    doubt.may.set()
    await house.idle()
    assert house.reply(await house.post(same)).content == "You said: hello"
    assert len(house.bot.heard) == 1


async def test_what_is_too_much_for_one_reply_waits_for_the_next_message(house_of: MakeHouse) -> None:
    first, second = "一" * 500, "二" * 500
    house = await house_of(
        lambda heard: answer({"text": first}, {"text": second}) if heard.text == "hello" else answer({"text": "三"}),
        customer_service=False,
    )
    assert house.reply(await house.post(message("hello", 1))).content == first
    assert house.reply(await house.post(message("?", 2))).content == f"{second}\n\n三"


# What customers send, through the whole house


async def test_a_photograph_is_looked_at(house_of: MakeHouse, jpeg: bytes) -> None:
    house = await house_of(echo)
    house.platform.media["media_id"] = ("image/jpeg", jpeg)
    assert house.reply(await house.post(recorded("image"))).content == "You said: /inform"
    (photo,) = await house.photos.of(f"wechat:{OPENID}")
    assert list(house.bot.heard[0].photos) == [photo.id]


@pytest.mark.parametrize(
    ("media", "phrase"),
    [
        (("image/jpeg", b"MZ\x90\x00 this is a program"), "photo_refused_type"),
        (("image/jpeg", b"<html>hello</html>"), "photo_refused_type"),
        (("image/jpeg", b"\xff\xd8\xff\xe0 cut short"), None),
        (("image/jpeg", b"x" * (10 * 2**20 + 1)), "photo_refused_too_large"),
        (None, "media_gone"),
    ],
    ids=["program", "page", "broken", "too large", "gone"],
)
async def test_media_that_are_not_what_they_say(
    house_of: MakeHouse, media: tuple[str, bytes] | None, phrase: str | None
) -> None:
    house = await house_of(echo)
    if media:
        house.platform.media["media_id"] = media
    reply = house.reply(await house.post(recorded("image")))
    phrases = house.channel.phrases("zh")
    expected = [phrase] if phrase else ["photo_refused_broken", "photo_refused_type"]
    assert reply.content in [phrases.text(each) for each in expected]
    assert not await house.photos.of(f"wechat:{OPENID}")
    assert not house.bot.heard


async def test_a_photograph_is_fetched_again_when_the_platform_was_away(house_of: MakeHouse, jpeg: bytes) -> None:
    house = await house_of(echo)
    house.platform.media["media_id"] = ("image/jpeg", jpeg)
    house.platform.answers["media/get"] = [{"errcode": -1, "errmsg": "system error"}]
    assert house.reply(await house.post(recorded("image"))).content == "You said: /inform"


async def test_an_unknown_kind_is_declined_politely(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    reply = house.reply(await house.post(recorded("unknown")))
    assert reply.content == house.channel.phrases("zh").text("unsupported")
    assert not house.bot.heard
    assert (await house.said())[0] == ("customer", {"text": "", "unsupported": "hologram"})


async def test_followers_are_welcomed_once(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    same = recorded("subscribe_scene")
    replies = [house.reply(await house.post(same)).content for _ in range(2)]
    assert replies == [house.channel.phrases("zh").text("welcome")] * 2
    assert len(await house.said()) == 2


async def test_a_place_is_kept(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    await house.post(recorded("location"))
    _, content = (await house.said())[0]
    assert content["location"]["latitude"] == 23.134521


@pytest.mark.parametrize("name", ["view", "report_location"])
async def test_what_is_nothing_to_us_is_not_kept(house_of: MakeHouse, name: str) -> None:
    house = await house_of(echo)
    assert house.reply(await house.post(recorded(name))) is None
    assert await stored(house) == 0


# Bad input


async def refused(house: House, status: int, response: httpx.Response) -> None:
    assert response.status_code == status, response.text
    assert await stored(house) == 0


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("late", [FRESH_SECONDS + 10, -FRESH_SECONDS - 10])
async def test_stale_requests(house_of: MakeHouse, encrypted: bool, late: int) -> None:
    house = await house_of(echo, encrypted=encrypted)
    query, body = request_of(message("hello"), house.crypto, time.time() - late)
    await refused(house, 401, await house.client.post("/webhook", params=query, content=body))


@pytest.mark.parametrize(
    "wrong",
    [
        {"msg_signature": "0" * 40, "signature": "0" * 40},
        {"msg_signature": "", "signature": ""},
        {"nonce": "another"},
        {"timestamp": str(int(time.time()) + 1)},
        {"msg_signature": "Ω", "signature": "Ω"},
    ],
    ids=["wrong", "none", "nonce", "time", "not even ASCII"],
)
@pytest.mark.parametrize("encrypted", [True, False])
async def test_wrong_signatures(house_of: MakeHouse, encrypted: bool, wrong: dict[str, str]) -> None:
    house = await house_of(echo, encrypted=encrypted)
    await refused(house, 401, await house.post(message("hello"), **wrong))


async def test_no_arguments_at_all(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    await refused(house, 401, await house.client.post("/webhook", content=message("hello")))


async def test_plain_messages_do_not_pass_where_they_are_encrypted(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    query, body = request_of(message("hello"), None)
    await refused(house, 401, await house.client.post("/webhook", params=query, content=body))


async def test_a_changed_message(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    query, _ = request_of(message("hello"), house.crypto)
    _, other = request_of(message("something else", 2), house.crypto)
    await refused(house, 401, await house.client.post("/webhook", params=query, content=other))


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<xml><ToUserName>&b;</ToUserName></xml>"
)


@pytest.mark.parametrize(
    "body",
    [
        message("hello")[:-20],
        "",
        '{"MsgType": "text"}',
        BOMB,
        "<xml><a/></xml>",
        message("hello").replace(OPENID, "../../etc/passwd"),
        message("hello").replace("CreateTime", "Created"),
        message("hello").replace("MsgType", "Type"),
        message("hello", at=99_999_999_999_999),
    ],
    ids=["truncated", "nothing", "JSON", "entities", "no fields", "no openid", "no time", "no type", "late"],
)
@pytest.mark.parametrize("encrypted", [True, False])
async def test_what_cannot_be_read(house_of: MakeHouse, encrypted: bool, body: str) -> None:
    house = await house_of(echo, encrypted=encrypted)
    await refused(house, 400, await house.post(body))


@pytest.mark.parametrize("outer", ["<xml><Encrypt>", BOMB, "", "not XML"])
async def test_envelopes_that_cannot_be_read(house_of: MakeHouse, outer: str) -> None:
    house = await house_of(echo)
    query, _ = request_of(message("hello"), house.crypto)
    await refused(house, 400, await house.client.post("/webhook", params=query, content=outer))


async def test_a_body_of_ten_megabytes(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    query, _ = request_of(message("hello"), house.crypto)
    large = b"<xml><Encrypt>" + b"x" * (10 * 2**20)
    with capture_logs() as logs, suppress(httpx.TransportError):
        # The server may close the connection while the client is still writing.
        await refused(house, 413, await house.client.post("/webhook", params=query, content=large))
    assert [entry["status"] for entry in logs] == [413]
    assert await stored(house) == 0


async def test_a_body_that_is_larger_than_any_message(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    query, _ = request_of(message("hello"), house.crypto)
    large = b"<xml><Encrypt>" + b"x" * MAX_BYTES
    await refused(house, 413, await house.client.post("/webhook", params=query, content=large))


async def test_large_bodies_whose_length_is_not_told(house_of: MakeHouse) -> None:
    house = await house_of(echo)
    query, _ = request_of(message("hello"), house.crypto)

    async def parts() -> Any:
        for _ in range(MAX_BYTES // 10_000 + 2):
            yield b"x" * 10_000

    await refused(house, 413, await house.client.post("/webhook", params=query, content=parts()))


async def test_without_a_database_the_platform_has_to_try_again(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await house_of(echo)

    async def away(*_: Any) -> None:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(house.inbox, "put", away)
    assert (await house.post(message("hello"))).status_code == 503
