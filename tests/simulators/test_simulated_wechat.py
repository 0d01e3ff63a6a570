"""The stand-in of WeChat refuses what the platform refuses, and tells what the platform tells."""

import time
from typing import Any

import httpx
import pytest
from defusedxml.ElementTree import fromstring
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature

from connectors.simulators.stage import Author, Delivery
from connectors.simulators.wechat.crypto import Undecipherable, decrypt, encrypt, signature
from connectors.simulators.wechat.simulator import OUT_OF_ORDER
from tests.simulators.simulating import SECRETS, Got, OnWeChat

APP_ID = "wxsimulated0000001"
OTHERS_CRYPTO = WeChatCrypto(SECRETS["wechat_token"], SECRETS["wechat_aes_key"], APP_ID)


def customer(wechat: OnWeChat) -> str:
    return next(iter(wechat.simulator.stage.people))


def said(wechat: OnWeChat, author: Author = Author.SHOP) -> list[dict[str, Any]]:
    return [bubble.content for bubble in wechat.simulator.stage.of(customer(wechat), author)]


def decrypted(got: Got) -> str:
    query = got.query
    text: str = OTHERS_CRYPTO.decrypt_message(got.body, query["msg_signature"], query["timestamp"], query["nonce"])
    return text


def reply_to(got: Got, content: str = "收到") -> bytes:
    """What a server answers that is built on wechatpy."""
    message = parse_message(decrypted(got))
    xml = TextReply(content=content, message=message).render()
    encrypted: str = OTHERS_CRYPTO.encrypt_message(xml, got.query["nonce"], got.query["timestamp"])
    return encrypted.encode()


async def test_tokens(wechat: OnWeChat) -> None:
    first = await wechat.token()
    assert first["expires_in"] == 7200
    assert (await wechat.token())["access_token"] == first["access_token"]
    second = await wechat.token(force_refresh=True)
    assert second["access_token"] != first["access_token"]
    asked = {"grant_type": "client_credential", "appid": APP_ID, "secret": SECRETS["wechat_app_secret"]}
    plain = [(await wechat.client.get("/cgi-bin/token", params=asked)).json()["access_token"] for _ in range(2)]
    assert len({*plain, second["access_token"]}) == 3
    codes = {}
    for name, token in {"first": first["access_token"], "second": second["access_token"], "plain": plain[0]}.items():
        codes[name] = await errcode(wechat, token)
    # The old one of the same kind is good for some minutes; what was refreshed by force is not.
    assert codes == {"first": 42001, "second": 0, "plain": 0}
    wechat.simulator.tokens.expire()
    assert [await errcode(wechat, token) for token in (second["access_token"], "other", "")] == [42001, 40001, 41001]
    assert SECRETS["wechat_app_secret"] not in str(wechat.simulator.stage.snapshot())


async def errcode(wechat: OnWeChat, token: str) -> int:
    params = {"access_token": token, "openid": customer(wechat)}
    return int((await wechat.client.get("/cgi-bin/user/info", params=params)).json().get("errcode", 0))


@pytest.mark.parametrize(
    ("wrong", "code"), [({"secret": "no"}, 40125), ({"appid": "wx1"}, 40013), ({"grant_type": "password"}, 40002)]
)
async def test_tokens_are_for_the_account_alone(wechat: OnWeChat, wrong: dict[str, str], code: int) -> None:
    assert (await wechat.token(**wrong))["errcode"] == code


MENU = {
    "head_content": "请选择",
    "list": [{"id": "1", "content": "查询物流"}, {"id": 2, "content": "退货"}],
    "tail_content": "",
}

REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "an unknown type": ({"msgtype": "card", "card": {}}, 40008),
    "no type": ({"text": {"content": "你好"}}, 40008),
    "no text": ({"msgtype": "text", "text": {}}, 44004),
    "an empty text": ({"msgtype": "text", "text": {"content": ""}}, 44004),
    "a long text": ({"msgtype": "text", "text": {"content": "好" * 683}}, 45002),
    "an unknown field": ({"msgtype": "text", "text": {"content": "你好", "markdown": True}}, 40035),
    "no such file": ({"msgtype": "image", "image": {"media_id": "1"}}, 40007),
    "no file": ({"msgtype": "image", "text": {"content": "1"}}, 40035),
    "two articles": ({"msgtype": "news", "news": {"articles": [{"title": "1"}, {"title": "2"}]}}, 45008),
    "a long menu": ({"msgtype": "msgmenu", "msgmenu": MENU | {"list": MENU["list"] * 6}}, 45098),  # type: ignore[operator]
    "a menu with a long text": ({"msgtype": "msgmenu", "msgmenu": MENU | {"tail_content": "好" * 683}}, 45002),
    "a menu without items": ({"msgtype": "msgmenu", "msgmenu": MENU | {"list": []}}, 40035),
    "nobody": ({"msgtype": "text", "text": {"content": "你好"}, "touser": "oNobody"}, 40003),
}


@pytest.mark.parametrize(("message", "code"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused(wechat: OnWeChat, message: dict[str, Any], code: int) -> None:
    await wechat.simulator.text(customer(wechat), "你好")
    answer = await wechat.post("message/custom/send", {"touser": customer(wechat), **message})
    assert answer["errcode"] == code
    assert "rid: " in answer["errmsg"]
    assert said(wechat) == []


@pytest.mark.parametrize(("body", "code"), [(b'{"touser": "o', 47001), (b"[]", 47001), (b"", 44002)])
async def test_a_body_that_is_no_object(wechat: OnWeChat, body: bytes, code: int) -> None:
    params = {"access_token": (await wechat.token())["access_token"]}
    answer = await wechat.client.post("/cgi-bin/message/custom/send", params=params, content=body)
    assert answer.json()["errcode"] == code


async def test_what_is_taken(wechat: OnWeChat) -> None:
    openid = customer(wechat)
    await wechat.simulator.text(openid, "你好")
    image = {"media": ("jacket.png", b"\x89PNG", "image/png")}
    params = {"access_token": (await wechat.token())["access_token"], "type": "image"}
    uploaded = (await wechat.client.post("/cgi-bin/media/upload", params=params, files=image)).json()
    assert uploaded["type"] == "image"
    assert await wechat.send(openid, "text", {"content": "好" * 682}) == 0
    assert await wechat.send(openid, "image", {"media_id": uploaded["media_id"]}) == 0
    assert await wechat.send(openid, "msgmenu", MENU) == 0
    assert await wechat.send(openid, "news", {"articles": [{"title": "订单", "url": "https://shop.example"}]}) == 0
    assert [content["kind"] for content in said(wechat)] == ["text", "image", "menu", "news"]


async def test_escaped_characters_reach_customers_as_they_are_written(wechat: OnWeChat) -> None:
    openid = customer(wechat)
    await wechat.simulator.text(openid, "你好")
    params = {"access_token": (await wechat.token())["access_token"]}
    for content in ("\\u4f60\\u597d", "你好\\u000a\\\\u4f60"):
        body = f'{{"touser": "{openid}", "msgtype": "text", "text": {{"content": "{content}"}}}}'
        answer = await wechat.client.post("/cgi-bin/message/custom/send", params=params, content=body.encode())
        assert answer.json()["errcode"] == 0
    assert [content["text"] for content in said(wechat)] == ["\\u4f60\\u597d", "你好\n\\u4f60"]


async def test_so_many_messages_as_the_customer_allows(wechat: OnWeChat) -> None:
    openid = customer(wechat)
    assert await wechat.send(openid, "text", {"content": "你好"}) == 45015
    await wechat.simulator.say(openid, {"MsgType": "event", "Event": "CLICK", "EventKey": "TRACK"})
    assert [await wechat.send(openid, "text", {"content": "你好"}) for _ in range(4)] == [0, 0, 0, 45047]
    await wechat.simulator.text(openid, "你好")
    assert [await wechat.send(openid, "text", {"content": "你好"}) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    await wechat.simulator.say(openid, {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""})
    assert await wechat.send(openid, "text", {"content": "你好"}) == 45015
    assert (await wechat.post("message/template/send", template(openid)))["errcode"] == 43004


@pytest.mark.parametrize(("switch", "code"), [("window_closed", 45015), ("no_permission", 48001), ("no_menus", 40200)])
async def test_what_the_account_may_not(wechat: OnWeChat, switch: str, code: int) -> None:
    await wechat.simulator.text(customer(wechat), "你好")
    wechat.simulator.stage.switch(switch, True)
    assert await wechat.send(customer(wechat), "msgmenu", MENU) == code


@pytest.mark.parametrize(("failure", "code"), [("busy", -1), ("minute", 45011), ("daily", 45009), ("token", 40001)])
async def test_failures_on_demand(wechat: OnWeChat, failure: str, code: int) -> None:
    await wechat.simulator.text(customer(wechat), "你好")
    wechat.simulator.stage.switch("fail", failure)
    assert [await wechat.send(customer(wechat), "text", {"content": "你好"}) for _ in range(2)] == [code, 0]


async def test_answers_that_break(wechat: OnWeChat) -> None:
    openid = customer(wechat)
    await wechat.simulator.text(openid, "你好")
    params = {"access_token": (await wechat.token())["access_token"]}
    message = {"touser": openid, "msgtype": "text", "text": {"content": "你好"}}
    wechat.simulator.stage.switch("fail", "gateway")
    answer = await wechat.client.post("/cgi-bin/message/custom/send", params=params, json=message)
    assert (answer.status_code, said(wechat)) == (502, [])
    wechat.simulator.stage.switch("fail", "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        await wechat.client.post("/cgi-bin/message/custom/send", params=params, json=message)
    assert len(said(wechat)) == 1


async def test_typing(wechat: OnWeChat) -> None:
    async def typing(command: str) -> int:
        return int((await wechat.post("message/custom/typing", {"touser": openid, "command": command}))["errcode"])

    openid = customer(wechat)
    assert await typing("Typing") == 45080
    await wechat.simulator.text(openid, "你好")
    assert [await typing(one) for one in ("Typing", "Typing", "CancelTyping", "Typing")] == [0, 45081, 0, 0]
    assert await typing("Thinking") == 45072


def template(openid: str, **data: str) -> dict[str, Any]:
    values = {name: {"value": value} for name, value in (data or {"thing1": "订单已发货"}).items()}
    return {"touser": openid, "template_id": "x" * 43, "url": "https://shop.example", "data": values}


async def test_templates(wechat: OnWeChat) -> None:
    openid = customer(wechat)
    answer = await wechat.post("message/template/send", template(openid))
    assert answer["errcode"] == 0
    await wechat.simulator.stage.wait_for(lambda: wechat.receiver.got)
    event = parse_message(decrypted(wechat.receiver.got[0]))
    assert (event.event, event.status) == ("templatesendjobfinish", "success")
    assert str(answer["msgid"]) in decrypted(wechat.receiver.got[0])
    assert (await wechat.post("message/template/send", template(openid, thing1="长" * 21)))["errcode"] == 47003
    wrong = {**template(openid), "template_id": "1"}
    assert (await wechat.post("message/template/send", wrong))["errcode"] == 40037


async def test_media_and_profiles(wechat: OnWeChat) -> None:
    openid = customer(wechat)
    voice = wechat.simulator.media.keep(b"#!AMR\n", "audio/amr", "voice.amr")
    await wechat.simulator.send_file(openid, "voice", voice.id, "我的包裹在哪里")
    message = parse_message(decrypted(wechat.receiver.got[0]))
    assert (message.type, message.media_id, message.recognition) == ("voice", voice.id, "我的包裹在哪里")
    params = {"access_token": (await wechat.token())["access_token"]}
    fetched = await wechat.client.get("/cgi-bin/media/get", params={**params, "media_id": voice.id})
    assert (fetched.content, fetched.headers["content-type"]) == (b"#!AMR\n", "audio/amr")
    missing = await wechat.client.get("/cgi-bin/media/get", params={**params, "media_id": "1"})
    assert missing.json()["errcode"] == 40007
    for kind, content_type, size, code in (
        ("sticker", "image/png", 1, 40004),
        ("image", "text/html", 1, 40005),
        ("voice", "audio/amr", 2_000_001, 40006),
    ):
        files = {"media": ("file", b"x" * size, content_type)}
        answer = await wechat.client.post("/cgi-bin/media/upload", params={**params, "type": kind}, files=files)
        assert answer.json()["errcode"] == code
    about = (await wechat.client.get("/cgi-bin/user/info", params={**params, "openid": openid})).json()
    assert (about["subscribe"], about["openid"], about["language"]) == (1, openid, "zh_CN")

    photo = wechat.simulator.media.keep(b"\x89PNG", "image/png")
    await wechat.simulator.send_file(openid, "image", photo.id)
    picture = parse_message(decrypted(wechat.receiver.got[1]))
    assert (await wechat.client.get(picture.image)).content == b"\x89PNG"


async def test_webhooks_are_encrypted_and_signed(wechat: OnWeChat) -> None:
    bubble = await wechat.simulator.text(customer(wechat), "你好 ]]> <xml>&amp;")
    [got] = wechat.receiver.got
    query = got.query
    check_signature(SECRETS["wechat_token"], query["signature"], query["timestamp"], query["nonce"])
    assert (query["openid"], query["encrypt_type"]) == (customer(wechat), "aes")
    assert abs(int(query["timestamp"]) - time.time()) < 60
    assert [child.tag for child in fromstring(got.body)] == ["ToUserName", "Encrypt"]
    message = parse_message(decrypted(got))
    assert (message.type, message.content, message.source) == ("text", "你好 ]]> <xml>&amp;", customer(wechat))
    assert str(message.id) == bubble.id
    assert (bubble.state, said(wechat)) == (Delivery.DELIVERED, [])


async def test_webhooks_in_plain_and_in_both(wechat: OnWeChat) -> None:
    wechat.simulator.stage.switch("mode", "plain")
    await wechat.simulator.text(customer(wechat), "你好")
    wechat.simulator.stage.switch("mode", "compatible")
    await wechat.simulator.text(customer(wechat), "你好")
    plain, both = wechat.receiver.got
    assert "msg_signature" not in plain.query
    assert parse_message(plain.body).content == "你好"
    assert parse_message(both.body).content == parse_message(decrypted(both)).content == "你好"


async def test_events(wechat: OnWeChat) -> None:
    scan = {"MsgType": "event", "Event": "SCAN", "EventKey": "parcel", "Ticket": "ticket"}
    await wechat.simulator.say(customer(wechat), scan)
    event = parse_message(decrypted(wechat.receiver.got[0]))
    assert (event.event, event.scene_id, event.ticket) == ("scan", "parcel", "ticket")
    assert "MsgId" not in decrypted(wechat.receiver.got[0])


async def test_items_of_menus_are_told_with_their_id(wechat: OnWeChat) -> None:
    await wechat.simulator.text(customer(wechat), "你好")
    await wechat.send(customer(wechat), "msgmenu", MENU)
    [menu] = wechat.simulator.stage.of(customer(wechat), Author.SHOP)
    await wechat.simulator.choose(menu, "2")
    told = fromstring(decrypted(wechat.receiver.got[1]))
    assert (told.findtext("Content"), told.findtext("bizmsgmenuid")) == ("退货", "2")


async def test_passive_replies(wechat: OnWeChat) -> None:
    wechat.receiver.answer = lambda got: (200, reply_to(got, "收到：<a href='https://a.example'>链接</a>"))
    await wechat.simulator.text(customer(wechat), "你好")
    [content] = said(wechat)
    assert (content["text"], content["label"]) == ("收到：<a href='https://a.example'>链接</a>", "Passive reply")
    assert said(wechat, Author.PLATFORM) == []


def exchanged(got: Got) -> bytes:
    xml = TextReply(content="收到", source="gh_other", target="oOther").render()
    encrypted: str = OTHERS_CRYPTO.encrypt_message(xml, got.query["nonce"], got.query["timestamp"])
    return encrypted.encode()


@pytest.mark.parametrize(
    "answer",
    [
        lambda got: b'{"ok": true}',
        lambda got: b"<xml><Encrypt>",
        lambda got: b'<!DOCTYPE x [<!ENTITY a "a">]><xml><Encrypt>&a;</Encrypt></xml>',
        lambda got: TextReply(content="plain", message=parse_message(decrypted(got))).render().encode(),
        lambda got: reply_to(got).replace(b"<MsgSignature><![CDATA[", b"<MsgSignature><![CDATA[0"),
        lambda got: reply_to(got, "长" * 683),
        exchanged,
    ],
    ids=["JSON", "cut off", "entities", "plain", "wrong signature", "too long", "somebody else's"],
)
async def test_answers_that_nobody_understands(wechat: OnWeChat, answer: Any) -> None:
    wechat.receiver.answer = lambda got: (200, answer(got))
    await wechat.simulator.text(customer(wechat), "你好")
    assert said(wechat) == []
    assert [content["text"] for content in said(wechat, Author.PLATFORM)] == [OUT_OF_ORDER]
    assert len(wechat.receiver.got) == 1
    assert "Refused" in (wechat.simulator.stage.exchanges[-1].note or "")


async def test_three_tries(wechat: OnWeChat) -> None:
    wechat.receiver.answer = lambda got: (200, reply_to(got)) if len(wechat.receiver.got) == 3 else (502, b"")
    bubble = await wechat.simulator.text(customer(wechat), "你好")
    assert (bubble.state, len(said(wechat)), len(wechat.receiver.got)) == (Delivery.DELIVERED, 1, 3)
    ids = {parse_message(decrypted(got)).id for got in wechat.receiver.got}
    assert {str(one) for one in ids} == {bubble.id}
    wechat.receiver.answer = lambda got: (502, b"")
    bubble = await wechat.simulator.text(customer(wechat), "你好？")
    assert (bubble.state, len(wechat.receiver.got)) == (Delivery.FAILED, 6)
    assert [content["text"] for content in said(wechat, Author.PLATFORM)] == [OUT_OF_ORDER]


async def test_webhooks_that_come_twice_are_answered_once(wechat: OnWeChat) -> None:
    wechat.simulator.stage.switch("webhooks_twice", True)
    wechat.receiver.answer = lambda got: (200, reply_to(got))
    await wechat.simulator.text(customer(wechat), "你好")
    one, other = wechat.receiver.got
    assert parse_message(decrypted(one)).id == parse_message(decrypted(other)).id
    assert len(said(wechat)) == 1


async def test_the_check_of_the_webhook(wechat: OnWeChat) -> None:
    assert (await wechat.simulator.check()).taken
    assert wechat.simulator.stage.server["state"] == "ok"


@pytest.mark.parametrize("text", ["x", "x" * 31, "你好" * 500])
def test_others_read_what_is_encrypted_and_the_other_way_round(text: str) -> None:
    key = SECRETS["wechat_aes_key"]
    encrypted = encrypt(key, APP_ID, text.encode())
    sealed = f"<xml><ToUserName>gh</ToUserName><Encrypt>{encrypted}</Encrypt></xml>"
    signed = signature(SECRETS["wechat_token"], "1", "2", encrypted)
    assert OTHERS_CRYPTO.decrypt_message(sealed, signed, "1", "2") == text
    theirs = fromstring(OTHERS_CRYPTO.encrypt_message(text, "2", "1"))
    assert decrypt(key, APP_ID, theirs.findtext("Encrypt")).decode() == text


def test_what_cannot_be_decrypted() -> None:
    key = SECRETS["wechat_aes_key"]
    with pytest.raises(Undecipherable, match="another account"):
        decrypt(key, "wx1", encrypt(key, APP_ID, b"text"))
    for broken in ("", "AAAA", "no base64!", encrypt(key, APP_ID, b"text")[:-8] + "AAAAAAA="):
        with pytest.raises(Undecipherable):
            decrypt(key, APP_ID, broken)


def test_what_is_encrypted_is_known() -> None:
    # EncodingAESKey abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG: computed once with OpenSSL's command line.
    encrypted = encrypt("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx0", b"hi", random=b"0123456789abcdef")
    assert encrypted == ("Q3stYC6hdFzMh9T8HCvyDGoKxiB9x6l7v/QCU9g/Tlk=")
