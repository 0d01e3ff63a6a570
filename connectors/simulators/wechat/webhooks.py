"""What the platform tells the server as XML, and the answers that it takes.

Sources: Tencent, "微信公众平台: 接收普通消息", "接收事件推送" and "被动回复用户消息",
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from connectors.simulators.wechat.messages import TEXT_BYTES

ACCOUNT = "gh_simulated0001"
"""The account's original id (原始ID), the `ToUserName` of what customers send."""


class BadReply(Exception):
    """An answer that the platform does not take; says why."""


@dataclass(frozen=True)
class PassiveReply:
    """What an answer to a webhook says to the customer."""

    kind: str
    text: str = ""
    media_id: str = ""
    articles: list[dict[str, str]] = field(default_factory=list)


def write(values: Mapping[str, Any]) -> bytes:
    """A message as XML; texts stand in CDATA, as the platform writes them, and numbers do not."""
    parts = (f"<{name}>{_written(value)}</{name}>" for name, value in values.items())
    return "\n".join(("<xml>", *parts, "</xml>")).encode()


def read(body: bytes | str) -> dict[str, str]:
    """The elements of an XML document, by their names. Raises `BadReply`."""
    root = _parsed(body)
    return {child.tag: (child.text or "").strip() if len(child) else child.text or "" for child in root}


def read_reply(body: bytes, customer: str) -> PassiveReply | None:
    """What an answer says to the customer; None where it says nothing. Raises `BadReply`."""
    if body.strip() in (b"", b"success"):
        return None
    root = _parsed(body)
    said = {child.tag: child.text or "" for child in root}
    if said.get("ToUserName") != customer or said.get("FromUserName") != ACCOUNT:
        raise BadReply("ToUserName and FromUserName are not those of the message, exchanged")
    if not said.get("CreateTime", "").strip().isdecimal():
        raise BadReply("CreateTime is no number")
    kind = said.get("MsgType", "")
    if kind == "text":
        text = said.get("Content", "")
        if not text or len(text.encode()) > TEXT_BYTES:
            raise BadReply(f"Content has {len(text.encode())} bytes; there may be 1 to {TEXT_BYTES}")
        return PassiveReply(kind, text=text)
    if kind in ("image", "voice", "video"):
        media_id = root.findtext(f"{kind.capitalize()}/MediaId")
        if not media_id:
            raise BadReply(f"{kind.capitalize()}/MediaId is missing")
        return PassiveReply(kind, media_id=media_id)
    if kind == "news":
        articles = [{child.tag: child.text or "" for child in item} for item in root.findall("Articles/item")]
        if not articles or said.get("ArticleCount", "").strip() != str(len(articles)):
            raise BadReply("ArticleCount is not the number of articles")
        return PassiveReply(kind, articles=articles)
    raise BadReply(f"there is no MsgType {kind!r}")


def _written(value: Any) -> str:
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_written(inner)}</{name}>" for name, inner in value.items())
    return "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _parsed(body: bytes | str) -> Element:
    try:
        root: Element = fromstring(body)
    except (ParseError, ValueError) as error:
        raise BadReply(f"the answer is neither “success” nor XML ({type(error).__name__})") from error
    if root.tag != "xml":
        raise BadReply(f"the document is <{root.tag}>, not <xml>")
    return root
