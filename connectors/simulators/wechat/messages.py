"""What may be sent with customer service messages and template messages, and what is wrong with anything else.

Sources: Tencent, "微信公众平台: 发送客服消息", https://developers.weixin.qq.com/doc/service/api/customer/message/
api_sendcustommessage; "客服输入状态", the same with api_typing; "发送模板消息",
https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from connectors.simulators.wechat.errors import WeChatError

TEXT_BYTES = 2048
"""Bytes in UTF-8 that a text has at most (45002)."""

MENU_ITEMS = 10
"""Items of a menu (45098). The platform does not say how many; WeCom, where the same messages are, takes ten."""

LONGEST_VALUES = {"thing": 20, "character_string": 32, "phrase": 5, "number": 32, "letter": 32, "symbol": 5}
"""Characters of the values of a template, by the kind that their names begin with."""

_ESCAPED = re.compile(rb"(?<!\\)((?:\\\\)*)\\u(?!00[0-7][0-9a-fA-F])(?=[0-9a-fA-F]{4})")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Text(_Part):
    """Links are `<a href="…">`."""

    content: str


class File(_Part):
    """An uploaded file."""

    media_id: str


class _Video(File):
    thumb_media_id: str
    title: str = ""
    description: str = ""


class MenuItem(_Part):
    """What a customer can choose; the id may be a number."""

    id: str | int
    content: str = Field(min_length=1)


class Menu(_Part):
    """A menu in a message."""

    head_content: str = ""
    items: list[MenuItem] = Field(alias="list", min_length=1)
    tail_content: str = ""


class Article(_Part):
    """A card with a link."""

    title: str
    description: str = ""
    url: str = ""
    picurl: str = ""


class _News(_Part):
    articles: list[Article] = Field(min_length=1)


class _Sender(_Part):
    kf_account: str


class _Message(_Part):
    touser: str
    customservice: _Sender | None = None


class TextMessage(_Message):
    """A text."""

    msgtype: Literal["text"]
    text: Text


class FileMessage(_Message):
    """A picture, a voice message or a video."""

    msgtype: Literal["image", "voice", "video"]
    image: File | None = None
    voice: File | None = None
    video: _Video | None = None

    @model_validator(mode="after")
    def _has_what_it_is(self) -> FileMessage:
        if getattr(self, self.msgtype) is None:
            raise ValueError(f"{self.msgtype} is missing")
        return self

    @property
    def file(self) -> File:
        """What is sent."""
        file: File = getattr(self, self.msgtype)
        return file


class NewsMessage(_Message):
    """A card with a link."""

    msgtype: Literal["news"]
    news: _News


class MenuMessage(_Message):
    """A menu."""

    msgtype: Literal["msgmenu"]
    msgmenu: Menu


CustomMessage = TextMessage | FileMessage | NewsMessage | MenuMessage

_CUSTOM: TypeAdapter[CustomMessage] = TypeAdapter(Annotated[CustomMessage, Field(discriminator="msgtype")])


class Typing(_Part):
    """The shop is writing, or no longer is."""

    touser: str
    command: str


class _Value(_Part):
    value: str
    color: str | None = None


class _MiniProgram(_Part):
    appid: str
    pagepath: str = ""


class TemplateMessage(_Part):
    """A notice of a kind that the platform has approved."""

    touser: str
    template_id: str
    url: str = ""
    miniprogram: _MiniProgram | None = None
    client_msg_id: str | None = Field(None, max_length=32)
    data: dict[str, _Value]
    topcolor: str | None = None


def read_json(body: bytes) -> dict[str, Any]:
    """The object of a body. Raises `WeChatError`.

    Characters that are written as `\\uXXXX` stay as they are written: so customers would see them.
    """
    if not body:
        raise WeChatError(44002)
    try:
        # The platform takes UTF-8, and does not undo the escapes of other characters than ASCII's.
        read = json.loads(_ESCAPED.sub(rb"\1\\\\u", body))
    except ValueError:
        raise WeChatError(47001) from None
    if not isinstance(read, dict):
        raise WeChatError(47001)
    return read


def read_custom(body: bytes) -> CustomMessage:
    """A customer service message. Raises `WeChatError`."""
    message: CustomMessage = _read(_CUSTOM, read_json(body))
    if isinstance(message, TextMessage):
        _check_text(message.text.content)
    if isinstance(message, NewsMessage) and len(message.news.articles) > 1:
        raise WeChatError(45008)
    if isinstance(message, MenuMessage):
        menu = message.msgmenu
        if len(menu.items) > MENU_ITEMS:
            raise WeChatError(45098)
        _check_text("".join((menu.head_content, *(item.content for item in menu.items), menu.tail_content)))
    return message


def read_typing(body: bytes) -> Typing:
    """A sign that somebody is writing. Raises `WeChatError`."""
    typing: Typing = _read(TypeAdapter(Typing), read_json(body))
    if typing.command not in ("Typing", "CancelTyping"):
        raise WeChatError(45072)
    return typing


def read_template(body: bytes) -> TemplateMessage:
    """A template message. Raises `WeChatError`."""
    message: TemplateMessage = _read(TypeAdapter(TemplateMessage), read_json(body))
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", message.template_id):
        raise WeChatError(40037)
    for name, value in message.data.items():
        longest = LONGEST_VALUES.get(re.sub(r"\d+$", "", name))
        if not value.value or (longest and len(value.value) > longest):
            raise WeChatError(47003, f"data.{name}.value invalid")
    return message


def _check_text(text: str) -> None:
    if not text:
        raise WeChatError(44004)
    if len(text.encode()) > TEXT_BYTES:
        raise WeChatError(45002)


def _read(adapter: TypeAdapter[Any], body: dict[str, Any]) -> Any:
    try:
        return adapter.validate_python(body)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
    if problem["type"].startswith("union_tag"):
        raise WeChatError(40008)
    steps = [str(step) for step in problem["loc"]]
    if steps[-1:] == ["touser"]:
        raise WeChatError(40003)
    if steps[-2:] == ["text", "content"]:
        raise WeChatError(44004)
    raise WeChatError(40035, f"{'.'.join(steps)}: {problem['msg']}")
