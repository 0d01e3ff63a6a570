"""What a message consists of, before a channel makes of it what its platform takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.rendering.formatting import plain_to_markdown
from connectors.rendering.phrases import Phrases

MARKDOWN_CARD, FILES_CARD, CHOICES_CARD, RATING_CARD = "text", "files", "choices", "rating"
"""Types of cards (bot/actions/cards.py)."""

LED_CARDS = (FILES_CARD, CHOICES_CARD)
"""Cards that are shown here in their own way, so that their `lead` stands in place of the text."""

STARS = range(1, 6)

_RATING = "rating:"

EVENTS = ("joined", "left", "closed")
"""What happens to a conversation that its customer is told of here. The rest shows by itself."""


@dataclass(frozen=True)
class Choice:
    """Something to choose.

    Attributes:
        title: what it is, in plain text.
        payload: what choosing it says to the bot.
        detail: what tells it from others, in plain text.
    """

    title: str
    payload: str
    detail: str | None = None

    @property
    def line(self) -> str:
        """Title and detail on one line."""
        return " — ".join(" ".join(part.split()) for part in (self.title, self.detail) if part)


@dataclass(frozen=True)
class File:
    """A document.

    Attributes:
        title: its name for people.
        url: its address, from which the platform or the customer fetches it.
        kind: its format as people write it, such as "PDF".
    """

    title: str
    url: str
    kind: str


@dataclass(frozen=True)
class Piece:
    """A part of a message. `pieces` makes those that have one thing each: text with its choices, an image, and so on.

    Attributes:
        text: Markdown; "" for none.
        choices: to be offered with the text.
        image: the address of a picture.
        files: documents.
        photos: ids of `conversations.Photos`.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    image: str | None = None
    files: tuple[File, ...] = ()
    photos: tuple[str, ...] = ()


def pieces(content: Mapping[str, Any], phrases: Phrases) -> list[Piece]:
    """What the content of a message consists of, in the order in which it is to be sent.

    Text comes before what it leads to: an image, photographs, files. Where there are choices it comes last, so that
    they stand right above the customer's answer; it is never empty then.
    """
    text = _text(content) or _event(content, phrases)
    offered = choices_of(content, phrases)
    if offered:
        said = [Piece(text or plain_to_markdown(phrases.text("choose_one")), choices=offered)]
    else:
        said = [Piece(text)] if text else []
    image, photos, files = content.get("image"), tuple(content.get("photos") or ()), _files(content)
    shown = [
        *([Piece("", image=image)] if image else []),
        *([Piece("", photos=photos)] if photos else []),
        *([Piece("", files=files)] if files else []),
    ]
    return [*shown, *said] if offered else [*said, *shown]


def choices_of(content: Mapping[str, Any], phrases: Phrases) -> tuple[Choice, ...]:
    """What there is to choose in a message, in the order of its numbers: what its card shows, then its other buttons.

    A card that asks for a rating offers one to five stars, whose payloads `stars_of` reads.
    """
    card = content.get("custom") or {}
    if is_rating(content):
        return tuple(Choice("★" * stars, f"{_RATING}{stars}", phrases.text(f"rating_{stars}")) for stars in STARS)
    shown: Sequence[Mapping[str, Any]] = [*(card.get("items") or ()), *(card.get("days") or ())]
    found: dict[str, Choice] = {}
    for entry in (*shown, *(content.get("buttons") or ())):
        payload, title = entry.get("payload"), entry.get("title")
        if payload and title:
            detail = " · ".join(filter(None, (entry.get("detail"), entry.get("note"))))
            found.setdefault(payload, Choice(title, payload, detail or None))
    return tuple(found.values())


def is_rating(content: Mapping[str, Any]) -> bool:
    """Whether a message asks for a rating."""
    return (content.get("custom") or {}).get("type") == RATING_CARD


def stars_of(payload: str) -> int | None:
    """The stars that a payload gives, 1 to 5; None for a payload that is no rating."""
    stars = payload.removeprefix(_RATING)
    return int(stars) if payload != stars and stars in map(str, STARS) else None


def _text(content: Mapping[str, Any]) -> str:
    card = content.get("custom") or {}
    lead = card.get("lead")
    if card.get("type") == MARKDOWN_CARD and lead:
        return str(lead)
    text = lead if lead and card.get("type") in LED_CARDS else content.get("text")
    return plain_to_markdown(text or "")


def _event(content: Mapping[str, Any], phrases: Phrases) -> str:
    event = content.get("event")
    said = phrases.text(f"event_{event}", name=content.get("name") or "") if event in EVENTS else ""
    return plain_to_markdown(said)


def _files(content: Mapping[str, Any]) -> tuple[File, ...]:
    card = content.get("custom") or {}
    if card.get("type") != FILES_CARD:
        return ()
    return tuple(File(each["title"], each["url"], each.get("kind") or "") for each in card.get("files") or ())
