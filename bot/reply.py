"""What comes out of a turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.trackers import TrackerChange


@dataclass(frozen=True)
class Understanding:
    """What the assistant made of a message.

    Attributes:
        intent: the intent, or "nlu_fallback" where none was sure enough.
        confidence: its calibrated probability, 0..1.
        language: the language that the message is in.
        entities: what was found in it, as Rasa writes entities.
    """

    intent: str
    confidence: float
    language: str
    entities: list[dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """What the assistant says and asks for in one turn.

    Attributes:
        messages: in order; each has `text`, and perhaps `buttons` (`title`, `payload`) or an `image`.
        language: the language of the conversation after this turn.
        understanding: of the message that was answered.
        directives: what the rooms above are to do, see `bot.directives`.
        customer: the shop's id of the customer who was proved to take part in the conversation, if anybody was.
        tracker: what the caller has to keep together with the answer, see `bot.trackers`.
    """

    messages: list[dict[str, Any]]
    language: str
    understanding: Understanding
    directives: list[dict[str, Any]] = field(default_factory=list)
    customer: str | None = None
    tracker: TrackerChange | None = None
