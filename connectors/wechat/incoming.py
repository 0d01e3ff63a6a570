"""What a customer's message or doing is to us: something for the assistant, or something that is noted, or declined.

See "接收普通消息", "接收事件推送" and "自定义菜单事件推送" at https://developers.weixin.qq.com/doc/offiaccount/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.messenger import Heard
from connectors.rendering import stars_of
from connectors.wechat.emoji import with_emoji
from connectors.wechat.failures import UNDELIVERABLE, UNSUBSCRIBED
from connectors.wechat.xml import Fields

LOCALE_HINT = "zh-CN"
"""The platform tells no language of its users any more; most of them are in mainland China."""

WINDOW = timedelta(hours=48)
"""So long after a customer's message the platform takes customer service messages, five at most."""

BRIEF_WINDOW = timedelta(minutes=1)
"""So long it takes them, three at most, after what else opens it: an item of a menu, following the account, scanning a
code.
"""

UNSUPPORTED = ("【收到不支持的消息类型，暂无法显示】", "[收到不支持的消息类型，暂无法显示]", "[Unsupported Message]")
"""The texts that stand for what the platform does not pass on: stickers and files, for example."""

LONGEST_TEXT = 4096
LONGEST_KEY = 200

_SCENE = "qrscene_"


@dataclass(frozen=True)
class Received:
    """A message of a customer, or an event that is one to us.

    Attributes:
        kind: the platform's name of the type or the event.
        sent_at: when it was sent, by the platform's clock; aware.
        heard: what was said; without what is in `media_id`.
        media_id: of a photograph that is to be fetched.
        answered: whether the assistant is to answer it.
        phrase: what the customer is told of it, of those in `connectors.rendering`, where the assistant is not asked.
    """

    kind: str
    sent_at: datetime
    heard: Heard
    media_id: str | None = None
    answered: bool = True
    phrase: str | None = None


@dataclass(frozen=True)
class Sent:
    """What became of a template message. `id` is what the platform calls it; `reason` why it did not arrive."""

    id: str
    reason: str | None = None


def key_of(message: Fields) -> str:
    """By what a repeated message is recognized: its id, or for an event whose it is, when it was, and what.

    Nothing of the customer can be read from it.
    """
    if message_id := _text(message, "MsgId"):
        return message_id[:LONGEST_KEY]
    named = [_text(message, name) for name in ("FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgID")]
    return "event-" + hashlib.sha256("\n".join(named).encode()).hexdigest()[:40]


def sent_of(message: Fields) -> Sent | None:
    """What an event tells of a template message; None of everything else."""
    if _text(message, "Event").upper() != "TEMPLATESENDJOBFINISH":
        return None
    status = _text(message, "Status").lower()
    if status == "success":
        return Sent(_text(message, "MsgID"))
    return Sent(_text(message, "MsgID"), UNSUBSCRIBED if "user block" in status else UNDELIVERABLE)


def receive(message: Fields) -> Received | None:
    """What a message that `Webhook.read` has let in is; None where it is nothing to us.

    A menu's key that begins with "/" is taken for the payload of a button, another one for what the customer says.
    """
    kind = _text(message, "MsgType").lower()
    if kind == "event":
        kind = _text(message, "Event").lower()
        said = _happened(kind, message)
    else:
        said = _said(kind, message)
    if said is None:
        return None
    sent_at = datetime.fromtimestamp(int(_text(message, "CreateTime")), UTC)
    heard = Heard(
        sender=_text(message, "FromUserName"),
        message_id=key_of(message),
        text=said.text[:LONGEST_TEXT],
        payload=said.payload,
        title=said.title,
        locale_hint=LOCALE_HINT,
        reachable_until=sent_at + said.window,
        attached=said.attached,
    )
    return Received(kind, sent_at, heard, said.media_id, said.answered, said.phrase)


@dataclass(frozen=True)
class _Said:
    """What is in a message of one type."""

    text: str = ""
    payload: str | None = None
    title: str | None = None
    media_id: str | None = None
    attached: Mapping[str, Any] = field(default_factory=dict)
    answered: bool = True
    phrase: str | None = None
    window: timedelta = WINDOW


def _said(kind: str, message: Fields) -> _Said:
    match kind:
        case "text":
            return _written(message)
        case "image" if media_id := _text(message, "MediaId"):
            return _Said(media_id=media_id)
        case "voice":
            recognized = _text(message, "Recognition").strip()
            return _Said(recognized, attached={"voice": True}) if recognized else _declined(kind, "voice_unheard")
        case "location":
            return _located(message)
        case "link":
            link = {name: _text(message, name.title())[:LONGEST_TEXT] for name in ("title", "url")}
            return _Said("\n".join(filter(None, link.values())), attached={"link": link})
    return _declined(kind)


def _written(message: Fields) -> _Said:
    content = _text(message, "Content")
    if content.strip() in UNSUPPORTED or not content.strip():
        return _declined("text")
    text = with_emoji(content)
    payload = _text(message, "bizmsgmenuid")
    # Menus that are not ours may have been sent by somebody in the account's own pages.
    if _says_something(payload):
        return _Said(text, payload=payload, title=text, window=BRIEF_WINDOW)
    return _Said(text)


def _located(message: Fields) -> _Said:
    """A place; in mainland China, the coordinates are those of GCJ-02, as on all maps there."""
    place: dict[str, Any] = {}
    for name, element in (("latitude", "Location_X"), ("longitude", "Location_Y")):
        try:
            place[name] = float(_text(message, element))
        except ValueError:
            return _declined("location")
    label = _text(message, "Label").strip()
    attached = {"location": {**place, **({"address": label} if label else {})}}
    return _Said(label, attached=attached, answered=bool(label), phrase=None if label else "location_noted")


def _happened(kind: str, message: Fields) -> _Said | None:
    key = _text(message, "EventKey")[:LONGEST_KEY]
    brief = _Said(attached={"event": kind}, answered=False, window=BRIEF_WINDOW)
    match kind:
        case "subscribe" | "scan":
            scene = key.removeprefix(_SCENE)
            attached = {"event": kind, **({"scene": scene} if scene else {})}
            return replace(brief, attached=attached, phrase="welcome")
        case "click" if _says_something(key):
            return replace(brief, payload=key, answered=True)
        case "click" if key:
            return replace(brief, text=key, answered=True)
        case "scancode_waitmsg":
            scanned = message.get("ScanCodeInfo")
            text = _text(scanned, "ScanResult").strip() if isinstance(scanned, dict) else ""
            return replace(brief, text=text, answered=True) if text else None
        case "unsubscribe":
            return replace(brief, window=timedelta())
    # What else happens says nothing: links in menus, the place of who opens the chat, pictures that come as messages.
    return None


def _declined(kind: str, phrase: str = "unsupported") -> _Said:
    return _Said(attached={"unsupported": kind[:32]}, answered=False, phrase=phrase)


def _says_something(payload: str) -> bool:
    """Whether it is a payload of ours, and no text."""
    return payload.startswith("/") or stars_of(payload) is not None


def _text(message: Fields, name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else ""
