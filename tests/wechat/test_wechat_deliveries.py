"""What goes out through the API, and what becomes of it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sanic.response import text
from structlog.testing import capture_logs

from conversations import Author, State
from tests.bots import answer
from tests.wechat.house import OPENID, House, MakeHouse, message, recorded, request_of

SEND, TEMPLATE, UPLOAD = "message/custom/send", "message/template/send", "media/upload"
CONVERSATION = f"wechat:{OPENID}"
MENU = {"text": "对吗?", "buttons": [{"title": "是", "payload": "/affirm"}, {"title": "否", "payload": "/deny"}]}


async def begun(house_of: MakeHouse, **settings: Any) -> House:
    """A house in which there is a conversation, and nothing was said to the customer."""
    house: House = await house_of(lambda heard: answer({"text": "hello"}), answer_within=0, **settings)
    await house.post(recorded("unsubscribe"))
    await house.idle()
    return house


async def say(house: House, content: dict[str, Any]) -> int:
    """What an agent says; returns the id of the message."""
    return (await house.conversations.say(CONVERSATION, Author.AGENT, content)).id


def sent(state: State, reason: str | None) -> bool:
    return state is State.SENT


def failed(state: State, reason: str | None) -> bool:
    return state is State.FAILED


async def test_what_an_agent_says_is_sent(house_of: MakeHouse) -> None:
    house = await begun(house_of)
    await house.until(await say(house, {"text": "_Ihr_ Paket **ist** da: 3 * 4 * 5", "name": "Mei"}), sent)
    assert house.platform.sent == [
        {"touser": OPENID, "msgtype": "text", "text": {"content": "_Ihr_ Paket **ist** da: 3 * 4 * 5"}}
    ]


@pytest.mark.parametrize("code", [-1, 45009, 45047, 42001])
async def test_what_the_platform_does_not_take_now_is_sent_later(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    import connectors.wechat.failures as failures

    monkeypatch.setattr(failures, "_PAUSES", {at: (reason, None) for at, (reason, _) in failures._PAUSES.items()})
    house = await begun(house_of)
    house.platform.answers[SEND] = [{"errcode": code, "errmsg": "hint"}] * 2
    await house.until(await say(house, {"text": "您好"}), sent)
    assert [each["text"]["content"] for each in house.platform.sent] == ["您好"] * 3


async def test_after_too_many_messages_the_next_ones_come_when_the_customer_writes(house_of: MakeHouse) -> None:
    house = await begun(house_of)
    house.platform.answers[SEND] = [{"errcode": 45047, "errmsg": "out of response count limit"}]
    message_id = await say(house, {"text": "您好"})
    reason = await house.until(message_id, lambda state, reason: state is State.WAITING and reason is not None)
    assert reason == "not_delivered:too_many"
    await house.post(message("?", 2))
    await house.until(message_id, sent)
    await house.platform.until(lambda: len(house.platform.sent) == 3)
    assert [each["text"]["content"] for each in house.platform.sent] == ["您好", "您好", "hello"]


@pytest.mark.parametrize(
    ("name", "customer_service", "hurries"),
    [
        ("text", True, True),
        ("image", True, True),
        ("subscribe", True, True),
        ("click", True, True),
        ("view", True, False),
        ("template_success", True, False),
        ("text", False, False),
    ],
)
async def test_what_has_the_platform_let_us_write_again(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch, name: str, customer_service: bool, hurries: bool
) -> None:
    house = await begun(house_of, customer_service=customer_service)
    hurried: list[str] = []

    async def hurry(conversation_id: str) -> None:
        hurried.append(conversation_id)

    monkeypatch.setattr(house.outbox, "hurry", hurry)
    await house.post(recorded(name))
    await house.idle()
    assert hurried == ([CONVERSATION] if hurries else [])


async def test_who_stops_following_cannot_be_written_to_again(
    house_of: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = await house_of()
    hurried: list[str] = []
    monkeypatch.setattr(house.outbox, "hurry", hurried.append)
    await house.post(recorded("unsubscribe"))
    await house.idle()
    assert [content["event"] for _, content in await house.said()] == ["unsubscribe"]
    assert not hurried


async def test_a_customer_who_cannot_be_reached_any_more(house_of: MakeHouse) -> None:
    house = await begun(house_of)
    house.platform.answers[SEND] = [{"errcode": 45015, "errmsg": "response out of time limit"}]
    assert await house.until(await say(house, {"text": "您好"}), failed) == "window_closed"
    assert len(house.platform.sent) == 1


async def test_what_may_have_arrived_is_not_sent_again_at_once(house_of: MakeHouse) -> None:
    house = await begun(house_of)
    house.platform.answers[SEND] = [text("", status=504)]
    message_id = await say(house, {"text": "您好"})
    reason = await house.until(message_id, lambda state, reason: state is State.SENDING and reason is not None)
    assert reason == "not_delivered:platform"
    assert len(house.platform.sent) == 1


async def test_an_account_without_menus_gets_numbers(house_of: MakeHouse) -> None:
    house = await begun(house_of)
    house.platform.answers[SEND] = [{"errcode": 40200, "errmsg": "invalid account type"}]
    await house.until(await say(house, MENU), sent)
    menu, numbers = house.platform.sent
    assert menu["msgtype"] == "msgmenu"
    assert numbers["text"]["content"].startswith("对吗?\n\n1. 是\n2. 否\n\n")


def picture(format_: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (30, 20), "blue").save(file, format_)
    return file.getvalue()


@pytest.mark.parametrize(("format_", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", None)])
async def test_a_picture_is_lent_to_the_platform(house_of: MakeHouse, format_: str, content_type: str | None) -> None:
    house = await begun(house_of)
    house.platform.pictures["a"] = picture(format_)
    await house.until(await say(house, {"image": f"{house.platform.url}/pictures/a"}), sent)
    (file,) = house.platform.of(UPLOAD)
    # The platform takes no WebP.
    assert file.type == (content_type or "image/jpeg")
    assert Image.open(BytesIO(file.body)).size == (30, 20)
    assert house.platform.sent == [
        {"touser": OPENID, "msgtype": "image", "image": {"media_id": house.platform.sent[0]["image"]["media_id"]}}
    ]


@pytest.mark.parametrize("data", [None, b"<html>"])
async def test_a_picture_that_is_not_to_be_had_is_a_link(house_of: MakeHouse, data: bytes | None) -> None:
    house = await begun(house_of)
    if data:
        house.platform.pictures["a"] = data
    url = f"{house.platform.url}/pictures/a"
    await house.until(await say(house, {"image": url}), sent)
    assert [each["text"]["content"] for each in house.platform.sent] == [url]


async def test_a_photograph_that_is_kept_is_sent(house_of: MakeHouse, jpeg: bytes) -> None:
    house = await begun(house_of)
    photo = await house.photos.keep(CONVERSATION, jpeg)
    await house.until(await say(house, {"photos": [photo.id]}), sent)
    assert [each["msgtype"] for each in house.platform.sent] == ["image"]
    assert await house.until(await say(house, {"photos": ["0" * 32]}), failed) == "refused:media"


@pytest.mark.parametrize(
    ("report", "state", "reason"),
    [
        ("template_success", State.DELIVERED, None),
        ("template_user_block", State.FAILED, "unreachable:unsubscribed"),
        ("template_system_failed", State.FAILED, "unreachable:undeliverable"),
    ],
)
async def test_what_becomes_of_a_template(house_of: MakeHouse, report: str, state: State, reason: str | None) -> None:
    house = await begun(house_of, templates={"T1": ["thing1"]})
    house.platform.answers[TEMPLATE] = [{"errcode": 0, "errmsg": "ok", "msgid": 200163836}]
    message_id = await say(house, {"text": "…", "template": {"name": "T1", "parameters": ["羊毛衫"]}})
    await house.until(message_id, sent)
    (template,) = house.platform.of(TEMPLATE)
    assert template.pop("client_msg_id").startswith("aftercare-")
    assert template == {"touser": OPENID, "template_id": "T1", "data": {"thing1": {"value": "羊毛衫"}}}
    assert (await house.post(recorded(report))).text == "success"
    assert await house.until(message_id, lambda now, _: now is state) == reason


async def test_without_customer_service_messages_nothing_is_sent_by_itself(house_of: MakeHouse) -> None:
    house = await begun(house_of, customer_service=False)
    await say(house, {"text": "Mei hier."})
    reply = house.reply(await house.post(message("?", 2)))
    assert reply.content == "Mei hier.\n\nhello"
    assert not house.platform.calls


async def test_the_log_has_nothing_of_what_was_said_or_by_whom(house_of: MakeHouse, jpeg: bytes) -> None:
    with capture_logs() as logs:
        house = await begun(house_of)
        house.platform.answers[SEND] = [{"errcode": 40003, "errmsg": f"invalid openid {OPENID}"}]
        await house.until(await say(house, {"text": "ein Geheimnis"}), failed)
        for name in ("unknown", "subscribe", "location_unnamed"):
            await house.post(recorded(name))
        query, _ = request_of(message("geheim"), house.crypto)
        await house.client.post("/webhook", params=query, content="<xml>geheim")
    assert {"outbox.given_up", "wechat.declined", "wechat.refused"} <= {entry["event"] for entry in logs}
    own = [entry for entry in logs if entry["event"].startswith(("wechat.", "outbox.", "inbox."))]
    assert not any(secret in str(own) for secret in (OPENID, "eheim", "23.13", "token-1"))
