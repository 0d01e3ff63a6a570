"""Calls of the API, and what its errors mean."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sanic.response import raw, text
from structlog.testing import capture_logs

from connectors.media import MediaGone, MediaTooLarge
from connectors.wechat.account import Account
from connectors.wechat.api import WeChatApi
from conversations import NotNow, NotSent, Uncertain
from tests.wechat.house import AES_KEY, APP_ID, APP_SECRET, OPENID, TOKEN, Platform

HELLO = {"msgtype": "text", "text": {"content": "您好 👋"}}
SEND, TEMPLATE, UPLOAD, GET = "message/custom/send", "message/template/send", "media/upload", "media/get"


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[WeChatApi]:
    async with api_at(platform.url) as opened:
        yield opened


@asynccontextmanager
async def api_at(url: str) -> AsyncIterator[WeChatApi]:
    opened = WeChatApi(Account(APP_ID, APP_SECRET, TOKEN, AES_KEY, url))
    try:
        yield opened
    finally:
        await opened.close()


async def test_a_message_is_sent_as_it_is_written(platform: Platform, api: WeChatApi) -> None:
    assert await api.send(OPENID, HELLO) is None
    assert platform.sent == [{"touser": OPENID, **HELLO}]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_refused_token_is_replaced_and_the_call_repeated(platform: Platform, api: WeChatApi, code: int) -> None:
    await api.send(OPENID, HELLO)
    platform.answers[SEND] = [{"errcode": code, "errmsg": "expired"}]
    await api.send(OPENID, HELLO)
    assert platform.sent == [{"touser": OPENID, **HELLO}] * 3
    # The platform gave the same one again, which it had just refused.
    assert [call["force_refresh"] for call in platform.token_calls] == [False, False, True]


async def test_a_token_that_stays_refused_is_no_endless_loop(platform: Platform, api: WeChatApi) -> None:
    platform.answers[SEND] = [{"errcode": 42001}, {"errcode": 42001}]
    with capture_logs() as logs, pytest.raises(NotNow, match="^not_delivered:account$"):
        await api.send(OPENID, HELLO)
    assert len(platform.sent) == 2
    assert any(entry["log_level"] == "error" for entry in logs)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-1, "not_delivered:platform"),
        (45009, "not_delivered:rate_limit"),
        (45011, "not_delivered:rate_limit"),
        (45047, "not_delivered:too_many"),
        (50002, "not_delivered:account"),
    ],
)
async def test_what_is_tried_again(platform: Platform, api: WeChatApi, code: int, reason: str) -> None:
    platform.answers[SEND] = [{"errcode": code, "errmsg": "hint"}]
    with pytest.raises(NotNow) as raised:
        await api.send(OPENID, HELLO)
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (45015, "window_closed"),
        (40003, "unreachable:undeliverable"),
        (43004, "unreachable:unsubscribed"),
        (48001, "refused:no_permission"),
        (45002, "refused:too_long"),
        (40007, "refused:media"),
        (40037, "refused:template"),
        (40200, "refused:kind"),
        (87014, "refused:87014"),
    ],
)
async def test_what_is_given_up(platform: Platform, api: WeChatApi, code: int, reason: str) -> None:
    platform.answers[SEND] = [{"errcode": code, "errmsg": "hint"}]
    with pytest.raises(NotSent) as raised:
        await api.send(OPENID, HELLO)
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, NotNow("not_delivered:rate_limit")),
        (503, NotNow("not_delivered:platform")),
        (500, Uncertain("not_delivered:platform")),
        (502, Uncertain("not_delivered:platform")),
        (504, Uncertain("not_delivered:platform")),
        (403, NotSent("refused:http_403")),
    ],
    ids=str,
)
async def test_what_stands_before_the_platform(
    platform: Platform, api: WeChatApi, status: int, expected: Exception
) -> None:
    platform.answers[SEND] = [text("an HTML page", status=status)]
    with pytest.raises(type(expected), match=f"^{expected}$"):
        await api.send(OPENID, HELLO)


async def test_an_answer_that_is_no_json(platform: Platform, api: WeChatApi) -> None:
    platform.answers[SEND] = [text("<html>")]
    with pytest.raises(Uncertain):
        await api.send(OPENID, HELLO)


async def test_without_a_connection_nothing_was_sent() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with api_at(f"http://127.0.0.1:{nobody.getsockname()[1]}") as api:
            with pytest.raises(NotNow, match="^not_delivered:"):
                await api.send(OPENID, HELLO)


async def test_templates_have_a_key_by_which_the_platform_knows_them(platform: Platform, api: WeChatApi) -> None:
    template = {"template_id": "T1", "data": {"thing1": {"value": "羊毛衫"}}}
    sent = await api.send_template(OPENID, template, "aftercare-7")
    assert sent
    assert platform.of(TEMPLATE) == [{"touser": OPENID, "client_msg_id": "aftercare-7", **template}]
    # So that it may be sent again at once when its answer was lost.
    platform.answers[TEMPLATE] = [text("", status=504)]
    with pytest.raises(NotNow):
        await api.send_template(OPENID, template, "aftercare-7")


async def test_typing_is_shown(platform: Platform, api: WeChatApi) -> None:
    await api.show_typing(OPENID)
    assert platform.of("message/custom/typing") == [{"touser": OPENID, "command": "Typing"}]


async def test_a_picture_is_lent_to_the_platform(platform: Platform, api: WeChatApi) -> None:
    assert (await api.upload_image(b"JPEG", "image/jpeg")).startswith("MEDIA")
    (file,) = platform.of(UPLOAD)
    assert (file.body, file.name, file.type) == (b"JPEG", "image.jpg", "image/jpeg")


async def test_a_file_is_fetched(platform: Platform, api: WeChatApi) -> None:
    platform.media["M1"] = ("image/jpeg", b"x" * 1000)
    assert await api.download("M1", 1000) == b"x" * 1000
    with pytest.raises(MediaTooLarge):
        await api.download("M1", 999)


async def test_a_file_is_fetched_with_a_new_token(platform: Platform, api: WeChatApi) -> None:
    platform.media["M1"] = ("image/jpeg", b"data")
    await api.download("M1", 1000)
    platform.good = "token-2"
    assert await api.download("M1", 1000) == b"data"


async def test_files_that_are_not_to_be_had(platform: Platform, api: WeChatApi) -> None:
    with pytest.raises(MediaGone):
        await api.download("unknown", 1000)
    platform.answers[GET] = [{"video_url": "http://video.example/"}, {"errcode": 48001}, raw(b"", status=502)]
    with pytest.raises(MediaGone):
        await api.download("M2", 1000)
    with pytest.raises(NotSent, match="^refused:no_permission$"):
        await api.download("M2", 1000)
    with pytest.raises(NotNow):
        await api.download("M2", 1000)


async def test_the_log_has_nothing_of_the_customer_or_the_account(platform: Platform, api: WeChatApi) -> None:
    platform.answers[SEND] = [{"errcode": 50002, "errmsg": f"user limited {OPENID}"}]
    with capture_logs() as logs, pytest.raises(NotNow):
        await api.send(OPENID, HELLO)
    assert logs
    assert not any(secret in str(logs) for secret in (OPENID, "token-1", APP_SECRET, "您好"))
