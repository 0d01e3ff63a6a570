"""What the page draws of messages, see static/bubbles.js."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.simulators.media import MediaStore
from connectors.simulators.wechat.messages import (
    CustomMessage,
    FileMessage,
    MenuMessage,
    NewsMessage,
    TemplateMessage,
    TextMessage,
)
from connectors.simulators.wechat.webhooks import PassiveReply

EVENTS = {
    "subscribe": "The customer follows the account",
    "unsubscribe": "The customer no longer follows the account",
    "SCAN": "The customer scans a code",
    "CLICK": "The customer takes an item of the menu",
    "VIEW": "The customer opens a link of the menu",
    "LOCATION": "The customer's telephone tells where it is",
}


def drawn_of_customer(sent: Mapping[str, Any], files: MediaStore) -> dict[str, Any]:
    """What the page draws of what a customer has sent or done."""
    kind = sent["MsgType"]
    if kind == "event":
        key = sent.get("EventKey")
        return {"kind": "event", "text": EVENTS.get(sent["Event"], sent["Event"]) + (f": {key}" if key else "")}
    if kind == "text":
        return {"kind": kind, "text": sent["Content"]}
    if kind == "image":
        return {"kind": kind, "image": _file(sent["MediaId"], kind, files)}
    if kind == "voice":
        return {"kind": kind, "voice": {"words": sent.get("Recognition", "")}}
    if kind == "location":
        location = {
            "latitude": float(sent["Location_X"]),
            "longitude": float(sent["Location_Y"]),
            "name": sent.get("Label", ""),
        }
        return {"kind": kind, "location": location}
    if kind == "link":
        return {"kind": kind, "text": sent["Title"], "link": {"title": sent["Description"], "url": sent["Url"]}}
    return {"kind": kind, "label": f"A message of the kind “{kind}”"}


def drawn_of_shop(message: CustomMessage, files: MediaStore) -> dict[str, Any]:
    """What the page draws of a customer service message."""
    if isinstance(message, TextMessage):
        return {"kind": "text", "text": message.text.content, "links": True}
    if isinstance(message, MenuMessage):
        menu = message.msgmenu
        items = [{"id": str(item.id), "title": item.content} for item in menu.items]
        return {"kind": "menu", "text": menu.head_content, "links": True, "items": items, "tail": menu.tail_content}
    if isinstance(message, NewsMessage):
        return _card(message.news.articles[0].model_dump())
    assert isinstance(message, FileMessage)
    return _drawn_file(message.msgtype, message.file.media_id, files)


def drawn_of_reply(reply: PassiveReply, files: MediaStore) -> dict[str, Any]:
    """What the page draws of a passive reply."""
    label = {"label": "Passive reply"}
    if reply.kind == "text":
        return {"kind": "text", "text": reply.text, "links": True, **label}
    if reply.kind == "news":
        return _card({name.lower(): value for name, value in reply.articles[0].items()}) | label
    return _drawn_file(reply.kind, reply.media_id, files) | label


def drawn_of_template(message: TemplateMessage) -> dict[str, Any]:
    """What the page draws of a template message."""
    lines = [{"name": name, "value": value.value} for name, value in message.data.items()]
    drawn: dict[str, Any] = {"kind": "template", "label": f"Template {message.template_id[:8]}…", "lines": lines}
    if message.url:
        drawn["link"] = {"title": "详情", "url": message.url}
    return drawn


def _card(article: Mapping[str, str]) -> dict[str, Any]:
    title = article.get("title", "")
    link = {"title": title, "url": article.get("url", "")}
    return {"kind": "news", "header": title, "text": article.get("description", ""), "link": link}


def _drawn_file(kind: str, media_id: str, files: MediaStore) -> dict[str, Any]:
    if kind == "image":
        return {"kind": kind, "image": _file(media_id, kind, files)}
    return {"kind": kind, "file": _file(media_id, kind, files)}


def _file(media_id: str, kind: str, files: MediaStore) -> dict[str, Any]:
    media = files.get(media_id)
    if media is None:
        return {"kind": kind, "name": media_id}
    return {"kind": kind, "id": media.id, "name": media.name, "content_type": media.content_type}
