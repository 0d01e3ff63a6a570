"""What the platform is sent: the payloads of a message, without whom they are for.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages, a page for each type; the limits
below are from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.rendering import Choice, File, Phrases, Piece, numbered, pieces, split, to_whatsapp

Payload = dict[str, Any]

TEXT = 4096
CAPTION = 1024

BUTTONS, BUTTON_BODY, BUTTON_TITLE = 3, 1024, 20
ROWS, LIST_BODY, ROW_TITLE, ROW_DETAIL = 10, 4096, 24, 72
CHOICE_ID = 200
"""Of a row; a button's may be longer."""

FILENAME = 240

LOCATION = ("latitude", "longitude", "name", "address")

PHOTO = "photo"
"""The type of a payload that names a photograph of `conversations.Photos`, which has to be given to the platform."""

TEMPLATE = "template"

ELLIPSIS = "…"

LANGUAGES = {"zh": "zh_CN"}
"""What the platform calls languages, where it is not what they are called here."""

_LINK = re.compile(r"https?://", re.IGNORECASE)
_NO_IMAGES = (".svg", ".webp", ".gif", ".avif")
_SPACES = re.compile(r"\s+")
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\\/:*?"<>|]+')


def payloads(content: Mapping[str, Any], phrases: Phrases, language: str | None) -> list[Payload]:
    """The payloads of a message, in the order in which they are to be sent.

    Besides what all messages may have, the `content` of one may be a `location` (`latitude`, `longitude`, `name`,
    `address`), `contacts` (as the platform has them) or a `reaction` (`message_id` of the platform, `emoji`; "" takes
    it back).

    A `context` quotes the message that `reply_to` names, by the platform's id or by ours: `deliver` makes it the
    platform's.

    Args:
        language: of the conversation, for a template that does not name its own.
    """
    parts = list(_parts(content, phrases, language))
    quoted = content.get("reply_to")
    if quoted and parts and parts[0]["type"] != "reaction":
        parts[0] = {**parts[0], "context": {"message_id": quoted}}
    return parts


def length(text: str) -> int:
    """How long the platform finds a text, counted in UTF-16: no way of counting makes it longer but that in bytes."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _parts(content: Mapping[str, Any], phrases: Phrases, language: str | None) -> Iterator[Payload]:
    if template := content.get(TEMPLATE):
        # What it says is in the text as well, for those who read the conversation.
        yield _template(template, language)
        return
    if reaction := content.get("reaction"):
        yield _of("reaction", message_id=reaction["message_id"], emoji=reaction.get("emoji") or "")
        return
    consists_of = pieces(content, phrases)
    if captioned := _captioned(consists_of):
        yield captioned
    else:
        for piece in consists_of:
            yield from _piece(piece, phrases)
    if location := content.get("location"):
        yield _of("location", **{name: location[name] for name in LOCATION if location.get(name) is not None})
    if contacts := content.get("contacts"):
        yield {"type": "contacts", "contacts": contacts}


def _captioned(consists_of: Sequence[Piece]) -> Payload | None:
    """A picture or a file with a text below it, where a message is that and the text fits."""
    match consists_of:
        case [Piece(choices=()) as said, shown] if said.text:
            caption = to_whatsapp(said.text).strip()
            match [*_shown(shown)]:
                case [payload] if 0 < length(caption) <= CAPTION:
                    kind = payload["type"]
                    return {**payload, kind: {**payload[kind], "caption": caption}}
    return None


def _piece(piece: Piece, phrases: Phrases) -> Iterator[Payload]:
    text = to_whatsapp(piece.text).strip()
    yield from _choosing(piece, text, phrases) if piece.choices else _texts(text)
    yield from _shown(piece)


def _shown(piece: Piece) -> Iterator[Payload]:
    yield from _images(piece.image)
    yield from map(_photo, piece.photos)
    yield from map(_document, piece.files)


def _texts(text: str) -> Iterator[Payload]:
    for part in split(text, TEXT, size=length) if text else ():
        yield _of("text", body=part, preview_url=bool(_LINK.search(part)))


def _choosing(piece: Piece, text: str, phrases: Phrases) -> Iterator[Payload]:
    """A text with choices: as buttons, or else as a list, or else with numbers."""
    if buttons := _buttons(piece.choices):
        action: Payload = {"buttons": buttons}
        kind, longest = "button", BUTTON_BODY
    elif rows := _rows(piece.choices):
        action = {"button": _cut(phrases.text("choose"), BUTTON_TITLE), "sections": [{"rows": rows}]}
        kind, longest = "list", LIST_BODY
    else:
        yield from _texts(to_whatsapp(numbered(piece.text, piece.choices, phrases)).strip())
        return
    # There is none without a text.
    *before, body = split(text or phrases.text("choose"), longest, size=length)
    for part in before:
        yield from _texts(part)
    yield _of("interactive", type=kind, body={"text": body}, action=action)


def _buttons(choices: Sequence[Choice]) -> list[Payload] | None:
    """Reply buttons; None where some choice is none."""
    titles = [choice.title.strip() for choice in choices]
    fit = (
        len(choices) <= BUTTONS
        and all(0 < length(title) <= BUTTON_TITLE for title in titles)
        and not any(choice.detail for choice in choices)
    )
    if not fit or not _identified(choices) or len(set(titles)) < len(titles):
        return None
    return [
        {"type": "reply", "reply": {"id": choice.payload, "title": title}}
        for choice, title in zip(choices, titles, strict=True)
    ]


def _rows(choices: Sequence[Choice]) -> list[Payload] | None:
    """The rows of a list; None where some choice would lose something in one."""
    if len(choices) > ROWS or not _identified(choices):
        return None
    rows = [_row(choice) for choice in choices]
    whole = [row for row in rows if row is not None]
    return whole if len({row["title"] for row in whole}) == len(rows) else None


def _row(choice: Choice) -> Payload | None:
    title, detail = choice.title.strip(), (choice.detail or "").strip()
    if not title:
        return None
    if length(title) > ROW_TITLE:
        # There is more room below: the whole title stands there.
        detail = f"{title} · {detail}" if detail else title
        title = _cut(title, ROW_TITLE)
    if length(detail) > ROW_DETAIL:
        return None
    return {"id": choice.payload, "title": title, **({"description": detail} if detail else {})}


def _identified(choices: Sequence[Choice]) -> bool:
    """Whether the platform can tell us which one was chosen."""
    ids = [choice.payload for choice in choices]
    return all(0 < length(each) <= CHOICE_ID for each in ids) and len(set(ids)) == len(ids)


def _images(url: str | None) -> Iterator[Payload]:
    # The platform fetches it, and takes JPEG and PNG; an illustration is nothing that has to be there.
    if url and _LINK.match(url) and not url.partition("?")[0].lower().endswith(_NO_IMAGES):
        yield _of("image", link=url)


def _photo(photo_id: str) -> Payload:
    return {"type": PHOTO, PHOTO: {"id": photo_id}}


def _document(file: File) -> Payload:
    kind = file.kind.strip().lower()
    extension = f".{kind}" if kind.isalnum() else ""
    name = _SPACES.sub(" ", _NOT_IN_NAMES.sub(" ", file.title)).strip() or "document"
    if not name.lower().endswith(extension):
        name = f"{name[: FILENAME - len(extension)]}{extension}"
    return _of("document", link=file.url, filename=name)


def _template(template: Mapping[str, Any], language: str | None) -> Payload:
    code = template.get("language") or language or "en"
    parameters = [
        # The platform refuses line breaks, tabs and more than four spaces in them, and empty ones.
        {"type": "text", "text": _SPACES.sub(" ", str(value)).strip() or "–"}
        for value in template.get("parameters") or ()
    ]
    body = {"components": [{"type": "body", "parameters": parameters}]} if parameters else {}
    return _of(TEMPLATE, name=template["name"], language={"code": LANGUAGES.get(code, code)}, **body)


def _of(kind: str, /, **members: Any) -> Payload:
    return {"type": kind, kind: members}


def _cut(text: str, longest: int) -> str:
    """The beginning of a text, at a word where there is one, with an ellipsis where something is missing."""
    if length(text) <= longest:
        return text
    first = split(text, longest - 1, size=length)[0].rstrip(" ,.;:–-")
    return f"{first}{ELLIPSIS}"
