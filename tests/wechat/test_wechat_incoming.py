"""What each kind of message and event of the documentation is to us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.wechat.xml import read_xml
from tests.wechat.house import OPENID, PAYLOADS, recorded


def fields(name: str) -> dict[str, Any]:
    return read_xml(recorded(name).encode())


@pytest.fixture
def incoming(rasa: None) -> Any:
    import connectors.wechat.incoming as module

    return module


PLACE = {"latitude": 23.134521, "longitude": 113.358803}

HEARD: list[tuple[str, dict[str, Any]]] = [
    ("text", {"text": "我的包裹在哪里?🙂"}),
    ("menu_answer", {"text": "满意", "payload": "/affirm", "title": "满意"}),
    ("voice", {"text": "我想退货", "attached": {"voice": True}}),
    (
        "location",
        {
            "text": "广州市海珠区客村艺苑路 12 号",
            "attached": {"location": {**PLACE, "address": "广州市海珠区客村艺苑路 12 号"}},
        },
    ),
    ("link", {"text": "羊毛衫\nhttps://shop.example/zh/jumper"}),
    ("click", {"payload": "/track_order", "text": ""}),
    ("click_words", {"text": "我的订单", "payload": None}),
    ("scancode_waitmsg", {"text": "AC-104233"}),
]


@pytest.mark.parametrize(("name", "expected"), HEARD, ids=[name for name, _ in HEARD])
def test_what_the_assistant_is_asked(incoming: Any, name: str, expected: dict[str, Any]) -> None:
    received = incoming.receive(fields(name))
    assert received.answered
    assert received.phrase is None
    assert received.heard.sender == OPENID
    assert received.heard.locale_hint == "zh-CN"
    assert {key: getattr(received.heard, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("name", "phrase", "attached"),
    [
        ("unsupported_text", "unsupported", {"unsupported": "text"}),
        ("video", "unsupported", {"unsupported": "video"}),
        ("shortvideo", "unsupported", {"unsupported": "shortvideo"}),
        ("unknown", "unsupported", {"unsupported": "hologram"}),
        ("voice_unheard", "voice_unheard", {"unsupported": "voice"}),
        ("location_unnamed", "location_noted", {"location": PLACE}),
        ("subscribe", "welcome", {"event": "subscribe"}),
        ("subscribe_scene", "welcome", {"event": "subscribe", "scene": "parcel-slip"}),
        ("scan", "welcome", {"event": "scan", "scene": "parcel-slip"}),
    ],
)
def test_what_is_told_in_place_of_an_answer(incoming: Any, name: str, phrase: str, attached: dict[str, Any]) -> None:
    received = incoming.receive(fields(name))
    assert (received.answered, received.phrase, received.heard.attached) == (False, phrase, attached)


def test_a_photograph_is_fetched(incoming: Any) -> None:
    assert incoming.receive(fields("image")).media_id == "media_id"


@pytest.mark.parametrize("name", ["view", "report_location"])
def test_what_is_nothing_to_us(incoming: Any, name: str) -> None:
    assert incoming.receive(fields(name)) is None


def test_who_leaves_is_told_nothing(incoming: Any) -> None:
    received = incoming.receive(fields("unsubscribe"))
    assert (received.answered, received.phrase) == (False, None)
    assert received.heard.reachable_until == received.sent_at


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("text", timedelta(hours=48)),
        ("click", timedelta(minutes=1)),
        ("menu_answer", timedelta(minutes=1)),
        ("scan", timedelta(minutes=1)),
    ],
)
def test_how_long_a_customer_can_be_written_to(incoming: Any, name: str, window: timedelta) -> None:
    received = incoming.receive(fields(name))
    assert received.heard.reachable_until - received.sent_at == window


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("template_success", None),
        ("template_user_block", "unreachable:unsubscribed"),
        ("template_system_failed", "unreachable:undeliverable"),
    ],
)
def test_what_became_of_a_template(incoming: Any, name: str, reason: str | None) -> None:
    sent = incoming.sent_of(fields(name))
    assert (sent.id, sent.reason) == ("200163836", reason)
    assert incoming.sent_of(fields("text")) is None


def test_every_recorded_message_has_a_key_of_its_own(incoming: Any) -> None:
    messages = [fields(path.stem) for path in PAYLOADS.glob("*.xml")]
    # The reports on a template are three outcomes of the same event.
    keys = {incoming.key_of(message) for message in messages if "MsgID" not in message}
    assert len(keys) == len(messages) - 3
    assert incoming.key_of(fields("text")) == "1234567890123456"
    assert not any(OPENID in key for key in keys)


def test_a_menu_of_others_is_a_text(incoming: Any) -> None:
    message = {**fields("menu_answer"), "bizmsgmenuid": "101"}
    assert (incoming.receive(message).heard.payload, incoming.receive(message).heard.text) == (None, "满意")


def test_stars_are_an_answer(incoming: Any) -> None:
    assert incoming.receive({**fields("menu_answer"), "bizmsgmenuid": "rating:4"}).heard.payload == "rating:4"


@pytest.mark.parametrize(
    "changes",
    [
        {"Content": {"nested": "x"}},
        {"Content": ["a", "b"]},
        {"MsgType": "event", "Event": ""},
        {"MsgType": "event", "Event": "x" * 5000, "EventKey": "y" * 5000},
        {"MsgType": "location", "Location_X": "north"},
        {"MsgType": "image"},
        {"MsgType": "event", "Event": "scancode_waitmsg", "ScanCodeInfo": "nothing"},
    ],
)
def test_what_has_another_shape_is_declined_or_passed_over(incoming: Any, changes: dict[str, Any]) -> None:
    message = {**fields("text"), **changes}
    assert len(incoming.key_of(message)) <= 255
    received = incoming.receive(message)
    assert received is None or received.phrase == "unsupported"
