"""What the platform is sent: the payloads of a message, without whom they are for.

See "客服消息" (https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html) and
"模板消息" (https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html). After
a customer's message the platform takes five of ours, so that they are as few as they can be: texts are put together up
to the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.rendering import Choice, Phrases, Piece, numbered, pieces, plain_to_markdown, split, to_wechat

Payload = dict[str, Any]

TEXT = 2048
"""The length of a text, in bytes of UTF-8."""

MENU_LINES, MENU_ITEMS = 1024, 10
"""How much of that the lines of a menu may have, and how many there may be; with more it is a numbered text.

How many the platform takes it does not say; WeCom, which has the same menus, takes ten.
"""

CHOICE_ID = 200

TEXT_TYPE, MENU_TYPE, IMAGE_TYPE, TEMPLATE_TYPE = "text", "msgmenu", "image", "template"

BETWEEN = "\n\n"


def payloads(
    content: Mapping[str, Any], phrases: Phrases, templates: Mapping[str, Sequence[str]], *, customer_service: bool
) -> list[Payload]:
    """The payloads of a message, in the order in which they are to be sent.

    Args:
        templates: the names of the parameters of template messages, by the id of the template.
        customer_service: whether there are menus and pictures: in passive replies, choices are numbered, pictures are
            links, and photographs, which have no address, are left out.
    """
    if template := content.get("template"):
        # What it says is in the text as well, for those who read the conversation.
        return [_template(template, templates)]
    found: list[Payload] = []
    written: list[str] = []
    for piece in pieces(content, phrases):
        shown = list(_shown(piece)) if customer_service else []
        if shown:
            found += texts(BETWEEN.join(written)) + shown
            written = []
        said = _said(piece, customer_service)
        if piece.choices and customer_service and _fits(piece.choices):
            found += _menu(BETWEEN.join([*written, *said]), piece.choices, phrases)
            written = []
        elif piece.choices:
            written.append(to_wechat(numbered(_with_files(piece), piece.choices, phrases)))
        else:
            written += said
    return found + texts(BETWEEN.join(written))


def size(text: str) -> int:
    """How long the platform finds a text."""
    return len(text.encode("utf-8", "surrogatepass"))


def texts(text: str, limit: int = TEXT) -> list[Payload]:
    """Text messages that say a text, which is in the platform's own form; none for none."""
    return [{"msgtype": TEXT_TYPE, TEXT_TYPE: {"content": part}} for part in split(text, limit, size)]


def without_menu(payload: Payload, phrases: Phrases) -> list[Payload]:
    """A menu as a numbered text: for accounts to which the platform gives no menus."""
    menu = payload[MENU_TYPE]
    lines = [f"{number}. {entry['content']}" for number, entry in enumerate(menu["list"], start=1)]
    return texts(BETWEEN.join([menu["head_content"], "\n".join(lines), phrases.text("reply_with_number")]))


def text_of(payload: Payload) -> str | None:
    """The text of a text message; None of everything else."""
    return payload[TEXT_TYPE]["content"] if payload.get("msgtype") == TEXT_TYPE else None


def _said(piece: Piece, customer_service: bool) -> list[str]:
    markdown = _with_files(piece)
    said = [to_wechat(markdown)] if markdown else []
    if piece.image and not customer_service:
        said.append(piece.image)
    return said


def _with_files(piece: Piece) -> str:
    """The text of a piece, and below it the links to its files; Markdown."""
    links = "\n".join(f"- [{plain_to_markdown(file.title)}](<{file.url}>)" for file in piece.files)
    return BETWEEN.join(filter(None, [piece.text, links]))


def _shown(piece: Piece) -> Iterator[Payload]:
    if piece.image:
        yield {"msgtype": IMAGE_TYPE, IMAGE_TYPE: {"url": piece.image}}
    for photo in piece.photos:
        yield {"msgtype": IMAGE_TYPE, IMAGE_TYPE: {"photo": photo}}


def _fits(choices: Sequence[Choice]) -> bool:
    lines = sum(size(choice.line) + 1 for choice in choices)
    return (
        len(choices) <= MENU_ITEMS
        and lines <= MENU_LINES
        and all(len(choice.payload) <= CHOICE_ID for choice in choices)
    )


def _menu(text: str, choices: Sequence[Choice], phrases: Phrases) -> list[Payload]:
    """A menu below a text, of which the end is in the same message."""
    entries = [{"id": choice.payload, "content": choice.line} for choice in choices]
    room = TEXT - sum(size(entry["content"]) + 1 for entry in entries) - 1
    parts = split(text, room, size) or [phrases.text("choose_one")]
    menu = {"msgtype": MENU_TYPE, MENU_TYPE: {"head_content": parts[-1], "list": entries}}
    return [*texts(BETWEEN.join(parts[:-1])), menu]


def _template(template: Mapping[str, Any], templates: Mapping[str, Sequence[str]]) -> Payload:
    """A template message. Its parameters have the names that the settings give; else those of old templates."""
    given = [str(parameter) for parameter in template.get("parameters") or ()]
    names = templates.get(template["name"]) or [f"keyword{number}" for number in range(1, len(given) + 1)]
    data = {name: {"value": value} for name, value in zip(names, given, strict=False)}
    return {"msgtype": TEMPLATE_TYPE, TEMPLATE_TYPE: {"template_id": template["name"], "data": data}}
