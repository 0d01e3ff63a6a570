"""What a customer's message is to us: something for the assistant, or something that is noted and perhaps declined.

The shapes of the types of messages are in
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages, a page for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.messenger import Heard
from connectors.rendering import stars_of
from connectors.whatsapp.countries import locale_of
from connectors.whatsapp.payloads import ELLIPSIS
from connectors.whatsapp.webhooks import sender_of

WINDOW = timedelta(hours=24)
"""So long after a customer's last message the shop may write whatever it wants to."""

LONGEST_TEXT = 4096
"""Of a message, in characters; nothing longer is read of any member that a customer writes."""

LONGEST_ID = 256
"""Of a button."""

SHOWN = ("image/", "application/pdf")
"""What a file is, that is looked at: see `conversations.pictures`."""

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Media:
    """A file of a message, which the platform keeps for seven days. `id` is the platform's."""

    id: str
    content_type: str


@dataclass(frozen=True)
class Received:
    """A message of a customer.

    Attributes:
        kind: the platform's name of the type.
        sent_at: when the platform had it.
        heard: what was said; without what is in `media`.
        media: a photograph, or a document, that is to be fetched.
        answered: whether the assistant is to answer it.
        phrase: what the customer is told of it, of those in `connectors.rendering`, where the assistant is not asked.
    """

    kind: str
    sent_at: datetime
    heard: Heard
    media: Media | None = None
    answered: bool = True
    phrase: str | None = None


def receive(message: Json, contact: Json, now: datetime) -> Received:
    """What a message is that `webhooks.read` has let in."""
    kind = str(message["type"])
    said = _said(kind, message)
    sender = sender_of(message) or ""
    profile = _members(contact, "profile")
    sent_at = min(datetime.fromtimestamp(int(message["timestamp"]), UTC), now)
    heard = Heard(
        sender,
        message["id"],
        said.text,
        payload=said.payload,
        title=said.title,
        name=_text(profile.get("name"), 100) or None,
        locale_hint=locale_of(sender),
        phone=f"+{sender}" if sender.isdecimal() else None,
        reachable_until=sent_at + WINDOW if said.opens_window else None,
        quotes=said.quotes or _identifier(_members(message, "context").get("id")),
        attached=said.attached,
    )
    return Received(kind, sent_at, heard, said.media, said.answered, said.phrase)


@dataclass(frozen=True)
class _Said:
    """What is in a message of one type."""

    text: str = ""
    payload: str | None = None
    title: str | None = None
    media: Media | None = None
    quotes: str | None = None
    attached: Json = field(default_factory=dict)
    answered: bool = True
    phrase: str | None = None
    opens_window: bool = True


def _said(kind: str, message: Json) -> _Said:
    own = _members(message, kind)
    match kind:
        case "text":
            text = _text(own.get("body"))
            return _Said(text) if text else _declined(kind)
        case "interactive":
            return _chosen(own)
        case "button":
            return _pressed(own)
        case "image" | "document":
            return _shown(kind, own)
        case "location":
            return _located(own)
        case "contacts":
            return _noted({"contacts": _cards(message.get("contacts"))}, "contact_noted")
        case "reaction":
            return _reacted(own)
        case "order":
            text = _text(own.get("text"))
            ordered = {"order": _products(own.get("product_items"))}
            return _Said(text, attached=ordered) if text else _noted(ordered, "unsupported")
        case "system":
            # The person has another number from now on; whoever has the old one is somebody else.
            changed = {"system": _text(own.get("type"), 100)}
            return _Said(attached=changed, answered=False, opens_window=False)
        case "request_welcome":
            return _noted({"event": kind}, "welcome")
    # Audio, video, stickers, what the platform cannot pass on, and whatever it will think of.
    return _declined(kind)


def _chosen(interactive: Json) -> _Said:
    """A reply button that was pressed, or a row of a list that was chosen."""
    reply = _members(interactive, "button_reply") or _members(interactive, "list_reply")
    title, detail = _text(reply.get("title"), 200), _text(reply.get("description"), 200)
    if title.endswith(ELLIPSIS) and detail.startswith(title.removesuffix(ELLIPSIS)):
        # The whole title stood below it, see `payloads`.
        title = detail
    return _pick(title, _text(reply.get("id"), LONGEST_ID), "interactive")


def _pressed(button: Json) -> _Said:
    """A button of a template; its payload is what we gave it, or else what is on it."""
    return _pick(_text(button.get("text"), 200), _text(button.get("payload"), LONGEST_ID), "button")


def _pick(title: str, payload: str, kind: str) -> _Said:
    if payload.startswith("/") or stars_of(payload):
        return _Said(title, payload=payload, title=title or None)
    # Of one that is not ours, there is what was on it.
    return _Said(title) if title else _declined(kind)


def _shown(kind: str, file: Json) -> _Said:
    """A photograph, or a document."""
    caption = _text(file.get("caption"))
    content_type = _text(file.get("mime_type"), 100).lower()
    media_id = _identifier(file.get("id"))
    if media_id and content_type.startswith(SHOWN):
        return _Said(caption, media=Media(media_id, content_type))
    return _declined(kind, caption)


def _located(location: Json) -> _Said:
    place: dict[str, Any] = {
        name: location[name] for name in ("latitude", "longitude") if isinstance(location.get(name), int | float)
    }
    named = {name: text for name in ("name", "address") if (text := _text(location.get(name), 1000))}
    attached = {"location": {**place, **named}}
    text = ", ".join(dict.fromkeys(named.values()))
    return _Said(text, attached=attached) if text else _noted(attached, "location_noted")


def _reacted(reaction: Json) -> _Said:
    """An emoji at a message, or None where it was taken away again."""
    emoji = _text(reaction.get("emoji"), 32) or None
    return _Said(quotes=_identifier(reaction.get("message_id")), attached={"reaction": emoji}, answered=False)


def _noted(attached: Json, phrase: str) -> _Said:
    return _Said(attached=attached, answered=False, phrase=phrase)


def _declined(kind: str, text: str = "") -> _Said:
    return _Said(text, attached={"unsupported": kind[:32]}, answered=False, phrase="unsupported")


def _cards(contacts: Any) -> list[dict[str, Any]]:
    """Contacts with their names and numbers."""
    return [
        {
            "name": _text(_members(contact, "name").get("formatted_name"), 200),
            "phones": [_text(phone.get("phone"), 50) for phone in _list(contact.get("phones"), 10)],
        }
        for contact in _list(contacts, 20)
    ]


def _products(items: Any) -> list[dict[str, Any]]:
    kept = ("product_retailer_id", "quantity", "item_price", "currency")
    return [
        {name: item[name] for name in kept if isinstance(item.get(name), str | int | float)}
        for item in _list(items, 50)
    ]


def _members(holder: Json, name: str) -> Json:
    """An object in another one; {} where it is none."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def _list(value: Any, longest: int) -> list[Json]:
    return [each for each in value[:longest] if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any, longest: int = LONGEST_TEXT) -> str:
    return value[:longest].strip() if isinstance(value, str) else ""


def _identifier(value: Any) -> str | None:
    """An id of the platform's, which goes into addresses and logs."""
    text = _text(value, 256)
    return text if text and text.isascii() and text.isprintable() and " " not in text else None
